//! Whether a suite would notice a wrong answer: recorded answers are changed one thing at a time, and judged again.
//!
//! `Bench` takes the recorded cases of a run one by one, makes the mutants of their answers and counts what becomes of
//! each in [`Figures`]. Nothing is sent, nothing is read, and no mutant is kept.

mod bench;
mod figures;
mod floor;
mod mutants;
mod mutate;
mod operator;
mod permit;
mod twin;

pub use bench::Bound;
pub use figures::{Count, Figures};
pub use mutants::{Mutants, Mutated};
pub use operator::{Operator, SET};
pub use twin::{Came, RowResult, Twins};

#[cfg(test)]
mod tests;
