//! `proofmark keygen`: keys in files, read and written by the program itself.

use std::fs;
use std::path::Path;

use crate::support::{code, err, out, run};
use proofmark::inside::evidence::{PublicKey, SigningKey};

/// RFC 8410, section 10.3 and 10.1, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write keys.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";
const FINGERPRINT: &str = "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_key_is_made_with_its_public_half_and_only_the_fingerprint_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("key.pem");
    let public = folder.path().join("key.pem.pub");
    let made = run(&["keygen", "--output", text(&private)]);
    assert_eq!((code(&made), err(&made)), (0, String::new()));
    let pem = fs::read_to_string(&private).unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    let public_pem = fs::read_to_string(&public).unwrap();
    assert_eq!(PublicKey::from_pem(&public_pem).unwrap(), key.public());
    let due = format!(
        "private key  {}\npublic key   {}\nfingerprint  {}\n",
        text(&private),
        text(&public),
        key.public().id()
    );
    assert_eq!(out(&made), due);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_private_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("key.pem");
    assert_eq!(code(&run(&["keygen", "--output", text(&private)])), 0);
    assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn no_file_is_written_over_and_none_is_made_beside_one_that_is_there() {
    for taken in ["key.pem", "key.pem.pub"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(taken), "old").unwrap();
        let made = run(&["keygen", "--output", text(&folder.path().join("key.pem"))]);
        assert_eq!(code(&made), 2, "{taken}");
        assert!(err(&made).contains(&format!("{taken} is there already")), "{}", err(&made));
        assert_eq!(fs::read_to_string(folder.path().join(taken)).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_key_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(&["keygen", "--output", text(&folder.path().join("nowhere/key.pem"))]);
    assert_eq!(code(&made), 6, "{}", err(&made));
    assert_eq!((out(&made), fs::read_dir(folder.path()).unwrap().count()), (String::new(), 0));
}

#[test]
fn the_public_half_of_a_private_key_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join("key.pem");
    fs::write(&private, PRIVATE).unwrap();
    let shown = run(&["keygen", "--public", text(&private)]);
    assert_eq!((code(&shown), out(&shown).as_str()), (0, PUBLIC));
    assert_eq!(err(&shown), format!("fingerprint  {FINGERPRINT}\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_without_a_usable_key_is_an_error_that_does_not_repeat_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let long = format!("{PRIVATE}{}", "\n".repeat(64 * 1024));
    let cases: [(&[u8], &str); 6] = [
        (b"", "no key in PEM"),
        (PUBLIC.as_bytes(), "it holds a public key"),
        (&PRIVATE.replace("PRIVATE", "ENCRYPTED PRIVATE").into_bytes(), "an encrypted private key"),
        (&[PRIVATE, PRIVATE].concat().into_bytes(), "more than one block"),
        (b"\xff\xfe\x1b[2J", "no key in PEM"),
        (long.as_bytes(), "no key in PEM"),
    ];
    for (text_of_file, due) in cases {
        fs::write(&path, text_of_file).unwrap();
        let shown = run(&["keygen", "--public", text(&path)]);
        assert_eq!(code(&shown), 3);
        assert!(err(&shown).contains(due), "{}", err(&shown));
        let printed = [out(&shown), err(&shown)].concat();
        assert!(!printed.contains("MC4C") && !printed.contains('\u{1b}'), "{printed}");
    }
    let largest = format!("{PRIVATE}{}", "\n".repeat(64 * 1024 - PRIVATE.len()));
    fs::write(&path, &largest).unwrap();
    assert_eq!(code(&run(&["keygen", "--public", text(&path)])), 0);
    fs::write(&path, largest + "\n").unwrap();
    assert_eq!(code(&run(&["keygen", "--public", text(&path)])), 3);
    let missing = run(&["keygen", "--public", text(&folder.path().join("none"))]);
    assert_eq!(code(&missing), 3);
}

#[test]
fn one_thing_is_asked_for_and_just_one() {
    for arguments in [&["keygen"][..], &["keygen", "--output", "a", "--public", "b"]] {
        assert_eq!(code(&run(arguments)), 2);
    }
}
