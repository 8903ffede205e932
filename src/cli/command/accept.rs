//! `accept` and `reject`: decides by pattern, or carries out what was decided on a page.

use std::path::Path;

use crate::app::review::{Carried, DecisionResult, PendingFiles, check_store, read_decisions};
use crate::cli::args::{AcceptArgs, ReviewArgs};
use crate::cli::exit::{BROKEN, CONFORMS, CliError};
use crate::cli::print;
use crate::cli::snapshots::{code, note_origins, pending_files, store};
use crate::report::printable;
use crate::review::Choice;
use crate::snapshot::{PendingSnapshot, StoreError};

/// Accepts pending snapshots.
pub(super) fn accept(args: &AcceptArgs) -> Result<u8, CliError> {
    if let Some(file) = &args.decisions {
        return carry_out(file, &args.review);
    }
    let waiting = pending_files(&args.review)?;
    note_origins(&waiting.selected);
    decide(&waiting, "accepted", PendingSnapshot::accept)
}

/// Rejects pending snapshots.
pub(super) fn reject(args: &ReviewArgs) -> Result<u8, CliError> {
    decide(&pending_files(args)?, "rejected", PendingSnapshot::reject)
}

fn decide(
    waiting: &PendingFiles,
    done: &str,
    act: fn(&PendingSnapshot) -> Result<(), StoreError>,
) -> Result<u8, CliError> {
    for snapshot in &waiting.selected {
        act(snapshot)?;
        print(&format!("{done}  {}\n", printable(&snapshot.case)))?;
    }
    let count = waiting.selected.len();
    print(&format!("{count} {done}\n"))?;
    Ok(code(waiting.has_unusable(), CONFORMS))
}

/// Carries out what was decided on the page. What has changed since is named and left alone.
fn carry_out(file: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let decisions = read_decisions(file)?;
    let store = store(&args.store)?;
    check_store(&decisions, &store)?;
    let waiting = pending_files(args)?;
    let carried = Carried::new(&decisions, &waiting.selected, &store)?;
    note_origins(carried.to_accept());
    let (mut accepted, mut rejected, mut left_alone) = (0, 0, 0);
    for each in carried.carry_out() {
        let (decision, fate) = each?;
        let (count, done) = match decision.choice {
            Choice::Accept => (&mut accepted, "accepted"),
            Choice::Reject => (&mut rejected, "rejected"),
        };
        let case = printable(&decision.case);
        let line = match fate {
            DecisionResult::Done => {
                *count += 1;
                format!("{done}  {case}\n")
            }
            DecisionResult::DoneBefore => format!("{done} before  {case}\n"),
            DecisionResult::Changed => {
                left_alone += 1;
                format!("left alone  {case}: it has changed since it was decided on\n")
            }
            DecisionResult::Gone => {
                left_alone += 1;
                format!("left alone  {case}: not pending\n")
            }
        };
        print(&line)?;
    }
    print(&format!("{accepted} accepted, {rejected} rejected, {left_alone} left alone\n"))?;
    Ok(code(waiting.has_unusable(), if left_alone == 0 { CONFORMS } else { BROKEN }))
}
