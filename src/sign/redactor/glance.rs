//! Whether a text holds a secret in any reading, without the places of it. Main type: [`Glance`].

use super::needles::Needles;
use super::view::{BASE64, HEX, Rooms, narrow, unescape};

/// A look at a text in all its readings, in the order of the search for places, which goes no further than this look.
pub(super) struct Glance<'a> {
    pub(super) known: [&'a Needles; 2],
    /// How many more decoded bytes are looked at.
    pub(super) left: usize,
    /// Whether everything was looked at so far.
    pub(super) is_whole: bool,
}

impl Glance<'_> {
    pub(super) fn finds(&mut self, bytes: &[u8], depth: usize) -> bool {
        if self.known.iter().any(|needles| needles.is_in(bytes)) {
            return true;
        }
        if depth == 0 {
            return false;
        }
        for view in [unescape(bytes), narrow(bytes)].into_iter().flatten() {
            if self.finds_within(&view.bytes, depth) {
                return true;
            }
        }
        let mut rooms = Rooms::default();
        [&BASE64, &HEX]
            .into_iter()
            .any(|encoding| encoding.any(bytes, &mut rooms, |decoded| self.finds_within(decoded, depth)))
    }

    fn finds_within(&mut self, decoded: &[u8], depth: usize) -> bool {
        let Some(left) = self.left.checked_sub(decoded.len()) else {
            self.is_whole = false;
            return false;
        };
        self.left = left;
        self.finds(decoded, depth - 1)
    }
}
