//! What a run will do: which cases, in which order, with which parameters.
//!
//! [`plan`] selects, expands and orders; [`prepare()`] renders one step once its values are known.
//! Nothing here sends anything.

mod effect;
mod expand;
mod filter;
mod literal;
mod pattern;
mod prepare;

pub use effect::{billable_requests, billable_set_ups, billable_steps};
pub use expand::{Plan, PlanError, PlannedCase, case_ids, filtered, leave_out, plan, select};
pub use filter::{CaseFilter, FilterError, Selectable};
pub use literal::literals;
pub use pattern::{Pattern, PatternError, Unmatched};
pub use prepare::{
    Need, PrepareError, Preview, about, open_scope, prepare, preview, preview_with, scheme, set_variables,
};
