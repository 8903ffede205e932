//! From the start of the process to the verdict of 30 cases, beside a start that does nothing.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

use std::env;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn time(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env("CI", "1").stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    start.elapsed()
}

fn main() {
    let rounds = if env::var_os("PROOFMARK_BENCH_QUICK").is_some() { 3 } else { 25 };
    // 30 cases of the shipped tables, by whole ids.
    let list = Command::new(env!("CARGO_BIN_EXE_proofmark"))
        .arg("list")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let ids = String::from_utf8(list.unwrap().stdout).unwrap();
    let chosen: Vec<&str> = ids.lines().step_by(ids.lines().count() / 30).take(30).collect();
    let some = [&["run", "--exact"], chosen.as_slice()].concat();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(time(&some));
        times[1].push(time(&["run"]));
        times[2].push(time(&["--version"]));
    }
    let [some, all, nothing] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1000.0
    });
    println!("from start to verdict, median of {rounds} rounds");
    println!("  {} cases    {some:>6.1} ms", chosen.len());
    println!("  all {} cases {all:>5.1} ms", ids.lines().count());
    println!("  --version   {nothing:>6.1} ms");
}
