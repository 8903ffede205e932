//! proofmark holds an API endpoint, mock or real, to its published contract.
//!
//! Most projects need the program, or one function of this crate: [`harness::Harness`] runs a folder of cases as tests
//! of `cargo test`. The rest is the way of a case through the program, in this order:
//!
//! - [`source`] reads contracts, states and case tables into the [`model`];
//! - [`plan`] selects and expands the cases, and prepares what is sent;
//! - [`run`] takes each case through states, requests, [`check`] and [`snapshot`], over [`transport`] and [`protocol`],
//!   and says what happened as [`event`]s;
//! - [`report`] turns those into output, [`review`] says what has changed in snapshots, [`evidence`] makes a result
//!   one that a stranger can check, and [`cli`] is the program around it all.
//!
//! [`reference`](mod@reference) is an implementation of the first contract, which [`embedded`] starts in this process.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "some forms of text are shown by the program alone")
)]

pub mod app;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compare;
pub mod coverage;
pub mod embedded;
pub mod event;
#[cfg(feature = "evidence")]
pub mod evidence;
pub mod harness;
pub mod judgement;
mod markup;
pub mod model;
pub mod noise;
pub mod plain;
pub mod plan;
pub mod protocol;
pub mod reference;
pub mod report;
pub mod review;
pub mod run;
pub mod snapshot;
pub mod source;
pub mod strength;
pub mod template;
pub mod transport;
#[cfg(feature = "cli")]
pub mod watch;
pub mod whole_file;
mod wrapped;
