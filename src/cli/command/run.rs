//! `run`: cases against an endpoint, or against several, one after the other.

use std::env;
use std::iter::repeat_n;
use std::path::Path;

use super::check::select;
use super::stale::keep_stale;
use super::watch::watch;
use crate::app::{
    Background, Keep, LastRun, SessionSettings, TestTarget, check_endpoints, check_sendable, command_line,
    manifest_drift, series, today,
};
use crate::cli::args::RunArgs;
use crate::cli::dry_run::dry_run;
use crate::cli::exit::{CONFORMS, CliError, of_run};
use crate::cli::interrupt::interruptible;
use crate::cli::output::Output;
use crate::cli::reports::Reports;
use crate::cli::settings::{CommandSettings, check_connect, other};
use crate::cli::{note, print};
use crate::model::{Drift, Suite};
use crate::plan::Plan;
use crate::reference::Fault;
use crate::report::printable;
use crate::run::StopSwitch;
use crate::snapshot::Update;

/// Runs cases and gives the exit code.
pub(super) fn run(args: &RunArgs) -> Result<u8, CliError> {
    if args.faults.fault.iter().any(|name| name == "list") {
        return print(&fault_list());
    }
    if args.watch {
        return watch(args);
    }
    match prepare(args, None)? {
        Prepared::Done(code) => Ok(code),
        Prepared::Ready(ready) => Ok(interruptible(async |stop| ready.run(stop).await)?.code),
    }
}

/// What the arguments come to before anything is sent.
pub(super) enum Prepared {
    /// All is done already, with this exit code.
    Done(u8),
    /// A run can begin.
    Ready(Box<ReadyRun>),
}

/// A run of which all files are read.
pub(super) struct ReadyRun {
    sessions: Vec<(SessionSettings, Background, Plan)>,
    reports: Reports,
    last: LastRun,
    leaves_files: bool,
    /// Whether it may write over snapshots.
    pub(super) writes_snapshots: bool,
}

/// What a run has come to.
pub(super) struct RunResult {
    pub(super) code: u8,
    /// What the next one knows of it, if that is in no file.
    pub(super) last: Option<LastRun>,
}

impl ReadyRun {
    /// Runs the cases on one endpoint after the other, and finishes the reports.
    pub(super) async fn run(self, stop: &StopSwitch) -> Result<RunResult, CliError> {
        let Self { sessions, mut reports, mut last, leaves_files, writes_snapshots: _ } = self;
        let mut take = |event| {
            last.take(&event);
            reports.take(&event);
        };
        let end = series(sessions, stop, &mut take).await?;
        if leaves_files {
            last.save();
        }
        let code = of_run(end.outcome(), reports.close());
        Ok(RunResult { code, last: (!leaves_files).then_some(last) })
    }
}

/// Reads all that a run needs; `last` is what is known of an earlier one, if that is in no file.
pub(super) fn prepare(args: &RunArgs, last: Option<LastRun>) -> Result<Prepared, CliError> {
    let names: Vec<&str> = args.target.endpoint.iter().filter_map(|name| other(name)).collect();
    if names.is_empty() {
        check_connect(&args.connect, args.reuse)?;
    }
    let mut all = CommandSettings::of_all(args)?;
    check_kept_states(args, &all)?;
    let mut output = Output::resolve(&args.output)?;
    if output.reports.iter().any(|target| target.format.wants_exchanges()) {
        for settings in &mut all {
            settings.session.run.keeps_exchanges = true;
        }
    }
    let part = args.shard.part();
    let (suite, mut plan) = select(&args.select, part)?;
    let cases = &args.select.folder.cases;
    let drift = manifest_drift(args.scope.manifest.as_deref(), cases, part, &suite, &plan)?;
    if args.scope.stale {
        keep_stale(&mut plan, &all)?;
        if plan.cases.is_empty() {
            return Ok(Prepared::Done(CONFORMS));
        }
    }
    let last = last.unwrap_or_else(|| LastRun::of(cases));
    let planned = plans(args, &last, all, plan)?;
    check_endpoints(&names, cases, &suite)?;
    planned.iter().try_for_each(|(settings, plan)| settings.session.target.check(plan))?;
    if args.dry_run {
        planned.iter().try_for_each(|(_, plan)| check_sendable(plan))?;
        let texts: Vec<String> = planned.iter().map(|(settings, plan)| dry_run(plan, settings)).collect();
        return print(&printable(&texts.join("\n"))).map(Prepared::Done);
    }
    // What writes no file for snapshots writes none for later runs either.
    let updates: Vec<Update> = planned.iter().map(|(settings, _)| settings.snapshots.update).collect();
    let writes = |modes: &[Update]| updates.iter().any(|update| modes.contains(update));
    let leaves_files = writes(&[Update::Pending, Update::Unseen, Update::Always]);
    let writes_snapshots = writes(&[Update::Unseen, Update::Always]);
    output.style.leaves_files = leaves_files;
    let keep = keep(args, &planned, output.is_forced);
    let command = args.command.clone().unwrap_or_else(|| command_line(env::args_os()));
    let mut sessions = with_background(planned, cases, &suite, drift.as_ref(), &command)?;
    if args.mutants {
        sessions.iter_mut().try_for_each(|(session, background, _)| background.measure(session, &suite))?;
    }
    let reports = Reports::open(&output, keep)?;
    Ok(Prepared::Ready(Box::new(ReadyRun { sessions, reports, last, leaves_files, writes_snapshots })))
}

/// States can only be kept where there is an endpoint after the run.
fn check_kept_states(args: &RunArgs, all: &[CommandSettings]) -> Result<(), CliError> {
    let is_embedded =
        |settings: &CommandSettings| matches!(settings.session.target, TestTarget::Reference(_));
    if !args.target.keep_states || !all.iter().any(is_embedded) {
        return Ok(());
    }
    Err(CliError::Usage {
        message: "--keep-states needs --endpoint: the embedded endpoint ends with the run".into(),
        hint: Some("serve it with `proofmark serve`, and name its --endpoint and --states".into()),
    })
}

/// The runs to come, each with what belongs to its endpoint.
fn with_background(
    planned: Vec<(CommandSettings, Plan)>,
    cases: &Path,
    suite: &Suite,
    drift: Option<&Drift>,
    command: &str,
) -> Result<Vec<(SessionSettings, Background, Plan)>, CliError> {
    let day = today();
    let mut sessions = Vec::with_capacity(planned.len());
    for (CommandSettings { session, snapshots }, plan) in planned {
        let background = Background::read(&session.target, &snapshots, cases, suite, &day)?;
        background.notes.iter().for_each(|line| note(&printable(line)));
        let command = Some(command.to_owned());
        sessions.push((session, Background { drift: drift.cloned(), command, ..background }, plan));
    }
    Ok(sessions)
}

/// What runs on which endpoint: all of a plan, or with `--failed` what failed there when it last ran.
fn plans(
    args: &RunArgs,
    last: &LastRun,
    all: Vec<CommandSettings>,
    plan: Plan,
) -> Result<Vec<(CommandSettings, Plan)>, CliError> {
    let plans = repeat_n(plan, all.len());
    let mut planned: Vec<(CommandSettings, Plan)> = all.into_iter().zip(plans).collect();
    if !args.scope.failed {
        return Ok(planned);
    }
    for (settings, plan) in &mut planned {
        keep_failed(args, last, &settings.session.target, plan)?;
    }
    // Beside an endpoint where something failed, one where nothing did is not part of the run. A run with nothing at all
    // is made all the same: reports were asked for, and it comes to nothing that could pass.
    if planned.iter().any(|(_, plan)| !plan.cases.is_empty()) {
        planned.retain(|(_, plan)| !plan.cases.is_empty());
    }
    Ok(planned)
}

/// Keeps the cases that failed on an endpoint when they last ran. While files are watched, all run if none has failed,
/// since the change may have broken any.
fn keep_failed(args: &RunArgs, last: &LastRun, target: &TestTarget, plan: &mut Plan) -> Result<(), CliError> {
    let name = target.name();
    if args.watch {
        if !last.keep_any(target, plan) {
            note(&printable(&format!(
                "no selected case failed in the last run on {name}, so all of them run"
            )));
        }
        return Ok(());
    }
    last.keep(target, plan)?;
    if plan.cases.is_empty() {
        note(&printable(&format!(
            "no selected case failed in the last run on {name}: there is nothing to run"
        )));
    }
    Ok(())
}

/// All that a run reads.
fn keep(args: &RunArgs, planned: &[(CommandSettings, Plan)], is_forced: bool) -> Keep {
    let mut keep = Keep::new(is_forced);
    keep.cases(&args.select.folder.cases);
    keep.file(args.scope.manifest.as_deref(), "the manifest");
    for (CommandSettings { session: SessionSettings { connection, .. }, snapshots }, _) in planned {
        keep.snapshots(snapshots.folder.as_deref());
        keep.file(connection.tls.ca_file.as_deref(), "a file of certificates");
        keep.file(connection.tls.client_certificate.as_deref(), "a certificate and its key");
    }
    keep
}

/// Every fault by its promise, and below the promises that are watched in slices the conditions that may follow a name.
fn fault_list() -> String {
    let entries = [Fault::catalogue(), Fault::signature_catalogue()].concat();
    let width = entries.iter().map(|entry| entry.name.len()).filter(|width| *width <= 40).max().unwrap_or(0);
    let mut lines = Vec::new();
    for entry in &entries {
        lines.push(format!("{:<width$}  {}", entry.name, entry.breaks));
        if !entry.slices.is_empty() {
            lines.push(format!("{:<width$}    when: {}", "", entry.slices.join(" | ")));
        }
    }
    let sliced: usize = entries.iter().map(|entry| entry.slices.len()).sum();
    let (promises, name) = (entries.len(), "tag-key-129,when:method=GET,place=query");
    lines.push(format!(
        "\n{promises} promises, {sliced} with one condition; conditions go together, as in {name}"
    ));
    lines.join("\n") + "\n"
}
