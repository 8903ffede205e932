//! Reads the states that a case needs, and compares them with `states.toml`.

use super::{TableReader, pairs};
use crate::model::{Given, Problem, StateDefinition};
use crate::source::document::{Node, NodeKind};
use crate::source::near::nearest;
use crate::template::is_template;

impl TableReader<'_> {
    pub(super) fn read_given(&mut self, node: &Node) -> Vec<Given> {
        let is_list = matches!(node.kind, NodeKind::List(_));
        let items = if is_list { node.items() } else { std::slice::from_ref(node) };
        items.iter().map(|item| self.read_one_given(item)).collect()
    }

    fn read_one_given(&mut self, node: &Node) -> Given {
        let state = node.as_text().map_or_else(|| node.text("state").unwrap_or_default(), str::to_owned);
        let given = Given {
            state,
            prefix: self.prefix(node),
            params: pairs(node, "params"),
            spot: node.spot.clone(),
        };
        match self.contract.state(&given.state) {
            None => self.report_unknown_state(&given.state, node),
            Some(definition) => self.problems.extend(param_problems(definition, &given)),
        }
        given
    }

    fn prefix(&mut self, node: &Node) -> Option<String> {
        let node = node.get("as")?;
        let prefix = node.as_text()?;
        let is_name = prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        if !is_name {
            self.problem(node, "a word of a-z, 0-9 and _, which begins with a letter");
        }
        is_name.then(|| prefix.to_owned())
    }

    fn report_unknown_state(&mut self, state: &str, node: &Node) {
        let known: Vec<&str> = self.contract.states.iter().map(|known| known.name.as_str()).collect();
        let hint = nearest(state, &known)
            .map_or_else(|| "declare it in states.toml".into(), |near| format!("did you mean \"{near}\"?"));
        let spot = node.get("state").unwrap_or(node).spot.clone();
        self.problems.push(Problem::new(spot, format!("no state is called \"{state}\"")).hint(hint));
    }
}

/// What is wrong with the parameters of a state that there is.
fn param_problems(definition: &StateDefinition, given: &Given) -> Vec<Problem> {
    let state = &definition.name;
    let mut messages = Vec::new();
    for (name, value) in &given.params {
        let Some(param) = definition.params.iter().find(|param| param.name == *name) else {
            messages.push(format!("the state \"{state}\" takes no `{name}`"));
            continue;
        };
        let text = value.to_plain();
        if !param.one_of.is_empty() && !is_template(&text) && !param.one_of.contains(&text) {
            messages.push(format!("`{name}` is one of {}", param.one_of.join(", ")));
        }
    }
    let is_given = |name: &str| given.params.iter().any(|(known, _)| known == name);
    let missing = definition.params.iter().filter(|param| param.is_required && !is_given(&param.name));
    messages.extend(missing.map(|param| format!("the state \"{state}\" needs `{}`", param.name)));
    messages.into_iter().map(|message| Problem::new(given.spot.clone(), message)).collect()
}
