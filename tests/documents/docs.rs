//! Holds the documents against the program: what they show is what it prints, what they name is there.
//!
//! A block ```` ```console ```` has commands in lines that start with `$ proofmark` (or `$ cat FILE`), each
//! followed by its exit code as `? CODE`, if it is not 0, and by its output. `[..]` is for what differs from run
//! to run. A block ```` ```toml FOLDER ```` that starts with `# cases/…` is a whole file in a folder of its own,
//! in which the blocks ```` ```console FOLDER ```` run. A folder whose name begins with `project` starts as a copy
//! of the shipped cases, one with `shop` or `mistakes` has the files of the tutorial's shop. A line that ends in
//! ` &` starts an endpoint: `proofmark serve --listen 127.0.0.1:8080 …`, or `./start-the-shop`, the bookshop of
//! the tests. It gets a free port in truth. A variable can be set in front of a command, as `CI=1`.
//! `PROOFMARK_UPDATE_DOCS=1` writes output anew.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::block::{Folders, agrees, blocks, commands, printed, renewed};
use crate::support;
use proofmark::inside::model::StateDefinition;
use proofmark::inside::source::{Wanted, load};
use regex::Regex;
use serde_json::Value as Json;

/// The longest line of prose, in characters: it is wrapped at 120, and a word may stick out.
const LONGEST_LINE: usize = 125;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every document, by its name relative to the project.
fn documents() -> BTreeMap<String, String> {
    let mut names = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        names.push(format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    }
    // A picture has no text.
    let is_text = |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "md");
    names.into_iter().filter(is_text).map(|name| (name.clone(), document(&name))).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The document with its output written anew, and what was wrong in it.
fn held(name: &str, text: &str) -> (String, Vec<String>) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (mut wrong, mut anew) = (Vec::new(), Vec::new());
    let mut folders = Folders::default();
    for block in blocks(text) {
        folders.write(&block);
        if block.kind != "console" {
            continue;
        }
        let mut outputs = Vec::new();
        for (command, shown) in commands(&block.text) {
            let found = match &block.folder {
                Some(name) => folders.place(name).printed(&command),
                None => printed(&command, &root()),
            };
            if !agrees(shown.trim_end(), &found) {
                wrong.push(format!("{name}: $ {command}\n{found}"));
            }
            outputs.push(format!("$ {command}\n{}", renewed(&shown, &found)).trim_end().to_owned());
        }
        anew.push((block.lines, outputs.join("\n\n")));
    }
    for (range, text) in anew.into_iter().rev() {
        lines.splice(range, text.lines().map(str::to_owned));
    }
    (lines.join("\n") + "\n", wrong)
}

/// Holds the output in these documents, or writes it anew.
fn hold(is_meant: impl Fn(&str) -> bool) {
    let is_update = env::var("PROOFMARK_UPDATE_DOCS").is_ok_and(|value| value == "1");
    let mut wrong = Vec::new();
    for (name, text) in documents().into_iter().filter(|(name, _)| is_meant(name)) {
        let (anew, found) = held(&name, &text);
        wrong.extend(found);
        if is_update && anew != text {
            fs::write(root().join(name), anew).unwrap();
        }
    }
    let wrong = wrong.join("\n\n");
    assert!(is_update || wrong.is_empty(), "{wrong}\nPROOFMARK_UPDATE_DOCS=1 writes them anew");
}

/// Pages of recipes and messages, whose commands people copy.
const RECIPES: [&str; 4] =
    ["docs/quick-start.md", "docs/cookbook.md", "docs/trouble-shooting.md", "docs/writing-cases.md"];

#[test]
fn the_output_in_the_readme_is_what_the_program_prints() {
    hold(|name| name == "README.md");
}

#[test]
fn the_help_in_the_pages_of_commands_is_what_the_program_prints() {
    hold(|name| name.starts_with("docs/commands"));
}

#[test]
fn the_recipes_do_what_their_pages_show() {
    hold(|name| RECIPES.contains(&name));
}

#[test]
fn the_output_in_all_other_documents_is_what_the_program_prints() {
    hold(|name| name != "README.md" && !name.starts_with("docs/commands") && !RECIPES.contains(&name));
}

#[test]
fn the_files_in_the_documents_are_valid_but_for_those_that_show_mistakes() {
    let mut folders = Folders::default();
    for (_, text) in documents() {
        for block in blocks(&text) {
            folders.write(&block);
            if block.kind == "toml" {
                assert!(toml::from_str::<toml::Table>(&block.text).is_ok(), "{}", block.text);
            }
        }
    }
    assert!(folders.0.len() >= 3, "the tutorial has files");
    for (name, folder) in folders.0.iter().filter(|(name, _)| !name.starts_with("mistakes")) {
        if let Err(error) = load(&folder.path().join("cases"), Wanted::All) {
            panic!("{name}: {error:?}");
        }
    }
}

#[test]
fn every_command_shows_its_help_in_the_pages_of_commands() {
    let pages = documents().into_iter().filter(|(name, _)| name.starts_with("docs/commands"));
    let blocks = pages.flat_map(|(_, text)| blocks(&text));
    let shown: BTreeSet<String> =
        blocks.flat_map(|block| commands(&block.text)).map(|(command, _)| command).collect();
    for name in support::command_names() {
        assert!(shown.contains(&format!("proofmark {name} --help")), "{name}");
    }
}

#[test]
fn no_document_names_a_flag_that_the_program_does_not_have() {
    let flag = Regex::new(r"--[a-z][a-z-]*").unwrap();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for name in support::command_names() {
        let help = support::out(&support::run(&[&name, "--help"]));
        known.extend(flag.find_iter(&help).map(|found| found.as_str().to_owned()));
    }
    let code = Regex::new(r"(?m)`(--[a-z][^`\n]*)`|(proofmark [^`\n]*)").unwrap();
    let mut unknown = Vec::new();
    for (document, text) in documents() {
        for part in code.captures_iter(&text).map(|found| found.get(0).unwrap().as_str().to_owned()) {
            let flags = flag.find_iter(&part).map(|found| found.as_str());
            let others = [
                "--list",
                "--exact",
                "--skip",
                "--test-threads",
                "--unreferenced",
                "--version",
                // Of curl.
                "--cacert",
                "--cert",
                "--filter",
                "--grep",
                "--header",
                "--insecure",
            ];
            let missing = flags.filter(|flag| !known.contains(*flag) && !others.contains(flag));
            unknown.extend(missing.map(|flag| format!("{document}: {flag}")));
        }
    }
    assert_eq!(unknown, Vec::<String>::new());
}

/// The keys of a JSON value at any depth, but for what is below the names in `open`.
fn keys(value: &Json, open: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Json::Object(entries) => {
            for (key, inner) in entries {
                found.insert(key.clone());
                if !open.contains(&key.as_str()) {
                    keys(inner, open, found);
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| keys(item, open, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The names that none of these pages describes.
fn undescribed(page: &str, names: &BTreeSet<String>) -> Vec<String> {
    let text: String = page.split(' ').map(document).collect();
    // A key is in backticks, alone or as in `[[case]]` and `unique = true`, or begins a line of a sample.
    let is_described = |name: &str| {
        let name = regex::escape(name);
        Regex::new(&format!("(?m)([`\\[.{{ ]|^){name}(`|\\]|\\.|\\s*=)")).unwrap().is_match(&text)
    };
    names.iter().filter(|name| !is_described(name)).map(|name| format!("{page}: {name}")).collect()
}

#[test]
fn every_key_of_the_json_reports_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let target = format!("json={}", path.display());
    support::run(&["--fault", "wrong-status:Duplicate.TagKey", "--report", &target, "tag-count"]);
    let mut names = BTreeSet::new();
    keys(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(), &[], &mut names);
    // Nothing listens at either, so it is over at once.
    let silent = ["--endpoint", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:10"];
    let path = folder.path().join("series.json");
    let target = format!("json={}", path.display());
    support::run(&[&silent[..], &["--report", &target, "tag-count"]].concat());
    keys(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(), &[], &mut names);
    assert!(names.contains("runs"));
    let coverage = support::out(&support::run(&["coverage", "--format", "json"]));
    keys(&serde_json::from_str(&coverage).unwrap(), &[], &mut names);
    assert_eq!(undescribed("docs/reports.md", &names), Vec::<String>::new());
}

#[test]
fn every_key_of_a_file_is_described() {
    for (kind, page) in [
        ("table", "docs/case-tables.md docs/matchers.md docs/contracts.md"),
        ("contract", "docs/contracts.md docs/effects.md"),
        ("common", "docs/contracts.md"),
        ("states", "docs/contracts.md"),
        ("endpoints", "docs/endpoints-and-states.md"),
        ("waivers", "docs/running.md"),
        ("manifest", "docs/manifest.md"),
        ("report", "docs/reports.md"),
        ("events", "docs/reports.md"),
        ("coverage", "docs/reports.md"),
    ] {
        let schema: Json = serde_json::from_str(&support::out(&support::run(&["schema", kind]))).unwrap();
        let mut names = BTreeSet::new();
        properties(&schema, &mut names);
        assert_eq!(undescribed(page, &names), Vec::<String>::new());
    }
}

/// The names of the properties that a JSON Schema declares.
fn properties(schema: &Json, found: &mut BTreeSet<String>) {
    if let Some(declared) = schema.get("properties").and_then(Json::as_object) {
        found.extend(declared.keys().cloned());
    }
    let inner: Vec<&Json> = match schema {
        Json::Object(entries) => entries.values().collect(),
        Json::Array(items) => items.iter().collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    };
    for inner in inner {
        properties(inner, found);
    }
}

#[test]
fn every_state_is_in_the_table_as_the_file_declares_it() {
    let page = document("docs/endpoints-and-states.md");
    for operation in load(&root().join("cases"), Wanted::All).unwrap().operations {
        for state in &operation.contract.states {
            let row = state_row(state);
            assert!(page.contains(&row), "{row}");
        }
    }
}

fn state_row(state: &StateDefinition) -> String {
    let ticked =
        |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let params = ticked(state.params.iter().map(|param| param.name.as_str()).collect());
    let provides = ticked(state.provides.iter().map(|variable| variable.name.as_str()).collect());
    let when =
        state.recipes.iter().flat_map(|recipe| &recipe.when).map(|(_, value)| value.as_str()).collect();
    let recipe =
        if state.recipes.iter().any(|recipe| recipe.when.is_empty()) { "yes".into() } else { ticked(when) };
    let cells = [state.name.clone(), state.about.clone(), params, provides, recipe];
    format!("| {} |", cells.join(" | ")).replace("|  |", "| |").replace("|  |", "| |")
}

#[test]
fn every_module_is_in_the_table_of_layers() {
    let page = document("docs/architecture.md");
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let cell = format!("`{name}`");
        let is_there =
            table.iter().any(|line| line.split('|').nth(2).is_some_and(|cells| cells.contains(&cell)));
        assert!(is_there || ["inside", "lib", "main"].contains(&name), "{name}");
    }
}

/// The anchors that a page's headings get.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let slug = |heading: &str| heading.trim_start_matches('#').trim().to_lowercase();
    headings.map(|line| slug(line).chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for (name, text) in documents() {
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let here = root().join(&name);
            let path = if file.is_empty() { here } else { here.parent().unwrap().join(file) };
            let has_anchor = || {
                fs::read_to_string(&path).is_ok_and(|page| anchors(&page).iter().any(|known| known == anchor))
            };
            let is_there = if anchor.is_empty() { path.is_file() } else { has_anchor() };
            if !is_there {
                broken.push(format!("{name}: {target}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

/// The longest page, in lines: a reader finds a thing on it without a search.
const LONGEST_PAGE: usize = 400;

#[test]
fn no_page_is_longer_than_a_reader_can_look_through() {
    let pages = documents().into_iter().filter(|(name, _)| name != "CHANGELOG.md");
    let long = pages.map(|(name, text)| (name, text.lines().count()));
    let long: Vec<_> = long.filter(|(_, lines)| *lines > LONGEST_PAGE).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_page_is_in_the_table_of_the_readme() {
    let readme = document("README.md");
    for name in documents().keys().filter(|name| {
        Path::new(name).extension().is_some_and(|ending| ending == "md") && name.starts_with("docs/")
    }) {
        assert!(readme.contains(&format!("]({name})")), "{name}");
    }
}

#[test]
fn no_document_has_a_path_of_one_machine_or_a_line_that_is_too_long() {
    let mut found = Vec::new();
    for (name, text) in documents() {
        for part in ["/home/", "/root/", "/Users/", "/work/", "/tmp/"] {
            found.extend(text.contains(part).then(|| format!("{name}: {part}")));
        }
        let inside: Vec<_> = blocks(&text).into_iter().map(|block| block.lines).collect();
        for (position, line) in text.lines().enumerate() {
            let is_free = line.starts_with('|')
                || line.starts_with("    ")
                || inside.iter().any(|lines| lines.contains(&position));
            let is_long = line.chars().count() > LONGEST_LINE;
            found.extend((is_long && !is_free).then(|| format!("{name}:{}", position + 1)));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
