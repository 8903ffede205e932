//! As many cases at once as the process may open files for.

#![cfg(unix)]

use std::process::Command;

use crate::support::{code, err, out, proofmark};

/// Runs the program with a hard and a soft limit of open files.
fn limited(limits: &str, arguments: &str) -> (i32, String) {
    let mut command = Command::new("sh");
    let script = format!("{limits}; exec \"$0\" {arguments}");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_proofmark")]).current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["CI", "GITHUB_ACTIONS", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("INSTA_UPDATE", "no");
    let output = command.output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

#[test]
fn jobs_are_clamped_to_what_the_process_may_open_and_that_is_said() {
    for (limit, jobs, said) in [
        (64, "-j 64", "WARNING  8 cases run at once, not 64: this process may open 64 files (`ulimit -n`)"),
        (40, "", "WARNING  2 cases run at once, not 16: this process may open 40 files (`ulimit -n`)"),
    ] {
        let (code, text) = limited(&format!("ulimit -n {limit}"), &format!("run {jobs}"));
        assert_eq!(code, 0, "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_run_for_which_too_few_files_may_be_opened_does_not_begin() {
    let (code, text) = limited("ulimit -n 16", "run");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("error: this process may open 16 files, and a run needs 20 at least"), "{text}");
    assert!(text.contains("ulimit -n 1024"), "{text}");
    let (code, text) = limited("ulimit -n 20", "run -q tag-count");
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_soft_limit_is_raised_first() {
    let (code, text) = limited("ulimit -S -n 40", "run -j 64 tag-count");
    assert_eq!((code, text.contains("WARNING")), (0, false), "{text}");
}

#[test]
fn without_a_limit_nothing_is_said() {
    let output = proofmark(&["run", "-j", "16", "tag-count"]).output().unwrap();
    assert!(!out(&output).contains("at once"), "{}", out(&output));
}
