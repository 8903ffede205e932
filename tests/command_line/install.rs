//! What a shell and a reader of manuals are told: every command and every flag of a run.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{code, command_names, out, run};

/// The names of commands, and the long flags of a run, as the help has them.
fn names() -> Vec<String> {
    let help = out(&run(&["run", "--help"]));
    let flags = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 4);
    let flags = flags.map(|name| name.trim_matches(['[', ']', ',', ';']).to_owned());
    command_names().into_iter().chain(flags).collect()
}

#[test]
fn completions_know_every_command_and_flag() {
    let names = names();
    assert!(
        names.iter().any(|name| name == "report") && names.iter().any(|name| name == "--fail-fast"),
        "{names:?}"
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        let script = out(&output);
        assert_eq!(code(&output), 0, "{shell}");
        for name in &names {
            // Fish writes a flag without its dashes.
            assert!(script.contains(name.trim_start_matches('-')), "{shell} does not know {name}");
        }
    }
    assert_eq!(code(&run(&["completions", "nosuch"])), 2);
}

#[test]
fn completions_offer_the_words_that_a_flag_takes() {
    for shell in ["bash", "fish"] {
        let script = out(&run(&["completions", shell]));
        for words in [
            ["envelope", "status", "code", "message", "body", "effect", "snapshot"].as_slice(),
            &["auto", "new", "no", "unseen", "always"],
            &["none", "v1", "v3", "bearer", "basic", "aws-sigv4"],
        ] {
            let is_offered = |text: &str| words.iter().all(|word| text.contains(word));
            let all = words.join(" ");
            assert!(
                if shell == "bash" { script.contains(&all) } else { is_offered(&script) },
                "{shell} {all}"
            );
        }
    }
}

#[test]
fn bash_reads_its_completions() {
    let script = out(&run(&["completions", "bash"]));
    let Ok(mut bash) = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn() else {
        return; // There is no bash to ask.
    };
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn the_manual_has_every_command_and_flag() {
    let output = run(&["man"]);
    assert_eq!(code(&output), 0);
    // In a manual page `-` is a hyphen, and `\\-` the character.
    let page = out(&output).replace("\\-", "-");
    assert!(page.contains(".TH proofmark 1"), "{page}");
    for name in names() {
        assert!(
            page.contains(&name) || page.contains(&name.to_uppercase()),
            "the manual does not know {name}"
        );
    }
}
