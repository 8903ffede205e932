//! The endpoint of commands that name none: of the environment, else of the file of endpoints. Main type: [`Unnamed`].

use std::path::Path;

use super::{AppError, REFERENCE, is_address};
use crate::model::nearest;
use crate::source::{LoadError, NAMED_ONLY, load_default, load_endpoints};

/// The variable of the environment that names an endpoint.
pub const ENDPOINT_VARIABLE: &str = "PROOFMARK_ENDPOINT";

/// An endpoint that no argument names.
#[derive(Debug, PartialEq, Eq)]
pub struct Unnamed {
    /// Its name or address.
    pub name: String,
    /// What names it.
    pub origin: String,
}

impl Unnamed {
    /// The endpoint that the environment names, else the default of the file of endpoints; none where neither says any.
    /// It is never one that counts as the real API, may cost money or is sent a secret.
    ///
    /// # Errors
    /// A file of endpoints that is invalid, and a name that is not in it or may not be taken.
    pub fn of(cases: &Path, environment: Option<String>) -> Result<Option<Self>, AppError> {
        let Some(name) = environment.filter(|name| !name.is_empty()) else {
            let origin = || format!("`default` in {}", cases.join("endpoints.toml").display());
            return Ok(load_default(cases)?.map(|name| Self { name, origin: origin() }));
        };
        if name != REFERENCE && !is_address(&name) {
            check(&name, cases)?;
        }
        Ok(Some(Self { name, origin: ENDPOINT_VARIABLE.to_owned() }))
    }
}

/// Refuses a name of the environment that the file does not have, or whose endpoint must be named by an argument.
fn check(name: &str, cases: &Path) -> Result<(), AppError> {
    let known = load_endpoints(cases)?;
    let Some(entry) = known.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
        let file = cases.join("endpoints.toml").display().to_string();
        let hint = match nearest(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "write an address such as http://127.0.0.1:9000".to_owned(),
            None => format!("{file} names {}", names.join(", ")),
        };
        let message = format!("{ENDPOINT_VARIABLE}: `{name}` is not a URL, and {file} does not name it");
        return Err(AppError::settings_with(message, hint));
    };
    let Some((key, why)) = entry.reserved_reason() else { return Ok(()) };
    let message = format!("{ENDPOINT_VARIABLE} cannot be `{name}`: {why}");
    Err(match entry.problem(key, message.clone()) {
        Some(problem) => LoadError::Problems(vec![problem.hint(NAMED_ONLY)]).into(),
        None => AppError::settings_with(message, NAMED_ONLY),
    })
}
