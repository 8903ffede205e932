//! An example of another project's tests: its own cases, against a server that the first test starts.
//!
//! `cargo test --test bookshop_conformance shop::AddBook` runs some of them.

#[path = "bookshop/server.rs"]
mod server;

use std::path::Path;
use std::process::ExitCode;

use proofmark::harness::{Addresses, Harness};

fn main() -> ExitCode {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bookshop");
    Harness::new(project).endpoint(start_shop).run()
}

/// Starts the shop on a runtime that lives as long as the process.
fn start_shop() -> Result<Addresses, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let server = runtime.block_on(server::start(server::Mistake::None));
    let url = server.uri();
    Box::leak(Box::new((runtime, server)));
    Ok(Addresses { states: Some(format!("{url}/states")), url })
}
