//! Reads the text of a snapshot back. Main type: [`SnapshotExchange`].
//!
//! Total and linear: a text that is not a transcript gives none. It reads the form that `snapshot` renders.

use super::notation::read_tree;
use crate::model::Value;

/// A request and its answer, as a snapshot shows them.
#[derive(Debug, PartialEq)]
pub(super) struct SnapshotExchange<'a> {
    pub(super) request: SnapshotRequest<'a>,
    pub(super) answer: SnapshotAnswer<'a>,
}

/// What was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SnapshotRequest<'a> {
    /// Method and path.
    pub(super) target: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) params: Vec<(&'a str, &'a str)>,
    /// A body that was written out.
    pub(super) body: Vec<&'a str>,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub(super) struct SnapshotAnswer<'a> {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) body: SnapshotBody<'a>,
}

/// The body of an answer.
#[derive(Debug, PartialEq)]
pub(super) enum SnapshotBody<'a> {
    Empty,
    Json(Value),
    Xml {
        root: &'a str,
        tree: Value,
    },
    Lines(Vec<&'a str>),
    /// The description of bytes that are not text.
    Bytes(Vec<&'a str>),
    /// The start of a body of very many lines, unchanged, and the note on the rest.
    Cut {
        kind: &'static str,
        lines: Vec<&'a str>,
    },
}

impl SnapshotBody<'_> {
    /// The tree, where there is one.
    pub(super) fn tree(&self) -> Option<&Value> {
        match self {
            Self::Json(tree) | Self::Xml { tree, .. } => Some(tree),
            Self::Empty | Self::Lines(_) | Self::Bytes(_) | Self::Cut { .. } => None,
        }
    }

    /// The lines that are compared where there is no tree.
    pub(super) fn lines(&self) -> &[&str] {
        match self {
            Self::Lines(lines) | Self::Bytes(lines) | Self::Cut { lines, .. } => lines,
            Self::Empty | Self::Json(_) | Self::Xml { .. } => &[],
        }
    }

    /// Whether both are of one kind; texts are, whatever they look like.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Lines(_), Self::Lines(_))) || self.kind() == other.kind()
    }

    /// What kind of body it is, for a person.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "nothing",
            Self::Json(_) => "JSON",
            Self::Xml { .. } => "XML",
            Self::Lines(lines) => match lines.first().map(|line| line.trim_start().as_bytes()) {
                Some([b'{' | b'[', ..]) => "JSON that cannot be read",
                Some([b'<', ..]) => "XML or HTML that cannot be read",
                Some(_) | None => "text that is neither JSON nor XML",
            },
            Self::Bytes(_) => "bytes that are not text",
            Self::Cut { kind, .. } => kind,
        }
    }
}

/// The exchanges of a snapshot's text, if it is that of a transcript.
pub(super) fn read(text: &str) -> Option<Vec<SnapshotExchange<'_>>> {
    // No body has an empty line: JSON's writer escapes them, and lines of text start with a mark.
    let text = text.trim_end_matches('\n').strip_prefix("> ")?;
    text.split("\n\n> ").map(exchange).collect()
}

fn exchange(text: &str) -> Option<SnapshotExchange<'_>> {
    let (target, mut rest) = first_line(text);
    let mut request = SnapshotRequest { target, headers: Vec::new(), params: Vec::new(), body: Vec::new() };
    while let Some(after) = rest.strip_prefix('>') {
        let (line, next) = first_line(after);
        request.take(optional_space(line));
        rest = next;
    }
    let (status, mut rest) = first_line(rest.strip_prefix("< ")?);
    let mut answer =
        SnapshotAnswer { status: status.parse().ok()?, headers: Vec::new(), body: SnapshotBody::Empty };
    while let Some(after) = rest.strip_prefix("< ") {
        let (line, next) = first_line(after);
        answer.headers.push(line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
        rest = next;
    }
    answer.body = body(rest)?;
    Some(SnapshotExchange { request, answer })
}

impl<'a> SnapshotRequest<'a> {
    /// Takes a line after the first: a header field, a parameter, or a part of a body.
    fn take(&mut self, line: &'a str) {
        let is_token = |name: &str| !name.contains([' ', '=', '{', '"', '<']);
        let header = line.split_once(": ").filter(|(name, _)| is_token(name) && self.params.is_empty());
        if let Some(header) = header {
            self.headers.push(header);
        } else if let Some(param) = line.split_once(" =") {
            self.params.push((param.0, optional_space(param.1)));
        } else {
            self.body.push(line);
        }
    }
}

fn body<'a>(text: &'a str) -> Option<SnapshotBody<'a>> {
    if text.rsplit('\n').next().is_some_and(|last| last.starts_with("… ")) {
        let kind = match text.as_bytes().first() {
            Some(b'|') => "text of very many lines",
            Some(b'<') => "XML of very many lines",
            Some(_) | None => "JSON of very many lines",
        };
        return Some(SnapshotBody::Cut { kind, lines: text.lines().collect() });
    }
    match text.as_bytes().first() {
        None => Some(SnapshotBody::Empty),
        Some(b'|') if text.starts_with("|#") => Some(SnapshotBody::Bytes(
            text.lines().map(|line| line.strip_prefix("|#")).collect::<Option<_>>()?,
        )),
        Some(b'|') => {
            let unmarked = |line: &'a str| Some(optional_space(line.strip_prefix('|')?));
            Some(SnapshotBody::Lines(text.lines().map(unmarked).collect::<Option<_>>()?))
        }
        Some(b'<') => {
            let (root, tree) = text.strip_prefix('<')?.split_once("> ")?;
            Some(SnapshotBody::Xml { root, tree: read_tree(tree)? })
        }
        Some(_) => Some(SnapshotBody::Json(read_tree(text)?)),
    }
}

fn optional_space(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::{SnapshotBody, read};
    use crate::model::Value;

    #[test]
    fn a_transcript_is_read_back() {
        let text = "> POST /a\n> x-b: c: d\n> Tag.1.Key = a: b = c\n> Empty =\n< 200\n< content-type: x\n{\n  \"a\": 1\n}\n\n\
                    > GET /\n> {\"raw\": \"body\"}\n< 404\n<Error> {\n  \"a\": []\n}\n\n> GET /\n< 500\n| a\n| \n| b\n\n> GET /\n< 204";
        let found = read(text).unwrap();
        let [first, second, third, fourth] = &found[..] else { panic!("{found:?}") };
        assert_eq!(first.request.target, "POST /a");
        assert_eq!(first.request.headers, [("x-b", "c: d")]);
        assert_eq!(first.request.params, [("Tag.1.Key", "a: b = c"), ("Empty", "")]);
        assert_eq!((first.answer.status, &first.answer.headers[..]), (200, &[("content-type", "x")][..]));
        assert_eq!(first.answer.body, SnapshotBody::Json(Value::Map(vec![("a".into(), Value::integer(1))])));
        assert_eq!(second.request.body, ["{\"raw\": \"body\"}"]);
        assert!(matches!(&second.answer.body, SnapshotBody::Xml { root: "Error", .. }));
        assert_eq!(third.answer.body, SnapshotBody::Lines(vec!["a", "", "b"]));
        assert_eq!(fourth.answer.body, SnapshotBody::Empty);
    }

    #[test]
    fn a_text_that_is_no_transcript_gives_none_and_never_a_panic() {
        let deep = "> GET /\n< 200\n".to_owned() + &"[".repeat(100_000);
        for text in
            ["", ">", "> ", "> GET /", "> GET /\n< x", "> GET /\n< 200\n{", "> GET /\n< 200\n<a", "é", &deep]
        {
            assert_eq!(read(text), None, "{:?}", &text[..text.len().min(20)]);
        }
    }

    #[test]
    fn every_shipped_snapshot_is_a_transcript() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
        let store = crate::snapshot::Store::new(
            &root,
            crate::snapshot::Update::Never,
            crate::model::EndpointKind::Foreign,
        );
        let files = store.orphans(&std::collections::HashSet::new()).unwrap();
        assert!(files.len() > 500);
        for path in files {
            let file = std::fs::read_to_string(&path).unwrap();
            let text = file.splitn(3, "---\n").nth(2).unwrap();
            assert!(read(text).is_some(), "{}", path.display());
        }
    }
}
