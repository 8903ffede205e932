//! Fails on circles between the modules of a room: two that import one another cannot be understood one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What one module of a room imports of the others.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Each module directly below a room, with the code of its files and how each of them names the room.
fn modules(room: &Path) -> BTreeMap<String, Vec<(String, &'static str)>> {
    let mut found: BTreeMap<String, Vec<(String, &'static str)>> = BTreeMap::new();
    for entry in fs::read_dir(room).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "mod" || name == "tests" {
            continue;
        }
        if path.is_dir() {
            for (inner, depth) in below(&path) {
                found.entry(name.clone()).or_default().push((code(&inner), depth));
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.entry(name).or_default().push((code(&path), "super::"));
        }
    }
    found
}

fn below(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(below(&path).into_iter().map(|(path, _)| (path, "super::super::super::")));
        } else if name == "mod.rs" {
            found.push((path, "super::"));
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            found.push((path, "super::super::"));
        }
    }
    found.retain(|(path, _)| !path.components().any(|part| part.as_os_str() == "tests"));
    found
}

/// Whether code imports a module, by a path that begins so.
fn imports(code: &str, start: &str, module: &str) -> bool {
    code.match_indices(start).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let is_start = before.is_none_or(|letter| !letter.is_alphanumeric() && !"_:".contains(letter));
        let rest = &code[at + start.len()..];
        let is_end = |text: &str| !text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let is_one = |text: &str| text.strip_prefix(module).is_some_and(is_end);
        // `use super::{a, b::C};` names several.
        let list = rest.strip_prefix('{').and_then(|list| list.split_once("};")).map(|(list, _)| list);
        let mut names = list.into_iter().flat_map(|list| list.split([',', '{', '}']));
        is_start && (is_one(rest) || names.any(|name| is_one(name.trim())))
    })
}

fn imports_of(room: &str, modules: &BTreeMap<String, Vec<(String, &'static str)>>) -> Imports {
    let absolute = format!("crate::{room}::");
    let has = |files: &[(String, &'static str)], other: &str| {
        files.iter().any(|(code, start)| imports(code, start, other) || imports(code, &absolute, other))
    };
    let others = |name: &String, files: &[(String, &'static str)]| {
        modules.keys().filter(|other| *other != name && has(files, other)).cloned().collect()
    };
    modules.iter().map(|(name, files)| (name.clone(), others(name, files))).collect()
}

/// All that a module leads to.
fn reached(from: &str, imports: &Imports) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&String> = imports[from].iter().collect();
    while let Some(name) = next.pop() {
        if found.insert(name.clone()) {
            next.extend(&imports[name]);
        }
    }
    found
}

/// The modules that lead to one another, each circle once.
fn circles(imports: &Imports) -> BTreeSet<Vec<String>> {
    let all: BTreeMap<&String, BTreeSet<String>> =
        imports.keys().map(|name| (name, reached(name, imports))).collect();
    let circle = |name: &String| -> Vec<String> {
        imports
            .keys()
            .filter(|other| all[name].contains(*other) && all[*other].contains(name))
            .cloned()
            .collect()
    };
    imports.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}

#[test]
fn the_modules_of_a_room_have_no_circle() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let room = path.file_name().unwrap().to_string_lossy().into_owned();
            let circles = circles(&imports_of(&room, &modules(&path)));
            found.extend(circles.into_iter().map(|circle| (room.clone(), circle)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let module = |name: &str, code: &str| (name.to_owned(), vec![(code.to_owned(), "super::")]);
    let found = |first: &str, second: &str| {
        circles(&imports_of("room", &BTreeMap::from([module("a", first), module("b", second)]))).len()
    };
    assert_eq!(found("use super::b::X;", "use crate::room::a;"), 1);
    assert_eq!(found("use super::{b, c};", "use super::{c::{X, Y}, a::Z};"), 1);
    assert_eq!(found("use super::b::X;", "use super::ab;"), 0);
    assert_eq!(found("use super::b::X;", "use crate::room::Y;"), 0);
}

/// Where to add things: each path that the table names is there.
#[test]
fn what_the_table_of_places_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let table = text.split("## Where to add things").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 20, "{} rows", rows.len());
    let mut named = 0;
    for row in rows {
        let quoted = row.split('`').skip(1).step_by(2);
        let is_path =
            |text: &&str| text.contains('/') || [".rs", ".md"].iter().any(|ending| text.ends_with(ending));
        let places = quoted
            .filter(is_path)
            .chain(row.split([' ', ',', '|', ';']).filter(|word| word.starts_with("docs/")));
        for place in places.filter(|place| !place.contains("NAME") && !place.contains('*')) {
            let place = place.trim_end_matches(['.', ',', ';']);
            let is_there = [root.join(place), root.join("src").join(place)].iter().any(|path| path.exists());
            assert!(is_there, "{place}: {row}");
            named += 1;
        }
    }
    assert!(named > 50, "{named} paths");
}
