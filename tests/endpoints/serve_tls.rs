//! The reference endpoint served with encryption: whom clients trust, what bad files lead to, and that no client is held up.

#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::{Served, code, err, odd, out, run};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

/// Runs the cases that a pattern selects against a served endpoint.
fn judge(served: &Served, arguments: &[&str]) -> Output {
    let endpoint = ["run", "--sign", "none", "--endpoint", served.at("url"), "--states", served.at("states")];
    run(&[&endpoint, arguments].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Files of a certificate for this machine, its key, and a key that has nothing to do with it.
fn files() -> (TempDir, [String; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let other = KeyPair::generate().unwrap();
    let files = [
        ("certificate.pem", certificate.pem()),
        ("key.pem", key.serialize_pem()),
        ("other.pem", other.serialize_pem()),
    ];
    let paths = files.map(|(name, content)| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        text(&path).to_owned()
    });
    (folder, paths)
}

#[test]
fn clients_that_trust_the_made_certificate_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.pem");
    let served = Served::start(&["--tls", "--tls-cert-out", text(&path)]);
    assert!(served.at("url").starts_with("https://127.0.0.1:"));
    assert!(served.at("states").starts_with(served.at("url")));
    assert_eq!(fs::read_to_string(&path).unwrap(), served.at("certificate"));
    let judged = judge(&served, &["-q", "--ca-file", text(&path)]);
    assert_eq!(code(&judged), 0, "{}", out(&judged));
    let by_name = served.at("url").replace("127.0.0.1", "localhost");
    let judged = run(&["run", "--endpoint", &by_name, "--ca-file", text(&path), "without-state/"]);
    assert_eq!(code(&judged), 0, "{}", out(&judged));
    assert_eq!(served.end("-INT").code(), Some(0));
}

#[test]
fn clients_that_trust_another_certificate_or_none_find_nothing_out_and_say_why() {
    let (_folder, [certificate, ..]) = files();
    let served = Served::start(&["--tls"]);
    for trust in [&[][..], &["--ca-file", &certificate]] {
        let judged = judge(&served, &[&["tag-count/none"], trust].concat());
        assert_eq!(code(&judged), 5, "{}", out(&judged));
        let said = "no connection: the endpoint's certificate is not trusted; if it should be, name a file";
        assert!(out(&judged).contains(said), "{}", out(&judged));
    }
    // One that is marked as an authority's, and an endpoint that is not encrypted.
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = authority(folder.path(), "own", "127.0.0.1", false);
    let served = Served::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    let judged = judge(&served, &["tag-count/none"]);
    assert!(
        out(&judged).contains("name a file that holds it or its issuer's (--ca-file)"),
        "{}",
        out(&judged)
    );
    let plain = Served::start(&[]);
    let url = plain.at("url").replace("http:", "https:");
    let judged = run(&["run", "--sign", "none", "--endpoint", &url, "tag-count/none"]);
    assert_eq!(code(&judged), 5, "{}", out(&judged));
    let said = "the endpoint does not answer in TLS; if it is an http:// endpoint, write that";
    assert!(out(&judged).contains(said), "{}", out(&judged));
    // The other way round, where the endpoint says so by an alert before it closes.
    let url = odd::serve(|_, stream| {
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 22]);
    });
    let judged = run(&["run", "--sign", "none", "--endpoint", &url, "without-state/"]);
    let said = "the endpoint answers in TLS; if it is an https:// endpoint, write that";
    assert!(out(&judged).contains(said), "{}", out(&judged));
}

#[test]
fn a_given_certificate_is_shown() {
    let (_folder, [certificate, key, _]) = files();
    let served = Served::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    assert_eq!(served.ready.get("certificate"), None);
    let judged = judge(&served, &["-q", "--ca-file", &certificate, "tag-count"]);
    assert_eq!(code(&judged), 0, "{}", out(&judged));
    assert_eq!(served.end("-TERM").code(), Some(0));
}

#[test]
fn the_key_is_neither_written_nor_said() {
    let folder = tempfile::tempdir().unwrap();
    let [path, log] = ["trust.pem", "log"].map(|name| folder.path().join(name));
    let arguments = ["--tls", "--tls-cert-out", text(&path), "--log", text(&log)];
    let served = Served::start(&arguments);
    judge(&served, &["--ca-file", text(&path), "tag-count/none"]);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let mut said = served.ready.to_string();
    said.extend(files.iter().map(|file| fs::read_to_string(file).unwrap()));
    assert_eq!(said.matches("BEGIN").count(), 2, "the certificate, in the line and in the file: {said}");
    assert!(!said.contains("KEY"), "{said}");
}

#[test]
fn files_that_cannot_be_used_are_errors_of_settings_that_name_them() {
    let (folder, [certificate, key, other]) = files();
    let missing = text(&folder.path().join("missing.pem")).to_owned();
    let out_of_reach = text(&folder.path().join("no/such/folder.pem")).to_owned();
    let pair = |certificate, key| vec!["--tls-cert", certificate, "--tls-key", key];
    for (arguments, named, hint) in [
        (pair(&missing, &key), &missing, "`--tls` alone makes a certificate"),
        (pair(&certificate, &missing), &missing, "`--tls` alone makes a certificate"),
        (pair(&key, &key), &key, "it holds a CERTIFICATE"),
        (pair(&certificate, &certificate), &certificate, "it holds a PRIVATE KEY"),
        (pair(&certificate, &other), &other, "the certificate that was made for this key"),
        (vec!["--tls", "--tls-cert-out", &out_of_reach], &out_of_reach, "a folder that exists"),
    ] {
        let served = run(&[&["serve", "--listen", "127.0.0.1:0"][..], &arguments].concat());
        let said = err(&served);
        assert_eq!(code(&served), 2, "{arguments:?} {said}");
        assert!(said.contains(named.as_str()), "{arguments:?} {said}");
        assert!(said.contains("  hint: ") && said.contains(hint), "{arguments:?} {said}");
        assert_eq!(out(&served), "", "it is never ready");
    }
}

#[test]
fn flags_that_make_no_sense_together_are_errors_of_settings() {
    for arguments in [
        &["--tls-cert", "a"][..],
        &["--tls-key", "a"],
        &["--tls-cert-out", "a"],
        &["--tls", "--tls-cert", "a", "--tls-key", "b"],
    ] {
        assert_eq!(code(&run(&[&["serve"], arguments].concat())), 2, "{arguments:?}");
    }
}

#[test]
fn clients_that_connect_and_say_nothing_hold_up_neither_others_nor_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.pem");
    let served = Served::start(&["--tls", "--tls-cert-out", text(&path)]);
    let address = served.at("url").trim_start_matches("https://").to_owned();
    let silent: Vec<_> = (0..64).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let judged = judge(&served, &["-q", "--ca-file", text(&path), "tag-count"]);
    assert_eq!(code(&judged), 0, "{}", out(&judged));
    let start = Instant::now();
    assert_eq!(served.end("-INT").code(), Some(0));
    // Less than the time in which requests under way may end, which is what an endpoint takes that waits for them.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(silent);
}

/// A certificate that is marked as an authority's, as `openssl req -x509` makes it, and its key, in files; for a name, and
/// in force or not.
fn authority(folder: &Path, file: &str, name: &str, is_over: bool) -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    if is_over {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let certificate = params.self_signed(&key).unwrap();
    [("pem", certificate.pem()), ("key", key.serialize_pem())].map(|(kind, content)| {
        let path = folder.join(format!("{file}.{kind}"));
        fs::write(&path, content).unwrap();
        text(&path).to_owned()
    })
}

/// Files of a certificate that an authority has issued, and of its key.
fn issued(folder: &Path, file: &str, name: &str) -> [String; 2] {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let issuer = rcgen::CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    [("pem", certificate.pem()), ("key", key.serialize_pem())].map(|(kind, content)| {
        let path = folder.join(format!("{file}.{kind}"));
        fs::write(&path, content).unwrap();
        text(&path).to_owned()
    })
}

#[test]
fn a_certificate_of_the_file_is_taken_also_if_it_is_marked_as_an_authoritys_and_none_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let make = |file: &str, name: &str, is_over| authority(folder.path(), file, name, is_over);
    let (right, twin) = (make("right", "127.0.0.1", false), make("twin", "127.0.0.1", false));
    let (over, named) = (make("over", "127.0.0.1", true), make("named", "localhost", false));
    // Of another issuer each, whose certificate is in no file.
    let [own, wrong] =
        [("own", "127.0.0.1"), ("wrong", "localhost")].map(|(file, name)| issued(folder.path(), file, name));
    for ([certificate, key], trust, said) in [
        (&right, &right[0], None),
        (&right, &twin[0], Some("marked as an authority's")),
        (&over, &over[0], Some("has expired: it was valid until 2020-01-01T00:00:00Z")),
        (
            &named,
            &named[0],
            Some(
                "is for localhost, and not for 127.0.0.1; to reach it by a name of the certificate: --resolve",
            ),
        ),
        (&own, &own[0], None),
        (&own, &issued(folder.path(), "other", "127.0.0.1")[0], Some("is not trusted")),
        (
            &wrong,
            &wrong[0],
            Some(
                "is for localhost, and not for 127.0.0.1; to reach it by a name of the certificate: --resolve",
            ),
        ),
    ] {
        let served = Served::start(&["--tls-cert", certificate, "--tls-key", key]);
        let judged = judge(&served, &["--ca-file", trust, "tag-count/none"]);
        assert_eq!(code(&judged), if said.is_some() { 5 } else { 0 }, "{certificate}: {}", out(&judged));
        assert!(said.is_none_or(|said| out(&judged).contains(said)), "{certificate}: {}", out(&judged));
    }
}

#[test]
fn session_tickets_are_not_taken_for_bytes_of_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.pem");
    let served = Served::start(&["--tls", "--tls-cert-out", text(&path)]);
    for mode in ["fresh", "reuse"] {
        let judged =
            judge(&served, &["-j", "2", "--ca-file", text(&path), "--connections", mode, "tag-count"]);
        assert_eq!(code(&judged), 0, "{mode}: {}", out(&judged));
    }
}
