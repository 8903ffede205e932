//! Limits how much a template may do and make: the author of a table may write a costly one by mistake.

use super::TemplateError;

/// The most that rendering one template may cost, in the engine's fuel: one for each instruction, and one for each 64
/// bytes that it makes or reads. So no template makes much more than 12 MB, or takes a noticeable part of a second.
pub(super) const FUEL: u64 = 200_000;

/// The largest value that a template gives, in bytes of text and what comes to one for each item: what the engine makes
/// may be a list that makes its items as they are asked for.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// What an item takes beside its text.
const ITEM: usize = 16;

/// The longest expression, in bytes without the texts in it: the engine recurses into each part of one, and too deep a
/// recursion ends the program.
const LONGEST: usize = 4096;

/// How the error begins for a template that takes or gives too much.
pub(super) const TAKES: &str = "the template takes more than";
const GIVES: &str = "the template gives more than";

/// Whether an error says that a template takes or gives too much.
pub(super) fn is_too_much(error: &TemplateError) -> bool {
    error.0.contains(TAKES) || error.0.contains(GIVES)
}

/// What is left of the largest value.
pub(super) struct Room(usize);

impl Room {
    /// All of it.
    pub(super) fn new() -> Self {
        Self(LARGEST)
    }

    /// Takes the room of one item.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), TemplateError> {
        match self.0.checked_sub(bytes + ITEM) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(TemplateError(format!("{GIVES} {LARGEST} bytes"))),
        }
    }
}

/// Refuses a template with an expression that is too long, or that repeats lists: the engine makes the items of such a
/// list only as they are asked for, and so cannot see that they are too many.
pub(super) fn check_text(text: &str) -> Result<(), TemplateError> {
    let bytes = text.as_bytes();
    let has_statements = text.contains("{%");
    let mut at = 0;
    while let Some(open) = find_opening(bytes, at) {
        let mut expression = Expression::default();
        at = open + 2;
        while let Some(byte) = bytes.get(at).copied() {
            let next = bytes.get(at + 1).copied();
            if expression.depth == 0 && matches!(byte, b'}' | b'%' | b'#') && next == Some(b'}') {
                break;
            }
            if matches!(byte, b'"' | b'\'') {
                at = last_of_text(bytes, at);
            }
            if expression.repeats_list(byte, next, has_statements) {
                return Err(TemplateError("`*` repeats texts, and no lists".to_owned()));
            }
            at += 1;
            if expression.length > LONGEST {
                return Err(TemplateError(format!("an expression has more than {LONGEST} characters")));
            }
        }
    }
    Ok(())
}

/// What was read of an expression.
#[derive(Default)]
struct Expression {
    length: usize,
    /// How many braces are open.
    depth: usize,
    /// Of each open bracket, whether it began a list, and not an index.
    brackets: Vec<bool>,
    /// The last sign but blanks, whether a list has just ended, and whether `*` has just come.
    last: u8,
    is_behind_list: bool,
    is_behind_times: bool,
}

impl Expression {
    /// Takes the next sign, and says whether with it a list is repeated.
    fn repeats_list(&mut self, byte: u8, next: Option<u8>, has_statements: bool) -> bool {
        self.length += 1;
        if byte.is_ascii_whitespace() {
            return false;
        }
        let is_times = byte == b'*' && self.last != b'*' && next != Some(b'*');
        let is_list = byte == b'[' && !(self.last.is_ascii_alphanumeric() || b"_)]\"'".contains(&self.last));
        let repeats = is_times && (self.is_behind_list || has_statements) || is_list && self.is_behind_times;
        let closes_list = byte == b']' && self.brackets.pop().unwrap_or_default();
        match byte {
            b'[' => self.brackets.push(is_list),
            b'{' => self.depth += 1,
            b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.is_behind_list = closes_list || self.is_behind_list && byte == b')';
        self.is_behind_times = is_times || self.is_behind_times && byte == b'(';
        self.last = byte;
        repeats
    }
}

/// Where the next expression or statement opens.
fn find_opening(bytes: &[u8], from: usize) -> Option<usize> {
    let opens = |pair: &[u8]| pair[0] == b'{' && matches!(pair[1], b'{' | b'%');
    bytes.get(from..)?.windows(2).position(opens).map(|at| from + at)
}

/// The last byte of a text between quotes.
fn last_of_text(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if *byte == bytes[quote] => break,
            _ => {}
        }
        at += 1;
    }
    at
}
