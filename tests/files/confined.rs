//! No file outside of the folder of cases is read, by whatever path or link, and no line of one is shown.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::odd::{one_case, program};
use crate::support::{code, err, out};

const LINE: &str = "root:x:0:0:not-to-be-seen";

/// What a command says of a folder of cases in which something leads to a file outside.
fn said(prepare: impl Fn(&Path, &Path), arguments: &[&str]) -> (i32, String) {
    let (folder, outside) = (one_case(), tempfile::tempdir().unwrap());
    let secret = outside.path().join("passwd");
    fs::write(&secret, format!("{LINE}\nid = 1\n")).unwrap();
    prepare(folder.path(), &secret);
    let output = program(folder.path(), &[]).args(arguments).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

fn add(path: &Path, line: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, format!("{line}\n{text}")).unwrap();
}

/// Puts a link in a file's place.
fn link(place: &Path, target: &Path) {
    let _ = fs::remove_file(place);
    symlink(target, place).unwrap();
}

#[test]
fn no_path_or_link_in_a_folder_of_cases_shows_a_line_of_a_file_outside() {
    type Prepare = fn(&Path, &Path);
    let named: [(&str, Prepare); 9] = [
        ("common by its whole path", |cases, secret| {
            add(
                &cases.join("shop/Get/contract.toml"),
                &format!("common = {:?}", secret.display().to_string()),
            );
        }),
        ("common by a path upwards", |cases, secret| {
            let up = "../".repeat(40) + secret.to_str().unwrap().trim_start_matches('/');
            add(&cases.join("shop/Get/contract.toml"), &format!("common = {up:?}"));
        }),
        ("common by a link", |cases, secret| {
            link(&cases.join("shared.toml"), secret);
            add(&cases.join("shop/Get/contract.toml"), "common = \"../../shared.toml\"");
        }),
        ("rows by a link", |cases, secret| {
            link(&cases.join("shop/Get/rows.csv"), secret);
            let table = cases.join("shop/Get/t.toml");
            let text = fs::read_to_string(&table).unwrap();
            fs::write(table, text.replacen("expect =", "rows = \"rows.csv\"\nexpect =", 1)).unwrap();
        }),
        ("a table", |cases, secret| link(&cases.join("shop/Get/t.toml"), secret)),
        ("a contract", |cases, secret| link(&cases.join("shop/Get/contract.toml"), secret)),
        ("states", |cases, secret| link(&cases.join("shop/Get/states.toml"), secret)),
        ("waivers", |cases, secret| link(&cases.join("waivers.toml"), secret)),
        ("the manifest", |cases, secret| link(&cases.join("manifest.toml"), secret)),
    ];
    for (name, prepare) in named {
        let shown = |cases: &Path, secret: &Path| prepare(cases, secret);
        let (code, text) = said(shown, &["--endpoint", "http://127.0.0.1:9"]);
        assert_eq!(code, 3, "{name}: {text}");
        assert!(text.contains("which is outside of"), "{name}: {text}");
        assert!(!text.contains("not-to-be-seen"), "{name}: {text}");
    }
    let settings = |cases: &Path, secret: &Path| link(&cases.join("endpoints.toml"), secret);
    let (code, text) = said(settings, &["--endpoint", "named"]);
    assert_eq!(
        (code, text.contains("which is outside of"), text.contains("not-to-be-seen")),
        (3, true, false),
        "{text}"
    );
}

#[test]
fn a_bundle_takes_in_no_file_from_outside() {
    let (folder, outside) = (one_case(), tempfile::tempdir().unwrap());
    let secret = outside.path().join("secret.toml");
    fs::write(&secret, "[[waiver]]\n").unwrap();
    link(&folder.path().join("extra.toml"), &secret);
    let (key, bundle) = (outside.path().join("key"), outside.path().join("bundle.tar"));
    assert_eq!(code(&crate::support::run(&["keygen", "--output", key.to_str().unwrap()])), 0);
    let output = crate::support::proofmark(&["certify", "--endpoint", "http://127.0.0.1:9", "--cases"])
        .arg(folder.path())
        .arg("--key")
        .arg(&key)
        .arg("--output")
        .arg(&bundle)
        .output()
        .unwrap();
    assert_eq!(code(&output), 3, "{}", err(&output));
    assert!(err(&output).contains("which is outside of") && !bundle.exists(), "{}", err(&output));
}

#[test]
fn a_link_inside_of_the_folder_of_cases_is_followed() {
    let moved = |cases: &Path, _: &Path| {
        let (table, own) = (cases.join("shop/Get/t.toml"), cases.join("shared.txt"));
        fs::rename(&table, &own).unwrap();
        link(&table, Path::new("../../shared.txt"));
    };
    let (_, text) = said(moved, &["--dry-run", "--endpoint", "http://127.0.0.1:9"]);
    assert!(text.contains("cases      2"), "{text}");
    let nowhere = |cases: &Path, _: &Path| link(&cases.join("shop/Get/states.toml"), Path::new("nowhere"));
    let (code, text) = said(nowhere, &["--dry-run", "--endpoint", "http://127.0.0.1:9"]);
    assert!(code == 3 && text.contains("states.toml"), "a link that leads nowhere is named: {text}");
}

#[test]
fn certificates_may_be_elsewhere_by_a_whole_path_alone() {
    let settings =
        |path: &str| format!("[endpoint.named]\nurl = \"http://127.0.0.1:9\"\nca-file = {path:?}\n");
    let check = |path: &dyn Fn(&Path) -> String| {
        let (folder, outside) = (one_case(), tempfile::tempdir().unwrap());
        let secret = outside.path().join("ca.pem");
        fs::write(&secret, LINE).unwrap();
        fs::write(folder.path().join("endpoints.toml"), settings(&path(&secret))).unwrap();
        let output = crate::support::proofmark(&["check", "--cases", folder.path().to_str().unwrap()])
            .output()
            .unwrap();
        (code(&output), err(&output))
    };
    assert_eq!(check(&|secret| secret.display().to_string()).0, 0);
    let (code, text) = check(&|secret| "../".repeat(40) + secret.to_str().unwrap().trim_start_matches('/'));
    assert!(code == 3 && text.contains("which is outside of") && text.contains("whole path"), "{text}");
}
