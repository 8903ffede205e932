//! `proofmark verify`: an honest bundle holds; one that was changed, or forged by the owner of the key, does not.

#![cfg(unix)]
mod forgery;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::bundle::{CASES, Desk, FAULT, key, pack, unpack, verify_command};
use crate::support::{self, code, err, out};
use proofmark::inside::digest::sha256_hex;
use proofmark::inside::evidence::{
    Bundle, BundleFiles, ENVELOPE, ExpectedSigner, MANIFEST, Packer, SigningKey, TestResult, open, seal,
};
use serde_json::{Value as Json, json};

/// An honest bundle of the embedded endpoint, which passed.
fn passed() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(|| {
        let desk = Desk::new();
        let (code, text) = desk.certify(&[CASES]);
        assert_eq!(code, 0, "{text}");
        desk
    })
}

/// An honest bundle of an endpoint with a fault, which failed.
fn failed() -> &'static Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    DESK.get_or_init(|| {
        let desk = Desk::new();
        let (code, text) = desk.certify_served(&[FAULT], &[CASES]);
        assert_eq!(code, 1, "{text}");
        desk
    })
}

#[test]
fn an_honest_bundle_holds_by_key_and_by_fingerprint() {
    let desk = passed();
    let fingerprint = format!("sha256:{}", key().public().id());
    for name in
        [desk.text("key.pem.pub"), fingerprint.clone(), fingerprint.to_uppercase().replace("SHA", "sha")]
    {
        let (code, text) = desk.verify_with(&desk.bundle(), &["--key", &name]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("each comes to what is recorded"), "{text}");
        assert!(text.contains("result       PASSED\n"), "{text}");
    }
}

#[test]
fn a_bundle_that_certifies_failure_holds_and_says_so() {
    let (code, text) = failed().verify(&failed().bundle());
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("result       FAILED\n") && !text.contains("BAD"), "{text}");
}

#[test]
fn without_a_key_the_signer_is_unknown() {
    let (code, text) = passed().verify_with(&passed().bundle(), &[]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("the signer is unknown"), "{text}");
    assert!(text.contains("PASSED by its own account; no case is judged again"), "{text}");
    assert!(!text.contains("comes to what is recorded"), "{text}");
}

#[test]
fn another_signer_is_refused_and_named() {
    let other = SigningKey::generate().unwrap().public();
    let path = passed().path("other.pub");
    fs::write(&path, other.to_pem()).unwrap();
    for name in [path.display().to_string(), format!("sha256:{}", other.id())] {
        let (code, text) = passed().verify_with(&passed().bundle(), &["--key", &name]);
        assert_eq!(code, 3, "{text}");
        assert!(text.contains(&format!("and not sha256:{}", other.id())), "{text}");
    }
    let (code, text) = passed().verify_with(&passed().bundle(), &["--key", "sha256:abc"]);
    assert!(code == 2 && text.contains("is not a fingerprint"), "{text}");
    let (code, text) = passed().verify_with(&passed().bundle(), &["--key", &other.id()]);
    let hint = format!("a fingerprint is written sha256:{}", other.id());
    assert!(code == 2 && text.contains(&hint), "{text}");
}

#[test]
fn three_hundred_changes_of_one_byte_are_refused() {
    let honest = passed().bundle();
    let mut chance = fastrand::Rng::with_seed(20_260_101);
    for number in 0..300 {
        let mut changed = honest.clone();
        let at = chance.usize(..changed.len());
        match number % 4 {
            0 => changed[at] ^= 1 << chance.u8(..8),
            1 => changed[at] = changed[at].wrapping_add(chance.u8(1..)),
            2 => drop(changed.remove(at)),
            _ => changed.insert(at, chance.u8(..)),
        }
        let (code, text) = passed().verify(&changed);
        assert!(code == 3 && text.contains("BAD"), "change {number} at byte {at}: {code} {text}");
    }
}

#[test]
fn a_changed_file_is_named_and_so_is_what_is_around_it() {
    let honest = unpack(&passed().bundle());
    for name in honest.keys() {
        let mut files = honest.clone();
        let content = files.get_mut(name).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        let (code, text) = passed().verify(&pack(&files));
        assert_eq!(code, 3, "{name}: {text}");
        assert!(text.contains(name.as_str()), "{name}: {text}");
    }
    let (code, text) = passed().verify(&[passed().bundle(), vec![0]].concat());
    assert!(code == 3 && text.contains("behind the last file"), "{text}");
}

/// Refuses each forgery, made of the bundle of `desk`, for the reason beside it.
fn refused(desk: &Desk, forgeries: &[forgery::Forgery]) {
    for (name, forge, reason) in forgeries {
        let (code, text) = desk.verify(&forge(desk.forged()));
        assert_eq!(code, 3, "{name}: {text}");
        assert!(text.contains("whole and signed") && text.contains(reason), "{name}: {text}");
    }
}

#[test]
fn whoever_has_the_key_cannot_turn_a_failure_into_a_pass() {
    refused(failed(), forgery::PASSES);
}

#[test]
fn whoever_has_the_key_cannot_put_answers_to_other_requests_or_cases() {
    refused(passed(), forgery::ANSWERS);
}

#[test]
fn whoever_has_the_key_cannot_record_something_of_a_case_that_was_skipped() {
    let desk = Desk::new();
    // Nothing is signed, so the case about signatures is skipped on purpose.
    let (code, text) = desk.certify_served(&[], &["--sign", "none", CASES, "signature/date-expired"]);
    assert!(text.contains("1 skipped"), "{code} {text}");
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 1 && !text.contains("BAD"), "{code} {text}");
    refused(&desk, forgery::SKIPPED);
}

#[test]
fn whoever_has_the_key_cannot_change_what_reports_show_besides() {
    refused(passed(), forgery::FIELDS);
}

#[test]
fn whoever_has_the_key_cannot_add_drop_or_double_what_is_certified() {
    refused(passed(), forgery::EXTENT);
}

#[test]
fn an_envelope_of_another_bundle_does_not_fit() {
    let mut forged = failed().forged();
    forged.0.insert(ENVELOPE.to_owned(), passed().forged().0[ENVELOPE].clone());
    let (code, text) = failed().verify(&pack(&forged.0));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("`manifest.json`: it is not the one that the statement"), "{text}");
}

#[test]
fn a_statement_that_binds_no_manifest_is_refused() {
    let bytes = passed().forged().signed(|statement| {
        statement.configuration.retain(|resource| resource.name != MANIFEST);
    });
    let (code, text) = passed().verify(&bytes);
    assert!(code == 3 && text.contains("it is not the one that the statement"), "{text}");
}

#[test]
fn a_signature_by_a_key_that_only_the_bundle_names_is_no_signature_by_the_one_that_is_asked_for() {
    let other = SigningKey::generate().unwrap();
    let mut forged = passed().forged();
    forged.write("signer.pem", other.public().to_pem());
    let statement = forged.statement();
    let mut files = unpack(&forged.signed(|_| {}));
    files.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), &other));
    let (code, text) = passed().verify(&pack(&files));
    assert!(code == 3 && text.contains("it names the key"), "{text}");
}

/// The envelope of another statement by another key, under the name of the key that is asked for.
#[test]
fn a_signature_that_the_key_did_not_make_is_refused() {
    let other = SigningKey::generate().unwrap();
    let forged = failed().forged().signed(|statement| {
        statement.passed.append(&mut statement.failed);
        statement.result = TestResult::Passed;
    });
    let mut files = unpack(&forged);
    let sealed = seal(open(&files[ENVELOPE]).unwrap().payload(), &other);
    let text = String::from_utf8(sealed).unwrap().replace(&other.public().id(), &key().public().id());
    files.insert(ENVELOPE.to_owned(), text.into_bytes());
    let (code, text) = failed().verify(&pack(&files));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the signature is not of this statement by the key"), "{text}");
}

#[test]
fn tables_are_held_against_a_folder_of_ones_own() {
    let bytes = passed().bundle();
    let public = passed().text("key.pem.pub");
    let (code, text) = passed().verify_with(&bytes, &["--key", &public, "--cases", "cases"]);
    assert!(code == 0 && text.contains("contracts and tables are those in the folder"), "{text}");
    let folder = support::copied_cases();
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution/tag-count.toml");
    fs::write(&table, fs::read_to_string(&table).unwrap() + "\n").unwrap();
    let cases = folder.path().join("cases").display().to_string();
    let (code, text) = passed().verify_with(&bytes, &["--key", &public, "--cases", &cases]);
    assert!(code == 3 && text.contains("tag-count.toml: it is not the one in the folder"), "{text}");
}

/// The keys of a record that may be left out, each with those that come after it.
const AFTER: [(&str, &[&str]); 7] = [
    ("findings", &["answered"]),
    ("exchanges", &["given", "variables", "unanswered", "steps_not_sent"]),
    ("given", &["variables", "unanswered", "steps_not_sent"]),
    ("variables", &["unanswered", "steps_not_sent"]),
    ("unanswered", &["steps_not_sent"]),
    ("rows_met", &["codes_due", "snapshot"]),
    ("retried", &["left_behind", "duration_us"]),
];

/// Puts a value where the program would have written it.
fn put(record: &mut Json, key: &str, value: Json) {
    let object = record.as_object_mut().unwrap();
    let later = AFTER.iter().find(|(known, _)| *known == key).map(|(_, later)| *later).unwrap_or_default();
    let at = object.keys().position(|known| later.contains(&known.as_str()));
    match at {
        Some(at) if !object.contains_key(key) => object.shift_insert(at, key.to_owned(), value),
        _ => object.insert(key.to_owned(), value),
    };
}

#[test]
fn nothing_can_be_added_to_a_case_that_was_not_run() {
    let served = support::Served::start(&[]);
    let desk = Desk::new();
    let cases = ["state-errors/image-name-taken", "without-state"];
    let (code, text) =
        desk.certify(&[&["--endpoint", served.at("url"), "--sign", "none"], &cases[..]].concat());
    assert_eq!(code, 1, "{text}");
    let (code, text) = desk.verify(&desk.bundle());
    assert!(code == 1 && text.contains("skipped      8 cases"), "{text}");
    let run = desk.forged().events().into_iter().find(|event| !event["exchanges"].is_null()).unwrap();
    let exchange = run["exchanges"][0].clone();
    let finding =
        json!({"level": "status", "step": 1, "subject": "status", "expected": "200", "actual": "500"});
    let added = "it was skipped, and something is recorded of it";
    let expected = "the record is wrong about the codes that it expects";
    for (key, value, shown) in [
        ("findings", json!([finding]), added),
        ("rows_met", json!(["InvalidImageName.Duplicated"]), added),
        ("exchanges", json!([exchange]), added),
        ("variables", json!([["a", "b"]]), added),
        ("snapshot", json!({"name": "same"}), added),
        ("given", json!([["a", "b"]]), added),
        ("unanswered", exchange["request"].clone(), added),
        ("retried", json!(["again"]), added),
        ("answered", json!(1), added),
        ("steps_not_sent", json!(0), added),
        ("codes_due", json!([["Forged.Code"]]), expected),
    ] {
        let mut forged = desk.forged();
        forged.change_events(|event| {
            if event["verdict"]["name"] == "skipped" {
                put(event, key, value.clone());
            }
            true
        });
        let (code, text) = desk.verify(&forged.signed(|_| {}));
        assert!(code == 3 && text.contains(shown), "{key}: {text}");
    }
}

#[test]
fn a_checkout_with_other_ends_of_lines_has_the_same_tables() {
    let folder = support::copied_cases();
    let operation = folder.path().join("cases/ecs/StartImagePipelineExecution");
    fs::copy("cases/manifest.toml", folder.path().join("cases/manifest.toml")).unwrap();
    let tables = fs::read_dir(&operation).unwrap().chain(fs::read_dir(folder.path().join("cases")).unwrap());
    for path in tables.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
        fs::write(path, text).unwrap();
    }
    let (cases, public) = (folder.path().join("cases").display().to_string(), passed().text("key.pem.pub"));
    let compared = |bytes: &[u8], cases: &str| {
        let (code, text) = passed().verify_with(bytes, &["--key", &public, "--cases", cases]);
        assert!(code == 0 && text.contains("contracts and tables are those in the folder"), "{text}");
    };
    compared(&passed().bundle(), &cases);
    // And a bundle that is made of such a checkout holds beside any other.
    let desk = Desk::new();
    let (code, text) = desk.certify(&["--cases", &cases, CASES]);
    assert_eq!(code, 0, "{text}");
    compared(&desk.bundle(), "cases");
    fs::write(operation.join("tag-key-forbidden.csv"), "id,key\r\na,b\r\n").unwrap();
    let (code, text) = passed().verify_with(&passed().bundle(), &["--key", &public, "--cases", &cases]);
    assert!(code == 3 && text.contains("tag-key-forbidden.csv: it is not the one in the folder"), "{text}");
}

#[test]
fn a_digest_is_told_in_one_piece_where_no_terminal_asks_for_less() {
    let (bundle, key) = (passed().path("b.tar"), passed().text("key.pem.pub"));
    let output = verify_command(&bundle, &["--key", &key]).env_remove("COLUMNS").output().unwrap();
    let text = out(&output);
    let subject = &passed().forged().statement().subject[0].digest.sha256;
    assert!(text.contains(&format!("subject      manifest.json sha256:{subject}\n")), "{text}");
}

#[test]
fn digests_ids_and_addresses_are_whole_on_a_narrow_terminal() {
    let (bundle, key) = (passed().path("b.tar"), key().public().id());
    for columns in ["20", "40", "80"] {
        let arguments = ["--key", &format!("sha256:{key}")];
        let output = verify_command(&bundle, &arguments).env("COLUMNS", columns).output().unwrap();
        let text = out(&output);
        let statement = passed().forged().statement();
        let (scope, subject) = (&statement.conformance.scope, &statement.subject[0].digest.sha256);
        for whole in [&key, subject, &scope.endpoints[0].url, &scope.contracts[0].id] {
            assert!(text.contains(whole.as_str()), "{whole} at {columns}:\n{text}");
        }
    }
}

#[test]
fn a_bundle_that_lists_a_great_many_files_is_refused_in_a_few_lines() {
    let desk = Desk::new();
    let mut files = passed().forged().0;
    let mut list: serde_json::Value = serde_json::from_slice(&files[MANIFEST]).unwrap();
    let absent = |number| json!({"name": format!("{number:0>90}"), "length": 1, "sha256": "0".repeat(64)});
    list["files"].as_array_mut().unwrap().extend((0..20_000).map(absent));
    let list = serde_json::to_vec_pretty(&list).unwrap();
    files.insert(MANIFEST.to_owned(), [list.as_slice(), b"\n"].concat());
    let mut statement = passed().forged().statement();
    statement.configuration[0].digest.sha256 = sha256_hex(&files[MANIFEST]);
    files.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), &key()));
    // Also where no width bounds a line, and the signer is not trusted.
    let path = desk.path("b.tar");
    fs::write(&path, pack(&files)).unwrap();
    let output = verify_command(&path, &[]).env_remove("COLUMNS").output().unwrap();
    let text = out(&output);
    assert_eq!(code(&output), 3);
    assert!(text.lines().count() < 30 && text.contains("\nBAD and 19980 more\n"), "{text}");
}

#[test]
fn list_and_statement_are_as_large_as_they_may_be_and_no_larger() {
    let opened = |change: &dyn Fn(&mut BundleFiles)| {
        let mut files = passed().forged().0;
        change(&mut files);
        Bundle::open(&mut Cursor::new(pack(&files)), &ExpectedSigner::Unknown).unwrap_err().to_string()
    };
    let listed = |size: usize| {
        opened(&|files| {
            files.insert(MANIFEST.to_owned(), vec![b' '; size]);
            let mut statement = passed().forged().statement();
            statement.configuration[0].digest.sha256 = sha256_hex(&files[MANIFEST]);
            files.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), &key()));
        })
    };
    assert!(!listed(16 << 20).contains("more than"), "{}", listed(16 << 20));
    assert!(listed((16 << 20) + 1).contains("`manifest.json`: it has more than 16777216 bytes"));
    let stated = |size: usize| {
        opened(&|files| {
            files.insert(ENVELOPE.to_owned(), vec![b' '; size]);
        })
    };
    assert!(!stated(64 << 20).contains("larger than"), "{}", stated(64 << 20));
    assert!(stated((64 << 20) + 1).contains("`statement.dsse.json`: it is larger than 67108864 bytes"));
}

#[test]
fn a_bundle_that_has_a_million_files_is_refused_at_the_first_that_is_too_many() {
    // Heads of empty files, as from a pipe that never ends.
    let desk = Desk::new();
    let mut bundle = Vec::new();
    for number in 0..=20_000 {
        let mut packer = Packer::new(&mut bundle);
        packer.add(&format!("cases/{number:09}.toml"), 0, &b""[..]).unwrap();
    }
    let path = desk.path("b.tar");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(&bundle).unwrap();
    // What follows is not read: this would be an error of another kind.
    file.set_len(512 * 1_000_000).unwrap();
    let output = verify_command(&path, &[]).output().unwrap();
    assert_eq!(code(&output), 3);
    assert!(out(&output).contains("BAD the archive: it has more than 20000 files"), "{}", out(&output));
}

#[test]
fn a_bundle_comes_through_a_pipe_as_well() {
    let public = passed().text("key.pem.pub");
    let cat = |path: &Path| format!("cat '{}' | \"$0\" verify /dev/stdin --key '{public}'", path.display());
    let program = env!("CARGO_BIN_EXE_proofmark");
    let piped = |script: String| Command::new("sh").args(["-c", &script, program]).output().unwrap();
    let output = piped(cat(&passed().path("b.tar")));
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let desk = Desk::new();
    let large = desk.path("large");
    fs::File::create(&large).unwrap().set_len((256 << 20) + 1).unwrap();
    let output = piped(cat(&large));
    assert!(code(&output) == 3 && err(&output).contains("through a pipe"), "{}", err(&output));
}

#[test]
fn every_line_fits_forty_columns_without_colour() {
    let desk = Desk::new();
    let mut forged = passed().forged();
    forged.change_events(|event| {
        if event["event"] == "started" {
            event["endpoint"]["name"] = json!("a \u{1b}[31mred\u{202e} name that goes on and on");
        }
        true
    });
    // The name is printed as it was recorded, in a refusal as well.
    for (bytes, arguments) in [
        (passed().bundle(), vec![]),
        (
            passed().bundle(),
            vec!["--key", "sha256:0000000000000000000000000000000000000000000000000000000000000000"],
        ),
        (forged.signed(|_| {}), vec![]),
    ] {
        let path = desk.path("b.tar");
        fs::write(&path, bytes).unwrap();
        let output = verify_command(&path, &arguments).env("COLUMNS", "40").output().unwrap();
        let text = out(&output);
        assert!([3, 5].contains(&code(&output)));
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        for line in text.lines() {
            let is_one_word = !line.trim().contains(' ');
            assert!(line.chars().count() <= 40 || is_one_word, "{line}");
        }
    }
}
