//! The endpoint without its network: a call goes in, a reply comes out, and the world has changed in between.
//! Main type: `Service`. It joins gate, guard, operation, answer and faults, and holds the one lock on the state.

use super::answer::{AnswerContent, AnswerFrame, Fields, Reply, Wording};
use super::auth::Guard;
use super::calendar::Calendar;
use super::conduct::{Conduct, Habits};
use super::fault::Fault;
use super::gate::{self, ServedOperation};
use super::hook::{self, StateReply};
use super::id::IdSource;
use super::operation::{Denial, Desk, Sibling};
use super::policy::{ExecutionId, Policy};
use super::row::Refusal;
use super::slice::Facts;
use super::start::{Next, StartRequest};
use super::wire::{Call, Received};
use super::world::World;
use hyper::http::request::Parts;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// The endpoint's state, and how it behaves.
#[derive(Debug)]
pub(super) struct Service {
    world: Mutex<World>,
    ids: IdSource,
    calendar: Calendar,
    habits: Habits,
    /// How an endpoint without faults reads a request.
    honest: Policy,
    guard: Guard,
}

/// A request as it was read, with what it looks like and how it will be met.
#[derive(Clone, Debug)]
pub(super) struct ServiceRequest {
    pub(super) call: Call,
    pub(super) facts: Facts,
    conduct: Arc<Conduct>,
}

/// A request that was refused.
struct Refused {
    wording: Wording,
    /// What was asked for is done all the same.
    starts_anyway: bool,
}

/// Long enough that two requests sent together both fall into it.
const RACE_WINDOW: Duration = Duration::from_millis(100);

impl Service {
    pub(super) fn new(seed: u64, calendar: Calendar, faults: &[Fault], guard: Guard) -> Self {
        Self {
            world: Mutex::new(World::new()),
            ids: IdSource::new(seed),
            calendar,
            habits: Habits::new(faults),
            honest: Policy::default(),
            guard,
        }
    }

    /// Reads a request, as far as the endpoint lets it be understood.
    pub(super) fn read(&self, parts: &Parts, received: &Received) -> ServiceRequest {
        let call = Call::read(parts, received, &self.honest.wire);
        let facts = {
            let world = self.world();
            let past = call.params.non_empty("ImagePipelineId").and_then(|pipeline| world.past(pipeline));
            Facts::of(&call, &self.honest.wire, past)
        };
        let conduct = self.habits.towards(&facts);
        let call = Call::read(parts, received, &conduct.policy.wire);
        ServiceRequest { call, facts, conduct }
    }

    /// Answers a call of the API.
    pub(super) async fn answer(&self, asked: &ServiceRequest) -> Reply {
        let ServiceRequest { call, conduct, .. } = asked;
        let handled = match conduct.flaws.overload() {
            Some(wording) => Err(Refused { wording, starts_anyway: false }),
            None => self.handle(asked).await,
        };
        let wire = &conduct.policy.wire;
        let envelope = AnswerFrame {
            format: call.format(wire).unwrap_or_else(|_| call.style.default_format()),
            host: call.host.clone(),
            request_id: self.ids.request(),
            trace_id: self.ids.trace(),
        };
        let answer = match handled {
            Ok((operation, fields)) => AnswerContent::success(operation.response_root(), fields, envelope),
            Err(refused) => {
                self.note_refusal(call, &refused);
                AnswerContent::error(refused.wording, envelope)
            }
        };
        conduct.flaws.spoil(conduct.flaws.deform(answer).render())
    }

    /// Answers a call of the state hook.
    pub(super) fn state(&self, body: &[u8]) -> StateReply {
        hook::respond(&mut self.world(), &self.ids, body)
    }

    /// A refusal changes nothing but a count, unless a fault starts what was refused.
    fn note_refusal(&self, call: &Call, refused: &Refused) {
        let is_sibling = call.action.as_deref().and_then(Sibling::of_action).is_some();
        if let Some(pipeline) = call.params.non_empty("ImagePipelineId").filter(|_| !is_sibling) {
            let mut world = self.world();
            world.note_refusal(pipeline);
            if refused.starts_anyway {
                let execution = self.ids.derive(pipeline).resource("exec");
                world.begin(pipeline, execution);
            }
        }
    }

    async fn handle(&self, asked: &ServiceRequest) -> Result<(ServedOperation, Fields), Refused> {
        let ServiceRequest { call, conduct, .. } = asked;
        let refused = |refusal: &Refusal| Refused {
            wording: conduct.flaws.wording(refusal),
            starts_anyway: conduct.flaws.starts_anyway(refusal.row),
        };
        let operation = gate::admit(call, &conduct.policy).map_err(|refusal| refused(&refusal))?;
        let admitted = self.guard.admit(call, &conduct.laxity);
        admitted
            .map_err(|turned| Refused { wording: turned.wording, starts_anyway: turned.starts_anyway })?;
        let handled = match operation {
            ServedOperation::StartImagePipelineExecution => {
                let started = self.start(asked).await;
                let fields = started.map(|execution| vec![("ExecutionId", Value::from(execution))]);
                fields.map_err(Denial::from)
            }
            ServedOperation::Sibling(sibling) => {
                let desk = Desk { policy: &conduct.policy, ids: &self.ids, calendar: self.calendar };
                sibling.carry_out(&call.params, &mut self.world(), desk)
            }
        };
        let fields = handled.map_err(|denial| match denial {
            Denial::Shared(refusal) => refused(&refusal),
            Denial::Own { row, filling } => Refused { wording: row.wording(&filling), starts_anyway: false },
        });
        Ok((operation, fields?))
    }

    /// Starts an execution under one lock, unless a fault opens a gap between the checks and the start.
    async fn start(&self, asked: &ServiceRequest) -> Result<String, Refusal> {
        let policy = &asked.conduct.policy;
        let request = StartRequest::read(&asked.call.params, policy, asked.facts.way(policy.token.scope))?;
        // From the pipeline and its own count, so that starts on other pipelines change nothing.
        let new_id = |pipeline: &str, begun: u64| {
            let label = match policy.execution_id {
                ExecutionId::PipelineAndCount => format!("{pipeline}/{begun}"),
                ExecutionId::Pipeline => pipeline.to_owned(),
                ExecutionId::Count => begun.to_string(),
            };
            self.ids.derive(&label).resource("exec")
        };
        let early = if policy.atomic_start.is_kept() {
            None
        } else {
            let next = request.examine(&self.world(), policy);
            sleep(RACE_WINDOW).await;
            Some(next)
        };
        let mut world = self.world();
        let next = early.unwrap_or_else(|| request.examine(&world, policy));
        let refused = next.as_ref().err().map(|refusal| refusal.row);
        let is_replay = matches!(next, Ok(Next::Replay(_)));
        let started = next.map(|next| request.carry_out(next, &mut world, policy, new_id));
        if is_replay || refused.is_some() {
            request.misremember(refused, &mut world, policy);
        }
        started
    }

    /// No step leaves the world half changed, so a panic under the lock spoils nothing.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
