//! Walks a folder of cases and reads what it finds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bound::{RowsRead, check_signs};
use super::compound::At;
use super::contract_file::{self, ContractFiles, KnownParts, RawCommon, RawContractFile, RawStates};
use super::disk::{DEEPEST, too_deep};
use super::document::{self, Node};
use super::error::LoadError;
use super::form::ValueForm;
use super::inside::is_outside;
use super::row_file::RowFiles;
use super::shelf::{FileSource, Shelf};
use super::table_file::{RawTable, TableReader};
use crate::model::{
    Contract, Operation, OperationId, Problem, SourceText, Spot, Suite, Table, TableId, work,
};
use crate::template::Templates;

/// Files of an operation's folder that are not tables.
const NO_TABLES: [&str; 2] = ["contract.toml", "states.toml"];

/// Which tables are read; the contracts of other operations are passed over too.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// Every table.
    All,
    /// The one table that a case of this id can be in.
    TableOf(&'a str),
}

impl Wanted<'_> {
    fn has_operation(self, id: &OperationId) -> bool {
        match self {
            Self::All => true,
            Self::TableOf(case) => case.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/')),
        }
    }

    fn has_table(self, id: &TableId) -> bool {
        match self {
            Self::All => true,
            Self::TableOf(case) => {
                case.strip_prefix(&id.to_string()).is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }
}

/// Reads a folder of cases.
///
/// # Errors
/// A folder or file that cannot be read, or else every problem of every file, in the order of files.
pub fn load(cases: &Path, wanted: Wanted<'_>) -> Result<Suite, LoadError> {
    load_from(FileSource::Disk(cases), cases, wanted)
}

/// Reads a copy of a folder of cases.
///
/// # Errors
/// As [`load`].
pub fn load_shelf(shelf: &Shelf) -> Result<Suite, LoadError> {
    load_from(FileSource::Shelf(shelf), Shelf::root(), Wanted::All)
}

fn load_from(files: FileSource<'_>, cases: &Path, wanted: Wanted<'_>) -> Result<Suite, LoadError> {
    let mut folders = Vec::new();
    find_operations(files, cases, &mut Vec::new(), &mut folders)?;
    if folders.is_empty() {
        return Err(LoadError::Empty { path: cases.to_path_buf() });
    }
    let rows_read = RefCell::new(RowsRead::default());
    let mut loader = Loader { files, problems: Vec::new(), commons: BTreeMap::new(), rows_read };
    let mut suite = Suite::default();
    let mut seen = BTreeSet::new();
    for (path, parts) in &folders {
        let Some(id) = loader.operation_id(path, parts) else { continue };
        if !seen.insert(id.as_str().to_ascii_lowercase()) {
            let spot = head_of(path.join("contract.toml"));
            loader
                .problems
                .push(Problem::new(spot, format!("`{id}` differs from another operation only by case")));
        }
        if wanted.has_operation(&id) {
            suite.operations.extend(loader.operation(path, &id, wanted)?);
        }
    }
    loader.finish(suite)
}

fn head_of(path: PathBuf) -> Spot {
    Spot { file: Arc::new(SourceText::new(path, "")), bytes: 0..0 }
}

/// Finds the folders that hold a contract, in the order of their names.
fn find_operations(
    files: FileSource<'_>,
    path: &Path,
    parts: &mut Vec<String>,
    found: &mut Vec<(PathBuf, Vec<String>)>,
) -> Result<(), LoadError> {
    let names = files.list(path)?;
    if parts.is_empty() && !files.is_folder(path) {
        return Err(LoadError::Empty { path: path.to_path_buf() });
    }
    if names.iter().any(|(name, is_folder)| name == "contract.toml" && !is_folder) {
        found.push((path.to_path_buf(), parts.clone()));
    }
    for (name, _) in names.iter().filter(|(name, is_folder)| *is_folder && !name.starts_with('.')) {
        if parts.len() >= DEEPEST {
            return Err(too_deep(path.join(name)));
        }
        parts.push(name.clone());
        find_operations(files, &path.join(name), parts, found)?;
        parts.pop();
    }
    Ok(())
}

struct Loader<'a> {
    files: FileSource<'a>,
    problems: Vec<Problem>,
    commons: BTreeMap<PathBuf, Arc<Node>>,
    rows_read: RefCell<RowsRead>,
}

impl Loader<'_> {
    fn operation_id(&mut self, path: &Path, parts: &[String]) -> Option<OperationId> {
        match OperationId::from_parts(parts.iter().map(String::as_str)) {
            Ok(id) => Some(id),
            Err(error) => {
                let problem = Problem::new(
                    head_of(path.join("contract.toml")),
                    format!("the folder names no operation: {error}"),
                );
                self.problems.push(
                    problem.hint("an operation's folder is below the folder of cases, and has an ASCII name"),
                );
                None
            }
        }
    }

    /// A file as a tree; nothing if it is not text, which is reported: other files are looked at all the same.
    fn document(&mut self, path: &Path) -> Result<Option<Node>, LoadError> {
        let file = match self.files.read(path, path) {
            Err(LoadError::Problems(found)) => {
                self.problems.extend(found);
                return Ok(None);
            }
            read => read?,
        };
        check_signs(&file.text).map_err(|reason| LoadError::Unreadable {
            path: path.to_path_buf(),
            source: io::Error::other(reason),
        })?;
        Ok(Some(document::parse(&file, &mut self.problems)))
    }

    fn operation(
        &mut self,
        path: &Path,
        id: &OperationId,
        wanted: Wanted<'_>,
    ) -> Result<Option<Operation>, LoadError> {
        let Some(own) = self.document(&path.join("contract.toml"))? else { return Ok(None) };
        let states_path = path.join("states.toml");
        let has_states = self.files.has(&states_path);
        let states = if has_states { self.document(&states_path)? } else { None };
        let Some(contract) = RawContractFile::read(&own, &mut self.problems) else { return Ok(None) };
        let common = self.common(path, contract.common.value.as_ref())?;
        let common = common.as_ref().and_then(|node| RawCommon::read(node, &mut self.problems));
        let states = states.as_ref().and_then(|node| RawStates::read(node, &mut self.problems));
        let files = ContractFiles {
            contract: &contract,
            common: common.as_ref(),
            states: states.as_ref(),
            are_whole: contract.common.node.is_some() == common.is_some() && has_states == states.is_some(),
        };
        let (contract, known) = contract_file::read(id.clone(), &files, &mut self.problems);
        let contract = Arc::new(contract);
        let mut tables = Vec::new();
        for (name, is_folder) in self.files.list(path)? {
            if is_folder
                || NO_TABLES.contains(&name.as_str())
                || Path::new(&name).extension().is_none_or(|ending| ending != "toml")
            {
                continue;
            }
            tables.extend(self.table(path, &name, (&contract, known), wanted)?);
        }
        if tables.is_empty() && matches!(wanted, Wanted::All) {
            self.problems.push(Problem::new(own.spot.clone(), "there is no case table beside this contract"));
        }
        Ok(Some(Operation { contract, tables }))
    }

    fn common(
        &mut self,
        folder: &Path,
        named: Option<&At<'_, String>>,
    ) -> Result<Option<Arc<Node>>, LoadError> {
        let Some(At { node, value }) = named else { return Ok(None) };
        // By its name, as a copy has it: a link to the folder does not change which file is meant.
        let path = tidy(&folder.join(value));
        let real = match self.files.real(&path) {
            Ok(real) => real,
            Err(error) if is_outside(&error) => {
                let problem = Problem::new(node.spot.clone(), format!("`common`: {error}"));
                self.problems.push(problem.hint("keep the file that contracts share in the folder of cases"));
                return Ok(None);
            }
            Err(_) => {
                let message = format!("{} does not exist", path.display());
                self.problems.push(Problem::new(node.spot.clone(), message));
                return Ok(None);
            }
        };
        if let Some(known) = self.commons.get(&real) {
            return Ok(Some(Arc::clone(known)));
        }
        let file = self.files.read(&real, &path)?;
        let document = Arc::new(document::parse(&file, &mut self.problems));
        self.commons.insert(real, Arc::clone(&document));
        Ok(Some(document))
    }

    fn table(
        &mut self,
        folder: &Path,
        name: &str,
        (contract, known): (&Contract, KnownParts),
        wanted: Wanted<'_>,
    ) -> Result<Option<Table>, LoadError> {
        let path = folder.join(name);
        let id = match TableId::new(contract.id.clone(), name.trim_end_matches(".toml")) {
            Ok(id) => id,
            Err(error) => {
                let problem =
                    Problem::new(head_of(path), format!("the file's name is not a table's: {error}"));
                self.problems.push(problem.hint("a table's name has a-z, 0-9 and `-`"));
                return Ok(None);
            }
        };
        if !wanted.has_table(&id) {
            return Ok(None);
        }
        let Some(node) = self.document(&path)? else { return Ok(None) };
        let Some(raw) = RawTable::read(&node, &mut self.problems) else { return Ok(None) };
        let files = RowFiles {
            files: self.files,
            folder: folder.to_path_buf(),
            shown: folder.to_path_buf(),
            read: &self.rows_read,
        };
        let mut reader = TableReader {
            contract,
            known,
            files: &files,
            problems: &mut self.problems,
            templates: Templates::default(),
        };
        Ok(Some(reader.table(id, &raw)))
    }

    /// The suite, if nothing was wrong; equal problems are reported once.
    fn finish(self, suite: Suite) -> Result<Suite, LoadError> {
        let mut problems = without_doubles(self.problems);
        problems.sort_by(|left, right| place(left).cmp(&place(right)));
        if problems.is_empty() { Ok(suite) } else { Err(LoadError::Problems(problems)) }
    }
}

/// The problems, each once. In one reading a path has one text, so texts need not be compared.
fn without_doubles(mut problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    problems.retain(|Problem { spot, message, hint }| {
        work::count(1);
        let mut identity = DefaultHasher::new();
        (&spot.file.path, &spot.bytes, message, hint).hash(&mut identity);
        seen.insert(identity.finish())
    });
    problems
}

fn place(problem: &Problem) -> (&Path, usize) {
    (&problem.spot.file.path, problem.spot.bytes.start)
}

/// The path without `x/..`, for showing.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let is_up = part.as_os_str() == "..";
        if !(is_up && tidy.file_name().is_some() && tidy.pop()) {
            tidy.push(part);
        }
    }
    tidy
}
