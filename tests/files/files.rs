//! The shipped files: whole, covered, and right by the schemas that editors use.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proofmark::inside::coverage::coverage;
use proofmark::inside::model::Suite;
use proofmark::inside::plan::{PlannedCase, case_ids, preview};
use proofmark::inside::source::{SchemaName, Wanted, load, schema};
use proofmark::inside::template::Templates;
use proofmark::inside::wire::encode;
use serde_json::Value as Json;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

fn suite() -> Suite {
    load(&cases(), Wanted::All).unwrap()
}

#[test]
fn the_shipped_suite_has_at_least_150_cases_and_they_are_all_different() {
    let cases = case_ids(&suite()).unwrap();
    assert!(cases.len() >= 150);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut copies = Vec::new();
    for planned in &cases {
        let steps = preview(planned, 0, &Templates::default()).unwrap().steps;
        let sent = steps.iter().zip(&planned.case.steps).map(|(step, written)| {
            let is_parallel = written.is_parallel;
            let request = encode(&planned.contract, step).unwrap();
            let raw = &step.request.raw;
            let signing = (step.request.sign, &raw.after_signing, raw.signed_at, &raw.signed_as);
            format!(
                "{} {} {:?} {:?} {signing:?} {is_parallel}",
                request.method, request.target, request.headers, request.body
            )
        });
        let every_given =
            planned.case.given.iter().chain(planned.case.steps.iter().flat_map(|step| &step.given));
        let given = every_given.map(|given| {
            let params = given.params.iter().map(|(key, value)| format!("{key}={value}"));
            format!("{} {:?} {:?}", given.state, params.collect::<Vec<_>>(), rendered_row(planned))
        });
        let key = given.chain(sent).collect::<Vec<_>>().join("\n");
        if let Some(other) = seen.insert(key, planned.id.to_string()) {
            copies.push(format!("{} sends in the same state what {other} sends", planned.id));
        }
    }
    assert_eq!(copies, Vec::<String>::new());
}

/// The row's variables: a state's parameter may come from them.
fn rendered_row(planned: &PlannedCase) -> Vec<String> {
    let vars = planned.row().map(|row| row.vars.as_slice()).unwrap_or_default();
    let is_of_state = |name: &str| {
        planned
            .case
            .given
            .iter()
            .any(|given| given.params.iter().any(|(_, value)| value.to_string().contains(name)))
    };
    vars.iter()
        .filter(|variable| is_of_state(&variable.name))
        .map(|variable| variable.value.to_string())
        .collect()
}

#[test]
fn every_error_row_every_settled_side_of_a_constraint_and_every_rule_is_tested() {
    for contract in coverage(&suite()).unwrap().contracts {
        // The sources leave open what answers these, so the cases accept either, and test neither.
        assert_eq!(
            contract.gaps(),
            ["past TemplateTag max-items 20 (disputed)", "past Tag.N.Value not-prefix acs: (disputed)"]
        );
        assert_eq!(contract.rows.len(), 23);
    }
}

#[test]
fn every_promise_of_the_shipped_contract_cites_a_source() {
    for operation in suite().operations {
        let contract = operation.contract;
        assert!(contract.sources.iter().all(|source| source.date.is_some()), "{:#?}", contract.sources);
        assert!(contract.rows.iter().chain(&contract.shared_rows).all(|row| !row.source.is_empty()));
        assert!(contract.parameters.iter().all(|parameter| !parameter.source.is_empty()));
        assert!(contract.rules.iter().all(|rule| !rule.backing.source.is_empty()));
        let envelope = &contract.envelope;
        let request_id = envelope.request_id.as_ref().unwrap();
        let rules = [
            envelope.media_types_backing.as_ref().unwrap(),
            envelope.absent_backing.as_ref().unwrap(),
            &request_id.backing,
            &request_id.header.as_ref().unwrap().backing,
            &envelope.xml.as_ref().unwrap().backing,
        ];
        let fields = contract.response.iter().chain(&envelope.success).chain(&envelope.error);
        for backing in rules.into_iter().chain(fields.map(|field| &field.backing)) {
            assert!(backing.is_unpublished || !backing.source.is_empty(), "{}", backing.spot);
        }
        let marked: Vec<String> = contract.unpublished().into_iter().map(|(name, _)| name).collect();
        assert_eq!(marked, ["envelope request-id.header"], "what is marked is looked at by a person");
        assert!(contract.rate_limit.as_ref().is_some_and(|limit| (limit.calls, limit.seconds) == (1000, 60)));
    }
}

#[test]
fn the_shipped_tables_write_status_code_and_message_out() {
    for operation in suite().operations {
        for case in operation.tables.iter().flat_map(|table| &table.cases) {
            for expect in case.steps.iter().map(|step| &step.expect) {
                let alternatives = expect.alternatives.iter().chain(std::iter::once(&**expect));
                for each in alternatives.filter(|each| each.code.is_some()) {
                    assert!(!each.status.is_empty(), "{}: a code without its status", case.spot);
                }
            }
        }
    }
}

fn toml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

fn kind_of(path: &Path) -> SchemaName {
    match path.file_name().unwrap().to_str().unwrap() {
        "contract.toml" => SchemaName::Contract,
        "common.toml" => SchemaName::Common,
        "states.toml" => SchemaName::States,
        "endpoints.toml" => SchemaName::Endpoints,
        "waivers.toml" => SchemaName::Waivers,
        "manifest.toml" => SchemaName::Manifest,
        _ => SchemaName::Table,
    }
}

#[test]
fn every_shipped_file_is_valid_by_the_printed_json_schema() {
    let mut files = Vec::new();
    toml_files(&cases(), &mut files);
    toml_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    assert!(files.len() >= 10);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let instance: Json = toml::from_str(&text).unwrap();
        let schema: Json = serde_json::from_str(&schema(kind_of(&path))).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&instance)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn the_schemas_refuse_what_the_loader_refuses() {
    let table: Json = serde_json::from_str(&schema(SchemaName::Table)).unwrap();
    let validator = jsonschema::validator_for(&table).unwrap();
    for wrong in [
        r#"{"case": [{"id": "a", "about": "b", "expct": {"status": 200}}]}"#,
        r#"{"case": [{"about": "b", "expect": {"status": 200}}]}"#,
        r#"{"case": [{"id": "a", "about": "b", "expect": {"status": 200}, "axes": {"format": ["yaml"]}}]}"#,
        r#"{"cases": []}"#,
    ] {
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}
