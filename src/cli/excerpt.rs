//! The lines of a file that show a problem, cut where they are longer than a person reads. Main type: [`Excerpt`].

use miette::{MietteError, MietteSpanContents, NamedSource, SourceCode, SourceSpan, SpanContents};

use crate::model::{Problem, Spot};
use crate::report::{printable, printable_in_place};

/// The longest line that is shown whole, in bytes.
const LONGEST: usize = 400;

/// How much of a longer line is shown before the place of the problem, and after it.
const AROUND: usize = 100;

/// Marks where a line was cut.
const CUT: &str = "…";

/// The longest message, in bytes: it may repeat what the file says.
const LONGEST_MESSAGE: usize = 2000;

/// Lines of a file.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: NamedSource<String>,
    /// How many lines come before them.
    lines_before: usize,
    /// How many characters of the line come before the problem, including those that are cut.
    column: usize,
    /// The place of the problem, in the lines.
    pub(super) span: SourceSpan,
}

impl Excerpt {
    /// The line where a problem is, with one before and one after it.
    pub(super) fn of(problem: &Problem) -> Self {
        let Spot { file, bytes } = &problem.spot;
        let text = file.text.as_str();
        let start = floor(text, bytes.start);
        let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        let mut shown = String::new();
        let mut lines_before = problem.spot.line() - 1;
        if let Some(before) = line.checked_sub(1) {
            let from = text[..before].rfind('\n').map_or(0, |end| end + 1);
            shown.push_str(&whole_or_start(&text[from..before]));
            shown.push('\n');
            lines_before -= 1;
        }
        let (from, to) = if line_end - line <= LONGEST {
            (line, line_end)
        } else {
            (floor(text, start.saturating_sub(AROUND)).max(line), floor(text, start + AROUND).min(line_end))
        };
        shown.push_str(if from > line { CUT } else { "" });
        let span_start = shown.len() + start - from;
        shown.push_str(&text[from..to]);
        shown.push_str(if to < line_end { CUT } else { "" });
        // Only the first line is marked: a case or a table may be long.
        let span_end = span_start + floor(text, bytes.end).clamp(start, to) - start;
        if line_end < text.len() {
            let next = &text[line_end + 1..];
            shown.push('\n');
            shown.push_str(&whole_or_start(&next[..next.find('\n').unwrap_or(next.len())]));
            shown.push('\n');
        }
        let name = file.path.display().to_string();
        Self {
            text: NamedSource::new(printable(&name), printable_in_place(&shown).into_owned()),
            lines_before,
            column: problem.spot.column() - 1,
            span: (span_start..span_end).into(),
        }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, lines_before, lines_after)?;
        let column = if *span == self.span { self.column } else { found.column() };
        Ok(Box::new(MietteSpanContents::new_named(
            self.text.name().to_owned(),
            found.data(),
            *found.span(),
            found.line() + self.lines_before,
            column,
            found.line_count(),
        )))
    }
}

/// The next place at or before this one where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn whole_or_start(line: &str) -> String {
    if line.len() <= LONGEST { line.to_owned() } else { format!("{}{CUT}", &line[..floor(line, AROUND)]) }
}

/// A message, cut if it is very long.
pub(super) fn short(message: &str) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return printable(message).into_owned();
    }
    let start = &message[..floor(message, LONGEST_MESSAGE)];
    printable(&format!("{start}… and {} more bytes", message.len() - start.len())).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{AROUND, Excerpt, LONGEST, short};
    use crate::model::{Problem, SourceText, Spot};
    use miette::SourceCode;

    fn shown(text: &str, start: usize, end: usize) -> (String, usize, usize) {
        let file = Arc::new(SourceText::new("t.toml", text));
        let excerpt = Excerpt::of(&Problem::new(Spot { file, bytes: start..end }, "wrong"));
        let contents = excerpt.read_span(&excerpt.span, 1, 1).unwrap();
        let marked = excerpt.read_span(&excerpt.span, 0, 0).unwrap();
        (String::from_utf8(contents.data().to_vec()).unwrap(), marked.line(), marked.column())
    }

    #[test]
    fn a_line_is_shown_with_those_around_it() {
        assert_eq!(shown("a\nb\ncc = é\nd\ne\n", 9, 11), ("b\ncc = é\nd\n".to_owned(), 2, 5));
        assert_eq!(shown("a", 0, 1), ("a".to_owned(), 0, 0));
        assert_eq!(shown("", 0, 0).0, "");
    }

    #[test]
    fn of_a_long_line_only_what_is_around_the_place_is_shown() {
        let text = format!(
            "{}\n{}ABC{}\n{}\n",
            "x".repeat(9999),
            "é".repeat(5000),
            "z".repeat(9999),
            "y".repeat(9999)
        );
        let (lines, line, column) = shown(&text, 20_000, 20_003);
        assert!(lines.contains("éABCz") && lines.len() < 2 * LONGEST + 4 * AROUND, "{lines}");
        assert_eq!((line, column), (1, 5000));
    }

    #[test]
    fn a_line_is_whole_as_long_as_it_may_be_and_cut_past_that() {
        let text = |length: usize| format!("a\n{}\n", "x".repeat(length));
        assert!(shown(&text(LONGEST), 0, 1).0.contains(&"x".repeat(LONGEST)));
        assert!(!shown(&text(LONGEST + 1), 0, 1).0.contains(&"x".repeat(LONGEST)));
    }

    #[test]
    fn a_long_message_is_cut() {
        assert!(short(&"é".repeat(100_000)).len() < 2100);
        assert_eq!(short("as it is"), "as it is");
    }
}
