//! The command line of a run as reports show it: one that a shell takes again, without secrets.

use std::ffi::OsString;

use crate::curl::shell_word;

/// The longest command line that is shown, in characters.
const LONGEST: usize = 4000;

/// The arguments of the program, whose name comes first, as one line. Users, passwords and queries in addresses are left
/// out, since they may be secrets.
pub fn command_line(arguments: impl IntoIterator<Item = OsString>) -> String {
    let mut line = "proofmark".to_owned();
    for argument in arguments.into_iter().skip(1) {
        line.push(' ');
        line.push_str(&word(&argument.to_string_lossy()));
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// An argument as a word. A flag and its value in one argument are left apart, so that the flag needs no quotes.
fn word(argument: &str) -> String {
    match argument.split_once('=').filter(|(flag, _)| flag.starts_with("--")) {
        Some((flag, value)) => format!("{}={}", shell_word(flag), shell_word(&harmless(value))),
        None => shell_word(&harmless(argument)),
    }
}

/// A value without what may be a secret in an address: what is before an `@`, and what is behind a `?` or `#`.
fn harmless(value: &str) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        // `user:password@host` is not an address, and may be meant as one.
        None if value.split_once('@').is_some_and(|(user, _)| user.contains(':')) => (String::new(), value),
        None => return value.to_owned(),
    };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", rest),
    };
    let (place, query) = match rest.split_once(['?', '#']) {
        Some((place, _)) => (place, "?…"),
        None => (rest, ""),
    };
    format!("{scheme}{user}{place}{query}")
}

#[cfg(test)]
mod tests {
    use super::command_line;

    fn shown(arguments: &[&str]) -> String {
        command_line(["/usr/bin/proofmark"].iter().chain(arguments).map(Into::into))
    }

    #[test]
    fn a_shell_takes_the_line_again() {
        assert_eq!(shown(&[]), "proofmark");
        assert_eq!(shown(&["run", "tag-*", "-q", "a b"]), "proofmark run 'tag-*' -q 'a b'");
        assert_eq!(shown(&["--report=json=a b"]), "proofmark --report='json=a b'");
        assert_eq!(shown(&["--endpoint", "http://h:1/a"]), "proofmark --endpoint http://h:1/a");
    }

    #[test]
    fn what_may_be_a_secret_in_an_address_is_left_out() {
        for (given, due) in [
            ("http://me:pass@h/a", "http://…@h/a"),
            ("--proxy=http://me:pa/ss@h:1", "http://…@h:1"),
            ("http://me:p?a@ss@h/b?key=1", "http://…@h/b"),
            ("http://h/b?key=1#x", "http://h/b?…"),
            ("http://h/#token", "http://h/?…"),
            ("me:pass@h", "…@h"),
            ("http://h/b?mail=a@b", "http://…@b"),
        ] {
            let line = shown(&[given]);
            assert!(
                !["pass", "pa/ss", "p?a", "key", "token"].iter().any(|secret| line.contains(secret)),
                "{line}"
            );
            assert!(line.contains(due), "{given}: {line}, not {due}");
        }
    }

    #[test]
    fn a_line_of_any_length_is_cut() {
        assert_eq!(shown(&vec!["x"; 9000]).chars().count(), 4001);
    }
}
