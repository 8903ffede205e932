//! Fills in the endpoint of a command that could name one and does not, and reports which one that is.

use std::env;
use std::path::Path;

use super::args::{Allowed, BoundArgs, Cli, Command, ConnectArgs, RunArgs, StoreArgs};
use super::exit::CliError;
use super::remark;
use crate::app::{ENDPOINT_VARIABLE, Unnamed};
use crate::model::Scheme;
use crate::transport::without_secrets;

/// Gives a command that names no endpoint the one of the environment or of the file of endpoints. A fault is one of the
/// embedded endpoint, and what reads a run that is over has none.
pub(super) fn fill(cli: &mut Cli) -> Result<(), CliError> {
    match &mut cli.command {
        None => of_run(&mut cli.run),
        Some(Command::Run(args)) => of_run(args),
        Some(Command::Certify(args)) => {
            let (cases, flags) = (&args.select.folder.cases, reserved_flag(&args.connect, &args.bounds));
            fill_in_endpoint(&mut args.target.endpoint, cases, flags)
        }
        Some(Command::Noise(args)) if args.fault.is_empty() => {
            let (cases, flags) = (&args.select.folder.cases, reserved_flag(&args.connect, &args.bounds));
            fill_in_endpoint(&mut args.target.endpoint, cases, flags)
        }
        Some(Command::Mutants(args)) if args.from.is_empty() => {
            let (cases, flags) = (&args.select.folder.cases, reserved_flag(&args.connect, &args.bounds));
            fill_in_endpoint(&mut args.target.endpoint, cases, flags)
        }
        Some(Command::Pending(args) | Command::Reject(args)) => of_store(&mut args.store),
        Some(Command::Review(args)) => of_store(&mut args.review.store),
        Some(Command::Accept(args)) => of_store(&mut args.review.store),
        Some(Command::Stale(args)) => of_store(&mut args.review.store),
        Some(Command::Prune(args)) => of_store(&mut args.store),
        Some(
            Command::Noise(_)
            | Command::Mutants(_)
            | Command::List(_)
            | Command::Show(_)
            | Command::Check(_)
            | Command::Coverage(_)
            | Command::Manifest(_)
            | Command::Report(_)
            | Command::Waivers(_)
            | Command::Diff(_)
            | Command::Keygen(_)
            | Command::Verify(_)
            | Command::Certificate(_)
            | Command::Endpoints(_)
            | Command::Serve(_)
            | Command::Sweep(_)
            | Command::Explain(_)
            | Command::Init(_)
            | Command::Schema(_)
            | Command::Completions { .. }
            | Command::Man,
        ) => Ok(()),
    }
}

fn of_run(args: &mut RunArgs) -> Result<(), CliError> {
    // The file of endpoints may be mended while it watches.
    if args.watch { Ok(()) } else { fill_run(args) }
}

/// The same for one run.
pub(super) fn fill_run(args: &mut RunArgs) -> Result<(), CliError> {
    if !args.target.endpoint.is_empty() || !args.faults.fault.is_empty() {
        return Ok(());
    }
    let mut endpoint = None;
    fill_in_endpoint(&mut endpoint, &args.select.folder.cases, reserved_flag(&args.connect, &args.bounds))?;
    args.target.endpoint.extend(endpoint);
    Ok(())
}

fn of_store(args: &mut StoreArgs) -> Result<(), CliError> {
    if args.snapshots.is_none() {
        fill_in_endpoint(&mut args.endpoint, &args.folder.cases, None)?;
    }
    Ok(())
}

/// Fills in an endpoint, unless one is named; `reserved_flag` is a flag that is only for one that is.
fn fill_in_endpoint(
    endpoint: &mut Option<String>,
    cases: &Path,
    reserved: Option<&str>,
) -> Result<(), CliError> {
    if endpoint.is_some() {
        return Ok(());
    }
    let given = env::var_os(ENDPOINT_VARIABLE).map(|name| name.to_string_lossy().into_owned());
    let Some(Unnamed { name, origin }) = Unnamed::of(cases, given)? else { return Ok(()) };
    if let Some(flag) = reserved {
        return Err(CliError::Usage {
            message: format!(
                "{flag} needs --endpoint: `{name}`, from {origin}, is sent no secret and costs nothing"
            ),
            hint: Some(format!("add --endpoint {name}, if that is what is meant")),
        });
    }
    remark(&format!("endpoint {}, from {origin}", without_secrets(&name)));
    *endpoint = Some(name);
    Ok(())
}

/// A flag that sends a secret or may cost money.
fn reserved_flag(connect: &ConnectArgs, bounds: &BoundArgs) -> Option<&'static str> {
    [
        ("--sign", connect.sign.is_some_and(|scheme| scheme != Scheme::None)),
        ("--client-certificate", connect.client_certificate.is_some()),
        ("--allow billable", bounds.allow.contains(&Allowed::Billable)),
    ]
    .into_iter()
    .find_map(|(flag, is_given)| is_given.then_some(flag))
}
