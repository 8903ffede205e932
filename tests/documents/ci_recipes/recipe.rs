//! The recipes of docs/ci.md and docs/ci-parts.md, taken apart: blocks by name, YAML as JSON, the scripts inside.

use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value as Json};
use yaml_rust2::{Yaml, YamlLoader};

use super::machine::text;
use crate::block::{Block, blocks};

/// The blocks of the pages about CI.
fn all_blocks() -> Vec<Block> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    ["ci.md", "ci-parts.md"].iter().flat_map(|name| blocks(&text(&folder.join(name)))).collect()
}

/// The block of this name.
pub(crate) fn block(name: &str) -> String {
    let mut named = all_blocks().into_iter().filter(|block| block.folder.as_deref() == Some(name));
    let found = named.next().unwrap_or_else(|| panic!("the pages about CI have no block {name}"));
    assert!(named.next().is_none(), "{name} is there twice");
    found.text
}

/// Every block of a kind.
pub(crate) fn blocks_of(kind: &str) -> Vec<String> {
    all_blocks().into_iter().filter(|block| block.kind == kind).map(|block| block.text).collect()
}

/// The documents of a YAML text.
pub(crate) fn documents(yaml: &str) -> Vec<Json> {
    YamlLoader::load_from_str(yaml).unwrap().iter().map(json).collect()
}

fn json(yaml: &Yaml) -> Json {
    match yaml {
        Yaml::Hash(entries) => {
            let entry = |(key, value): (&Yaml, &Yaml)| (key.as_str().unwrap().to_owned(), json(value));
            Json::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Boolean(flag) => (*flag).into(),
        Yaml::Null => Json::Null,
        Yaml::Real(_) | Yaml::Alias(_) | Yaml::BadValue => panic!("no recipe needs {yaml:?}"),
    }
}

/// The texts of a list.
pub(crate) fn texts(list: &Json) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The scripts of GitHub's steps, with its expressions filled in.
pub(crate) fn github_scripts(job: &Json, fillings: &[(&str, &str)]) -> Vec<String> {
    let steps = job["steps"].as_array().unwrap();
    let scripts = steps.iter().filter_map(|step| step["run"].as_str());
    scripts.map(|script| filled(script, fillings)).collect()
}

/// A text with GitHub's expressions filled in, all of which must be known.
pub(crate) fn filled(text: &str, fillings: &[(&str, &str)]) -> String {
    let expression = Regex::new(r"\$\{\{ ([a-z.-]+) \}\}").unwrap();
    let filling = |found: &regex::Captures<'_>| {
        let known = fillings.iter().find(|(name, _)| *name == &found[1]);
        known.unwrap_or_else(|| panic!("{} is not known", &found[1])).1.to_owned()
    };
    expression.replace_all(text, filling).into_owned()
}

/// The script of a job of GitLab's: its lines, one after the other.
pub(crate) fn gitlab_script(job: &Json) -> String {
    texts(&job["script"]).join("\n")
}

/// The scripts of a stage of Jenkins's: what is in `sh`, between this and the next stage.
pub(crate) fn jenkins_scripts(pipeline: &str, stage: &str) -> Vec<String> {
    let start = pipeline.find(&format!("stage('{stage}')")).unwrap();
    let rest = &pipeline[start + 1..];
    let rest = &rest[..rest.find("stage('").unwrap_or(rest.len())];
    let script = Regex::new(r"(?s)\bsh (?:'''(.*?)'''|'([^'\n]*)')").unwrap();
    let text = |found: regex::Captures<'_>| found.get(1).or(found.get(2)).unwrap().as_str().to_owned();
    script.captures_iter(rest).map(text).collect()
}
