//! The same cases on two endpoints, and how their answers differ. Main type: [`EndpointComparison`].

use std::io::{self, BufRead, BufReader, Write};

use super::watched::{WatchedRun, watch};
use super::{AppError, SessionSettings, TestTarget};
use crate::compare::{CaseDifference, CaseSummary, Difference, compare, summarise};
use crate::event::Outcome;
use crate::model::{CaseRecord, Normalisation};
use crate::plan::{Plan, PlannedCase};
use crate::run::StopSwitch;
use crate::snapshot::RuleBook;
use crate::whole_file::Spool;

/// What two endpoints answered.
#[derive(Debug)]
pub struct EndpointComparison {
    /// How they differ, by case.
    pub cases: Vec<CaseDifference>,
    /// What is known of both runs.
    runs: [WatchedRun; 2],
}

impl EndpointComparison {
    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        // What differs may be the answer to another request.
        if self.runs.iter().any(|run| run.is_mixed) {
            return Outcome::Inconclusive;
        }
        let found = || self.cases.iter().map(|case| &case.difference);
        if found().any(Difference::is_between_answers) {
            return Outcome::Broken;
        }
        // Where every case was skipped on purpose, nothing was compared.
        let is_open = || found().any(Difference::is_open);
        let is_empty = || found().all(|one| *one == Difference::SkippedOnPurpose);
        let is_clean = self.runs.iter().all(|run| run.is_clean);
        if !is_clean || is_open() || is_empty() { Outcome::Inconclusive } else { Outcome::Conforms }
    }
}

/// Runs the cases on the first endpoint, and on the second, where each is compared as it is finished: what the first
/// made of them waits on the disk. Both must have one seed, so that what an answer repeats of random values is alike.
///
/// Gives none after an interrupt; what is worth a remark goes to `remark`.
///
/// # Errors
/// An endpoint that cannot be tested, and a disk that is full.
pub async fn diff(
    [first, second]: [SessionSettings; 2],
    plan: &Plan,
    stop: &StopSwitch,
    remark: &dyn Fn(&str),
) -> Result<Option<EndpointComparison>, AppError> {
    [&first, &second].iter().try_for_each(|settings| settings.target.check(plan))?;
    let rules = Stability::of([&first, &second]);
    let mut spool = Spooled::default();
    let put = |record: &CaseRecord, planned: &PlannedCase| spool.put(&rules.summary(record, planned));
    let Some(one) = watch(first, plan, stop, remark, put).await? else { return Ok(None) };
    let (mut first, mut cases) = (spool.read().map_err(AppError::Scratch)?, Vec::new());
    let mut failed = None;
    let compared = |record: &CaseRecord, planned: &PlannedCase| match first.next() {
        Some(Ok(first)) => cases.push(compare(planned, &first, &rules.summary(record, planned))),
        Some(Err(error)) => failed = failed.take().or(Some(error)),
        None => {}
    };
    let Some(other) = watch(second, plan, stop, remark, compared).await? else { return Ok(None) };
    match failed {
        Some(error) => Err(AppError::Scratch(error)),
        None => Ok(Some(EndpointComparison { cases, runs: [one, other] })),
    }
}

/// What one endpoint made of the cases, in their order.
#[derive(Debug, Default)]
struct Spooled {
    lines: Spool,
    failed: Option<io::Error>,
}

impl Spooled {
    /// Adds a case; that it cannot be written is reported when it is read.
    fn put(&mut self, summary: &CaseSummary) {
        if self.failed.is_none() {
            let line = serde_json::to_vec(summary).map_err(io::Error::other);
            let written = line.and_then(|line| self.lines.write_all(&[&line[..], b"\n"].concat()));
            self.failed = written.err();
        }
    }

    fn read(self) -> io::Result<impl Iterator<Item = io::Result<CaseSummary>>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let lines = BufReader::new(self.lines.into_reader()?).lines();
        Ok(lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::other)))
    }
}

/// The rules for snapshots of both endpoints, so that one name is given to a value in either.
struct Stability {
    book: RuleBook,
    own: Normalisation,
}

impl Stability {
    fn of(sides: [&SessionSettings; 2]) -> Self {
        let mut own = Normalisation::default();
        for settings in sides {
            if let TestTarget::Other(endpoint) = &settings.target {
                own.values.extend(endpoint.normalisation.values.iter().cloned());
                own.unordered.extend(endpoint.normalisation.unordered.iter().cloned());
            }
        }
        Self { book: RuleBook::default(), own }
    }

    fn summary(&self, record: &CaseRecord, planned: &PlannedCase) -> CaseSummary {
        summarise(record, &planned.contract, &self.book.of(&planned.contract, &self.own))
    }
}
