//! Credentials: from the environment, or from the configuration file of the provider's command line.
//!
//! Nothing here shows a secret; an error names where one was looked for.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{AppError, EnvironmentVariables};
use crate::model::Scheme;
use crate::run::Signing;
#[cfg(feature = "aws")]
use crate::sign::AwsV4;
use crate::sign::{Basic, Bearer, Credentials, SHORTEST_SECRET, Secret};
use crate::source::EndpointEntry;

/// The variables of the provider's own tools.
const KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
/// The variables of AWS's own tools.
#[cfg(feature = "aws")]
const AWS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
#[cfg(feature = "aws")]
const AWS_KEY_SECRET: &str = "AWS_SECRET_ACCESS_KEY";
#[cfg(feature = "aws")]
const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// The variables of this tool.
const BEARER: &str = "PROOFMARK_BEARER_TOKEN";
const USER: &str = "PROOFMARK_BASIC_USER";
const PASSWORD: &str = "PROOFMARK_BASIC_PASSWORD";

/// Signing by a scheme, with credentials of the endpoint's source: `environment`, or `profile:NAME`.
pub(super) fn signing(
    scheme: Scheme,
    entry: &EndpointEntry,
    variables: EnvironmentVariables,
) -> Result<Signing, AppError> {
    let source = entry.credentials.as_deref();
    match scheme {
        Scheme::None => Ok(Signing::none(true)),
        Scheme::V1 | Scheme::V3 => Ok(Signing::with_key(&key(source, variables)?, scheme)),
        Scheme::Bearer => {
            Ok(Signing::always(Arc::new(Bearer::new(Secret::new(secret(BEARER, variables)?))), scheme))
        }
        Scheme::Basic => {
            let signer = Basic::new(variable(USER, variables)?, Secret::new(secret(PASSWORD, variables)?));
            Ok(Signing::always(Arc::new(signer), scheme))
        }
        Scheme::AwsV4 => aws(entry, variables),
    }
}

/// AWS's signature, for the region and the service that the endpoint's settings name.
#[cfg(feature = "aws")]
fn aws(entry: &EndpointEntry, variables: EnvironmentVariables) -> Result<Signing, AppError> {
    let scope = |key: &str, value: &Option<String>| {
        value.clone().filter(|value| !value.is_empty()).ok_or_else(|| AppError::Settings {
            message: format!("{} signs for a {key}, and `{}` has none", Scheme::AwsV4, entry.name),
            hint: Some(format!("write `{key}` in the endpoint's settings in endpoints.toml")),
        })
    };
    let (region, service) = (scope("region", &entry.region)?, scope("service", &entry.service)?);
    if entry.credentials.as_deref().is_some_and(|source| source != "environment") {
        let message = format!("credentials for {} come from the environment alone", Scheme::AwsV4);
        return Err(missing_credentials(message));
    }
    let key = Credentials::new(secret(AWS_KEY_ID, variables)?, secret(AWS_KEY_SECRET, variables)?);
    let key = with_token(key, AWS_SESSION_TOKEN, variables)?;
    Ok(Signing::always(Arc::new(AwsV4::new(key, region, service)), Scheme::AwsV4))
}

/// Some thirty crates more are needed, which few want.
#[cfg(not(feature = "aws"))]
fn aws(entry: &EndpointEntry, _variables: EnvironmentVariables) -> Result<Signing, AppError> {
    Err(AppError::Settings {
        message: format!("{}: this build of the program cannot sign by {}", entry.name, Scheme::AwsV4),
        hint: Some("build it with `cargo build --release --features aws`".into()),
    })
}

/// The key as a temporary one, if the environment has the token of this name.
fn with_token(
    key: Credentials,
    name: &str,
    variables: EnvironmentVariables,
) -> Result<Credentials, AppError> {
    match variables(name) {
        Some(token) if !token.is_empty() => Ok(key.with_security_token(hideable(token, name)?)),
        Some(_) | None => Ok(key),
    }
}

/// A variable whose value is hidden wherever the endpoint repeats it.
fn secret(name: &str, variables: EnvironmentVariables) -> Result<String, AppError> {
    hideable(variable(name, variables)?, name)
}

/// A secret that is long enough to be found in answers that repeat it, without matching other text.
fn hideable(text: String, source: &str) -> Result<String, AppError> {
    if text.chars().any(char::is_control) {
        let message = format!("{source}: the value has a line end or another control character");
        let hint =
            Some("no request can carry that; a file that it is read from may end with a line end".into());
        return Err(AppError::Settings { message, hint });
    }
    if text.len() >= SHORTEST_SECRET {
        return Ok(text);
    }
    let message = format!(
        "{source}: the value has fewer than {SHORTEST_SECRET} bytes, too few to be hidden where an endpoint repeats them"
    );
    Err(AppError::Settings { message, hint: Some("use a longer secret for this endpoint".into()) })
}

fn variable(name: &str, variables: EnvironmentVariables) -> Result<String, AppError> {
    variables(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| missing_credentials(format!("the variable {name} is not set")))
}

fn missing_credentials(message: String) -> AppError {
    AppError::Settings { message, hint: Some("--sign none sends requests unsigned".into()) }
}

fn key(source: Option<&str>, variables: EnvironmentVariables) -> Result<Credentials, AppError> {
    match source.unwrap_or("environment") {
        "environment" => {
            let key = Credentials::new(secret(KEY_ID, variables)?, secret(KEY_SECRET, variables)?);
            with_token(key, SECURITY_TOKEN, variables)
        }
        other => match other.strip_prefix("profile:") {
            Some(name) => profile(name, variables),
            None => Err(missing_credentials(format!(
                "`{other}` is not a source of credentials; write environment or profile:NAME"
            ))),
        },
    }
}

/// A profile of the provider's command line, in `~/.aliyun/config.json`.
fn profile(name: &str, variables: EnvironmentVariables) -> Result<Credentials, AppError> {
    let home = variables("HOME").or_else(|| variables("USERPROFILE")).unwrap_or_default();
    let path = PathBuf::from(home).join(".aliyun").join("config.json");
    let shown = path.display();
    let text =
        fs::read(&path).map_err(|error| missing_credentials(format!("{shown} cannot be read: {error}")))?;
    // The parser's own message could repeat a part of the file.
    let json: Json =
        serde_json::from_slice(&text).map_err(|_| missing_credentials(format!("{shown} is not JSON")))?;
    let profiles = json["profiles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = profiles.iter().find(|profile| profile["name"] == name);
    let found = found.ok_or_else(|| missing_credentials(format!("{shown} has no profile `{name}`")))?;
    let text = |key: &str| found[key].as_str().filter(|text| !text.is_empty());
    match (text("access_key_id"), text("access_key_secret")) {
        (Some(id), Some(secret)) => {
            let checked = |text: &str, key: &str| {
                hideable(text.to_owned(), &format!("`{key}` of the profile `{name}` in {shown}"))
            };
            let key = Credentials::new(checked(id, "access_key_id")?, checked(secret, "access_key_secret")?);
            match text("sts_token") {
                None => Ok(key),
                Some(token) => Ok(key.with_security_token(checked(token, "sts_token")?)),
            }
        }
        (None | Some(_), None) | (None, Some(_)) => {
            Err(missing_credentials(format!("the profile `{name}` in {shown} has no key")))
        }
    }
}
