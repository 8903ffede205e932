//! What reports cost: 100,000 cases with `ndjson` and `junit`, beside the same run without them, and the peak of memory
//! of both.
//!
//! What is compared takes turns in one process, so that a slow moment of the machine hits both; what counts is the ratio
//! of the medians. Each measure of memory runs in a process of its own (Linux only, since it reads /proc/self/status).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use proofmark::inside::event::Event;
use proofmark::inside::report::{Report, ReportFormat, Sink};
use support::{is_quick, load_cases, median, start_idle_server, status, write_cases};

/// How many cases run at once.
const JOBS: usize = 16;

/// The reports that are measured, each into a file.
fn reports(folder: &Path) -> Vec<Box<dyn Report>> {
    let open = |format: ReportFormat| {
        let sink = Sink::file(&folder.join(format.name())).unwrap();
        format.open(sink, "").unwrap()
    };
    vec![open(ReportFormat::Ndjson), open(ReportFormat::Junit)]
}

/// A run of the cases of a folder, with reports into `into` or without any.
async fn run(cases: &Path, url: &str, into: Option<&Path>) -> Duration {
    let mut reports = into.map(reports).unwrap_or_default();
    let loaded = load_cases(cases, url, JOBS);
    let emit = |event: Event| reports.iter_mut().for_each(|report| report.take(&event).unwrap());
    let took = loaded.run_telling(emit).await;
    for report in reports {
        report.close().unwrap();
    }
    took
}

/// Prints the KiB that a run adds to what is loaded.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure_memory(count: usize, with_reports: bool) {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases");
    write_cases(&cases, count);
    let url = start_idle_server().await;
    let into = with_reports.then_some(folder.path());
    let mut reports = into.map(reports).unwrap_or_default();
    let loaded = load_cases(&cases, &url, JOBS);
    let before = status("VmRSS");
    // From here on, the peak is the run's (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    loaded.run_telling(|event| reports.iter_mut().for_each(|report| report.take(&event).unwrap())).await;
    for report in reports {
        report.close().unwrap();
    }
    println!("{}", status("VmHWM").saturating_sub(before));
}

fn memory(count: usize, with_reports: bool) -> f64 {
    let mut child = Command::new(env::current_exe().unwrap());
    child.env("PROOFMARK_BENCH_CASES", count.to_string());
    if with_reports {
        child.env("PROOFMARK_BENCH_REPORTS", "1");
    }
    let text = String::from_utf8(child.output().unwrap().stdout).unwrap();
    text.trim().parse::<f64>().unwrap() / 1024.0
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn time(count: usize, rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let cases = folder.path().join("cases");
    write_cases(&cases, count);
    let url = start_idle_server().await;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(run(&cases, &url, None).await);
        times[1].push(run(&cases, &url, Some(folder.path())).await);
    }
    let [without, with] = times.map(|mut times| median(&mut times).as_secs_f64());
    println!("{count} cases, {JOBS} at once, against a server that does nothing, medians of {rounds} rounds");
    println!("without reports        {without:>7.3} s\nwith ndjson and junit  {with:>7.3} s");
    println!("with/without           {:>7.3}", with / without);
    let size = |format: ReportFormat| fs::metadata(folder.path().join(format.name())).unwrap().len() >> 20;
    println!("ndjson {} MiB, junit {} MiB\n", size(ReportFormat::Ndjson), size(ReportFormat::Junit));
}

fn main() {
    if let Some(count) = env::var("PROOFMARK_BENCH_CASES").ok().and_then(|count| count.parse().ok()) {
        return measure_memory(count, env::var_os("PROOFMARK_BENCH_REPORTS").is_some());
    }
    let (counts, rounds): (&[usize], usize) =
        if is_quick() { (&[1_000], 1) } else { (&[10_000, 100_000], 5) };
    for count in counts {
        time(*count, rounds);
    }
    println!("  cases  run beyond tables  the same with ndjson and junit");
    for count in counts {
        println!("{count:>7}  {:>13.1} MiB  {:>26.1} MiB", memory(*count, false), memory(*count, true));
    }
}
