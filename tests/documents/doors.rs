//! The doors of the crate: what a program in Rust can use. All else is closed.
//!
//! That each type which a door hands out has a name there is held by `.ci/run`, with rustc's own `unnameable_types`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The modules that are open, and the one for tests, which documents do not show.
const DOORS: [&str; 5] = ["events", "harness", "inside", "reference", "verify"];

/// The most names behind them.
const MOST: usize = 200;

/// A public module of src/lib.rs.
static MODULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^pub mod (\w+)").unwrap());

/// What a module exports: an item of its own, or the names of a list.
static EXPORT: LazyLock<Regex> = LazyLock::new(|| {
    let item = r"pub (?:async )?(?:fn|struct|enum|trait|type|const|static) (\w+)";
    let used = r"pub use [\w:]+::(?:(\w+)|\{([^}]*)\});";
    Regex::new(&format!(r"(?m)^(?:    )?(?:{item}|{used})")).unwrap()
});

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)).unwrap()
}

/// The names that a file exports: at its first level, and in the modules that are written out in src/lib.rs.
fn exports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for found in EXPORT.captures_iter(code) {
        let list = found.get(1).or(found.get(2)).or(found.get(3)).unwrap().as_str();
        names.extend(list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    }
    names
}

#[test]
fn the_exports_of_a_file_are_counted() {
    let code = "pub fn a() {}\npub(crate) fn b() {}\nfn c() {}\npub use x::{D,\n    E,\n};\n    pub use y::F;\nuse z::G;\n";
    assert_eq!(exports(code), ["a", "D", "E", "F"]);
}

#[test]
fn few_doors_are_open_with_few_names_behind_them() {
    let library = read("lib.rs");
    let open: Vec<&str> = MODULE.captures_iter(&library).map(|found| found.extract::<1>().1[0]).collect();
    let mut sorted = open.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, DOORS);
    assert!(
        library.contains("#[cfg(not(doors))]\n#[doc(hidden)]\npub mod inside;\n"),
        "inside is not hidden"
    );
    assert!(!library.contains("::*"), "a door exports what was not chosen");
    // A method belongs to its type, and is not counted.
    let own =
        |code: String| code.replace("\n    pub fn", "\n    fn").replace("\n    pub async fn", "\n    fn");
    let files = [library, own(read("harness.rs")), own(read("reference/mod.rs"))];
    let names: Vec<String> = files.iter().flat_map(|code| exports(code)).collect();
    for expected in ["Harness", "Event", "examine", "Reference"] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
    assert!(names.len() <= MOST, "{}: {names:?}", names.len());
}
