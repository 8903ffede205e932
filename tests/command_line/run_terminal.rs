//! A run and a certificate at a real terminal: progress, widths, colours.

#![cfg(unix)]
use std::process::Command;

use rexpect::session::spawn_command;

/// How long output is waited for, in milliseconds: a bound for a broken program, never waited for in full.
const PATIENCE: u64 = 60_000;

/// The columns of the narrowest terminal that lines are made for.
const NARROW: usize = 40;

/// A run of which some cases fail and the others pass.
const RUN: &str = "run --update no --fault wrong-status:Duplicate.TagKey --level body tag-count";

/// What the program writes to a narrow terminal.
fn shown(arguments: &str, variables: &[(&str, &str)]) -> String {
    let script = format!("stty rows 24 cols {NARROW}; exec \"$0\" {arguments}");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_proofmark")]).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("TERM", "xterm-256color");
    command.envs(variables.iter().copied());
    let text = spawn_command(command, Some(PATIENCE)).unwrap().exp_eof().unwrap();
    // The library takes each byte for a character.
    let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

/// The text without colours, and without what moves on a line.
fn plain(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*[A-Za-z]").unwrap().replace_all(text, "").into_owned()
}

/// Whether a line has something that is copied, and never broken.
fn is_copied(line: &str) -> bool {
    ["ecs/StartImagePipelineExecution", "curl ", "proofmark serve"].iter().any(|part| line.contains(part))
}

#[test]
fn progress_has_count_rate_and_time_left_and_fits_as_every_sentence_does() {
    let text = plain(&shown(RUN, &[]));
    let count = regex::Regex::new("[0-9]+/[1-9][0-9]* cases  ").unwrap();
    let is_progress = |line: &&str| count.is_match(line);
    let progress: Vec<&str> = text.split(['\r', '\n']).filter(is_progress).collect();
    assert!(!progress.is_empty(), "{text}");
    for line in &progress {
        assert!(line.contains(" a second  ") && line.contains(" left"), "{line}");
    }
    assert!(text.contains("DOES NOT CONFORM"), "{text}");
    let wide =
        text.split(['\r', '\n']).find(|line| line.trim_end().chars().count() > NARROW && !is_copied(line));
    assert_eq!(wide, None);
}

#[test]
fn a_dumb_terminal_gets_neither_progress_nor_colour() {
    let text = shown(RUN, &[("TERM", "dumb")]);
    assert!(!text.contains('\u{1b}') && !text.contains("a second"), "{text}");
    assert!(text.contains("DOES NOT CONFORM"), "{text}");
}

#[test]
fn colour_is_left_out_where_that_is_asked_for_and_says_nothing_alone() {
    let is_colour = |text: &str| text.contains("\u{1b}[31m");
    assert!(is_colour(&shown(RUN, &[])));
    let without = shown(RUN, &[("NO_COLOR", "1")]);
    assert!(!is_colour(&without) && without.contains("DOES NOT CONFORM"), "{without}");
}

#[test]
fn a_certificate_fits_a_narrow_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let [key, bundle] = ["key.pem", "b.proof"].map(|name| folder.path().join(name).display().to_string());
    shown(&format!("keygen --output {key}"), &[]);
    for arguments in [
        format!("certify --key {key} --output {bundle} tag-count"),
        format!("verify {bundle} --key {key}.pub"),
    ] {
        let text = plain(&shown(&arguments, &[]));
        assert!(text.contains("result       PASSED"), "{text}");
        let mut wide = text.split(['\r', '\n']).filter(|line| line.trim_end().chars().count() > NARROW);
        assert_eq!(wide.find(|line| line.split_whitespace().count() > 1), None, "{text}");
        let mut words = text.split_whitespace().map(|word| word.trim_start_matches("sha256:"));
        let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(words.any(is_digest), "what is copied is whole, on a line of its own: {text}");
    }
}
