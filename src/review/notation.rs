//! Reads a tree as snapshots write it: JSON in which a name may replace a number, and a long text is cut.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::Value;
use crate::wire::read_json;

/// The note behind the closing quote of a text that was cut.
static REST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^ … [0-9]+ more characters, sha256 [0-9a-f]{64}").expect("the pattern is a constant")
});

/// Reads a tree. The note on the rest of a text becomes a part of the text, and a name in a number's place its digits.
pub(super) fn read_tree(text: &str) -> Option<Value> {
    let mut notation = Notation { text, plain: String::new(), done: 0, numbers: 0, names: Vec::new() };
    notation.mend();
    if notation.done == 0 {
        return read_json(text.as_bytes()).ok();
    }
    notation.copy_until(text.len());
    let mut tree = read_json(notation.plain.as_bytes()).ok()?;
    put_names(&mut tree, &mut 0, &mut notation.names.into_iter().peekable());
    Some(tree)
}

/// A text of which JSON is made; what is JSON already is copied.
struct Notation<'a> {
    text: &'a str,
    plain: String,
    /// Where the part ends that is copied.
    done: usize,
    /// How many numbers were met, and which of them are names.
    numbers: usize,
    names: Vec<(usize, &'a str)>,
}

impl Notation<'_> {
    fn mend(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b'"' => self.string(at),
                // The writer ends the line behind a list's bracket.
                b'[' if !matches!(bytes.get(at + 1), Some(b'\n' | b']') | None) => self.name(at),
                b'-' | b'0'..=b'9' => {
                    self.numbers += 1;
                    let is_part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                    at + bytes[at..].iter().take_while(|byte| is_part(byte)).count()
                }
                _ => at + 1,
            };
        }
    }

    /// Passes over a string; gives where it ends.
    fn string(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let after = end + 1;
        match self.text.get(after..).and_then(|rest| REST.find(rest)) {
            Some(rest) => {
                self.replace(end..after + rest.end(), &format!("{}\"", rest.as_str()));
                after + rest.end()
            }
            None => after,
        }
    }

    /// Passes over a name in a number's place.
    fn name(&mut self, start: usize) -> usize {
        // To stop at another bracket keeps this linear.
        let Some(length) = self.text[start + 1..].find(['[', ']', '\n', '"']) else { return start + 1 };
        let end = start + length + 1;
        if !self.text[end..].starts_with(']') {
            return end;
        }
        let end = end + 1;
        self.names.push((self.numbers, &self.text[start..end]));
        self.numbers += 1;
        self.replace(start..end, "0");
        end
    }

    fn replace(&mut self, part: Range<usize>, by: &str) {
        self.copy_until(part.start);
        self.plain.push_str(by);
        self.done = part.end;
    }

    fn copy_until(&mut self, end: usize) {
        self.plain.push_str(&self.text[self.done..end]);
    }
}

/// Puts names in place of the numbers that were read for them. Both are in the order of the text.
fn put_names<'a>(
    tree: &mut Value,
    count: &mut usize,
    names: &mut std::iter::Peekable<impl Iterator<Item = (usize, &'a str)>>,
) {
    match tree {
        Value::Number(digits) => {
            if let Some((_, name)) = names.next_if(|(at, _)| at == count) {
                name.clone_into(digits);
            }
            *count += 1;
        }
        Value::List(items) => items.iter_mut().for_each(|item| put_names(item, count, names)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, item)| put_names(item, count, names)),
        Value::Null | Value::Bool(_) | Value::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::read_tree;
    use crate::model::Value;

    #[test]
    fn a_name_in_the_place_of_a_number_is_its_digits() {
        let text = "{\n  \"1\": 7,\n  \"a\": [id:1],\n  \"b\": [\n    [created],\n    -1.50\n  ],\n  \"c\": \"[id:1]\"\n}";
        let tree = read_tree(text).unwrap();
        assert_eq!(tree.get("a"), Some(&Value::Number("[id:1]".into())));
        let items = vec![Value::Number("[created]".into()), Value::Number("-1.50".into())];
        assert_eq!(tree.get("b"), Some(&Value::List(items)));
        assert_eq!(tree.get("c"), Some(&Value::text("[id:1]")));
        assert_eq!(read_tree("[true]"), Some(Value::Number("[true]".into())));
    }

    #[test]
    fn what_is_said_of_the_rest_of_a_text_is_a_part_of_it() {
        let rest = format!(" … 12 more characters, sha256 {}", "0f".repeat(32));
        let tree = read_tree(&format!("{{\n  \"k\"{rest}: \"a\\\"\"{rest},\n  \"b\": 1\n}}")).unwrap();
        assert_eq!(tree.get(&format!("k{rest}")), Some(&Value::text(format!("a\"{rest}"))));
        assert_eq!(tree.get("b"), Some(&Value::integer(1)));
    }

    #[test]
    fn what_is_no_tree_gives_none_and_never_a_panic() {
        for text in ["", "\"", "\"\\", "[a", "[a\n", "[é", "{\"a\": [x\"]}", "\"a\" … 1 more", "\"\\é", "[]]"]
        {
            assert_eq!(read_tree(text), None, "{text}");
        }
    }
}
