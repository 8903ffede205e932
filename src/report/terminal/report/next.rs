//! What you can do after a run: commands that a shell takes as they are. Main type: [`CommandWords`].

use std::fmt::Write as _;
use std::io::{self, Write};

use super::TerminalReport;
use crate::curl::shell_word;
use crate::event::{RunEnd, RunStart};
use crate::plain::printable;
use crate::report::cause::Code;

impl<W: Write> TerminalReport<W> {
    /// What can be done now.
    pub(super) fn next(&mut self, end: &RunEnd) -> io::Result<()> {
        let (causes, states) = self.causes.split();
        let Some(cause) = causes.first() else {
            let code = states.first().map(|state| state.code.name());
            return code.map_or(Ok(()), |code| writeln!(self.out, "\nNEXT  proofmark explain {code}"));
        };
        let given = self.start.as_ref().and_then(|start| start.command.as_deref());
        let given = CommandWords::of(given.unwrap_or("proofmark"));
        let has_no_fault = self.start.as_ref().is_some_and(|start| start.faults.is_empty());
        let (code, id) = (cause.code.name(), &cause.example.case);
        let mut commands = vec![
            format!("proofmark show {id}{}{}", given.flag("--cases"), shown_at(self.start.as_ref())),
            format!("proofmark explain {code}"),
        ];
        if self.style.leaves_files {
            if end.counts.failed + end.counts.inconclusive > 0 {
                commands.extend(given.run_with("--failed"));
            }
            // A missing one was left beside its place, as a different one was.
            if end.snapshots.different + end.snapshots.missing > 0 {
                commands.push(review(&given, self.start.as_ref()));
            }
        } else if end.snapshots.missing > 0 && has_no_fault {
            commands.extend(given.run_with("--update unseen"));
        }
        if causes.iter().any(|cause| cause.code == Code::Unsigned) && given.flag("--sign").is_empty() {
            commands.extend(given.run_with("--sign none"));
        }
        writeln!(self.out)?;
        // Commands are copied, so they are never broken.
        let firsts = ["NEXT  "].into_iter().chain(std::iter::repeat("      "));
        let lines = commands.iter().map(|command| printable(command)).zip(firsts);
        lines.into_iter().try_for_each(|(command, first)| writeln!(self.out, "{first}{command}"))
    }
}

/// Where the requests of the case that is shown go to, if that is not the embedded endpoint.
fn shown_at(start: Option<&RunStart>) -> String {
    let foreign = start.map(|start| &start.endpoint).filter(|endpoint| !endpoint.is_reference);
    foreign.map(|endpoint| format!(" --endpoint {}", shell_word(&endpoint.url))).unwrap_or_default()
}

/// The command that decides on the snapshots of a run.
fn review(given: &CommandWords<'_>, start: Option<&RunStart>) -> String {
    let snapshots = given.flag("--snapshots");
    let endpoint = start.map(|start| &start.endpoint).filter(|endpoint| !endpoint.is_reference);
    let endpoint = endpoint.filter(|_| snapshots.is_empty());
    let endpoint =
        endpoint.map(|endpoint| format!(" --endpoint {}", shell_word(&endpoint.name))).unwrap_or_default();
    format!("proofmark review{endpoint}{snapshots}{}", given.flag("--cases"))
}

/// The words of the command line of a run, quoted as a shell needs them.
struct CommandWords<'a> {
    words: Vec<&'a str>,
}

impl<'a> CommandWords<'a> {
    fn of(line: &'a str) -> Self {
        Self { words: split(line) }
    }

    /// A flag with its value as it was given, behind a space; empty, if it was not.
    fn flag(&self, name: &str) -> String {
        let words = self.words.iter().zip(self.words.iter().skip(1).map(Some).chain([None]));
        let found = words.into_iter().find_map(|(word, next)| match word.strip_prefix(name) {
            Some("") => next.map(|value| format!(" {name} {value}")),
            Some(rest) if rest.starts_with('=') => Some(format!(" {word}")),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The same run with another flag; none, if the line is not one of `run`, or was cut.
    fn run_with(&self, flag: &str) -> Option<String> {
        let words = self.words.get(1..).unwrap_or_default();
        let is_other = words.first() == Some(&"certify");
        if is_other || words.last().is_some_and(|word| word.ends_with('…')) {
            return None;
        }
        let words = if words.first() == Some(&"run") { &words[1..] } else { words };
        // What it adds may be there already, with another value; `--stale` is another choice of cases, and the reports of
        // the whole run stay as they are.
        let name = flag.split(' ').next().unwrap_or(flag);
        let with_value = |word: &str| word == "--report" || (word == name && name != flag);
        let is_dropped = |word: &str| {
            let has_value = word.split_once('=').is_some_and(|(before, _)| with_value(before));
            has_value || word == name || with_value(word) || (flag == "--failed" && word == "--stale")
        };
        let mut line = format!("proofmark run {flag}");
        let mut before = "";
        for word in words {
            if !is_dropped(word) && !with_value(before) {
                let _ = write!(line, " {word}");
            }
            before = word;
        }
        Some(line)
    }
}

/// Parts a line at the spaces that are outside of quotes.
fn split(line: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote) = (Vec::new(), 0, None);
    for (place, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ' ') => {
                words.push(&line[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::CommandWords;

    fn again(line: &str) -> Option<String> {
        CommandWords::of(line).run_with("--failed")
    }

    #[test]
    fn a_run_is_given_again_with_all_of_its_words() {
        for (line, due) in [
            ("proofmark", "proofmark run --failed"),
            ("proofmark run", "proofmark run --failed"),
            ("proofmark --endpoint mock", "proofmark run --failed --endpoint mock"),
            ("proofmark run --failed -q 'a b'", "proofmark run --failed -q 'a b'"),
            ("proofmark run --stale run", "proofmark run --failed run"),
            (r#"proofmark run --report='json=a "b'"'"'c' x"#, "proofmark run --failed x"),
            ("proofmark run --report html=a.html --jobs 4 x", "proofmark run --failed --jobs 4 x"),
            (
                r#"proofmark run --endpoint='a "b'"'"'c' x"#,
                r#"proofmark run --failed --endpoint='a "b'"'"'c' x"#,
            ),
        ] {
            assert_eq!(again(line).as_deref(), Some(due), "{line}");
        }
        let recorded = |line: &str| CommandWords::of(line).run_with("--update unseen");
        for line in ["proofmark run --update no x", "proofmark run --update=no x", "proofmark run x"] {
            assert_eq!(recorded(line).as_deref(), Some("proofmark run --update unseen x"), "{line}");
        }
        assert_eq!(again("proofmark certify --endpoint mock"), None);
        assert_eq!(again("proofmark run aaaa…"), None, "it is not whole");
    }

    #[test]
    fn a_flag_is_found_in_either_spelling() {
        for (line, due) in [
            ("proofmark run --cases 'a b' x", " --cases 'a b'"),
            ("proofmark run --cases=c", " --cases=c"),
            ("proofmark run --cases-too c", ""),
            ("proofmark run '--cases x'", ""),
        ] {
            assert_eq!(CommandWords::of(line).flag("--cases"), due, "{line}");
        }
    }
}
