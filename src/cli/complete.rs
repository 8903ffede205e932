//! What a shell offers for an argument: ids of cases, endpoints, faults and formats, as they are now.
//!
//! A shell calls the program for it, by the script that `proofmark completions` prints. What cannot be read offers
//! nothing, and nothing is printed beside.
//!
//! bash breaks words at `:` and `=`, which names of faults and reports have: its script puts them together again.

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

use clap::Command;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::app::{REFERENCE, all_ids};
use crate::reference::Fault;
use crate::report::{Code, FormatSchema, ReportFormat};
use crate::source::{SchemaName, load_endpoints};

/// The variable by which a shell asks.
const VARIABLE: &str = "PROOFMARK_COMPLETE";

/// The script for bash.
const BASH: &str = include_str!("complete/completion.bash");

/// How many candidates are offered at the most: more is not read.
const MOST: usize = 500;

/// Answers a shell that asks for candidates. Whether one does.
///
/// # Errors
/// A shell that is not known, and output that cannot be written.
pub(super) fn answer(program: impl Fn() -> Command) -> Result<bool, clap::Error> {
    let here = env::current_dir().ok();
    CompleteEnv::with_factory(program).var(VARIABLE).try_complete(env::args_os(), here.as_deref())
}

/// A script by which a shell asks the program that it finds by its name.
///
/// # Errors
/// A shell that is not known.
pub(super) fn script(name: &str, shell: Shell) -> io::Result<Vec<u8>> {
    if shell == Shell::Bash {
        return Ok(BASH.replace("VARIABLE", VARIABLE).replace("NAME", name).into_bytes());
    }
    let shells = Shells::builtins();
    let shell = shells.completer(&shell.to_string()).ok_or_else(|| io::Error::other("an unknown shell"))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, name, name, name, &mut script)?;
    Ok(script)
}

/// Patterns of cases.
pub(super) fn ids() -> ArgValueCompleter {
    of_texts(|typed| {
        let mut offered = BTreeSet::new();
        for case in all_ids(&cases()).unwrap_or_default() {
            let (id, table) = (case.as_str(), case.table());
            let operation = table.rsplit_once('/').map_or(0, |(operation, _)| operation.len() + 1);
            for text in [&id[operation..], id] {
                offered.extend(next_part(text, typed));
            }
        }
        offered.into_iter().collect()
    })
}

/// Endpoints by name.
pub(super) fn endpoints() -> ArgValueCompleter {
    of_texts(|_| {
        let known = load_endpoints(&cases()).unwrap_or_default();
        known.into_iter().map(|entry| entry.name).chain([REFERENCE.to_owned()]).collect()
    })
}

/// Faults of the embedded endpoint.
pub(super) fn faults() -> ArgValueCompleter {
    of_texts(|_| {
        let all = [Fault::catalogue(), Fault::signature_catalogue()].concat();
        all.into_iter().map(|entry| entry.name).collect()
    })
}

/// Formats of reports, each up to the path.
pub(super) fn formats() -> ArgValueCompleter {
    of_texts(|_| ReportFormat::NAMES.iter().map(|name| format!("{name}=")).collect())
}

/// Codes of findings.
pub(super) fn codes() -> ArgValueCompleter {
    of_texts(|_| Code::ALL.map(|code| code.name().to_owned()).to_vec())
}

/// Kinds of files and formats that have a schema.
pub(super) fn schemas() -> ArgValueCompleter {
    of_texts(|_| {
        let files = SchemaName::ALL.map(|name| name.to_string());
        files.into_iter().chain(FormatSchema::ALL.map(|format| format.to_string())).collect()
    })
}

/// Offers of these texts those that begin as what is typed.
fn of_texts(texts: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let Some(typed) = typed.to_str() else { return Vec::new() };
        let fitting = texts(typed).into_iter().filter(|text| text.starts_with(typed)).take(MOST);
        fitting.map(CompletionCandidate::new).collect()
    })
}

/// An id up to the end of the part that is typed, with the slash behind it.
fn next_part(id: &str, typed: &str) -> Option<String> {
    let rest = id.strip_prefix(typed)?;
    let end = rest.find('/').map_or(id.len(), |slash| typed.len() + slash + 1);
    Some(id[..end].to_owned())
}

/// The folder of cases that the words of the line name, else the usual one.
fn cases() -> PathBuf {
    let words: Vec<OsString> = env::args_os().collect();
    let named = words.windows(2).rev().find(|pair| pair[0] == "--cases").map(|pair| PathBuf::from(&pair[1]));
    let joined =
        || words.iter().rev().find_map(|word| word.to_str()?.strip_prefix("--cases=").map(PathBuf::from));
    named.or_else(joined).unwrap_or_else(|| PathBuf::from("cases"))
}

#[cfg(test)]
mod tests {
    use super::next_part;

    #[test]
    fn an_id_is_offered_part_by_part() {
        let id = "shop/GetBook/lookup/found";
        for (typed, due) in [
            ("", Some("shop/")),
            ("sh", Some("shop/")),
            ("shop/", Some("shop/GetBook/")),
            ("shop/GetBook/lookup/f", Some(id)),
            ("lookup", None),
        ] {
            assert_eq!(next_part(id, typed).as_deref(), due, "{typed}");
        }
    }
}
