//! A bookshop on wiremock, with a state hook: an ordinary JSON API that has nothing to do with clouds.
//!
//! It knows nothing of the cases that test it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value as Json, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What a broken shop gets wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// Nothing.
    None,
    /// A title may have 81 characters.
    LongTitles,
    /// A book with a known ISBN is taken.
    TakesKnown,
    /// A list holds every book, whatever was asked for.
    ListsAll,
    /// An error has its code at the top.
    FlatErrors,
}

/// Starts a shop; it keeps no request.
pub(crate) async fn start(mistake: Mistake) -> MockServer {
    let server = MockServer::builder().disable_request_recording().start().await;
    let shop = Shop { mistake, stock: Mutex::default() };
    Mock::given(any()).respond_with(shop).mount(&server).await;
    server
}

#[derive(Default)]
struct Stock {
    books: BTreeMap<String, Map<String, Json>>,
    added: u64,
}

struct Shop {
    mistake: Mistake,
    stock: Mutex<Stock>,
}

/// The longest title, in characters.
const LONGEST_TITLE: usize = 80;

/// The most books of one answer.
const LONGEST_LIST: usize = 100;

impl Respond for Shop {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = percent_encoding::percent_decode_str(request.url.path()).decode_utf8_lossy().into_owned();
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let body: Option<Map<String, Json>> = serde_json::from_slice(&request.body).ok();
        match (request.method.as_str(), path.as_str()) {
            ("POST", "/states") => hook(&mut stock, &body.unwrap_or_default()),
            ("POST", "/books") => self.add(&mut stock, body),
            ("GET", "/books") => self.list(&stock, request),
            ("GET", path) => self.on_book(path, |id| get(&stock, id, request)),
            ("DELETE", path) => {
                self.on_book(path, |id| stock.books.remove(id).map(|_| ResponseTemplate::new(204)))
            }
            _ => self.error(405, "no_such_method", "The shop does not do this.", None),
        }
    }
}

impl Shop {
    fn on_book(&self, path: &str, answer: impl FnOnce(&str) -> Option<ResponseTemplate>) -> ResponseTemplate {
        let id = path.strip_prefix("/books/").unwrap_or_default();
        answer(id)
            .unwrap_or_else(|| self.error(404, "no_such_book", &format!("There is no book {id}."), None))
    }

    fn add(&self, stock: &mut Stock, body: Option<Map<String, Json>>) -> ResponseTemplate {
        let Some(book) = body else {
            return self.error(400, "not_json", "The body is no JSON object.", None);
        };
        let text = |key: &str| book.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (isbn, title) = (text("isbn"), text("title"));
        let longest = if self.mistake == Mistake::LongTitles { LONGEST_TITLE + 1 } else { LONGEST_TITLE };
        if isbn.len() != 13 || !isbn.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.error(
                422,
                "invalid_book",
                "The book is not valid: its ISBN has 13 digits.",
                Some("isbn"),
            );
        }
        if title.is_empty() || title.chars().count() > longest {
            return self.error(
                422,
                "invalid_book",
                "The book is not valid: its title is too short or too long.",
                Some("title"),
            );
        }
        let is_known = stock.books.values().any(|known| known["isbn"] == book["isbn"]);
        if is_known && self.mistake != Mistake::TakesKnown {
            return self.error(
                409,
                "known_isbn",
                &format!("The shop has a book with the ISBN {isbn}."),
                None,
            );
        }
        let id = put(stock, book);
        let location = format!("/books/{id}");
        ResponseTemplate::new(201).insert_header("location", location).set_body_json(&stock.books[&id])
    }

    /// The books with these ISBNs, in their order; so many at most.
    fn list(&self, stock: &Stock, request: &Request) -> ResponseTemplate {
        let asked = |name: &str| -> Vec<String> {
            let pairs = request.url.query_pairs().filter(|(key, _)| key == name);
            pairs.map(|(_, value)| value.into_owned()).collect()
        };
        let limit = asked("limit").first().map_or(Ok(LONGEST_LIST), |text| text.parse());
        let Some(limit) = limit.ok().filter(|limit| (1..=LONGEST_LIST).contains(limit)) else {
            return self.error(422, "invalid_limit", "The limit is a number from 1 to 100.", Some("limit"));
        };
        let isbns = asked("isbn");
        let is_wanted = |book: &&Map<String, Json>| {
            let is_asked = isbns.iter().any(|isbn| book["isbn"] == isbn.as_str());
            is_asked || isbns.is_empty() || self.mistake == Mistake::ListsAll
        };
        let mut books: Vec<&Map<String, Json>> = stock.books.values().filter(is_wanted).collect();
        books.sort_by_key(|book| book["isbn"].as_str().unwrap_or_default());
        let total = books.len();
        books.truncate(limit);
        ResponseTemplate::new(200).set_body_json(json!({ "total": total, "books": books }))
    }

    fn error(&self, status: u16, code: &str, message: &str, field: Option<&str>) -> ResponseTemplate {
        let body = if self.mistake == Mistake::FlatErrors {
            json!({ "code": code, "message": message })
        } else {
            json!({ "error": { "code": code, "message": message, "field": field } })
        };
        ResponseTemplate::new(status).set_body_json(body)
    }
}

fn put(stock: &mut Stock, mut book: Map<String, Json>) -> String {
    stock.added += 1;
    let id = format!("b-{}", stock.added);
    book.insert("id".into(), json!(id));
    stock.books.insert(id.clone(), book);
    id
}

fn get(stock: &Stock, id: &str, request: &Request) -> Option<ResponseTemplate> {
    let mut book = stock.books.get(id)?.clone();
    let fields: Vec<String> = request
        .url
        .query_pairs()
        .filter(|(name, _)| name == "field")
        .map(|(_, value)| value.into_owned())
        .collect();
    if !fields.is_empty() {
        book.retain(|key, _| fields.contains(key));
    }
    let answer = ResponseTemplate::new(200).set_body_json(book);
    Some(match request.headers.get("x-language") {
        Some(language) => answer.insert_header("content-language", language.clone()),
        None => answer,
    })
}

/// The state hook: "a book" is set up with an ISBN, and torn down by its id.
fn hook(stock: &mut Stock, request: &Map<String, Json>) -> ResponseTemplate {
    if request.get("state").and_then(Json::as_str) != Some("a book") {
        return ResponseTemplate::new(404).set_body_json(json!({ "error": "no such state" }));
    }
    if request.get("action").and_then(Json::as_str) == Some("teardown") {
        stock.books.remove(request["variables"]["book"].as_str().unwrap_or_default());
        return ResponseTemplate::new(200).set_body_json(json!({}));
    }
    let book = json!({ "isbn": request["params"]["isbn"], "title": "A Book" });
    let id = put(stock, book.as_object().cloned().unwrap_or_default());
    ResponseTemplate::new(200).set_body_json(json!({ "book": id }))
}
