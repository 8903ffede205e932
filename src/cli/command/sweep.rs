//! `sweep`: removes what killed runs left behind on an endpoint.

use std::fmt::Write;

use tokio::runtime::Runtime;

use crate::app::{Connected, endpoint, entry};
use crate::cli::args::SweepArgs;
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE};
use crate::cli::settings::{from_environment, overrides};
use crate::cli::{note, print};
use crate::report::printable;
use crate::run::sweep as sweep_contract;
use crate::source::{Wanted, load};
use crate::transport::Client;

/// Sweeps for every contract that says how. Writing to a String cannot fail, which is why results are dropped.
pub(super) fn sweep(args: &SweepArgs) -> Result<u8, CliError> {
    let entry = entry(&args.endpoint, &args.folder.cases, &from_environment)?;
    let endpoint = endpoint(&entry, None, args.connect.sign, &from_environment)?;
    let Connected { limits, connection } =
        Connected::resolve(&overrides(&args.connect, args.reuse), Some(&entry))?;
    let suite = load(&args.folder.cases, Wanted::All)?;
    let client = Client::new(limits, &connection, endpoint.addresses())?.hiding(&endpoint.signing.secrets());
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let is_listing = args.dry_run;
    let (mut text, mut count, mut failed) = (String::new(), 0, false);
    for operation in &suite.operations {
        let contract = &operation.contract;
        let Some(sweep) = &contract.sweep else { continue };
        match runtime.block_on(sweep_contract(&client, &endpoint, contract, sweep, is_listing)) {
            Err(reason) => {
                failed = true;
                let _ = writeln!(text, "{}: cannot list what is left: {reason}", contract.id);
            }
            Ok(found) => {
                count += found.len();
                for each in found {
                    let word = match (&each.failure, is_listing) {
                        (Some(_), _) => "not removed",
                        (None, true) => "left",
                        (None, false) => "removed",
                    };
                    failed |= each.failure.is_some();
                    let why = each.failure.map(|reason| format!(": {reason}")).unwrap_or_default();
                    let _ = writeln!(text, "{word}  {}{why}", each.id);
                }
            }
        }
    }
    if suite.operations.iter().all(|operation| operation.contract.sweep.is_none()) {
        note(
            "error: no contract says how to find what a run left (`[sweep]` in states.toml), so nothing was looked for",
        );
        return Ok(INCONCLUSIVE);
    }
    let _ = writeln!(text, "{count} found");
    print(&printable(&text))?;
    // As of `prune`: a script that only looks learns that there is something.
    Ok(match (failed, is_listing && count > 0) {
        (true, _) => INCONCLUSIVE,
        (false, true) => BROKEN,
        (false, false) => CONFORMS,
    })
}
