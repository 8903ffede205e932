//! The examples of the matchers in docs/matchers.md, held against the answers below them in JSON and in XML.

use std::fs;

use serde_json::Value as Json;

use crate::block::blocks;
use crate::support::odd;
use proofmark::inside::model::Matcher;

const CONTRACT: &str = r#"operation = "Book"
version = "1"
about = "A book."

[request]
method = "GET"
path = "/book"
place = "query"

[envelope]
content-type = { json = "application/json", xml = "text/xml" }
"#;

/// A line of the table: the matcher, an example that holds, and one that fails.
struct Line {
    matcher: String,
    holds: String,
    fails: String,
}

fn document() -> String {
    fs::read_to_string(format!("{}/docs/matchers.md", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The lines of the table, in their order.
fn lines(document: &str) -> Vec<Line> {
    let (_, table) = document.split_once("| matcher | matches | holds | fails |\n").unwrap();
    let lines = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let code = |cell: &str| cell.trim().trim_matches('`').to_owned();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
            let [matcher, _, holds, fails] = cells.as_slice() else { panic!("{line}") };
            Line { matcher: code(matcher), holds: code(holds), fails: code(fails) }
        })
        .collect()
}

/// The verdicts of cases with these lines of `body`, against the block of the document of this kind.
fn verdicts(document: &str, kind: &str, media_type: &str, examples: &[&str]) -> Vec<String> {
    let all = blocks(document);
    let is_meant =
        |block: &&crate::block::Block| block.kind == kind && block.folder.as_deref() == Some("matchers");
    let body = &all.iter().find(is_meant).unwrap().text;
    let url = odd::serve(odd::say(odd::answer("200 OK", &format!("content-type: {media_type}\r\n"), body)));
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Book")).unwrap();
    fs::write(folder.path().join("Book/contract.toml"), CONTRACT).unwrap();
    let case = |(place, example): (usize, &&str)| {
        format!("[[case]]\nid = \"c-{place:03}\"\nabout = \"x\"\nexpect = {{ body = {{ {example} }} }}\n\n")
    };
    let table: String = examples.iter().enumerate().map(case).collect();
    fs::write(folder.path().join("Book/t.toml"), table).unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let output = odd::program(folder.path(), &["--endpoint", &url, "--report", &report]).output().unwrap();
    let cases = odd::finished(&output, &path).report["cases"].clone();
    let verdict = |case: &Json| case["verdict"].as_str().unwrap().to_owned();
    cases.as_array().unwrap().iter().map(verdict).collect()
}

#[test]
fn the_examples_of_matchers_hold_and_fail_as_the_document_says_in_json_and_in_xml() {
    let document = document();
    let lines = lines(&document);
    for (kind, media_type) in [("json", "application/json"), ("xml", "text/xml")] {
        for (wanted, pick) in [("passed", 0), ("failed", 1)] {
            let examples: Vec<&str> =
                lines.iter().map(|line| [line.holds.as_str(), line.fails.as_str()][pick]).collect();
            let found = verdicts(&document, kind, media_type, &examples);
            assert_eq!(found.len(), lines.len());
            for (example, verdict) in examples.iter().zip(found) {
                assert_eq!(verdict, wanted, "{kind}: {example}");
            }
        }
    }
}

#[test]
fn every_matcher_has_a_line_with_examples_of_its_own() {
    let document = document();
    let lines = lines(&document);
    for name in Matcher::NAMES {
        let line = lines.iter().find(|line| line.matcher == name);
        let line = line.unwrap_or_else(|| panic!("no line for `{name}`"));
        for example in [&line.holds, &line.fails] {
            assert!(example.contains(&format!("{{ {name} = ")), "{name}: {example}");
        }
    }
    assert_eq!(lines.len(), Matcher::NAMES.len() + 1, "and one for plain values");
}
