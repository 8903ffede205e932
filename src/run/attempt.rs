//! One case, from its first state to its teardown.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::Runner;
use super::observe::Sight;
use super::open_case::{OpenCase, unproved};
use super::recipe::Context;
use super::state::{self, NoState, Undo};
use super::stop::Stop;
use crate::judgement::{Ended, Judge, open, render_params};
use crate::model::{
    Answer, CaseRecord, Given, Inconclusive, Literals, Moment, NoAnswer, Observation, Request, RequestSpec,
    SetUp, Skipped, SnapshotOutcome, Value, Verdict, attempt, whole_micros,
};
use crate::plan::{PlannedCase, literals, set_variables};
use crate::template::TemplateScope;
use crate::transport::{Client, Proof};

/// How long an answer to a request of a teardown may take, also after an interrupt. A wait for the rate is not
/// part of it: what is left behind may cost money.
const TEARDOWN: Duration = Duration::from_secs(10);

/// How long is waited before the endpoint is asked again for what it is due to show.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A case under way.
pub(super) struct Attempt<'a> {
    runner: &'a Runner,
    planned: &'a PlannedCase,
    /// What the run itself made or was given, by name.
    given: Vec<(String, String)>,
    /// The variables that states gave, in the order in which they were set.
    variables: Vec<(String, Value)>,
    set_up: Vec<Undo>,
    set_ups: Vec<SetUp>,
    asked: usize,
    judge: Judge<'a>,
    sight: Sight,
    unanswered: Option<Request>,
    made: Vec<String>,
    /// What of the requests the table writes out, by step.
    literals: Vec<Literals>,
    retried: Vec<String>,
    /// How often the case has begun, with this time; a second attempt does not count.
    number: u32,
    /// Whether its worker takes no further case, so that its last request is the last one on its connection.
    is_last: bool,
    /// What is still to come for answers on kept connections.
    proofs: Vec<Proof>,
    /// Why this is the second attempt, if it is.
    started_again: Option<String>,
    about: String,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(runner: &'a Runner, planned: &'a PlannedCase, (number, is_last): (u32, bool)) -> Self {
        Self {
            runner,
            planned,
            given: Vec::new(),
            variables: Vec::new(),
            set_up: Vec::new(),
            set_ups: Vec::new(),
            asked: 0,
            judge: Judge::new(planned, runner.settings.gate),
            sight: Sight::default(),
            unanswered: None,
            made: Vec::new(),
            literals: (0..planned.case.steps.len()).map(|position| literals(planned, position)).collect(),
            retried: Vec::new(),
            number,
            is_last,
            proofs: Vec::new(),
            started_again: None,
            about: planned.case.about.clone(),
        }
    }

    /// The same, which starts a case again for this reason.
    fn again(self, reason: String) -> Self {
        let again = Self::new(self.runner, self.planned, (self.number, self.is_last));
        Self { retried: self.retried, started_again: Some(reason), ..again }
    }

    /// Takes the case to its end. A request that is lost starts it again, once.
    pub(super) async fn run(mut self, stop: &Stop) -> OpenCase {
        let start = Instant::now();
        let mut ended = self.steps_observed(stop).await;
        let mut left_behind = self.tear_down(ended.as_ref()).await;
        if let Some(reason) = self.restart_reason(ended.as_ref()).filter(|_| stop.reason().is_none()) {
            self = self.again(reason);
            ended = self.steps_observed(stop).await;
            left_behind.extend(self.tear_down(ended.as_ref()).await);
        }
        self.name_made();
        let (rows_met, codes_due) = (self.judge.rows_met(), self.judge.codes_due());
        let Judge { exchanges, findings, request_ids, watch, .. } = self.judge;
        let paused = exchanges.iter().map(|exchange| exchange.answer.paused).sum();
        let sent = exchanges.len() + usize::from(self.unanswered.is_some());
        let record = CaseRecord {
            id: self.planned.id.clone(),
            rows_met,
            codes_due,
            about: self.about,
            tags: self.planned.case.tags.clone(),
            spot: self.planned.spot().clone(),
            verdict: Verdict::Passed,
            findings,
            gate: self.runner.settings.gate,
            steps_not_sent: self.planned.case.steps.len().saturating_sub(sent),
            answered: exchanges.len(),
            exchanges,
            given: self.given,
            request_ids,
            effects: watch.effects(&self.planned.contract),
            observations: watch.into_observations(),
            literals: self.literals,
            variables: self.variables,
            set_ups: self.set_ups,
            unanswered: self.unanswered,
            snapshot: SnapshotOutcome::Unchecked,
            retried: self.retried,
            started_again: self.started_again,
            repeated: None,
            left_behind,
            paused,
            elapsed: whole_micros(start.elapsed()),
        };
        OpenCase::new(record, ended, self.proofs)
    }

    /// Takes a case to its end again, since the connection ended right behind the answer that it ended with: that may
    /// be another request's.
    pub(super) async fn run_again(self, first: OpenCase, stop: &Stop) -> OpenCase {
        let CaseRecord { answered, retried, left_behind, elapsed, .. } = first.into_record();
        let again = Self { retried, ..self }.again(format!("the request of step {answered}: {}", unproved()));
        again.run(stop).await.behind(left_behind, elapsed)
    }

    /// Why the case has to start again: the endpoint may have seen a request whose answer can never come, so that
    /// neither the request nor what follows it can be sent in the state that was set up.
    fn restart_reason(&self, ended: Option<&Ended>) -> Option<String> {
        let Some(Ended::Inconclusive(Inconclusive::Transport(fault @ NoAnswer::Lost { .. }))) = ended else {
            return None;
        };
        let step = self.judge.exchanges.len() + 1;
        self.started_again.is_none().then(|| format!("the request of step {step}: {fault}"))
    }

    /// Which attempt this is, from 1.
    fn attempt(&self) -> u64 {
        attempt(self.number, self.started_again.is_some())
    }

    /// Takes the steps, then looks at the endpoint one last time.
    async fn steps_observed(&mut self, stop: &Stop) -> Option<Ended> {
        let ended = self.steps(stop).await.err();
        if matches!(ended, Some(Ended::Inconclusive(_) | Ended::Skipped(_))) {
            self.judge.watch.break_off();
            return ended;
        }
        if let Some(step) = self.judge.watch.ends_after().filter(|_| self.runner.settings.observes()) {
            let seen = self.look(Moment::End(step)).await;
            self.judge.observe_end(seen);
        }
        ended
    }

    /// Looks at the places that the case changes, before a step.
    async fn observe_before(&mut self, position: usize, scope: &TemplateScope, is_given: bool, stop: &Stop) {
        let contract = &self.planned.contract;
        let Some(rule) = contract.effect.as_ref().filter(|_| self.runner.settings.observes()) else { return };
        for place in self.judge.watch.due_before(contract, scope, &self.runner.templates, is_given) {
            self.runner.observer.come_to(&mut self.sight, &place, scope, stop).await;
            let at = (&place, Moment::Before(position));
            let seen = self.runner.observer.look(&self.observing(), rule, &self.sight, at).await;
            self.judge.watch.before(seen);
        }
    }

    /// Looks at what a step has done. What its answer announces may take until it can be seen.
    async fn observe_after(&mut self, position: usize) -> Result<(), Ended> {
        let Some(rule) = self.planned.contract.effect.as_ref().filter(|_| self.runner.settings.observes())
        else {
            return Ok(());
        };
        let start = Instant::now();
        loop {
            let seen = self.look(Moment::After(position)).await;
            let found = self.judge.watch.additions(&seen);
            let is_awaited = self.judge.due().is_some_and(|due| due.is_awaited(&found));
            if !is_awaited || start.elapsed() >= rule.within || seen.iter().all(|it| it.seen.is_err()) {
                return self.judge.observe(position, seen);
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn look(&self, moment: Moment) -> Vec<Observation> {
        let mut seen = Vec::new();
        let Some(rule) = &self.planned.contract.effect else { return seen };
        for place in self.judge.watch.places() {
            let at = (place, moment);
            seen.push(self.runner.observer.look(&self.observing(), rule, &self.sight, at).await);
        }
        seen
    }

    /// What an observation needs. The embedded endpoint is asked on connections that are kept, as in all else.
    fn observing(&self) -> Context<'_> {
        let client = &self.runner.client;
        let is_reference = self.runner.endpoint.description.is_reference;
        let client = if is_reference { client.clone() } else { client.fresh_copy() };
        Context { client, ..self.context(None) }
    }

    async fn steps(&mut self, stop: &Stop) -> Result<(), Ended> {
        let templates = &self.runner.templates;
        let (mut scope, about) = open(self.planned, self.runner.settings.seed, self.attempt(), templates)?;
        self.about = about;
        let case = Arc::clone(&self.planned.case);
        self.bring_about(0, &case.given, &mut scope, stop).await?;
        set_variables(self.planned, &mut scope, templates).map_err(Ended::unprepared)?;
        let mut position = 0;
        while let Some(step) = case.steps.get(position) {
            let end = case.end_of_group(position);
            self.bring_about(position, &step.given, &mut scope, stop).await?;
            self.observe_before(position, &scope, !step.given.is_empty(), stop).await;
            let outcome = self.group(position..end, &mut scope, stop).await;
            self.made = scope.random_values();
            if matches!(outcome, Ok(()) | Err(Ended::Broken)) {
                let observed = self.observe_after(end - 1).await;
                outcome.and(observed)?;
            } else {
                outcome?;
            }
            position = end;
        }
        Ok(())
    }

    async fn bring_about(
        &mut self,
        position: usize,
        given: &[Given],
        scope: &mut TemplateScope,
        stop: &Stop,
    ) -> Result<(), Ended> {
        for need in given {
            let params = render_params(need, scope, &self.runner.templates)?;
            let Some(definition) = self.planned.contract.state(&need.state) else {
                let reason = "no state of this name is declared".to_owned();
                return Err(Ended::Skipped(Skipped::NoWayTo { state: need.state.clone(), reason }));
            };
            self.asked += 1;
            let purpose = state::purpose(self.runner.settings.seed, &self.planned.id, self.asked);
            let purpose = match self.attempt() {
                1 => purpose,
                attempt => format!("{purpose}/attempt-{attempt}"),
            };
            let context = self.context(Some(stop));
            let setting_up = state::bring_about(&context, definition, &params, &purpose);
            // A set-up that was sent is not cut short: what an unfinished one left behind could not be undone.
            let (set_up, promised) = setting_up.await.map_err(|missing| match missing {
                NoState::Inconclusive(unknown) => Ended::Inconclusive(unknown),
                NoState::Skipped(reason) => Ended::Skipped(reason),
            })?;
            let asked = set_up.as_ref().and_then(Undo::hook_request);
            self.set_ups.extend(asked.map(|asked| SetUp { step: position, asked: asked.to_owned() }));
            self.set_up.extend(set_up);
            for (name, value) in promised.map_err(Ended::Inconclusive)? {
                let own = need.variable(&name);
                if definition.provides.iter().any(|variable| variable.name == name && variable.is_volatile) {
                    self.given.push((own.clone(), value.to_plain()));
                }
                scope.set(&own, &value);
                self.variables.push((own, value));
            }
            if let Some(reason) = stop.reason() {
                return Err(Ended::Inconclusive(Inconclusive::Transport(reason.into())));
            }
        }
        Ok(())
    }

    fn context<'b>(&'b self, stop: Option<&'b Stop>) -> Context<'b> {
        Context {
            client: self.runner.client.fresh_copy(),
            endpoint: &self.runner.endpoint,
            contract: &self.planned.contract,
            templates: &self.runner.templates,
            stop,
            allows_billable: self.runner.settings.allows_billable,
        }
    }

    /// Takes the steps whose requests are sent at the same time: most often one. Several go on connections of their own.
    async fn group(
        &mut self,
        steps: Range<usize>,
        scope: &mut TemplateScope,
        switch: &Stop,
    ) -> Result<(), Ended> {
        let first = steps.start;
        let is_last = self.is_last && steps.end == self.planned.case.steps.len();
        let mut prepared = Vec::with_capacity(steps.len());
        for position in steps {
            prepared.push(self.judge.prepare_step(position, scope, &self.runner.templates)?);
        }
        let runner = self.runner;
        let client = match prepared.len() {
            // It starts again once alone, so nothing may be uncertain then.
            _ if self.started_again.is_some() => runner.client.fresh_copy(),
            1 if is_last => runner.client.closing_copy(),
            1 => runner.client.clone(),
            _ => runner.client.fresh_copy(),
        };
        let sending =
            prepared.iter().map(|(step, request)| self.answer(&client, request, &step.request, switch));
        let sent = join_all(sending).await;
        let mut answers = Vec::with_capacity(prepared.len());
        let mut fault = None;
        for ((_, request), sent) in prepared.iter().zip(sent) {
            let (answer, retried, proofs) = sent?;
            self.retried.extend(retried);
            self.proofs.extend(proofs);
            match answer {
                Ok(answer) => answers.push(answer),
                Err(found) => fault = fault.or(Some((request.clone(), found))),
            }
        }
        if let Some((request, fault)) = fault {
            self.unanswered = Some(request);
            return Err(Ended::Inconclusive(Inconclusive::Transport(fault)));
        }
        if answers.len() > 1 {
            answers = self.judge.arranged(first, &prepared, answers);
        }
        let mut outcome = Ok(());
        for (at, ((step, request), answer)) in prepared.into_iter().zip(answers).enumerate() {
            outcome = outcome.and(self.judge.take(first + at, &step, request, answer, scope));
        }
        outcome
    }

    /// Sends a request, and again where that is asked for; each time signed anew. Gives why it was sent again, and what is
    /// still to prove the answers.
    async fn answer(
        &self,
        client: &Client,
        request: &Request,
        spec: &RequestSpec,
        switch: &Stop,
    ) -> Result<(Result<Answer, NoAnswer>, Vec<String>, Vec<Proof>), Ended> {
        let endpoint = &self.runner.endpoint;
        let mut attempt = 1;
        let (mut retried, mut proofs) = (Vec::new(), Vec::new());
        loop {
            let signed = self.sign(request, spec)?;
            let sending = async {
                let turn = client.turn().await;
                client.send_proving(turn, &endpoint.address, &signed, &mut proofs).await
            };
            let answer = tokio::select! {
                biased;
                answer = sending => answer,
                reason = switch.stopped() => Err(NoAnswer::from(reason)),
            };
            let again = endpoint
                .retry
                .as_ref()
                .and_then(|retry| retry.retry_notice(attempt, &answer, &self.planned.contract));
            let Some(again) = again.filter(|_| switch.reason().is_none()) else {
                return Ok((answer, retried, proofs));
            };
            retried.push(again.message);
            tokio::select! {
                () = sleep(again.wait) => attempt += 1,
                _ = switch.stopped() => return Ok((answer, retried, proofs)),
            }
        }
    }

    /// The request as it goes out. The record keeps the unsigned one, which holds no secret and can be signed anew.
    fn sign<'r>(&self, request: &'r Request, spec: &RequestSpec) -> Result<Cow<'r, Request>, Ended> {
        let endpoint = &self.runner.endpoint;
        if spec.raw.after_signing.is_none() && !endpoint.signing.signs(spec.sign) {
            return Ok(Cow::Borrowed(request));
        }
        let mut signed = request.clone();
        endpoint.signing.sign(&mut signed, spec, &endpoint.address).map_err(Ended::unprepared)?;
        if let Some(more) = &spec.raw.after_signing {
            signed.add_parameters(more);
        }
        Ok(Cow::Owned(signed))
    }

    /// Undoes what was set up, last first; also after a failure or an interrupt.
    async fn tear_down(&mut self, ended: Option<&Ended>) -> Vec<String> {
        let set_up = std::mem::take(&mut self.set_up);
        // A failed set-up leaves an incomplete state, which is of no use to keep.
        let is_whole = !matches!(ended, Some(Ended::Inconclusive(Inconclusive::SetUp { .. })));
        if self.runner.settings.keeps_states && is_whole {
            self.runner.keep(set_up.iter().map(Undo::state));
            return Vec::new();
        }
        let mut left_behind = Vec::new();
        for set_up in set_up.iter().rev() {
            let client = self.runner.client.fresh_copy().within(TEARDOWN);
            let context = Context { client, ..self.context(None) };
            left_behind.extend(state::tear_down(&context, set_up).await.err());
        }
        left_behind
    }

    /// Names what the run made, and its address, after what states gave. A case may send a made value in capitals, too.
    fn name_made(&mut self) {
        for value in std::mem::take(&mut self.made) {
            let upper = value.to_ascii_uppercase();
            self.given.push(("made".to_owned(), value));
            self.given.push(("made-upper".to_owned(), upper));
        }
        self.given.push(("endpoint".to_owned(), self.runner.endpoint.address.authority()));
    }
}
