//! A transcript as the text of a snapshot.
//!
//! Requests are lines that start with `>`, answers with `<`, then the body: indented JSON, a text in lines that start
//! with `|`, or what is said of bytes in lines that start with `|#`. Two answers that differ give two texts, unless a
//! rule makes them alike.

use std::borrow::Cow;
use std::fmt::Write;

use similar::TextDiff;

use super::finder::Finder;
use super::names::write_numbered;
use super::text::{make_visible, write_escaped};
use super::transcript::{StableBody, StableExchange, Transcript};
use super::tree::write_tree;
use crate::digest::sha256_hex;
use crate::model::{Exchange, Literals, SentBody};

/// How many bytes of a body that is not text are shown, and how many on a line.
const SHOWN_BYTES: usize = 256;
const BYTES_ON_A_LINE: usize = 32;

/// The most lines of a body that are shown: more than a person reads.
const MOST_LINES: usize = 2000;

/// The length of most texts in bytes, for which memory is asked for at once.
const USUAL: usize = 2048;

/// The longest line of a difference that is shown, in characters.
const LONGEST_LINE: usize = 400;

impl Transcript<'_> {
    /// The text of a snapshot.
    pub fn text(&self) -> String {
        let finder = self.finder();
        let mut text = String::with_capacity(USUAL);
        for part in self.parts() {
            if !text.is_empty() {
                text.push('\n');
            }
            write_request(&mut text, part.exchange, &finder);
            write_answer(&mut text, part, &finder);
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// A line of a request: the text before a value, and the value with names in it.
fn line(to: &mut String, before: &[&str], value: &str, finder: &Finder<'_>, is_literal: bool) {
    to.push_str("> ");
    let start = to.len();
    to.extend(before.iter().copied());
    if is_literal {
        finder.write_plain(to, value, &mut write_numbered);
    } else {
        finder.write_sent(to, value, &mut write_numbered);
    }
    make_visible(to, start);
    to.push('\n');
}

fn write_request(to: &mut String, exchange: &Exchange, finder: &Finder<'_>) {
    let request = &exchange.request;
    let literals = finder.names().literals(exchange.step);
    let is_literal = |is: &dyn Fn(&Literals) -> bool| literals.is_some_and(is);
    let path = request.target.split('?').next().unwrap_or_default();
    line(to, &[request.method.as_str(), " "], path, finder, is_literal(&|all| all.has_path));
    for (name, value) in &request.headers {
        line(to, &[name, ": "], value, finder, is_literal(&|all| all.headers.contains(name)));
    }
    for (name, value) in &request.params {
        line(to, &[name, " = "], value, finder, is_literal(&|all| all.has_param(name)));
    }
    if let SentBody::Raw(body) = &request.body {
        line(to, &[], body, finder, is_literal(&|all| all.has_body));
    }
}

/// Writing to a String cannot fail, which is why results are dropped here.
fn write_answer(to: &mut String, part: &StableExchange<'_>, finder: &Finder<'_>) {
    let _ = writeln!(to, "< {}", part.exchange.answer.status);
    for (name, value) in &part.headers {
        let value = finder.show(value, &mut write_numbered);
        to.extend(["< ", name, if value.is_empty() { ":" } else { ": " }]);
        write_escaped(to, &value);
        to.push('\n');
    }
    let start = to.len();
    match &part.body {
        StableBody::Empty => {}
        StableBody::Tree { root, tree } => {
            if let Some(root) = root {
                to.push('<');
                write_escaped(to, root);
                to.push_str("> ");
            }
            write_tree(to, tree, finder, &mut write_numbered);
            to.push('\n');
        }
        StableBody::Text(marked) => {
            // The text after the last line end is a line of its own, so that the end can be seen.
            for each in finder.show(marked, &mut write_numbered).split('\n') {
                to.push_str(if each.is_empty() { "|" } else { "| " });
                write_escaped(to, each);
                to.push('\n');
            }
        }
        StableBody::Bytes => write_bytes(to, &part.exchange.answer.bytes),
    }
    cut(to, start);
}

/// Replaces the lines past the limit by their number and digest; the body begins at `start`.
fn cut(text: &mut String, start: usize) {
    let body = &text[start..];
    // A line has at least its end.
    if body.len() <= MOST_LINES {
        return;
    }
    let Some((end, _)) = body.match_indices('\n').nth(MOST_LINES - 1) else { return };
    let rest = &body[end + 1..];
    if !rest.is_empty() {
        let summary =
            format!("… {} more lines, sha256 {}\n", rest.lines().count(), sha256_hex(rest.as_bytes()));
        text.truncate(start + end + 1);
        text.push_str(&summary);
    }
}

fn write_bytes(text: &mut String, bytes: &[u8]) {
    let _ = writeln!(text, "|# {} bytes that are not text, sha256 {}", bytes.len(), sha256_hex(bytes));
    let shown = &bytes[..bytes.len().min(SHOWN_BYTES)];
    for chunk in shown.chunks(BYTES_ON_A_LINE) {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(text, "|# {}", hex.join(" "));
    }
    if bytes.len() > SHOWN_BYTES {
        text.push_str("|# …\n");
    }
}

/// The lines that differ, the old ones and the new ones, each cut to 400 characters. The line of the status
/// is named, and so reads as such without the rest of the snapshot.
pub fn changes(old: &str, new: &str) -> (String, String) {
    let difference = TextDiff::from_lines(old, new);
    let pick = |wanted: similar::ChangeTag| {
        let lines = difference.iter_all_changes().filter(|change| change.tag() == wanted);
        let cut = |line: &str| name_status(line.trim_end()).chars().take(LONGEST_LINE).collect::<String>();
        lines.map(|change| cut(change.value())).collect::<Vec<_>>().join("\n")
    };
    (pick(similar::ChangeTag::Delete), pick(similar::ChangeTag::Insert))
}

/// A line of a snapshot, with a name in front if it is that of a status.
fn name_status(line: &str) -> Cow<'_, str> {
    let status = line.strip_prefix("< ").filter(|rest| rest.len() == 3);
    match status.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(status) => Cow::Owned(format!("status line: {status}")),
        None => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_LINES, changes, cut};

    #[test]
    fn of_what_differs_the_status_is_named_and_the_rest_is_as_it_is() {
        let (old, new) = changes("< 400\n< a: b\n| < 400\n| same\n", "< 422\n< a: c\n| < 4220\n| same\n");
        assert_eq!(old, "status line: 400\n< a: b\n| < 400");
        assert_eq!(new, "status line: 422\n< a: c\n| < 4220");
    }

    #[test]
    fn a_body_has_as_many_lines_as_it_may_and_one_more_is_counted() {
        let shown = |lines: usize| {
            let mut text = "> GET /\n".to_owned();
            let start = text.len();
            text.push_str(&"| x\n".repeat(lines));
            cut(&mut text, start);
            text
        };
        assert_eq!(shown(MOST_LINES).lines().count(), 1 + MOST_LINES);
        assert!(!shown(MOST_LINES).contains("more lines"));
        assert!(shown(MOST_LINES + 1).contains("\n… 1 more lines, sha256 "));
    }
}
