//! `show`: a case as it would be sent, and what is expected.

use std::fmt::Write;

use crate::app::{ShownCase, meant};
use crate::cli::args::ShowArgs;
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::model::{Contract, Expect, Given, Matcher, Request, Value};
use crate::plan::PlannedCase;
use crate::report::printable;

/// How many ids are named when a text means several cases.
const NAMED: usize = 8;

/// Prints one case.
pub(super) fn show(args: &ShowArgs) -> Result<u8, CliError> {
    let planned = select_case(args)?;
    let shown = ShownCase::of(&planned, args.seed, args.endpoint.as_deref())?;
    let preview = &shown.preview;
    let mut text = format!("{}\n{}\n{}\n", planned.id, preview.about, planned.case.spot);
    for rule in &planned.case.rules {
        line(&mut text, "rule", rule);
    }
    write_given(&mut text, &planned.case.given);
    for (position, (prepared, step)) in preview.steps.iter().zip(&planned.case.steps).enumerate() {
        if preview.steps.len() > 1 {
            let about = step.about.as_deref().map(|about| format!(": {about}")).unwrap_or_default();
            let _ = writeln!(text, "\nstep {} of {}{about}", position + 1, preview.steps.len());
        }
        write_given(&mut text, &step.given);
        if step.is_parallel {
            line(&mut text, "request", "that of the step before, at the same time");
        } else {
            let request = ShownCase::request(&planned, prepared)?;
            request_text(&mut text, &request);
            if shown.is_served && position == 0 {
                line(&mut text, "serve", "proofmark serve  (in another terminal)");
            }
            shown.set_up_lines(position).for_each(|asked| write_copied(&mut text, "set up", &asked));
            write_copied(&mut text, "curl", &shown.curl_line(&request));
        }
        expectation(&mut text, "expect", &planned.contract, &prepared.expect);
        for (name, path) in &step.save {
            line(&mut text, "save", &format!("{path} as {name}"));
        }
    }
    print(&printable(&text))
}

fn select_case(args: &ShowArgs) -> Result<PlannedCase, CliError> {
    let meant = meant(&args.folder.cases, &args.case)?;
    match meant.as_slice() {
        [one] => Ok(one.clone()),
        several => {
            let ids: Vec<&str> = several.iter().take(NAMED).map(|planned| planned.id.as_str()).collect();
            let more = several.len().saturating_sub(NAMED);
            let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            Err(CliError::Usage {
                message: format!(
                    "`{}` means {} cases:\n  {}{rest}",
                    args.case,
                    several.len(),
                    ids.join("\n  ")
                ),
                hint: Some("give a whole id".into()),
            })
        }
    }
}

/// Writing to a String cannot fail, which is why results are dropped.
fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<8} {}", value.replace('\n', "\n           "));
}

/// A line that is copied, as it is: it may go on in a text's last lines.
fn write_copied(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<8} {value}");
}

fn write_given(text: &mut String, given: &[Given]) {
    for need in given {
        let params: Vec<String> = need.params.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let params = if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) };
        let prefix = need.prefix.as_ref().map(|prefix| format!(", as {prefix}_…")).unwrap_or_default();
        line(text, "given", &format!("{}{params}{prefix}", need.state));
    }
}

fn request_text(text: &mut String, request: &Request) {
    let path = request.target.split('?').next().unwrap_or_default();
    line(text, "request", &format!("{} {path}", request.method));
    for (name, value) in &request.headers {
        line(text, "", &format!("{name}: {value}"));
    }
    for (name, value) in &request.params {
        line(text, "", &format!("{name} = {value}"));
    }
}

fn expectation(text: &mut String, name: &str, contract: &Contract, expect: &Expect) {
    let status: Vec<String> = expect.status.iter().map(ToString::to_string).collect();
    if !status.is_empty() {
        line(text, name, &format!("status {}", status.join(" or ")));
    }
    write_implied(text, name, contract, expect);
    let mut add = |what: &str, matcher: &Matcher| line(text, name, &format!("{what} {matcher}"));
    expect.code.iter().for_each(|matcher| add("code", matcher));
    expect.message.iter().for_each(|matcher| add("message", matcher));
    expect.headers.iter().for_each(|(key, matcher)| add(&format!("header {key}"), matcher));
    expect.body.iter().for_each(|(path, matcher)| add(path, matcher));
    if let Some(limit) = expect.within {
        line(text, name, &format!("an answer within {limit:?}"));
    }
    for alternative in &expect.alternatives {
        expectation(text, "or", contract, alternative);
    }
}

/// What a code alone asks for: the status and the message of its rows in the contract.
fn write_implied(text: &mut String, name: &str, contract: &Contract, expect: &Expect) {
    let Some(Matcher::Equals(Value::Text(code))) = &expect.code else { return };
    let rows: Vec<_> = contract.rows_of(code).collect();
    if expect.status.is_empty() && !rows.is_empty() {
        let mut status: Vec<String> = rows.iter().map(|row| row.status.to_string()).collect();
        status.dedup();
        line(text, name, &format!("status {} (of the contract)", status.join(" or ")));
    }
    let messages: Vec<String> = rows
        .iter()
        .filter_map(|row| Some(Value::text(row.message.as_ref()?.as_str()).to_string()))
        .filter(|_| expect.message.is_none())
        .collect();
    if !messages.is_empty() {
        line(text, name, &format!("message {} (of the contract)", messages.join(" or ")));
    }
}
