//! The start of an answer, as a person needs it to see what went wrong. Main functions: [`excerpt`] and [`failing`].

use crate::model::{Answer, Body, CaseRecord, Exchange, Level, Value, plural};
use crate::plain::printable;

/// How many lines of a body are shown, and how many characters of each.
const LINES: usize = 8;
const LONGEST: usize = 400;

/// The longest media type or coding that is shown, in characters.
const LONGEST_FIELD: usize = 100;

/// The answers that a finding is about, but for those that only differ from a snapshot, which shows them itself.
pub(super) fn failing(record: &CaseRecord) -> impl Iterator<Item = &Exchange> {
    record.exchanges.iter().filter(|exchange| {
        record
            .findings
            .iter()
            .any(|finding| finding.step == exchange.step && finding.level != Level::Snapshot)
    })
}

/// Status line, media type and first lines of an answer, each without a character that acts.
pub(super) fn excerpt(answer: &Answer) -> Vec<String> {
    let field = |name: &str| Some(cut(&printable(answer.header(name)?).replace('\n', "\\n"), LONGEST_FIELD));
    let content_type = field("content-type").unwrap_or_else(|| "(no content-type)".to_owned());
    let coding = field("content-encoding").map(|coding| format!(", content-encoding {coding}"));
    let mut lines = vec![format!("HTTP {} {content_type}{}", answer.status, coding.unwrap_or_default())];
    lines.extend(body(answer));
    lines
}

/// The same on one line.
pub(super) fn excerpt_line(answer: &Answer) -> String {
    cut(&excerpt(answer).join(" "), LONGEST)
}

fn body(answer: &Answer) -> Vec<String> {
    let count = answer.bytes.len();
    // A text in another encoding was decoded before: its bytes are not UTF-8.
    let read = match &answer.body {
        Body::Other { text: Some(Value::Text(text)) } => Some(text.as_str()),
        Body::Empty | Body::Json(_) | Body::Xml { .. } | Body::Other { .. } | Body::Unreadable { .. } => {
            std::str::from_utf8(&answer.bytes).ok()
        }
    };
    let Some(text) = read else {
        return match &answer.body {
            Body::Xml { root, tree } => vec![cut(&printable(&format!("<{root}> {tree}")), LONGEST)],
            Body::Empty | Body::Json(_) | Body::Other { .. } | Body::Unreadable { .. } => {
                vec![format!("({count} bytes that are not text)")]
            }
        };
    };
    if count == 0 {
        return vec!["(no body)".to_owned()];
    }
    let text = text.trim_end();
    let mut shown: Vec<String> =
        text.lines().take(LINES).map(|line| cut(&printable(line), LONGEST)).collect();
    if text.is_empty() {
        shown.push("(blanks alone)".to_owned());
    }
    let more = text.lines().count().saturating_sub(LINES);
    if more > 0 {
        shown.push(format!("… and {more} more line{}", plural(more, "", "s")));
    }
    shown
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}… and {} more characters", &text[..end], text[end..].chars().count()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;
    use crate::model::Answer;
    use crate::wire::read_body;

    fn shown(content_type: Option<&str>, bytes: &[u8]) -> Vec<String> {
        let headers = content_type.map(|value| ("content-type".to_owned(), value.to_owned()));
        excerpt(&Answer {
            status: 400,
            headers: headers.into_iter().collect(),
            bytes: bytes.to_vec(),
            body: read_body(bytes, content_type),
            flaws: Vec::new(),
            elapsed: std::time::Duration::ZERO,
            paused: std::time::Duration::ZERO,
        })
    }

    #[test]
    fn the_start_of_an_answer_is_shown_and_nothing_in_it_acts() {
        assert_eq!(
            shown(Some("text/html"), b"<p>\n\x1b[31mno</p>\n"),
            ["HTTP 400 text/html", "<p>", "\\u{1b}[31mno</p>"]
        );
        assert_eq!(shown(None, b""), ["HTTP 400 (no content-type)", "(no body)"]);
        assert_eq!(shown(Some("a\nb"), b" \n")[0], "HTTP 400 a\\nb");
        assert_eq!(
            shown(Some("image/png"), b"\xff\x00"),
            ["HTTP 400 image/png", "(2 bytes that are not text)"]
        );
        let wide: Vec<u8> = "<R><a>é</a></R>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(shown(Some("text/xml"), &wide)[1], "<R> {\"a\": \"é\"}");
    }

    #[test]
    fn a_long_answer_is_cut() {
        let lines = shown(Some("text/plain"), "x\n".repeat(5000).as_bytes());
        assert_eq!((lines.len(), lines[9].as_str()), (10, "… and 4992 more lines"));
        let line = shown(Some("text/plain"), "x".repeat(1_000_000).as_bytes())[1].clone();
        assert!(line.len() < 500 && line.ends_with("… and 999600 more characters"), "{line}");
    }
}
