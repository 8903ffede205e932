//! The first files of a project: a contract, a table with an accepted and a refused case, an endpoint, and what editors and
//! CI need. Main type: [`Project`].
//!
//! No file that is there is replaced: where one is, nothing is written at all. Only a `.gitignore` gets what it lacks.

mod body;
mod ignored;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use body::FirstBody;

use super::AppError;
use crate::model::{Method, OperationId, Scheme, Value, plural};
use crate::source::{SchemaName, schema};
use crate::transport::Address;
use crate::whole_file::WholeFile;

/// What the endpoint is called in `endpoints.toml`.
pub const ENDPOINT: &str = "mine";

/// What a project begins with.
#[derive(Debug, Clone)]
pub struct Project {
    /// The first operation, such as `GetBook`.
    pub operation: OperationId,
    /// The endpoint.
    pub address: Address,
    /// The method of a request that it accepts.
    pub method: Method,
    /// The path of that request.
    pub path: FirstPath,
    /// The body of that request; none if its method has none.
    pub body: Option<FirstBody>,
    /// How requests are signed.
    pub sign: Scheme,
}

/// The path of a request that the endpoint accepts.
#[derive(Debug, Clone)]
pub struct FirstPath(String);

/// A file that a project now has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstFile {
    /// Where it is, below the folder of the project.
    pub path: PathBuf,
    /// Whether it was there before, and has lines more.
    pub is_added_to: bool,
}

/// Reads the name of an operation.
///
/// # Errors
/// A name that no folder of a contract has.
pub fn first_operation(text: &str) -> Result<OperationId, AppError> {
    OperationId::from_parts(text.split('/'))
        .map_err(|error| AppError::settings(format!("invalid name `{text}`: {error}")))
}

/// Reads a method. It has capital letters: a server does not take `get` for GET (RFC 9110, section 9.1).
///
/// # Errors
/// Any other word.
pub fn first_method(text: &str) -> Result<Method, AppError> {
    let capital = text.to_ascii_uppercase();
    let is_known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&capital.as_str());
    let due = if is_known { &capital } else { "a word such as GET or POST, in capital letters" };
    Method::new(text)
        .filter(|_| text == capital)
        .ok_or_else(|| AppError::settings(format!("invalid method `{text}`: expected {due}")))
}

/// Whether a request with this method has a body. What other requests carry has no meaning (RFC 9110, section 9.3).
pub fn has_body(method: &Method) -> bool {
    matches!(method.as_str(), "POST" | "PUT" | "PATCH")
}

impl FirstPath {
    /// Reads a path.
    ///
    /// # Errors
    /// A path that no request can have, and one with a query.
    pub fn new(text: &str) -> Result<Self, AppError> {
        let is_sent = |letter: char| letter.is_ascii_graphic() && !"<>\"`#{}".contains(letter);
        if text.starts_with('/') && !text.contains('?') && text.chars().all(is_sent) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("invalid path `{text}`: expected one such as /books/1, without a query");
        Err(AppError::settings_with(message, "write a path that the endpoint answers"))
    }
}

impl Project {
    /// Writes the files below a folder, and gives them.
    ///
    /// # Errors
    /// A file that is there already, or that cannot be written; then none is there that was not before.
    pub fn write(&self, folder: &Path) -> Result<Vec<FirstFile>, AppError> {
        let files = self.files();
        let paths = files.iter().map(|(path, _)| path.as_path());
        let taken: Vec<String> = paths
            .filter(|path| fs::symlink_metadata(folder.join(path)).is_ok())
            .chain(ignored::is_in_the_way(folder).then_some(Path::new(ignored::FILE)))
            .map(|path| path.display().to_string())
            .collect();
        if !taken.is_empty() {
            let verb = plural(taken.len(), "is", "are");
            let message = format!("nothing is written: {} {verb} there already", taken.join(", "));
            return Err(AppError::settings_with(message, "start in a folder without such files"));
        }
        let mut written: Vec<FirstFile> = Vec::new();
        let outcome = write_all(folder, files, &mut written);
        if outcome.is_err() {
            for file in &written {
                // What cannot be removed is named by the error that is reported.
                let _ = fs::remove_file(folder.join(&file.path));
            }
        }
        outcome.map(|()| written)
    }

    /// What is still to be written by hand before a request can be accepted.
    pub fn to_do(&self) -> Option<String> {
        let lacks = self.body.as_ref().is_some_and(FirstBody::is_empty);
        lacks.then(|| {
            let table = self.folder().join("first.toml");
            format!(
                "requests have the body {{}}: write the fields that they need under [params] in {}",
                table.display()
            )
        })
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from("cases").join(self.operation.as_str())
    }

    fn files(&self) -> Vec<(PathBuf, String)> {
        let operation = self.folder();
        let mut files = vec![
            (operation.join("contract.toml"), self.contract()),
            (operation.join("first.toml"), self.table()),
            (PathBuf::from("cases/endpoints.toml"), self.endpoints()),
            (PathBuf::from(".taplo.toml"), taplo()),
            (PathBuf::from(".github/workflows/contract.yml"), CI.replace("ENDPOINT", ENDPOINT)),
        ];
        let schemas = SCHEMAS.map(|(name, _)| (PathBuf::from(format!("schemas/{name}.json")), schema(name)));
        files.extend(schemas);
        files
    }

    fn contract(&self) -> String {
        let name = self.operation.as_str().rsplit('/').next().unwrap_or_default();
        let place = if self.body.is_some() { "json" } else { "query" };
        let params = self.body.as_ref().map(FirstBody::contract).unwrap_or_default();
        let [name, method, path] = [name, self.method.as_str(), &self.path.0].map(quote);
        format!(
            "# What the operation promises. Add a [[param]] for each parameter, a [[response]] for each field, and an\n\
             # [[error]] row for each line of the published table of errors. `proofmark coverage` shows what no case tests.\n\n\
             operation = {name}\nversion   = \"1\"\nabout     = \"What it does, in a line.\"\n\n\
             [request]\nmethod = {method}\npath   = {path}\nplace  = \"{place}\"\n\n{params}\
             # [[error]]\n# status  = 404\n# code    = \"NotFound\"\n# message = \"There is no such thing.\"\n\n\
             # Where errors have their code and message, and which media type answers have:\n\
             # [envelope]\n# code         = \"$.code\"\n# message      = \"$.message\"\n\
             # content-type = {{ json = \"application/json\" }}\n"
        )
    }

    fn table(&self) -> String {
        let refused = quote(&format!("{}/proofmark-no-such-thing", self.path.0.trim_end_matches('/')));
        let params = self.body.as_ref().map(FirstBody::table).unwrap_or_default();
        format!(
            "about = \"The first cases: one request that is accepted, and one that is refused\"\n\n{params}\
             [[case]]\nid     = \"accepted\"\nabout  = \"The request is accepted.\"\nexpect = {{ status = \"2xx\" }}\n\n\
             [[case]]\nid      = \"refused\"\nabout   = \"What is not there is refused.\"\n\
             request = {{ path = {refused} }}\nexpect  = {{ status = \"4xx\" }}\n"
        )
    }

    fn endpoints(&self) -> String {
        let (url, sign) = (quote(self.address.as_str()), quote(self.sign.name()));
        // What is not on this machine, or is sent a secret, is tested only where it is named.
        let default = if self.address.is_loopback() && self.sign == Scheme::None {
            format!("# The endpoint of commands that name none.\ndefault = \"{ENDPOINT}\"\n\n")
        } else {
            String::new()
        };
        format!("{default}[endpoint.{ENDPOINT}]\nurl  = {url}\nsign = {sign}\n")
    }
}

/// Writes files and notes each. Lines that are added to one are not taken back, so it is the last.
fn write_all(
    folder: &Path,
    files: Vec<(PathBuf, String)>,
    written: &mut Vec<FirstFile>,
) -> Result<(), AppError> {
    for (path, text) in files {
        write(&folder.join(&path), &text)
            .map_err(|source| AppError::Unwritable { path: folder.join(&path), source })?;
        written.push(FirstFile { path, is_added_to: false });
    }
    written.extend(ignored::add(folder)?);
    Ok(())
}

/// The kinds of files that an editor checks, and where they are.
const SCHEMAS: [(SchemaName, &str); 5] = [
    (SchemaName::Contract, "cases/**/contract.toml"),
    (SchemaName::States, "cases/**/states.toml"),
    (SchemaName::Endpoints, "cases/endpoints.toml"),
    (SchemaName::Waivers, "cases/waivers.toml"),
    (SchemaName::Table, "cases/*/*.toml"),
];

/// The rules for editors that use Taplo; the first that fits counts.
fn taplo() -> String {
    let rule = |(name, include): (SchemaName, &str)| {
        format!("[[rule]]\ninclude = [\"{include}\"]\n[rule.schema]\npath = \"schemas/{name}.json\"\n")
    };
    SCHEMAS.map(rule).join("\n")
}

const CI: &str = "name: contract\non: [push, pull_request]\n\njobs:\n  contract:\n    runs-on: ubuntu-latest\n    steps:\n\
    \x20     - uses: actions/checkout@v4\n\
    \x20     # Start your endpoint here, and put the program `proofmark` on the PATH.\n\
    \x20     - run: proofmark check\n\
    \x20     - run: proofmark run --endpoint ENDPOINT --wait 60s --report json=proofmark.json\n";

/// A text as TOML has it.
fn quote(text: &str) -> String {
    Value::text(text).to_string()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
    let mut file = WholeFile::create(path)?;
    file.write_all(text.as_bytes())?;
    file.commit_new()
}
