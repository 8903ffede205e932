//! What a case does on the endpoint, from what was observed before, between and after its steps. Main type: [`Watch`].
//!
//! It does not know whether something was observed just now or is recorded.

use std::collections::BTreeSet;

use crate::check::{Due, additions, effect, replay};
use crate::model::{Answer, Contract, EffectRule, Effects, Finding, Observation, Request};
use crate::template::{TemplateScope, Templates};
use crate::wire::sent_params;

/// What an observation asks for: its parameters, filled in.
pub type ObservationPlace = Vec<(String, String)>;

/// What is known so far of the effects of a case.
#[derive(Debug, Default)]
pub struct Watch {
    observations: Vec<Observation>,
    places: Vec<Watched>,
    accepted: Vec<Accepted>,
    refused: Option<usize>,
    is_broken_off: bool,
}

/// One place, and what was there when it was last looked at; nothing is known any more after an observation failed.
#[derive(Debug)]
struct Watched {
    place: ObservationPlace,
    values: Option<BTreeSet<String>>,
}

/// A request that was accepted.
#[derive(Debug)]
struct Accepted {
    step: usize,
    token: String,
    /// All other parameters, sorted.
    others: ObservationPlace,
    added: BTreeSet<String>,
}

/// The place that a case changes at this moment; none if its contract promises no effect, or a variable that the
/// observation needs is not there.
fn place(contract: &Contract, scope: &TemplateScope, templates: &Templates) -> Option<ObservationPlace> {
    let observe = &contract.effect.as_ref()?.observe;
    let mut place = Vec::with_capacity(observe.params.len());
    if let Some(path) = &observe.path {
        place.push(("path".to_owned(), templates.render_text(path, scope).ok()?));
    }
    for (name, value) in &observe.params {
        place.push((name.clone(), templates.render(value, scope).ok()?.to_plain()));
    }
    Some(place)
}

impl Watch {
    /// The places that are watched, in the order in which the case came to them.
    pub fn places(&self) -> impl Iterator<Item = &ObservationPlace> {
        self.places.iter().filter(|watched| watched.values.is_some()).map(|watched| &watched.place)
    }

    /// The places to look at before a step: the one that the case changes now, if it is a new one; all of them where
    /// states were set up for the step.
    pub fn due_before(
        &self,
        contract: &Contract,
        scope: &TemplateScope,
        templates: &Templates,
        is_given: bool,
    ) -> Vec<ObservationPlace> {
        let known = || self.places.iter().map(|watched| &watched.place);
        let new = place(contract, scope, templates).filter(|place| known().all(|known| known != place));
        let again = self.places().filter(|_| is_given).cloned();
        again.chain(new).collect()
    }

    /// Notes what is there before a step, so that additions by states do not count as effects of the case.
    pub fn before(&mut self, observation: Observation) {
        let values = observation.seen.clone().ok().map(|values| values.into_iter().collect());
        match self.places.iter_mut().find(|watched| watched.place == observation.of) {
            Some(watched) => watched.values = values,
            None => self.places.push(Watched { place: observation.of.clone(), values }),
        }
        self.observations.push(observation);
    }

    /// What the request of a step is due to add, by its answer.
    pub fn due(&self, contract: &Contract, rule: &EffectRule, request: &Request, answer: &Answer) -> Due {
        if answer.status >= 400 {
            return Due::Refused;
        }
        let names = additions(contract, rule, answer);
        let Some((token, others)) = token_and_others(contract, rule, request) else {
            return Due::Added(names);
        };
        let is_repeated = |earlier: &&Accepted| {
            earlier.token == token && (earlier.others == others || earlier.added == names)
        };
        match self.accepted.iter().find(is_repeated) {
            // No contract says whether an empty token is one.
            Some(_) if token.is_empty() => Due::Either(names),
            Some(earlier) => Due::Replay(earlier.step),
            None => Due::Added(names),
        }
    }

    /// The finding, if a request repeats an earlier one, and its answer names something else than the first.
    pub fn replay(
        &self,
        contract: &Contract,
        rule: &EffectRule,
        step: usize,
        due: &Due,
        answer: &Answer,
    ) -> Option<Finding> {
        let Due::Replay(first) = due else { return None };
        let earlier = self.accepted.iter().find(|accepted| accepted.step == *first)?;
        replay(rule, step, *first, &earlier.added, &additions(contract, rule, answer))
    }

    /// Notes the answer to a step's request: later ones may repeat it.
    pub fn note_answer(
        &mut self,
        contract: &Contract,
        rule: &EffectRule,
        step: usize,
        request: &Request,
        answer: &Answer,
    ) {
        if answer.status >= 400 {
            self.refused = Some(step);
        } else if let Some((token, others)) = token_and_others(contract, rule, request) {
            self.accepted.push(Accepted { step, token, others, added: additions(contract, rule, answer) });
        }
    }

    /// What has been added since the last look, of what is seen now; nothing of places that could not be observed.
    pub fn additions(&self, seen: &[Observation]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for Observation { of, seen, .. } in seen {
            let watched = self.places.iter().find(|watched| watched.place == *of);
            let known = watched.and_then(|watched| watched.values.as_ref());
            if let (Some(known), Ok(values)) = (known, seen) {
                found.extend(values.iter().filter(|value| !known.contains(*value)).cloned());
            }
        }
        found
    }

    /// Takes what is there after a step, and gives the finding if that is not what is due.
    pub fn after(
        &mut self,
        rule: &EffectRule,
        step: usize,
        due: &Due,
        seen: Vec<Observation>,
    ) -> Option<Finding> {
        let found = self.additions(&seen);
        let has_places = seen.iter().any(|observation| observation.seen.is_ok());
        for observation in seen {
            self.before(observation);
        }
        let is_whole = self.places.iter().all(|watched| watched.values.is_some());
        effect(rule, step, due, &found, is_whole).filter(|_| has_places)
    }

    /// The step after which the endpoint is observed again before teardown, if so: a refused request may have been
    /// carried out late.
    pub fn ends_after(&self) -> Option<usize> {
        self.refused
    }

    /// Notes that the case ended before its end, so that effects after that are not known.
    pub fn break_off(&mut self) {
        self.is_broken_off = true;
    }

    /// What is known of the effects.
    pub fn effects(&self, contract: &Contract) -> Effects {
        if contract.effect.is_none() {
            return Effects::NotPromised;
        }
        let is_whole = !self.places.is_empty() && self.observations.iter().all(|it| it.seen.is_ok());
        if is_whole && !self.is_broken_off { Effects::Observed } else { Effects::NotObserved }
    }

    /// All that was observed.
    pub fn into_observations(self) -> Vec<Observation> {
        self.observations
    }
}

/// The value of the parameter that makes a repeated request one with the first, and all other parameters, sorted. In
/// which format the answer is asked for makes no other request.
fn token_and_others(
    contract: &Contract,
    rule: &EffectRule,
    request: &Request,
) -> Option<(String, Vec<(String, String)>)> {
    let name = rule.replay.as_ref()?;
    let format = contract.request.format.as_ref().map(|format| &format.param);
    let (tokens, mut others): (Vec<_>, Vec<_>) =
        sent_params(request).into_iter().partition(|(known, _)| known == name);
    others.retain(|(known, _)| Some(known) != format);
    others.sort();
    Some((tokens.into_iter().next()?.1, others))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Watch;
    use crate::check::{Due, effect};
    use crate::judgement::tests::suite_of;
    use crate::model::{Contract, Effects, Moment, Observation};

    const EFFECT: &str = "\n[effect]\nabout = \"a thing is there\"\nsuccess = { adds = \"$.id\" }\n\
        observe = { params = { place = \"a\" }, value = \"$.things\" }\n";

    fn contract() -> std::sync::Arc<Contract> {
        let table = "[[case]]\nid = \"a\"\nabout = \"A.\"\nexpect = { status = 200 }\n";
        std::sync::Arc::clone(&suite_of(EFFECT, table).operations[0].contract)
    }

    fn seen(place: &str, moment: Moment, values: Result<&[&str], &str>) -> Observation {
        Observation {
            moment,
            of: vec![("place".to_owned(), place.to_owned())],
            seen: values
                .map(|values| values.iter().map(|it| (*it).to_owned()).collect())
                .map_err(str::to_owned),
        }
    }

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn what_is_due_is_held_against_all_that_was_added_and_nothing_else() {
        let contract = contract();
        let rule = contract.effect.as_ref().unwrap();
        for (due, before, after, found) in [
            (Due::Refused, &["x"][..], &["x"][..], None),
            (Due::Refused, &["x"], &["x", "y"], Some("\"y\" added")),
            // What is gone was not added.
            (Due::Refused, &["x"], &[], None),
            (Due::Added(set(&["y"])), &["x"], &["x", "y"], None),
            (Due::Added(set(&["y"])), &["x"], &["x"], Some("nothing added")),
            // It was there before, so nothing was added.
            (Due::Added(set(&["x"])), &["x"], &["x"], Some("nothing added")),
            (Due::Added(set(&["y"])), &["x"], &["x", "y", "z"], Some("\"y\", \"z\" added")),
            (Due::Added(set(&["y"])), &[], &["z"], Some("\"z\" added")),
            (Due::Added(set(&[])), &[], &["z"], Some("\"z\" added")),
            (Due::Replay(0), &["x"], &["x"], None),
            (Due::Replay(0), &["x"], &["x", "y"], Some("\"y\" added")),
            (Due::Either(set(&["y"])), &["x"], &["x"], None),
            (Due::Either(set(&["y"])), &["x"], &["x", "y"], None),
            (Due::Either(set(&["y"])), &["x"], &["x", "z"], Some("\"z\" added")),
        ] {
            let mut watch = Watch::default();
            watch.before(seen("a", Moment::Before(0), Ok(before)));
            let finding = watch.after(rule, 0, &due, vec![seen("a", Moment::After(0), Ok(after))]);
            let actual = finding.as_ref().map(|finding| finding.actual.as_str());
            assert_eq!(actual, found, "{due:?} {before:?} {after:?}");
            assert_eq!(watch.effects(&contract), Effects::Observed);
        }
    }

    #[test]
    fn what_was_not_observed_is_not_missing_and_what_was_is_still_too_much() {
        let contract = contract();
        let rule = contract.effect.as_ref().unwrap();
        for (due, in_b, found) in [
            (Due::Added(set(&["y"])), Ok(&[][..]), None),
            (Due::Added(set(&["y"])), Ok(&["z"][..]), Some("\"z\" added")),
            (Due::Refused, Ok(&["z"][..]), Some("\"z\" added")),
            (Due::Refused, Err("no"), None),
        ] {
            let mut watch = Watch::default();
            watch.before(seen("a", Moment::Before(0), Ok(&[])));
            watch.before(seen("b", Moment::Before(0), Ok(&[])));
            let after =
                vec![seen("a", Moment::After(0), Err("it took too long")), seen("b", Moment::After(0), in_b)];
            let finding = watch.after(rule, 0, &due, after);
            assert_eq!(finding.as_ref().map(|finding| finding.actual.as_str()), found, "{due:?} {in_b:?}");
            assert_eq!(watch.effects(&contract), Effects::NotObserved);
            assert!(watch.places().count() < 2, "a place is not looked at again after that");
        }
    }

    #[test]
    fn more_values_than_a_few_are_counted() {
        let contract = contract();
        let rule = contract.effect.as_ref().unwrap();
        let many: BTreeSet<String> = (0..9).map(|number| number.to_string()).collect();
        let finding = effect(rule, 0, &Due::Refused, &many, true).unwrap();
        assert_eq!(finding.actual, r#""0", "1", "2", "3", "4" and 4 more added"#);
        assert_eq!(finding.cites[0].promise.to_string(), "effect \"a thing is there\"");
    }
}
