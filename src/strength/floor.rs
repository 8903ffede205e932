//! Endpoints that implement nothing, and how many cases they pass: the floor of a score. Main type: [`Floor`].
//!
//! Their answers are judged offline. Where the run has observed effects, none of them has any.

use std::collections::{BTreeMap, HashSet};

use super::mutate::{json_text, put, xml_text};
use super::twin::{Came, RowResult, Twins};
use crate::judgement::passes_with;
use crate::model::{
    Answer, AnswerFormat, BLANK, Body, CaseId, CaseRecord, Contract, ErrorRow, FloorScore, Request,
    StatusRule, Value,
};
use crate::plan::PlannedCase;
use crate::template::Templates;

/// The most rows of a contract for which there is an endpoint that always answers with it.
const MOST_ROWS: usize = 100;

/// An endpoint that implements nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fake {
    /// It accepts every request.
    Success,
    /// It accepts every request that has the required parameters.
    Required,
    /// It answers every request with the row of this number.
    Row(usize),
    /// It answers with a row, or a success, at random.
    Random,
}

/// Has endpoints that implement nothing judged, case by case.
pub struct Floor {
    seeds: Vec<u64>,
    templates: Templates,
    forms: BTreeMap<(String, Option<AnswerFormat>, bool), Answer>,
    fakes: Vec<(Fake, HashSet<CaseId>)>,
    /// What the rows are called; of several contracts, in the first that has so many.
    labels: Vec<String>,
    cases: usize,
    count: u64,
}

impl Floor {
    /// Endpoints for the contracts of these cases.
    pub fn new(cases: &[PlannedCase], seeds: Vec<u64>) -> Self {
        let rows = cases.iter().map(|planned| all_rows(&planned.contract).count()).max().unwrap_or_default();
        let rows = (0..rows.min(MOST_ROWS)).map(Fake::Row);
        let fakes = [Fake::Success, Fake::Required, Fake::Random].into_iter().chain(rows);
        Self {
            seeds,
            templates: Templates::default(),
            forms: BTreeMap::new(),
            labels: labels(cases),
            fakes: fakes.map(|fake| (fake, HashSet::new())).collect(),
            cases: 0,
            count: 0,
        }
    }

    /// Takes a recorded case: the first answers of each kind are the form of those that are made up.
    pub fn take(&mut self, planned: &PlannedCase, record: &CaseRecord) {
        if record.exchanges.is_empty() {
            return;
        }
        for exchange in &record.exchanges {
            let key =
                (planned.contract.id.to_string(), exchange.request.format, exchange.answer.status < 400);
            self.forms.entry(key).or_insert_with(|| exchange.answer.clone());
        }
        self.cases += 1;
        for at in 0..self.fakes.len() {
            let fake = self.fakes[at].0;
            if let Fake::Row(number) = fake
                && !may_be_row(planned, number)
            {
                continue;
            }
            let (forms, count) = (&self.forms, &mut self.count);
            let mut answer = |request: &Request| {
                *count += 1;
                make_answer(fake, &planned.contract, forms, request, *count)
            };
            let has_passed = self
                .seeds
                .iter()
                .any(|seed| passes_with(planned, record, *seed, &self.templates, &mut answer));
            if has_passed {
                self.fakes[at].1.insert(planned.id.clone());
            }
        }
    }

    /// The endpoint that passes most cases; of several, the one that holds most rows.
    pub fn best(&self, twins: &Twins) -> Option<FloorScore> {
        let ground = |(fake, passed): &(Fake, HashSet<CaseId>)| {
            let came = |id: &CaseId| if passed.contains(id) { Came::Passed } else { Came::Failed };
            let held = twins.rows().iter().filter(|row| row.row_result(came) == RowResult::Held).count();
            FloorScore {
                endpoint: description(*fake, &self.labels),
                passed: passed.len(),
                cases: self.cases,
                held,
                rows: twins.rows().len(),
            }
        };
        let grounds = self.fakes.iter().map(ground);
        // The first of equal ones.
        grounds.rev().max_by_key(|ground| (ground.passed, ground.held)).filter(|ground| ground.cases > 0)
    }
}

/// Whether a case may pass with an answer that is an instance of a row. The expectations of its first step may exclude
/// that.
fn may_be_row(planned: &PlannedCase, number: usize) -> bool {
    let (Some(step), Some(row)) = (planned.case.steps.first(), all_rows(&planned.contract).nth(number))
    else {
        return true;
    };
    let codes = step.expect.codes();
    let is_open =
        codes.is_empty() || step.expect.allows_other_codes() || codes.iter().any(|code| code.contains("{{"));
    if !is_open {
        return codes.contains(&row.code.as_str());
    }
    let rules = &step.expect.status;
    rules.is_empty()
        || rules.iter().any(|rule| matches!(rule, StatusRule::Template(_)) || rule.matches(row.status))
}

fn labels(cases: &[PlannedCase]) -> Vec<String> {
    let longest = cases.iter().map(|planned| &planned.contract).max_by_key(|one| all_rows(one).count());
    longest.map(|contract| all_rows(contract).map(ErrorRow::label).collect()).unwrap_or_default()
}

fn description(fake: Fake, labels: &[String]) -> String {
    match fake {
        Fake::Success => "accepts every request".to_owned(),
        Fake::Required => "accepts every request that has the required parameters".to_owned(),
        Fake::Row(number) => {
            let label = labels.get(number).map_or("", String::as_str);
            format!("answers every request with error row {label}")
        }
        Fake::Random => "answers with an error row or a success at random".to_owned(),
    }
}

fn all_rows(contract: &Contract) -> impl Iterator<Item = &ErrorRow> {
    contract.rows.iter().chain(&contract.shared_rows)
}

/// Answers in the forms that were recorded, by contract, format, and whether they are of success.
type Forms = BTreeMap<(String, Option<AnswerFormat>, bool), Answer>;

/// The answer of an endpoint to its request of this number.
fn make_answer(fake: Fake, contract: &Contract, forms: &Forms, request: &Request, count: u64) -> Answer {
    let rows = all_rows(contract).count() as u64;
    let row = match fake {
        Fake::Success => None,
        Fake::Required => missing(contract, request),
        Fake::Row(number) => all_rows(contract).nth(number),
        Fake::Random => {
            usize::try_from(mix(count) % (rows + 1)).ok().and_then(|at| all_rows(contract).nth(at))
        }
    };
    let mut answer = form(contract, forms, request.format, row.is_none());
    if let Some(row) = row {
        answer.status = row.status;
        let code = if row.is_numeric { Value::Number(row.code.clone()) } else { Value::text(&*row.code) };
        let message = row.message.as_ref().map(|message| message.as_str().replace(BLANK, "x"));
        set(&mut answer, contract.envelope.code.as_deref(), &code);
        if let Some(message) = message {
            set(&mut answer, contract.envelope.message.as_deref(), &Value::text(message));
        }
    }
    renew(&mut answer, contract, count);
    answer
}

/// The row of the first required parameter that is not there.
fn missing<'a>(contract: &'a Contract, request: &Request) -> Option<&'a ErrorRow> {
    let is_sent = |name: &str| request.params.iter().any(|(sent, _)| sent == name);
    let missing = contract.parameters.iter().find(|one| one.is_required && !is_sent(&one.name))?;
    let named = missing.missing.iter().find_map(|code| contract.rows_of(code).next());
    named.or_else(|| all_rows(contract).next())
}

/// An answer in the form of the first recorded one; without one, in a form that is made of the contract.
fn form(contract: &Contract, forms: &Forms, format: Option<AnswerFormat>, is_success: bool) -> Answer {
    let of = |format| forms.get(&(contract.id.to_string(), format, is_success));
    if let Some(answer) = of(format).or_else(|| of(None)) {
        return answer.clone();
    }
    let mut tree = Value::Map(Vec::new());
    if let Value::Map(entries) = &mut tree {
        for field in contract.fields(is_success).filter(|field| field.is_required) {
            entries.push((field.name.clone(), Value::text("x")));
        }
    }
    let is_xml = format == Some(AnswerFormat::Xml);
    let format = format.unwrap_or(AnswerFormat::Json);
    let media_type =
        contract.envelope.media_types.of(format).first().map_or("application/json", String::as_str);
    let roots = contract.envelope.xml.as_ref();
    let root = roots.map(|roots| if is_success { &roots.success } else { &roots.error });
    let root = root.map_or("Response".to_owned(), |root| root.replace("{operation}", &contract.operation));
    let text = if is_xml { xml_text(&root, &tree) } else { json_text(&tree) };
    Answer {
        status: if is_success { 200 } else { 400 },
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        bytes: text.into_bytes(),
        body: if is_xml { Body::Xml { root, tree } } else { Body::Json(tree) },
        flaws: Vec::new(),
        elapsed: std::time::Duration::ZERO,
        paused: std::time::Duration::ZERO,
    }
}

/// Puts a value at a path of the body; a key at the top that is not there is added.
fn set(answer: &mut Answer, path: Option<&str>, value: &Value) {
    let (Some(path), Body::Json(tree) | Body::Xml { tree, .. }) = (path, &mut answer.body) else { return };
    if let Some(changed) = put(tree, path, value) {
        *tree = changed;
    } else if let (Value::Map(entries), Some(key)) = (tree, path.strip_prefix("$.")) {
        entries.push((key.to_owned(), value.clone()));
    }
}

/// Gives the answer ids that no other one has, in the form of those that it has.
fn renew(answer: &mut Answer, contract: &Contract, count: u64) {
    for path in super::mutate::id_paths(contract) {
        let found = answer.tree().and_then(|tree| crate::check::select(tree, path).ok());
        let Some(Value::Text(own)) = found else { continue };
        let new = like(&own, count);
        set(answer, Some(path), &Value::text(&*new));
        let rule = contract.envelope.request_id.as_ref().filter(|rule| rule.body == path);
        let name = rule.and_then(|rule| rule.header.as_ref()).map(|header| header.name.as_str());
        for (known, value) in &mut answer.headers {
            if Some(known.as_str()) == name {
                value.clone_from(&new);
            }
        }
    }
}

/// How many characters of an id are made anew.
const RENEWED: usize = 12;

/// Another text of the same form: digits stay digits, and letters those that hexadecimal digits have.
fn like(text: &str, count: u64) -> String {
    let length = text.chars().count();
    let mut random = mix(count);
    let renewed = text.chars().enumerate().map(|(at, letter)| {
        if at + RENEWED < length || !letter.is_ascii_alphanumeric() {
            return letter;
        }
        let digit = u8::try_from(random % 10).unwrap_or_default();
        random = mix(random);
        match letter {
            '0'..='9' => char::from(b'0' + digit),
            'a'..='z' => char::from(b'a' + digit % 6),
            _ => char::from(b'A' + digit % 6),
        }
    });
    renewed.collect()
}

/// A number that looks random, the same for each count (`SplitMix64`).
fn mix(count: u64) -> u64 {
    let mut mixed = count.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
