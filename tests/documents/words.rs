//! The words that are gone: none of them is in the documents, the help or the sources.
//!
//! docs/architecture.md says what to write in their place. Code, names in quotes and files of other people are free.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support;
use regex::Regex;

/// What is gone, as whole words.
const GONE: [&str; 21] = [
    "told",
    "retold",
    "stands",
    "somebody",
    "nobody",
    "whoever",
    "in what",
    "that is meant",
    "by chance",
    "once more",
    "could not find out",
    "could not be found out",
    "brings about",
    "brought about",
    "lets pass",
    "means nothing to",
    "kitchen",
    "dossier",
    "piles?",
    "indeterminate",
    // "X is no Y": write "X is not a Y". "There is no" and "is no longer" are not of this kind.
    r"(?:is|are|was|were) no (?:[a-z`{]|[A-Z])\w*",
];

/// What is gone and is in this text, line by line.
fn gone(text: &str) -> Vec<String> {
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!(r"(?i)\b(?:{})\b", GONE.join("|"))).unwrap());
    let is_free = |start: usize, found: &str| {
        let rest = found.split_once(" no ").map_or("", |(_, rest)| rest);
        is_there(text, start) || ["longer", "more", "less"].contains(&rest)
    };
    let found = WORDS.find_iter(text).filter(|found| !is_free(found.start(), found.as_str()));
    found.map(|found| found.as_str().to_owned()).collect()
}

/// Whether "there" is in front of this place.
fn is_there(text: &str, start: usize) -> bool {
    text.get(start.saturating_sub(6)..start).is_some_and(|before| before.eq_ignore_ascii_case("there "))
}

/// Prose alone: without fenced blocks and code spans.
fn prose(text: &str) -> String {
    let fenced = Regex::new(r"(?ms)^```.*?^```$").unwrap();
    let span = Regex::new(r"`[^`]*`").unwrap();
    span.replace_all(&fenced.replace_all(text, ""), "`").into_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and below, with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, ending));
        } else if entry.extension().is_some_and(|extension| extension == ending) {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// The texts of a source, and all else that is in it. Tests at its foot belong to neither.
fn taken_apart(source: &str) -> (String, String) {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let text = Regex::new(r##"(?s)//[^\n]*|r#".*?"#|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'"##).unwrap();
    let is_text = |part: &&str| part.starts_with('"') || part.starts_with("r#");
    let texts: Vec<&str> = text.find_iter(source).map(|found| found.as_str()).filter(is_text).collect();
    let rest =
        text.replace_all(
            source,
            |found: &regex::Captures<'_>| {
                if is_text(&&found[0]) { String::new() } else { found[0].to_owned() }
            },
        );
    // A line that ends in `\` goes on at the next one, without the blanks before it.
    let joined = Regex::new(r"\\\n\s*").unwrap();
    (joined.replace_all(&texts.join("\n"), "").into_owned(), rest.into_owned())
}

#[test]
fn no_document_has_a_word_that_is_gone() {
    let mut found = Vec::new();
    let mut pages = files(&root().join("docs"), "md");
    pages.push(root().join("README.md"));
    for page in pages {
        let text = prose(&fs::read_to_string(&page).unwrap());
        found.extend(gone(&text).iter().map(|word| format!("{}: {word}", page.display())));
    }
    assert_eq!(found, Vec::<String>::new(), "docs/architecture.md says what to write in their place");
}

#[test]
fn no_help_has_a_word_that_is_gone() {
    let mut found = gone(&support::out(&support::run(&["--help"])));
    for name in support::command_names() {
        let help = support::out(&support::run(&[&name, "--help"]));
        found.extend(gone(&help).iter().map(|word| format!("{name}: {word}")));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn no_source_has_a_word_that_is_gone() {
    let mut found = Vec::new();
    for path in files(&root().join("src"), "rs") {
        if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
            continue;
        }
        let (texts, rest) = taken_apart(&fs::read_to_string(&path).unwrap());
        let words = [gone(&texts), gone(&rest)].concat();
        found.extend(words.iter().map(|word| format!("{}: {word}", path.display())));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn words_that_are_gone_are_found_as_whole_words_and_nothing_else_is() {
    for text in ["it is told", "What stands\nhere", "`x` is no address", "Nobody", "it is no JSON"] {
        assert_eq!(gone(text).len(), 1, "{text}");
    }
    for text in [
        "a standstill",
        "There is no case",
        "it is no longer there",
        "is no more than 3",
        "compile",
        "is not a day",
    ] {
        assert_eq!(gone(text), Vec::<String>::new(), "{text}");
    }
    let (texts, rest) = taken_apart("// told\nlet a = \"nobody \\\n   stands\"; // somebody\nlet b = '\"';");
    assert_eq!((gone(&texts).len(), gone(&rest).len()), (2, 2), "{texts} {rest}");
}
