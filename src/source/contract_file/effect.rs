//! Reads `[effect]` and `[[unique]]` of a contract.

use std::time::Duration;

use super::ContractReader;
use crate::model::{
    Contract, EffectRule, ObservationRequest, Parameter, Problem, StateDefinition, UniqueRule,
};
use crate::source::document::Node;
use crate::source::matcher::check_path;
use crate::source::names::NameScope;

/// How long an effect may take to be seen, in seconds, if the contract does not say.
const WITHIN: u32 = 1;

impl ContractReader<'_> {
    /// The effect; its templates may use what states give.
    pub(super) fn effect(&mut self, node: &Node, states: &[StateDefinition]) -> Option<EffectRule> {
        let (observe, success) = (node.get("observe")?, node.get("success")?);
        let mut names = NameScope::new();
        for state in states {
            state.provides.iter().for_each(|variable| names.add(variable.name.as_str()));
        }
        names.check_key(observe, "params", self.problems);
        names.check_key(observe, "path", self.problems);
        self.check_list_path(observe.get("value")?);
        self.check_list_path(success.get("adds")?);
        Some(EffectRule {
            about: node.text("about")?,
            observe: ObservationRequest {
                method: observe.get("method").and_then(|method| self.method(method)),
                path: observe.text("path"),
                params: observe.get("params").map(Node::to_pairs).unwrap_or_default(),
                value: observe.text("value")?,
                pages: observe.text("pages"),
            },
            adds: success.text("adds")?,
            replay: node.text("replay"),
            within: Duration::from_secs(
                node.get("within").and_then(Node::as_number).unwrap_or(WITHIN).into(),
            ),
            backing: self.backing(node),
        })
    }

    fn check_list_path(&mut self, node: &Node) {
        if let Some(text) = node.as_text() {
            check_path(text, &node.spot, self.problems);
        }
    }

    /// The values that no two answers may share.
    pub(super) fn unique(&mut self, list: Option<&Node>) -> Vec<UniqueRule> {
        let mut rules: Vec<UniqueRule> = Vec::new();
        for node in list.map(Node::items).unwrap_or_default() {
            let Some(at) = self.path(node.get("at")) else { continue };
            if rules.iter().any(|known| known.at == at) {
                self.problem(node.get("at").unwrap_or(node), format!("{at} is there already"));
            }
            rules.push(UniqueRule { at, backing: self.backing(node) });
        }
        rules
    }

    /// The parameter of `replay` is one of the contract's.
    pub(super) fn check_replay(&mut self, contract: &Contract, own: &Node) {
        let Some(node) = own.get("effect").and_then(|effect| effect.get("replay")) else { return };
        let Some(name) = node.as_text() else { return };
        let known: Vec<&str> =
            contract.parameters.iter().map(|parameter: &Parameter| parameter.name.as_str()).collect();
        if !known.contains(&name) {
            let problem = Problem::new(node.spot.clone(), format!("the contract has no parameter `{name}`"));
            self.problems.push(match super::nearest(name, &known) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`replay` names the parameter that makes a repeated request safe"),
            });
        }
    }
}
