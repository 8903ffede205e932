//! Runs that end early, and runs of a part: what is left out is reported, and all parts together are the whole.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{code, err, out, run};
use serde_json::Value as Json;

const ONE: &str = "ecs/StartImagePipelineExecution/tag-count/duplicate-out-of-order";
const FAULT: &str = "wrong-message:Duplicate.TagKey";

fn ids(arguments: &[&str]) -> BTreeSet<String> {
    let output = run(&[&["list"], arguments].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    out(&output).lines().map(str::to_owned).collect()
}

#[test]
fn parts_share_no_case_and_together_are_the_whole() {
    let whole = ids(&[]);
    let mut together = BTreeSet::new();
    for number in 1..=5 {
        let part = ids(&["--shard", &format!("{number}/5")]);
        assert!((200..360).contains(&part.len()), "{}", part.len());
        assert_eq!(part, ids(&["--partition", &format!("hash:{number}/5")]));
        assert!(together.is_disjoint(&part), "{number}");
        together.extend(part);
    }
    assert_eq!(together, whole);
    let output = run(&["run", "-q", "--shard", "1/5"]);
    assert!(code(&output) == 0 && out(&output).contains("CONFORMS"), "{}", out(&output));
}

#[test]
fn a_part_without_a_case_selects_nothing() {
    let codes: Vec<i32> = (1..=3)
        .map(|number| code(&run(&["list", "--exact", ONE, "--shard", &format!("{number}/3")])))
        .collect();
    assert_eq!((codes.iter().filter(|code| **code == 4).count(), codes.contains(&0)), (2, true), "{codes:?}");
    assert_eq!(code(&run(&["list", "--shard", "6/5"])), 2);
}

#[test]
fn after_enough_failures_no_case_starts_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let report = format!("json={}", path.display());
    for (flags, failed) in [(&["--fail-fast"][..], 1), (&["--max-fail", "3"], 3)] {
        let arguments =
            ["run", "-j", "1", "--fault", FAULT, "--report", &report, "*/tag-count/*", "*/tag-value/*"];
        let output = run(&[&arguments[..], flags].concat());
        assert_eq!(code(&output), 1, "{}", err(&output));
        let text = out(&output);
        assert!(text.contains(&format!("no further case was started after {failed} had failed")), "{text}");
        let json: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let count = |name: &str| json["counts"][name].as_u64().unwrap();
        assert!(count("failed") == failed && count("skipped") > 30, "{json}");
        assert_eq!(text.matches("SKIPPED").count(), 0, "they are counted, and not listed");
        assert_eq!(json["stopped"], "enough failed");
        assert_eq!(count("total"), json["cases"].as_array().unwrap().len() as u64);
    }
}

#[test]
fn a_run_in_which_too_few_fail_goes_to_its_end() {
    let output = run(&["run", "-q", "--fault", FAULT, "--max-fail", "100", "tag-count"]);
    assert!(code(&output) == 1 && !out(&output).contains("no further case"), "{}", out(&output));
    assert_eq!(code(&run(&["run", "-q", "--fail-fast", "tag-count"])), 0);
}
