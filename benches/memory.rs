//! Peak memory at 1,000, 10,000 and 100,000 cases: what the loaded tables take, and what the run adds.
//!
//! Each size runs in a process of its own. Linux only, since it reads /proc/self/status.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::env;
use std::fs;
use std::process::Command;

use support::{is_quick, load_cases, start_idle_server, status, write_cases};

/// Loads and runs so many cases, and prints KiB: at the start, with the tables loaded, at the peak.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    write_cases(folder.path(), count);
    let url = start_idle_server().await;
    let start = status("VmRSS");
    let cases = load_cases(folder.path(), &url, 16);
    let loaded = status("VmRSS");
    let peak_of_loading = status("VmHWM");
    // From here on, the peak is the run's (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    cases.run().await;
    println!("{start} {loaded} {peak_of_loading} {}", status("VmHWM"));
}

fn main() {
    if let Some(count) = env::var("PROOFMARK_BENCH_CASES").ok().and_then(|count| count.parse().ok()) {
        return measure(count);
    }
    let counts: &[usize] = if is_quick() { &[1_000] } else { &[1_000, 10_000, 100_000] };
    println!("  cases  tables loaded  peak of loading  peak of the run  run beyond tables");
    for count in counts {
        let child = Command::new(env::current_exe().unwrap())
            .env("PROOFMARK_BENCH_CASES", count.to_string())
            .output();
        let text = String::from_utf8(child.unwrap().stdout).unwrap();
        let figures: Vec<u64> = text.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
        let [start, loaded, peak_of_loading, peak] = figures[..] else { panic!("{text}") };
        let mib = |kib: u64| format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024);
        println!(
            "{count:>7}  {:>13}  {:>15}  {:>15}  {:>17}",
            mib(loaded - start),
            mib(peak_of_loading),
            mib(peak),
            mib(peak.saturating_sub(loaded))
        );
    }
}
