//! Evidence as files, and back: contracts and tables, the account of the run, and what it said. Main type:
//! [`CertificateInputs`].

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use crate::app::AppError;
use crate::app::end_figures::rows_held;
use crate::app::followed::Following;
use crate::app::saved::{EventLine, LONGEST_LINE, next_line};
use crate::coverage::{Coverage, row_coverage};
use crate::event::{Event, RunEnd, RunStart};
use crate::evidence::{
    ACCOUNT, Account, Bundle, BundleError, BundleFiles, COVERAGE, Divergence, ENVELOPE, EVENTS,
    ExpectedSigner, JudgedRun, JudgingInputs, MANIFEST, RecordedRun, RowEvidence, SIGNER, Statement,
    StatementBasis, coverage_bytes, end_contradicts, find_provoked, some, statement,
};
use crate::model::{CaseId, Manifest, Spot, Suite, Waiver};
use crate::plan::{PlannedCase, case_ids};
use crate::report::{event_line, read_event};
use crate::run::drift;
use crate::source::{LoadError, Shelf, load_shelf, load_shelf_manifest, load_shelf_waivers};
use crate::strength::{Bound, Came, Twins};
use crate::whole_file::scratch_anywhere;

/// How many differences from a manifest are reported.
const DIFFERENCES: usize = 20;

/// How many mutants are judged for a certificate at the most: who makes it and who verifies it come to the same figures.
const MOST_MUTANTS: Bound = Bound { mutants: 1_000_000 };

/// How much of the events is read at once, in bytes.
pub(super) const PART: usize = 64 * 1024;

/// The largest bundle that is taken from a pipe, in bytes.
const LARGEST_PIPED: u64 = 256 * 1024 * 1024;

/// All that a certificate rests on, read.
#[derive(Debug)]
pub struct CertificateInputs {
    /// What was tested, when and how.
    pub account: Account,
    /// The contracts and the tables.
    pub suite: Suite,
    /// The known failures.
    pub waivers: Vec<Waiver>,
    /// The list of the suite, where it has one.
    pub manifest: Option<Manifest>,
}

/// A bundle that was checked in full, and holds.
#[derive(Debug)]
pub struct Examined {
    /// The bundle.
    pub(crate) bundle: Bundle,
    /// What the certificate rests on.
    pub(crate) parts: CertificateInputs,
    /// What each case comes to, judged again.
    pub(crate) judged: JudgedRun,
    /// Which rows were provoked.
    pub rows: Vec<RowEvidence>,
    /// How the run started.
    pub start: RunStart,
    /// How the run ended.
    pub end: RunEnd,
}

impl Examined {
    /// What the certificate says.
    pub fn statement(&self) -> &Statement {
        &self.bundle.statement
    }

    /// How many cases were judged again, and came to what is recorded.
    pub fn confirmed(&self) -> usize {
        self.judged.confirmed
    }
}

/// Why a bundle is refused.
#[derive(Debug)]
pub enum BundleRefusal {
    /// It is not whole, or not signed as it must be.
    Bundle(BundleError),
    /// It is whole and signed, and says what is not so.
    Untrue(Vec<Divergence>),
}

impl fmt::Display for BundleRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => error.fmt(formatter),
            Self::Untrue(untrue) => formatter.write_str(&some(untrue).join("; ")),
        }
    }
}

impl From<Divergence> for BundleRefusal {
    fn from(divergence: Divergence) -> Self {
        Self::Untrue(vec![divergence])
    }
}

fn divergence(subject: &str, what: impl Into<String>) -> Divergence {
    Divergence { subject: subject.to_owned(), what: what.into() }
}

impl CertificateInputs {
    /// Reads the files of a bundle but its events; none of another name may be there.
    pub(in crate::app) fn read(files: &BundleFiles) -> Result<Self, Divergence> {
        let account = Account::from_bytes(file(files, ACCOUNT)?).map_err(|what| divergence(ACCOUNT, what))?;
        let own = [ACCOUNT, COVERAGE, ENVELOPE, MANIFEST, SIGNER];
        let mut texts = Vec::new();
        for (name, bytes) in files.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            let text = String::from_utf8(bytes.clone()).map_err(|_| divergence(name, "it is not text"))?;
            texts.push((name.clone(), text));
        }
        let shelf = Shelf::new(texts).map_err(|name| divergence(&name, "a bundle has no such file"))?;
        let unusable = |error: LoadError| divergence("cases", load_reason(&error));
        let suite = load_shelf(&shelf).map_err(unusable)?;
        let waivers = load_shelf_waivers(&shelf).map_err(unusable)?;
        let manifest = load_shelf_manifest(&shelf).map_err(unusable)?;
        Ok(Self { account, suite, waivers, manifest })
    }

    /// Judges every case of these events again, and gives how the run started and ended.
    pub(super) fn judge(
        &self,
        events: impl Iterator<Item = Result<Event, Divergence>>,
    ) -> Result<(JudgedRun, RunStart, RunEnd), Divergence> {
        let Self { account, suite, waivers, .. } = self;
        let cases = self.cases()?;
        let unusable = |error: AppError| divergence("cases", error.to_string());
        let mut mutants = Following::new(suite, &cases, MOST_MUTANTS).map_err(unusable)?;
        let events = events.inspect(|event| {
            if let (true, Ok(event)) = (account.mutants, event) {
                mutants.take(event);
            }
        });
        let mut recorded = RecordedRun::begin(events)?;
        let mut judged = JudgingInputs { account, suite, waivers }.judge(&mut recorded)?;
        let (start, end, _) = recorded.finish()?;
        let contracts: Vec<String> = start.operations.iter().map(|one| one.id.clone()).collect();
        judged.end.rows_held = Some(rows_held(&Twins::of(&cases), &contracts, &came(&judged)));
        if account.mutants {
            let mutated = mutants.finish().map_err(|error| divergence(EVENTS, error.to_string()))?;
            judged.end.strength = Some(mutated.strength());
        }
        Ok((judged, start, end))
    }

    /// All cases of the tables.
    fn cases(&self) -> Result<Vec<PlannedCase>, Divergence> {
        case_ids(&self.suite).map_err(|error| divergence("cases", error.to_string()))
    }

    /// The events in these lines, each case with its place in the tables.
    pub(in crate::app) fn events<R: Read>(&self, lines: R) -> Result<EventFile<R>, Divergence> {
        let lines = BufReader::with_capacity(PART, lines);
        Ok(EventFile { lines, places: places(&self.suite)?, number: 0 })
    }

    /// Which rows were provoked.
    pub(super) fn rows(&self, judged: &JudgedRun) -> Result<Vec<RowEvidence>, Divergence> {
        Ok(find_provoked(judged, &self.aims()?))
    }

    /// How the tables differ from their own manifest.
    fn drift(&self) -> Result<Vec<Divergence>, Divergence> {
        let Some(manifest) = &self.manifest else { return Ok(Vec::new()) };
        let drift = drift(&self.suite, manifest).map_err(|error| divergence("cases", error.to_string()))?;
        Ok(drift.lines(DIFFERENCES).into_iter().map(|line| divergence("cases/manifest.toml", line)).collect())
    }

    fn aims(&self) -> Result<Vec<Coverage>, Divergence> {
        let found = row_coverage(&self.suite).map(|found| found.contracts);
        found.map_err(|error| divergence("cases", error.to_string()))
    }

    /// The statement that follows from all of it.
    pub(super) fn statement(
        &self,
        start: &RunStart,
        judged: &JudgedRun,
        rows: &[RowEvidence],
        files: &BundleFiles,
    ) -> Result<Statement, Divergence> {
        let statement = statement(&StatementBasis { account: &self.account, start, judged, rows, files });
        let statement = statement.map_err(|what| divergence(ACCOUNT, what))?;
        statement.consistent().map_err(|error| divergence("the statement", error.to_string()))?;
        Ok(statement)
    }
}

/// What came of each case; nothing is known of one that the evidence does not show.
fn came(judged: &JudgedRun) -> HashMap<CaseId, Came> {
    let shown = judged.results.iter().filter(|result| result.is_shown);
    shown.map(|result| (result.id.clone(), Came::of(&result.verdict))).collect()
}

/// Opens what may be a bundle. It is read twice, so one that comes through a pipe is copied first.
///
/// # Errors
/// A file that cannot be read, or is too large for a pipe.
pub fn open_bundle(path: &Path) -> Result<File, AppError> {
    let open = || {
        let file = File::open(path)?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        let mut copy = scratch_anywhere()?;
        if io::copy(&mut file.take(LARGEST_PIPED + 1), &mut copy)? > LARGEST_PIPED {
            let message =
                format!("more than {LARGEST_PIPED} bytes come through a pipe; copy them to a file first");
            return Err(io::Error::other(message));
        }
        copy.rewind()?;
        Ok(copy)
    };
    open().map_err(|source| AppError::Unreadable { path: path.to_path_buf(), source })
}

/// Checks a bundle: its form, its signature, its digests, and then whether what it says follows from what it holds.
///
/// It is read twice: first as a whole, then its events again. Only one event is held at a time.
///
/// # Errors
/// Why the bundle is refused: its form, its signature, or all that it says and that is not so.
///
/// ```no_run
/// use std::fs::File;
///
/// use proofmark::verify::{ExpectedSigner, PublicKey, examine};
///
/// let key = PublicKey::from_pem(&std::fs::read_to_string("release.pem.pub")?)?;
/// match examine(&mut File::open("mock.proof")?, &ExpectedSigner::Key(key)) {
///     Ok(found) => println!("{}: {} cases judged again", found.statement().result, found.confirmed()),
///     Err(refusal) => println!("refused: {refusal}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn examine(from: &mut (impl Read + Seek), signer: &ExpectedSigner) -> Result<Examined, BundleRefusal> {
    let bundle = Bundle::open(from, signer).map_err(BundleRefusal::Bundle)?;
    let parts = CertificateInputs::read(&bundle.files)?;
    let unreadable = |error: io::Error| divergence(EVENTS, error.to_string());
    let mut events = parts.events(bundle.events(from).map_err(unreadable)?)?;
    let (judged, start, end) = parts.judge(&mut events)?;
    if !bundle.is_same(events.into_source()) {
        return Err(divergence(EVENTS, "it has changed while it was read").into());
    }
    let mut untrue = judged.divergences.clone();
    untrue.extend(end_contradicts(&judged.end, &end));
    let rows = parts.rows(&judged)?;
    if file(&bundle.files, COVERAGE)? != coverage_bytes(&rows) {
        untrue.push(divergence(COVERAGE, "it is not what the cases come to"));
    }
    untrue.extend(parts.drift()?);
    // What does not hold before this is the cause, and reported alone.
    if untrue.is_empty() {
        let due = parts.statement(&start, &judged, &rows, &bundle.files)?;
        untrue.extend(statement_contradicts(&due, &bundle.statement));
    }
    if untrue.is_empty() {
        Ok(Examined { bundle, parts, judged, rows, start, end })
    } else {
        Err(BundleRefusal::Untrue(untrue))
    }
}

/// Whether the contracts and tables of a bundle are those of a folder. Waivers are the certifier's own.
///
/// # Errors
/// The files that differ.
pub fn is_of(shelf: &Shelf, examined: Examined) -> Result<Examined, BundleRefusal> {
    let is_meant = |name: &str| name.starts_with("cases/") && name != "cases/waivers.toml";
    let own: BTreeMap<String, &str> = shelf.files().filter(|(name, _)| is_meant(name)).collect();
    let files = &examined.bundle.files;
    let mut untrue = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| is_meant(name)) {
        match own.get(name) {
            // What was read has line feeds, whatever the checkout has.
            Some(text) if std::str::from_utf8(bytes).is_ok_and(|own| own.replace("\r\n", "\n") == **text) => {
            }
            Some(_) => untrue.push(divergence(name, "it is not the one in the folder")),
            None => untrue.push(divergence(name, "the folder has no such file")),
        }
    }
    let missing = own.keys().filter(|name| !files.contains_key(*name));
    untrue.extend(missing.map(|name| divergence(name, "the bundle has no such file")));
    if untrue.is_empty() { Ok(examined) } else { Err(BundleRefusal::Untrue(untrue)) }
}

/// How a signed statement differs from the one that follows from the evidence.
fn statement_contradicts(due: &Statement, signed: &Statement) -> Option<Divergence> {
    let differs = |what: String| Some(divergence("the statement", what));
    if due.to_bytes() == signed.to_bytes() {
        return None;
    }
    if due.result != signed.result {
        return differs(format!("it says {}, and the evidence comes to {}", signed.result, due.result));
    }
    let parts = [
        ("its subject", due.subject == signed.subject),
        ("the cases that passed", due.passed == signed.passed),
        ("the cases that are warned about", due.warned == signed.warned),
        ("the cases that failed", due.failed == signed.failed),
        ("its configuration", due.configuration == signed.configuration),
        ("its scope", due.conformance.scope == signed.conformance.scope),
        ("the error rows that are held", due.conformance.rows_held == signed.conformance.rows_held),
        ("how strong the suite is", due.conformance.strength == signed.conformance.strength),
    ];
    let wrong = parts.into_iter().find(|(_, holds)| !holds).map_or("what it leaves out", |(what, _)| what);
    differs(format!("the evidence comes to something else about {wrong}"))
}

fn file<'a>(files: &'a BundleFiles, name: &str) -> Result<&'a [u8], Divergence> {
    files.get(name).map(Vec::as_slice).ok_or_else(|| divergence(name, "it is missing"))
}

/// Where the cases are written, by id.
type CaseSpots = HashMap<String, Spot>;

fn places(suite: &Suite) -> Result<CaseSpots, Divergence> {
    let cases = case_ids(suite).map_err(|error| divergence("cases", error.to_string()))?;
    Ok(cases.into_iter().map(|planned| (planned.id.to_string(), planned.spot().clone())).collect())
}

/// The event, with the place of its case in the tables. A place that is only said takes as much memory as it says lines.
fn add_place(event: Event, places: &CaseSpots) -> Result<Event, Divergence> {
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

/// Events, read line by line as this program writes them. It ends with the first line that is wrong.
pub(in crate::app) struct EventFile<R> {
    lines: BufReader<R>,
    places: CaseSpots,
    /// The number of the line that was read last.
    number: usize,
}

impl<R: Read> EventFile<R> {
    /// Where the lines came from.
    fn into_source(self) -> R {
        self.lines.into_inner()
    }

    fn read(&mut self) -> Result<Option<Event>, Divergence> {
        let wrong = |what: String| divergence(EVENTS, what);
        self.number += 1;
        let at = self.number;
        let line = next_line(&mut self.lines, LONGEST_LINE);
        let line = match line.map_err(|error| wrong(format!("line {at}: {error}")))? {
            EventLine::None => return Ok(None),
            EventLine::CutOff => return Err(wrong("its last line is cut off".into())),
            EventLine::TooLong => {
                return Err(wrong(format!("line {at}: it has more than {LONGEST_LINE} bytes")));
            }
            EventLine::Whole(line) => line,
        };
        let line = String::from_utf8(line).map_err(|_| wrong("it is not text".into()))?;
        let event = read_event(&line).map_err(|error| wrong(format!("line {at}: {error}")))?;
        if event_line(&event).ok().as_deref() != Some(line.as_str()) {
            return Err(wrong(format!("line {at}: it is not as proofmark writes {}", event_name(&event))));
        }
        add_place(event, &self.places).map(Some)
    }
}

impl<R: Read> Iterator for EventFile<R> {
    type Item = Result<Event, Divergence>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn event_name(event: &Event) -> String {
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
fn load_reason(error: &LoadError) -> String {
    match error {
        LoadError::Problems(problems) => problems.first().map(ToString::to_string).unwrap_or_default(),
        LoadError::Unreadable { .. } | LoadError::Empty { .. } => error.to_string(),
    }
}
