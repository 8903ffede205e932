//! Text in lines that fit a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::plain::printable;

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text on one line no wider than `room`, cut where it is too long.
pub(crate) fn cut(text: &str, room: usize) -> String {
    let text = printable(text).replace('\n', " ");
    if text.width() <= room {
        return text;
    }
    let mut kept = String::new();
    let mut taken = 1;
    for letter in text.chars() {
        taken += letter.width().unwrap_or_default();
        if taken > room {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}

/// A text in lines no wider than `width`, broken at spaces and slashes where there are any; the first line after `first`,
/// others after `rest`. Ends with a line's end.
pub(crate) fn wrap(text: &str, first: &str, rest: &str, width: usize) -> String {
    let mut done = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in printable(text).replace('\n', " ").split_inclusive([' ', '/']) {
        if !is_empty && line.width() + word.trim_end().width() > width {
            next(&mut done, &mut line, rest);
        }
        is_empty = false;
        for letter in word.chars() {
            let is_full = line.width() + letter.width().unwrap_or(0) > width.max(rest.width() + 2);
            if is_full && letter != ' ' {
                next(&mut done, &mut line, rest);
            }
            line.push(letter);
        }
    }
    done + line.trim_end() + "\n"
}

/// A text with digests, ids and addresses, in lines no wider than `width` but where one word is: it is broken at spaces
/// alone, so that every word can be copied. A word too wide to be below the others is moved to the left as far as
/// that helps. Only words of ASCII without escapes are left whole: others may have what looks like a space, and so seem to
/// be a line of this program where a terminal breaks them.
pub(crate) fn copyable(text: &str, first: &str, rest: &str, width: usize) -> String {
    let mut done = String::new();
    let (mut line, mut used) = (first.to_owned(), first.width());
    for word in printable(text).replace('\n', " ").split_inclusive(' ') {
        let columns = word.trim_end().width();
        let is_too_wide = rest.width().saturating_add(columns) > width;
        let is_plain = word.trim_end().bytes().all(|byte| byte.is_ascii_graphic()) && !word.contains("\\u{");
        if is_too_wide && !is_plain {
            let broken = wrap(word, &line, rest, width);
            let last = broken.trim_end().rfind('\n').map_or(0, |at| at + 1);
            done.push_str(&broken[..last]);
            line = format!("{} ", broken[last..].trim_end());
            used = line.width();
            continue;
        }
        if used.saturating_add(columns) > width {
            let room = width.saturating_sub(columns).min(rest.width());
            if line.trim().is_empty() {
                line.clear();
            } else {
                next(&mut done, &mut line, "");
            }
            line.push_str(&" ".repeat(room));
            used = room;
        }
        line.push_str(word);
        used += word.width();
    }
    done + line.trim_end() + "\n"
}

fn next(done: &mut String, line: &mut String, rest: &str) {
    done.push_str(line.trim_end());
    done.push('\n');
    rest.clone_into(line);
}

/// A line in rows no wider than `width`, each part keeping its mark; at least one row.
pub(crate) fn rows(line: &[(bool, String)], width: usize) -> Vec<Vec<(bool, String)>> {
    let mut found: Vec<Vec<(bool, String)>> = vec![Vec::new()];
    let mut used = 0;
    for (is_marked, text) in line {
        for letter in text.chars() {
            let columns = letter.width().unwrap_or(0);
            if used + columns > width.max(2) {
                found.push(Vec::new());
                used = 0;
            }
            used += columns;
            let Some(row) = found.last_mut() else { continue };
            match row.last_mut() {
                Some((mark, part)) if mark == is_marked => part.push(letter),
                Some(_) | None => row.push((*is_marked, letter.to_string())),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{copyable, rows, width, wrap};

    #[test]
    fn no_line_is_wider_than_it_may_be_and_nothing_is_lost() {
        let texts = [
            "a few words that go on",
            "onewordthatisverymuchlongerthanaline",
            "界界界界界界界界界界界界",
            "a\u{1b}[2J b",
            "",
        ];
        for text in texts {
            let shown = wrap(text, "  * ", "    ", 14);
            assert!(shown.lines().all(|line| width(line) <= 14), "{shown}");
            let joined: String = shown[4..].chars().filter(|letter| !letter.is_whitespace()).collect();
            let wanted = text.replace('\u{1b}', "\\u{1b}").replace(' ', "");
            assert_eq!(joined, wanted);
        }
    }

    #[test]
    fn a_word_that_may_be_copied_is_never_broken() {
        let digest = "ab".repeat(10);
        let text = format!("key {digest}, and a/path/of/names  as asked");
        let due = format!("ok  key\n {digest},\n    and\n    a/path/of/names\n    as asked\n");
        assert_eq!(copyable(&text, "ok  ", "    ", 22), due);
        assert_eq!(copyable(&digest, "name  ", "      ", 10), format!("name\n{digest}\n"));
        assert_eq!(copyable(&digest, "      ", "      ", 22), format!("  {digest}\n"));
        assert_eq!(copyable("a\u{1b}[2J\nb", "", "  ", usize::MAX), "a\\u{1b}[2J b\n");
        assert_eq!(copyable("", "x  ", "", 1), "x\n");
    }

    #[test]
    fn what_looks_like_a_space_makes_no_line_of_its_own() {
        let text = format!("{}result\u{a0}\u{a0}\u{a0}PASSED{} x", "a".repeat(16), "\u{a0}".repeat(20));
        let shown = copyable(&text, "endpoint  ", "          ", 26);
        assert!(shown.lines().skip(1).all(|line| line.starts_with("          ")), "{shown}");
        assert!(shown.lines().all(|line| width(line) <= 26) && shown.ends_with(" x\n"), "{shown}");
    }

    #[test]
    fn a_long_text_takes_no_longer_than_it_is() {
        let text = "word ".repeat(400_000);
        assert_eq!(copyable(&text, "", "", usize::MAX).len(), text.len());
    }

    #[test]
    fn a_row_keeps_the_marks_of_its_parts() {
        let line = [(false, "abc".to_owned()), (true, "defg".to_owned())];
        let found = rows(&line, 5);
        assert_eq!(found, [vec![(false, "abc".into()), (true, "de".into())], vec![(true, "fg".into())]]);
        assert_eq!(rows(&[], 5), [vec![]]);
    }
}
