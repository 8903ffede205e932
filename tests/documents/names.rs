//! Reads src/ and fails on a type whose name another type has: a name says by itself what is meant.
//!
//! Types of tests are free, and so are those of `impl` blocks, whose names their traits give.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The files of the sources, without those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// A module of tests inside a file.
static TESTS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?ms)^#\[cfg\(test\)\]\nmod \w+ \{.*?^\}").unwrap());

/// A type's name where it is defined. An indented `struct` or `enum` is in a macro or a function; an indented `type`
/// belongs to an `impl` block. A macro that makes a type of a list gets its name without a keyword, and that of records
/// with the name in a schema.
static DEFINITION: LazyLock<Regex> = LazyLock::new(|| {
    let alias = r"(?:pub(?:\([^)]*\))? )?type";
    let item = r"\s*(?:pub(?:\([^)]*\))? )?(?:struct|enum|trait)";
    let list = r"\w+! \{\n(?:\s+//.*\n)*\s+";
    let record = r#"\s+(?:open|closed) "[a-z-]+" "#;
    Regex::new(&format!(r"(?m)^(?:(?:{alias}|{item}) ([A-Z]\w*)|(?:{list}|{record})([A-Z]\w*) \{{)")).unwrap()
});

/// The names of the types that a file defines.
fn types(code: &str) -> Vec<String> {
    let code = TESTS.replace_all(code, "");
    let name = |found: Captures<'_>| found.get(1).or(found.get(2)).map(|name| name.as_str().to_owned());
    DEFINITION.captures_iter(&code).filter_map(name).collect()
}

/// The names with two definitions or more, each with where these are.
fn shared<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (file, code) in files {
        for name in types(code) {
            places.entry(name).or_default().push(file);
        }
    }
    places.retain(|_, files| files.len() > 1);
    places.into_iter().map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
}

#[test]
fn no_two_types_have_the_same_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    let files: Vec<(String, String)> = sources(&root).into_iter().map(read).collect();
    let count: usize = files.iter().map(|(_, code)| types(code).len()).sum();
    assert!(count > 700, "{count} types");
    let shared = shared(files.iter().map(|(name, code)| (name.as_str(), code.as_str())));
    assert!(shared.is_empty(), "name each type by what it is:\n{}", shared.join("\n"));
}

#[test]
fn a_shared_name_is_found_however_it_is_defined() {
    let found = |first: &str, second: &str| shared([("a.rs", first), ("b.rs", second)]);
    let definition = "struct Place;\n";
    assert_eq!(found(definition, "pub(super) enum Place {\n}\n"), ["Place: a.rs, b.rs"]);
    assert_eq!(found(definition, "pub type Place = usize;\n"), ["Place: a.rs, b.rs"]);
    assert_eq!(found(definition, "named! {\n    pub enum Place {\n    }\n}\n"), ["Place: a.rs, b.rs"]);
    assert_eq!(found(definition, "choices! {\n    /// What.\n    Place { A }\n}\n"), ["Place: a.rs, b.rs"]);
    assert_eq!(found(definition, "record! {\n    open \"a-b\" Place {\n    }\n}\n"), ["Place: a.rs, b.rs"]);
    assert!(found(definition, "impl X for Y {\n    type Place = usize;\n}\n").is_empty());
    assert!(found(definition, "#[cfg(test)]\nmod tests {\n    struct Place;\n}\n").is_empty());
    assert!(found(definition, "struct Places;\n// A struct Place is elsewhere.\n").is_empty());
}
