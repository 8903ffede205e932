//! `endpoints`: the endpoints that are named, with each effective setting and where it comes from.

use std::fmt::Write;
use std::path::Path;

use crate::app::{Connected, Overrides, costs_nothing, resolve, variable};
use crate::cli::args::FolderArgs;
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::cli::settings::from_environment;
use crate::model::{EndpointKind, Normalisation, Value, ValueKind};
use crate::report::printable;
use crate::run::RunSettings;
use crate::source::{EndpointEntry, FixtureEntry, load_endpoints};
use crate::transport::{Address, TransportLimits, without_secrets};

/// Prints every endpoint.
pub(super) fn endpoints(args: &FolderArgs) -> Result<u8, CliError> {
    let mut text = String::from("reference\n  the embedded reference endpoint; it needs no settings\n");
    for entry in load_endpoints(&args.cases)? {
        text.push('\n');
        text.push_str(&show_entry(&entry, &resolve(&entry, &from_environment)?));
    }
    print(&printable(&text))
}

/// Writing to a String cannot fail, which is why results are dropped.
fn show_entry(written: &EndpointEntry, entry: &EndpointEntry) -> String {
    let mut text = format!("{}\n", entry.name);
    if let Some(about) = &entry.about {
        let _ = writeln!(text, "  {about}");
    }
    let (limits, run) = (TransportLimits::default(), RunSettings::default());
    let billable = billable(entry);
    addresses(&mut text, written, entry);
    let mut line = |name: &str, value: Option<String>, default: &str| {
        let origin = if value.is_some() { "endpoints.toml" } else { "default" };
        let value = value.unwrap_or_else(|| default.to_owned());
        let _ = writeln!(text, "  {name:<18} {value}  ({origin})");
    };
    let path =
        |path: &Option<std::path::PathBuf>| path.as_deref().map(Path::display).map(|path| path.to_string());
    line("kind", entry.kind.map(|kind| kind.to_string()), EndpointKind::Foreign.name());
    line("sign", entry.sign.clone(), "none");
    for (name, value) in [("region", &entry.region), ("service", &entry.service)] {
        if value.is_some() {
            line(name, value.clone(), "");
        }
    }
    line("credentials", entry.credentials.clone(), "environment");
    line("retry", retry(entry), "never");
    line("fixtures", some_names(entry), "none");
    line("jobs", entry.jobs.map(|jobs| jobs.to_string()), &run.jobs.to_string());
    line("rate", entry.rate.clone(), "no limit");
    line("connections", entry.connections.clone(), "fresh");
    line(
        "connect-timeout",
        entry.connect_timeout.map(|time| format!("{time:?}")),
        &format!("{:?}", limits.connect),
    );
    line(
        "answer-timeout",
        entry.answer_timeout.map(|time| format!("{time:?}")),
        &format!("{:?}", limits.answer),
    );
    line(
        "body-limit",
        entry.body_limit.map(|bytes| format!("{bytes} bytes")),
        &format!("{} bytes", limits.body),
    );
    line("ca-file", path(&entry.ca_file), "the system's certificates");
    line("client-certificate", path(&entry.client_certificate), "none");
    line("proxy", entry.proxy.as_deref().map(without_secrets), "none");
    let resolve = entry.resolve.iter().map(|(host, address)| ("resolve", format!("{host} at {address}")));
    for (name, value) in resolve.chain(rules(&entry.normalisation).map(|counts| ("snapshot rules", counts))) {
        line(name, Some(value), "");
    }
    let _ = writeln!(text, "  {:<18} {}  ({})", "billable cases", billable.0, billable.1);
    text
}

/// The addresses as they are used, with the templates that they come from, and the variables without their values:
/// one that no address shows may be a secret.
fn addresses(text: &mut String, written: &EndpointEntry, entry: &EndpointEntry) {
    let mut line = |name: &str, written: Option<&str>, used: Option<&str>| {
        let _ = match (written, used) {
            (Some(written), Some(used)) if written == used => {
                writeln!(text, "  {name:<18} {}  (endpoints.toml)", without_secrets(used))
            }
            (Some(written), Some(used)) => {
                let (written, used) = (without_secrets(written), without_secrets(used));
                writeln!(text, "  {name:<18} {used}  (endpoints.toml: {written})")
            }
            (None | Some(_), _) => writeln!(text, "  {name:<18} none  (default)"),
        };
    };
    line("url", Some(&written.url), Some(&entry.url));
    line("states", written.states.as_deref(), entry.states.as_deref());
    let origin = |((name, written), (_, used)): (&(String, Value), &(String, Value))| {
        if written == used {
            format!("{name} (endpoints.toml)")
        } else {
            format!("{name} ({})", variable(name))
        }
    };
    let vars: Vec<String> = written.vars.iter().zip(&entry.vars).map(origin).collect();
    if !vars.is_empty() {
        let _ = writeln!(text, "  {:<18} {}", "vars", vars.join(", "));
    }
}

/// Whether cases that cost money may run, and what says so.
fn billable(entry: &EndpointEntry) -> (&'static str, &'static str) {
    let connected = Connected::resolve(&Overrides::default(), Some(entry));
    let stays_here = connected.ok().zip(Address::new(&entry.url).ok());
    let stays_here = stays_here.is_some_and(|(to, address)| costs_nothing(entry, &to.connection, &address));
    match (entry.allows_billable, stays_here) {
        (true, _) => ("allowed", "endpoints.toml"),
        (false, true) => ("allowed", "it is on this machine"),
        (false, false) => ("not allowed", "default"),
    }
}

/// How many rules of each kind there are, if any.
fn rules(rules: &Normalisation) -> Option<String> {
    let count = |kind| rules.values.iter().filter(|rule| rule.kind == kind).count();
    let (volatile, time, unordered) =
        (count(ValueKind::Volatile), count(ValueKind::Time), rules.unordered.len());
    let counts = || format!("{volatile} volatile, {time} time, {unordered} unordered");
    (*rules != Normalisation::default()).then(counts)
}

fn retry(entry: &EndpointEntry) -> Option<String> {
    let (attempts, codes) = entry.retry.as_ref()?;
    Some(format!("{attempts} attempts, after {}", codes.join(", ")))
}

fn some_names(entry: &EndpointEntry) -> Option<String> {
    let name = |FixtureEntry { state, fixture, .. }: &FixtureEntry| {
        let params = fixture.params.iter().map(|(name, value)| format!("{name} = {}", value.to_plain()));
        let params: Vec<String> = params.collect();
        if params.is_empty() { state.clone() } else { format!("{state} ({})", params.join(", ")) }
    };
    let names: Vec<String> = entry.fixtures.iter().map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
