//! The settings of a run, and the endpoint that it tests.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::event::{EndpointDescription, PartNumber};
use crate::model::{Fixture, Level, Normalisation, Value};
use crate::transport::Address;

use super::retry::Retry;
use super::signing::Signing;

/// How many cases run at once: enough to keep a connection busy while others wait for states.
pub const DEFAULT_JOBS: usize = 16;

/// Whether the effects of cases are observed on the endpoint, which costs requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Observing {
    /// Where the endpoint is on this machine.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Settings of a run.
#[derive(Debug, Clone, Copy)]
pub struct RunSettings {
    /// How many cases run at once.
    pub jobs: usize,
    /// The deepest level that counts.
    pub gate: Level,
    /// The seed of random values.
    pub seed: u64,
    /// The part of the suite that is run, if it is not the whole.
    pub part: Option<PartNumber>,
    /// How long the whole run may take.
    pub total: Duration,
    /// How long an endpoint that cannot be reached is waited for before the first case.
    pub wait: Duration,
    /// What is called once with a sentence when that wait begins.
    pub on_wait: Option<fn(&str)>,
    /// After how many failed cases no further one starts; never, if not said.
    pub enough: Option<NonZeroUsize>,
    /// How often each case is run.
    pub repeat: u32,
    /// Whether effects are observed.
    pub observing: Observing,
    /// Whether cases that may cost money are run; off by default.
    pub allows_billable: bool,
    /// Whether states are left in place after their cases.
    pub keeps_states: bool,
    /// Whether cases that pass without a finding keep their exchanges, so that a report can show correct answers too.
    /// Otherwise the exchanges are dropped before the case is reported.
    pub keeps_exchanges: bool,
}

impl RunSettings {
    /// Whether effects are observed; where the endpoint is decides that before the run ([`Observing::Auto`] does not).
    pub fn observes(&self) -> bool {
        self.observing == Observing::Always
    }
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            jobs: DEFAULT_JOBS,
            gate: Level::Snapshot,
            seed: 0,
            part: None,
            total: Duration::from_mins(30),
            wait: Duration::ZERO,
            on_wait: None,
            enough: None,
            repeat: 1,
            observing: Observing::Auto,
            allows_billable: false,
            keeps_states: false,
            keeps_exchanges: true,
        }
    }
}

/// A seed that no other run is likely to have, short enough to be typed again.
pub fn random_seed() -> u64 {
    u64::from(fastrand::u32(1..))
}

/// What is put to the test, and how its states are reached.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// How reports name it.
    pub description: EndpointDescription,
    /// Where requests go.
    pub address: Address,
    /// Its state hook.
    pub states: Option<Address>,
    /// How requests are signed.
    pub signing: Signing,
    /// When requests of cases are sent again; never, if it is not said.
    pub retry: Option<Retry>,
    /// Variables that recipes use.
    pub vars: Vec<(String, Value)>,
    /// States that are there already, by name.
    pub fixtures: BTreeMap<String, Vec<Fixture>>,
    /// What snapshots leave out of its answers, beyond what contracts say.
    pub normalisation: Normalisation,
    /// Faults that are switched on in it.
    pub faults: Vec<String>,
}

impl Endpoint {
    /// Every address that is connected to.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address).chain(&self.states)
    }
}
