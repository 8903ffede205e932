//! `show`: a case as it would be sent, and what is expected.

use std::fmt::Write;

use super::check::selected;
use crate::cli::args::{SelectArgs, ShowArgs};
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::embedded;
use crate::judgement::render_params;
use crate::model::{Contract, Expect, Given, Matcher, PreparedStep, Value};
use crate::plan::{Need, PlannedCase, Preview, preview, preview_with};
use crate::protocol::{curl_line, encode, from_json};
use crate::reference::first_variables;
use crate::report::{SERVED, printable, set_up_line};
use crate::run::{purpose, set_up_request};
use crate::template::Templates;
use crate::transport::Address;

/// How many ids are named when a text means several cases.
const NAMED: usize = 8;

/// Prints one case.
pub(super) fn show(args: &ShowArgs) -> Result<u8, CliError> {
    let address = Address::new(args.endpoint.as_deref().unwrap_or(SERVED))?;
    let planned = one_case(args)?;
    let is_served = args.endpoint.is_none() && embedded::check([&*planned.contract]).is_ok();
    let (preview, set_ups) = if is_served {
        served(&planned, args.seed)?
    } else {
        (preview(&planned, args.seed, &Templates::default())?, Vec::new())
    };
    let mut text = format!("{}\n{}\n{}\n", planned.id, preview.about, planned.case.spot);
    for rule in &planned.case.rules {
        line(&mut text, "rule", rule);
    }
    given(&mut text, &planned.case.given);
    for (position, (prepared, step)) in preview.steps.iter().zip(&planned.case.steps).enumerate() {
        if preview.steps.len() > 1 {
            let about = step.about.as_deref().map(|about| format!(": {about}")).unwrap_or_default();
            let _ = writeln!(text, "\nstep {} of {}{about}", position + 1, preview.steps.len());
        }
        given(&mut text, &step.given);
        request(&mut text, &planned, prepared)?;
        if is_served && position == 0 {
            line(&mut text, "serve", "proofmark serve  (in another terminal)");
        }
        for (_, asked) in set_ups.iter().filter(|(step, _)| *step == position) {
            copied(&mut text, "set up", &set_up_line(asked));
        }
        copied(&mut text, "curl", &curl_line(address.as_str(), &encode(&planned.contract, prepared)?));
        expectation(&mut text, "expect", &planned.contract, &prepared.expect);
        for (name, path) in &step.save {
            line(&mut text, "save", &format!("{path} as {name}"));
        }
    }
    print(&printable(&text))
}

/// The case as it would be sent to `proofmark serve`, whose states are known before it is asked, and what its hook is
/// sent for which step.
fn served(planned: &PlannedCase, seed: u64) -> Result<(Preview, Vec<(usize, String)>), CliError> {
    let templates = Templates::default();
    let mut set_ups = Vec::new();
    let preview = preview_with(planned, seed, &templates, |Need { given, step, number }, scope| {
        let params = render_params(given, scope, &templates).unwrap_or_default();
        let asked = set_up_request(&given.state, &params, &purpose(seed, &planned.id, number));
        let given_there = first_variables(0, &asked);
        let state = planned.contract.state(&given.state);
        for variable in state.map(|state| state.provides.as_slice()).unwrap_or_default() {
            let value = given_there.as_ref().and_then(|variables| variables.get(&variable.name));
            let example = || Value::text(variable.example.as_str());
            scope.set(&given.variable(&variable.name), &value.map_or_else(example, from_json));
        }
        set_ups.push((step, asked));
    })?;
    Ok((preview, set_ups))
}

fn one_case(args: &ShowArgs) -> Result<PlannedCase, CliError> {
    let select = |exact| SelectArgs {
        patterns: vec![args.case.clone()],
        exact,
        folder: crate::cli::args::FolderArgs { cases: args.folder.cases.clone() },
    };
    let found = selected(&select(true), None).or_else(|_| selected(&select(false), None));
    let (_, plan) = found?;
    match plan.cases.as_slice() {
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
fn copied(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<8} {value}");
}

fn given(text: &mut String, given: &[Given]) {
    for need in given {
        let params: Vec<String> = need.params.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let params = if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) };
        let prefix = need.prefix.as_ref().map(|prefix| format!(", as {prefix}_…")).unwrap_or_default();
        line(text, "given", &format!("{}{params}{prefix}", need.state));
    }
}

fn request(text: &mut String, planned: &PlannedCase, step: &PreparedStep) -> Result<(), CliError> {
    let request = encode(&planned.contract, step)?;
    let path = request.target.split('?').next().unwrap_or_default();
    line(text, "request", &format!("{} {path}", request.method));
    for (name, value) in &request.headers {
        line(text, "", &format!("{name}: {value}"));
    }
    for (name, value) in &request.params {
        line(text, "", &format!("{name} = {value}"));
    }
    Ok(())
}

fn expectation(text: &mut String, name: &str, contract: &Contract, expect: &Expect) {
    let status: Vec<String> = expect.status.iter().map(ToString::to_string).collect();
    if !status.is_empty() {
        line(text, name, &format!("status {}", status.join(" or ")));
    }
    implied(text, name, contract, expect);
    let mut tell = |what: &str, matcher: &Matcher| line(text, name, &format!("{what} {matcher}"));
    expect.code.iter().for_each(|matcher| tell("code", matcher));
    expect.message.iter().for_each(|matcher| tell("message", matcher));
    expect.headers.iter().for_each(|(key, matcher)| tell(&format!("header {key}"), matcher));
    expect.body.iter().for_each(|(path, matcher)| tell(path, matcher));
    if let Some(limit) = expect.within {
        line(text, name, &format!("an answer within {limit:?}"));
    }
    for alternative in &expect.alternatives {
        expectation(text, "or", contract, alternative);
    }
}

/// What a code alone asks for: the status and the message of its rows in the contract.
fn implied(text: &mut String, name: &str, contract: &Contract, expect: &Expect) {
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
