//! Reads `states.toml`.

use crate::model::{Problem, StateDefinition, StateParameter, StateVariable};
use crate::source::document::{Entry, Node};

/// The states of a file of the right shape.
pub(super) fn states(node: &Node, problems: &mut Vec<Problem>) -> Vec<StateDefinition> {
    let mut states: Vec<StateDefinition> = Vec::new();
    for item in node.get("state").map(Node::items).unwrap_or_default() {
        let state = state(item);
        if states.iter().any(|known| known.name == state.name) {
            let spot = item.get("name").unwrap_or(item).spot.clone();
            problems.push(Problem::new(spot, format!("the state \"{}\" stands twice", state.name)));
        }
        states.push(state);
    }
    states
}

fn state(node: &Node) -> StateDefinition {
    let entries = |key: &str| node.get(key).map(Node::entries).unwrap_or_default().iter();
    StateDefinition {
        name: node.text("name").unwrap_or_default(),
        about: node.text("about").unwrap_or_default(),
        params: entries("params")
            .map(|Entry { key, node, .. }| StateParameter {
                name: key.clone(),
                about: node.text("about").unwrap_or_default(),
                is_required: node.flag("required", false),
                one_of: node.texts("one-of"),
            })
            .collect(),
        provides: entries("provides")
            .map(|Entry { key, node, .. }| StateVariable {
                name: key.clone(),
                about: node.text("about").unwrap_or_default(),
                example: node.text("example").unwrap_or_default(),
                is_volatile: node.flag("volatile", false),
            })
            .collect(),
    }
}
