//! What `certify`, `verify` and `diff` hold: some cases, however many there are.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::bundle::Desk;
use crate::support::{odd, proofmark};

/// The cases of the smaller suite, and of the larger one.
const CASES: [usize; 2] = [5, 35];

/// By how much more the larger one may need, in KiB: far less than its further answers have, each some 300 KiB.
const MORE: u64 = 10_000;

/// A folder with so many cases.
fn suite(cases: usize) -> tempfile::TempDir {
    let folder = odd::one_case();
    let case = |number: usize| {
        format!("[[case]]\nid = \"c{number:03}\"\nabout = \"It is there.\"\nexpect = {{ status = 200 }}\n\n")
    };
    fs::write(folder.path().join("shop/Get/t.toml"), (0..cases).map(case).collect::<String>()).unwrap();
    fs::remove_file(folder.path().join("shop/Get/states.toml")).unwrap();
    folder
}

/// An answer with many large values.
fn large() -> Vec<u8> {
    let values = (0..400).map(|number| format!("\"x{number}\": \"{}\"", "y".repeat(800)));
    odd::answer("200 OK", odd::JSON, format!("{{\"id\": \"a\", {}}}", values.collect::<Vec<_>>().join(", ")))
}

/// The peak of a command's memory in KiB, and its exit code.
fn peak(command: &mut Command) -> (u64, i32) {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let (path, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return (peak, ended.code().unwrap());
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(found.unwrap_or_default());
        thread::sleep(Duration::from_millis(2));
    }
}

fn command(arguments: &[&str], cases: &Path) -> Command {
    let mut command = proofmark(arguments);
    // One arena for all threads, so that what is measured does not depend on which of them has freed something.
    command.args(["--cases", cases.to_str().unwrap()]).env("MALLOC_ARENA_MAX", "1");
    command
}

#[test]
fn memory_does_not_grow_with_the_number_of_large_answers() {
    let url = odd::serve(odd::say(large()));
    let desk = Desk::new();
    let (key, public, bundle) = (desk.text("key.pem"), desk.text("key.pem.pub"), desk.text("b.tar"));
    let run = ["--endpoint", &url, "--jobs", "2", "-q"];
    let certify = [&["certify", "--key", &key, "--output", &bundle], &run[..]].concat();
    let diff = ["diff", &url, &url, "--jobs", "2"];
    let verify = ["verify", &bundle, "--key", &public];
    let mut peaks = Vec::new();
    for cases in CASES {
        let folder = suite(cases);
        peaks.push([&certify[..], &diff, &verify].map(|arguments| {
            let (peak, code) = peak(&mut command(arguments, folder.path()));
            assert_eq!(code, 0, "{arguments:?}");
            peak
        }));
        let size = fs::metadata(desk.path("b.tar")).unwrap().len();
        assert!(size > cases as u64 * 300_000, "{size} bytes");
    }
    for (few, many) in peaks[0].iter().zip(&peaks[1]) {
        assert!(*few > 0 && *many < few + MORE, "{peaks:?} KiB for {CASES:?} cases");
    }
}
