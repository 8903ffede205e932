//! What is printed of a change, and which changes are one kind.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::{ChangeGroup, group};
use crate::model::{Contract, EndpointKind, Suite};
use crate::snapshot::{PendingSnapshot, Store, Update};
use crate::source::{Wanted, load};

static SUITE: LazyLock<Suite> =
    LazyLock::new(|| load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), Wanted::All).unwrap());

fn contract() -> Option<&'static Contract> {
    SUITE.operations.first().map(|operation| &*operation.contract)
}

/// Snapshots that wait, from the texts before and now.
pub(super) fn waiting(texts: &[(&str, &str)]) -> Vec<PendingSnapshot> {
    let folder = tempfile::tempdir().unwrap();
    let head =
        "---\nsource: a\ndescription: b\ninfo:\n  case: c\n  contract: v1\n  endpoint: reference\n---\n";
    for (at, (old, new)) in texts.iter().enumerate() {
        let path = folder.path().join(format!("t/case-{at:05}.snap"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !old.is_empty() {
            fs::write(&path, format!("{head}{old}\n")).unwrap();
        }
        fs::write(path.with_extension("snap.new"), format!("{head}{new}\n")).unwrap();
    }
    let found = Store::new(folder.path(), Update::Never, EndpointKind::Foreign).pending().unwrap();
    found.into_iter().map(Result::unwrap).collect()
}

fn groups(texts: &[(&str, &str)]) -> Vec<ChangeGroup> {
    group(waiting(texts), |_| contract())
}

fn facts(old: &str, new: &str) -> Vec<String> {
    let [group] = &groups(&[(old, new)])[..] else { panic!("one snapshot is one group") };
    group.facts.iter().map(ToString::to_string).collect()
}

/// An error with these parameters in its request.
fn error(status: u16, code: &str, message: &str, params: &[(&str, &str)]) -> String {
    let mut text = "> POST /\n".to_owned();
    for (name, value) in params {
        writeln!(text, "> {name} = {value}").unwrap();
    }
    let message = message.replace('"', "\\\"");
    write!(
        text,
        "< {status}\n< content-type: application/json\n{{\n  \"RequestId\": \"[request-id:1]\",\n  \"HostId\": \"h\",\n  \
         \"Code\": \"{code}\",\n  \"Message\": \"{message}\",\n  \"Recommend\": \"?q={code}&id=[request-id:1]\"\n}}"
    )
    .unwrap();
    text
}

const SUCCESS: &str = "> POST /\n< 200\n< content-type: application/json\n{\n  \"ExecutionId\": \"[execution-id:1]\",\n  \
                       \"RequestId\": \"[request-id:1]\"\n}";

const DUPLICATE: &str = "The Tag.N.Key contain duplicate key.";

fn duplicate() -> String {
    error(400, "Duplicate.TagKey", DUPLICATE, &[])
}

#[test]
fn each_change_is_told_in_the_words_of_the_contract() {
    let two = |second: &str| format!("{SUCCESS}\n\n{}", SUCCESS.replace("request-id:1", second));
    let changed = |from: &str, to: &str| duplicate().replace(from, to);
    let missing = |text: &str| error(404, "InvalidRegionId.NotFound", text, &[]);
    let cases = [
        (
            duplicate(),
            changed("< 400", "< 403"),
            "status 400 became 403; the error code stays Duplicate.TagKey",
        ),
        (duplicate(), SUCCESS.into(), "now a success: 400 Duplicate.TagKey became 200"),
        (SUCCESS.into(), duplicate(), "now an error: 200 became 400 Duplicate.TagKey"),
        (duplicate(), changed("key.\"", "keys.\""), "message is no longer the one in the contract"),
        (changed("key.\"", "keys.\""), duplicate(), "message is now the contract's, and was not"),
        (
            changed("key.\"", "a.\""),
            changed("key.\"", "b.\""),
            "message changed, and no row of the contract has it",
        ),
        (missing("a"), missing("b"), "message changed within the contract's template: what fills it differs"),
        (
            missing("a"),
            missing(""),
            "message no longer fits the contract's template: a `%s` is filled with nothing",
        ),
        (
            missing("a"),
            missing("%s"),
            "message no longer fits the contract's template: a `%s` is left unfilled",
        ),
        (
            duplicate(),
            changed("  \"HostId\": \"h\",\n", ""),
            "field $.HostId is gone (the contract demands it)",
        ),
        (
            changed("  \"HostId\": \"h\",\n", "  \"HostId\": \"h\",\n  \"More\": 1,\n"),
            duplicate(),
            "field $.More is gone (not in the contract)",
        ),
        (duplicate(), changed("\"h\"", "3"), "field $.HostId changed its type: string became integer"),
        (duplicate(), changed("\"h\"", "\"i\""), "field $.HostId changed: \"h\" became \"i\""),
        (duplicate(), changed("< content-type: application/json\n", ""), "header content-type is gone"),
        (changed("< content-type: application/json\n", ""), duplicate(), "header content-type is new"),
        (duplicate(), changed("POST /", "GET /"), "request: `POST /` became `GET /`"),
        (duplicate(), changed("POST /", "POST /\n> A = 1"), "request: parameter A is new"),
        (
            two("request-id:2"),
            two("request-id:1"),
            "[request-id] is now the same in answers 1 and 2, and was not",
        ),
        (two("request-id:1"), two("request-id:2"), "[request-id] is no longer the same in answers 1 and 2"),
        (two("request-id:2"), SUCCESS.into(), "1 answer, before 2"),
        ("what is this".into(), "and this".into(), "the text differs"),
        (duplicate(), changed("{\n  \"R", "{\n  \"R").replace('}', "  x"), "the text differs"),
    ];
    for (old, new, expected) in cases {
        assert_eq!(facts(&old, &new), [expected], "{old}\n\n{new}");
    }
}

#[test]
fn what_is_seen_for_the_first_time_goes_by_its_answers() {
    let expected =
        ["seen for the first time: there is no snapshot yet", "answered with 400 Duplicate.TagKey"];
    assert_eq!(facts("", &duplicate()), expected);
}

#[test]
fn a_step_is_named_where_there_are_several() {
    let two = format!("{SUCCESS}\n\n{}", duplicate());
    assert_eq!(
        facts(&two, &two.replace("\"h\"", "\"i\"")),
        ["answer 2: field $.HostId changed: \"h\" became \"i\""]
    );
}

#[test]
fn a_field_that_repeats_the_error_code_is_told_by_that() {
    let new = duplicate().replace("Duplicate.TagKey", "Other");
    let expected = [
        "error code Duplicate.TagKey became Other",
        "field $.Recommend changed with the error code, which it repeats",
    ];
    assert_eq!(facts(&duplicate(), &new), expected);
}

#[test]
fn numbers_of_volatile_values_make_no_fact() {
    let renumbered = duplicate().replace("[request-id:1]", "[request-id:7]");
    assert_eq!(facts(&duplicate(), &renumbered), ["the text differs"]);
}

#[test]
fn the_contracts_rows_stand_by_the_change() {
    let found = groups(&[(&duplicate(), &duplicate().replace("< 400", "< 403"))]);
    let expected = [
        "was  400 Duplicate.TagKey  \"The Tag.N.Key contain duplicate key.\"",
        "now  no row of the contract: Duplicate.TagKey has status 400 there",
    ];
    assert_eq!(found[0].changes[0].rows, expected);
}

#[test]
fn of_several_rows_the_one_with_the_status_of_the_answer_counts() {
    let text =
        "The input parameter \"RegionId\" that is mandatory for processing this request is not supplied.";
    let answer = |status: u16| error(status, "MissingParameter.RegionId", text, &[]);
    let found = groups(&[(&answer(400), &answer(404))]);
    let rows = &found[0].changes[0].rows;
    assert!(rows[0].starts_with("was  400 MissingParameter.RegionId  \"The input"), "{rows:?}");
    assert_eq!(rows[1], "now  404 MissingParameter.RegionId  \"%s\"");
}

#[test]
fn the_same_change_is_one_kind_whatever_differs_from_case_to_case() {
    let missing = |name: &str, end: &str| {
        let text = format!(
            "The input parameter \"{name}\" that is mandatory for processing this request is not supplied{end}"
        );
        error(400, "MissingParameter", &text, &[])
    };
    let region = |value: &str, text: &str| {
        error(404, "InvalidRegionId.NotFound", &text.replace("VALUE", value), &[("RegionId", value)])
    };
    let content = |text: &str| error(400, "InvalidParameter.BuildContent", text, &[]);
    let tables: [&[(String, String)]; 6] = [
        &[
            (missing("RegionId", "."), missing("RegionId", "!")),
            (missing("Action", "."), missing("Action", "!")),
        ],
        &[
            (region("abc", "no VALUE here"), region("abc", "VALUE is not here")),
            (region("x-y-1", "no VALUE here"), region("x-y-1", "VALUE is not here")),
        ],
        &[(content("Line 1 is bad."), content("%s.")), (content("Too many commands."), content("%s."))],
        &[
            (content("Line 1 is bad."), content("Line 1 is bad")),
            (content("Too many commands."), content("Too many commands")),
        ],
        // A field is the same wherever it is.
        &[
            (duplicate(), duplicate().replace("  \"HostId\": \"h\",\n", "")),
            (region("abc", "a"), region("abc", "a").replace("  \"HostId\": \"h\",\n", "")),
            (
                format!("{SUCCESS}\n\n{}", duplicate()),
                format!("{SUCCESS}\n\n{}", duplicate().replace("  \"HostId\": \"h\",\n", "")),
            ),
        ],
        // Whatever the case answers, it is a success now.
        &[
            (duplicate(), SUCCESS.into()),
            (duplicate().replace("POST /", "POST /\n> A = 1"), SUCCESS.replace("POST /", "POST /\n> A = 1")),
        ],
    ];
    for table in tables {
        let texts: Vec<(&str, &str)> = table.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
        assert_eq!(groups(&texts).len(), 1, "{table:#?}");
    }
}

#[test]
fn changes_that_are_decided_apart_share_no_kind() {
    let region = |value: &str, text: &str| {
        error(404, "InvalidRegionId.NotFound", text, &[("RegionId", value), ("Zone", "zone-1")])
    };
    let host = |text: &str| duplicate().replace("\"h\"", text);
    let changes = [
        (duplicate(), duplicate().replace("< 400", "< 403")),
        (duplicate(), duplicate().replace("< 400", "< 500")),
        (region("abc", "a"), region("abc", "a").replace("< 404", "< 403")),
        (duplicate(), duplicate().replace("key.\"", "key\"")),
        (duplicate(), duplicate().replace("key.\"", "keys.\"")),
        (duplicate(), host("\"i\"")),
        (duplicate(), host("\"j\"")),
        (duplicate(), host("1")),
        (duplicate(), duplicate().replace("  \"HostId\": \"h\",\n", "")),
        (duplicate(), duplicate().replace("  \"HostId\": \"h\",\n", "").replace("< 400", "< 403")),
        (duplicate(), duplicate().replace("HostId", "Host")),
        (region("abc", "The region abc is not here"), region("abc", "The region ABC is not here")),
        (region("abc", "The region abc is not here"), region("abc", "The region zone-1 is not here")),
        (region("abc", "The region abc is not here"), region("abc", "The region RegionId is not here")),
        (region("abc", "The region abc is not here"), region("abc", "The region is not here")),
        (duplicate(), SUCCESS.into()),
        (duplicate(), SUCCESS.replace("  \"ExecutionId\": \"[execution-id:1]\",\n", "")),
        (region("abc", "a"), SUCCESS.into()),
        (String::new(), duplicate()),
        (String::new(), SUCCESS.into()),
        (String::new(), region("abc", "a")),
        ("no transcript".into(), "what".into()),
        ("no transcript".into(), "which".into()),
    ];
    let texts: Vec<(&str, &str)> = changes.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let found = groups(&texts);
    let shared: Vec<&ChangeGroup> = found.iter().filter(|group| group.changes.len() > 1).collect();
    assert!(shared.is_empty(), "{:#?}", shared.iter().map(|group| &group.facts).collect::<Vec<_>>());
}

#[test]
fn what_differs_between_the_cases_of_a_kind_is_left_out_of_its_facts() {
    let first = (duplicate(), duplicate().replace("\"h\"", "\"i\""));
    let second = (format!("{SUCCESS}\n\n{}", first.0), format!("{SUCCESS}\n\n{}", first.1));
    let found = groups(&[(&first.0, &first.1), (&second.0, &second.1)]);
    let [group] = &found[..] else { panic!("{found:?}") };
    assert_eq!(group.facts[0].to_string(), "field $.HostId changed: \"h\" became \"i\"");
    assert_eq!(group.changes[1].facts[0].to_string(), "answer 2: field $.HostId changed: \"h\" became \"i\"");
}

#[test]
fn hostile_texts_end_in_a_bounded_time() {
    let brackets = "> GET /\n< 200\n".to_owned() + &"[".repeat(200_000);
    let items = |value: &str| format!("> GET /\n< 200\n[\n{}\n]", vec![value; 50_000].join(",\n"));
    let keys = |value: &str| {
        let entries: Vec<String> = (0..20_000).map(|at| format!("\"k{at}\": \"{value}{at}\"")).collect();
        format!("> GET /\n< 200\n{{\n{}\n}}", entries.join(",\n"))
    };
    let names = |step: usize| {
        let entries: Vec<String> = (0..20_000).map(|at| format!("\"[id:{}]\"", at / step)).collect();
        format!("> GET /\n< 200\n[\n{}\n]", entries.join(",\n"))
    };
    let long = |word: &str| error(400, "Duplicate.TagKey", &word.repeat(100_000), &[("A", word)]);
    let texts = [
        (brackets.clone(), brackets + "["),
        (items("1"), items("2")),
        (keys("a"), keys("b")),
        (names(1), names(2)),
        (long("ab "), long("ba ")),
    ];
    let texts: Vec<(&str, &str)> = texts.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let start = Instant::now();
    assert_eq!(groups(&texts).len(), texts.len());
    // A bound for quadratic work, far above what it takes.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn to_group_ten_times_as_many_takes_about_ten_times_as_long() {
    let message = |at: usize| duplicate().replace("key.\"", &format!("key {at}.\""));
    let time = |count: usize| {
        let texts: Vec<String> = (0..count).map(message).collect();
        let old = duplicate();
        let texts: Vec<(&str, &str)> = texts.iter().map(|new| (old.as_str(), new.as_str())).collect();
        let snapshots = waiting(&texts);
        let start = Instant::now();
        assert_eq!(group(snapshots, |_| contract()).len(), count, "each is a kind of its own");
        start.elapsed()
    };
    let (few, many) = (time(100), time(1000));
    // Where work grows with the square, it is a hundred times as long.
    assert!(many < 40 * few.max(Duration::from_millis(10)), "{few:?} {many:?}");
}
