//! One slip in a file is one problem, at its place: each key of each kind of file is given a value of every wrong kind,
//! each word another one, each table an unknown key, and each key that must be there is left out.
//!
//! The samples in `slips/` have every key that the schemas know, so that a new key is tested as soon as it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use proofmark::inside::model::Problem;
use proofmark::inside::source::{
    LoadError, SchemaName, Wanted, load, load_endpoints, load_manifest, load_waivers, schema,
};
use serde_json::Value as Json;

/// The samples: where each is in the folder of cases, its kind and its text.
const SAMPLES: [(&str, SchemaName, &str); 7] = [
    ("shop/Get/contract.toml", SchemaName::Contract, include_str!("slips/contract.toml")),
    ("shop/common.toml", SchemaName::Common, include_str!("slips/common.toml")),
    ("shop/Get/states.toml", SchemaName::States, include_str!("slips/states.toml")),
    ("shop/Get/table.toml", SchemaName::Table, include_str!("slips/table.toml")),
    ("endpoints.toml", SchemaName::Endpoints, include_str!("slips/endpoints.toml")),
    ("waivers.toml", SchemaName::Waivers, include_str!("slips/waivers.toml")),
    ("manifest.toml", SchemaName::Manifest, include_str!("slips/manifest.toml")),
];

/// A value of each kind, as TOML has it.
const KINDS: [(&str, &str); 5] =
    [("string", "\"~\""), ("integer", "7"), ("boolean", "true"), ("array", "[]"), ("object", "{}")];

/// The way to a value: keys, and numbers of items.
type Way = Vec<String>;

/// What is done to a sample.
#[derive(Debug, Clone)]
enum Slip {
    /// A value is replaced by this text.
    Value(Way, String),
    /// A table gets an unknown key.
    Key(Way),
    /// A key is left out.
    Missing(Way),
}

const UNKNOWN: &str = "nosuch-key";

/// A sample as text with all of its values on one line each, and where the slip is in it.
struct Written {
    text: String,
    at: usize,
}

impl Written {
    fn new(sample: &Json, slip: Option<&Slip>) -> Self {
        let mut written = Self { text: String::new(), at: 0 };
        for (key, value) in sample.as_object().unwrap() {
            let way = vec![key.clone()];
            if matches!(slip, Some(Slip::Missing(missing)) if *missing == way) {
                continue;
            }
            write!(written.text, "{} = ", Json::from(key.as_str())).unwrap();
            written.value(value, &way, slip);
            written.text.push('\n');
        }
        if matches!(slip, Some(Slip::Key(table)) if table.is_empty()) {
            written.at = written.text.len();
            writeln!(written.text, "{UNKNOWN} = 1").unwrap();
        }
        written
    }

    fn value(&mut self, value: &Json, way: &Way, slip: Option<&Slip>) {
        match slip {
            Some(Slip::Value(wrong, text)) if wrong == way => {
                self.at = self.text.len();
                self.text.push_str(text);
                return;
            }
            // A table that lacks a key is where the key would be.
            Some(Slip::Missing(missing)) if missing[..missing.len() - 1] == way[..] => {
                self.at = self.text.len();
            }
            _ => {}
        }
        let to = |part: &str| way.iter().cloned().chain([part.to_owned()]).collect::<Way>();
        match value {
            Json::Array(items) => {
                self.text.push('[');
                for (number, item) in items.iter().enumerate() {
                    self.value(item, &to(&number.to_string()), slip);
                    self.text.push_str(", ");
                }
                self.text.push(']');
            }
            Json::Object(entries) => {
                let gap = |text: &mut String| text.push_str(if text.ends_with('{') { " " } else { ", " });
                self.text.push('{');
                for (key, value) in entries {
                    if matches!(slip, Some(Slip::Missing(missing)) if *missing == to(key)) {
                        continue;
                    }
                    gap(&mut self.text);
                    write!(self.text, "{} = ", Json::from(key.as_str())).unwrap();
                    self.value(value, &to(key), slip);
                }
                if matches!(slip, Some(Slip::Key(table)) if table == way) {
                    gap(&mut self.text);
                    self.at = self.text.len();
                    write!(self.text, "{UNKNOWN} = 1").unwrap();
                }
                self.text.push_str(" }");
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                self.text.push_str(&value.to_string());
            }
        }
    }

    /// The line and column of the slip, from 1.
    fn place(&self) -> String {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        format!("{line}:{}", before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1)
    }
}

/// A schema, and what of it is met at places of a sample.
struct Schema {
    whole: Json,
}

impl Schema {
    fn of(kind: SchemaName) -> Self {
        Self { whole: serde_json::from_str(&schema(kind)).unwrap() }
    }

    /// The schemas that a value may have: references followed, alternatives apart.
    fn options<'a>(&'a self, one: &'a Json) -> Vec<&'a Json> {
        if let Some(name) = one.get("$ref").and_then(Json::as_str) {
            return self.options(&self.whole["$defs"][name.rsplit('/').next().unwrap()]);
        }
        match one.get("anyOf").and_then(Json::as_array) {
            Some(several) => several.iter().flat_map(|each| self.options(each)).collect(),
            None => vec![one],
        }
    }

    /// The options of what is one step further, and the key by which the schema knows it.
    fn step<'a>(&'a self, options: &[&'a Json], part: &str) -> (Vec<&'a Json>, Vec<*const Json>) {
        let mut found = Vec::new();
        let mut keys = Vec::new();
        for option in options {
            let known = option.get("properties").and_then(|properties| properties.get(part));
            keys.extend(known.map(std::ptr::from_ref));
            let inner = if part.parse::<usize>().is_ok() { "items" } else { "additionalProperties" };
            let next = known.or_else(|| option.get(inner));
            found
                .extend(next.filter(|next| next.is_object()).into_iter().flat_map(|next| self.options(next)));
        }
        (found, keys)
    }

    /// Every key of it.
    fn keys(&self) -> BTreeMap<*const Json, String> {
        fn collect(schema: &Json, way: &str, found: &mut BTreeMap<*const Json, String>) {
            if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
                for (key, inner) in properties {
                    found.insert(inner, format!("{way}/{key}"));
                    collect(inner, &format!("{way}/{key}"), found);
                }
            }
            for key in ["items", "additionalProperties"] {
                schema.get(key).into_iter().for_each(|inner| collect(inner, way, found));
            }
            let all = schema.get("anyOf").and_then(Json::as_array).into_iter().flatten();
            all.for_each(|inner| collect(inner, way, found));
            let named = schema.get("$defs").and_then(Json::as_object).into_iter().flatten();
            named.for_each(|(name, inner)| collect(inner, name, found));
        }
        let mut found = BTreeMap::new();
        collect(&self.whole, "", &mut found);
        found
    }
}

/// The slips that a sample can have, and the keys of the schema that it shows.
fn slips(schema: &Schema, sample: &Json) -> (Vec<Slip>, BTreeSet<*const Json>) {
    let mut slips = Vec::new();
    let mut shown = BTreeSet::new();
    let mut open: Vec<(Way, &Json, Vec<&Json>)> = vec![(Vec::new(), sample, schema.options(&schema.whole))];
    while let Some((way, value, options)) = open.pop() {
        let parts: Vec<(String, &Json)> = match value {
            Json::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Json::Array(items) => {
                items.iter().enumerate().map(|(number, item)| (number.to_string(), item)).collect()
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
        };
        let fits = |kind: &str| {
            options.iter().any(|option| match option.get("type").and_then(Json::as_str) {
                Some(known) => known == kind || (known == "number" && kind == "integer"),
                None => option.get("enum").is_none() || kind == "string",
            })
        };
        if !way.is_empty() {
            let wrong = KINDS.iter().filter(|(kind, _)| !fits(kind));
            slips.extend(wrong.map(|(_, text)| Slip::Value(way.clone(), (*text).to_owned())));
        }
        let has_words = options.iter().any(|option| option.get("enum").is_some());
        let has_any_text = options.iter().any(|option| {
            option.get("enum").is_none() && option.get("type").is_none_or(|kind| kind == "string")
        });
        if has_words && !has_any_text {
            slips.push(Slip::Value(way.clone(), "\"nosuch\"".to_owned()));
        }
        if value.is_object()
            && options.iter().any(|option| option.get("additionalProperties") == Some(&Json::Bool(false)))
        {
            slips.push(Slip::Key(way.clone()));
        }
        for (part, inner) in parts {
            let mut way = way.clone();
            way.push(part.clone());
            let needed = options.iter().filter_map(|option| option.get("required")?.as_array()).flatten();
            if needed.into_iter().any(|name| name == part.as_str()) && value.is_object() {
                slips.push(Slip::Missing(way.clone()));
            }
            let (next, keys) = schema.step(&options, &part);
            shown.extend(keys);
            if !next.is_empty() {
                open.push((way, inner, next));
            }
        }
    }
    (slips, shown)
}

fn sample_of(text: &str) -> Json {
    toml::from_str(text).unwrap()
}

fn write_all(folder: &Path) {
    for (path, _, text) in SAMPLES {
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), Written::new(&sample_of(text), None).text).unwrap();
    }
    fs::write(folder.join("shop/Get/rows.csv"), "id,word\none,a\n").unwrap();
}

/// The problems that a kind of file has in this folder.
fn problems(folder: &Path, kind: SchemaName) -> Vec<Problem> {
    let found = match kind {
        SchemaName::Endpoints => load_endpoints(folder).err(),
        SchemaName::Waivers => load_waivers(folder).err(),
        SchemaName::Manifest => load_manifest(&folder.join("manifest.toml")).err(),
        SchemaName::Table | SchemaName::Contract | SchemaName::Common | SchemaName::States => {
            load(folder, Wanted::All).err()
        }
    };
    match found {
        None => Vec::new(),
        Some(LoadError::Problems(problems)) => problems,
        Some(error) => panic!("{error}"),
    }
}

#[test]
fn the_samples_are_right_and_have_every_key_that_the_schemas_know() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    for (path, kind, text) in SAMPLES {
        let problems: Vec<String> = problems(folder.path(), kind).iter().map(ToString::to_string).collect();
        assert_eq!(problems, Vec::<String>::new(), "{path}");
        let schema = Schema::of(kind);
        let (_, shown) = slips(&schema, &sample_of(text));
        for (key, way) in schema.keys() {
            *known.entry(way).or_default() |= shown.contains(&key);
        }
    }
    let missing: Vec<&String> =
        known.iter().filter(|(_, is_shown)| !**is_shown).map(|(way, _)| way).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Every slip of a sample that is not one problem at its place, with what was reported.
fn doubtful(kind: SchemaName) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path());
    let (path, _, text) = SAMPLES.into_iter().find(|(_, known, _)| *known == kind).unwrap();
    let sample = sample_of(text);
    let (slips, _) = slips(&Schema::of(kind), &sample);
    assert!(slips.len() > 10, "{}", slips.len());
    let mut doubtful = Vec::new();
    for slip in slips {
        let written = Written::new(&sample, Some(&slip));
        fs::write(folder.path().join(path), &written.text).unwrap();
        let found: Vec<String> = problems(folder.path(), kind)
            .iter()
            .map(|problem| problem.to_string().replace(&format!("{}/", folder.path().display()), ""))
            .collect();
        let place = format!("{path}:{}: ", written.place());
        if found.len() != 1 || !found[0].starts_with(&place) {
            doubtful.push(format!("{slip:?} at {place}\n    {}", found.join("\n    ")));
        }
    }
    doubtful
}

fn assert_one_problem_each(kind: SchemaName) {
    let doubtful = doubtful(kind);
    assert!(doubtful.is_empty(), "{} slips:\n{}", doubtful.len(), doubtful.join("\n"));
}

#[test]
fn a_slip_in_a_contract_is_one_problem() {
    assert_one_problem_each(SchemaName::Contract);
}

#[test]
fn a_slip_in_a_shared_file_is_one_problem() {
    assert_one_problem_each(SchemaName::Common);
}

#[test]
fn a_slip_in_a_file_of_states_is_one_problem() {
    assert_one_problem_each(SchemaName::States);
}

#[test]
fn a_slip_in_a_table_is_one_problem() {
    assert_one_problem_each(SchemaName::Table);
}

#[test]
fn a_slip_in_a_file_of_endpoints_is_one_problem() {
    assert_one_problem_each(SchemaName::Endpoints);
}

#[test]
fn a_slip_in_a_file_of_waivers_is_one_problem() {
    assert_one_problem_each(SchemaName::Waivers);
}

#[test]
fn a_slip_in_a_manifest_is_one_problem() {
    assert_one_problem_each(SchemaName::Manifest);
}

#[test]
fn a_number_that_a_key_cannot_have_is_one_problem() {
    let contract = |way: &[&'static str], text, message| (SchemaName::Contract, way.to_vec(), text, message);
    let endpoint = |key, text, message| (SchemaName::Endpoints, vec!["endpoint", "live", key], text, message);
    for (kind, way, text, message) in [
        contract(&["effect", "within"], "-1", "expected a number from 0 to 4294967295"),
        contract(&["rate-limit", "calls"], "-1", "expected a number from 0 to 4294967295"),
        contract(&["param", "0", "constraints", "0", "min-length"], "-1", "expected a number from 0 to "),
        contract(
            &["param", "4", "constraints", "0", "minimum"],
            "9223372036854775808",
            "does not fit in 64 bits",
        ),
        contract(&["error", "0", "status"], "70000", "the status of an error is a number from 400 to 599"),
        endpoint("jobs", "0", "`jobs` is a number from 1 to 1024"),
        endpoint(
            "connect-timeout",
            "0",
            "expected a time from 1ms to 1h\n  hint: write 30 for seconds, or \"500ms\"",
        ),
        endpoint("connect-timeout", "-1", "expected a number and a unit (ms, s, m, h, d, w), such as 30s"),
        endpoint("answer-timeout", "\"2h\"", "expected a time from 1ms to 1h"),
        endpoint("answer-timeout", "\"1.5s\"", "expected a number and a unit"),
        endpoint("answer-timeout", "1.5", "expected a number of seconds or a string such as \"30s\""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write_all(folder.path());
        let (path, _, sample) = SAMPLES.into_iter().find(|(_, known, _)| *known == kind).unwrap();
        let way = way.iter().map(|part| (*part).to_owned()).collect();
        let written = Written::new(&sample_of(sample), Some(&Slip::Value(way, text.to_owned())));
        fs::write(folder.path().join(path), &written.text).unwrap();
        let found: Vec<String> = problems(folder.path(), kind).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(message) && found[0].contains(&written.place()), "{found:?}");
    }
}
