//! What the benchmarks share: a server that does nothing, a folder of cases, and figures.

#![expect(clippy::unwrap_used, reason = "a benchmark ends by panicking")]
#![allow(dead_code, reason = "each benchmark uses a part of this")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _, stdin, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use mimalloc::MiMalloc;
use proofmark::inside::event::{EndpointDescription, Event, Outcome};
use proofmark::inside::model::Normalisation;
use proofmark::inside::plan::{Plan, plan};
use proofmark::inside::run::{Endpoint, RunSettings, Runner, Signing, StopSwitch, run};
use proofmark::inside::snapshot::Store;
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::transport::{Address, Client, Connection, Keeping, TransportLimits};
use tokio::net::TcpListener;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The answer of the server that does nothing.
pub(crate) const ANSWER: &str = r#"{"id": "b-1", "title": "A Book"}"#;

/// Whether everything is to be short: to see that the benchmarks run, not what they show.
pub(crate) fn is_quick() -> bool {
    env::var_os("PROOFMARK_BENCH_QUICK").is_some()
}

/// A line of /proc/self/status, in KiB.
pub(crate) fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// The time that the threads of this process have spent on a processor. Linux only.
pub(crate) fn processor_time() -> Duration {
    let spent = |path: std::path::PathBuf| -> u64 {
        // A thread may end between the two looks.
        let text = fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
    };
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    Duration::from_nanos(tasks.map(|task| spent(task.unwrap().path())).sum())
}

/// The middle one of several times.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Starts a server on loopback that gives every request the same answer.
pub(crate) async fn start_idle_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let answer = |_: Request<Incoming>| async {
                    let answer = Response::builder().header("content-type", "application/json");
                    Ok::<_, Infallible>(
                        answer.body(Full::new(Bytes::from_static(ANSWER.as_bytes()))).unwrap(),
                    )
                };
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new());
                let _ = server.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
            });
        }
    });
    url
}

/// What starts a benchmark as the server.
const SERVER: &str = "--idle-server";

/// The server in a process of its own, which ends with this one: the process and its address.
pub(crate) fn start_server() -> (Child, String) {
    let mut command = Command::new(env::current_exe().unwrap());
    let mut child = command.arg(SERVER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}

/// Serves until the other process ends, if this one was started as the server.
pub(crate) async fn served() -> bool {
    let is_server = env::args().any(|argument| argument == SERVER);
    if is_server {
        let mut output = stdout();
        writeln!(output, "{}", start_idle_server().await).unwrap();
        output.flush().unwrap();
        let _ = tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new())).await;
    }
    is_server
}

/// Writes a folder of `count` cases: one table, with a row of a CSV file for each.
pub(crate) fn write_cases(folder: &Path, count: usize) {
    let operation = folder.join("shop/GetBook");
    fs::create_dir_all(&operation).unwrap();
    let contract = "operation = \"GetBook\"\nversion = \"1\"\nabout = \"Gets a book.\"\n\n[request]\nmethod = \"GET\"\npath = \"/books\"\nplace = \"query\"\n\n[[response]]\nname = \"id\"\ntype = \"string\"\n\n[envelope]\ncode = \"$.code\"\ncontent-type = { json = \"application/json\" }\n";
    fs::write(operation.join("contract.toml"), contract).unwrap();
    let table = "[[case]]\nid = \"lookup\"\nabout = \"A book is found.\"\nparams = { id = \"{{ key }}\", language = \"en\" }\nrows = \"rows.csv\"\nexpect = { status = 200, body = { \"$.title\" = \"A Book\" } }\n";
    fs::write(operation.join("lookup.toml"), table).unwrap();
    let mut rows = String::from("id,key\n");
    for number in 0..count {
        writeln!(rows, "r{number:06},b-{number}").unwrap();
    }
    fs::write(operation.join("rows.csv"), rows).unwrap();
}

/// Cases that are loaded and wait for their run.
pub(crate) struct Loaded {
    runner: Arc<Runner>,
    plan: Plan,
}

/// Loads the cases of a folder, to be run against an address on kept connections.
pub(crate) fn load_cases(folder: &Path, url: &str, jobs: usize) -> Loaded {
    load_cases_with(folder, url, jobs, None)
}

/// The same, with snapshots to compare with.
pub(crate) fn load_cases_with(folder: &Path, url: &str, jobs: usize, store: Option<Store>) -> Loaded {
    load_cases_keeping(folder, url, jobs, store, Keeping::Reuse)
}

/// The same, on connections that are kept or not.
pub(crate) fn load_cases_keeping(
    folder: &Path,
    url: &str,
    jobs: usize,
    store: Option<Store>,
    keeping: Keeping,
) -> Loaded {
    let suite = load(folder, Wanted::All).unwrap();
    let plan = plan(&suite, &[]).unwrap();
    let endpoint = Endpoint {
        description: EndpointDescription { name: url.into(), url: url.into(), is_reference: false },
        address: Address::new(url).unwrap(),
        states: None,
        signing: Signing::none(true),
        retry: None,
        vars: Vec::new(),
        fixtures: BTreeMap::new(),
        normalisation: Normalisation::default(),
        faults: Vec::new(),
    };
    let connection = Connection { keeping, ..Connection::default() };
    let client = Client::new(TransportLimits::default(), &connection, endpoint.addresses()).unwrap();
    let settings = RunSettings { jobs, keeps_exchanges: false, ..RunSettings::default() };
    Loaded { runner: Arc::new(Runner::new(client, endpoint, settings, store)), plan }
}

impl Loaded {
    /// Runs them, and gives the time.
    pub(crate) async fn run(self) -> Duration {
        self.run_telling(drop).await
    }

    /// The same, with a listener.
    pub(crate) async fn run_telling(self, emit: impl FnMut(Event)) -> Duration {
        let start = Instant::now();
        let end = run(self.runner, self.plan, Vec::new(), &StopSwitch::default(), emit).await;
        assert_eq!(end.outcome(), Outcome::Conforms);
        start.elapsed()
    }
}
