//! The first files of a project: a contract, a table with an accepted and a refused case, an endpoint, and what editors and
//! CI need. Main type: [`Project`].
//!
//! No file that is there is touched: where one is, nothing is written at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::AppError;
use crate::model::{Method, OperationId, Scheme, Value};
use crate::source::{SchemaName, schema};
use crate::transport::Address;
use crate::whole_file::WholeFile;

/// What the endpoint is called in `endpoints.toml`.
pub const ENDPOINT: &str = "mine";

/// What a project begins with.
#[derive(Debug, Clone)]
pub struct Project {
    operation: OperationId,
    url: String,
    method: Method,
    path: String,
    sign: Scheme,
}

impl Project {
    /// A project for one operation: its name, such as `GetBook`, the address of the endpoint, and the request.
    ///
    /// # Errors
    /// A name that is not one of a folder, an invalid address or method, a path that no request can have.
    pub fn new(name: &str, url: &str, method: &str, path: &str, sign: Scheme) -> Result<Self, AppError> {
        let wrong = |message: String| AppError::settings(message);
        let operation = OperationId::from_parts(name.split('/'))
            .map_err(|error| wrong(format!("invalid name `{name}`: {error}")))?;
        Address::new(url)?;
        let method = Method::new(method).ok_or_else(|| {
            wrong(format!("invalid method `{method}`: expected a word such as GET or POST"))
        })?;
        let is_sent = |letter: char| letter.is_ascii_graphic() && !"<>\"`#{}".contains(letter);
        if !path.starts_with('/') || path.contains('?') || !path.chars().all(is_sent) {
            let message = format!("invalid path `{path}`: expected one such as /books/1, without a query");
            return Err(AppError::settings_with(message, "write a path that the endpoint answers"));
        }
        Ok(Self { operation, url: url.to_owned(), method, path: path.to_owned(), sign })
    }

    /// Writes the files below a folder, and gives their paths.
    ///
    /// # Errors
    /// A file that is there already, or that cannot be written; then none is there that was not before.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, AppError> {
        let files = self.files();
        let taken: Vec<String> = files
            .iter()
            .map(|(path, _)| path)
            .filter(|path| fs::symlink_metadata(folder.join(path)).is_ok())
            .map(|path| path.display().to_string())
            .collect();
        if !taken.is_empty() {
            let message = format!("nothing is written: {} is there already", taken.join(", "));
            return Err(AppError::settings_with(message, "start in an empty folder"));
        }
        let mut written: Vec<PathBuf> = Vec::new();
        for (path, text) in files {
            if let Err(source) = write(&folder.join(&path), &text) {
                for path in &written {
                    // What cannot be removed is named by the error that is reported.
                    let _ = fs::remove_file(folder.join(path));
                }
                return Err(AppError::Unwritable { path: folder.join(path), source });
            }
            written.push(path);
        }
        Ok(written)
    }

    fn files(&self) -> Vec<(PathBuf, String)> {
        let operation = PathBuf::from("cases").join(self.operation.as_str());
        let mut files = vec![
            (operation.join("contract.toml"), self.contract()),
            (operation.join("first.toml"), self.table()),
            (PathBuf::from("cases/endpoints.toml"), self.endpoints()),
            (PathBuf::from(".gitignore"), "/.proofmark\n/proofmark.json\n".to_owned()),
            (PathBuf::from(".taplo.toml"), taplo()),
            (PathBuf::from(".github/workflows/contract.yml"), CI.replace("ENDPOINT", ENDPOINT)),
        ];
        let schemas = SCHEMAS.map(|(name, _)| (PathBuf::from(format!("schemas/{name}.json")), schema(name)));
        files.extend(schemas);
        files
    }

    fn contract(&self) -> String {
        let name = self.operation.as_str().rsplit('/').next().unwrap_or_default();
        let [name, method, path] = [name, self.method.as_str(), &self.path].map(quote);
        format!(
            "# What the operation promises. Add a [[param]] for each parameter, a [[response]] for each field, and an\n\
             # [[error]] row for each line of the published table of errors. `proofmark coverage` shows what no case tests.\n\n\
             operation = {name}\nversion   = \"1\"\nabout     = \"What it does, in a line.\"\n\n\
             [request]\nmethod = {method}\npath   = {path}\nplace  = \"query\"\n\n\
             # [[error]]\n# status  = 404\n# code    = \"NotFound\"\n# message = \"There is no such thing.\"\n\n\
             # Where errors have their code and message, and which media type answers have:\n\
             # [envelope]\n# code         = \"$.code\"\n# message      = \"$.message\"\n\
             # content-type = {{ json = \"application/json\" }}\n"
        )
    }

    fn table(&self) -> String {
        let refused = quote(&format!("{}/proofmark-no-such-thing", self.path.trim_end_matches('/')));
        format!(
            "about = \"The first cases: one request that is accepted, and one that is refused\"\n\n\
             [[case]]\nid     = \"accepted\"\nabout  = \"The request is accepted.\"\nexpect = {{ status = \"2xx\" }}\n\n\
             [[case]]\nid      = \"refused\"\nabout   = \"What is not there is refused.\"\n\
             request = {{ path = {refused} }}\nexpect  = {{ status = \"4xx\" }}\n"
        )
    }

    fn endpoints(&self) -> String {
        let (url, sign) = (quote(&self.url), quote(self.sign.name()));
        // What is not on this machine, or is sent a secret, is tested only where it is named.
        let is_here = Address::new(&self.url).is_ok_and(|address| address.is_loopback());
        let default = if is_here && self.sign == Scheme::None {
            format!("# The endpoint of commands that name none.\ndefault = \"{ENDPOINT}\"\n\n")
        } else {
            String::new()
        };
        format!("{default}[endpoint.{ENDPOINT}]\nurl  = {url}\nsign = {sign}\n")
    }
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
