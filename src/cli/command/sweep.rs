//! `sweep`: removes what killed runs left behind on an endpoint.

use std::fmt::Write;

use tokio::runtime::Runtime;

use crate::app::{self, Connected, Swept, endpoint, entry};
use crate::cli::args::SweepArgs;
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE};
use crate::cli::settings::{from_environment, overrides};
use crate::cli::{note, print};
use crate::report::printable;
use crate::source::{Wanted, load};

/// Sweeps for every contract that says how. Writing to a String cannot fail, which is why results are dropped.
pub(super) fn sweep(args: &SweepArgs) -> Result<u8, CliError> {
    let entry = entry(&args.endpoint, &args.folder.cases, &from_environment)?;
    let endpoint = endpoint(&entry, None, args.connect.sign, &from_environment)?;
    let connected = Connected::resolve(&overrides(&args.connect, args.reuse), Some(&entry))?;
    let suite = load(&args.folder.cases, Wanted::All)?;
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let is_listing = args.dry_run;
    let Some(swept) = runtime.block_on(app::sweep(&suite, &endpoint, &connected, is_listing))? else {
        note(
            "error: no contract says how to find what a run left (`[sweep]` in states.toml), so nothing was looked for",
        );
        return Ok(INCONCLUSIVE);
    };
    let (mut text, mut count, mut failed) = (String::new(), 0, false);
    for Swept { contract, found } in swept {
        let found = found.unwrap_or_else(|reason| {
            failed = true;
            let _ = writeln!(text, "{contract}: cannot list what is left: {reason}");
            Vec::new()
        });
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
    let _ = writeln!(text, "{count} found");
    print(&printable(&text))?;
    // As of `prune`: a script that only looks learns that there is something.
    Ok(match (failed, is_listing && count > 0) {
        (true, _) => INCONCLUSIVE,
        (false, true) => BROKEN,
        (false, false) => CONFORMS,
    })
}
