//! The program; everything it does is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// With the allocator of glibc a run takes half as long again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    proofmark::main()
}
