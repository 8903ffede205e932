//! Hooks that hang, lead elsewhere or forget, and an interrupt while several states are there.
//!
//! It knows nothing of what is wrong with an endpoint's answers.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::odd::{JSON, answer, finished, judged, one_case, program, say, serve, serve_bodies};

fn good_endpoint() -> String {
    serve(say(answer("200 OK", JSON, r#"{"id": "a"}"#)))
}

#[test]
fn a_hook_that_hangs_leaves_a_case_inconclusive() {
    let hook = serve(|_: &str, _: &mut TcpStream| thread::park());
    let judged = judged(&good_endpoint(), &["--states", &hook]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(judged.reason().contains("took longer than 1s"), "{}", judged.reason());
}

#[test]
fn a_hook_that_leads_elsewhere_is_not_followed() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let place = format!("location: http://{}/\r\n", target.local_addr().unwrap());
    let hook = serve(say(answer("307 Temporary", &place, "")));
    let judged = judged(&good_endpoint(), &["--states", &hook]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert!(target.accept().is_err(), "the redirect was followed");
}

#[test]
fn a_teardown_that_does_not_work_is_told() {
    let actions = Arc::new(Mutex::new(0));
    let hook = serve(move |_: &str, stream: &mut TcpStream| {
        use std::io::Write;
        let mut seen = actions.lock().unwrap();
        *seen += 1;
        let set_up = answer("200 OK", JSON, r#"{"thing": "t-1"}"#);
        let bytes = if *seen == 1 { set_up } else { answer("500 Oops", "", "no") };
        let _ = stream.write_all(&bytes);
    });
    let judged = judged(&good_endpoint(), &["--states", &hook, "-q"]);
    let left = judged.report["cases"][0]["left_behind"][0].as_str().unwrap();
    assert!(left.contains("could not be torn down: the hook answered 500"), "{left}");
    assert!(judged.out.contains("left behind"), "{}", judged.out);
    assert_eq!((judged.code, judged.report["left_behind"].as_u64()), (5, Some(1)), "{}", judged.out);
}

#[test]
fn a_state_is_undone_also_where_its_answer_was_of_no_use() {
    let actions = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&actions);
    let hook = serve_bodies(move |body| {
        noted.lock().unwrap().push(body["action"].as_str().unwrap().to_owned());
        "{}".to_owned()
    });
    let judged = judged(&good_endpoint(), &["--states", &hook]);
    assert_eq!((judged.code, judged.verdict()), (5, "inconclusive"), "{}", judged.out);
    assert_eq!(*actions.lock().unwrap(), ["setup", "teardown"]);
}

#[test]
fn two_states_of_one_kind_are_told_apart() {
    let folder = one_case();
    let case = "[[case]]\nid = \"both\"\nabout = \"Both are there.\"\ngiven = [{ state = \"a thing\", as = \"old\" }, { state = \"a thing\", as = \"new\" }]\nparams = { a = \"{{ old_thing }}\", b = \"{{ new_thing }}\" }\nexpect = { status = 200 }\n";
    fs::write(folder.path().join("shop/Get/t.toml"), case).unwrap();
    let asked = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&asked);
    let url = serve(move |head: &str, stream: &mut TcpStream| {
        use std::io::Write;
        head.lines().next().unwrap().clone_into(&mut noted.lock().unwrap());
        let _ = stream.write_all(&answer("200 OK", JSON, r#"{"id": "a"}"#));
    });
    let count = Mutex::new(0);
    let hook = serve_bodies(move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        format!(r#"{{"thing": "t-{count}"}}"#)
    });
    let output = program(folder.path(), &["--endpoint", &url, "--states", &hook]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(asked.lock().unwrap().starts_with("GET /thing?a=t-1&b=t-2 "), "{}", asked.lock().unwrap());
}

/// How many cases are under way when the interrupt comes; each has two states.
const UNDER_WAY: usize = 3;

/// A table of cases with two states each, more of them than run at once.
fn many_cases() -> tempfile::TempDir {
    let folder = one_case();
    let case = |number: usize| {
        format!(
            "[[case]]\nid = \"c{number}\"\nabout = \"It is there.\"\ngiven = [\"a thing\", \"a thing\"]\nexpect = {{ status = 200 }}\n\n"
        )
    };
    fs::write(folder.path().join("shop/Get/t.toml"), (0..UNDER_WAY + 3).map(case).collect::<String>())
        .unwrap();
    folder
}

#[cfg(unix)]
#[test]
fn an_interrupt_undoes_every_state_of_every_case_under_way() {
    let (shown, hear) = mpsc::channel();
    let endpoint = serve(move |_: &str, _: &mut TcpStream| {
        shown.send(()).unwrap();
        thread::park();
    });
    let made = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let noted = Arc::clone(&made);
    let hook = serve_bodies(move |body| {
        let mut noted = noted.lock().unwrap();
        if body["action"] == "teardown" {
            noted.1.push(body["variables"]["thing"].as_str().unwrap().to_owned());
            return "{}".to_owned();
        }
        let thing = format!("t-{}", noted.0.len());
        noted.0.push(thing.clone());
        format!("{{\"thing\": \"{thing}\"}}")
    });
    let folder = many_cases();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let jobs = UNDER_WAY.to_string();
    let arguments = ["--endpoint", &endpoint, "--states", &hook, "--report", &report, "--jobs", &jobs];
    let mut command = program(folder.path(), &arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..UNDER_WAY {
        hear.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let judged = finished(&child.wait_with_output().unwrap(), &path);
    assert_eq!(
        (judged.code, judged.report["outcome"].as_str()),
        (130, Some("interrupted")),
        "{}",
        judged.out
    );
    let counts = &judged.report["counts"];
    assert_eq!((&counts["inconclusive"], &counts["skipped"]), (&3.into(), &3.into()), "{counts}");
    let (set_up, mut undone) = made.lock().unwrap().clone();
    undone.sort();
    assert_eq!((set_up.len(), &undone), (2 * UNDER_WAY, &set_up));
}
