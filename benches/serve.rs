//! `proofmark serve` under a million requests: its peak of memory, and its rate beside a server that does nothing.
//!
//! Both servers are processes of their own and take turns under one client, with the same requests. What counts are the
//! ratios within a turn. Linux only, since it reads /proc. `PROOFMARK_BENCH_REQUESTS` sets the number of requests.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod load;
mod support;

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use load::{Caller, ROUND};
use support::{is_quick, start_idle_server};
use tokio::task::JoinSet;

/// Connections that are kept, each with one request at a time.
const CALLERS: usize = 16;
/// Turns that the servers take.
const TURNS: usize = 10;
/// What is claimed: MB, and the part of the idle server's rate.
const MEMORY: u64 = 100;
const RATE: f64 = 0.5;

/// A server in a process of its own.
struct Server {
    child: Child,
    url: String,
    is_reference: bool,
}

impl Server {
    /// Starts it, and waits for the line that names its address.
    fn start(mut command: Command, is_reference: bool) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split('"').find(|part| part.starts_with("http://")).unwrap().to_owned();
        Self { child, url, is_reference }
    }

    /// A file of /proc about the process.
    fn process_file(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }

    /// The peak of memory, in KiB.
    fn peak(&self) -> u64 {
        let status = self.process_file("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The time on a processor, in ticks.
    fn ticks(&self) -> u64 {
        let stat = self.process_file("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum()
    }

    /// Sends so many rounds for each caller, and gives requests for each second, and for each tick.
    async fn bear(&self, turn: usize, rounds: usize) -> [f64; 2] {
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let mut caller =
                Caller::connect(&self.url, format!("caller-{number}-{turn}"), self.is_reference).await;
            callers.spawn(async move {
                for round in 0..rounds {
                    caller.round(round).await;
                }
            });
        }
        let (start, ticks) = (Instant::now(), self.ticks());
        callers.join_all().await;
        let count = f64::from(u32::try_from(CALLERS * rounds * ROUND).unwrap());
        let ticks = f64::from(u32::try_from((self.ticks() - ticks).max(1)).unwrap());
        [count / start.elapsed().as_secs_f64(), count / ticks]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves nothing until the process that started this is gone.
async fn idle() {
    println!("\"{}\"", start_idle_server().await);
    let end = || io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(end).await.unwrap().unwrap();
}

fn wanted() -> usize {
    let asked = env::var("PROOFMARK_BENCH_REQUESTS").ok().map(|text| text.parse().unwrap());
    asked.unwrap_or(if is_quick() { 10_000 } else { 1_000_000 })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if env::var_os("PROOFMARK_BENCH_IDLE").is_some() {
        return idle().await;
    }
    let rounds = wanted().div_ceil(TURNS * CALLERS * ROUND);
    let count = TURNS * CALLERS * ROUND * rounds;
    let mut reference = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    reference.args(["serve", "--listen", "127.0.0.1:0"]);
    let mut nothing = Command::new(env::current_exe().unwrap());
    nothing.env("PROOFMARK_BENCH_IDLE", "1");
    let (reference, nothing) = (Server::start(reference, true), Server::start(nothing, false));
    println!("{count} requests to each, over {CALLERS} kept connections; requests for each second\n");
    println!("turn  reference  does nothing  rate  of processor time  peak memory");
    let mut ratios = [Vec::new(), Vec::new()];
    for turn in 0..TURNS {
        let idle = nothing.bear(turn, rounds).await;
        let ours = reference.bear(turn, rounds).await;
        let (rate, work) = (ours[0] / idle[0], ours[1] / idle[1]);
        let peak = reference.peak() * 1024 / 1_000_000;
        println!("{turn:>4}  {:>9.0}  {:>12.0}  {rate:.2}  {work:>17.2}  {peak:>8} MB", ours[0], idle[0]);
        ratios[0].push(rate);
        ratios[1].push(work);
    }
    let [rate, work] = ratios.map(median);
    let peak = reference.peak() * 1024 / 1_000_000;
    println!("\nmedian: {rate:.2} of the rate, {work:.2} for the processor time; peak memory {peak} MB");
    assert!(peak < MEMORY, "memory stays under {MEMORY} MB");
    assert!(rate >= RATE || is_quick(), "the rate is at least {RATE} of the idle server's");
}
