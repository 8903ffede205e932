//! proofmark holds an API endpoint, mock or real, to its published contract.

pub mod check;
pub mod cli;
pub mod compare;
pub mod coverage;
pub mod embedded;
pub mod event;
pub mod harness;
pub mod model;
pub mod plan;
pub mod protocol;
pub mod reference;
pub mod report;
pub mod run;
pub mod snapshot;
pub mod source;
pub mod template;
pub mod transport;
pub mod whole_file;
