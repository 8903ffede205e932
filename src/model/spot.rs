//! Places in files, and problems at them.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{work, written};

/// A file as it was read, kept so that a problem can show its line.
pub struct SourceText {
    /// The path as it is shown.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// How many lines of the file come before the text.
    lines_before: usize,
    /// Where its lines end. Every case of a long table is asked for its line, so they are counted once.
    line_ends: OnceLock<Vec<usize>>,
    /// How many characters begin before each block of it: a line may be as long as the file, and have many problems.
    characters: OnceLock<Vec<usize>>,
}

/// The length of a block, in bytes.
const BLOCK: usize = 1024;

impl SourceText {
    /// A text that was read from `path`.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self::part(path, 0, text)
    }

    /// A part of a file that begins after so many of its lines.
    pub fn part(path: impl Into<PathBuf>, lines_before: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            lines_before,
            line_ends: OnceLock::new(),
            characters: OnceLock::new(),
        }
    }

    fn line_ends(&self) -> &[usize] {
        self.line_ends.get_or_init(|| self.text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// How many characters begin before a byte.
    fn characters_before(&self, end: usize) -> usize {
        let blocks = self.characters.get_or_init(|| {
            let blocks = self.text.as_bytes().chunks(BLOCK);
            let before = |known: &mut usize, block: &[u8]| {
                let before = *known;
                *known += beginnings(block);
                Some(before)
            };
            blocks.scan(0, before).collect()
        });
        let block = (end / BLOCK).min(blocks.len().saturating_sub(1));
        let before = blocks.get(block).copied().unwrap_or_default();
        before + beginnings(&self.text.as_bytes()[block * BLOCK..end])
    }
}

/// How many characters of UTF-8 begin in these bytes.
fn beginnings(bytes: &[u8]) -> usize {
    work::count(bytes.len());
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// Leaves out the counts, which only save work.
impl fmt::Debug for SourceText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, text, lines_before, line_ends: _, characters: _ } = self;
        let mut out = out.debug_struct("SourceText");
        out.field("path", path).field("lines_before", lines_before).field("text", text).finish()
    }
}

/// Two files are equal if their names and texts are, and where the texts begin.
impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.lines_before, &self.text) == (&other.path, other.lines_before, &other.text)
    }
}

impl Eq for SourceText {}

/// A place in a file: a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: Arc<SourceText>,
    /// The bytes meant.
    pub bytes: Range<usize>,
}

impl Spot {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.file.lines_before + self.lines_before() + 1
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        let ends = self.file.line_ends();
        let line_start = self.lines_before().checked_sub(1).map_or(0, |last| ends[last] + 1);
        let text = self.file.text.as_str();
        let end =
            (line_start..=self.bytes.start.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        let end = end.unwrap_or(line_start);
        self.file.characters_before(end) - self.file.characters_before(line_start) + 1
    }

    /// How many lines of the text have ended before it.
    fn lines_before(&self) -> usize {
        self.file.line_ends().partition_point(|end| *end < self.bytes.start)
    }
}

/// Shown as `file:line:column`, which editors and terminals turn into a link.
impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.path.display(), self.line(), self.column())
    }
}

/// A place in a file, without the text of the file, so that it can be kept and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLocation {
    /// The file, as it is shown.
    #[serde(serialize_with = "written::path")]
    pub file: PathBuf,
    /// The line, from 1.
    #[serde(deserialize_with = "within")]
    pub line: usize,
    /// The column in characters, from 1.
    #[serde(deserialize_with = "within")]
    pub column: usize,
}

/// The greatest line and column that are read back: `i32::MAX`.
const FARTHEST: usize = 2_147_483_647;

/// Lines and columns count from 1, and consumers of SARIF count no further than 32 bits.
fn within<'de, D: Deserializer<'de>>(written: D) -> Result<usize, D::Error> {
    usize::deserialize(written).map(|number| number.clamp(1, FARTHEST))
}

impl From<&Spot> for FileLocation {
    fn from(spot: &Spot) -> Self {
        Self { file: spot.file.path.clone(), line: spot.line(), column: spot.column() }
    }
}

impl Serialize for Spot {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        FileLocation::from(self).serialize(out)
    }
}

/// The greatest column of a place that is rebuilt, which is a text of that length.
const WIDEST: usize = 1_000_000;

/// Without its file's text, which is not needed to give the line and the column.
impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        let FileLocation { file, line, column } = FileLocation::deserialize(written)?;
        let text = " ".repeat(column.min(WIDEST) - 1);
        let end = text.len();
        Ok(Self { file: Arc::new(SourceText::part(file, line - 1, text)), bytes: end..end })
    }
}

/// Something wrong in a file, for the person who can mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub spot: Spot,
    /// What is wrong, as a fragment without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(spot: Spot, message: impl Into<String>) -> Self {
        Self { spot, message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Shown on one line, with the hint on a second one.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.spot, self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceText, Spot};
    use crate::model::work::assert_linear;
    use std::sync::Arc;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let file = Arc::new(SourceText::new("t.toml", "é = 1\nüü = 2\n"));
        let start = file.text.find('2').unwrap();
        let spot = Spot { file, bytes: start..start + 1 };
        assert_eq!(spot.to_string(), "t.toml:2:6");
    }

    #[test]
    fn to_tell_where_many_problems_stand_takes_no_longer_for_a_long_line() {
        let columns = |size: usize| {
            let file = Arc::new(SourceText::new("t.toml", "é".repeat(size)));
            let spot = |start: usize| Spot { file: Arc::clone(&file), bytes: 2 * start..2 * start + 2 };
            for start in (0..size).step_by(100) {
                assert_eq!(spot(start).column(), start + 1);
            }
            assert_eq!(spot(size).column(), size + 1);
        };
        for size in [super::BLOCK - 1, super::BLOCK / 2, super::BLOCK, super::BLOCK + 1] {
            columns(size);
        }
        assert_linear(20_000, columns);
    }

    #[test]
    fn every_place_has_a_line_and_a_column_also_behind_the_end_and_inside_a_character() {
        let file = Arc::new(SourceText::new("t.toml", "a\n\né\n"));
        let places: Vec<(usize, usize)> = (0..9)
            .map(|start| Spot { file: Arc::clone(&file), bytes: start..start })
            .map(|spot| (spot.line(), spot.column()))
            .collect();
        let due = [(1, 1), (1, 2), (2, 1), (3, 1), (3, 1), (3, 2), (4, 1), (4, 1), (4, 1)];
        assert_eq!(places, due);
    }
}
