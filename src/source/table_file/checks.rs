//! Checks that the parts of a case agree: what is dropped, which names there are, what is expected.

use std::collections::{BTreeMap, BTreeSet};

use super::TableReader;
use super::raw::{RawStep, RawTable, RawTableCase};
use crate::model::{
    AxisChoice, Case, Contract, Expect, Given, ParameterPlace, Problem, Row, Step, Value, slip, work,
};
use crate::source::bound::MOST_LACKING;
use crate::source::compound::{At, Entry, Or, Values};
use crate::source::document::Node;
use crate::source::expectation::{self, RawExpect};
use crate::source::matcher::rendered_flaws;
use crate::source::names::NameScope;
use crate::template::{TemplateScope, Unrendered, has_templates, is_template};

/// How many requests a case sends at the same time at the most.
const MOST_PARALLEL: usize = 16;

impl TableReader<'_> {
    /// Steps whose request is sent at the same time have one request, and none of their answers is the first.
    pub(super) fn check_parallel(&mut self, steps: &[RawStep<'_>]) {
        let is_parallel = |step: &RawStep<'_>| step.parallel.value.unwrap_or(false);
        if let Some(first) = steps.first().filter(|step| is_parallel(step)) {
            let message = "the first step cannot be parallel: there is none before it";
            self.problem(first.place.node, message);
        }
        let mut length = 1;
        for (position, step) in steps.iter().enumerate() {
            let has_group = is_parallel(step) || steps.get(position + 1).is_some_and(is_parallel);
            length = if is_parallel(step) { length + 1 } else { 1 };
            if length == MOST_PARALLEL + 1 {
                let message = format!("at most {MOST_PARALLEL} requests are sent at the same time");
                self.problem(step.place.node, message);
            }
            let own = [
                ("given", step.given.node),
                ("params", step.params.node),
                ("unset", step.unset.node),
                ("request", step.request.node),
            ];
            let own = own.into_iter().filter(|_| is_parallel(step));
            let saves = [("save", step.save.node)].into_iter().filter(|_| has_group);
            for (key, value) in own.chain(saves).filter_map(|(key, node)| Some((key, node?))) {
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
    pub(super) fn check_unset(&mut self, case: &Case, raw: &RawTableCase<'_>, table: &RawTable<'_>) {
        if !raw.params.is_sound || !table.params.is_sound || !self.known.parameters {
            return;
        }
        let sent: BTreeSet<&str> = case.params.iter().map(|(key, _)| key.as_str()).collect();
        let steps = raw.steps.items().iter().flat_map(|step| step.unset.items());
        for At { node, value: key } in raw.unset.items().iter().chain(steps) {
            if !sent.contains(key.as_str()) && !is_template(key) {
                self.problem(node, format!("`{key}` is not sent anyway, so dropping it does nothing"));
            }
        }
    }

    /// A parameter that the contract does not have may well be sent, but one that looks like a slip would test
    /// something else than it says.
    pub(super) fn check_params(&mut self, raw: &RawTableCase<'_>) {
        if !self.known.parameters {
            return;
        }
        let rows = match &raw.rows.value {
            Some(Or::Other(rows)) => rows.value.as_slice(),
            Some(Or::One(_)) | None => &[],
        };
        let steps = raw.steps.items().iter().map(|step| step.params.node);
        let holders =
            std::iter::once(raw.params.node).chain(steps).chain(rows.iter().map(|row| row.params.node));
        let entries = holders.flatten().flat_map(Node::entries);
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
    pub(super) fn check_forms(&mut self, case: &Case, raw: &RawTableCase<'_>, table: &RawTable<'_>) {
        if !raw.place.is_sound || !table.request.is_sound || !self.known.parameters {
            return;
        }
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
            let node = raw.axes.node.or(raw.request.node).unwrap_or(raw.place.node);
            self.problems.push(
                Problem::new(node.spot.clone(), "a GET or HEAD request has no form in its body")
                    .hint("send it with another method, or its parameters in the query"),
            );
        }
    }

    pub(super) fn check_names(&mut self, case: &Case, raw: &RawTableCase<'_>, table: &RawTable<'_>) {
        let mut names = NameScope::new();
        if !raw.rows.is_sound {
            names.open();
        }
        for row in &case.rows {
            row.vars.iter().for_each(|variable| names.add(variable.name.as_str()));
        }
        names.check_written(raw.about.sound_node(), self.problems);
        let given = if raw.given.node.is_some() { &raw.given } else { &table.given };
        names.check_written(given.sound_node(), self.problems);
        self.add_states(&mut names, given.is_sound, &case.given);
        for entry in raw.vars.entries() {
            names.check(entry.value, self.problems);
            names.add(entry.written.key.as_str());
        }
        names.add_all(raw.vars.names());
        let overridden = overridden_params(case, raw);
        for entry in table.params.entries() {
            if !overridden.contains(entry.written.key.as_str()) {
                names.check(entry.value, self.problems);
            }
        }
        names.check_written(table.request.sound_node(), self.problems);
        names.check_written(raw.params.sound_node(), self.problems);
        for choice in case.axes.iter().filter_map(|axes| axes.with.as_ref()) {
            let is_it = |entry: &&Entry<'_, Values<'_>>| entry.written.key == choice.name;
            if let Some(entry) = table.with.entries().iter().find(is_it) {
                names.check(&entry.written.node, self.problems);
            }
        }
        names.check_written(raw.request.sound_node(), self.problems);
        if let Some(Or::Other(rows)) = &raw.rows.value {
            for row in &rows.value {
                names.check_written(row.params.sound_node(), self.problems);
            }
        }
        self.check_names_of_steps(case, raw, &mut names);
        for given in std::iter::once(&case.given).chain(case.steps.iter().map(|step| &step.given)) {
            self.check_provided_twice(&names, given);
        }
        self.check_kinds(case, raw, &names);
        // A column may be used where something is wrong.
        if raw.place.is_sound && table.request.is_sound && table.params.is_sound {
            self.check_rows(case, &names);
        }
    }

    fn check_names_of_steps(&mut self, case: &Case, raw: &RawTableCase<'_>, names: &mut NameScope) {
        if raw.steps.node.is_none() {
            names.check_written(raw.expect.sound_node(), self.problems);
            names.add_all(raw.save.names());
        }
        if !raw.has_every_step() {
            names.open();
        }
        for (step, found) in raw.steps.items().iter().zip(&case.steps) {
            names.check_written(step.given.sound_node(), self.problems);
            // The states of a step are set up before its request is made.
            self.add_states(names, step.given.is_sound, &found.given);
            names.check_written(step.params.sound_node(), self.problems);
            names.check_written(step.request.sound_node(), self.problems);
            names.check_written(step.expect.sound_node(), self.problems);
            names.add_all(step.save.names());
        }
    }

    /// Adds what states give. If one of them is not known, every name may be one of its variables.
    fn add_states(&self, names: &mut NameScope, is_sound: bool, given: &[Given]) {
        if !is_sound || !self.known.states {
            names.open();
        }
        provided_variables(self.contract, given).for_each(|(name, _)| names.add(name));
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
    fn check_kinds(&mut self, case: &Case, raw: &RawTableCase<'_>, names: &NameScope) {
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
        let vars = raw.vars.entries().iter().map(|entry| entry.written);
        let vars = vars.map(|entry| (entry.key.clone(), "one of `vars`", &entry.node.spot));
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
    pub(super) fn check_expectations(&mut self, case: &Case, raw: &RawTableCase<'_>) {
        let own = raw.expect.value.as_ref().filter(|_| raw.steps.node.is_none());
        let steps = raw.steps.items().iter().map(|step| step.expect.value.as_ref());
        let all: Vec<Option<&RawExpect<'_>>> =
            if raw.steps.node.is_some() { steps.collect() } else { vec![own] };
        for (step, expect) in case.steps.iter().zip(all) {
            let Some(expect) = expect.filter(|expect| expect.place.is_sound) else { continue };
            if !has_templates(&step.expect) {
                self.check_against(&step.expect, expect);
            } else if raw.rows.node.is_none() {
                self.check_rendered(step, case, None, expect);
            }
            for row in case.rows.iter().filter(|_| has_templates(&step.expect)) {
                self.check_rendered(step, case, Some(row), expect);
            }
        }
    }

    fn check_against(&mut self, expect: &Expect, raw: &RawExpect<'_>) {
        if self.known.codes {
            expectation::check_against(self.contract, expect, raw, self.problems);
        }
    }

    /// Renders an expectation as far as its values are known before a run, and looks at what comes of it.
    fn check_rendered(&mut self, step: &Step, case: &Case, row: Option<&Row>, raw: &RawExpect<'_>) {
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
            Err(error) => return self.problem(raw.place.node, format!("{prefix}{error}")),
        };
        self.check_against(&expect, raw);
        for (place, flaw) in rendered_flaws(&step.expect, &expect) {
            let spot = row.map_or(&raw.place.node.spot, |row| &row.spot).clone();
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

/// The parameters of which no request of the case sends the table's value.
fn overridden_params<'a>(case: &'a Case, raw: &'a RawTableCase<'_>) -> BTreeSet<&'a str> {
    let mut overridden: BTreeSet<&str> =
        raw.params.entries().iter().map(|entry| entry.written.key.as_str()).collect();
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
