//! docs/trouble-shooting.md: each message is one that the program prints, or one of its sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A section of the page: its message, and what its blocks show.
fn sections(page: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for part in page.split("\n### `").skip(1) {
        let (message, rest) = part.split_once("`\n").unwrap();
        let section = rest.split("\n## ").next().unwrap();
        let blocks = section.split("```console").skip(1).map(|block| block.split("\n```").next().unwrap());
        let earlier = found.insert(message.to_owned(), blocks.collect::<Vec<_>>().join("\n"));
        assert!(earlier.is_none(), "{message} is there twice");
    }
    found
}

/// The message as a pattern: `…` is for what differs.
fn pattern(message: &str) -> Regex {
    let parts: Vec<String> = message.split('…').map(|part| spaced(part.trim())).collect();
    Regex::new(&format!("(?s){}", parts.join(".*?"))).unwrap()
}

/// A part of a message, in which a line may be broken at any blank.
fn spaced(part: &str) -> String {
    part.split_whitespace().map(regex::escape).collect::<Vec<_>>().join(r"(?:\\?\n)?\s+")
}

fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() };
    entries.map(text).collect()
}

#[test]
fn each_message_of_the_page_is_printed_below_it_or_is_in_the_sources() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/trouble-shooting.md")).unwrap();
    let sources = sources(&root.join("src"));
    let sections = sections(&page);
    assert!(sections.len() >= 15, "{}", sections.len());
    let mut missing = Vec::new();
    for (message, shown) in &sections {
        // A block is what the program prints: tests/documents/docs.rs holds it.
        let text = if shown.is_empty() { &sources } else { shown };
        missing.extend((!pattern(message).is_match(text)).then_some(message));
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_message_that_no_block_shows_is_noticed() {
    let page =
        "\n### `cannot read …`\n\n```console x\n$ proofmark\nerror: cannot open nowhere\n```\n\n## Next\n";
    let sections = sections(page);
    assert!(!pattern("cannot read …").is_match(&sections["cannot read …"]));
    assert!(pattern("cannot … nowhere").is_match(&sections["cannot read …"]));
}
