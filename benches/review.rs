//! What snapshots cost: their part of a run, the same files read by insta's own macro, and how soon `pending` speaks.
//!
//! What is compared takes turns in one process, so that a slow moment of the machine hits all of it; what counts is
//! the ratio of the medians.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use insta::{Settings, Snapshot, assert_snapshot};
use proofmark::inside::event::Outcome;
use proofmark::inside::model::{CaseId, Contract, EndpointKind, Suite};
use proofmark::inside::plan::plan;
use proofmark::inside::run::{RunSettings, Runner, StopSwitch, run};
use proofmark::inside::snapshot::{Location, Origin, SnapshotComparison, Store, Update};
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::transport::{Client, Connection, TransportLimits};
use support::{is_quick, load_cases_with, median, start_idle_server, write_cases};
use tempfile::TempDir;

/// How many snapshots wait.
const WAITING: usize = 1_000;

/// A store as a run on a desk has it, which leaves a file where something differs and takes it away where not.
fn store(folder: &Path, update: Update) -> Store {
    let origin = Origin::now(EndpointKind::Foreign, "bench", Vec::new());
    Store::new(folder.join("snapshots"), update, EndpointKind::Foreign).journal(origin)
}

/// A run with snapshots that are as they were, beside one without any.
async fn verification(folder: &Path, url: &str, rounds: usize) {
    let cases = folder.join("cases");
    load_cases_with(&cases, url, 16, Some(store(folder, Update::Always))).run().await;
    println!("at once  without snapshots  with snapshots  share of the run");
    for jobs in [1, 16] {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            times[0].push(load_cases_with(&cases, url, jobs, None).run().await);
            let store = store(folder, Update::Pending);
            times[1].push(load_cases_with(&cases, url, jobs, Some(store)).run().await);
        }
        let [without, with] = times.map(|mut times| median(&mut times).as_secs_f64());
        let share = (with - without) / with * 100.0;
        println!("{jobs:>7}  {without:>15.3} s  {with:>12.3} s  {share:>14.1} %");
    }
}

/// How often the shipped cases run: in each way some 50,000 cases in all.
const TIMES: usize = 90;

/// Runs the shipped cases once on a reference endpoint of their own, which remembers the tokens of its clients:
/// without snapshots, or with these.
async fn shipped(suite: &Suite, snapshots: Option<(&Path, Update)>) -> Duration {
    let (endpoint, reference) = proofmark::inside::embedded::start(Vec::new()).await.unwrap();
    let origin = Origin::now(EndpointKind::Reference, "bench", Vec::new());
    let store =
        snapshots.map(|(folder, update)| Store::new(folder, update, EndpointKind::Reference).journal(origin));
    let settings =
        RunSettings { jobs: 16, allows_billable: true, keeps_exchanges: false, ..RunSettings::default() };
    let client =
        Client::new(TransportLimits::default(), &Connection::default(), endpoint.addresses()).unwrap();
    let runner = Runner::new(client, endpoint, settings, store);
    let plan = plan(suite, &[]).unwrap();
    let start = Instant::now();
    let end = run(Arc::new(runner), plan, Vec::new(), &StopSwitch::default(), drop).await;
    let took = start.elapsed();
    assert_eq!(end.outcome(), Outcome::Conforms);
    reference.shut_down().await;
    took
}

/// The same for the shipped cases on the reference endpoint, which does what an endpoint does: as in CI, where nothing
/// is written, and as on a desk, where the side file is renewed. The ways take turns run by run, each once in each
/// place, since a machine's pace changes within a second.
async fn verification_of_shipped(times: usize) {
    let suite = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), Wanted::All).unwrap();
    let snapshots = copy_of_snapshots();
    let ways = [None, Some((snapshots.path(), Update::Never)), Some((snapshots.path(), Update::Pending))];
    for way in ways {
        shipped(&suite, way).await;
    }
    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    for time in 0..times {
        for place in 0..ways.len() {
            let turn = (time + place) % ways.len();
            took[turn].push(shipped(&suite, ways[turn]).await);
        }
    }
    let [without, in_ci, on_a_desk] = took.map(|mut times| median(&mut times).as_secs_f64() * 1e3);
    let share = |with: f64| (with - without) / with * 100.0;
    println!("the shipped cases, 16 at once, on the reference endpoint, medians of {times} runs");
    println!("without snapshots  {without:>6.1} ms");
    println!("as in CI           {in_ci:>6.1} ms  share of the run {:>5.1} %", share(in_ci));
    println!("as on a desk       {on_a_desk:>6.1} ms  share of the run {:>5.1} %\n", share(on_a_desk));
}

/// The shipped snapshots in a folder where a side file may be written.
fn copy_of_snapshots() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut left =
        vec![(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots"), folder.path().to_path_buf())];
    while let Some((from, to)) = left.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let place = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                left.push((entry.path(), place));
            } else {
                fs::copy(entry.path(), place).unwrap();
            }
        }
    }
    folder
}

/// A snapshot's case, the name that insta has for it, and its text.
struct Kept {
    id: CaseId,
    contract: Arc<Contract>,
    name: String,
    text: String,
}

/// Every snapshot of the cases, read once.
fn kept(folder: &Path) -> Vec<Kept> {
    let suite = load(&folder.join("cases"), Wanted::All).unwrap();
    let store = store(folder, Update::Never);
    let planned = plan(&suite, &[]).unwrap().cases;
    let kept = planned.into_iter().map(|planned| {
        let path = store.path(&planned.id);
        let text = Snapshot::from_file(&path).unwrap().as_text().unwrap().to_string();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Kept { id: planned.id, contract: planned.contract, name, text }
    });
    kept.collect()
}

fn location(kept: &Kept) -> Location<'_> {
    Location { case: &kept.id, about: "A book is found.", contract: &kept.contract, exchanges: &[] }
}

fn by_store(store: &Store, kept: &[Kept]) -> Duration {
    let start = Instant::now();
    for each in kept {
        assert_eq!(store.compare(&location(each), &each.text).unwrap().0, SnapshotComparison::Same);
    }
    start.elapsed()
}

fn by_macro(settings: &Settings, kept: &[Kept]) -> Duration {
    let start = Instant::now();
    settings.bind(|| kept.iter().for_each(|each| assert_snapshot!(each.name.as_str(), each.text)));
    start.elapsed()
}

/// Every snapshot verified by a store that knows nothing yet, as in CI and on a desk, beside reading the same files.
fn beside_reading(folder: &Path, kept: &[Kept], rounds: usize) {
    let paths: Vec<PathBuf> = kept.iter().map(|each| store(folder, Update::Never).path(&each.id)).collect();
    let read = || {
        let start = Instant::now();
        for path in &paths {
            assert!(!fs::read(path).unwrap().is_empty());
        }
        start.elapsed()
    };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(read());
        times[1].push(by_store(&store(folder, Update::Never), kept));
        times[2].push(by_store(&store(folder, Update::Pending), kept));
    }
    let [reading, in_ci, on_a_desk] = times.map(|mut times| median(&mut times).as_secs_f64());
    println!("\n{} snapshots as they were, one after the other, beside reading their files", kept.len());
    println!("reading      {reading:>6.3} s");
    println!("as in CI     {in_ci:>6.3} s  verifying/reading {:.2}", in_ci / reading);
    println!("on a desk    {on_a_desk:>6.3} s  verifying/reading {:.2}", on_a_desk / reading);
}

/// The same files, compared by the store and by insta's macro, in one thread. The macro looks through the folder for
/// each of them, so it takes the longer the more files stand there: `among`.
fn beside_the_macro(folder: &Path, kept: &[Kept], among: usize, rounds: usize) {
    let store = store(folder, Update::Pending);
    let mut settings = Settings::new();
    settings.set_snapshot_path(store.path(&kept[0].id).parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(by_store(&store, kept));
        times[1].push(by_macro(&settings, kept));
    }
    let [ours, theirs] = times.map(|mut times| median(&mut times).as_secs_f64());
    println!("\n{} snapshots as they were, one after the other, in a folder of {among}", kept.len());
    println!("store  {ours:>6.3} s\ninsta  {theirs:>6.3} s\nstore/insta  {:.3}", ours / theirs);
}

/// How long it takes from the start of a command to the first byte that it prints.
fn to_first_output(folder: &Path, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    let mut child = command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    let time = start.elapsed();
    let _ = out.read_to_end(&mut Vec::new());
    let _ = child.wait();
    time
}

/// Reads each file that waits, and the one that was accepted before, as insta's own command does.
fn read_by_insta(paths: &[PathBuf]) -> Duration {
    let start = Instant::now();
    for path in paths {
        Snapshot::from_file(path).unwrap();
        Snapshot::from_file(&path.with_extension("")).unwrap();
    }
    start.elapsed()
}

/// `pending` with many snapshots that wait, beside insta's reader on the same files.
fn opening(folder: &Path, kept: &[Kept], rounds: usize) {
    let store = store(folder, Update::Pending);
    let waiting = &kept[..WAITING.min(kept.len())];
    for each in waiting {
        let changed = each.text.replace("A Book", "Another Book");
        assert!(matches!(
            store.compare(&location(each), &changed).unwrap().0,
            SnapshotComparison::Different { .. }
        ));
    }
    let paths: Vec<PathBuf> =
        waiting.iter().map(|each| store.path(&each.id).with_extension("snap.new")).collect();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(to_first_output(folder, &["pending"]));
        times[1].push(read_by_insta(&paths));
        times[2].push(to_first_output(folder, &["--version"]));
    }
    let [ours, theirs, bare] = times.map(|mut times| median(&mut times).as_secs_f64());
    println!("\n{} snapshots that wait, among {}", waiting.len(), kept.len());
    println!("`pending`, to its first output  {ours:.3} s\nread by insta alone             {theirs:.3} s");
    println!("`--version`                     {bare:.3} s\npending/insta  {:.2}", ours / theirs);
    for path in paths {
        fs::remove_file(path).unwrap();
    }
}

/// A folder with fewer cases, whose snapshots are the same.
async fn small_folder(url: &str, count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases");
    write_cases(&cases, count);
    load_cases_with(&cases, url, 16, Some(store(folder.path(), Update::Always))).run().await;
    folder
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (count, rounds) = if is_quick() { (200, 1) } else { (10_000, 7) };
    verification_of_shipped(if is_quick() { 1 } else { TIMES }).await;
    if std::env::args().any(|argument| argument == "--shipped") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_cases(&folder.path().join("cases"), count);
    let url = start_idle_server().await;
    println!("{count} cases against a server that does nothing, medians of {rounds} rounds\n");
    verification(folder.path(), &url, rounds).await;
    let kept = kept(folder.path());
    beside_reading(folder.path(), &kept, rounds);
    let some = &kept[..WAITING.min(count)];
    beside_the_macro(folder.path(), some, count, rounds.min(2));
    let small = small_folder(&url, some.len()).await;
    beside_the_macro(small.path(), some, some.len(), rounds);
    opening(folder.path(), &kept, rounds);
}
