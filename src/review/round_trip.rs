//! The review reads the same that `snapshot` writes, whatever an endpoint sends, and describes a change of one thing as
//! that.

use std::time::Duration;

use super::tests::waiting;
use super::transcript::{SnapshotBody, SnapshotExchange, read};
use super::{Fact, group};
use crate::model::{
    Answer, AnswerPlace, Body, Exchange, Method, Normalisation, Request, SentBody, Value, ValueKind,
    ValueRule,
};
use crate::snapshot::{SnapshotRules, Transcript, VolatileNames};
use crate::wire::read_body;

/// Texts that imitate the marks of a snapshot, hide, act, or are very long.
const HOSTILE: [&str; 18] = [
    "",
    " ",
    "plain",
    "> GET /",
    "\n\n> GET /\n< 200\n",
    "< 404",
    "| a\n|# 3 bytes",
    "a: b = c",
    "… 3 more lines, sha256 00",
    "\" … 3 more characters, sha256 00",
    "[created]",
    "[id:1]",
    "[id:1:literal]",
    "back\\slash \\u{41} \\n",
    "\u{1b}[2J\u{202e}\u{200b}\r\n\t",
    "---\nsource: x\n---",
    "<<<<<<< HEAD",
    "end \u{a0}",
];

/// A small generator of numbers, so that a failure can be seen again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn text(&mut self) -> String {
        match self.below(20) {
            0 => "x\"é\\".repeat(1500),
            1 => [self.text(), self.text()].concat(),
            _ => HOSTILE[self.below(HOSTILE.len())].to_owned(),
        }
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth > 3 { 5 } else { 9 }) {
            0 => Value::Null,
            1 => Value::Bool(true),
            2 => Value::Number(
                ["0", "-0.0", "1e400", "10000000000000000000001", "1.10", "1E+2"][self.below(6)].into(),
            ),
            3 | 4 => Value::text(self.text()),
            5 | 6 => Value::List((0..self.below(4)).map(|_| self.json(depth + 1)).collect()),
            // A small choice of keys doubles some.
            _ => Value::Map((0..self.below(5)).map(|_| (self.text(), self.json(depth + 1))).collect()),
        }
    }

    fn body(&mut self) -> Vec<u8> {
        match self.below(8) {
            0 => Vec::new(),
            1 => self.text().into_bytes(),
            2 => [self.text().as_bytes(), &[0xff, 0, b'\n'], self.text().as_bytes()].concat(),
            3 => "<A b=\"> x\"><C>1</C><C>| y\n\n> z</C><D/></A>".into(),
            4 => format!("[{}]", ["\"| a\"", "1"].repeat(1200).join(",")).into_bytes(),
            5 => "\n> a\n".repeat(2300).into_bytes(),
            _ => self.json(0).to_string().into_bytes(),
        }
    }

    fn exchange(&mut self) -> Exchange {
        let headers = (0..self.below(3)).map(|at| (["x-a", "x-b", "x-a"][at].to_owned(), self.text()));
        let headers: Vec<_> = headers.collect();
        let params = (0..self.below(3)).map(|at| (format!("Tag.{at}"), self.text())).collect();
        let (bytes, status) = (self.body(), [200, 404, 503][self.below(3)]);
        let request = Request {
            method: Method::new("POST").unwrap(),
            target: "/a".into(),
            headers: vec![("x-sent".into(), self.text())],
            body: SentBody::Empty,
            params,
            format: None,
        };
        let body = read_body(&bytes, None);
        Exchange {
            step: 0,
            request,
            answer: Answer {
                status,
                headers,
                bytes,
                body,
                flaws: Vec::new(),
                elapsed: Duration::ZERO,
                paused: Duration::ZERO,
            },
        }
    }
}

fn text(exchanges: &[Exchange], rules: &Normalisation) -> String {
    let rules = SnapshotRules::new(&[rules], &["x-a".into(), "x-b".into()]);
    Transcript::new(exchanges, &rules, VolatileNames::default()).text()
}

/// A text without the escapes of a line.
fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let (letter, length) = match after.as_bytes()[0] {
            b'u' => {
                let end = after.find('}').unwrap();
                (char::from_u32(u32::from_str_radix(&after[2..end], 16).unwrap()).unwrap(), end + 1)
            }
            b'n' => ('\n', 1),
            b'r' => ('\r', 1),
            b't' => ('\t', 1),
            b'\\' => ('\\', 1),
            other => panic!("\\{other} in {line}"),
        };
        text.push(letter);
        rest = &after[length..];
    }
    text + rest
}

/// Whether a text is read as it was sent, or as the start of it with what is said of the rest.
fn is_text(sent: &str, read: &str) -> bool {
    let start: String = sent.chars().take(4000).collect();
    sent == read || read.strip_prefix(&start).is_some_and(|rest| rest.starts_with(" … "))
}

fn is_tree(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Text(sent), Value::Text(read)) => is_text(sent, read),
        (Value::List(sent), Value::List(read)) => {
            sent.len() == read.len() && sent.iter().zip(read).all(|(sent, read)| is_tree(sent, read))
        }
        (Value::Map(sent), Value::Map(read)) => {
            let is_same = |(sent, read): (&(String, Value), &(String, Value))| {
                is_text(&sent.0, &read.0) && is_tree(&sent.1, &read.1)
            };
            sent.len() == read.len() && sent.iter().zip(read).all(is_same)
        }
        (sent, read) => sent == read,
    }
}

fn check(sent: &Exchange, read: &SnapshotExchange<'_>) {
    let answer = &sent.answer;
    assert_eq!(read.request.params.len(), sent.request.params.len());
    assert_eq!((read.request.headers.len(), read.request.body.len()), (1, 0));
    assert_eq!(read.answer.status, answer.status);
    // The snapshot shows fields in the order of its own list.
    let mut headers = answer.headers.clone();
    headers.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(headers.len(), read.answer.headers.len(), "{headers:?} {:?}", read.answer.headers);
    for ((name, value), (read_name, read_value)) in headers.iter().zip(&read.answer.headers) {
        assert_eq!(name, read_name);
        assert!(is_text(value, &unescaped(read_value)), "{value:?} {read_value:?}");
    }
    match (&answer.body, &read.answer.body) {
        (_, SnapshotBody::Cut { lines, .. }) => assert_eq!(lines.len(), 2001),
        (Body::Empty, SnapshotBody::Empty) => assert!(answer.bytes.is_empty()),
        (Body::Json(sent), SnapshotBody::Json(read)) => assert!(is_tree(sent, read), "{sent} {read}"),
        (Body::Xml { root, tree }, SnapshotBody::Xml { root: read_root, tree: read }) => {
            assert!(root == read_root && is_tree(tree, read), "{tree} {read}");
        }
        (_, SnapshotBody::Lines(lines)) => {
            let sent = std::str::from_utf8(&answer.bytes).unwrap();
            assert_eq!(sent.split('\n').count(), lines.len());
            assert!(
                sent.split('\n').zip(lines).all(|(sent, read)| is_text(sent, &unescaped(read))),
                "{sent:?}"
            );
        }
        (_, SnapshotBody::Bytes(_)) => assert!(std::str::from_utf8(&answer.bytes).is_err()),
        (sent, read) => panic!("{sent:?} was read as {read:?}"),
    }
}

#[test]
fn whatever_an_endpoint_sends_is_read_as_it_was_written() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..600 {
        let sent: Vec<Exchange> = (0..=chance.below(3)).map(|_| chance.exchange()).collect();
        let text = text(&sent, &Normalisation::default());
        let found = read(&text).unwrap_or_else(|| panic!("not read: {text}"));
        assert_eq!(found.len(), sent.len(), "{text}");
        sent.iter().zip(&found).for_each(|(sent, read)| check(sent, read));
    }
}

/// The facts of the change between these exchanges, in words.
fn described(old: &[Exchange], new: &[Exchange], rules: &Normalisation) -> Vec<String> {
    let (old, new) = (text(old, rules), text(new, rules));
    if old == new {
        return Vec::new();
    }
    let groups = group(waiting(&[(&old, &new)]), |_| None);
    groups[0].facts.iter().map(Fact::to_string).collect()
}

#[test]
fn a_change_of_one_thing_is_told_as_that_whatever_stands_around_it() {
    let mut chance = Chance(0x0123_4567_89ab_cdef);
    let rules = Normalisation::default();
    for _ in 0..150 {
        let mut old: Vec<Exchange> = (0..=chance.below(2)).map(|_| chance.exchange()).collect();
        let last = old.last_mut().unwrap();
        last.answer.headers.insert(0, ("x-b".into(), "one".into()));
        last.answer.headers.truncate(1);
        let step = if old.len() > 1 { format!("answer {}: ", old.len()) } else { String::new() };
        let changed = |change: &dyn Fn(&mut Exchange)| {
            let mut new = old.clone();
            change(new.last_mut().unwrap());
            described(&old, &new, &rules)
        };
        let status = old.last().unwrap().answer.status;
        assert_eq!(
            changed(&|new| new.answer.status = 299),
            [format!("{step}status {status} became 299")],
            "{}",
            text(&old, &rules)
        );
        assert_eq!(
            changed(&|new| new.answer.headers[0].1 = "two".into()),
            [format!("{step}header x-b changed: \"one\" became \"two\"")]
        );
        let field = |value: &str| {
            let tree = Value::Map(vec![("zz".into(), Value::text(value)), ("k".into(), Value::Null)]);
            move |new: &mut Exchange| new.answer.body = Body::Json(tree.clone())
        };
        let (mut before, mut after) = (old.clone(), old.clone());
        field("one")(before.last_mut().unwrap());
        field("two")(after.last_mut().unwrap());
        assert_eq!(
            described(&before, &after, &rules),
            [format!("{step}field $.zz changed: \"one\" became \"two\"")]
        );
    }
}

#[test]
fn a_change_in_a_cut_or_binary_body_is_described_with_the_other_changes() {
    let exchange = |body: &[u8], status| {
        let mut exchange = Chance(1).exchange();
        exchange.answer = Answer {
            status,
            headers: Vec::new(),
            bytes: body.to_vec(),
            body: read_body(body, None),
            flaws: Vec::new(),
            elapsed: Duration::ZERO,
            paused: Duration::ZERO,
        };
        vec![exchange]
    };
    let json = |last: &str| format!("[{}\"{last}\"]", "1,".repeat(3000));
    let lines = |last: &str| "a\n".repeat(3000) + last;
    let differs = "the text of the body differs";
    for (old, new, expected) in [
        (json("a").into_bytes(), json("b").into_bytes(), differs),
        (lines("a").into_bytes(), lines("b").into_bytes(), differs),
        (vec![0xff, 1], vec![0xff, 2], differs),
        (json("a").into_bytes(), b"[]".to_vec(), "the body was JSON of very many lines, and is JSON"),
        (
            b"\xff".to_vec(),
            b"# 1 bytes".to_vec(),
            "the body was bytes that are not text, and is text that is neither JSON nor XML",
        ),
    ] {
        let facts = described(&exchange(&old, 200), &exchange(&new, 404), &Normalisation::default());
        assert_eq!(facts, ["status 200 became 404", expected]);
    }
    let long =
        |last: &str| format!("{{\"a\": \"{}{last}\", \"b\": \"{last}\"}}", "x".repeat(5000)).into_bytes();
    let facts = described(&exchange(&long("1"), 200), &exchange(&long("2"), 200), &Normalisation::default());
    assert!(facts[0].starts_with("field $.a changed: \"xxx"), "{facts:?}");
    assert_eq!(facts[1..], ["field $.b changed: \"1\" became \"2\""]);
}

#[test]
fn a_name_in_the_place_of_a_number_is_described_as_a_name() {
    let rule = |name: &str, kind| ValueRule {
        name: name.into(),
        kind,
        place: AnswerPlace::Body(format!("$.{name}")),
        pattern: None,
    };
    let values = vec![rule("created", ValueKind::Time), rule("id", ValueKind::Volatile)];
    let rules = Normalisation { values, unordered: Vec::new() };
    let exchange = |body: &str| {
        let mut exchange = Chance(1).exchange();
        exchange.answer.headers.clear();
        exchange.answer.body = read_body(body.as_bytes(), None);
        exchange
    };
    let one = |old: &str, new: &str| described(&[exchange(old)], &[exchange(new)], &rules);
    let (old, new) = (r#"{"created": 1700000000, "id": 12345}"#, r#"{"created": 7, "id": 12345, "n": 1}"#);
    let unnamed = "field $.created has a value that no rule names any more, in place of [created]";
    assert_eq!(one(old, new), [unnamed, "field $.n is new"]);
    let named = "field $.created has [created] in place of a value that no rule named";
    assert_eq!(one(new, old), [named, "field $.n is gone"]);
    for (old, new) in [
        (r#"{"created": "soon"}"#, r#"{"created": "2026-11-24"}"#),
        (r#"{"created": 1700000000}"#, r#"{"created": "1700000000"}"#),
    ] {
        let facts = one(old, new);
        assert!(facts.len() == 1 && facts[0].starts_with("field $.created changed"), "{facts:?}");
    }
    let two = |first: &str, second: &str| [exchange(first), exchange(second)];
    let (apart, equal) =
        (two(r#"{"id": 12345}"#, r#"{"id": 67890}"#), two(r#"{"id": 1111}"#, r#"{"id": 1111}"#));
    assert_eq!(described(&apart, &equal, &rules), ["[id] is now the same in answers 1 and 2, and was not"]);
}
