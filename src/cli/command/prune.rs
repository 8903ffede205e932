//! `prune`: removes the snapshots that belong to no case.

use crate::app::review::Orphans;
use crate::cli::args::PruneArgs;
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INVALID_FILES};
use crate::cli::snapshots::store;
use crate::cli::{print, remark};
use crate::report::printable;

/// Removes them, or lists them.
pub(super) fn prune(args: &PruneArgs) -> Result<u8, CliError> {
    let store = store(&args.store)?;
    let orphans = Orphans::find(&args.store.folder.cases, &store)?;
    if args.dry_run {
        return list(&orphans);
    }
    let (mut count, mut code) = (0, CONFORMS);
    for (file, removed) in orphans.remove() {
        if let Err(error) = removed {
            code = INVALID_FILES;
            remark(&format!("left alone: {error}"));
            continue;
        }
        count += 1;
        print(&format!("removed  {}\n", printable(&file.display().to_string())))?;
    }
    if let Some(error) = orphans.forget()? {
        code = INVALID_FILES;
        remark(&format!("left alone: {error}"));
    }
    print(&format!("{count} removed\n"))?;
    Ok(code)
}

fn list(orphans: &Orphans) -> Result<u8, CliError> {
    let files = &orphans.files;
    let lines = files.iter().map(|file| format!("would remove  {}\n", file.display()));
    print(&format!("{}{} to remove\n", printable(&lines.collect::<String>()), files.len()))?;
    Ok(if files.is_empty() { CONFORMS } else { BROKEN })
}
