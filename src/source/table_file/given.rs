//! Reads the states that a case needs, and compares them with `states.toml`.

use super::TableReader;
use crate::model::{Given, Problem, StateDefinition, nearest};
use crate::source::compound::{At, OneOrMore, Or, Values};
use crate::source::record::{Key, record};
use crate::template::is_template;

record! {
    closed "given" RawGiven {
        state: Needed At<'a, String> = "state", "The state's name.";
        prefix: Key At<'a, String> = "as",
            "A word that the names of its variables begin with: as = \"old\" gives old_id.";
        params: Key Values<'a> = "params", "Its parameters.";
    }
}

/// A state by its name alone, or with what else is said about it.
type RawGivenState<'a> = Or<At<'a, String>, RawGiven<'a>>;

/// The states that are needed.
pub(super) type RawGivens<'a> = OneOrMore<RawGivenState<'a>>;

impl TableReader<'_> {
    pub(super) fn read_given(&mut self, raw: &Key<'_, RawGivens<'_>>) -> Vec<Given> {
        let items = raw.value.as_ref().map(|raw| raw.items.as_slice()).unwrap_or_default();
        items.iter().filter_map(|item| self.read_one_given(item)).collect()
    }

    /// The state, unless it has no name, which is reported.
    fn read_one_given(&mut self, raw: &RawGivenState<'_>) -> Option<Given> {
        let (name, given) = match raw {
            Or::One(name) => {
                let spot = name.node.spot.clone();
                (name, Given { state: name.value.clone(), prefix: None, params: Vec::new(), spot })
            }
            Or::Other(raw) => {
                let prefix = raw.prefix.value.as_ref().and_then(|prefix| self.prefix(prefix));
                let params = raw.params.value.as_ref().map(Values::to_pairs).unwrap_or_default();
                let name = raw.state.value.as_ref()?;
                (name, Given { state: name.value.clone(), prefix, params, spot: raw.place.spot() })
            }
        };
        let is_sound = !matches!(raw, Or::Other(raw) if !raw.place.is_sound);
        if self.known.states {
            match self.contract.state(&given.state) {
                None => self.report_unknown_state(name),
                Some(definition) if is_sound => self.problems.extend(param_problems(definition, &given)),
                Some(_) => {}
            }
        }
        Some(given)
    }

    fn prefix(&mut self, At { node, value: prefix }: &At<'_, String>) -> Option<String> {
        let is_name = prefix.starts_with(|first: char| first.is_ascii_lowercase())
            && prefix.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        if !is_name {
            self.problem(node, "a word of a-z, 0-9 and _, which begins with a letter");
        }
        is_name.then(|| prefix.to_owned())
    }

    fn report_unknown_state(&mut self, At { node, value: state }: &At<'_, String>) {
        let known: Vec<&str> = self.contract.states.iter().map(|known| known.name.as_str()).collect();
        let hint = nearest(state, &known)
            .map_or_else(|| "declare it in states.toml".into(), |near| format!("did you mean \"{near}\"?"));
        self.problems
            .push(Problem::new(node.spot.clone(), format!("no state is called \"{state}\"")).hint(hint));
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
