//! The page of a review and the decisions made on it, as the program writes and carries them out. What a browser
//! makes of the page is tested in tests/browser.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::slice;

use crate::support::{code, err, out, proofmark};
use proofmark::inside::digest::{sha256_hex, sha256_source};
use regex::Regex;
use serde_json::{Value as Json, json};

/// A store with snapshots that wait, in a folder of its own.
struct Waiting(tempfile::TempDir);

impl Waiting {
    /// Each by its place: what is accepted, if anything is, and what waits.
    fn new(snapshots: &[(&str, Option<&str>, &str)]) -> Self {
        let store = Self(tempfile::tempdir().unwrap());
        fs::create_dir(store.0.path().join("snapshots")).unwrap();
        for (place, old, new) in snapshots {
            if let Some(old) = old {
                store.put(&format!("{place}.snap"), old);
            }
            store.put(&format!("{place}.snap.new"), new);
        }
        store
    }

    fn put(&self, place: &str, text: &str) {
        let path = self.0.path().join("snapshots").join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let head = "---\nsource: cases/t.toml\ninfo:\n  case: a\n  contract: 2014-05-26\n  endpoint: reference\n---\n";
        fs::write(path, format!("{head}{text}\n")).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = proofmark(arguments).current_dir(self.0.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    }

    fn page(&self) -> String {
        let (exit, text) = self.run(&["review", "--html", "page.html"]);
        assert_eq!(exit, 0, "{text}");
        fs::read_to_string(self.0.path().join("page.html")).unwrap()
    }

    /// Every file of the store, and its text without the head.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        collect(&self.0.path().join("snapshots"), "", &mut found);
        found
    }

    fn carry_out(&self, file: &Json) -> (i32, String) {
        fs::write(self.0.path().join("d.json"), file.to_string()).unwrap();
        self.run(&["accept", "--decisions", "d.json"])
    }
}

fn collect(folder: &Path, place: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{place}{}", entry.file_name().to_str().unwrap());
        // What is known beside the snapshots comes and goes with the lock.
        if name == ".proofmark" {
            continue;
        }
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            found.insert(name, text.rsplit("---\n").next().unwrap().trim_end().to_owned());
        }
    }
}

fn decision(case: &str, old: Option<&str>, new: &str, decision: &str) -> Json {
    let digest = |text: &str| sha256_hex(text.as_bytes());
    json!({ "case": case, "old": old.map(digest), "new": digest(new), "decision": decision })
}

fn decisions(decisions: &[Json]) -> Json {
    json!({ "format": "proofmark-decisions", "version": 1, "store": "snapshots", "decisions": decisions })
}

/// What is between the last of these and what comes after it.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    page.rsplit_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_policy_of_a_page_allows_its_own_style_and_script_and_nothing_else() {
    let page = Waiting::new(&[("a", Some("< 200"), "< 400")]).page();
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
    let style = sha256_source(between(&page, "<style>", "</style>"));
    let script = sha256_source(between(&page, "<script>", "</script>"));
    let rules: BTreeMap<&str, &str> = policy.split("; ").map(|rule| rule.split_once(' ').unwrap()).collect();
    let expected = BTreeMap::from([
        ("default-src", "'none'".to_owned()),
        ("style-src", format!("'{style}'")),
        ("script-src", format!("'{script}'")),
        ("img-src", "data:".to_owned()),
        ("base-uri", "'none'".to_owned()),
        ("form-action", "'none'".to_owned()),
        ("require-trusted-types-for", "'script'".to_owned()),
    ]);
    assert_eq!(rules, expected.iter().map(|(name, value)| (*name, value.as_str())).collect());
    let place = |text: &str| page.find(text).unwrap();
    assert!(place("Content-Security-Policy") < place("<style>"), "the policy is before what it is about");
    let acts = Regex::new(r#"<[^>]*\s(on\w+|style|src)=|href="[^#d]|https?:|[^a-z.]url\(|@import"#).unwrap();
    assert_eq!(acts.find(&page).map(|found| found.as_str()), None, "nothing is fetched or runs in markup");
}

#[test]
fn no_byte_of_a_snapshot_is_markup_on_the_page() {
    let hostile = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \u{202e} \u{9b}31m";
    let place = "a/<img src=x onerror=alert(3)>";
    let store = Waiting::new(&[(place, Some(hostile), &format!("> GET {hostile}\n< 200 {hostile}"))]);
    let page = store.page();
    assert_eq!(page.matches("<script").count(), 2, "the data and the script of the page's own");
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    assert!(!page.contains(['\u{202e}', '\u{9b}']), "they are shown and do not act");
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("\\u{202e}"));
    let data: Json = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    assert_eq!(data["cases"][0]["case"], place);
}

#[test]
fn the_page_knows_each_snapshot_by_the_digests_of_its_texts() {
    let store = Waiting::new(&[("t/a", Some("< 200"), "< 400"), ("t/b@row", None, "< 201")]);
    let data: Json = serde_json::from_str(between(&store.page(), "id=\"data\">", "</script>")).unwrap();
    let digest = |text: &str| json!(sha256_hex(text.as_bytes()));
    let expected = json!([
        { "case": "t/a", "old": digest("< 200"), "new": digest("< 400") },
        { "case": "t/b/row", "old": null, "new": digest("< 201") },
    ]);
    assert_eq!((&data["cases"], &data["store"]), (&expected, &json!("snapshots")));
}

#[test]
fn answers_stand_side_by_side_and_what_differs_is_marked() {
    let old = "> GET /\n> a = 1\n< 200\n{\n  \"Message\": \"the one word\"\n}";
    let page = Waiting::new(&[("a", Some(old), &old.replace("one", "another"))]).page();
    let old = "<p class=\"old\"><i>5 -</i><del>  &quot;Message&quot;: &quot;the <mark>one</mark> word&quot;</del></p>";
    let new = "<p class=\"new\"><i>5 +</i><ins>  &quot;Message&quot;: &quot;the <mark>another</mark> word&quot;</ins></p>";
    let shown = between(&page, "<main", "</main>");
    assert!(page.contains(&format!("{old}\n{new}")), "{shown}");
    assert!(page.contains("<pre>GET /\na = 1\n</pre>"), "the request is shown: {shown}");
    assert!(page.contains("<p class=\"gap\">2 lines of the request are the same</p>"), "and once: {shown}");
}

#[test]
fn what_is_shown_of_a_large_snapshot_is_bounded() {
    let line = "x".repeat(200_000);
    let many = "> a = 1\n< 200\n".repeat(15_000);
    let huge = "y\n".repeat(200_000);
    let store = Waiting::new(&[
        ("a/line", Some("< 200"), &line),
        ("a/many", Some("\r"), &many),
        ("a/huge", Some("< 200"), &huge),
    ]);
    let page = store.page();
    assert!(page.len() < 300_000, "{}", page.len());
    for printed in
        ["198000 more characters", "29600 more lines", "14600 more lines", "Too large to be compared"]
    {
        assert!(page.contains(printed), "{printed}");
    }
}

#[test]
fn a_store_in_which_nothing_waits_has_a_page_that_says_so() {
    let store = Waiting::new(&[]);
    let (exit, text) = store.run(&["review", "--html", "page.html"]);
    assert_eq!(exit, 0);
    assert!(text.contains("wrote page.html: 0 pending, 0 kinds of change"), "{text}");
    assert!(store.page().contains("Nothing waits to be decided."));
}

#[test]
fn the_page_has_what_is_meant_and_says_what_it_leaves_out() {
    let store = Waiting::new(&[("a/one", None, "< 200"), ("a/two", None, "< 201"), ("b/one", None, "< 202")]);
    fs::write(store.0.path().join("snapshots/a/two.snap.new"), "cut").unwrap();
    let (exit, text) = store.run(&["review", "--html", "page.html", "a/"]);
    assert!(exit == 3 && text.contains("left alone: "), "{text}");
    let page = fs::read_to_string(store.0.path().join("page.html")).unwrap();
    assert!(
        page.contains("Not on this page:") && page.contains(">a/one</h3>") && !page.contains("b/one"),
        "{page}"
    );
    assert_eq!(store.run(&["review", "--html", "page.html", "no-such"]).0, 4);
}

#[test]
fn a_page_that_cannot_be_written_leaves_nothing() {
    let store = Waiting::new(&[("a", None, "< 200")]);
    let (exit, text) = store.run(&["review", "--html", "nowhere/page.html"]);
    assert!(exit == 6 && text.contains("nowhere/page.html cannot be written"), "{text}");
    assert!(!store.0.path().join("nowhere").exists());
}

#[test]
fn decisions_are_carried_out_and_a_second_time_change_nothing() {
    let store = Waiting::new(&[
        ("t/a", Some("old"), "new"),
        ("t/b@row", None, "new"),
        ("t/c", Some("old"), "new"),
        ("t/d", Some("old"), "new"),
    ]);
    let file = decisions(&[
        decision("t/a", Some("old"), "new", "accept"),
        decision("t/b/row", None, "new", "accept"),
        decision("t/c", Some("old"), "new", "reject"),
    ]);
    let (exit, text) = store.carry_out(&file);
    assert_eq!(exit, 0, "{text}");
    for line in [
        "accepted  t/a\n",
        "accepted  t/b/row\n",
        "rejected  t/c\n",
        "2 accepted, 1 rejected, 0 left alone\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let expected = [
        ("t/a.snap", "new"),
        ("t/b@row.snap", "new"),
        ("t/c.snap", "old"),
        ("t/d.snap", "old"),
        ("t/d.snap.new", "new"),
    ];
    let files = store.files();
    assert_eq!(
        files,
        expected.into_iter().map(|(place, text)| (place.to_owned(), text.to_owned())).collect()
    );
    let (exit, text) = store.carry_out(&file);
    assert!(exit == 0 && text.contains("0 accepted, 0 rejected, 0 left alone"), "{text}");
    assert!(text.contains("accepted before  t/a") && text.contains("rejected before  t/c"), "{text}");
    assert_eq!(store.files(), files);
}

#[test]
fn what_has_changed_since_is_named_and_left_alone_and_the_rest_is_done() {
    let store = Waiting::new(&[
        ("t/a", Some("old"), "newer"),
        ("t/b", Some("older"), "new"),
        ("t/c", None, "new"),
        ("t/d", Some("old"), "new"),
    ]);
    store.put("t/e.snap", "old");
    let before = store.files();
    let (exit, text) = store.carry_out(&decisions(&[
        decision("t/a", Some("old"), "new", "accept"),
        decision("t/b", Some("old"), "new", "reject"),
        decision("t/c", Some("old"), "new", "accept"),
        decision("t/d", Some("old"), "new", "accept"),
        decision("t/e", Some("old"), "new", "accept"),
        decision("../../t/d", Some("old"), "new", "accept"),
    ]));
    assert_eq!((exit, text.matches("left alone  ").count()), (1, 5), "{text}");
    assert!(
        text.contains("left alone  t/a: it has changed") && text.contains("left alone  t/e: not pending"),
        "{text}"
    );
    assert!(text.ends_with("1 accepted, 0 rejected, 5 left alone\n"), "{text}");
    let mut expected = before;
    expected.remove("t/d.snap.new");
    expected.insert("t/d.snap".into(), "new".into());
    assert_eq!(store.files(), expected);
}

#[test]
fn a_file_of_decisions_that_is_wrong_does_nothing() {
    let store = Waiting::new(&[("t/a", Some("old"), "new")]);
    let before = store.files();
    let good = decision("t/a", Some("old"), "new", "accept");
    let mut later = decisions(slice::from_ref(&good));
    later["version"] = json!(2);
    let mut unknown = good.clone();
    unknown["path"] = json!("x");
    for (file, printed) in [
        (later, "d.json:1:"),
        (decisions(&[good.clone(), unknown]), "unknown field `path`"),
        (decisions(&[good.clone(), good.clone()]), "`t/a` is decided twice"),
        (decisions(&[good.clone(), json!(1)]), "a decision is a JSON object"),
        (json!([]), "a file of decisions is a JSON object"),
    ] {
        let (exit, text) = store.carry_out(&file);
        assert!(exit == 3 && text.contains(printed) && text.contains("1 problem found"), "{text}");
    }
    let large = store.0.path().join("large.json");
    fs::File::create(&large).unwrap().set_len(17 * 1024 * 1024).unwrap();
    fs::write(store.0.path().join("bytes.json"), b"\xff").unwrap();
    for (name, printed) in
        [("large.json", "larger than"), ("bytes.json", "not UTF-8"), ("nowhere.json", "No such file")]
    {
        let (exit, text) = store.run(&["accept", "--decisions", name]);
        assert!(exit == 3 && text.contains(printed) && text.contains(name), "{text}");
    }
    assert_eq!(store.files(), before);
}

#[test]
fn decisions_about_another_store_are_refused() {
    let store = Waiting::new(&[("t/a", Some("old"), "new"), ("@mock/t/a", Some("old"), "new")]);
    let before = store.files();
    let file = decisions(&[decision("t/a", Some("old"), "new", "accept")]);
    fs::write(store.0.path().join("d.json"), file.to_string()).unwrap();
    let other = ["accept", "--decisions", "d.json", "--snapshots", "snapshots/@mock"];
    let (exit, text) = store.run(&other);
    assert!(exit == 2 && text.contains("about the store `snapshots`, and this is `@mock`"), "{text}");
    assert_eq!(store.files(), before);
    let file = file.to_string().replace("\"snapshots\"", "\"@mock\"");
    fs::write(store.0.path().join("d.json"), file).unwrap();
    assert_eq!(store.run(&other).0, 0);
    let changed: Vec<_> = before.keys().filter(|place| !store.files().contains_key(*place)).collect();
    assert_eq!(changed, ["@mock/t/a.snap.new"], "the same case of the other store still waits");
}
