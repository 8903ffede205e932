//! `noise` against servers that answer otherwise each time: with the rules it proposes there is no difference any more.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use proofmark::inside::model::is_hostile;

use crate::support::odd;
use crate::support::{self, Served, code, err, out, proofmark};

const CONTRACT: &str = r#"operation = "Get"
version   = "1"
about     = "Gets a thing."

[request]
method = "GET"
path   = "/thing"
place  = "query"
format = { param = "format", json = "json", xml = "xml" }

[envelope]
code         = "$.Code"
message      = "$.Message"
content-type = { json = "application/json", xml = "text/xml" }
xml          = { success-root = "Thing", error-root = "Error" }

[snapshot]
headers = ["content-type", "x-trace", "location", "x-when"]
"#;

/// The names of the cases, of which each asks for itself.
const CASES: [(&str, &str); 4] =
    [("json-one", "json"), ("json-two", "json"), ("xml-one", "xml"), ("refused", "json")];

fn table() -> String {
    let case = |(name, format): &(&str, &str)| {
        let status = if *name == "refused" { 404 } else { 200 };
        format!(
            "[[case]]\nid = \"{name}\"\nabout = \"It is there.\"\nparams = {{ case = \"{name}\", token = \"{{{{ token(12) }}}}\" }}\nrequest = {{ format = \"{format}\" }}\nexpect = {{ status = {status} }}\n\n"
        )
    };
    CASES.iter().map(case).collect()
}

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operation = folder.path().join("cases/shop/Get");
        fs::create_dir_all(&operation).unwrap();
        fs::write(operation.join("contract.toml"), CONTRACT).unwrap();
        fs::write(operation.join("t.toml"), table()).unwrap();
        Self(folder)
    }

    fn contract(&self) -> std::path::PathBuf {
        self.0.path().join("cases/shop/Get/contract.toml")
    }

    /// The exit code, standard output and standard error of a command.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = proofmark(arguments).current_dir(self.0.path()).output().unwrap();
        (code(&output), out(&output), err(&output))
    }
}

/// Pastes rules into a file.
fn paste(path: &Path, text: &str) {
    let old = fs::read_to_string(path).unwrap();
    fs::write(path, format!("{old}\n{text}")).unwrap();
}

/// Letters and digits without a pattern, but always the same for the same seed.
fn made(seed: &str, length: usize) -> String {
    proofmark::inside::digest::sha256_hex(seed.as_bytes())[..length].to_owned()
}

/// What a request asks for by a parameter.
fn asked(head: &str, name: &str) -> String {
    let query =
        head.split(' ').nth(1).and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap_or_default().to_owned()
}

/// Answers for the so-and-so-many-th time to a case, otherwise each time.
fn noisy(case: &str, time: usize, is_xml: bool) -> Vec<u8> {
    let seed = |what: &str| format!("{case} {time} {what}");
    let id = made(&seed("id"), 16);
    let job = 1_000 + time * 37 + case.len();
    let mut items: Vec<(&str, String)> =
        ["a", "b", "c"].into_iter().map(|key| (key, made(&seed(key), 20))).collect();
    items.rotate_left(time % 3);
    let mut plain = ["x", "y", "z"];
    plain.rotate_left(time % 3);
    let message = format!("The thing t-{} of {id} took {} ms.", made(&seed("thing"), 8), 20 + time);
    let second = 10 + time;
    let (body, kind) = if case == "refused" {
        let message = format!(
            "There is no thing {}, asked for at 2026-01-02T03:04:{second}Z.",
            made(&seed("none"), 12)
        );
        (
            format!(r#"{{"Code":"NotFound","Message":"{message}","Seen":{}}}"#, 1_700_000_000 + time),
            "application/json",
        )
    } else if is_xml {
        let items: Vec<String> =
            items.iter().map(|(key, of)| format!("<Item><Ref>{of}</Ref><Key>{key}</Key></Item>")).collect();
        let (items, plain) = (items.concat(), plain.join("</Plain><Plain>"));
        (
            format!(
                "<Thing at=\"{id}\"><Id>{id}</Id><Created>2026-01-02T03:04:{second}Z</Created><Message>{message}</Message><Plain>{plain}</Plain><Items>{items}</Items></Thing>"
            ),
            "text/xml",
        )
    } else {
        let items: Vec<String> =
            items.iter().map(|(key, of)| format!(r#"{{"Ref":"{of}","Key":"{key}","Size":1.50}}"#)).collect();
        let link = format!("https://shop.example/things/{id}/view?page=1");
        (
            format!(
                r#"{{"Id":"{id}","Created":"2026-01-02T03:04:{second}Z","Epoch":{},"Message":"{message}","Link":"{link}","Plain":["{}"],"Items":{{"Item":[{}]}},"Steady":5}}"#,
                1_700_000_000_123_u64 + time as u64,
                plain.join("\",\""),
                items.join(",")
            ),
            "application/json",
        )
    };
    let trace = made(&seed("trace"), 32);
    let head = format!(
        "content-type: {kind}\r\nx-trace: {trace}\r\nlocation: /jobs/{job}/status\r\nx-when: Sun, 06 Nov 1994 08:49:{second} GMT\r\n"
    );
    let status = if case == "refused" { "404 Not Found" } else { "200 OK" };
    odd::answer(status, &head, body)
}

/// A server that answers each case otherwise each time.
fn start(answer: impl Fn(&str, usize, bool) -> Vec<u8> + Send + Sync + 'static) -> String {
    let times: Mutex<BTreeMap<String, usize>> = Mutex::default();
    odd::serve(move |head, stream| {
        let case = asked(head, "case");
        let time = {
            let mut times = times.lock().unwrap();
            let time = times.entry(case.clone()).or_default();
            *time += 1;
            *time
        };
        let _ = std::io::Write::write_all(stream, &answer(&case, time, asked(head, "format") == "xml"));
    })
}

#[test]
fn with_the_proposed_rules_nothing_differs_any_more_and_snapshots_stay() {
    let project = Project::new();
    let url = start(noisy);
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", &url]);
    assert_eq!(exit, 1, "{rules}{notes}");
    assert!(rules.parse::<toml::Table>().is_ok(), "{rules}");
    assert!(notes.contains("4 of 4 cases differ") && !notes.contains("no rule mends"), "{notes}\n{rules}");
    for expected in [
        "[[volatile]]",
        "[[time]]",
        "[[unordered]]",
        "header = \"x-trace\"",
        "header = \"x-when\"",
        "at = \"$.Items.Item\"\nby = \"$.Key\"",
    ] {
        assert!(rules.contains(expected), "{expected}: {rules}");
    }
    assert!(!rules.contains("\"$.Link\""), "the id in it has its name already: {rules}");
    assert_eq!(fs::read_to_string(project.contract()).unwrap(), CONTRACT, "nothing is written");
    paste(&project.contract(), &rules);
    assert_eq!(project.run(&["check"]).0, 0);
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", &url]);
    assert_eq!((exit, rules.as_str()), (0, ""), "{notes}");
    assert!(notes.contains("0 of 4 cases differ"), "{notes}");
    let run = ["run", "-q", "--endpoint", &url, "--snapshots", "snapshots", "--update"];
    assert_eq!(project.run(&[&run[..], &["always"]].concat()).0, 0);
    let (exit, text, _) = project.run(&[&run[..], &["no"]].concat());
    assert_eq!(exit, 0, "{text}");
}

#[test]
fn rules_of_an_endpoint_that_is_named_are_its_own() {
    let project = Project::new();
    let endpoints = project.0.path().join("cases/endpoints.toml");
    fs::write(&endpoints, format!("[endpoint.noisy]\nurl = \"{}\"\n", start(noisy))).unwrap();
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", "noisy"]);
    assert_eq!(exit, 1, "{notes}");
    assert!(rules.contains("[[endpoint.noisy.volatile]]") && !rules.contains("\n[[volatile]]"), "{rules}");
    paste(&endpoints, &rules);
    let (exit, text, notes) = project.run(&["check"]);
    assert_eq!(exit, 0, "{text}{notes}");
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", "noisy"]);
    assert_eq!((exit, rules.as_str()), (0, ""), "{notes}");
    let run = ["run", "-q", "--endpoint", "noisy", "--update"];
    assert_eq!(project.run(&[&run[..], &["always"]].concat()).0, 0);
    let (exit, text, _) = project.run(&[&run[..], &["no"]].concat());
    assert_eq!(exit, 0, "a run applies them, too: {text}");
    let (_, text, _) = project.run(&["endpoints"]);
    assert!(text.contains("snapshot rules"), "{text}");
}

#[test]
fn what_no_rule_mends_is_told_and_is_not_silent() {
    let project = Project::new();
    let answers: [(&str, [&str; 2]); 6] = [
        ("$.Maybe comes and goes", [r#"{"a":1}"#, r#"{"a":1,"Maybe":2}"#]),
        ("$.a is of another type each time", [r#"{"a":1}"#, r#"{"a":"1"}"#]),
        ("$.a is of another length each time", [r#"{"a":[1]}"#, r#"{"a":[1,2]}"#]),
        ("$.a is true, then false", [r#"{"a":false}"#, r#"{"a":true}"#]),
        ("the keys of $ are in another order each time", [r#"{"a":1,"b":1}"#, r#"{"b":1,"a":1}"#]),
        ("$.a is another text each time", [r#"{"a":"so it is"}"#, r#"{"a":"what else could be"}"#]),
    ];
    for (shown, bodies) in answers {
        let url = start(move |_, time, _| odd::answer("200 OK", odd::JSON, bodies[time % 2]));
        let (exit, rules, notes) = project.run(&["noise", "--endpoint", &url, "json-one"]);
        assert_eq!((exit, rules.as_str()), (1, ""), "{shown}: {notes}");
        assert!(
            notes.contains(&format!("no rule mends this: {shown} (shop/Get/t/json-one)")),
            "{shown}: {notes}"
        );
    }
    let url =
        start(|_, time, _| odd::answer(if time == 1 { "200 OK" } else { "201 Created" }, odd::JSON, "{}"));
    let (exit, _, notes) = project.run(&["noise", "--endpoint", &url, "json-one"]);
    assert!(exit == 1 && notes.contains("the status is 200, then 201"), "{notes}");
}

/// An endpoint that knows a token repeats its answer to it: one seed for both runs would hide what differs.
#[test]
fn the_runs_send_other_tokens_which_are_no_noise_themselves() {
    let project = Project::new();
    let by_token = |head: &str, stream: &mut std::net::TcpStream| {
        let token = asked(head, "token");
        let body = format!(r#"{{"Id":"{}","Token":"{token}"}}"#, made(&token, 16));
        let _ = std::io::Write::write_all(stream, &odd::answer("200 OK", odd::JSON, body));
    };
    let url = odd::serve(by_token);
    for seed in [&[][..], &["--seed", "7"], &["--seed", "18446744073709551615"]] {
        let (exit, rules, notes) = project.run(&[&["noise", "--endpoint", &url, "json-*"], seed].concat());
        assert_eq!((exit, rules.matches("[[").count()), (1, 1), "{rules}{notes}");
        assert!(rules.contains("at = \"$.Id\""), "{rules}");
    }
}

#[test]
fn hostile_names_and_values_stay_inside_their_strings() {
    let project = Project::new();
    let url = start(|_, time, _| {
        let id = made(&time.to_string(), 30);
        let body = format!(r#"{{"a\"]\n[[x]]\u001b\u202e\u200b":"{id}\n[[volatile]]\u001b"}}"#);
        odd::answer("200 OK", odd::JSON, body)
    });
    let (exit, rules, _) = project.run(&["noise", "--endpoint", &url, "json-one"]);
    assert_eq!(exit, 1);
    assert_eq!(rules.chars().find(|letter| is_hostile(*letter)), None, "{}", rules.escape_debug());
    let read: toml::Table = rules.parse().unwrap();
    assert!(read.keys().all(|key| ["volatile", "time", "unordered"].contains(&key.as_str())), "{rules}");
}

#[test]
fn the_reference_endpoint_has_no_noise_beyond_its_rules() {
    let output = support::run(&["noise"]);
    assert_eq!((code(&output), out(&output).as_str()), (0, ""), "{}", err(&output));
    assert!(err(&output).contains("0 of 1418 cases differ"), "{}", err(&output));
}

#[test]
fn what_cannot_be_compared_is_told_and_is_not_green() {
    let project = Project::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", &format!("http://{free}")]);
    assert_eq!((exit, rules.as_str()), (5, ""), "{notes}");
    assert!(notes.contains("not compared: shop/Get/t/json-one: "), "{notes}");
    let url =
        start(
            |_, time, _| {
                if time == 2 { b"no HTTP\r\n\r\n".to_vec() } else { odd::answer("200 OK", odd::JSON, "{}") }
            },
        );
    let (exit, _, notes) = project.run(&["noise", "--endpoint", &url, "json-one"]);
    assert_eq!(exit, 5, "{notes}");
}

#[test]
fn a_dry_run_prints_what_would_be_sent_and_flags_without_meaning_are_refused() {
    let project = Project::new();
    let url = odd::serve(|_, _| panic!("nothing may be sent"));
    let (exit, text, _) = project.run(&["noise", "--dry-run", "--endpoint", &url, "json-one"]);
    assert_eq!(exit, 0);
    assert!(text.contains("nothing is sent") && text.contains("requests   1"), "{text}");
    for flags in [&["--report", "json=x"][..], &["--snapshots", "x"], &["--endpoint", "a", "--endpoint", "b"]]
    {
        assert_eq!(project.run(&[&["noise"], flags].concat()).0, 2, "{flags:?}");
    }
    assert_eq!(project.run(&["noise", "--endpoint", &url, "nosuch"]).0, 4);
}

#[test]
fn an_interrupt_ends_it_and_undoes_its_states() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let served = Served::start(&["--log", log.to_str().unwrap()]);
    let (url, states) = (served.at("url"), served.at("states"));
    let mut command = proofmark(&["noise", "--endpoint", url, "--states", states, "--rate", "40/1s"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let asked = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().filter(|line| line.contains("/states")).count()
    };
    while asked() < 20 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), out(&output).as_str()), (130, ""), "{}", err(&output));
    assert_eq!(asked() % 2, 0, "a set-up without its teardown");
}

/// Values without end and keys without end: what is looked at twice is bounded, and what is printed is, too.
#[test]
fn answers_of_very_many_values_and_keys_are_looked_at_in_bearable_time() {
    let project = Project::new();
    let url = start(|_, time, _| {
        let items: Vec<String> =
            (0..3_000).map(|item| format!("\"{}\"", made(&format!("{time} {item}"), 8))).collect();
        let keys: Vec<String> =
            (0..3_000).map(|key| format!("\"{}\":1", made(&format!("k{time} {key}"), 8))).collect();
        odd::answer(
            "200 OK",
            odd::JSON,
            format!("{{\"Items\":[{}],\"Map\":{{{}}}}}", items.join(","), keys.join(",")),
        )
    });
    let started = std::time::Instant::now();
    let (exit, rules, notes) = project.run(&["noise", "--endpoint", &url, "json-*"]);
    assert_eq!((exit, rules.matches("[[").count()), (1, 1), "{rules}{notes}");
    assert!(notes.contains("$.Map has other keys each time") && notes.len() < 2_000, "{notes}");
    assert!(started.elapsed() < std::time::Duration::from_mins(1), "{:?}", started.elapsed());
}
