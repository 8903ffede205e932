//! Flags that other tools have, and what `proofmark` has in their place.

/// Flags of other tools without their dashes, and the hint for them.
const HINTS: [(&[&str], &str); 12] = [
    (
        &["filter", "grep", "tests", "test", "match", "only", "name", "include", "case", "k", "g"],
        "a pattern selects cases, without a flag: `proofmark run tag-count/`",
    ),
    (&["exclude", "ignore", "skip-test"], "`--skip PATTERN` skips cases on purpose"),
    (
        &["header", "headers", "H"],
        "header fields are in case tables: `request = { headers = { … } }`; `--sign bearer` sends a token",
    ),
    (
        &["token", "user", "auth", "api-key", "u"],
        "`--sign` says how requests are signed; keys come from the environment",
    ),
    (&["url", "base-url", "host", "target", "server", "base"], "`--endpoint URL` names the endpoint"),
    (
        &["parallel", "threads", "workers", "concurrency", "test-threads"],
        "`--jobs N` says how many cases run at once",
    ),
    (
        &["timeout", "max-time", "request-timeout"],
        "`--answer-timeout`, `--connect-timeout` and `--total-timeout` take seconds",
    ),
    (
        &["insecure", "no-verify", "tls-no-verify", "skip-verify"],
        "`--ca-file FILE` trusts the certificate of your endpoint",
    ),
    (&["cacert", "ca-cert", "ca"], "`--ca-file FILE` names the certificates that are trusted"),
    (
        &["reporter", "reporters", "report-junit", "junit", "junitxml", "junit-xml", "report-html"],
        "`--report FORMAT=PATH` writes a report, such as junit=proofmark.xml",
    ),
    (
        &["bail", "x", "exitfirst", "stop-on-failure", "no-fail-fast"],
        "`--fail-fast` stops after the first failure; without it all cases run",
    ),
    (&["no-color", "no-colour", "colour"], "`--color never` switches colour off"),
];

/// What to write in place of a flag of another tool.
pub(super) fn hint(flag: &str) -> Option<&'static str> {
    let name = flag.trim_start_matches('-');
    HINTS.iter().find(|(names, _)| names.contains(&name)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::super::program;
    use super::HINTS;

    #[test]
    fn no_flag_of_our_own_is_one_of_another_tool_and_hints_name_our_own() {
        let program = program();
        let run = program.find_subcommand("run").unwrap();
        let ours: Vec<&str> = run.get_arguments().filter_map(clap::Arg::get_long).collect();
        for (names, hint) in HINTS {
            for name in names {
                assert!(!ours.contains(name), "{name}");
            }
            let flags = hint.split("`--").skip(1);
            for flag in flags.map(|rest| rest.split(['`', ' ']).next().unwrap()) {
                assert!(ours.contains(&flag), "{flag}");
            }
        }
    }
}
