//! An endpoint that repeats all that it was ever sent, in every form: nothing of a key, a token or a signature is in
//! anything that the program writes or prints.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::odd::{JSON, answer, one_case, program, serve};
use crate::support::{code, err, out, proofmark, run};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proofmark::inside::report::ReportFormat;
use serde_json::json;

const KEY_ID: &str = "LTAI5tExample0Key1";
const SECRET: &str = "s3cr3t/+Zq%3DKx9~\"tail=";
const TOKEN: &str = "CAIS/token+of&a=temporary-key";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text as an endpoint may repeat it.
fn forms(text: &str) -> Vec<String> {
    let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let html: Vec<String> = text.chars().map(|letter| format!("&#x{:x};", u32::from(letter))).collect();
    vec![
        text.to_owned(),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(format!("u{text}")),
        STANDARD.encode(STANDARD.encode(format!("us{text}"))),
        percent.clone(),
        utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string(),
        hex(text.as_bytes()),
        text.bytes().map(|byte| format!("\\u00{byte:02x}")).collect::<Vec<_>>().concat(),
        text.replace('"', "&quot;").replace('&', "&amp;"),
        html.concat(),
        STANDARD.encode(utf16(text)),
        text.chars().map(|letter| format!("{letter}\0")).collect::<Vec<_>>().concat(),
        text.to_uppercase(),
    ]
}

/// The texts of a request that say who sends it.
fn proofs(head: &str) -> Vec<String> {
    let mut found = Vec::new();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let pairs = target.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    for (name, value) in pairs {
        if ["AccessKeyId", "Signature", "SecurityToken"].contains(&name) {
            found.push(percent_decode_str(value).decode_utf8_lossy().into_owned());
        }
    }
    for line in head.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if name == "authorization" {
            found.extend(value.split("Signature=").nth(1).map(str::to_owned));
            found.extend(value.strip_prefix("Bearer ").or(value.strip_prefix("Basic ")).map(str::to_owned));
        } else if name.ends_with("security-token") {
            found.push(value.to_owned());
        }
    }
    found
}

/// An endpoint that answers with all that it was sent so far, and what proved who sent it.
fn echoing(status: &'static str) -> (String, Arc<Mutex<BTreeSet<String>>>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let (known, all) = (Arc::clone(&seen), Mutex::new(String::new()));
    let url = serve(move |head, stream| {
        let proofs = proofs(head);
        known.lock().unwrap().extend(proofs.iter().cloned());
        let mut sent = all.lock().unwrap();
        sent.push_str(head);
        let each: Vec<String> = known.lock().unwrap().iter().flat_map(|proof| forms(proof)).collect();
        let body = json!({ "id": "a", "code": sent.as_str(), "message": forms(&sent), "each": each, head: 1, "RequestId": "r" });
        let fields = format!(
            "x-echo: {}\r\nx-forms: {}\r\n",
            proofs.join(" "),
            forms(&proofs.concat())[..7].join(" ")
        );
        let _ = stream.write_all(&answer(status, &(JSON.to_owned() + &fields), body.to_string()));
    });
    (url, seen)
}

fn read_all(folder: &Path, seen: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        seen.extend(path.file_name().unwrap().as_encoded_bytes());
        if path.is_dir() { read_all(&path, seen) } else { seen.extend(fs::read(path).unwrap()) }
    }
}

/// The longest part of a text that is in what was written, in any form. What is at either end of base64 depends on what
/// is beside it, so the middle of each form is looked for.
fn found(seen: &[u8], text: &str) -> Option<String> {
    let lower = seen.to_ascii_lowercase();
    let narrow: Vec<u8> = lower.iter().copied().filter(|byte| *byte != 0).collect();
    let mut wanted = forms(text);
    for before in ["", "u", "us"] {
        wanted.push(STANDARD.encode(format!("{before}{text}")));
        wanted.push(STANDARD.encode(STANDARD.encode(format!("{before}{text}"))));
    }
    wanted.push(serde_json::to_string(text).unwrap());
    wanted.into_iter().find(|form| {
        let form = form.replace('\0', "").to_lowercase();
        let letters: Vec<char> = form.chars().collect();
        let middle: String = letters[letters.len() / 5..letters.len() - letters.len() / 5].iter().collect();
        let has = |bytes: &[u8]| memchr::memmem::find(bytes, middle.as_bytes()).is_some();
        has(&lower) || has(&narrow)
    })
}

const ENVIRONMENT: [(&str, &str); 9] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN),
    ("AWS_ACCESS_KEY_ID", KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_SESSION_TOKEN", TOKEN),
    ("PROOFMARK_BEARER_TOKEN", TOKEN),
    ("PROOFMARK_BASIC_USER", "someone"),
    ("PROOFMARK_BASIC_PASSWORD", SECRET),
];

/// A folder with cases, of which several are under way at once, and an endpoint of theirs.
fn folder(url: &str, scheme: &str) -> tempfile::TempDir {
    let folder = one_case();
    let operation = folder.path().join("shop/Get");
    let contract = fs::read_to_string(operation.join("contract.toml")).unwrap();
    let snapshot = "\n[snapshot]\nheaders = [\"content-type\", \"x-echo\", \"x-forms\"]\n";
    fs::write(operation.join("contract.toml"), contract + snapshot).unwrap();
    let cases = ["plain", "one", "two"].map(|id| {
        let body = "body = { \"$.id\" = \"a\", \"$.message[0]\" = \"x\" }";
        format!("[[case]]\nid = \"{id}\"\nabout = \"It is there.\"\nexpect = {{ status = 200, {body} }}\n\n")
    });
    fs::write(operation.join("t.toml"), cases.concat()).unwrap();
    let settings = "region = \"eu-west-1\"\nservice = \"execute-api\"\n";
    let text = format!("[endpoint.echo]\nurl = \"{url}\"\nsign = \"{scheme}\"\n{settings}");
    fs::write(folder.path().join("endpoints.toml"), text).unwrap();
    folder
}

#[test]
fn nothing_of_a_key_or_a_signature_is_in_anything_that_a_run_writes() {
    for scheme in ["v1", "v3", "bearer", "basic"] {
        shows_nothing(scheme);
    }
}

/// In a module of this name, so that the tests of the feature have it with them.
#[cfg(feature = "aws")]
mod aws {
    #[test]
    fn nothing_of_a_key_or_a_signature_is_in_anything_that_a_run_writes() {
        super::shows_nothing("aws-sigv4");
    }
}

fn shows_nothing(scheme: &str) {
    for status in ["200 OK", "400 Bad Request"] {
        let (url, proofs) = echoing(status);
        let folder = folder(&url, scheme);
        let written = folder.path().join("written");
        fs::create_dir(&written).unwrap();
        let mut arguments =
            vec!["--endpoint".to_owned(), "echo".into(), "-v".into(), "--update".into(), "always".into()];
        for format in ReportFormat::NAMES {
            arguments.extend(["--report".into(), format!("{format}={}", written.join(format).display())]);
        }
        arguments.extend(["--snapshots".into(), written.join("snapshots").display().to_string()]);
        arguments.push("--all-exchanges".into());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = program(folder.path(), &arguments).envs(ENVIRONMENT).output().unwrap();
        let mut seen = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(code(&output) < 2, "{scheme}: {}{}", out(&output), err(&output));
        read_all(&written, &mut seen);
        let (key, bundle) = (folder.path().join("key"), folder.path().join("bundle.tar"));
        run(&["keygen", "--output", key.to_str().unwrap()]);
        // Signatures of a run that is over are not known to another one, so it gets an endpoint of its own.
        let (url, others) = echoing(status);
        let settings = fs::read_to_string(folder.path().join("endpoints.toml")).unwrap();
        let (_, rest) = settings.split_once("sign =").unwrap();
        fs::write(
            folder.path().join("endpoints.toml"),
            format!("[endpoint.echo]\nurl = \"{url}\"\nsign ={rest}"),
        )
        .unwrap();
        let mut certify = proofmark(&["certify", "--endpoint", "echo", "--level", "status", "--cases"]);
        certify.arg(folder.path()).arg("--key").arg(&key).arg("--output").arg(&bundle).envs(ENVIRONMENT);
        let output = certify.output().unwrap();
        seen.extend([output.stdout.clone(), output.stderr.clone()].concat());
        seen.extend(
            fs::read(&bundle).unwrap_or_else(|_| panic!("{scheme}: {}{}", out(&output), err(&output))),
        );
        let mut proofs = proofs.lock().unwrap().clone();
        proofs.extend(others.lock().unwrap().iter().cloned());
        // Without a nonce, equal requests within one second have one signature.
        let least = match scheme {
            "v1" | "v3" => 6,
            "aws-sigv4" => 2,
            _ => 1,
        };
        assert!(proofs.len() >= least, "{proofs:?}");
        for text in proofs.iter().map(String::as_str).chain([KEY_ID, SECRET, TOKEN]) {
            let found = found(&seen, text);
            assert_eq!(found, None, "{scheme} {status}: {text} is shown");
        }
        assert!(memchr::memmem::find(&seen, b"[secret]").is_some());
    }
}

#[test]
fn a_secret_that_is_too_short_to_be_hidden_is_refused() {
    let folder = one_case();
    for (scheme, name) in [
        ("bearer", "PROOFMARK_BEARER_TOKEN"),
        ("basic", "PROOFMARK_BASIC_PASSWORD"),
        ("v1", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("v3", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("v3", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ] {
        let (url, _) = echoing("200 OK");
        let mut command = program(folder.path(), &["--endpoint", &url, "--sign", scheme, "plain"]);
        let output = command.envs(ENVIRONMENT).env(name, "pa55z").output().unwrap();
        let text = out(&output) + &err(&output);
        assert_eq!(code(&output), 2, "{scheme}: {text}");
        assert!(
            text.contains(name) && text.contains("fewer than 6 bytes") && !text.contains("pa55z"),
            "{text}"
        );
    }
}
