//! Reads a case table. What its parts must agree on is checked in files of their own.

mod axes;
mod checks;
mod given;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    AnswerFormat, AxisChoice, Case, CaseId, Contract, Expect, Method, ParameterPlace, Problem, RawParts,
    RequestSpec, Row, Scheme, Step, Table, TableId, Value, Variable, check_part, is_token, last_part,
    merge_params,
};
use crate::source::bound::TableSize;
use crate::source::contract_file::Known;
use crate::source::document::{KeyValue, Node};
use crate::source::expectation;
use crate::source::matcher::check_path;
use crate::source::near::nearest;
use crate::source::row_file::{RowFiles, rows};
use crate::template::Templates;

/// What reading a table needs beside its own text.
pub(super) struct TableReader<'a> {
    pub(super) contract: &'a Contract,
    /// What of the contract is known as a whole.
    pub(super) known: Known,
    pub(super) files: &'a RowFiles<'a>,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) templates: Templates,
}

/// What a case takes over from its table.
struct Defaults<'a> {
    table: &'a Node,
    id: &'a Arc<TableId>,
    tags: BTreeSet<String>,
    params: Vec<(String, Value)>,
    request: RequestSpec,
}

impl TableReader<'_> {
    /// Reads a table of the right shape.
    pub(super) fn table(&mut self, id: TableId, node: &Node) -> Table {
        let id = Arc::new(id);
        let fixed = self.contract.request.fixed.clone();
        let defaults = Defaults {
            table: node,
            id: &id,
            tags: self.tags(node),
            params: merge_params(fixed, &pairs(node, "params")),
            request: node.get("request").map(|request| self.request(request)).unwrap_or_default(),
        };
        let nodes = node.get("case").map(Node::items).unwrap_or_default();
        if nodes.is_empty() {
            self.problem(node, "the table has no cases, so nothing in it could fail");
        }
        let cases = self.cases(nodes, &defaults);
        self.check_ids(&cases, nodes);
        Table { about: node.text("about").unwrap_or_default(), cases, id }
    }

    /// Reads the cases, up to the first with which they are too much.
    fn cases(&mut self, nodes: &[Node], defaults: &Defaults<'_>) -> Vec<Arc<Case>> {
        let mut cases = Vec::with_capacity(nodes.len());
        let mut merged = TableSize::default();
        for node in nodes {
            let case = self.case(node, defaults);
            let too_much = merged.add(&case);
            if too_much.is_none() {
                self.check_case(&case, node, defaults.table);
            }
            cases.push(Arc::new(case));
            if let Some(problem) = too_much {
                self.problems.push(problem);
                break;
            }
        }
        cases
    }

    fn check_case(&mut self, case: &Case, node: &Node, table: &Node) {
        self.check_whole_ids(case);
        self.check_unset(case, node);
        self.check_params(node);
        self.check_forms(case, node);
        self.check_names(case, node, table);
        self.check_expectations(case, node);
    }

    pub(super) fn problem(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem::new(node.spot.clone(), message));
    }

    fn check_ids(&mut self, cases: &[Arc<Case>], nodes: &[Node]) {
        let mut seen = BTreeSet::new();
        for (case, node) in cases.iter().zip(nodes) {
            let id = node.get("id").unwrap_or(node);
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

    fn case(&mut self, node: &Node, defaults: &Defaults<'_>) -> Case {
        let given_node = node.get("given").or_else(|| defaults.table.get("given"));
        let own = pairs(node, "params");
        Case {
            table: Arc::clone(defaults.id),
            name: node.text("id").unwrap_or_default(),
            about: node.text("about").unwrap_or_default(),
            rules: self.rules(node),
            given: given_node.map(|given| self.read_given(given)).unwrap_or_default(),
            vars: node.get("vars").map(variables).unwrap_or_default(),
            params: merge_params(defaults.params.clone(), &own),
            unset: node.texts("unset"),
            request: defaults
                .request
                .merge(&node.get("request").map(|request| self.request(request)).unwrap_or_default()),
            rows: node.get("rows").map(|list| rows(list, self.files, self.problems)).unwrap_or_default(),
            axes: axes::read(self, node.get("axes"), defaults.table),
            steps: self.steps(node),
            tags: defaults.tags.union(&self.tags(node)).cloned().collect(),
            former: node.texts("former"),
            twin: node.text("twin"),
            spot: node.spot.clone(),
        }
    }

    /// The tags of a table or a case.
    fn tags(&mut self, node: &Node) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        let Some(list) = node.get("tags") else { return tags };
        if list.items().is_empty() {
            self.problems.push(
                Problem::new(list.spot.clone(), "a list of tags without a tag").hint("leave `tags` out"),
            );
        }
        for item in list.items() {
            let tag = item.as_text().unwrap_or_default();
            if let Err(error) = check_part(tag) {
                let problem = Problem::new(item.spot.clone(), format!("`{tag}` is not a tag: {error}"));
                self.problems.push(problem.hint("a tag has a-z, 0-9 and `-`, such as slow"));
            } else if !tags.insert(tag.to_owned()) {
                self.problem(item, format!("the tag `{tag}` is there twice"));
            }
        }
        tags
    }

    fn rules(&mut self, node: &Node) -> Vec<String> {
        for item in node.get("rules").map(Node::items).unwrap_or_default() {
            let name = item.as_text().unwrap_or_default();
            let known: Vec<&str> = self.contract.rules.iter().map(|rule| rule.id.as_str()).collect();
            if known.contains(&name) {
                continue;
            }
            let hint = nearest(name, &known).map_or_else(
                || "add a [[rule]] to contract.toml".into(),
                |near| format!("did you mean `{near}`?"),
            );
            self.problems.push(
                Problem::new(item.spot.clone(), format!("the contract has no rule `{name}`")).hint(hint),
            );
        }
        node.texts("rules")
    }

    fn request(&mut self, node: &Node) -> RequestSpec {
        let method = node.get("method").and_then(|item| self.method(item));
        let headers = node.get("headers").map(Node::entries).unwrap_or_default();
        let headers = headers.iter().flat_map(|entry| self.field(entry)).collect();
        RequestSpec {
            method,
            place: node.word("place", ParameterPlace::of_word),
            format: node.word("format", AnswerFormat::of_word),
            sign: node.word("sign", Scheme::of_word),
            raw: RawParts {
                path: node.text("path"),
                query: node.text("query"),
                headers,
                body: node.text("body"),
                after_signing: node.text("after-signing"),
                signed_at: node.get("signed-at").and_then(|item| self.shift(item)),
                signed_as: node.text("signed-as"),
            },
        }
    }

    /// The lines of a header field, in their order.
    fn field(&mut self, entry: &KeyValue) -> Vec<(String, String)> {
        if !is_token(&entry.key) {
            let message = format!("{:?} is not the name of a header field", entry.key);
            let problem = Problem::new(entry.key_spot.clone(), message);
            self.problems
                .push(problem.hint("a name has letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, section 5.1)"));
        }
        let name = entry.key.to_ascii_lowercase();
        let value = entry.node.to_value();
        let lines = if let Value::List(lines) = value { lines } else { vec![value] };
        if lines.is_empty() {
            self.problem(&entry.node, "a list without lines sends nothing");
        }
        lines.iter().map(|line| (name.clone(), line.to_plain())).collect()
    }

    fn method(&mut self, node: &Node) -> Option<Method> {
        let method = node.as_text().and_then(Method::new);
        if method.is_none() {
            self.problem(node, "this is not an HTTP method");
        }
        method
    }

    /// How far a clock is off, in seconds.
    fn shift(&mut self, node: &Node) -> Option<i64> {
        let shift = node.as_text().and_then(seconds);
        if shift.is_none() {
            self.problem(
                node,
                "invalid shift of a clock: expected a sign, a number and s, m or h, such as -32m",
            );
        }
        shift
    }

    fn steps(&mut self, node: &Node) -> Vec<Step> {
        let Some(list) = node.get("step") else {
            return vec![self.single_step(node)];
        };
        for key in ["expect", "save"] {
            if let Some(stray) = node.get(key) {
                self.problems.push(
                    Problem::new(stray.spot.clone(), format!("a case with steps has no `{key}` of its own"))
                        .hint("move it into a step"),
                );
            }
        }
        if list.items().is_empty() {
            self.problem(list, "the case has no steps");
        }
        self.check_parallel(list.items());
        list.items().iter().map(|item| self.step(item)).collect()
    }

    fn single_step(&mut self, node: &Node) -> Step {
        let expect = if let Some(expect) = node.get("expect") {
            expectation::read(expect, self.problems)
        } else {
            self.problems.push(
                Problem::new(node.spot.clone(), "the case expects nothing, so it could not fail")
                    .hint("add `expect`, or steps that have it"),
            );
            Expect::default()
        };
        Step {
            about: None,
            given: Vec::new(),
            params: Vec::new(),
            unset: Vec::new(),
            request: RequestSpec::default(),
            is_parallel: false,
            expect: Arc::new(expect),
            save: self.save(node),
            spot: node.spot.clone(),
        }
    }

    fn step(&mut self, node: &Node) -> Step {
        Step {
            about: node.text("about"),
            given: node.get("given").map(|given| self.read_given(given)).unwrap_or_default(),
            params: pairs(node, "params"),
            unset: node.texts("unset"),
            request: node.get("request").map(|request| self.request(request)).unwrap_or_default(),
            is_parallel: node.flag("parallel", false),
            expect: node
                .get("expect")
                .map(|expect| Arc::new(expectation::read(expect, self.problems)))
                .unwrap_or_default(),
            save: self.save(node),
            spot: node.spot.clone(),
        }
    }

    fn save(&mut self, node: &Node) -> Vec<(String, String)> {
        let entries = node.get("save").map(Node::entries).unwrap_or_default();
        for entry in entries {
            check_path(entry.node.as_text().unwrap_or_default(), &entry.node.spot, self.problems);
        }
        entries
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), entry.node.as_text()?.to_owned())))
            .collect()
    }
}

fn pairs(node: &Node, key: &str) -> Vec<(String, Value)> {
    node.get(key).map(Node::to_pairs).unwrap_or_default()
}

fn variables(node: &Node) -> Vec<Variable> {
    node.to_pairs().into_iter().map(|(name, value)| Variable { name, value }).collect()
}

/// Reads a shift such as `-32m`, of a day at the most.
fn seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => return None,
    };
    let unit = match rest.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    let number: i64 = rest[..rest.len() - 1].parse().ok().filter(|number| *number >= 0)?;
    number.checked_mul(unit).filter(|seconds| *seconds <= 24 * 3600).map(|seconds| sign * seconds)
}
