//! How many cases can run at once with the files that this process may open. A connection is a file, too.

/// Files that a run has open beside its connections: standard streams, reports, snapshots and what the runtime needs.
const OTHERS: u64 = 32;

/// The fewest files with which a run gets on: of less, one case after the other would wait in vain for a connection.
const FEWEST: u64 = 20;

/// The connections that a case may have open: one to the endpoint that is kept, and another, to it or to its state hook. The embedded endpoint is in this
/// process, so both ends of each are files of it.
const CONNECTIONS: u64 = 2;

/// As many of these jobs as can run, with a warning if that is fewer. The limit of this process is raised as far as the
/// system lets it.
pub(super) fn possible(jobs: usize, is_embedded: bool) -> (usize, Option<String>) {
    match most_files() {
        Some(limit) => within(jobs, limit, is_embedded),
        None => (jobs, None),
    }
}

/// How many files are left for other connections while so many cases run at once. The embedded endpoint needs none.
pub(super) fn spare(jobs: usize) -> usize {
    most_files().map_or(usize::MAX, |limit| beside(jobs, limit))
}

/// Why this process may open too few files for a run, if so.
pub fn too_few_files() -> Option<String> {
    most_files().and_then(too_few)
}

fn too_few(limit: u64) -> Option<String> {
    (limit < FEWEST)
        .then(|| format!("this process may open {limit} files, and a run needs {FEWEST} at least"))
}

fn beside(jobs: usize, limit: u64) -> usize {
    let jobs = u64::try_from(jobs).unwrap_or(u64::MAX);
    let spare = limit.saturating_sub(OTHERS).saturating_sub(jobs.saturating_mul(CONNECTIONS));
    usize::try_from(spare).unwrap_or(usize::MAX)
}

/// How many files this process may open; none where that is not known, or not limited so.
#[cfg(unix)]
fn most_files() -> Option<u64> {
    // Where the limit cannot be raised, it counts as it is.
    let raised = rlimit::increase_nofile_limit(rlimit::INFINITY);
    raised.or_else(|_| rlimit::getrlimit(rlimit::Resource::NOFILE).map(|(soft, _)| soft)).ok()
}

#[cfg(not(unix))]
fn most_files() -> Option<u64> {
    None
}

fn within(jobs: usize, limit: u64, is_embedded: bool) -> (usize, Option<String>) {
    let each = if is_embedded { 2 * CONNECTIONS } else { CONNECTIONS };
    let most = limit.saturating_sub(OTHERS) / each;
    let possible = usize::try_from(most).unwrap_or(usize::MAX).clamp(1, jobs.max(1));
    if possible >= jobs {
        return (jobs, None);
    }
    let cases = if possible == 1 { "1 case runs" } else { &format!("{possible} cases run") };
    let warning = format!("{cases} at once, not {jobs}: this process may open {limit} files (`ulimit -n`)");
    (possible, Some(warning))
}

#[cfg(test)]
mod tests {
    use super::{FEWEST, beside, too_few, within};

    #[test]
    fn a_run_needs_some_files() {
        assert!(too_few(FEWEST).is_none() && too_few(u64::MAX).is_none());
        let reason = too_few(FEWEST - 1).unwrap();
        assert_eq!(reason, "this process may open 19 files, and a run needs 20 at least");
    }

    #[test]
    fn what_jobs_leave_of_the_files_is_spare() {
        for (jobs, limit, due) in [(16, 1024, 960), (16, 64, 0), (1, 64, 30), (1, 20, 0), (1024, 1024, 0)] {
            assert_eq!(beside(jobs, limit), due, "{jobs} {limit}");
        }
    }

    #[test]
    fn jobs_are_as_many_as_files_allow_and_at_least_one() {
        for (jobs, limit, is_embedded, due) in [
            (16, 1024, true, 16),
            (16, 64, true, 8),
            (16, 64, false, 16),
            (1024, 1024, false, 496),
            (1024, u64::MAX, false, 1024),
            (16, 33, true, 1),
            (16, 3, false, 1),
            (1, 3, true, 1),
        ] {
            let (possible, warning) = within(jobs, limit, is_embedded);
            assert_eq!((possible, warning.is_some()), (due, due < jobs), "{jobs} {limit}");
        }
        let (_, warning) = within(16, 33, true);
        assert_eq!(
            warning.unwrap(),
            "1 case runs at once, not 16: this process may open 33 files (`ulimit -n`)"
        );
    }
}
