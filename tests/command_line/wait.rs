//! `--wait`: what is waited for is a connection, and nothing that comes after one.

use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::choosing::{project, ran};
use crate::support::odd::{JSON, answer, say, serve};
use crate::support::{self, Served, code, err, out, proofmark};

/// How long the endpoints are waited for that never come.
const SHORT: Duration = Duration::from_millis(400);

/// An address that takes a connection and ends it at once.
fn ending() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    address
}

/// An address that answers each connection in plain text, before it is asked.
fn unencrypted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(&answer("400 Bad Request", JSON, "{}"));
        }
    });
    address
}

/// An address on which nothing listens.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn every_reason_why_there_is_no_connection_is_waited_for() {
    let folder = project();
    let encrypted = Served::start(&["--tls"]);
    let plain = format!("https://{}", unencrypted());
    // It waits for a request in plain text.
    let silent = serve(say("")).replace("http:", "https:");
    let hook = serve(say(answer("200 OK", JSON, "{}")));
    // No name has a part of more than 63 letters (RFC 1035, section 2.3.4), so no server is asked for it.
    let unknown = format!("http://{}.example", "a".repeat(64));
    let (refused, reset) = (format!("http://{}", free()), format!("https://{}", ending()));
    let of_hook = format!("http://{}/states", free());
    let (endpoint, state_hook) = ("the endpoint cannot be reached: ", "the state hook cannot be reached: ");
    for (what, url, more, part) in [
        ("refused", refused.as_str(), &[][..], endpoint),
        ("an unknown host", &unknown, &[], endpoint),
        ("reset in the handshake", &reset, &[], endpoint),
        ("no encryption", &plain, &[], endpoint),
        ("too late", &silent, &["--connect-timeout", "100ms"], endpoint),
        ("a certificate that is not trusted", encrypted.at("url"), &[], endpoint),
        ("the state hook", &hook, &["--states", of_hook.as_str()], state_hook),
    ] {
        let run = [&["run", "--endpoint", url], more].concat();
        let start = Instant::now();
        let (status, text) = ran(&folder, &[&run[..], &["--wait", "400ms"]].concat());
        assert_eq!(status, 5, "{what}: {text}");
        assert_eq!(text.matches(&format!("waiting for up to 400ms: {part}")).count(), 1, "{what}: {text}");
        assert!(start.elapsed() >= SHORT, "{what}: {:?}", start.elapsed());
        // Without the flag, it is the same error at once.
        let (status, text) = ran(&folder, &run);
        assert!(status == 5 && text.contains(part) && !text.contains("waiting for"), "{what}: {text}");
    }
}

#[test]
fn what_comes_after_a_connection_is_not_waited_for() {
    let folder = project();
    let unavailable = serve(say(answer("503 Service Unavailable", JSON, "{}")));
    let reset = serve(|_, stream| {
        let _ = stream.shutdown(Shutdown::Both);
    });
    for (what, url, due) in [("503", unavailable, 1), ("reset", reset, 5)] {
        let start = Instant::now();
        let (status, text) = ran(&folder, &["run", "--endpoint", &url, "--wait", "1m"]);
        assert_eq!(status, due, "{what}: {text}");
        assert!(!text.contains("waiting for"), "{what}: {text}");
        assert!(start.elapsed() < Duration::from_secs(30), "{what}: {:?}", start.elapsed());
    }
}

#[test]
fn an_endpoint_that_refuses_the_key_is_not_waited_for() {
    let served = Served::start(&["--auth", "any"]);
    let endpoint = ["run", "--endpoint", served.at("url"), "--states", served.at("states")];
    let more = ["--sign", "v3", "--wait", "1m", "tag-count"];
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "unknown"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")];
    let start = Instant::now();
    let output = proofmark(&[&endpoint, &more[..]].concat()).envs(key).output().unwrap();
    let text = out(&output) + &err(&output);
    assert_eq!(code(&output), 5, "{text}");
    assert!(text.contains("would refuse every signed request") && !text.contains("waiting for"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn an_endpoint_that_ends_the_first_connections_is_waited_for() {
    let trust = tempfile::tempdir().unwrap();
    let path = trust.path().join("trust.pem");
    let served = Served::start(&["--tls", "--tls-cert-out", path.to_str().unwrap()]);
    // What listens first ends some connections; then the endpoint takes the port over.
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = first.local_addr().unwrap();
    let target = served.at("url").trim_start_matches("https://").to_owned();
    thread::spawn(move || {
        for (number, stream) in first.incoming().flatten().enumerate() {
            if number < 3 {
                let _ = stream.shutdown(Shutdown::Both);
            } else {
                relay(stream, &target);
            }
        }
    });
    let url = format!("https://{address}");
    let trusted = ["--ca-file", path.to_str().unwrap(), "--wait", "1m", "without-state/"];
    let output = support::run(&[&["run", "-q", "--endpoint", &url], &trusted[..]].concat());
    let text = out(&output) + &err(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert_eq!(text.matches("waiting for up to 60s: ").count(), 1, "{text}");
}

/// Hands bytes from one connection to another, both ways.
fn relay(mut stream: TcpStream, target: &str) {
    let Ok(mut other) = TcpStream::connect(target) else { return };
    let (Ok(mut back), Ok(mut forth)) = (stream.try_clone(), other.try_clone()) else { return };
    thread::spawn(move || {
        let _ = io::copy(&mut stream, &mut forth);
        let _ = forth.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let _ = io::copy(&mut other, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    });
}
