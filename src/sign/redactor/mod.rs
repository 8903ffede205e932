//! Takes secrets out of what an endpoint sends: one that repeats a request's credentials must not bring them into a
//! report, a snapshot or a terminal. Main type: [`Redactor`].
//!
//! It is applied where an answer comes in, so nothing behind it has to think of secrets. It looks at the bytes as they
//! are, and as they read once an encoding is taken off ([`view`]), and again, as often as [`DEEPEST`].

mod glance;
mod needles;
#[cfg(test)]
mod tests;
mod view;

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;

use super::secrets::{RecentSignatures, Secrets};
use crate::model::Value;
use glance::Glance;
pub(super) use needles::Needles;
use view::{BASE64, DecodedView, HEX, narrow, unescape};

/// What replaces a secret.
const HIDDEN: &str = "[secret]";

/// A text that is shorter is not looked for: it would be found where it is none.
pub const SHORTEST_SECRET: usize = needles::WINDOW;

/// How many encodings may lie around a secret.
const DEEPEST: usize = 4;

/// Separates texts that are searched as one: a byte that no encoding has.
const BETWEEN: &str = "\u{1f}";

/// How far behind the last text the next one is looked for in the bytes that both were read from: further than most
/// gaps, and so near that many texts that are not there cost little.
const LOOKAHEAD: usize = 256;

/// How many decoded bytes are looked at for each byte of a text, and beside that; more than any text that is not made for
/// it comes to.
const EFFORT: (usize, usize) = (32, 64 * 1024);

/// How long an escape is, at most, that may be cut off.
const LONGEST_ESCAPE: usize = 12;

/// How many bytes at the end of a text are looked at for a secret that is cut off: more than a part of one takes in any
/// encoding.
const TAIL: usize = 1024;

/// Finds secrets, plain and encoded: by percent signs, escapes of JSON and of XML, base64 at any offset and with either
/// alphabet, hexadecimal digits and UTF-16, and by several of these; in upper and lower case.
#[derive(Debug, Clone)]
pub struct Redactor {
    fixed: Arc<Needles>,
    made: RecentSignatures,
}

impl Redactor {
    /// Looks for these secrets, and for the signatures that are made with them.
    pub fn new(secrets: &Secrets) -> Self {
        let mut fixed = Needles::few();
        secrets.fixed.iter().for_each(|secret| add_forms(&mut fixed, secret.expose()));
        Self { fixed: Arc::new(fixed), made: secrets.made.clone() }
    }

    /// The bytes with every secret hidden; none if there is nothing to hide.
    pub fn hide_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.search(bytes).0
    }

    /// The bytes with every secret hidden, if there is one, and whether all of them could be searched and hold none.
    pub fn search(&self, bytes: &[u8]) -> (Option<Vec<u8>>, bool) {
        if bytes.len() < SHORTEST_SECRET {
            return (None, true);
        }
        let made = self.made.read();
        let known = [&*self.fixed, made.as_ref()];
        if known.iter().all(|needles| needles.is_empty()) {
            return (None, true);
        }
        let left = bytes.len().saturating_mul(EFFORT.0).saturating_add(EFFORT.1);
        // Nearly no answer holds a secret, and to find that out needs no places.
        let mut glance = Glance { known, left, is_whole: true };
        if !glance.finds(bytes, DEEPEST) {
            return (None, glance.is_whole);
        }
        let mut search = SecretSearch { known, left };
        let mut found = Vec::new();
        search.look(bytes, DEEPEST, &mut found);
        (Some(replace(bytes, found)), false)
    }

    /// Takes the beginning of a secret off the end of bytes that are cut there.
    pub fn drop_begun(&self, bytes: &mut Vec<u8>) {
        let made = self.made.read();
        let known = [&*self.fixed, made.as_ref()];
        let start = bytes.len().saturating_sub(TAIL);
        let kept = before_begun(known, &bytes[start..], DEEPEST);
        bytes.truncate(start + kept);
    }

    /// Hides a secret that begins at the end of these bytes and ends in those behind them.
    pub fn hide_across(&self, bytes: &mut Vec<u8>, behind: &mut Vec<u8>) {
        let border = bytes.len().min(TAIL);
        let start = bytes.len() - border;
        let joined = [&bytes[start..], &behind[..behind.len().min(TAIL)]].concat();
        let made = self.made.read();
        let left = joined.len().saturating_mul(EFFORT.0).saturating_add(EFFORT.1);
        let mut search = SecretSearch { known: [&*self.fixed, made.as_ref()], left };
        let mut found = Vec::new();
        search.look(&joined, DEEPEST, &mut found);
        found.retain(|place| place.start < border && place.end > border);
        let first = found.iter().map(|place| place.start).min();
        let last = found.iter().map(|place| place.end).max();
        if let (Some(first), Some(last)) = (first, last) {
            bytes.truncate(start + first);
            bytes.extend_from_slice(HIDDEN.as_bytes());
            behind.splice(..last - border, HIDDEN.bytes());
        }
    }

    /// Hides every secret in a text.
    pub fn hide(&self, text: &mut String) {
        if let Some(hidden) = self.hide_bytes(text.as_bytes()) {
            *text = String::from_utf8_lossy(&hidden).into_owned();
        }
    }

    /// Hides every secret in texts. They are searched as one first, which is quicker where none holds a secret.
    pub fn hide_all<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        let texts: Vec<&mut String> = texts.into_iter().collect();
        let joined = texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(BETWEEN);
        let (hidden, is_whole) = self.search(joined.as_bytes());
        if hidden.is_some() || !is_whole {
            for text in texts {
                self.hide(text);
            }
        }
    }

    /// Hides every secret in a tree, in keys and texts. `searched` are the bytes that the tree was read from, if all of them
    /// were searched and hold no secret; a text that is in them as it is, is not searched again.
    pub fn hide_in(&self, tree: &mut Value, searched: &[u8]) {
        let (mut texts, mut rest) = (Vec::new(), searched);
        collect(tree, &mut texts);
        texts.retain(|text| !comes_next(text.as_bytes(), &mut rest));
        self.hide_all(texts);
    }
}

/// How many bytes are before the beginning of a secret that the end cuts off, in any reading; all if there is none.
fn before_begun(known: [&Needles; 2], bytes: &[u8], depth: usize) -> usize {
    let [fixed, made] = known;
    let open = bytes.iter().rposition(|byte| b"%\\&".contains(byte));
    // An escape that is cut off itself.
    let ends = [Some(bytes.len()), open.filter(|open| bytes.len() - open < LONGEST_ESCAPE)];
    let mut kept = bytes.len();
    for end in ends.into_iter().flatten() {
        let bytes = &bytes[..end];
        let plain = fixed.begun(bytes, true).into_iter().chain(made.begun(bytes, false));
        kept = plain.fold(kept, usize::min);
        if depth == 0 {
            continue;
        }
        let mut through = |view: &DecodedView| {
            let inner = before_begun(known, &view.bytes, depth - 1);
            // A run in an encoding ends before the end of the text, unless one character more begins the next byte.
            if inner < view.bytes.len() && view.source(0..view.bytes.len()).end + 2 > end {
                kept = kept.min(view.source(inner..view.bytes.len()).start);
            }
        };
        [unescape(bytes), narrow(bytes)].into_iter().flatten().for_each(|view| through(&view));
        for encoding in [&BASE64, &HEX] {
            encoding.views(bytes, |view| through(&view));
        }
    }
    kept
}

/// The keys and texts of a tree, in its order.
fn collect<'t>(tree: &'t mut Value, texts: &mut Vec<&'t mut String>) {
    match tree {
        Value::Text(text) | Value::Number(text) => texts.push(text),
        Value::List(items) => items.iter_mut().for_each(|item| collect(item, texts)),
        Value::Map(entries) => {
            for (key, item) in entries {
                texts.push(key);
                collect(item, texts);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Whether a text is within the next bytes; if so, they are taken up to its end.
fn comes_next(text: &[u8], rest: &mut &[u8]) -> bool {
    let near = &rest[..rest.len().min(text.len().saturating_add(LOOKAHEAD))];
    let Some(place) = memmem::find(near, text) else { return false };
    *rest = &rest[place + text.len()..];
    true
}

/// Adds what a secret is found by: itself, what is left of it where more escapes are read than were made, its characters
/// in base64 (for where their case is lost), and those beyond ASCII in UTF-16.
fn add_forms(needles: &mut Needles, secret: &str) {
    needles.add(secret.as_bytes());
    let mut again = unescape(secret.as_bytes());
    while let Some(view) = again {
        needles.add(&view.bytes);
        again = unescape(&view.bytes);
    }
    // A space in a form.
    if secret.contains(' ') {
        needles.add(secret.replace(' ', "+").as_bytes());
    }
    if !secret.is_ascii() {
        let units = || secret.encode_utf16();
        needles.add(&units().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        needles.add(&units().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    }
    for offset in 0..3 {
        let padded = [&b"\0\0\0"[..offset], secret.as_bytes()].concat();
        // Without the characters at either end that also depend on what is beside the secret.
        let sure = (offset * 8).div_ceil(6)..padded.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            needles.add(&text.as_bytes()[sure.clone()]);
        }
    }
}

/// A search through a text in all its readings.
struct SecretSearch<'a> {
    known: [&'a Needles; 2],
    left: usize,
}

impl SecretSearch<'_> {
    /// Adds the places of secrets in these bytes.
    fn look(&mut self, bytes: &[u8], depth: usize, found: &mut Vec<Range<usize>>) {
        for needles in self.known {
            needles.find(bytes, |place| found.push(place));
        }
        if depth == 0 {
            return;
        }
        for view in [unescape(bytes), narrow(bytes)].into_iter().flatten() {
            self.through(&view, depth, found);
        }
        for encoding in [&BASE64, &HEX] {
            encoding.views(bytes, |view| self.through(&view, depth, found));
        }
    }

    fn through(&mut self, view: &DecodedView, depth: usize, found: &mut Vec<Range<usize>>) {
        let Some(left) = self.left.checked_sub(view.bytes.len()) else {
            return;
        };
        self.left = left;
        let mut inner = Vec::new();
        self.look(&view.bytes, depth - 1, &mut inner);
        found.extend(inner.into_iter().map(|place| view.source(place)));
    }
}

/// The bytes with something else in these places; places that touch are one.
fn replace(bytes: &[u8], mut places: Vec<Range<usize>>) -> Vec<u8> {
    places.sort_by_key(|place| place.start);
    let mut clean = Vec::with_capacity(bytes.len());
    let (mut end, mut is_open) = (0, false);
    for place in places {
        let place = whole_units(bytes, place);
        if !is_open || place.start > end {
            clean.extend_from_slice(&bytes[end.min(place.start)..place.start]);
            clean.extend_from_slice(&sign(bytes, &place));
            is_open = true;
        }
        end = end.max(place.end);
    }
    clean.extend_from_slice(&bytes[end..]);
    clean
}

/// The place with the zero byte that makes a character of UTF-16 of its first or last one.
fn whole_units(bytes: &[u8], place: Range<usize>) -> Range<usize> {
    let is_zero = |at: usize| bytes.get(at) == Some(&0);
    match place.start % 2 {
        0 if is_zero(place.start + 1) && is_zero(place.end) => place.start..place.end + 1,
        1 if is_zero(place.start - 1) && is_zero(place.start + 1) => place.start - 1..place.end,
        _ => place,
    }
}

/// What goes into a place: in UTF-16 where the text is.
fn sign(bytes: &[u8], place: &Range<usize>) -> Vec<u8> {
    let is_zero = |at: usize| bytes.get(at) == Some(&0);
    let (first, second) = (is_zero(place.start), is_zero(place.start + 1));
    match (first, second) {
        (false, true) => HIDDEN.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        (true, false) => HIDDEN.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        (false, false) | (true, true) => HIDDEN.into(),
    }
}
