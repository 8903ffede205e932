//! The endpoint without its network: a call goes in, a reply comes out, and the world has changed in between.
//! Main type: `Service`. It joins gate, guard, operation, answer and faults, and holds the one lock on the state.

use super::answer::{Answer, Envelope, Fields, Reply, Wording};
use super::auth::Guard;
use super::calendar::Calendar;
use super::fault::Fault;
use super::flaw::Flaws;
use super::gate::{self, Operation};
use super::hook::{self, StateReply};
use super::id::IdSource;
use super::operation::{Denial, Desk};
use super::policy::Policy;
use super::row::Refusal;
use super::start::StartRequest;
use super::wire::{Call, Params};
use super::world::World;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// The endpoint's state, and how it behaves.
#[derive(Debug)]
pub(super) struct Service {
    world: Mutex<World>,
    ids: IdSource,
    calendar: Calendar,
    policy: Policy,
    flaws: Flaws,
    guard: Guard,
}

/// Long enough that two requests sent together both fall into it.
const RACE_WINDOW: Duration = Duration::from_millis(100);

impl Service {
    pub(super) fn new(seed: u64, calendar: Calendar, faults: &[Fault], guard: Guard) -> Self {
        Self {
            world: Mutex::new(World::new()),
            ids: IdSource::new(seed),
            calendar,
            policy: Policy::with_faults(faults),
            flaws: Flaws::among(faults),
            guard,
        }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Answers a call of the API.
    pub(super) async fn answer(&self, call: &Call) -> Reply {
        let handled = match self.flaws.overload() {
            Some(overload) => Err(overload),
            None => self.handle(call).await,
        };
        let envelope = Envelope {
            format: call.format(&self.policy.wire).unwrap_or_else(|_| call.style.default_format()),
            host: call.host.clone(),
            request_id: self.ids.request(),
            trace_id: self.ids.trace(),
        };
        let answer = match handled {
            Ok((operation, fields)) => Answer::success(operation.response_root(), fields, envelope),
            Err(wording) => Answer::error(wording, envelope),
        };
        self.flaws.spoil(self.flaws.deform(answer).render())
    }

    /// Answers a call of the state hook.
    pub(super) fn state(&self, body: &[u8]) -> StateReply {
        hook::respond(&mut self.world(), &self.ids, body)
    }

    async fn handle(&self, call: &Call) -> Result<(Operation, Fields), Wording> {
        let operation = gate::admit(call, &self.policy).map_err(|refusal| self.flaws.wording(&refusal))?;
        self.guard.admit(call)?;
        let handled = match operation {
            Operation::StartImagePipelineExecution => {
                let started = self.start(&call.params).await;
                let fields = started.map(|execution| vec![("ExecutionId", Value::from(execution))]);
                fields.map_err(Denial::from)
            }
            Operation::Sibling(sibling) => {
                let desk = Desk { policy: &self.policy, ids: &self.ids, calendar: self.calendar };
                sibling.carry_out(&call.params, &mut self.world(), desk)
            }
        };
        let fields = handled.map_err(|denial| match denial {
            Denial::Shared(refusal) => self.flaws.wording(&refusal),
            Denial::Own { row, filling } => row.wording(&filling),
        });
        Ok((operation, fields?))
    }

    /// Starts an execution under one lock, unless a fault opens a gap between the checks and the start.
    async fn start(&self, params: &Params) -> Result<String, Refusal> {
        let request = StartRequest::read(params, &self.policy)?;
        // From the pipeline and its own count, so that starts on other pipelines change nothing.
        let new_id =
            |pipeline: &str, begun: u64| self.ids.labelled(&format!("{pipeline}/{begun}")).resource("exec");
        if self.policy.atomic_start.is_kept() {
            let mut world = self.world();
            let next = request.examine(&world, &self.policy)?;
            return Ok(request.carry_out(next, &mut world, new_id));
        }
        let next = request.examine(&self.world(), &self.policy)?;
        sleep(RACE_WINDOW).await;
        Ok(request.carry_out(next, &mut self.world(), new_id))
    }

    /// No step leaves the world half changed, so a panic under the lock spoils nothing.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
