//! What a shell and a reader of manuals get: every command and every flag of a run.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{code, command_names, copied_cases, err, out, proofmark, run};

/// What a shell is offered for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let mut asked = proofmark(&[&["--", "proofmark"], words].concat());
    asked.env("PROOFMARK_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let output = asked.output().unwrap();
    assert_eq!((code(&output), err(&output)), (0, String::new()));
    out(&output).lines().map(str::to_owned).collect()
}

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
    let [commands, flags] = [offered(&[""]), offered(&["run", "--"])];
    for name in &names {
        let known = if name.starts_with("--") { &flags } else { &commands };
        assert!(known.contains(name), "{name} is not offered: {known:?}");
    }
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        let script = out(&output);
        assert_eq!(code(&output), 0, "{shell}");
        assert!(
            script.contains("PROOFMARK_COMPLETE") && !script.contains("target/debug"),
            "{shell}: {script}"
        );
    }
    assert_eq!(code(&run(&["completions", "nosuch"])), 2);
    let mut asked = proofmark(&["--", "proofmark", ""]);
    assert_eq!(code(&asked.env("PROOFMARK_COMPLETE", "nosuch").output().unwrap()), 2);
}

#[test]
fn completions_offer_the_words_that_a_flag_takes() {
    for (flag, words) in [
        ("--level", ["envelope", "status", "code", "message", "body", "effect", "snapshot"].as_slice()),
        ("--update", &["auto", "new", "no", "unseen", "always"]),
        ("--sign", &["none", "v1", "v3", "bearer", "basic", "aws-sigv4"]),
        ("--report", &["json=", "ndjson=", "junit=", "tap=", "markdown=", "github=", "html=", "sarif="]),
        ("--fault", &["no-request-id", "slow-answer"]),
        ("--endpoint", &["reference"]),
    ] {
        let found = offered(&["run", flag, ""]);
        assert!(words.iter().all(|word| found.iter().any(|one| one == word)), "{flag}: {found:?}");
    }
    for (command, word, due) in
        [("explain", "PM00", "PM001"), ("schema", "", "table"), ("schema", "ev", "events")]
    {
        let found = offered(&[command, word]);
        assert!(found.iter().any(|one| one == due), "{command} {word}: {found:?}");
    }
    let found = offered(&["run", "--fault", "slow"]);
    assert!(!found.is_empty() && found.iter().all(|fault| fault.starts_with("slow")), "{found:?}");
}

#[test]
fn completions_offer_ids_and_endpoints_as_they_are_now() {
    let folder = copied_cases();
    let own = |words: &[&str]| {
        let cases = folder.path().join("cases").display().to_string();
        offered(&[&["run", "--cases", &cases], words].concat())
    };
    assert_eq!(own(&["tag-c"]), ["tag-count/"]);
    let found = own(&["tag-count/none/"]);
    assert!(found == ["tag-count/none/form", "tag-count/none/query"], "{found:?}");
    assert_eq!(own(&["--skip", "ecs/Start"]), ["ecs/StartImagePipelineExecution/"]);
    std::fs::write(folder.path().join("cases/endpoints.toml"), "[endpoint.mine]\nurl = \"http://m\"\n")
        .unwrap();
    assert_eq!(own(&["--endpoint", ""]), ["mine", "reference"]);
    // Files that cannot be read offer nothing, and are no error.
    std::fs::write(folder.path().join("cases/endpoints.toml"), "[").unwrap();
    assert_eq!(own(&["--endpoint", ""]), ["reference"]);
    assert_eq!(offered(&["run", "--cases", "no/such/folder", "tag"]), Vec::<String>::new());
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
fn bash_completes_words_with_signs_at_which_it_breaks_them() {
    if Command::new("bash").arg("--version").output().is_err() {
        return; // There is no bash to ask.
    }
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_proofmark")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    // The words as bash breaks the line, and the last of them is completed.
    let ask = "eval \"$(proofmark completions bash)\"; COMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=(\"$@\"); \
               COMP_CWORD=$(($# - 1)); _proofmark_complete proofmark \"${!#}\" ''; printf '%s\\n' \"${COMPREPLY[@]}\"";
    for (line, words, due) in [
        (
            "run --fault wrong-status:Dupl",
            &["run", "--fault", "wrong-status", ":", "Dupl"][..],
            "Duplicate.TagKey",
        ),
        (
            "run --fault=wrong-status:Dupl",
            &["run", "--fault", "=", "wrong-status", ":", "Dupl"],
            "Duplicate.TagKey",
        ),
        ("run --report js", &["run", "--report", "js"], "json="),
        ("run tag-c", &["run", "tag-c"], "tag-count/"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", ask, "bash", &format!("proofmark {line}"), "proofmark"]).args(words);
        let output = bash.env("PATH", &path).output().unwrap();
        assert_eq!(out(&output).trim_end(), due, "{line}: {}", err(&output));
    }
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
