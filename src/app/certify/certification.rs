//! The run of a certificate, which is like any other, but that every exchange is kept and no snapshot looked at; and the
//! bundle that is made of it. Main type: [`Certification`].

use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::pack::BundleContent;
use super::{CertificateInputs, EventRecording, Examined, Recorder, examine};
use crate::app::{
    AppError, Background, CaseChoice, Session, SessionSettings, TestTarget, day_of, manifest_drift,
};
use crate::digest::sha256_of;
use crate::event::{Event, RunEnd, Stopped};
use crate::evidence::{Account, Digest, EndpointAccount, ExpectedSigner, ResourceDescriptor, SigningKey};
use crate::judgement::WaiverBook;
use crate::model::{EndpointKind, Level, Suite, Waiver, plural};
use crate::plan::{Pattern, Plan, case_ids};
use crate::run::StopSwitch;
use crate::sign::Secrets;
use crate::source::{Shelf, Wanted, load, load_shelf, load_shelf_manifest, load_shelf_waivers, load_waivers};
use crate::transport::Keeping;

/// How many cases are named that prevent a certificate.
const NAMED: usize = 10;

/// What is certified, beside what the run shows.
#[derive(Debug, Clone, Default)]
pub struct CertificateClaim {
    /// The patterns that select cases; all of them if there are none.
    pub patterns: Vec<String>,
    /// Whether each pattern is a whole id.
    pub is_exact: bool,
    /// The expressions that select cases of those; all of them if there are none.
    pub filters: Vec<String>,
    /// The patterns of cases that are skipped on purpose; the certificate lists these cases.
    pub skip: Vec<String>,
    /// What is tested, if that is said.
    pub subject: Option<ResourceDescriptor>,
    /// Where the run can be looked up.
    pub url: Option<String>,
    /// The command line that starts the run. Reports show it, and the bundle does not.
    pub command: Option<String>,
    /// Whether mutants of the recorded answers are judged, for how strong the suite is.
    pub mutants: bool,
}

/// What is tested, if that is a file: its name and digest.
///
/// # Errors
/// A file that cannot be read.
pub fn subject_of_file(path: &Path) -> Result<ResourceDescriptor, AppError> {
    let sha256 = File::open(path).and_then(sha256_of);
    let sha256 = sha256.map_err(|source| AppError::Unreadable { path: path.to_path_buf(), source })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(ResourceDescriptor { digest: Digest { sha256 }, name, uri: None })
}

/// What is to be certified. Cases are read from a copy, which goes into the bundle, so that a table cannot change
/// between reading it and keeping it.
pub struct Certification {
    cases: PathBuf,
    shelf: Shelf,
    suite: Suite,
    waivers: Vec<Waiver>,
    claim: CertificateClaim,
}

/// A run that can begin.
pub struct CertifiedRun {
    session: Session,
    tested: EndpointAccount,
    secrets: Secrets,
    started: Timestamp,
}

/// A run that came to its end.
pub struct Certified {
    account: Account,
    recording: EventRecording,
    secrets: Secrets,
}

impl Certification {
    /// Copies and reads a folder of cases.
    ///
    /// # Errors
    /// Files that are invalid or cannot be read.
    pub fn read(cases: &Path, claim: CertificateClaim) -> Result<Self, AppError> {
        let shelf = Shelf::copy(cases)?;
        // What is wrong is shown where it is on the disk, and not in the copy.
        let on_disk = |error| load(cases, Wanted::All).err().unwrap_or(error);
        let suite = load_shelf(&shelf).map_err(on_disk)?;
        // Names of endpoints in waivers are compared with endpoints.toml, which is not part of the evidence.
        load_waivers(cases)?;
        let waivers = load_shelf_waivers(&shelf)?;
        Ok(Self { cases: cases.to_path_buf(), shelf, suite, waivers, claim })
    }

    /// The contracts and the tables.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// The cases that are selected, of a suite that is the one of its manifest.
    ///
    /// # Errors
    /// Patterns that match nothing, and a suite that is not the one that its manifest lists.
    pub fn plan(&self, manifest: Option<&Path>) -> Result<Plan, AppError> {
        let CertificateClaim { patterns, is_exact, filters, .. } = &self.claim;
        let mut plan = CaseChoice::new(patterns, *is_exact, filters)?.plan(&self.suite)?;
        let skip = self.claim.skip.iter().map(|text| Pattern::new(text, self.claim.is_exact));
        plan.skip(&skip.collect::<Result<Vec<_>, _>>()?)?;
        let drift = manifest_drift(manifest, &self.cases, None, &self.suite, &plan)?;
        match drift.filter(|drift| !drift.is_empty()) {
            None => Ok(plan),
            Some(drift) => {
                let lines = drift.lines(NAMED).join("; ");
                Err(AppError::no_certificate(format!("{drift}: {lines}")))
            }
        }
    }

    /// Starts what a run needs. Nothing is sent yet.
    ///
    /// # Errors
    /// An endpoint that cannot be tested.
    pub async fn start(
        &self,
        mut settings: SessionSettings,
        kind: EndpointKind,
    ) -> Result<CertifiedRun, AppError> {
        // What is certified rests on answers that can belong to no other request.
        settings.connection.keeping = Keeping::Fresh;
        // The deepest level of conformance; snapshots are not part of it.
        settings.run.gate = settings.run.gate.min(Level::Effect);
        let started = Timestamp::now();
        let waivers = self.book(&settings.target, started)?;
        let command = self.claim.command.clone();
        let background = Background { waivers, command, ..Background::default() };
        let session = Session::start(settings, background).await?;
        let endpoint = session.endpoint();
        let tested =
            EndpointAccount { kind, signing: endpoint.signing.usual(), hook: endpoint.states.is_some() };
        let secrets = endpoint.signing.secrets();
        Ok(CertifiedRun { session, tested, secrets, started })
    }

    /// Writes the bundle of a run to an empty file, and examines it: a bundle that does not pass is not given.
    ///
    /// # Errors
    /// A bundle that cannot be made, and one that does not verify.
    pub fn pack(
        self,
        certified: Certified,
        mut bundle: File,
        key: &SigningKey,
    ) -> Result<(File, Examined), AppError> {
        let Self { shelf, suite, waivers, claim, .. } = self;
        let Certified { mut account, recording, secrets } = certified;
        account.patterns = claim.patterns;
        account.exact = claim.is_exact;
        account.filters = claim.filters;
        account.subject = claim.subject;
        account.url = claim.url;
        account.mutants = claim.mutants;
        let manifest = load_shelf_manifest(&shelf)?;
        let parts = CertificateInputs { account, suite, waivers, manifest };
        let evidence = BundleContent { parts: &parts, shelf: &shelf, recording, secrets: &secrets };
        evidence.pack(&mut bundle, key)?;
        let examined = examine(&mut bundle, &ExpectedSigner::Key(key.public()));
        let examined = examined
            .map_err(|refusal| AppError::no_certificate(format!("the bundle does not verify: {refusal}")))?;
        bundle.rewind().map_err(AppError::Scratch)?;
        Ok((bundle, examined))
    }

    /// The waivers of the endpoint on the day on which the run starts; none apply to the embedded one.
    fn book(&self, target: &TestTarget, started: Timestamp) -> Result<WaiverBook, AppError> {
        match target {
            TestTarget::Reference(_) => Ok(WaiverBook::default()),
            TestTarget::Other(endpoint) => {
                let (day, cases) = (day_of(started), case_ids(&self.suite)?);
                Ok(WaiverBook::new(self.waivers.clone(), &endpoint.description, &day, &cases)?)
            }
        }
    }
}

impl CertifiedRun {
    /// Runs the cases; gives none after an interrupt.
    ///
    /// What the run says goes to `emit`, and to the empty file `scratch`, so that cases are held one at a time.
    ///
    /// # Errors
    /// A case that cannot be decided, and a disk that is full.
    pub async fn run(
        self,
        plan: Plan,
        stop: &StopSwitch,
        scratch: File,
        mut emit: impl FnMut(&Event),
    ) -> Result<Option<Certified>, AppError> {
        let Self { session, tested, secrets, started } = self;
        let mut recorder = Recorder::new(scratch, &secrets);
        let run = session.run(plan, stop, |event| {
            emit(&event);
            recorder.take(event);
        });
        let end = run.await;
        let account = Account::new(tested, started, Timestamp::now());
        if end.stopped == Some(Stopped::Interrupted) {
            return Ok(None);
        }
        certifiable(&end, &recorder)?;
        let recording = recorder.finish(end)?;
        Ok(Some(Certified { account, recording, secrets }))
    }
}

/// Whether every case of a run could be decided.
fn certifiable(end: &RunEnd, recorder: &Recorder) -> Result<(), AppError> {
    let no = |reason: String| Err(AppError::no_certificate(reason));
    if let Some(stopped) = &end.stopped {
        return no(format!("the run did not come to its end: {}", stopped.reason()));
    }
    let unknown = &recorder.unknown;
    if unknown.is_empty() {
        return Ok(());
    }
    let more = unknown.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    no(format!(
        "{} {} inconclusive: {}{more}",
        if unknown.len() == 1 { "a case".to_owned() } else { format!("{} cases", unknown.len()) },
        plural(unknown.len(), "is", "are"),
        unknown[..unknown.len().min(NAMED)].join(", ")
    ))
}
