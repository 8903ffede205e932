//! A folder of cases made to be hostile ends with one clear error, in bounded time and memory.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use super::support::odd::one_case;

/// What the program says of a folder of cases, with 2 GB of memory and a minute, most of it for a busy machine.
fn checked(folder: &Path) -> Output {
    let limited = "ulimit -v 2000000; exec timeout 60 \"$0\" check --cases \"$1\"";
    let program = env!("CARGO_BIN_EXE_proofmark");
    Command::new("sh").args(["-c", limited, program]).arg(folder).env("COLUMNS", "120").output().unwrap()
}

/// Fails unless the folder is refused with the exit code of files or of what cannot be read, shortly and in these words.
fn refused(what: &str, make: impl FnOnce(&Path), words: &[&str]) {
    let folder = one_case();
    make(&folder.path().join("shop/Get"));
    let output = checked(folder.path());
    let shown = String::from_utf8(output.stderr).expect("what is said is text");
    let start: String = shown.chars().take(2000).collect();
    assert!(matches!(output.status.code(), Some(3 | 5)), "{what}: {:?} {start}", output.status);
    assert!(shown.len() < 8000, "{what}: {} bytes, {start}", shown.len());
    assert!(words.iter().all(|word| shown.replace('\n', " ").contains(word)), "{what}: {words:?} {start}");
    // What does not parse may have several problems, and what is not there is missed; nothing floods.
    let is_few = (1..=5).any(|count| shown.contains(&format!("\n{count} problem")));
    assert!(is_few != (shown.matches("error: ").count() == 1), "{what}: {start}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{what}: {start:?}");
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn put(file: &'static str, text: impl Into<String>) -> impl FnOnce(&Path) {
    let text = text.into();
    move |folder| fs::write(folder.join(file), text).unwrap()
}

const CASE: &str = "[[case]]\nid = \"plain\"\nabout = \"It is there.\"\nexpect = { status = 200 }\n";

fn with_rows(rows: impl Into<String>) -> impl FnOnce(&Path) {
    let rows = rows.into();
    move |folder| {
        let table = format!("{CASE}params = {{ a = \"{{{{ v }}}}\" }}\nrows = \"r.csv\"\n");
        fs::write(folder.join("t.toml"), table).unwrap();
        fs::write(folder.join("r.csv"), rows).unwrap();
    }
}

#[test]
fn pipes_and_devices_are_not_read() {
    for file in ["t.toml", "contract.toml", "states.toml", "../../endpoints.toml", "../../waivers.toml"] {
        let replace = |folder: &Path, with: &dyn Fn(&Path)| {
            let path = folder.join(file);
            let _ = fs::remove_file(&path);
            with(&path);
        };
        refused(file, |folder| replace(folder, &pipe), &["cannot read", "not a regular file"]);
        let device = |path: &Path| symlink("/dev/zero", path).unwrap();
        // A link is refused as such, or for what it leads to.
        refused(file, |folder| replace(folder, &device), &[]);
    }
    let pipe_of_rows = |folder: &Path| {
        fs::write(folder.join("t.toml"), format!("{CASE}rows = \"r.csv\"\n")).unwrap();
        pipe(&folder.join("r.csv"));
    };
    refused("rows", pipe_of_rows, &["not a regular file"]);
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_refused() {
    refused("circle", |folder| symlink("u.toml", folder.join("u.toml")).unwrap(), &["u.toml"]);
    refused("nowhere", |folder| symlink("nosuch", folder.join("u.toml")).unwrap(), &["u.toml"]);
}

#[test]
fn a_folder_that_leads_back_to_itself_is_not_gone_through_again() {
    let folder = one_case();
    symlink(folder.path(), folder.path().join("shop/back")).unwrap();
    let code = checked(folder.path()).status.code();
    assert!(matches!(code, Some(0 | 3 | 5)), "{code:?}");
}

#[test]
fn names_that_act_on_a_terminal_are_shown_as_escapes() {
    refused("escape", |folder| fs::write(folder.join("\u{1b}[2J.toml"), CASE).unwrap(), &["[2J.toml"]);
    refused("line", |folder| fs::write(folder.join("a\nb.toml"), CASE).unwrap(), &["b.toml"]);
    let not_unicode = std::ffi::OsStr::from_bytes(b"\xff.toml");
    refused("not Unicode", |folder| fs::write(folder.join(not_unicode), CASE).unwrap(), &[".toml"]);
}

#[test]
fn files_that_are_too_large_are_refused_and_the_largest_are_read() {
    let large = |folder: &Path| File::create(folder.join("t.toml")).unwrap().set_len((64 << 20) + 1).unwrap();
    refused("one byte too many", large, &["more than 67108864"]);
    let largest = |folder: &Path| File::create(folder.join("t.toml")).unwrap().set_len(64 << 20).unwrap();
    refused("as large as may be", largest, &["invalid TOML"]);
    let line = |length: usize| format!("{CASE}\nwhat = \"{}\"\n", "x".repeat(length));
    refused("a line of 30 MB", put("t.toml", line(30_000_000)), &["unknown key `what`"]);
    refused("a line of the file", put("t.toml", format!("{}= 1\n", "é".repeat(100_000))), &["invalid TOML"]);
}

#[test]
fn values_rows_and_products_of_them_are_bounded() {
    let list = format!("{CASE}\n[case.params]\na = [{}]\n", "0,".repeat(10_000_000));
    refused("values", put("t.toml", list), &["10000017 lines, values and lists, more than 3000000"]);
    refused("brackets", put("t.toml", format!("a = {}\n", "[".repeat(1_000_000))), &[]);
    let rows: String =
        std::iter::once("id,v\n".to_owned()).chain((0..1_600_000).map(|n| format!("{n},\n"))).collect();
    refused("rows", with_rows(rows), &["more than 3000000 rows and fields"]);
    let params: Vec<String> = (0..10_000).map(|number| format!("p{number} = 1\n")).collect();
    let params = params.concat();
    let cases: String = (0..200).map(|number| CASE.replace("plain", &format!("c{number}"))).collect();
    refused(
        "parameters",
        put("t.toml", format!("[params]\n{params}{cases}")),
        &["more than 1000000 parameters"],
    );
    let methods: Vec<String> = (0..300_000).map(|number| format!("\"M{number}\"")).collect();
    let axes = format!(
        "{CASE}axes = {{ method = [{}], place = [\"query\", \"form\"], format = [\"json\", \"xml\"] }}\n",
        methods.join(",")
    );
    refused("axes", put("t.toml", axes), &["the axes come to 1200000 requests"]);
}

#[test]
fn what_takes_too_much_work_is_named_with_file_and_line() {
    let path = |path: &str| CASE.replace("status = 200", &format!("body = {{ \"{path}\" = 1 }}"));
    let table = |value: &str| put("t.toml", format!("{CASE}params = {{ a = \"{value}\" }}\n"));
    let at = "shop/Get/t.toml:";
    refused("descents", put("t.toml", path(&format!("${}", "..*".repeat(12)))), &[at, "12 descents"]);
    refused("pattern of a path", put("t.toml", path("$[?match(@.a, @.b)]")), &[at, "written in the path"]);
    refused("nested path", put("t.toml", path(&format!("$[?{}@", "(".repeat(900)))), &[at, "nested deeper"]);
    let regex = CASE.replace("status = 200", "body = { \"$.a\" = { regex = \"((a{99}){99}){99}\" } }");
    refused("pattern", put("t.toml", regex), &[at, "not a regular expression"]);
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    for template in [
        loops,
        "{{ '%0999999999d'|format(1) }}",
        "{{ 'a'|indent(1000000000, true) }}",
        "{{ 'a' * 99999999 }}",
    ] {
        refused(template, table(template), &[at, "the template takes more than"]);
    }
    refused(
        "long",
        table(&format!("{{{{ 1{} }}}}", "+1".repeat(100_000))),
        &[at, "more than 4096 characters"],
    );
}
