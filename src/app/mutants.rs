//! The mutants of a run: of one that goes on, of one that is over, or of a bundle of evidence.

#[cfg(feature = "evidence")]
use std::path::Path;
use std::path::PathBuf;

use super::followed::Following;
use super::watched::watch;
use super::{AppError, Saved, SessionSettings};
use crate::model::{CaseRecord, Suite};
use crate::plan::{Plan, PlannedCase, case_ids};
use crate::run::StopSwitch;
use crate::strength::{Bound, Mutants, Mutated};

#[cfg(test)]
mod tests;

/// Runs a plan, and gives the mutants of its answers, with whether answers may have been taken for those of other
/// requests; none after an interrupt. What is worth a remark goes to `remark`.
///
/// # Errors
/// An endpoint that cannot be tested.
pub async fn mutants_of_run(
    settings: SessionSettings,
    (suite, plan): (&Suite, &Plan),
    stop: &StopSwitch,
    remark: &dyn Fn(&str),
    bound: Bound,
) -> Result<Option<(Mutated, bool)>, AppError> {
    settings.target.check(plan)?;
    let own = settings.target.normalisation();
    let mut mutants = Mutants::new(&case_ids(suite)?, vec![settings.run.seed], own, bound);
    let take = |record: &CaseRecord, planned: &PlannedCase| mutants.take(planned, record);
    let watched = watch(settings, plan, stop, remark, take).await?;
    Ok(watched.map(|watched| (mutants.finish(), watched.is_mixed)))
}

/// The mutants of runs that are over, of these cases alone.
///
/// # Errors
/// Files that cannot be read, the runs of several endpoints, or runs of other contracts.
pub fn mutants_of_saved(
    paths: &[PathBuf],
    suite: &Suite,
    wanted: &[PlannedCase],
    bound: Bound,
) -> Result<Mutated, AppError> {
    let mut following = Following::new(suite, wanted, bound)?;
    Saved::open(paths, None)?.replay(&mut |event| following.take(event))?;
    following.finish()
}

/// The mutants of a bundle, with the contracts and tables in it. Its signature is not checked.
///
/// # Errors
/// A file that is not a bundle, or not a whole one.
#[cfg(feature = "evidence")]
pub fn mutants_of_bundle(
    path: &Path,
    select: impl FnOnce(&Suite) -> Result<Vec<PlannedCase>, AppError>,
    bound: Bound,
) -> Result<Mutated, AppError> {
    use super::certify::{CertificateInputs, open_bundle};
    use crate::evidence::{Bundle, Divergence, ExpectedSigner};

    let wrong = |reason: String| AppError::NoBundle { path: path.to_path_buf(), reason };
    let untrue = |divergence: Divergence| wrong(divergence.to_string());
    let mut file = open_bundle(path)?;
    let bundle =
        Bundle::open(&mut file, &ExpectedSigner::Unknown).map_err(|error| wrong(error.to_string()))?;
    let parts = CertificateInputs::read(&bundle.files).map_err(untrue)?;
    let lines = bundle.events(&mut file).map_err(|error| wrong(error.to_string()))?;
    let wanted = select(&parts.suite)?;
    let mut following = Following::new(&parts.suite, &wanted, bound)?;
    for event in parts.events(lines).map_err(untrue)? {
        following.take(&event.map_err(untrue)?);
    }
    following.finish()
}
