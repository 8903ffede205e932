//! A TOML file as a tree in which every key and value has its place in the text.
//!
//! [`parse`] reports every syntax error of a file at once. TOML 1.0 is what other readers
//! understand, so newlines inside inline tables are refused, though the parser would take them.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::bound::{MOST_ERRORS, check_signs};
use crate::model::{Problem, SourceText, Spot, Value};

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) spot: Spot,
    pub(super) kind: NodeKind,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(super) enum NodeKind {
    Scalar(Value),
    List(Vec<Node>),
    Table(Vec<KeyValue>),
}

/// A key of a table and its value.
#[derive(Debug, Clone)]
pub(super) struct KeyValue {
    pub(super) key: String,
    pub(super) key_spot: Spot,
    pub(super) node: Node,
}

impl Node {
    /// The value of a key, if this is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    pub(super) fn entries(&self) -> &[KeyValue] {
        match &self.kind {
            NodeKind::Table(entries) => entries,
            NodeKind::Scalar(_) | NodeKind::List(_) => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            NodeKind::Scalar(_) | NodeKind::Table(_) => &[],
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(value) => value.as_text(),
            NodeKind::List(_) | NodeKind::Table(_) => None,
        }
    }

    /// An error code: a text, or the digits of a number.
    pub(super) fn as_code(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(value) => value.as_code(),
            NodeKind::List(_) | NodeKind::Table(_) => None,
        }
    }

    /// The plain value, without places.
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(value) => value.clone(),
            NodeKind::List(items) => Value::List(items.iter().map(Node::to_value).collect()),
            NodeKind::Table(entries) => {
                Value::Map(entries.iter().map(|entry| (entry.key.clone(), entry.node.to_value())).collect())
            }
        }
    }
}

/// Parses a file; syntax errors join `problems`, and what could be read is returned all the same.
pub(super) fn parse(file: &Arc<SourceText>, problems: &mut Vec<Problem>) -> Node {
    if let Err(message) = check_signs(&file.text) {
        let spot = Spot { file: Arc::clone(file), bytes: 0..0 };
        problems.push(Problem::new(spot.clone(), message));
        return Node { spot, kind: NodeKind::Table(Vec::new()) };
    }
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors.iter().take(MOST_ERRORS) {
        let bytes = error.span().unwrap_or(0..0);
        let message = format!("invalid TOML: {}", error.message().replace('\n', ", "));
        problems.push(Problem::new(Spot { file: Arc::clone(file), bytes }, message));
    }
    let mut reader = DocumentReader { file, problems };
    let span = table.span();
    Node { spot: reader.spot(span), kind: NodeKind::Table(reader.entries(table.into_inner())) }
}

struct DocumentReader<'a> {
    file: &'a Arc<SourceText>,
    problems: &'a mut Vec<Problem>,
}

impl DocumentReader<'_> {
    fn spot(&self, bytes: Range<usize>) -> Spot {
        Spot { file: Arc::clone(self.file), bytes }
    }

    fn entries(&mut self, table: DeTable<'_>) -> Vec<KeyValue> {
        table
            .into_iter()
            .map(|(key, value)| {
                let key_spot = self.spot(key.span());
                KeyValue { key: key.into_inner().into_owned(), key_spot, node: self.node(value) }
            })
            .collect()
    }

    fn node(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = value.span();
        let spot = self.spot(span.clone());
        let kind = match value.into_inner() {
            DeValue::String(text) => NodeKind::Scalar(Value::Text(text.into_owned())),
            DeValue::Boolean(flag) => NodeKind::Scalar(Value::Bool(flag)),
            DeValue::Datetime(time) => NodeKind::Scalar(Value::Text(time.to_string())),
            DeValue::Integer(number) => {
                let digits = number.as_str().replace('_', "");
                NodeKind::Scalar(self.integer(&digits, number.radix(), &spot))
            }
            DeValue::Float(number) => NodeKind::Scalar(self.float(number.as_str(), &spot)),
            DeValue::Array(items) => NodeKind::List(items.into_iter().map(|item| self.node(item)).collect()),
            DeValue::Table(table) => {
                self.refuse_newlines(&table, span);
                NodeKind::Table(self.entries(table))
            }
        };
        Node { spot, kind }
    }

    /// A whole number of any size: it is kept by its digits.
    fn integer(&mut self, digits: &str, radix: u32, spot: &Spot) -> Value {
        let digits = digits.trim_start_matches('+');
        if radix == 10 {
            return Value::Number(digits.to_owned());
        }
        if let Ok(number) = u128::from_str_radix(digits, radix) {
            return Value::Number(number.to_string());
        }
        let problem = Problem::new(spot.clone(), "the number does not fit in 128 bits");
        self.problems.push(problem.hint("write it in decimal digits, all of which are kept"));
        Value::integer(0)
    }

    fn float(&mut self, digits: &str, spot: &Spot) -> Value {
        let digits = digits.replace('_', "");
        let digits = digits.trim_start_matches('+');
        if digits.ends_with(|letter: char| letter.is_ascii_digit()) {
            return Value::Number(digits.to_owned());
        }
        self.problems.push(
            Problem::new(spot.clone(), format!("`{digits}` has no form in a request"))
                .hint("write it as a string"),
        );
        Value::integer(0)
    }

    /// TOML 1.0 allows no newline between the entries of an inline table (its section "Inline Table").
    fn refuse_newlines(&mut self, table: &DeTable<'_>, span: Range<usize>) {
        let text = &self.file.text;
        if !text.get(span.clone()).is_some_and(|written| written.starts_with('{')) {
            return;
        }
        let mut at = span.start;
        let mut gaps: Vec<Range<usize>> = Vec::new();
        for (key, value) in table {
            gaps.push(at..key.span().start);
            at = value.span().end;
        }
        gaps.push(at..span.end);
        let is_broken =
            |gap: &Range<usize>| text.get(gap.clone()).is_some_and(|between| between.contains('\n'));
        if gaps.iter().any(is_broken) {
            self.problems.push(
                Problem::new(
                    self.spot(span.start..span.start + 1),
                    "an inline table spans lines, which TOML 1.0 does not allow",
                )
                .hint("put it on one line, or write it as a [section]"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::parse;
    use crate::model::{SourceText, Value};

    fn problems_of(text: &str) -> Vec<String> {
        let file = Arc::new(SourceText::new("t.toml", text));
        let mut problems = Vec::new();
        parse(&file, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_syntax_error_of_a_file_is_reported() {
        let problems = problems_of("a = \nb = 1\nc = [\n");
        assert!(problems.len() >= 2, "{problems:?}");
        assert!(problems.iter().any(|problem| problem.starts_with("t.toml:1:")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.starts_with("t.toml:3:")), "{problems:?}");
    }

    #[test]
    fn a_newline_inside_an_inline_table_is_refused_and_inside_its_list_is_not() {
        assert_eq!(problems_of("a = { b = [\n1,\n2 ], c = 2 }\n"), Vec::<String>::new());
        assert!(problems_of("a = { b = 1,\n c = 2 }\n")[0].contains("inline table"));
    }

    #[test]
    fn numbers_keep_their_digits() {
        let file = Arc::new(SourceText::new("t.toml", "a = 0x1F\nb = 1_000.50\n"));
        let node = parse(&file, &mut Vec::new());
        assert_eq!(node.get("a").unwrap().to_value(), Value::integer(31));
        assert_eq!(node.get("b").unwrap().to_value(), Value::Number("1000.50".into()));
        let file = Arc::new(SourceText::new("t.toml", "a = +1_000_000_000_000_000_000_000\nb = -1\nc = 0\n"));
        let node = parse(&file, &mut Vec::new());
        assert_eq!(node.get("a").unwrap().to_value(), Value::Number("1000000000000000000000".into()));
        assert_eq!(node.get("b").unwrap().to_value(), Value::integer(-1));
        assert_eq!(node.get("c").unwrap().to_value(), Value::integer(0));
        let too_large = format!("a = 0x{}\n", "F".repeat(33));
        assert!(problems_of(&too_large)[0].contains("decimal digits"));
    }
}
