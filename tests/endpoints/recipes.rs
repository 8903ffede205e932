//! States that are reached through the API alone, with the hook switched off, and cleaned up after.

#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::support::{self, Served, code, copied_cases, err, odd, out, proofmark};
use serde_json::{Value as Json, json};

struct Judged {
    text: String,
    report: Json,
}

impl Judged {
    fn count(&self, verdict: &str) -> u64 {
        self.report["counts"][verdict].as_u64().unwrap()
    }
}

/// Names the endpoint in a folder, with what recipes need and without a hook.
fn write_endpoint(served: &Served, folder: &Path) {
    let text = format!(
        "[endpoint.plain]\nurl = \"{}\"\nsign = \"none\"\n[endpoint.plain.vars]\nregion = \"cn-hangzhou\"\nother_region = \"cn-shanghai\"\nbase_image = \"aliyun_3_x64_20G_alibase_20240819.vhd\"\n",
        served.at("url")
    );
    fs::write(folder.join("cases/endpoints.toml"), text).unwrap();
}

/// Runs cases against a served endpoint whose hook is not named.
fn judged(served: &Served, arguments: &[&str]) -> Judged {
    let folder = copied_cases();
    write_endpoint(served, folder.path());
    let common = ["run", "--endpoint", "plain", "--report", "json=out.json"];
    let output = proofmark(&[&common, arguments].concat()).current_dir(folder.path()).output().unwrap();
    let report = fs::read(folder.path().join("out.json")).unwrap();
    Judged { text: out(&output), report: serde_json::from_slice(&report).unwrap() }
}

#[test]
fn every_state_that_has_a_recipe_is_reached_and_its_cases_pass() {
    let served = Served::start(&[]);
    let judged = judged(&served, &[]);
    assert_eq!((judged.count("failed"), judged.count("inconclusive")), (0, 0), "{}", judged.text);
    assert!(judged.count("passed") > 400, "{}", judged.report["counts"]);
    let left: Vec<&Json> = judged.report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["left_behind"] != Json::Array(Vec::new()))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn a_recipe_with_a_billable_request_is_not_followed_unless_that_is_allowed() {
    let served = Served::start(&[]);
    let folder = copied_cases();
    write_endpoint(&served, folder.path());
    // A host that is looked up nowhere, so that the endpoint is not on this machine by its address.
    let file = folder.path().join("cases/endpoints.toml");
    let port = served.at("url").rsplit(':').next().unwrap();
    let host = "api.example.invalid";
    let settings = fs::read_to_string(&file).unwrap();
    let settings = settings.replace("127.0.0.1", host).replacen(
        "sign =",
        &format!("resolve = {{ \"{host}\" = \"127.0.0.1:{port}\" }}\nsign ="),
        1,
    );
    fs::write(file, settings).unwrap();
    let run = |arguments: &[&str]| {
        let common = ["run", "--endpoint", "plain", "running/refused/preparing-get-query-json-alone"];
        let mut command = proofmark(&[&common, arguments].concat());
        out(&command.current_dir(folder.path()).output().unwrap())
    };
    assert!(run(&["--dry-run"]).contains("up to 1 request that may be accepted; not allowed"));
    let text = run(&[]);
    assert!(text.contains("it may cost money") && text.contains("1 skipped"), "{text}");
    let text = run(&["--allow", "billable"]);
    assert!(text.contains("CONFORMS"), "{text}");
}

#[test]
fn a_real_endpoint_on_a_loopback_address_needs_permission_too() {
    let served = Served::start(&[]);
    let folder = copied_cases();
    write_endpoint(&served, folder.path());
    let run = |kind: &str, arguments: &[&str]| {
        let file = folder.path().join("cases/endpoints.toml");
        let settings = fs::read_to_string(&file).unwrap();
        let settings = settings.replacen("sign =", &format!("kind = \"{kind}\"\nsign ="), 1);
        fs::write(&file, settings).unwrap();
        let common = ["run", "--endpoint", "plain", "running/refused/preparing-get-query-json-alone"];
        let mut command = proofmark(&[&common, arguments].concat());
        let text = out(&command.current_dir(folder.path()).output().unwrap());
        let mut command = proofmark(&["endpoints"]);
        let shown = out(&command.current_dir(folder.path()).output().unwrap());
        write_endpoint(&served, folder.path());
        (text, shown)
    };
    // A tunnel to the real API, or a sidecar in front of it.
    let (text, shown) = run("real", &[]);
    assert!(text.contains("it may cost money") && text.contains("1 skipped"), "{text}");
    assert!(shown.contains("not allowed"), "{shown}");
    assert!(run("real", &["--dry-run"]).0.contains("not allowed"));
    assert!(run("real", &["--allow", "billable"]).0.contains("CONFORMS"));
    assert!(run("mock", &[]).0.contains("CONFORMS"));
}

#[test]
fn clean_up_waits_for_the_rate_and_leaves_nothing_behind() {
    let served = Served::start(&[]);
    // The third request, which cleans up, waits for longer than its answer may take.
    let judged =
        judged(&served, &["--rate", "2/3s", "--answer-timeout", "2", "tag-count/duplicate-among-twenty"]);
    assert!(!judged.text.contains("left behind"), "{}", judged.text);
    assert_eq!(pipelines(&served), 0);
}

#[test]
fn a_state_without_a_recipe_is_not_run_and_says_why() {
    let served = Served::start(&[]);
    let judged = judged(&served, &["state-errors/oss-object-archived"]);
    assert_eq!(judged.count("skipped"), 8);
    assert!(judged.text.contains("no recipe leads there"), "{}", judged.text);
}

#[test]
fn what_a_recipe_made_is_gone_after_the_run() {
    let served = Served::start(&[]);
    judged(&served, &["running", "client-token"]);
    assert_eq!(pipelines(&served), 0);
}

/// How many image pipelines there are.
fn pipelines(served: &Served) -> u64 {
    let target = "/?Action=DescribeImagePipelines&Version=2014-05-26&RegionId=cn-hangzhou&Format=JSON";
    let json: Json = serde_json::from_str(&get(served.at("url"), target)).unwrap();
    json["TotalCount"].as_u64().unwrap()
}

#[test]
fn a_sweep_removes_what_a_killed_run_left_and_nothing_else() {
    let served = Served::start(&[]);
    let other = "/?Action=CreateImagePipeline&Version=2014-05-26&RegionId=cn-hangzhou&Format=JSON&BaseImageType=IMAGE&BaseImage=aliyun_3_x64_20G_alibase_20240819.vhd";
    get(served.at("url"), other);
    let folder = copied_cases();
    write_endpoint(&served, folder.path());
    let mut command = proofmark(&["run", "--endpoint", "plain", "--rate", "20/1s", "client-token"]);
    let mut killed = command.current_dir(folder.path()).stdout(Stdio::null()).spawn().unwrap();
    while pipelines(&served) < 3 {
        assert!(killed.try_wait().unwrap().is_none(), "the run ended before it was killed");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let sweep = |arguments: &[&str]| {
        let mut command = proofmark(&[&["sweep", "--endpoint", "plain"], arguments].concat());
        out(&command.current_dir(folder.path()).output().unwrap())
    };
    let left = pipelines(&served);
    assert_eq!(sweep(&["no-such-pattern"]), "", "an argument that it cannot heed is refused");
    assert!(sweep(&["--dry-run"]).contains("left  ip-"));
    assert_eq!(pipelines(&served), left);
    assert!(sweep(&[]).contains(&format!("{} found", left - 1)));
    assert_eq!((pipelines(&served), sweep(&[]).as_str()), (1, "0 found\n"));
}

/// The body of an answer to GET, over a connection that is closed after it.
fn get(url: &str, target: &str) -> String {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn a_sweep_that_looks_for_nothing_is_not_green() {
    let arguments = ["sweep", "--endpoint", "http://127.0.0.1:9", "--cases", "tests/bookshop/cases"];
    let output = support::run(&arguments);
    assert_eq!(code(&output), 5, "{}", err(&output));
    assert!(err(&output).contains("nothing was looked for"), "{}", err(&output));
}

/// An endpoint with so many image pipelines of killed runs, on pages of 500 that `next` leads to, and the requests that
/// it got.
fn crowded(count: usize, next: fn(usize) -> String) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&seen);
    let url = odd::serve(move |head, stream| {
        heads.lock().unwrap().push(head.lines().next().unwrap().to_owned());
        let first: usize = head
            .split("NextToken=page-")
            .nth(1)
            .and_then(|rest| rest.split(['&', ' ']).next()?.parse().ok())
            .unwrap_or(0);
        let item = |number| json!({ "ImagePipelineId": format!("ip-{number}"), "Tags": { "Tag": [{ "TagKey": "proofmark-run" }] } });
        let items: Vec<Json> = (first..count.min(first + 500)).map(item).collect();
        let last = first + 500 >= count;
        let token = if last { String::new() } else { next(first) };
        let body = json!({ "ImagePipeline": { "ImagePipelineSet": items }, "NextToken": token });
        stream.write_all(&odd::answer("200 OK", odd::JSON, body.to_string())).unwrap();
    });
    (url, seen)
}

fn swept(url: &str, arguments: &[&str]) -> (i32, String) {
    let folder = copied_cases();
    let text = format!(
        "[endpoint.plain]\nurl = \"{url}\"\nsign = \"none\"\nvars = {{ region = \"cn-hangzhou\" }}\n"
    );
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    let mut command = proofmark(&[&["sweep", "--endpoint", "plain"], arguments].concat());
    let output = command.current_dir(folder.path()).output().unwrap();
    (code(&output), out(&output))
}

#[test]
fn a_sweep_reads_all_pages_and_a_list_without_an_end_is_not_a_clean_account() {
    let (url, seen) = crowded(1203, |first| format!("page-{}", first + 500));
    let (code, text) = swept(&url, &["--dry-run"]);
    assert_eq!((code, text.lines().last()), (1, Some("1203 found")));
    assert!(text.contains("left  ip-1202"));
    let asked = seen.lock().unwrap().clone();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|line| line.contains("Tag.1.Key=proofmark-run")), "{asked:?}");
    // The same page for ever.
    let (url, _) = crowded(1203, |_| "page-500".to_owned());
    let (code, text) = swept(&url, &["--dry-run"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("gives the same NextToken again"), "{text}");
    let (url, _) = crowded(0, |_| String::new());
    assert_eq!(swept(&url, &["--dry-run"]), (0, "0 found\n".to_owned()));
}
