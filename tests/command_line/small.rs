//! A folder with one contract and one table, and what the program makes of it.

use std::fs;

use tempfile::TempDir;

use crate::support::{code, err, out, proofmark};

/// A folder whose `cases/shop/` has an operation of this name, with a contract and a table `t`.
pub(crate) fn project(operation: &str, contract: &str, table: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("cases/shop").join(operation);
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), contract).unwrap();
    fs::write(operation.join("t.toml"), table).unwrap();
    folder
}

/// Runs the program there, and gives its exit code with all that it printed.
pub(crate) fn ran(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let output = proofmark(arguments).current_dir(folder.path()).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}
