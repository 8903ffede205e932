//! Reads `[effect]` and `[[unique]]` of a contract.

use std::time::Duration;

use super::ContractReader;
use super::raw::{RawBacking, SOURCES, UNPUBLISHED};
use crate::model::{
    Contract, EffectRule, ObservationRequest, Parameter, Problem, StateDefinition, UniqueRule, nearest,
};
use crate::source::compound::{At, Values};
use crate::source::matcher::check_path;
use crate::source::names::NameScope;
use crate::source::record::record;

record! {
    closed "effect" RawEffect {
        about: Needed String = "about", "What happens, such as \"an execution starts\".";
        observe: Needed RawEffectObservation<'a> = "observe", "The request that lists what is there.";
        success: Needed RawAdds<'a> = "success", "What an answer of success says.";
        replay: Key At<'a, String> = "replay",
            "The parameter that makes a repeated request one with the first.";
        within: Key u32 = "within", "How long it may take to be seen, in seconds; 1 unless said otherwise.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "observation" RawEffectObservation {
        method: Key At<'a, String> = "method", "Its method, if not the usual one.";
        path: Key String = "path", "Its path, if not the contract's; may use variables of states.";
        params: Key Values<'a> = "params",
            "Parameters, over those that every request carries; may use variables of states.";
        value: Needed At<'a, String> = "value", "The values, as a JSONPath into the answer.";
        pages: Key String = "pages", "The field of the answer, and the parameter, that lead to the next page.";
    }

    closed "adds" RawAdds {
        adds: Needed At<'a, String> = "adds", "Where it names what it added, as a JSONPath.";
    }

    closed "unique" RawUnique {
        at: Needed At<'a, String> = "at", "Where it is in the body of a success, as a JSONPath.";
        #[expect(dead_code, reason = "it is for readers of the file")]
        about: Key String = "about", "What it means.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }
}

/// How long an effect may take to be seen, in seconds, if the contract does not say.
const WITHIN: u32 = 1;

impl ContractReader<'_> {
    /// The effect, unless something of it is wrong, which is reported; its templates may use what states give.
    pub(super) fn effect(&mut self, raw: &RawEffect<'_>, states: &[StateDefinition]) -> Option<EffectRule> {
        let backing = self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished));
        let adds = raw.success.value.as_ref().and_then(|success| self.list_path(success.adds.value.as_ref()));
        let observe = raw.observe.value.as_ref().and_then(|observe| self.observation(observe, states));
        Some(EffectRule {
            about: raw.about.value.clone()?,
            observe: observe?,
            adds: adds?,
            replay: raw.replay.value.as_ref().map(|replay| replay.value.clone()),
            within: Duration::from_secs(raw.within.value.unwrap_or(WITHIN).into()),
            backing,
        })
    }

    fn observation(
        &mut self,
        raw: &RawEffectObservation<'_>,
        states: &[StateDefinition],
    ) -> Option<ObservationRequest> {
        let mut names = NameScope::new();
        for state in states {
            state.provides.iter().for_each(|variable| names.add(variable.name.as_str()));
        }
        if !self.known.states {
            names.open();
        }
        names.check_written(raw.params.sound_node(), self.problems);
        names.check_written(raw.path.sound_node(), self.problems);
        Some(ObservationRequest {
            method: raw.method.value.as_ref().and_then(|method| self.method(method)),
            path: raw.path.value.clone(),
            params: raw.params.value.as_ref().map(Values::to_pairs).unwrap_or_default(),
            value: self.list_path(raw.value.value.as_ref())?,
            pages: raw.pages.value.clone(),
        })
    }

    fn list_path(&mut self, text: Option<&At<'_, String>>) -> Option<String> {
        let text = text?;
        check_path(&text.value, &text.node.spot, self.problems);
        Some(text.value.clone())
    }

    /// The values that no two answers may share.
    pub(super) fn unique(&mut self, list: &[RawUnique<'_>]) -> Vec<UniqueRule> {
        let mut rules: Vec<UniqueRule> = Vec::new();
        for raw in list {
            let backing = self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished));
            let Some(at) = self.path(raw.at.value.as_ref()) else { continue };
            if rules.iter().any(|known| known.at == at) {
                self.problems.push(Problem::new(raw.at.spot(&raw.place), format!("{at} is there already")));
            }
            rules.push(UniqueRule { at, backing });
        }
        rules
    }

    /// The parameter of `replay` is one of the contract's.
    pub(super) fn check_replay(&mut self, contract: &Contract, effect: Option<&RawEffect<'_>>) {
        let Some(At { node, value: name }) = effect.and_then(|effect| effect.replay.value.as_ref()) else {
            return;
        };
        let known: Vec<&str> =
            contract.parameters.iter().map(|parameter: &Parameter| parameter.name.as_str()).collect();
        if self.known.parameters && !known.contains(&name.as_str()) {
            let problem = Problem::new(node.spot.clone(), format!("the contract has no parameter `{name}`"));
            self.problems.push(match nearest(name, &known) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`replay` names the parameter that makes a repeated request safe"),
            });
        }
    }
}
