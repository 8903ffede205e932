//! From the start of the process to the verdict of 30 cases, beside a start that does nothing; and the same beside hurl,
//! if that is installed.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{is_quick, median, served, start_server, write_cases};

const PROOFMARK: &str = env!("CARGO_BIN_EXE_proofmark");

fn time(program: &str, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env("CI", "1");
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    start.elapsed()
}

fn milliseconds(mut times: Vec<Duration>) -> f64 {
    median(&mut times).as_secs_f64() * 1000.0
}

/// The cases that are shipped, on the embedded endpoint.
fn shipped(rounds: usize) {
    // 30 cases of the shipped tables, by whole ids.
    let list = Command::new(PROOFMARK).arg("list").current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let ids = String::from_utf8(list.unwrap().stdout).unwrap();
    let chosen: Vec<&str> = ids.lines().step_by(ids.lines().count() / 30).take(30).collect();
    let some = [&["run", "--exact"], chosen.as_slice()].concat();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(time(PROOFMARK, &some));
        times[1].push(time(PROOFMARK, &["run"]));
        times[2].push(time(PROOFMARK, &["--version"]));
    }
    let [some, all, nothing] = times.map(milliseconds);
    println!("from start to verdict, median of {rounds} rounds");
    println!("  {} cases    {some:>6.1} ms", chosen.len());
    println!("  all {} cases {all:>5.1} ms", ids.lines().count());
    println!("  --version   {nothing:>6.1} ms");
}

/// The program of this name that a shell would start.
fn installed(name: &str) -> Option<String> {
    let path = env::var_os("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())?;
    found.into_os_string().into_string().ok()
}

/// The same requests and conditions as the cases of `write_cases`, in one file of hurl's.
fn write_hurl(file: &Path, url: &str, count: usize) {
    let mut text = String::new();
    for number in 0..count {
        writeln!(text, "GET {url}/books?id=b-{number}&language=en\nHTTP 200\n[Asserts]").unwrap();
        writeln!(
            text,
            "header \"content-type\" contains \"application/json\"\njsonpath \"$.title\" == \"A Book\"\n"
        )
        .unwrap();
    }
    fs::write(file, text).unwrap();
}

/// 30 cases of one table on a server that does nothing, beside the same in hurl, taking turns.
fn beside_hurl(rounds: usize, url: &str) {
    let Some(hurl) = installed("hurl") else {
        println!("\nSKIPPED: beside hurl, which is not installed (cargo install --locked hurl)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    write_cases(folder.path(), 30);
    let file = folder.path().join("books.hurl");
    write_hurl(&file, url, 30);
    let cases = folder.path().to_str().unwrap();
    let run = |mode| time(PROOFMARK, &["run", "--cases", cases, "--endpoint", url, "--connections", mode]);
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(run("reuse"));
        times[1].push(run("fresh"));
        times[2].push(time(&hurl, &["--test", file.to_str().unwrap()]));
    }
    let [kept, fresh, hurl] = times.map(milliseconds);
    println!("\n30 cases of one table against a server that does nothing, median of {rounds} rounds");
    println!("  kept connections   {kept:>6.1} ms  {:>5.2} of hurl", kept / hurl);
    println!("  fresh connections  {fresh:>6.1} ms  {:>5.2} of hurl", fresh / hurl);
    println!("  hurl --test        {hurl:>6.1} ms");
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if served().await {
        return;
    }
    let rounds = if is_quick() { 3 } else { 25 };
    let (mut server, url) = start_server();
    shipped(rounds);
    beside_hurl(rounds, &url);
    drop(server.stdin.take());
    server.wait().unwrap();
}
