//! The program as it is used: commands, arguments, exit codes, settings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod choosing;
mod cli;
mod curl;
mod filterset;
mod gates;
mod held;
mod init;
mod install;
mod jobs;
mod keep;
mod keygen;
mod killed;
mod parallel;
mod repeat;
mod run_terminal;
mod safety;
mod series;
mod small;
#[path = "../support/mod.rs"]
mod support;
mod unnamed;
mod wait;
mod waivers;
mod watch;
