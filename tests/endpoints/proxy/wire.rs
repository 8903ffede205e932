//! What goes through the proxy: a request with its parameters, and an answer with its fields.
//! One request a connection, bodies with a length: all that the two sides of it send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value as Json;

/// A request, its parameters decoded.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Option<Vec<(String, String)>>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// The query as it came, sent on as long as nothing changes it.
    raw_query: Option<String>,
    came: Came,
}

type Pairs = Vec<(String, String)>;

/// The parameters as they came.
#[derive(Clone, Debug, Default)]
struct Came {
    query: Pairs,
    form: Option<Pairs>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The first line, the header fields and the body of a message.
type Parts = (String, Vec<(String, String)>, Vec<u8>);

fn read(stream: &mut TcpStream, has_body: bool) -> Option<Parts> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).filter(|_| has_body).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((lines.swap_remove(0), headers, body))
}

fn decoded(text: &str) -> Vec<(String, String)> {
    let plain = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn encoded(pairs: &[(String, String)]) -> String {
    let plain = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", plain(name), plain(value)))
        .collect::<Vec<_>>()
        .join("&")
}

impl Asked {
    pub(crate) fn read(stream: &mut TcpStream) -> Option<Self> {
        let (line, headers, body) = read(stream, true)?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, raw_query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let query = decoded(raw_query.unwrap_or_default());
        let is_form = headers.iter().any(|(name, value)| name == "content-type" && value.contains("form"));
        let form = is_form.then(|| decoded(&String::from_utf8_lossy(&body)));
        let came = Came { query: query.clone(), form: form.clone() };
        let (path, raw_query) = (path.to_owned(), raw_query.map(str::to_owned));
        Some(Self { method, path, query, form, headers, body, raw_query, came })
    }

    /// Whether a start is asked for; what observes is not touched.
    pub(crate) fn is_start(&self) -> bool {
        self.path == "/" && !self.all().any(|(name, value)| name == "Action" && value.starts_with("Describe"))
    }

    fn all(&self) -> impl Iterator<Item = &(String, String)> {
        self.query.iter().chain(self.form.iter().flatten())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_xml(&self) -> bool {
        self.get("Format").is_some_and(|format| format.eq_ignore_ascii_case("xml"))
    }

    /// The names and values of tags' keys, or of their values.
    pub(crate) fn tags(&self, half: &str) -> Vec<(String, String)> {
        let is_half = |name: &str| name.starts_with("Tag.") && name.ends_with(half);
        self.all().filter(|(name, _)| is_half(name)).cloned().collect()
    }

    /// Keeps the parameters that are wanted.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&str, &str) -> bool) {
        self.query.retain(|(name, value)| wanted(name, value));
        if let Some(form) = &mut self.form {
            form.retain(|(name, value)| wanted(name, value));
        }
    }

    /// Changes the values of parameters.
    pub(crate) fn change(&mut self, change: impl Fn(&str, &mut String)) {
        for (name, value) in self.query.iter_mut().chain(self.form.iter_mut().flatten()) {
            change(name, value);
        }
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        let pair = (name.to_owned(), value.to_owned());
        match &mut self.form {
            Some(form) => form.push(pair),
            None => self.query.push(pair),
        }
    }

    /// Sends the request on; what no parameter was changed in goes on as it came.
    pub(crate) fn forward(&self, upstream: SocketAddr) -> Option<Reply> {
        let mut stream = TcpStream::connect(upstream).ok()?;
        let query = if self.query == self.came.query {
            self.raw_query.clone().unwrap_or_default()
        } else {
            encoded(&self.query)
        };
        let body = match &self.form {
            Some(form) if self.form != self.came.form => encoded(form).into_bytes(),
            _ => self.body.clone(),
        };
        let mark = if self.raw_query.is_some() || !query.is_empty() { "?" } else { "" };
        let mut head = format!("{} {}{mark}{query} HTTP/1.1\r\n", self.method, self.path);
        let length = ("content-length".to_owned(), body.len().to_string());
        let has_length = self.headers.iter().any(|(name, _)| name == "content-length");
        let kept = self.headers.iter().filter(|(name, _)| name != "content-length" && name != "connection");
        for (name, value) in kept.chain(Some(&length).filter(|_| has_length)) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&body).ok()?;
        let (line, headers, body) = read(&mut stream, self.method != "HEAD")?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        Some(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

impl Reply {
    pub(crate) fn is_error(&self) -> bool {
        self.status >= 400
    }

    pub(crate) fn is_json(&self) -> bool {
        self.body.starts_with('{')
    }

    /// The text of a field, in JSON or XML.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        if self.is_json() {
            let body: Json = serde_json::from_str(&self.body).ok()?;
            return body[name].as_str().map(str::to_owned);
        }
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(text, _)| text.to_owned())
    }

    /// Replaces the text of a field as it is written out.
    pub(crate) fn set(&mut self, name: &str, text: &str) {
        let Some(old) = self.field(name) else { return };
        if self.is_json() {
            let mut body: Json = serde_json::from_str(&self.body).unwrap();
            body[name] = Json::from(text);
            self.body = body.to_string();
        } else {
            let (old, new) = (format!("<{name}>{old}<"), format!("<{name}>{text}<"));
            self.body = self.body.replacen(&old, &new, 1);
        }
    }

    pub(crate) fn is_row(&self, code: &str) -> bool {
        self.field("Code").as_deref() == Some(code)
    }

    pub(crate) fn write(&self, stream: &mut TcpStream, method: &str) {
        let mut head = format!("HTTP/1.1 {} Reply\r\n", self.status);
        let is_own = |name: &str| matches!(name, "content-length" | "connection" | "transfer-encoding");
        for (name, value) in self.headers.iter().filter(|(name, _)| !is_own(name)) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let length = self.body.len().to_string();
        head.extend(["content-length: ", &length, "\r\nconnection: close\r\n\r\n"]);
        if method != "HEAD" {
            head.push_str(&self.body);
        }
        // A caller that has left is no concern of the proxy.
        let _ = stream.write_all(head.as_bytes());
    }
}
