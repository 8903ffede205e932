//! Evidence as files, and back: contracts and tables, the account of the run, and what it said. Main type: [`Parts`].

use std::collections::HashMap;
use std::fmt;

use super::exit::CliError;
use crate::coverage::{Coverage, coverage};
use crate::event::Event;
use crate::evidence::{
    ACCOUNT, Account, Basis, Bundle, BundleError, COVERAGE, Divergence, Dossier, ENVELOPE, EVENTS, Files,
    Judged, MANIFEST, Recorded, RowEvidence, SIGNER, Signer, Statement, coverage_bytes, end_contradicts,
    provoked, some, statement,
};
use crate::model::{Manifest, Spot, Suite, Waiver};
use crate::plan::case_ids;
use crate::report::{event_line, read_event};
use crate::run::drift;
use crate::source::{LoadError, Shelf, load_shelf, load_shelf_manifest, load_shelf_waivers};

/// How many differences from a manifest are told.
const DIFFERENCES: usize = 20;

/// All that a certificate rests on, read.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) account: Account,
    pub(super) suite: Suite,
    pub(super) waivers: Vec<Waiver>,
    pub(super) recorded: Recorded,
    /// The list of the suite, where it has one.
    pub(super) manifest: Option<Manifest>,
}

/// A bundle that was checked in full, and holds.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) bundle: Bundle,
    pub(super) parts: Parts,
    pub(super) judged: Judged,
    pub(super) rows: Vec<RowEvidence>,
}

/// Why a bundle is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not whole, or not signed as it must be.
    Bundle(BundleError),
    /// It is whole and signed, and says what is not so.
    Untrue(Vec<Divergence>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => error.fmt(formatter),
            Self::Untrue(untrue) => formatter.write_str(&some(untrue).join("; ")),
        }
    }
}

impl From<Divergence> for Refusal {
    fn from(divergence: Divergence) -> Self {
        Self::Untrue(vec![divergence])
    }
}

pub(super) fn divergence(subject: &str, what: impl Into<String>) -> Divergence {
    Divergence { subject: subject.to_owned(), what: what.into() }
}

impl Parts {
    /// Reads the files of a bundle; none of another name may be there.
    pub(super) fn read(files: &Files) -> Result<Self, Divergence> {
        let account = Account::from_bytes(file(files, ACCOUNT)?).map_err(|what| divergence(ACCOUNT, what))?;
        let own = [ACCOUNT, COVERAGE, ENVELOPE, EVENTS, MANIFEST, SIGNER];
        let mut texts = Vec::new();
        for (name, bytes) in files.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            let text = String::from_utf8(bytes.clone()).map_err(|_| divergence(name, "it is no text"))?;
            texts.push((name.clone(), text));
        }
        let shelf = Shelf::new(texts).map_err(|name| divergence(&name, "a bundle has no such file"))?;
        let unusable = |error: LoadError| divergence("cases", told(&error));
        let suite = load_shelf(&shelf).map_err(unusable)?;
        let waivers = load_shelf_waivers(&shelf).map_err(unusable)?;
        let manifest = load_shelf_manifest(&shelf).map_err(unusable)?;
        let recorded = recorded(file(files, EVENTS)?, &places(&suite)?)?;
        Ok(Self { account, suite, waivers, recorded, manifest })
    }

    /// Judges every case again.
    pub(super) fn judge(&self) -> Result<Judged, Divergence> {
        let Self { account, suite, waivers, recorded, .. } = self;
        Dossier { account, suite, waivers: waivers.clone(), recorded }.judge()
    }

    /// Which rows were provoked.
    pub(super) fn rows(&self, judged: &Judged) -> Result<Vec<RowEvidence>, Divergence> {
        Ok(provoked(judged, &self.recorded, &self.aims()?))
    }

    /// In what the tables are not the suite that they list.
    fn drift(&self) -> Result<Vec<Divergence>, Divergence> {
        let Some(manifest) = &self.manifest else { return Ok(Vec::new()) };
        let drift = drift(&self.suite, manifest).map_err(|error| divergence("cases", error.to_string()))?;
        Ok(drift.lines(DIFFERENCES).into_iter().map(|line| divergence("cases/manifest.toml", line)).collect())
    }

    fn aims(&self) -> Result<Vec<Coverage>, Divergence> {
        let found = coverage(&self.suite).map(|found| found.contracts);
        found.map_err(|error| divergence("cases", error.to_string()))
    }

    /// The statement that follows from all of it.
    pub(super) fn statement(
        &self,
        judged: &Judged,
        rows: &[RowEvidence],
        files: &Files,
    ) -> Result<Statement, Divergence> {
        let Self { account, recorded, .. } = self;
        let statement = statement(&Basis { account, recorded, judged, rows, files });
        let statement = statement.map_err(|what| divergence(ACCOUNT, what))?;
        statement.consistent().map_err(|error| divergence("the statement", error.to_string()))?;
        Ok(statement)
    }
}

/// Checks a bundle: its form, its signature, its digests, and then whether what it says follows from what it holds.
pub(super) fn examine(bytes: &[u8], signer: &Signer) -> Result<Examined, Refusal> {
    let bundle = Bundle::open(bytes, signer).map_err(Refusal::Bundle)?;
    let parts = Parts::read(&bundle.files)?;
    let judged = parts.judge()?;
    let mut untrue = judged.divergences.clone();
    untrue.extend(end_contradicts(&judged.end, &parts.recorded.end));
    let rows = parts.rows(&judged)?;
    if file(&bundle.files, COVERAGE)? != coverage_bytes(&rows) {
        untrue.push(divergence(COVERAGE, "it is not what the cases come to"));
    }
    untrue.extend(parts.drift()?);
    // What does not hold before this is the cause, and told alone.
    if untrue.is_empty() {
        let due = parts.statement(&judged, &rows, &bundle.files)?;
        untrue.extend(statement_contradicts(&due, &bundle.statement));
    }
    if untrue.is_empty() {
        Ok(Examined { bundle, parts, judged, rows })
    } else {
        Err(Refusal::Untrue(untrue))
    }
}

/// In what a signed statement is not the one that follows from the evidence.
fn statement_contradicts(due: &Statement, signed: &Statement) -> Option<Divergence> {
    let told = |what: String| Some(divergence("the statement", what));
    if due.to_bytes() == signed.to_bytes() {
        return None;
    }
    if due.result != signed.result {
        return told(format!("it says {}, and the evidence comes to {}", signed.result, due.result));
    }
    let parts = [
        ("its subject", due.subject == signed.subject),
        ("the cases that passed", due.passed == signed.passed),
        ("the cases that are warned about", due.warned == signed.warned),
        ("the cases that failed", due.failed == signed.failed),
        ("its configuration", due.configuration == signed.configuration),
        ("its scope", due.conformance.scope == signed.conformance.scope),
    ];
    let wrong = parts.into_iter().find(|(_, holds)| !holds).map_or("what it leaves out", |(what, _)| what);
    told(format!("the evidence comes to something else about {wrong}"))
}

fn file<'a>(files: &'a Files, name: &str) -> Result<&'a [u8], Divergence> {
    files.get(name).map(Vec::as_slice).ok_or_else(|| divergence(name, "it is missing"))
}

/// The events as lines.
pub(super) fn event_bytes(recorded: &Recorded) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    for event in recorded.clone().into_events() {
        bytes.extend(event_line(&event).map_err(CliError::Output)?.into_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Where the cases stand, by id.
type Places = HashMap<String, Spot>;

fn places(suite: &Suite) -> Result<Places, Divergence> {
    let cases = case_ids(suite).map_err(|error| divergence("cases", error.to_string()))?;
    Ok(cases.into_iter().map(|planned| (planned.id.to_string(), planned.spot().clone())).collect())
}

/// The event, with the place of its case in the tables. A place that is only said takes as much memory as it says lines.
fn placed(event: Event, places: &Places) -> Result<Event, Divergence> {
    let Event::Finished(mut record) = event else { return Ok(event) };
    let at = |spot: &Spot| (spot.file.path.clone(), spot.line(), spot.column());
    match places.get(record.id.as_str()) {
        None => Err(divergence(record.id.as_str(), "it is recorded, and the tables have no such case")),
        Some(spot) if at(spot) != at(&record.spot) => {
            Err(divergence(record.id.as_str(), "it does not stand where the record says"))
        }
        Some(spot) => {
            record.spot = spot.clone();
            Ok(Event::Finished(record))
        }
    }
}

/// What a run said, from lines that are written as this program writes them.
fn recorded(bytes: &[u8], places: &Places) -> Result<Recorded, Divergence> {
    let wrong = |what: String| divergence(EVENTS, what);
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is no text".into()))?;
    let body = text.strip_suffix('\n').ok_or_else(|| wrong("its last line is cut off".into()))?;
    let mut events = Vec::new();
    for (position, line) in body.split('\n').enumerate() {
        let at = position + 1;
        let event = read_event(line).map_err(|error| wrong(format!("line {at}: {error}")))?;
        if event_line(&event).ok().as_deref() != Some(line) {
            return Err(wrong(format!("line {at}: it is not as proofmark writes {}", named(&event))));
        }
        events.push(placed(event, places)?);
    }
    Recorded::of(events).map_err(wrong)
}

fn named(event: &Event) -> String {
    match event {
        Event::Finished(record) => format!("the case {}", record.id),
        Event::Started(_)
        | Event::Warned { .. }
        | Event::Ended(_)
        | Event::SeriesStarted { .. }
        | Event::SeriesEnded(_) => "this event".to_owned(),
    }
}

/// Why contracts and tables cannot be read, with the first problem.
fn told(error: &LoadError) -> String {
    match error {
        LoadError::Problems(problems) => problems.first().map(ToString::to_string).unwrap_or_default(),
        LoadError::Unreadable { .. } | LoadError::Empty { .. } => error.to_string(),
    }
}
