//! How a certified run was made: what its events do not say. Main type: [`Account`], the bundle's `run.json`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::statement::ResourceDescriptor;
use crate::model::{Day, EndpointKind, Scheme};

/// The name of the file.
pub const ACCOUNT: &str = "run.json";

const FORMAT: &str = "proofmark-certified-run";
const VERSION: u32 = 1;

/// What was asked for, of which endpoint, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    format: String,
    version: u32,
    /// What was tested, if an argument named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ResourceDescriptor>,
    /// The patterns that selected cases; all of them if there are none.
    pub patterns: Vec<String>,
    /// Whether each pattern is a whole id.
    pub exact: bool,
    /// The expressions that selected cases of those; all of them if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Whether mutants of the recorded answers were judged.
    pub mutants: bool,
    kind: String,
    signing: String,
    /// Whether the endpoint has a state hook.
    pub hook: bool,
    started: String,
    ended: String,
    /// Where the run can be looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A moment in whole seconds; finer parts are not needed.
fn in_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

/// The endpoint of a run, beyond its name and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointAccount {
    /// What it is.
    pub kind: EndpointKind,
    /// How requests are signed that do not say so themselves.
    pub signing: Scheme,
    /// Whether it has a state hook.
    pub hook: bool,
}

impl Account {
    /// An account of a run of all cases between two moments; a clock that was set back meanwhile counts as one that stood
    /// still.
    pub fn new(tested: EndpointAccount, started: Timestamp, ended: Timestamp) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            subject: None,
            patterns: Vec::new(),
            exact: false,
            filters: Vec::new(),
            mutants: false,
            kind: tested.kind.name().to_owned(),
            signing: tested.signing.to_string(),
            hook: tested.hook,
            started: in_seconds(started).to_string(),
            ended: in_seconds(ended.max(started)).to_string(),
            url: None,
        }
    }

    /// What the endpoint is.
    ///
    /// # Errors
    /// An account that does not say so.
    pub fn tested_endpoint(&self) -> Result<EndpointAccount, String> {
        Ok(EndpointAccount { kind: self.kind.parse()?, signing: self.signing.parse()?, hook: self.hook })
    }

    /// When the run started and ended, as text.
    pub fn times(&self) -> (&str, &str) {
        (&self.started, &self.ended)
    }

    /// The day, in UTC, on which waivers had to count.
    ///
    /// # Errors
    /// An account without times, with times that are written in another way, or that ends before it starts.
    pub fn day(&self) -> Result<Day, String> {
        let moment = |text: &str| {
            let found = text.parse::<Timestamp>().ok();
            let found = found.filter(|moment| in_seconds(*moment).to_string() == text);
            found.ok_or_else(|| format!("`{text}` is not a time as proofmark writes it"))
        };
        let (started, ended) = (moment(&self.started)?, moment(&self.ended)?);
        if ended < started {
            return Err(format!("it ends at {}, before it starts at {}", self.ended, self.started));
        }
        Ok(Day::from_checked(started.to_zoned_datetime(TimeZone::UTC).date().to_string()))
    }

    /// The account as it is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::canonical(self)
    }

    /// Reads an account.
    ///
    /// # Errors
    /// Bytes that [`Account::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let account: Self = super::read_canonical(bytes)?;
        if account.format != FORMAT || account.version != VERSION {
            let (format, version) = (account.format, account.version);
            return Err(format!(
                "it is `{format}` version {version}; `{FORMAT}` version {VERSION} can be read"
            ));
        }
        account.tested_endpoint()?;
        account.day()?;
        Ok(account)
    }
}
