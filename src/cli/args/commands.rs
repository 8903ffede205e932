//! The program as clap knows it, with its commands in groups.

use std::fmt::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error};

use super::{Cli, other_tool};
use crate::model::plural;

/// The commands, each in one group.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Run and look",
        &[
            "run", "list", "show", "check", "coverage", "mutants", "manifest", "report", "waivers", "diff",
            "explain",
        ],
    ),
    ("Snapshots", &["pending", "review", "accept", "reject", "stale", "prune", "noise"]),
    ("Certificates", &["keygen", "certify", "verify", "certificate"]),
    ("Endpoints", &["endpoints", "serve", "sweep"]),
    ("Set-up", &["init", "schema", "completions", "man", "help"]),
];

/// The program, whose help lists the commands by group.
pub(in crate::cli) fn program() -> Command {
    let program = Cli::command();
    let template = help_template(&program);
    program.help_template(template)
}

/// What `proofmark --help` prints: the flags of `run` are listed by `proofmark run --help`.
fn help_template(program: &Command) -> String {
    let mut text = String::from(
        "{about}\n\nUsage: proofmark [COMMAND] [OPTIONS]\nWithout a command, `proofmark` runs all cases, against the embedded endpoint if none is named.\n",
    );
    for (title, names) in GROUPS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{title}:");
        for name in names {
            let _ = writeln!(text, "  {name:<12} {}", about(program, name));
        }
    }
    text.push_str("\n`proofmark COMMAND --help` shows the flags of a command; `proofmark --version` the version.{after-help}");
    text
}

/// The one line that a command says of itself. clap adds `help` when it parses.
fn about(program: &Command, name: &str) -> String {
    if name == "help" {
        return "Print the help of a command".to_owned();
    }
    program.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string).unwrap_or_default()
}

/// What to say of a flag that the command does not accept, and that other commands or other tools have; none for any
/// other error.
pub(in crate::cli) fn refused_flag(error: &Error, first: Option<&str>) -> Option<String> {
    let program = Cli::command();
    // Without a command, the flags are those of `run`.
    let command = match first {
        Some(word) if !word.starts_with('-') => program.find_subcommand(word)?.get_name(),
        Some(_) | None => "run",
    };
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if error.kind() == ErrorKind::ArgumentConflict {
        return repetition_hint(error, flag);
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    if let Some(hint) = other_tool::hint(flag) {
        return Some(format!("error: `{command}` does not accept {flag}\n  hint: {hint}"));
    }
    let name = flag.strip_prefix("--")?;
    let has = |each: &&Command| each.get_arguments().any(|arg: &Arg| arg.get_long() == Some(name));
    let others: Vec<String> =
        program.get_subcommands().filter(has).map(|each| format!("`{}`", each.get_name())).collect();
    if others.is_empty() {
        return None;
    }
    let verb = plural(others.len(), "accepts", "accept");
    Some(format!(
        "error: `{command}` does not accept {flag}\n  hint: {} {verb} it; `proofmark {command} --help` shows what `{command}` accepts",
        others.join(", ")
    ))
}

/// What to say of `-vv`, which other tools take for more: there is one degree of it.
fn repetition_hint(error: &Error, flag: &str) -> Option<String> {
    let Some(ContextValue::String(prior)) = error.get(ContextKind::PriorArg) else { return None };
    (prior == flag && flag == "--verbose").then(|| {
        "error: --verbose is given twice\n  hint: one `-v` prints every case with all of its findings; `proofmark show CASE` prints a request"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Cli, GROUPS, about, program, refused_flag};
    use clap::CommandFactory;

    #[test]
    fn every_command_is_in_one_group_and_says_what_it_does() {
        let program = Cli::command();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let known: BTreeSet<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        let listed: BTreeSet<&str> = grouped.iter().copied().filter(|name| *name != "help").collect();
        assert_eq!(listed, known);
        assert_eq!(grouped.len(), listed.len() + 1, "a command is in two groups");
        for name in grouped {
            assert!(!about(&program, name).is_empty(), "{name}");
        }
    }

    #[test]
    fn the_help_of_the_program_fits_one_screen() {
        let help = program().render_help().to_string();
        assert!(help.lines().count() <= 50, "{} lines", help.lines().count());
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }

    #[test]
    fn a_flag_of_another_command_is_refused_with_the_commands_that_accept_it() {
        let said = |arguments: &[&str]| {
            let error = program().try_get_matches_from(["proofmark"].iter().chain(arguments)).unwrap_err();
            refused_flag(&error, arguments.first().copied())
        };
        let text = said(&["certify", "--output", "b", "--fail-fast"]).unwrap();
        assert!(
            text.contains("`certify` does not accept --fail-fast") && text.contains("`run` accepts it"),
            "{text}"
        );
        let text = said(&["list", "--exact", "--jobs", "2"]).unwrap();
        let named = ["`run`", "`diff`", "`noise`", "`certify`", " accept it; "];
        assert!(named.iter().all(|part| text.contains(part)), "{text}");
        // clap says it better where no command has the flag, or the value is wrong.
        assert_eq!(said(&["list", "--frobnicate"]), None);
        assert_eq!(said(&["run", "--jobs", "0"]), None);
        assert_eq!(said(&["run", "--jobs", "1", "--jobs", "2"]), None);
    }

    #[test]
    fn a_flag_of_another_tool_is_refused_with_what_to_write_in_its_place() {
        for (arguments, hint) in [
            (&["run", "--filter", "tag"][..], "a pattern selects cases"),
            (&["--grep", "tag"], "a pattern selects cases"),
            (&["list", "--tests", "tag"], "a pattern selects cases"),
            (&["run", "--header", "a: b"], "header fields are in case tables"),
            (&["run", "-H", "a: b"], "header fields are in case tables"),
            (&["run", "--verbose", "--verbose"], "one `-v` prints every case"),
            (&["-vv"], "one `-v` prints every case"),
            (&["run", "--insecure"], "`--ca-file FILE`"),
        ] {
            let error = program().try_get_matches_from(["proofmark"].iter().chain(arguments)).unwrap_err();
            let text = refused_flag(&error, arguments.first().copied()).unwrap_or_default();
            assert!(text.starts_with("error: ") && text.contains(hint), "{arguments:?}: {text} {error:?}");
        }
    }

    #[test]
    fn the_arguments_fit_together() {
        program().debug_assert();
    }
}
