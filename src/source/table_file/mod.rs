//! Reads a case table. What its parts must agree on is checked in files of their own.

mod axes;
mod checks;
mod given;
mod raw;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    AxisChoice, Case, CaseId, Contract, Expect, Method, NO_TUNNEL, Problem, RawParts, RequestSpec, Row, Step,
    Table, TableId, Value, Variable, check_part, duration, field_flaw, is_token, last_part, merge_params,
    nearest, target_flaw,
};
use crate::source::bound::TableSize;
use crate::source::compound::{At, Entry, OneOrMore, Texts, Values};
use crate::source::contract_file::KnownParts;
use crate::source::document::{KeyValue, Node};
use crate::source::expectation::{self, RawExpect};
use crate::source::matcher::check_path;
use crate::source::record::Key;
use crate::source::row_file::{RowFiles, rows};
use crate::template::{Templates, is_template};

pub(super) use raw::RawTable;
use raw::{RawCaseRequest, RawStep, RawTableCase};

/// What reading a table needs beside its own text.
pub(super) struct TableReader<'a> {
    pub(super) contract: &'a Contract,
    /// What of the contract is known as a whole.
    pub(super) known: KnownParts,
    pub(super) files: &'a RowFiles<'a>,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) templates: Templates,
}

/// What a case takes over from its table.
struct Defaults<'a> {
    table: &'a RawTable<'a>,
    id: &'a Arc<TableId>,
    tags: BTreeSet<String>,
    params: Vec<(String, Value)>,
    request: RequestSpec,
}

impl TableReader<'_> {
    pub(super) fn table(&mut self, id: TableId, raw: &RawTable<'_>) -> Table {
        let id = Arc::new(id);
        let fixed = self.contract.request.fixed.clone();
        let defaults = Defaults {
            table: raw,
            id: &id,
            tags: self.tags(&raw.tags),
            params: merge_params(fixed, &pairs(&raw.params)),
            request: self.request(&raw.request),
        };
        if raw.cases.is_sound && raw.cases.items().is_empty() {
            self.problem(raw.place.node, "the table has no cases, so nothing in it could fail");
        }
        let cases = self.cases(raw.cases.items(), &defaults);
        self.check_ids(&cases, raw.cases.items());
        Table { about: raw.about.value.clone().unwrap_or_default(), cases, id }
    }

    /// Reads the cases, up to the first with which they are too much.
    fn cases(&mut self, list: &[RawTableCase<'_>], defaults: &Defaults<'_>) -> Vec<Arc<Case>> {
        let mut cases = Vec::with_capacity(list.len());
        let mut merged = TableSize::default();
        for raw in list {
            let case = self.case(raw, defaults);
            let too_much = merged.add(&case);
            if too_much.is_none() {
                self.check_case(&case, raw, defaults.table);
            }
            cases.push(Arc::new(case));
            if let Some(problem) = too_much {
                self.problems.push(problem);
                break;
            }
        }
        cases
    }

    fn check_case(&mut self, case: &Case, raw: &RawTableCase<'_>, table: &RawTable<'_>) {
        self.check_whole_ids(case);
        self.check_unset(case, raw, table);
        self.check_params(raw);
        self.check_forms(case, raw, table);
        self.check_names(case, raw, table);
        self.check_expectations(case, raw);
    }

    pub(super) fn problem(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem::new(node.spot.clone(), message));
    }

    fn check_ids(&mut self, cases: &[Arc<Case>], list: &[RawTableCase<'_>]) {
        let mut seen = BTreeSet::new();
        for (case, raw) in cases.iter().zip(list).filter(|(_, raw)| raw.id.is_sound) {
            let id = raw.id.node.unwrap_or(raw.place.node);
            if let Err(error) = check_part(&case.name) {
                self.problems.push(
                    Problem::new(id.spot.clone(), error.to_string()).hint("a case's id has a-z, 0-9 and `-`"),
                );
            }
            if !seen.insert(case.name.to_ascii_lowercase()) {
                self.problem(id, format!("the case `{}` is there twice in this table", case.name));
            }
            self.check_length(case);
        }
    }

    /// A row's id and the values of axes are one part of the id, which names a file.
    fn check_length(&mut self, case: &Case) {
        let axes = case.axes.iter().map(AxisChoice::id).max_by_key(String::len).unwrap_or_default();
        let too_long = |row: &&Row| {
            let fits = |part: &str| check_part(part).is_ok();
            fits(&row.id) && !axes.is_empty() && !fits(&format!("{}-{axes}", row.id))
        };
        for row in case.rows.iter().filter(too_long) {
            let joined = format!("{}-{axes}", row.id);
            let message = format!("the id `{joined}` is too long: {} characters", joined.len());
            self.problems.push(Problem::new(row.spot.clone(), message).hint(
                "row and axes are joined, and have at most 120 characters together: shorten the row's id",
            ));
        }
    }

    /// A row and axes that each have a good id can be too long together.
    fn check_whole_ids(&mut self, case: &Case) {
        let axes = case.axes.iter().map(AxisChoice::id).max_by_key(String::len).unwrap_or_default();
        let rows = case.rows.iter().map(|row| (Some(row.id.as_str()), &row.spot));
        let whole = case.rows.is_empty().then_some((None, &case.spot));
        for (row, spot) in rows.chain(whole) {
            // An id that is wrong by itself is reported where it is read.
            if row.is_some_and(|row| check_part(row).is_err()) || check_part(&case.name).is_err() {
                continue;
            }
            let part = last_part(row, &axes);
            if let Err(error) = CaseId::new(&case.table, &case.name, part.as_deref()) {
                let (part, row) = (part.unwrap_or_default(), row.unwrap_or(&case.name));
                let message = format!("`{row}` and its axes make the id `{part}`: {error}");
                self.problems.push(Problem::new(spot.clone(), message).hint("write a shorter id"));
            }
        }
    }

    fn case(&mut self, raw: &RawTableCase<'_>, defaults: &Defaults<'_>) -> Case {
        let given = if raw.given.node.is_some() { &raw.given } else { &defaults.table.given };
        Case {
            table: Arc::clone(defaults.id),
            name: raw.id.or_reported(),
            about: raw.about.or_reported(),
            rules: self.rules(&raw.rules),
            given: self.read_given(given),
            vars: raw.vars.value.as_ref().map(variables).unwrap_or_default(),
            params: merge_params(defaults.params.clone(), &pairs(&raw.params)),
            unset: texts(&raw.unset),
            request: defaults.request.merge(&self.request(&raw.request)),
            rows: raw
                .rows
                .value
                .as_ref()
                .map(|list| rows(list, self.files, self.problems))
                .unwrap_or_default(),
            axes: axes::read(self, &raw.axes, defaults.table),
            steps: self.steps(raw),
            tags: defaults.tags.union(&self.tags(&raw.tags)).cloned().collect(),
            former: raw.former.items().to_vec(),
            twin: raw.twin.value.clone(),
            spot: raw.place.spot(),
        }
    }

    /// The tags of a table or a case.
    fn tags(&mut self, list: &Key<'_, Vec<At<'_, String>>>) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        if let Some(node) = list.sound_node().filter(|_| list.items().is_empty()) {
            self.problems.push(
                Problem::new(node.spot.clone(), "a list of tags without a tag").hint("leave `tags` out"),
            );
        }
        for At { node, value: tag } in list.items() {
            if let Err(error) = check_part(tag) {
                let problem = Problem::new(node.spot.clone(), format!("`{tag}` is not a tag: {error}"));
                self.problems.push(problem.hint("a tag has a-z, 0-9 and `-`, such as slow"));
            } else if !tags.insert(tag.to_owned()) {
                self.problem(node, format!("the tag `{tag}` is there twice"));
            }
        }
        tags
    }

    fn rules(&mut self, list: &Key<'_, Vec<At<'_, String>>>) -> Vec<String> {
        for At { node, value: name } in list.items() {
            let known: Vec<&str> = self.contract.rules.iter().map(|rule| rule.id.as_str()).collect();
            if !self.known.rules || known.contains(&name.as_str()) {
                continue;
            }
            let hint = nearest(name, &known).map_or_else(
                || "add a [[rule]] to contract.toml".into(),
                |near| format!("did you mean `{near}`?"),
            );
            self.problems.push(
                Problem::new(node.spot.clone(), format!("the contract has no rule `{name}`")).hint(hint),
            );
        }
        texts(list)
    }

    fn request(&mut self, raw: &Key<'_, RawCaseRequest<'_>>) -> RequestSpec {
        let Some(raw) = &raw.value else { return RequestSpec::default() };
        let method = raw.method.value.as_ref().and_then(|item| self.method(item));
        let headers = raw.headers.entries().iter().flat_map(|entry| self.field(entry)).collect();
        self.check_target(&raw.path, "");
        self.check_target(&raw.query, "/?");
        self.check_target(&raw.after_signing, "/?");
        RequestSpec {
            method,
            place: raw.place_of.value.map(|place| place.0),
            format: raw.format.value,
            sign: raw.sign.value,
            raw: RawParts {
                path: raw.path.value.clone(),
                query: raw.query.value.clone(),
                headers,
                body: raw.body.value.clone(),
                after_signing: raw.after_signing.value.clone(),
                signed_at: raw.signed_at.value.as_ref().and_then(|item| self.shift(item)),
                signed_as: raw.signed_as.value.clone(),
            },
        }
    }

    /// Reports what no target has, where it is written; what templates make of it is looked at later.
    fn check_target(&mut self, part: &Key<'_, String>, before: &str) {
        let (Some(node), Some(text)) = (part.node, &part.value) else { return };
        if is_template(text) {
            return;
        }
        // Which method a request has is not known yet.
        if let Some(reason) = target_flaw(&format!("{before}{text}"), true) {
            self.problem(node, format!("the target cannot be sent: {reason}"));
        }
    }

    /// The lines of a header field, in their order.
    fn field(&mut self, entry: &Entry<'_, OneOrMore<String>>) -> Vec<(String, String)> {
        let KeyValue { key, key_spot, node } = entry.written;
        if !is_token(key) {
            let problem =
                Problem::new(key_spot.clone(), format!("{key:?} is not the name of a header field"));
            self.problems
                .push(problem.hint("a name has letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, section 5.1)"));
        }
        let name = key.to_ascii_lowercase();
        // What a template makes is looked at later: it may span lines, and make one.
        let mut written = entry.value.items.iter().filter(|line| !is_template(line));
        if let Some(reason) = written.find_map(|line| field_flaw(line)) {
            self.problem(node, format!("the header field cannot be sent: {reason}"));
        }
        if entry.value.items.is_empty() && node.items().is_empty() {
            self.problem(node, "a list without lines sends nothing");
        }
        entry.value.items.iter().map(|line| (name.clone(), line.clone())).collect()
    }

    fn method(&mut self, text: &At<'_, String>) -> Option<Method> {
        let method = Method::new(&text.value);
        if method.is_none() {
            let problem = Problem::new(text.node.spot.clone(), "this is not an HTTP method");
            self.problems
                .push(problem.hint("a method is one word, such as GET or POST (RFC 9110, section 9.1)"));
        }
        if text.value == "CONNECT" {
            self.problem(text.node, format!("the method CONNECT cannot be sent: {NO_TUNNEL}"));
        }
        method
    }

    /// How far a clock is off, in seconds.
    fn shift(&mut self, text: &At<'_, String>) -> Option<i64> {
        let shift = seconds(&text.value);
        if shift.is_none() {
            self.problem(
                text.node,
                "invalid shift of a clock: expected a sign, a number and s, m or h, such as -32m",
            );
        }
        shift
    }

    fn steps(&mut self, raw: &RawTableCase<'_>) -> Vec<Step> {
        let Some(list) = raw.steps.node else {
            return vec![self.single_step(raw)];
        };
        for (key, stray) in [("expect", raw.expect.node), ("save", raw.save.node)] {
            if let Some(stray) = stray {
                self.problems.push(
                    Problem::new(stray.spot.clone(), format!("a case with steps has no `{key}` of its own"))
                        .hint("move it into a step"),
                );
            }
        }
        if raw.steps.is_sound && raw.steps.items().is_empty() {
            self.problem(list, "the case has no steps");
        }
        if raw.has_every_step() {
            self.check_parallel(raw.steps.items());
        }
        raw.steps.items().iter().map(|item| self.step(item)).collect()
    }

    fn single_step(&mut self, raw: &RawTableCase<'_>) -> Step {
        if raw.expect.node.is_none() {
            let problem = raw.place.problem("the case expects nothing, so it could not fail");
            self.problems.push(problem.hint("add `expect`, or steps that have it"));
        }
        Step {
            about: None,
            given: Vec::new(),
            params: Vec::new(),
            unset: Vec::new(),
            request: RequestSpec::default(),
            is_parallel: false,
            expect: self.expect(raw.expect.value.as_ref()),
            save: self.save(&raw.save),
            spot: raw.place.spot(),
        }
    }

    fn step(&mut self, raw: &RawStep<'_>) -> Step {
        Step {
            about: raw.about.value.clone(),
            given: self.read_given(&raw.given),
            params: pairs(&raw.params),
            unset: texts(&raw.unset),
            request: self.request(&raw.request),
            is_parallel: raw.parallel.value.unwrap_or(false),
            expect: self.expect(raw.expect.value.as_ref()),
            save: self.save(&raw.save),
            spot: raw.place.spot(),
        }
    }

    /// What is expected; where it is wrong or not there, which is reported, nothing is, and nothing is run.
    fn expect(&mut self, raw: Option<&RawExpect<'_>>) -> Arc<Expect> {
        raw.map(|raw| Arc::new(expectation::read(raw, self.problems))).unwrap_or_default()
    }

    fn save(&mut self, raw: &Key<'_, Texts<'_>>) -> Vec<(String, String)> {
        for entry in raw.entries() {
            check_path(&entry.value, &entry.written.node.spot, self.problems);
        }
        raw.value.as_ref().map(Texts::to_pairs).unwrap_or_default()
    }
}

fn pairs(key: &Key<'_, Values<'_>>) -> Vec<(String, Value)> {
    key.value.as_ref().map(Values::to_pairs).unwrap_or_default()
}

fn texts(list: &Key<'_, Vec<At<'_, String>>>) -> Vec<String> {
    list.items().iter().map(|item| item.value.clone()).collect()
}

fn variables(values: &Values<'_>) -> Vec<Variable> {
    values.to_pairs().into_iter().map(|(name, value)| Variable { name, value }).collect()
}

/// Reads a shift such as `-32m`, of a day at the most.
fn seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => return None,
    };
    let shift = duration(rest).filter(|shift| shift.subsec_nanos() == 0)?;
    i64::try_from(shift.as_secs()).ok().filter(|seconds| *seconds <= 24 * 3600).map(|seconds| sign * seconds)
}
