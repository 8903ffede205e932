//! proofmark holds an API endpoint, mock or real, to its published contract.
//!
//! Most projects need the program, or one of these doors of the crate:
//!
//! - [`harness::Harness`] runs a folder of cases as tests of `cargo test`, or hands out what happens in a run;
//! - [`events`] is what a run says, with all that a report is made of;
//! - `verify` judges a certificate again (with the feature `evidence`, which `cli` has);
//! - [`reference`](mod@reference) is an implementation of the first contract, to be served, with promises to break.
//!
//! Everything else is closed, and `pub` in it means: open to the other rooms. The way of a case through them, in order:
//!
//! - `source` reads contracts, states and case tables into the `model`;
//! - `plan` selects and expands the cases, and prepares what is sent;
//! - `run` takes each case through states, requests, `check` and `snapshot`, over `transport` and `wire`, and says
//!   what happened as `event`s;
//! - `report` turns those into output, `review` says what has changed in snapshots, `evidence` makes a result one that a
//!   stranger can check, `app` holds what can be done with a suite, and `cli` is the program around it all.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the program alone uses much of this")
)]

mod app;
mod check;
#[cfg(feature = "cli")]
mod cli;
mod compare;
mod coverage;
mod curl;
mod digest;
mod embedded;
mod event;
#[cfg(feature = "evidence")]
mod evidence;
pub mod harness;
#[cfg(not(doors))]
#[doc(hidden)]
pub mod inside;
mod judgement;
mod limit;
mod markup;
mod model;
mod noise;
mod plain;
mod plan;
pub mod reference;
mod report;
mod review;
mod run;
mod sign;
mod snapshot;
mod source;
mod strength;
mod template;
mod transport;
#[cfg(feature = "cli")]
mod watch;
mod whole_file;
mod wire;
mod wrapped;

/// What a run says, in order, and what is in it.
pub mod events {
    pub use crate::event::{
        EffectCounts, EndpointDescription, Event, LimitStart, OperationStart, Outcome, ParameterStart,
        PartNumber, PartStart, RowStart, RowsHeld, RunChanges, RunEnd, RunStart, SeriesEnd, SeriesRun,
        SnapshotCounts, StaleCases, StaleSnapshot, StaleWaiver, Staleness, StillFailing, Stopped,
        WaiverSight,
    };
    pub use crate::model::{
        Answer, AnswerFormat, Body, CaseId, CaseRecord, Citation, Drift, Effects, Exchange, FileLocation,
        Finding, Flaw, FloorScore, FramingBreach, IdError, Inconclusive, Limit, Literals, Method, Moment,
        MutantScore, NoAnswer, Observation, OperationId, Promise, Reach, Repeated, Request, RequestId,
        SentBody, SetUp, Skipped, SnapshotOutcome, Strength, TableId, UtcTime, Value, Verdict, VerdictCounts,
    };
}

/// Certificates: what `proofmark verify` does.
#[cfg(feature = "evidence")]
pub mod verify {
    pub use crate::app::certify::{BundleRefusal, Examined, examine};
    pub use crate::evidence::{
        ArchiveError, BundleError, CertifiedContract, CertifiedEndpoint, CertifiedRows, Class, Conformance,
        Contradiction, Digest, Divergence, EnvelopeError, ExpectedSigner, KeyError, ObservedEffects,
        Omission, PublicKey, ResourceDescriptor, RowEvidence, Statement, StatementError, StatementScope,
        TestResult,
    };
}

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
