//! Choosing cases by tags and expressions: `-E 'tag(slow) and not id(one/a)'`.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::Ordering;

use regex::Regex;
use serde_json::Value as Json;
use tempfile::TempDir;

use super::choosing::{project, ran, thing};
use crate::support::{code, command_names, err, out, run};

/// Two tables: the first is slow, its last case is odd as well, and nothing of the second is either.
const SLOW: &str = "tags = [\"slow\"]\n\n[[case]]\nid = \"one\"\nabout = \"It is there.\"\nparams = { row = \"a\" }\n\
    expect = { status = 200 }\n\n[[case]]\nid = \"two\"\ntags = [\"odd\"]\n\
    about = \"It is there.\"\nparams = { row = \"b\" }\nexpect = { status = 200 }\n";
const FAST: &str = "[[case]]\nid = \"three\"\nabout = \"It is there.\"\nparams = { row = \"c\" }\n\
    expect = { status = 200 }\n";

fn tagged() -> TempDir {
    let folder = project();
    let operation = folder.path().join("cases/shop/Get");
    fs::remove_file(operation.join("t.toml")).unwrap();
    fs::write(operation.join("slow-ones.toml"), SLOW).unwrap();
    fs::write(operation.join("others.toml"), FAST).unwrap();
    folder
}

/// The names of the cases that are listed, or what is wrong.
fn listed(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let (status, text) = ran(folder, &[&["list"], arguments].concat());
    if status != 0 {
        return (status, text);
    }
    let names: Vec<&str> = text.lines().map(|id| id.rsplit('/').next().unwrap()).collect();
    (status, names.join(" "))
}

#[test]
fn an_expression_selects_by_tags_and_ids() {
    let folder = tagged();
    for (expression, due) in [
        ("tag(slow)", "one two"),
        ("tag(odd)", "two"),
        ("tag(=slow) and not tag(odd)", "one"),
        ("tag(slow) & !tag(odd)", "one"),
        ("tag(slow) - tag(odd)", "one"),
        ("not tag(slow)", "three"),
        ("id(others)", "three"),
        ("id(others/) or tag(odd)", "three two"),
        ("id(others)|tag(odd)", "three two"),
        ("id(others) || tag(odd)", "three two"),
        ("id(others) + tag(odd)", "three two"),
        ("tag(slow) && tag(odd)", "two"),
        ("tag(slow) or tag(odd)", "one two"),
        ("tag(odd) or tag(slow)", "one two"),
        ("not none()", "three one two"),
        ("id(o*)", "three one"),
        ("id(=shop/Get/others/three)", "three"),
        ("all()", "three one two"),
        ("none() or all()", "three one two"),
        // `and` binds tighter than `or`, and `not` tighter than both.
        ("tag(odd) or tag(slow) and not tag(odd)", "one two"),
        ("(tag(odd) or tag(slow)) and not tag(odd)", "one"),
        ("not tag(odd) and not tag(slow)", "three"),
        ("not (tag(odd) or id(others))", "one"),
    ] {
        assert_eq!(listed(&folder, &["-E", expression]), (0, due.to_owned()), "{expression}");
    }
    assert_eq!(listed(&folder, &["-E", "tag(odd)", "--filterset", "id(others)"]), (0, "three two".into()));
    assert_eq!(listed(&folder, &["slow-ones", "-E", "not tag(odd)"]), (0, "one".into()));
    assert_eq!(listed(&folder, &["-E", "tag(slow)", "--skip", "two"]), (0, "one".into()));
}

#[test]
fn patterns_select_what_any_of_them_matches_and_a_former_name_is_one_of_a_case() {
    let folder = tagged();
    assert_eq!(listed(&folder, &["others", "slow-ones::two"]), (0, "three two".into()));
    let table = folder.path().join("cases/shop/Get/others.toml");
    fs::write(
        &table,
        FAST.replace("id = \"three\"", "id = \"three\"\nformer = [\"drei\"]\ntags = [\"slower\"]"),
    )
    .unwrap();
    for arguments in [&["drei"][..], &["-E", "id(drei)"], &["-E", "id(others/drei)"]] {
        assert_eq!(listed(&folder, arguments), (0, "three".into()), "{arguments:?}");
    }
    assert_eq!(listed(&folder, &["--skip", "drei"]), (0, "one two".into()));
    // A tag is a whole one.
    assert_eq!(listed(&folder, &["-E", "tag(slow)"]), (0, "one two".into()));
}

#[test]
fn an_expression_that_is_none_or_selects_nothing_is_an_error_with_a_hint() {
    let folder = tagged();
    for (arguments, exit, message, hint) in [
        (
            &["-E", "tag(slow"][..],
            2,
            "-E: the `(` of `tag` is not closed at column 5 of `tag(slow`",
            "add a `)`",
        ),
        (
            &["-E", "test(one)"],
            2,
            "expected tag(…), id(…), all() or none() at column 1",
            "id(…) selects by id",
        ),
        (&["-E", ""], 2, "at column 1", "an expression is, for example"),
        (&["-E", "tag(slwo)"], 4, "-E: no case has the tag `slwo`", "did you mean `slow`?"),
        (&["-E", "all() or tag(other)"], 4, "no case has the tag `other`", "the tags here are odd, slow"),
        (&["-E", "not id(oth)"], 4, "-E: no case matches `oth`", "`oth*` matches 1 case"),
        (&["-E", "id(=others)"], 4, "no case matches `others`", ""),
        (&["--exact", "others"], 4, "no case matches `others`", ""),
        (&["-E", "none()"], 4, "-E: no case that is selected meets `none()`", ""),
        (&["-E", "tag(odd)", "others"], 4, "no case that is selected meets `tag(odd)`", ""),
    ] {
        let (status, text) = listed(&folder, arguments);
        assert!(
            status == exit && text.contains(message) && text.contains(hint),
            "{arguments:?}: {status} {text}"
        );
        assert!(!text.contains("because:"), "what is wrong is said once: {text}");
    }
}

#[test]
fn a_run_knows_no_case_that_an_expression_leaves_out() {
    let (thing, folder) = (thing(), tagged());
    thing.is_mended.store(true, Ordering::SeqCst);
    let (status, text) = ran(
        &folder,
        &["run", "--endpoint", &thing.url, "-E", "tag(slow) - tag(odd)", "--report", "json=r.json"],
    );
    assert_eq!((status, thing.rows()), (0, vec!["a".to_owned()]), "{text}");
    let report: Json = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    assert_eq!((&report["counts"]["total"], &report["counts"]["skipped"]), (&1.into(), &0.into()));
}

#[test]
fn a_report_of_a_run_that_is_over_is_about_the_cases_that_are_selected() {
    let (thing, folder) = (thing(), tagged());
    let (status, text) = ran(&folder, &["run", "--endpoint", &thing.url, "--report", "ndjson=r.ndjson"]);
    assert!(status == 1 && text.contains("1 of 3 cases passed"), "{text}");
    for (arguments, exit, passed) in [
        (&["-E", "tag(slow)"][..], 1, "0 of 2 cases passed"),
        (&["-E", "not tag(slow)"], 0, "1 of 1 case passed"),
        (&["slow-ones", "-E", "tag(odd)"], 1, "0 of 1 case passed"),
        (&["three"], 0, "1 of 1 case passed"),
        (&["--exact", "shop/Get/others/three"], 0, "1 of 1 case passed"),
        (&["nosuch"], 4, "no case matches `nosuch`"),
        (&["-E", "tag(slwo)"], 4, "no case has the tag `slwo`"),
        (&["three", "--manifest", "m.toml"], 2, "cannot be used with"),
        (&["--skip", "slow-ones"], 0, "1 of 1 case passed"),
        (&["--skip", "one", "--skip", "three"], 1, "0 of 1 case passed"),
        (&["--skip", "nosuch"], 4, "nosuch"),
        (&["--skip", "slow-ones", "--skip", "three"], 4, "skip"),
        (&["--skip", "three", "--manifest", "m.toml"], 2, "cannot be used with"),
    ] {
        let report =
            ["report", "--from", "r.ndjson", "--report", "tap=r.tap", "--report", "json=r.json", "--force"];
        let (status, text) = ran(&folder, &[&report, arguments].concat());
        assert!(status == exit && text.contains(passed), "{arguments:?}: {status} {text}");
    }
    let (status, _) =
        ran(&folder, &["report", "--from", "r.ndjson", "--report", "tap=r.tap", "-E", "tag(odd)"]);
    let tap = fs::read_to_string(folder.path().join("r.tap")).unwrap();
    assert!(status == 1 && tap.contains("\n1..1\n") && tap.contains("slow-ones/two"), "{tap}");
}

#[test]
fn a_certificate_is_about_the_cases_that_an_expression_selects() {
    let (thing, folder) = (thing(), tagged());
    thing.is_mended.store(true, Ordering::SeqCst);
    assert_eq!(ran(&folder, &["keygen", "--output", "k.pem"]).0, 0);
    let certify =
        ["certify", "--endpoint", &thing.url, "--key", "k.pem", "--output", "b.tar", "-E", "tag(slow)"];
    let (status, text) = ran(&folder, &certify);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("1 not selected"), "{text}");
    let (status, text) = ran(&folder, &["verify", "b.tar", "--key", "k.pem.pub"]);
    assert_eq!(status, 0, "{text}");
}

#[test]
fn every_expression_in_a_help_selects_cases_of_the_shipped_suite() {
    let quoted = Regex::new(r"'((?:tag|id|not)\b[^']*)'").unwrap();
    let all = out(&run(&["list"])).lines().count();
    let mut commands = BTreeSet::new();
    for name in command_names() {
        let help = out(&run(&[&name, "--help"])).split_whitespace().collect::<Vec<_>>().join(" ");
        for found in quoted.captures_iter(&help) {
            let listed = run(&["list", "-E", &found[1]]);
            let text = out(&listed) + &err(&listed);
            assert_eq!(code(&listed), 0, "{name}: {}: {text}", &found[1]);
            let count = text.lines().count();
            assert!(count > 0 && count < all, "{name}: {} selects {count} of {all}", &found[1]);
            commands.insert(name.clone());
        }
    }
    assert!(commands.len() >= 5 && commands.contains("run"), "{commands:?}");
}
