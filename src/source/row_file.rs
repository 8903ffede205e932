//! Rows of a case, written in the table or in a CSV file beside it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use csv::{Position, ReaderBuilder, StringRecord};

use super::bound::RowsRead;
use super::compound::{At, Or, Values};
use super::document::{Node, NodeKind};
use super::error::LoadError;
use super::names::NameScope;
use super::record::record;
use super::shelf::FileSource;
use crate::model::{Problem, Row, SourceText, Spot, Value, Variable, check_part, pluralise};

record! {
    /// A row of a table. Its other keys are variables.
    open "row" RawCaseRow {
        id: Needed String = "id", "The row's part of the id: a-z, 0-9 and -.";
        about: Key String = "about", "What this row shows.";
        params: Key Values<'a> = "params", "Parameters that the row replaces.";
        unset: Key Vec<String> = "unset", "Parameters that the row drops.";
    }
}

/// Rows as they are written, or the name of a file of them.
pub(super) type RawRows<'a> = Or<At<'a, String>, At<'a, Vec<RawCaseRow<'a>>>>;

/// The folder in which a table may name CSV files.
pub(super) struct RowFiles<'a> {
    /// Where it is read from.
    pub(super) files: FileSource<'a>,
    /// Where it is.
    pub(super) folder: PathBuf,
    /// How it is shown.
    pub(super) shown: PathBuf,
    /// What all of the suite have come to.
    pub(super) read: &'a RefCell<RowsRead>,
}

/// Reads the value of `rows`.
pub(super) fn rows(raw: &RawRows<'_>, files: &RowFiles<'_>, problems: &mut Vec<Problem>) -> Vec<Row> {
    let known = problems.len();
    let (rows, node) = match raw {
        Or::One(name) => (csv_rows(&name.value, name.node, files, problems), name.node),
        Or::Other(rows) => (rows.value.iter().filter_map(|raw| read_row(raw, problems)).collect(), rows.node),
    };
    let is_empty = rows.is_empty() && node.items().is_empty();
    if is_empty && problems.len() == known {
        problems.push(Problem::new(node.spot.clone(), "there are no rows, so the case would never run"));
    }
    check_ids(&rows, problems);
    rows
}

fn check_ids(rows: &[Row], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for row in rows {
        if let Err(error) = check_part(&row.id) {
            problems.push(
                Problem::new(row.spot.clone(), error.to_string()).hint("a row's id has a-z, 0-9 and `-`"),
            );
        }
        if !seen.insert(row.id.to_ascii_lowercase()) {
            problems.push(Problem::new(
                row.spot.clone(),
                format!("the row `{}` is there twice in this case", row.id),
            ));
        }
    }
}

/// The row, unless it has no id, which is reported.
fn read_row(raw: &RawCaseRow<'_>, problems: &mut Vec<Problem>) -> Option<Row> {
    let mut names = NameScope::new();
    let mut vars = Vec::new();
    let written = raw.place.node.entries().iter();
    for entry in written.filter(|entry| !RawCaseRow::KEYS.contains(&entry.key.as_str())) {
        names.check(&entry.node, problems);
        names.add(entry.key.as_str());
        vars.push(Variable { name: entry.key.clone(), value: entry.node.to_value() });
    }
    Some(Row {
        id: raw.id.value.clone()?,
        about: raw.about.value.clone(),
        vars,
        params: raw.params.value.as_ref().map(Values::to_pairs).unwrap_or_default(),
        unset: raw.unset.items().to_vec(),
        spot: raw.place.spot(),
    })
}

/// Rows of a CSV file (RFC 4180) with a header line; every value is a text.
fn csv_rows(name: &str, node: &Node, files: &RowFiles<'_>, problems: &mut Vec<Problem>) -> Vec<Row> {
    let path = Path::new(name);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !stays || path.extension().is_none_or(|ending| ending != "csv") {
        problems.push(
            Problem::new(node.spot.clone(), format!("`{name}` is not a CSV file of this folder"))
                .hint("name a file such as \"keys.csv\" that is beside the table"),
        );
        return Vec::new();
    }
    match files.files.read(&files.folder.join(path), &files.shown.join(path)) {
        Ok(file) => {
            let mut read = files.read.borrow_mut();
            if let Err(message) = read.add_file(file.text.len()) {
                problems.push(Problem::new(node.spot.clone(), message));
                return Vec::new();
            }
            read_csv(&file, &mut read, problems)
        }
        Err(LoadError::Problems(found)) => {
            problems.extend(found);
            Vec::new()
        }
        Err(error @ (LoadError::Unreadable { .. } | LoadError::Empty { .. })) => {
            let because =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            problems.push(Problem::new(node.spot.clone(), format!("{error}{because}")));
            Vec::new()
        }
    }
}

fn read_csv(file: &Arc<SourceText>, read: &mut RowsRead, problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut reader = ReaderBuilder::new().from_reader(file.text.as_bytes());
    let spot_at = |position: Option<&Position>| {
        let start = position.map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        // The position of a row is where the one before ended, so empty lines come first.
        let rest = &file.text[start..];
        let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let end = file.text[start..].find('\n').map_or(file.text.len(), |length| start + length);
        Spot { file: Arc::clone(file), bytes: start..end }
    };
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            problems.push(Problem::new(spot_at(None), format!("no header line: {error}")));
            return Vec::new();
        }
    };
    if !header.iter().any(|name| name == "id") {
        let problem = Problem::new(spot_at(None), "the header line has no column `id`");
        problems.push(match other_separator(&header) {
            Some(found) => problem.hint(format!("columns are separated by commas, and not by {found}")),
            None => problem,
        });
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = header.iter().find(|name| !names.insert(*name)) {
        problems.push(Problem::new(spot_at(None), format!("the column `{twice}` is there twice")));
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let spot = spot_at(record.position());
                if let Err(message) = read.add_row(record.len()) {
                    problems.push(Problem::new(spot, message));
                    break;
                }
                rows.push(csv_row(&header, &record, spot, problems));
            }
            Err(error) => {
                let spot = spot_at(error.position());
                let problem = Problem::new(spot, format!("not a row of this table: {}", why(&error)));
                problems.push(match hint(&error) {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
            }
        }
    }
    rows
}

/// What separates the columns of a header in place of commas, as spreadsheets of many countries write it.
fn other_separator(header: &StringRecord) -> Option<&'static str> {
    let separators = [(';', "semicolons"), ('\t', "tabs"), ('|', "`|`")];
    let is_by = |separator: char| {
        let mut parts = header.iter().flat_map(|name| name.split(separator));
        parts.any(|part| part.trim().trim_matches('"') == "id")
    };
    separators.into_iter().find(|(separator, _)| is_by(*separator)).map(|(_, name)| name)
}

/// What to do about a row with more or fewer fields than there are columns.
fn hint(error: &csv::Error) -> Option<&'static str> {
    let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() else { return None };
    Some(if len > expected_len {
        "write a field with a comma in it between double quotes"
    } else {
        "every row has all columns; an empty field is nothing between two commas"
    })
}

/// The error without its place, which the spot shows better.
fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let fields = pluralise(usize::try_from(*len).unwrap_or(usize::MAX), "field");
            format!("it has {fields}, and the header line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".into(),
        csv::ErrorKind::Io(_)
        | csv::ErrorKind::Seek
        | csv::ErrorKind::Serialize(_)
        | csv::ErrorKind::Deserialize { .. }
        | _ => error.to_string(),
    }
}

fn csv_row(header: &StringRecord, record: &StringRecord, spot: Spot, problems: &mut Vec<Problem>) -> Row {
    let mut row =
        Row { id: String::new(), about: None, vars: Vec::new(), params: Vec::new(), unset: Vec::new(), spot };
    let mut names = NameScope::new();
    for (name, field) in header.iter().zip(record) {
        match name {
            "id" => field.clone_into(&mut row.id),
            "about" => row.about = (!field.is_empty()).then(|| field.to_owned()),
            _ => {
                let value = Value::text(field);
                names
                    .check(&Node { spot: row.spot.clone(), kind: NodeKind::Scalar(value.clone()) }, problems);
                names.add(name);
                row.vars.push(Variable { name: name.to_owned(), value });
            }
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{RowsRead, read_csv};
    use crate::model::SourceText;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let file = Arc::new(SourceText::new("k.csv", text));
        let mut problems = Vec::new();
        let rows = read_csv(&file, &mut RowsRead::default(), &mut problems);
        (
            rows.iter().map(|row| format!("{} {:?}", row.id, row.vars[0].value)).collect(),
            problems.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn every_line_is_a_row_with_its_place() {
        let (rows, problems) = read("id,key\na,\"x,y\"\nb,{{ 'k' * 2 }}\n");
        assert_eq!(rows, ["a Text(\"x,y\")", "b Text(\"{{ 'k' * 2 }}\")"]);
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn a_line_with_too_many_fields_is_named_by_its_line() {
        let (_, problems) = read("id,key\na,b\nc,d,e\n");
        assert_eq!(
            problems,
            ["k.csv:3:1: not a row of this table: it has 3 fields, and the header line has 2\n  \
              hint: write a field with a comma in it between double quotes"]
        );
        let (_, problems) = read("id,key,more\na,b\n");
        assert!(problems[0].contains("hint: every row has all columns"), "{problems:?}");
    }

    #[test]
    fn columns_that_something_else_separates_are_named() {
        for (text, printed) in [
            ("id;key\na;b\n", "not by semicolons"),
            ("\u{feff}id;key\na;b\n", "not by semicolons"),
            ("\"key\";\"id\"\na;b\n", "not by semicolons"),
            ("id\tkey\na\tb\n", "not by tabs"),
        ] {
            let (_, problems) = read(text);
            assert!(problems[0].starts_with("k.csv:1:1") && problems[0].contains(printed), "{problems:?}");
        }
        assert_eq!(read("key,name\na,b\n").1, ["k.csv:1:1: the header line has no column `id`"]);
        assert_eq!(
            read("\u{feff}id,key\na,b\n").1,
            Vec::<String>::new(),
            "a mark of the byte order is not part of a name"
        );
    }

    #[test]
    fn empty_lines_do_not_move_a_row() {
        let (_, problems) = read("id,key\na,b\n\n\r\n\nc\n");
        assert!(problems[0].starts_with("k.csv:6:1: not a row"), "{problems:?}");
    }

    #[test]
    fn a_column_stands_once() {
        let (_, problems) = read("id,key,key\na,b,c\n");
        assert_eq!(problems, ["k.csv:1:1: the column `key` is there twice"]);
    }

    #[test]
    fn an_unknown_name_in_a_field_is_found() {
        let (_, problems) = read("id,key\na,{{ nosuch }}\n");
        assert!(problems[0].starts_with("k.csv:2:1: `nosuch` is not defined"), "{problems:?}");
    }
}
