//! Ids: the paths by which operations, tables and cases are named, on disk and on every output.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// The longest part of an id, in bytes: a snapshot's file name adds its ending and must stay
/// under the 255 bytes that common file systems allow.
const LONGEST_PART: usize = 120;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    /// A part is empty, or a folder's name starts with a dot.
    Empty,
    /// A character that ids do not have.
    Character {
        /// The character.
        found: char,
    },
    /// A part is too long for a file name.
    TooLong,
}

impl fmt::Display for IdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("a part of an id is empty or starts with a dot"),
            Self::Character { found } => write!(out, "{found:?} cannot stand in an id"),
            Self::TooLong => write!(out, "a part of an id has at most {LONGEST_PART} characters"),
        }
    }
}

impl std::error::Error for IdError {}

/// Checks one part of a table's, case's or row's id: `[a-z0-9][a-z0-9-]*`.
///
/// # Errors
/// Names the first character that an id cannot have, or that the part is empty or too long.
pub fn check_part(part: &str) -> Result<(), IdError> {
    let Some(first) = part.chars().next() else {
        return Err(IdError::Empty);
    };
    if first == '-' {
        return Err(IdError::Character { found: first });
    }
    let is_wrong =
        |letter: &char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '-');
    if let Some(found) = part.chars().find(is_wrong) {
        return Err(IdError::Character { found });
    }
    if part.len() > LONGEST_PART { Err(IdError::TooLong) } else { Ok(()) }
}

/// An operation by its folder below `cases/`, such as `ecs/StartImagePipelineExecution`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(String);

impl OperationId {
    /// Makes the id from the folder's parts, each as the file system spells it.
    ///
    /// # Errors
    /// A part that is empty, too long, or has anything but ASCII letters, digits, `-`, `_`, `.`.
    pub fn from_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Result<Self, IdError> {
        let mut joined = String::new();
        for part in parts {
            check_folder(part)?;
            if !joined.is_empty() {
                joined.push('/');
            }
            joined.push_str(part);
        }
        if joined.is_empty() { Err(IdError::Empty) } else { Ok(Self(joined)) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_folder(part: &str) -> Result<(), IdError> {
    if part.is_empty() || part.starts_with('.') {
        return Err(IdError::Empty);
    }
    let is_wrong = |letter: &char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    if let Some(found) = part.chars().find(is_wrong) {
        return Err(IdError::Character { found });
    }
    if part.len() > LONGEST_PART { Err(IdError::TooLong) } else { Ok(()) }
}

impl fmt::Display for OperationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A case table: its operation and the file's name without ending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId {
    operation: OperationId,
    name: String,
}

impl TableId {
    /// Makes the id of a table in the operation's folder.
    ///
    /// # Errors
    /// A name that is not `[a-z0-9][a-z0-9-]*`.
    pub fn new(operation: OperationId, name: &str) -> Result<Self, IdError> {
        check_part(name)?;
        Ok(Self { operation, name: name.to_owned() })
    }

    /// The operation that the table tests.
    pub fn operation(&self) -> &OperationId {
        &self.operation
    }

    /// The file's name without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.operation, self.name)
    }
}

/// One expanded case: table, case and, where the case has rows or axes, the row.
///
/// Shown as `ecs/StartImagePipelineExecution/tags/key-malformed/empty`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    text: String,
    table_end: usize,
    case_end: usize,
}

impl CaseId {
    /// Makes the id of a case, or of one row of it.
    ///
    /// # Errors
    /// A part that is not `[a-z0-9][a-z0-9-]*`.
    pub fn new(table: &TableId, case: &str, row: Option<&str>) -> Result<Self, IdError> {
        check_part(case)?;
        let mut text = table.to_string();
        let table_end = text.len();
        text.push('/');
        text.push_str(case);
        let case_end = text.len();
        if let Some(row) = row {
            check_part(row)?;
            text.push('/');
            text.push_str(row);
        }
        Ok(Self { text, table_end, case_end })
    }

    /// The whole id with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The table's id, with `/` between its parts.
    pub fn table(&self) -> &str {
        &self.text[..self.table_end]
    }

    /// The case's own part.
    pub fn case(&self) -> &str {
        &self.text[self.table_end + 1..self.case_end]
    }

    /// The row's part, if the case has rows or axes.
    pub fn row(&self) -> Option<&str> {
        self.text.get(self.case_end + 1..)
    }

    /// The id as a test name of Rust's harness: `::` between the parts.
    pub fn test_name(&self) -> String {
        self.text.replace('/', "::")
    }
}

/// The parts of a case's id, as they are written out.
#[derive(serde::Serialize, serde::Deserialize)]
struct CaseIdParts<'a> {
    table: Cow<'a, str>,
    case: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<Cow<'a, str>>,
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let (table, case, row) = (self.table().into(), self.case().into(), self.row().map(Cow::from));
        CaseIdParts { table, case, row }.serialize(out)
    }
}

impl<'de> Deserialize<'de> for CaseId {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        let CaseIdParts { table, case, row } = CaseIdParts::deserialize(written)?;
        let of_parts = || {
            let (operation, name) = table.rsplit_once('/').ok_or(IdError::Empty)?;
            let operation = OperationId::from_parts(operation.split('/'))?;
            Self::new(&TableId::new(operation, name)?, &case, row.as_deref())
        };
        of_parts().map_err(|reason| {
            D::Error::custom(format_args!("`{table}/{case}` is not an id of a case: {reason}"))
        })
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{CaseId, IdError, OperationId, TableId, check_part};

    fn table() -> TableId {
        TableId::new(OperationId::from_parts(["ecs", "StartIt"]).unwrap(), "tags").unwrap()
    }

    #[test]
    fn a_row_id_splits_into_its_parts() {
        let id = CaseId::new(&table(), "key-malformed", Some("empty")).unwrap();
        assert_eq!(id.as_str(), "ecs/StartIt/tags/key-malformed/empty");
        assert_eq!((id.table(), id.case(), id.row()), ("ecs/StartIt/tags", "key-malformed", Some("empty")));
        assert_eq!(id.test_name(), "ecs::StartIt::tags::key-malformed::empty");
    }

    #[test]
    fn a_case_without_rows_has_no_row() {
        assert_eq!(CaseId::new(&table(), "plain", None).unwrap().row(), None);
    }

    #[test]
    fn parts_that_would_leave_the_folder_are_refused() {
        for part in ["", "..", "a/b", "a\\b", "A", "-a", "a b", "é", "a.snap", &"a".repeat(121)] {
            assert!(check_part(part).is_err(), "{part:?}");
        }
        assert_eq!(OperationId::from_parts([".."]), Err(IdError::Empty));
    }
}
