//! Where the snapshots of an endpoint are.

use std::path::{Path, PathBuf};

use crate::app::{AppError, EnvironmentVariables, REFERENCE, entry, is_address};
use crate::model::EndpointKind;
use crate::snapshot::{Store, Update};

/// The snapshots beside a folder of cases: of the reference endpoint, or of one that is named.
pub fn snapshots_beside(cases: &Path, endpoint: Option<&str>) -> PathBuf {
    let beside = cases.parent().unwrap_or(Path::new("")).join("snapshots");
    endpoint.map_or(beside.clone(), |name| beside.join(format!("@{name}")))
}

/// The snapshots that are meant: in a folder that is named, of an endpoint, or of the reference endpoint.
///
/// # Errors
/// An endpoint that is given by its address, which has none, and one that no file names.
pub fn store(
    cases: &Path,
    snapshots: Option<&Path>,
    endpoint: Option<&str>,
    variables: EnvironmentVariables,
) -> Result<Store, AppError> {
    let folder = match (snapshots, endpoint) {
        (Some(folder), _) => folder.to_path_buf(),
        (None, Some(name)) if is_address(name) => {
            return Err(AppError::settings_with(
                format!("`{name}` has no snapshots of its own"),
                "name an endpoint of endpoints.toml, or the folder with --snapshots",
            ));
        }
        (None, Some(REFERENCE) | None) => snapshots_beside(cases, None),
        // A name that no endpoint has could lead anywhere.
        (None, Some(name)) => snapshots_beside(cases, Some(&entry(name, cases, variables)?.name)),
    };
    // Which endpoint answered is in the files: nothing is run here.
    Ok(Store::new(folder, Update::Never, EndpointKind::Foreign))
}
