//! Checks that the parts of a case agree: what is dropped, which names there are, what is expected.

use std::collections::{BTreeMap, BTreeSet};

use super::TableReader;
use crate::model::{AxisChoice, Case, Contract, Given, ParameterPlace, Problem, Row, Step, Value, work};
use crate::source::bound::MOST_LACKING;
use crate::source::document::Node;
use crate::source::expectation;
use crate::source::matcher::rendered_flaws;
use crate::source::names::NameScope;
use crate::source::near::slip;
use crate::template::{TemplateScope, Unrendered, has_templates, is_template};

/// How many requests a case sends at the same time at the most.
const MOST_PARALLEL: usize = 16;

impl TableReader<'_> {
    /// Steps whose request is sent at the same time have one request, and none of their answers is the first.
    pub(super) fn check_parallel(&mut self, steps: &[Node]) {
        let is_parallel = |step: &Node| step.flag("parallel", false);
        if let Some(first) = steps.first().filter(|step| is_parallel(step)) {
            self.problem(first, "the first step cannot be parallel: there is none before it".to_owned());
        }
        let mut length = 1;
        for (position, step) in steps.iter().enumerate() {
            let has_group = is_parallel(step) || steps.get(position + 1).is_some_and(is_parallel);
            length = if is_parallel(step) { length + 1 } else { 1 };
            if length == MOST_PARALLEL + 1 {
                let message = format!("at most {MOST_PARALLEL} requests are sent at the same time");
                self.problem(step, message);
            }
            let own = ["given", "params", "unset", "request"].into_iter().filter(|_| is_parallel(step));
            let saves = ["save"].into_iter().filter(|_| has_group);
            for (key, value) in own.chain(saves).filter_map(|key| Some((key, step.get(key)?))) {
                let why = match key {
                    "save" => "which answer is whose is open".to_owned(),
                    _ => "it sends the request of the step before it".to_owned(),
                };
                self.problem(
                    value,
                    format!("a step that is sent at the same time as another has no `{key}`: {why}"),
                );
            }
        }
    }

    /// A key that is dropped must have been there, or the line does nothing.
    pub(super) fn check_unset(&mut self, case: &Case, node: &Node) {
        let sent: BTreeSet<&str> = case.params.iter().map(|(key, _)| key.as_str()).collect();
        let steps = node.get("step").map(Node::items).unwrap_or_default();
        for holder in std::iter::once(node).chain(steps) {
            for item in holder.get("unset").map(Node::items).unwrap_or_default() {
                let key = item.as_text().unwrap_or_default();
                if !sent.contains(key) && !is_template(key) {
                    self.problem(item, format!("`{key}` is not sent anyway, so dropping it does nothing"));
                }
            }
        }
    }

    /// A parameter that the contract does not have may well be sent, but one that looks like a slip would test
    /// something else than it says.
    pub(super) fn check_params(&mut self, node: &Node) {
        let steps = node.get("step").map(Node::items).unwrap_or_default();
        let rows = node.get("rows").map(Node::items).unwrap_or_default();
        let holders = std::iter::once(node).chain(steps).chain(rows);
        let entries = holders.filter_map(|holder| holder.get("params")).flat_map(Node::entries);
        let request = &self.contract.request;
        let known: Vec<&str> =
            self.contract.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        for entry in entries {
            let name = entry.key.as_str();
            let is_fixed = request.fixed.iter().any(|(fixed, _)| fixed == name)
                || request.format.as_ref().is_some_and(|format| format.param == name);
            let is_known = known.iter().any(|known| {
                name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            if is_fixed || is_known || is_template(name) {
                continue;
            }
            // Whether names are the same in either case is worth a case of its own.
            if let Some(near) = slip(name, &known).filter(|near| !near.eq_ignore_ascii_case(name)) {
                self.problems.push(
                    Problem::new(entry.node.spot.clone(), format!("the contract has no parameter `{name}`"))
                        .hint(format!("did you mean `{near}`?")),
                );
            }
        }
    }

    /// A server does not look for a form in the body of a GET or HEAD (RFC 9110, section 9.3), so such a case would test
    /// something else than it says.
    pub(super) fn check_forms(&mut self, case: &Case, node: &Node) {
        let shape = &self.contract.request;
        let has_form = |axes: &AxisChoice, step: &Step| {
            let method =
                step.request.method.as_ref().or(axes.method.as_ref()).or(case.request.method.as_ref());
            let place = step.request.place.or(axes.place).or(case.request.place).unwrap_or(shape.place);
            let body = step.request.raw.body.as_ref().or(case.request.raw.body.as_ref());
            let is_bodiless = matches!(method.unwrap_or(&shape.method).as_str(), "GET" | "HEAD");
            is_bodiless && place == ParameterPlace::Form && body.is_none()
        };
        if case.axes.iter().any(|axes| case.steps.iter().any(|step| has_form(axes, step))) {
            let spot = node.get("axes").or_else(|| node.get("request")).unwrap_or(node).spot.clone();
            self.problems.push(
                Problem::new(spot, "a GET or HEAD request has no form in its body")
                    .hint("send it with another method, or its parameters in the query"),
            );
        }
    }

    pub(super) fn check_names(&mut self, case: &Case, node: &Node, table: &Node) {
        let mut names = NameScope::new();
        for row in &case.rows {
            row.vars.iter().for_each(|variable| names.add(variable.name.as_str()));
        }
        names.check_key(node, "about", self.problems);
        let given = node.get("given").or_else(|| table.get("given"));
        if let Some(given) = given {
            names.check(given, self.problems);
        }
        add_provided(self.contract, &mut names, &case.given);
        for entry in node.get("vars").map(Node::entries).unwrap_or_default() {
            names.check(&entry.node, self.problems);
            names.add(entry.key.as_str());
        }
        let overridden = overridden_params(case, node);
        for entry in table.get("params").map(Node::entries).unwrap_or_default() {
            if !overridden.contains(entry.key.as_str()) {
                names.check(&entry.node, self.problems);
            }
        }
        names.check_key(table, "request", self.problems);
        names.check_key(node, "params", self.problems);
        for choice in case.axes.iter().filter_map(|axes| axes.with.as_ref()) {
            let all = table.get("with").map(Node::entries).unwrap_or_default();
            if let Some(entry) = all.iter().find(|entry| entry.key == choice.name) {
                names.check(&entry.node, self.problems);
            }
        }
        names.check_key(node, "request", self.problems);
        for row in node.get("rows").map(Node::items).unwrap_or_default() {
            names.check_key(row, "params", self.problems);
        }
        let steps = node.get("step").map(Node::items).unwrap_or_default();
        let holders = if steps.is_empty() { std::slice::from_ref(node) } else { steps };
        for (holder, step) in holders.iter().zip(&case.steps) {
            if !steps.is_empty() {
                names.check_key(holder, "given", self.problems);
            }
            // The states of a step are set up before its request is made.
            add_provided(self.contract, &mut names, &step.given);
            if !steps.is_empty() {
                names.check_key(holder, "params", self.problems);
                names.check_key(holder, "request", self.problems);
            }
            names.check_key(holder, "expect", self.problems);
            step.save.iter().for_each(|(name, _)| names.add(name.as_str()));
        }
        for given in std::iter::once(&case.given).chain(case.steps.iter().map(|step| &step.given)) {
            self.check_provided_twice(&names, given);
        }
        self.check_kinds(case, node, &names);
        self.check_rows(case, &names);
    }

    /// Two states that are set up together must not give the same variable, because its value would be ambiguous.
    /// A state that a later step sets up replaces an earlier one.
    fn check_provided_twice(&mut self, names: &NameScope, given: &[Given]) {
        let mut known = BTreeSet::new();
        for (name, need) in provided_variables(self.contract, given) {
            if names.has_used(&name) && !known.insert(name.clone()) {
                self.problems.push(
                    Problem::new(need.spot.clone(), format!("two states of the case give `{name}`"))
                        .hint("tell them apart: { state = …, as = \"other\" } gives other_…"),
                );
            }
        }
    }

    /// A name that is used must not be of two kinds: one would silently take the other's place.
    fn check_kinds(&mut self, case: &Case, node: &Node, names: &NameScope) {
        let columns = case.rows.iter().flat_map(|row| &row.vars).map(|variable| variable.name.clone());
        let columns = columns
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|name| (name, "a column of the rows", &case.spot));
        let given = case.given.iter().chain(case.steps.iter().flat_map(|step| &step.given));
        let given: Vec<&Given> = given.collect();
        let states =
            given.iter().flat_map(|need| provided_variables(self.contract, std::slice::from_ref(*need)));
        let states = states.map(|(name, need)| (name, "a variable of a state", &need.spot));
        let vars = node.get("vars").map(Node::entries).unwrap_or_default();
        let vars = vars.iter().map(|entry| (entry.key.clone(), "one of `vars`", &entry.node.spot));
        let saved = case.steps.iter().flat_map(|step| step.save.iter().map(|(name, _)| (name, &step.spot)));
        let saved = saved.map(|(name, spot)| (name.clone(), "a saved value", spot));
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, kind, spot) in columns.chain(states).chain(vars).chain(saved) {
            match known.get(&name) {
                Some(first) if *first != kind && names.has_used(&name) => {
                    let problem = Problem::new(spot.clone(), format!("`{name}` is {first} and {kind}"));
                    let hint =
                        "give one of them another name; `as` gives the variables of a state other ones";
                    problems.push(problem.hint(hint));
                }
                Some(_) => {}
                None => {
                    known.insert(name, kind);
                }
            }
        }
        self.problems.extend(problems);
    }

    /// Each row must have every variable that the case uses and another row has.
    fn check_rows(&mut self, case: &Case, names: &NameScope) {
        let mut columns: BTreeMap<&str, &Row> = BTreeMap::new();
        for row in &case.rows {
            for variable in &row.vars {
                columns.entry(&variable.name).or_insert(row);
            }
        }
        for (name, row) in &columns {
            if !names.has_used(name) {
                let message = format!("nothing uses the column `{name}`");
                self.problems.push(Problem::new(row.spot.clone(), message));
            }
        }
        columns.retain(|name, _| names.has_used(name));
        let lacking = case.rows.iter().flat_map(|row| {
            let own: BTreeSet<&str> = row.vars.iter().map(|variable| variable.name.as_str()).collect();
            let lacks = columns.keys().filter(move |name| !own.contains(**name));
            lacks.map(move |name| (row, *name))
        });
        for (row, name) in lacking.take(MOST_LACKING) {
            let message = format!("the row `{}` has no `{name}`", row.id);
            self.problems.push(Problem::new(row.spot.clone(), message));
        }
    }

    /// Holds each expectation against the contract, for every row where it depends on the row.
    pub(super) fn check_expectations(&mut self, case: &Case, node: &Node) {
        let steps = node.get("step").map(Node::items).unwrap_or_default();
        let holders = if steps.is_empty() { std::slice::from_ref(node) } else { steps };
        for (step, holder) in case.steps.iter().zip(holders) {
            let Some(expect) = holder.get("expect") else { continue };
            if !has_templates(&step.expect) {
                expectation::check_against(self.contract, &step.expect, expect, self.problems);
            } else if case.rows.is_empty() {
                self.check_rendered(step, case, None, expect);
            }
            for row in case.rows.iter().filter(|_| has_templates(&step.expect)) {
                self.check_rendered(step, case, Some(row), expect);
            }
        }
    }

    /// Renders an expectation as far as its values are known before a run, and looks at what comes of it.
    fn check_rendered(&mut self, step: &Step, case: &Case, row: Option<&Row>, node: &Node) {
        let mut scope = TemplateScope::new(0, row.map_or("", |row| row.id.as_str()));
        let of_row = row.map(|row| row.vars.as_slice()).unwrap_or_default();
        for variable in of_row.iter().chain(&case.vars) {
            if let Ok(value) = self.templates.render(&variable.value, &scope) {
                scope.set(&variable.name, &value);
            }
        }
        let prefix = row.map(|row| format!("in the row `{}`: ", row.id)).unwrap_or_default();
        let expect = match self.templates.render_expect(&step.expect, &scope, Unrendered::Keep) {
            Ok(expect) => expect,
            Err(error) => return self.problem(node, format!("{prefix}{error}")),
        };
        expectation::check_against(self.contract, &expect, node, self.problems);
        for (place, flaw) in rendered_flaws(&step.expect, &expect) {
            let spot = row.map_or(&node.spot, |row| &row.spot).clone();
            let problem = Problem::new(spot, format!("{prefix}{place}: {}", flaw.message));
            self.problems.push(match flaw.hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
    }
}

/// The variables that states give, by the names that they have in the case.
fn provided_variables<'a>(
    contract: &'a Contract,
    given: &'a [Given],
) -> impl Iterator<Item = (String, &'a Given)> {
    given.iter().flat_map(|need| {
        let variables =
            contract.state(&need.state).map(|state| state.provides.as_slice()).unwrap_or_default();
        variables.iter().map(move |variable| (need.variable(&variable.name), need))
    })
}

fn add_provided(contract: &Contract, names: &mut NameScope, given: &[Given]) {
    provided_variables(contract, given).for_each(|(name, _)| names.add(name));
}

/// The parameters of which no request of the case sends the table's value.
fn overridden_params<'a>(case: &'a Case, node: &'a Node) -> BTreeSet<&'a str> {
    let own = node.get("params").map(Node::entries).unwrap_or_default();
    let mut overridden: BTreeSet<&str> = own.iter().map(|entry| entry.key.as_str()).collect();
    overridden.extend(case.unset.iter().map(String::as_str));
    overridden.extend(in_all(case.rows.iter().map(|row| (row.params.as_slice(), row.unset.as_slice()))));
    overridden.extend(in_all(case.steps.iter().map(|step| (step.params.as_slice(), step.unset.as_slice()))));
    overridden
}

/// The keys that each of these sets or drops.
fn in_all<'a>(parts: impl Iterator<Item = (&'a [(String, Value)], &'a [String])>) -> BTreeSet<&'a str> {
    let keys = |(params, unset): (&'a [(String, Value)], &'a [String])| -> BTreeSet<&'a str> {
        work::count(1 + params.len() + unset.len());
        params.iter().map(|(key, _)| key.as_str()).chain(unset.iter().map(String::as_str)).collect()
    };
    let mut parts = parts.map(keys);
    let mut common = parts.next().unwrap_or_default();
    while let Some(part) = parts.next().filter(|_| !common.is_empty()) {
        common = part.into_iter().filter(|key| common.contains(key)).collect();
    }
    common
}
