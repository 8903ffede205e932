//! The difference between a snapshot and the answer, line by line.

use std::io;

use super::text::SHOWN;
use crate::markup::Html;

/// The lines that a snapshot has and those that took their place; where as many did, what differs inside is marked.
pub(super) fn write(html: &mut Html<'_>, old: &str, new: &str) -> io::Result<()> {
    html.raw("<p class=\"t\">Snapshot, then this run</p>\n<pre class=\"diff\">")?;
    let is_paired = old.lines().count() == new.lines().count();
    let mut budget = SHOWN;
    if is_paired {
        for (old, new) in old.lines().zip(new.lines()) {
            if budget == 0 {
                break;
            }
            let (start, end) = alike(old, new);
            write_line(html, ("<del>- ", "</del>"), (old, start, end), &mut budget)?;
            write_line(html, ("<ins>+ ", "</ins>"), (new, start, end), &mut budget)?;
        }
    } else {
        for (side, text) in [(("<del>- ", "</del>"), old), (("<ins>+ ", "</ins>"), new)] {
            let mut budget = SHOWN;
            for line in text.lines() {
                if budget == 0 {
                    break;
                }
                write_line(html, side, (line, line.len(), 0), &mut budget)?;
            }
        }
    }
    html.raw("</pre>\n")?;
    if old.len().max(new.len()) > SHOWN {
        html.raw(
            "<p class=\"note\">A long difference is cut here; <code>proofmark review</code> shows all.</p>\n",
        )?;
    }
    Ok(())
}

fn write_line(
    html: &mut Html<'_>,
    (open, close): (&'static str, &'static str),
    (line, start, end): (&str, usize, usize),
    budget: &mut usize,
) -> io::Result<()> {
    html.raw(open)?.cut(&line[..start], budget)?;
    let middle = &line[start..line.len() - end];
    if !middle.is_empty() && *budget > 0 {
        html.raw("<mark>")?.cut(middle, budget)?.raw("</mark>")?;
    }
    if end > 0 && *budget > 0 {
        html.cut(&line[line.len() - end..], budget)?;
    }
    html.raw(close)?;
    Ok(())
}

/// How many bytes two lines have in common at their start and at their end.
fn alike(old: &str, new: &str) -> (usize, usize) {
    let pairs = old.chars().zip(new.chars()).take_while(|(old, new)| old == new);
    let start: usize = pairs.map(|(letter, _)| letter.len_utf8()).sum();
    let rest = old[start..].chars().rev().zip(new[start..].chars().rev());
    let end = rest.take_while(|(old, new)| old == new).map(|(letter, _)| letter.len_utf8()).sum();
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn what_two_lines_share_is_never_counted_twice() {
        assert_eq!(alike("the one word", "the other word"), (5, 5));
        assert_eq!(alike("aa", "aaa"), (2, 0));
        assert_eq!(alike("é", "è"), (0, 0));
        assert_eq!(alike("", "x"), (0, 0));
    }
}
