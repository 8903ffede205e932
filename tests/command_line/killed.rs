//! Outputs under bad conditions: processes that are killed while they write, pipes that are not read, folders that are
//! not there. Files are whole or as they were, nothing waits for ever, and nothing is silent.

#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::project::{OPERATION, Project};
use crate::support::{code, err};
use serde_json::Value as Json;

/// The commands that write files of each kind.
const WRITERS: [&[&str]; 5] = [
    &[
        "run",
        "-q",
        "--update",
        "always",
        "--report",
        "json=r.json",
        "--report",
        "ndjson=r.ndjson",
        "--report",
        "html=r.html",
        "--report",
        "junit=r.xml",
        "--report",
        "sarif=r.sarif",
        "--report",
        "markdown=r.md",
        "--report",
        "tap=r.tap",
        "tag-count/duplicate*",
    ],
    &[
        "certify",
        "-q",
        "--key",
        "key",
        "--output",
        "b.tar",
        "--badge",
        "b.svg",
        "--certificate",
        "c.md",
        "tag-count/duplicate*",
    ],
    &["review", "--html", "page.html"],
    &["manifest", "--write"],
    &["keygen", "--output", "new-key"],
];

fn temporary(project: &Project) -> Vec<PathBuf> {
    let is_temporary = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().contains("tmp");
    project.tree("").into_keys().filter(is_temporary).collect()
}

/// Whether there is a temporary file in the folder of the project.
fn is_writing(project: &Project) -> bool {
    let mut entries = fs::read_dir(project.path("")).unwrap().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains("tmp"))
}

/// How a file of each kind ends that is whole.
fn assert_whole(project: &Project) {
    let read = |name: &str| fs::read_to_string(project.path(name)).ok();
    for (name, end) in [
        ("r.html", "</html>\n"),
        ("page.html", "</html>\n"),
        ("r.xml", "</testsuites>\n"),
        ("b.svg", "</svg>\n"),
        ("cases/manifest.toml", "]\n"),
        ("new-key", "-----END PRIVATE KEY-----\n"),
        ("new-key.pub", "-----END PUBLIC KEY-----\n"),
    ] {
        assert!(read(name).is_none_or(|text| text.ends_with(end)), "{name} is cut off");
    }
    for name in ["r.json", "r.sarif"] {
        assert!(
            read(name).is_none_or(|text| serde_json::from_str::<Json>(&text).is_ok()),
            "{name} is cut off"
        );
    }
    if let Some(text) = read("r.ndjson") {
        assert!(text.lines().last().unwrap().starts_with("{\"event\":\"ended\""), "the events are cut off");
    }
    if project.path("b.tar").exists() {
        let (code, text) = project.run(&["verify", "b.tar"]);
        assert!(code == 0 || code == 5, "{text}");
    }
    for (path, bytes) in project.snapshots() {
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.starts_with("---\n") && text.ends_with('\n') && text.contains("\n< "),
            "{}",
            path.display()
        );
    }
}

#[test]
fn twenty_kills_leave_whole_files_and_the_next_run_removes_what_they_left() {
    let project = Project::new();
    assert_eq!(project.run(&["keygen", "--output", "key"]).0, 0);
    let start = Instant::now();
    assert_eq!(project.run(WRITERS[0]).0, 0);
    let whole = start.elapsed();
    let mut was_left = false;
    for round in 0..20 {
        // So that the next run has to write them all.
        for path in project.tree(&format!("snapshots/{OPERATION}")).keys() {
            let text = fs::read_to_string(path).unwrap();
            fs::write(path, text.replace("\n< 4", "\n< 5")).unwrap();
        }
        for (number, arguments) in WRITERS.iter().enumerate() {
            for path in temporary(&project) {
                // The wait below is for a file of this process; every tenth round keeps what is left.
                let _ = (round % 10 != 9).then(|| fs::remove_file(path));
            }
            let mut child = project.command(arguments);
            let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            if round % 2 == 0 {
                // Whenever it happens to be.
                let share = if number == 0 { whole } else { whole / 3 };
                sleep(share * (round + 1) / 20);
            } else {
                // Just when a file is under way in the folder of the project, if one is.
                while child.try_wait().unwrap().is_none() && !is_writing(&project) {
                    sleep(Duration::from_millis(1));
                }
            }
            child.kill().unwrap();
            child.wait().unwrap();
            was_left |= !temporary(&project).is_empty();
        }
        assert_whole(&project);
    }
    assert!(was_left, "no kill met a write");
    // One run of each, and all is as it should be.
    for name in ["new-key", "new-key.pub"] {
        let _ = fs::remove_file(project.path(name));
    }
    for arguments in WRITERS {
        let (code, text) = project.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
    }
    assert_eq!(temporary(&project), Vec::<PathBuf>::new());
    assert_whole(&project);
}

fn pipe(project: &Project) {
    assert!(Command::new("mkfifo").arg(project.path("pipe")).status().unwrap().success());
}

#[test]
fn a_report_into_a_pipe_that_nobody_reads_ends_in_bounded_time() {
    let project = Project::new();
    pipe(&project);
    for arguments in [
        &["run", "-q", "tag-count/none", "--report", "json=pipe"][..],
        &["review", "--html", "pipe"],
        &["serve", "--listen", "127.0.0.1:0", "--log", "pipe"],
    ] {
        let start = Instant::now();
        let (code, text) = project.run(arguments);
        assert_eq!(code, 6, "{arguments:?}: {text}");
        assert!(text.contains("pipe") && text.contains("it has no reader"), "{text}");
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
    // With a reader it is a report like any other.
    let path = project.path("pipe");
    let reader = std::thread::spawn(move || fs::read_to_string(path).unwrap());
    assert_eq!(project.run(&["run", "-q", "tag-count/none", "--report", "json=pipe"]).0, 0);
    assert!(serde_json::from_str::<Json>(&reader.join().unwrap()).is_ok());
}

#[test]
fn a_device_that_takes_nothing_is_an_error_of_the_report() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let project = Project::new();
    let (code, text) = project.run(&["run", "-q", "tag-count/none", "--report", "json=/dev/full"]);
    assert!(code == 6 && text.contains("/dev/full cannot be written"), "{text}");
}

#[test]
fn a_missing_folder_for_temporary_files_is_named() {
    let project = Project::new();
    let mut command = project.command(&["run", "-q", "tag-*", "--report", "html=page.html"]);
    let output = command.env("TMPDIR", "/no/such/folder").output().unwrap();
    assert_eq!(code(&output), 6, "{}", err(&output));
    assert!(err(&output).contains("TMPDIR") && err(&output).contains("/no/such/folder"), "{}", err(&output));
}

#[test]
fn a_log_of_serve_that_cannot_be_written_is_reported_and_the_endpoint_goes_on() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let project = Project::new();
    let mut command = project.command(&["serve", "--listen", "127.0.0.1:0", "--log", "/dev/full"]);
    let mut served = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ready: Json = serde_json::from_str(&ready).unwrap();
    let host = ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(stream, "GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap();
    let mut said = String::new();
    served.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    served.wait().unwrap();
    assert!(said.contains("the log /dev/full cannot be written, and 1 line is lost"), "{said}");
    assert!(said.contains("10 lines are lost"), "{said}");
}

#[test]
fn a_lock_says_who_holds_it_and_whether_that_process_is_stopped() {
    let project = Project::new();
    assert_eq!(project.run(&["run", "-q", "tag-count/none"]).0, 0);
    let path = project.path("snapshots/.proofmark/lock");
    let mut holder = Command::new("sleep").arg("60").spawn().unwrap();
    let id = holder.id();
    let mut lock = File::options().write(true).truncate(true).open(&path).unwrap();
    lock.lock().unwrap();
    write!(lock, "{id}").unwrap();
    let said = || project.run(&["run", "-q", "--update", "always", "tag-count/one"]).1;
    fs::remove_file(project.path(&format!("snapshots/{OPERATION}/tag-count/one@get-json.snap"))).unwrap();
    let text = said();
    assert!(text.contains(&format!("the process {id} has been writing there")), "{text}");
    if Path::new("/proc/self/stat").exists() {
        Command::new("kill").args(["-STOP", &id.to_string()]).status().unwrap();
        let text = said();
        assert!(text.contains(&format!("the process {id}, which is stopped")), "{text}");
        assert!(text.contains(&format!("kill -CONT {id}")), "{text}");
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    // A process that has ended holds nothing, whatever is in the file.
    drop(lock);
    assert_eq!(project.run(&["run", "-q", "--update", "always", "tag-count/one"]).0, 0);
}
