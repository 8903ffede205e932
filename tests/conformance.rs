//! The shipped cases as tests: `cargo test ecs::StartImagePipelineExecution::tag-key` runs some.
//!
//! Everything is in the library; another project's file looks just like this.

use std::process::ExitCode;

fn main() -> ExitCode {
    proofmark::harness::Harness::new(env!("CARGO_MANIFEST_DIR")).run()
}
