//! How strong a suite is, as far as the answers of a run show it. Main type: [`Strength`].

use serde::{Deserialize, Serialize};

use super::pluralise;

/// What became of the mutants of a run's answers, and the best endpoint that implements nothing.
///
/// Fields are in the order of their names, here and below, as canonical JSON has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// The endpoint that implements nothing and passes most cases; none if no answer was recorded.
    pub floor: Option<FloorScore>,
    /// The mutants.
    pub mutants: MutantScore,
}

/// What an endpoint that implements nothing comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FloorScore {
    /// How many cases were judged.
    pub cases: usize,
    /// What it does.
    pub endpoint: String,
    /// How many error rows it holds.
    pub held: usize,
    /// How many cases it passes.
    pub passed: usize,
    /// How many error rows there are.
    pub rows: usize,
}

/// How many mutants became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutantScore {
    /// Neither noticed nor permitted.
    pub gaps: u64,
    /// Noticed by a finding; snapshots apart.
    pub killed: u64,
    /// Permitted by a sentence of the contract or a table.
    pub open: u64,
    /// The version of the set of operators.
    pub set: u32,
    /// Whether there are more mutants than the limit, so that these are those of the first cases.
    pub stopped: bool,
}

/// How many of those that nothing permits were noticed, in percent, rounded down to a tenth. None of none.
pub fn killed_percent(killed: u64, gaps: u64) -> Option<f64> {
    let all = killed.checked_add(gaps).filter(|all| *all > 0)?;
    let tenths = u128::from(killed) * 1000 / u128::from(all);
    u32::try_from(tenths).ok().map(|tenths| f64::from(tenths) / 10.0)
}

impl MutantScore {
    /// How many are killed of those that nothing permits, as `99.9 %`; none if there is no such mutant.
    pub fn percent(&self) -> Option<String> {
        killed_percent(self.killed, self.gaps).map(|percent| format!("{percent:.1} %"))
    }

    /// The counts in a line.
    pub fn summary(&self) -> String {
        let Self { gaps, killed, open, stopped, .. } = self;
        let all = killed.saturating_add(*gaps);
        let cut = if *stopped { "; those of the first cases alone" } else { "" };
        let percent = self.percent().map(|percent| format!("{percent}: ")).unwrap_or_default();
        format!("killed {percent}{killed} of {all}; open {open}, gaps {gaps}{cut}")
    }
}

impl FloorScore {
    /// What the endpoint does, and what it comes to.
    pub fn summary(&self) -> String {
        let Self { cases, endpoint, held, passed, rows } = self;
        let (cases, rows) = (pluralise(*cases, "case"), pluralise(*rows, "error row"));
        format!("an endpoint that {endpoint} passes {passed} of {cases}, and holds {held} of {rows}")
    }
}
