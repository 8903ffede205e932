//! The limits of case files, far above what a person writes, so that a slip or a hostile file ends with an error and
//! not with the memory of the machine. docs/limits.md lists them.

use crate::model::{Case, Problem};

/// The largest file that is read, in bytes; a table of 100,000 rows stays well below.
pub(super) const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The most signs of a TOML file that separate values or open them: a value takes some hundred bytes of memory, and as
/// little as two of the file.
const MOST_SIGNS: usize = 3_000_000;

/// The most syntax errors of one file that are reported.
pub(super) const MOST_ERRORS: usize = 1000;

/// The most rows and fields of all CSV files that the tables name, each counted as often as it is named, and their bytes.
const MOST_FIELDS: usize = 3_000_000;
const MOST_ROW_BYTES: usize = 128 * 1024 * 1024;

/// The most requests that one case comes to with its rows, axes and steps.
const MOST_REQUESTS: usize = 1_000_000;

/// The most combinations of axes from which pairs are drawn; more would take long.
pub(super) const MOST_DRAWN: usize = 512;

/// The most parameters and header fields that the cases of one table come to, with those that each takes over from it.
const MOST_MERGED: usize = 1_000_000;

/// The most rows of one case of which it is said that they lack a variable.
pub(super) const MOST_LACKING: usize = 1000;

/// Refuses the text of a TOML file of too many values.
pub(super) fn check_signs(text: &str) -> Result<(), String> {
    let is_sign = |byte: &u8| matches!(byte, b',' | b'=' | b'[' | b'{' | b'\n');
    let signs = text.bytes().filter(is_sign).count();
    if signs <= MOST_SIGNS {
        return Ok(());
    }
    Err(format!("the file has {signs} lines, values and lists, more than {MOST_SIGNS}"))
}

/// Refuses axes that come to too many requests.
pub(super) fn check_axes(lengths: &[usize], most: usize) -> Result<(), String> {
    let choices = lengths.iter().fold(1_usize, |all, length| all.saturating_mul((*length).max(1)));
    let most = most.min(MOST_REQUESTS);
    if choices <= most {
        return Ok(());
    }
    Err(format!("the axes come to {choices} requests, more than {most}"))
}

/// What the rows of a suite have come to so far.
#[derive(Debug, Default)]
pub(super) struct RowsRead {
    bytes: usize,
    fields: usize,
}

impl RowsRead {
    /// Counts a file that is about to be taken apart.
    pub(super) fn add_file(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= MOST_ROW_BYTES {
            return Ok(());
        }
        Err(format!("the tables name CSV files of more than {MOST_ROW_BYTES} bytes together"))
    }

    /// Counts a row of so many fields.
    pub(super) fn add_row(&mut self, fields: usize) -> Result<(), String> {
        self.fields = self.fields.saturating_add(fields + 1);
        if self.fields <= MOST_FIELDS {
            return Ok(());
        }
        Err(format!("the tables name CSV files of more than {MOST_FIELDS} rows and fields together"))
    }
}

/// What the cases of a table have come to so far.
#[derive(Debug, Default)]
pub(super) struct TableSize(usize);

impl TableSize {
    /// Counts a case.
    pub(super) fn add(&mut self, case: &Case) -> Option<Problem> {
        let requests =
            case.rows.len().max(1).saturating_mul(case.axes.len()).saturating_mul(case.steps.len());
        let fields = case.params.len() + case.request.raw.headers.len();
        let message = self.add_counts(requests, fields).err()?;
        Some(Problem::new(case.spot.clone(), message))
    }

    fn add_counts(&mut self, requests: usize, fields: usize) -> Result<(), String> {
        if requests > MOST_REQUESTS {
            return Err(format!(
                "with its rows, axes and steps the case comes to {requests} requests, more than {MOST_REQUESTS}"
            ));
        }
        self.0 = self.0.saturating_add(fields);
        if self.0 <= MOST_MERGED {
            return Ok(());
        }
        Err(format!(
            "up to here the table's cases have more than {MOST_MERGED} parameters and header fields together"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        MOST_DRAWN, MOST_FIELDS, MOST_MERGED, MOST_REQUESTS, MOST_ROW_BYTES, MOST_SIGNS, RowsRead, TableSize,
        check_axes, check_signs,
    };

    #[test]
    fn as_many_signs_as_a_file_may_have_are_taken_and_one_more_is_not() {
        assert!(check_signs(&"\n".repeat(MOST_SIGNS)).is_ok());
        assert!(check_signs(&"=".repeat(MOST_SIGNS + 1)).is_err());
        assert!(check_signs(&"x".repeat(MOST_SIGNS + 1)).is_ok());
        assert!(
            check_axes(&[MOST_REQUESTS / 2, 0, 2], usize::MAX).is_ok()
                && check_axes(&[MOST_REQUESTS / 2, 3], usize::MAX).is_err()
                && check_axes(&[MOST_DRAWN], MOST_DRAWN).is_ok()
                && check_axes(&[MOST_DRAWN + 1], MOST_DRAWN).is_err()
        );
    }

    #[test]
    fn as_many_rows_as_there_may_be_are_taken_and_one_more_is_not() {
        let mut read = RowsRead::default();
        assert!(read.add_file(MOST_ROW_BYTES).is_ok() && read.add_row(MOST_FIELDS - 1).is_ok());
        assert!(read.add_file(1).is_err() && read.add_row(0).is_err());
    }

    #[test]
    fn as_many_requests_and_fields_as_there_may_be_are_taken_and_one_more_is_not() {
        let mut merged = TableSize::default();
        assert!(
            merged.add_counts(MOST_REQUESTS, 0).is_ok() && merged.add_counts(MOST_REQUESTS + 1, 0).is_err()
        );
        assert!(merged.add_counts(1, MOST_MERGED).is_ok() && merged.add_counts(1, 1).is_err());
    }
}
