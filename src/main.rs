//! The program; everything it does is in the library.

use std::process::ExitCode;

/// A run makes and drops some thousand texts a case, which takes a third of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    proofmark::main()
}
