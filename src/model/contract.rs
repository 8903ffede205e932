//! A contract: what an operation promises, as its published sources say it.

use super::named::named;
use std::sync::Arc;

use super::backing::Backing;
use super::effect::{EffectRule, UniqueRule};
use super::exchange::{AnswerFormat, Method};
use super::id::OperationId;
use super::message::MessageTemplate;
use super::normalisation::Normalisation;
use super::parameter::Parameter;
use super::request_spec::ParameterPlace;
use super::spot::{SourceText, Spot};
use super::state::{StateDefinition, Sweep};
use super::value::Value;

/// What an operation promises: parameters, response fields, error rows, rules.
#[derive(Debug)]
pub struct Contract {
    /// The operation's folder below `cases/`.
    pub id: OperationId,
    /// What it was read from: its own file, and the one that it shares with others.
    pub files: Vec<Arc<SourceText>>,
    /// The operation's name, as its publisher spells it.
    pub operation: String,
    /// The version of the API.
    pub version: String,
    /// What the operation does.
    pub about: String,
    /// What an accepted request causes.
    pub effects: Vec<Effect>,
    /// What an accepted request does, as far as it can be observed.
    pub effect: Option<EffectRule>,
    /// Values that no two answers of a run may share, beside the request id.
    pub unique: Vec<UniqueRule>,
    /// The documented limit on calls.
    pub rate_limit: Option<RateLimit>,
    /// Where the promises are written.
    pub sources: Vec<Source>,
    /// How a request is made.
    pub request: RequestShape,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// The fields of a success body.
    pub response: Vec<Field>,
    /// The operation's own error rows, in the order of the page.
    pub rows: Vec<ErrorRow>,
    /// Errors that every operation of the product shares; a code may occur more than once.
    pub shared_rows: Vec<ErrorRow>,
    /// Behaviour that no single parameter shows.
    pub rules: Vec<ContractRule>,
    /// What every answer looks like.
    pub envelope: Envelope,
    /// What snapshots leave out of its answers.
    pub normalisation: Normalisation,
    /// Header fields that a snapshot shows, lower case.
    pub snapshot_headers: Vec<String>,
    /// The states that cases can ask for.
    pub states: Vec<StateDefinition>,
    /// How what a killed run left behind is removed.
    pub sweep: Option<Sweep>,
}

impl Contract {
    /// Every row, own or shared, with this code.
    pub fn rows_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a ErrorRow> {
        self.rows.iter().chain(&self.shared_rows).filter(move |row| row.code == code)
    }

    /// Every row, own or shared, with this code as a text or as a number.
    pub fn rows_of_value<'a>(&'a self, code: &'a Value) -> impl Iterator<Item = &'a ErrorRow> {
        self.rows.iter().chain(&self.shared_rows).filter(move |row| row.has_code(code))
    }

    /// The fields of a success body, the operation's own and those that all operations share, or those of an error.
    pub fn fields(&self, is_success: bool) -> impl Iterator<Item = &Field> {
        let is_own = |name: &str| self.response.iter().any(|own| own.name == name);
        let own = self.response.iter().filter(move |_| is_success);
        let shared = self.envelope.success.iter().filter(move |field| is_success && !is_own(&field.name));
        let of_errors = self.envelope.error.iter().filter(move |_| !is_success);
        own.chain(shared).chain(of_errors)
    }

    /// The promises that are marked as ones that no published source has, by name.
    pub fn unpublished(&self) -> Vec<(String, &Backing)> {
        let envelope = &self.envelope;
        let request_id = envelope.request_id.as_ref();
        let header = request_id.and_then(|rule| rule.header.as_ref());
        let rules = [
            ("content-type", envelope.media_types_backing.as_ref()),
            ("content-type.charset", envelope.charset.as_ref().map(|charset| &charset.backing)),
            ("success.absent", envelope.absent_backing.as_ref()),
            ("request-id", request_id.map(|rule| &rule.backing)),
            ("request-id.header", header.map(|header| &header.backing)),
            ("xml", envelope.xml.as_ref().map(|roots| &roots.backing)),
        ];
        let rules =
            rules.into_iter().filter_map(|(name, backing)| Some((format!("envelope {name}"), backing?)));
        let headers = envelope.headers.iter();
        let headers = headers.map(|header| (format!("envelope headers.{}", header.name), &header.backing));
        let rules = rules.chain(headers);
        let closed = [("success.closed", &envelope.success_others), ("error.closed", &envelope.error_others)];
        let closed = closed.into_iter().filter_map(|(name, others)| match others {
            OtherFields::Refused(backing) => Some((format!("envelope {name}"), backing)),
            OtherFields::Unsaid | OtherFields::Open { .. } => None,
        });
        let rules = rules.chain(closed);
        let fields = self.response.iter().chain(&envelope.success).chain(&envelope.error);
        let fields = fields.map(|field| (format!("field {}", field.name), &field.backing));
        let others = self.rules.iter().map(|rule| (format!("rule {}", rule.id), &rule.backing));
        let effect = self.effect.iter().map(|rule| (format!("effect {}", rule.about), &rule.backing));
        let unique = self.unique.iter().map(|rule| (format!("unique {}", rule.at), &rule.backing));
        let all = rules.chain(fields).chain(others).chain(effect).chain(unique);
        all.filter(|(_, backing)| backing.is_unpublished).collect()
    }

    /// The state of this name.
    pub fn state(&self, name: &str) -> Option<&StateDefinition> {
        self.states.iter().find(|state| state.name == name)
    }

    /// The declared parameter that a flattened name such as `Tag.3.Key` is an instance of.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.covers(name))
    }
}

named! {
    /// Something that a request causes beside its answer.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Effect {
        /// It costs money on a real endpoint.
        Billable = "billable",
    }
}

/// A documented limit on calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// So many calls.
    pub calls: u32,
    /// In so many seconds.
    pub seconds: u32,
    /// Names of sources.
    pub source: Vec<String>,
}

/// Where a promise is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The short name that promises cite.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Its address.
    pub url: Option<String>,
    /// When it was published or read.
    pub date: Option<String>,
}

/// How a request of the operation is made.
#[derive(Debug, Clone)]
pub struct RequestShape {
    /// The usual method.
    pub method: Method,
    /// All methods that the contract allows.
    pub methods: Vec<Method>,
    /// The path; `{name}` holds a parameter.
    pub path: String,
    /// Where parameters go unless they say otherwise.
    pub place: ParameterPlace,
    /// How lists are flattened.
    pub lists: Listing,
    /// Parameters that every request carries.
    pub fixed: Vec<(String, Value)>,
    /// How the format of the answer is asked for.
    pub format: Option<FormatChoice>,
}

named! {
    /// How a list becomes flat parameters.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Listing {
        /// `Tag.1.Key`, counted from 1.
        Numbered = "numbered",
        /// The name again for each item.
        Repeated = "repeated",
    }
}

/// The parameter by which a format is asked for, and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatChoice {
    /// The parameter's name.
    pub param: String,
    /// Its value for JSON.
    pub json: String,
    /// Its value for XML.
    pub xml: String,
}

impl FormatChoice {
    /// The parameter's value for `format`.
    pub fn value(&self, format: AnswerFormat) -> &str {
        match format {
            AnswerFormat::Json => &self.json,
            AnswerFormat::Xml => &self.xml,
        }
    }
}

/// One field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name at the top of the body; with dots, a name inside objects.
    pub name: String,
    /// Its type, as [`Value::type_name`] spells it.
    pub type_name: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// A regular expression that its text matches.
    pub pattern: Option<String>,
    /// What it means.
    pub about: String,
    /// Why its value may be any of its type.
    pub open: Option<String>,
    /// What promises it.
    pub backing: Backing,
}

impl Field {
    /// The keys that lead to it, from the top of the body.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.name.split('.')
    }

    /// The field's value in a body: that of a key with the whole name, or of the last of several keys.
    pub fn find<'a>(&self, tree: &'a Value) -> Option<&'a Value> {
        tree.get(&self.name).or_else(|| self.keys().try_fold(tree, |tree, key| tree.get(key)))
    }
}

/// One line of the contract's table of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The HTTP status.
    pub status: u16,
    /// The error code, or the digits of one that is a number.
    pub code: String,
    /// Whether the code is a number.
    pub is_numeric: bool,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<MessageTemplate>,
    /// What it takes to provoke it.
    pub reach: Reach,
    /// What is worth knowing.
    pub about: Option<String>,
    /// Titles of sources.
    pub source: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

impl ErrorRow {
    /// Whether the row's code is this value.
    pub fn has_code(&self, code: &Value) -> bool {
        match code {
            Value::Text(text) => !self.is_numeric && *text == self.code,
            Value::Number(_) => self.is_numeric && Value::Number(self.code.clone()).is_same(code),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => false,
        }
    }

    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_ref().map(MessageTemplate::as_str))
    }
}

/// The name of an error row: its status, code and message.
pub fn row_label(status: u16, code: &str, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("{status} {code} {}", Value::text(message)),
        None => format!("{status} {code}"),
    }
}

named! {
    /// What it takes to provoke an error row.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Reach {
        /// A request alone.
        Request = "request",
        /// A state on the endpoint.
        State = "state",
    }
}

/// Behaviour that no single parameter shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRule {
    /// The name that cases cite.
    pub id: String,
    /// What is promised.
    pub text: String,
    /// Why the sources do not settle it.
    pub disputed: Option<String>,
    /// What promises it.
    pub backing: Backing,
}

/// What every answer of the product looks like.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// The `JSONPath` of an error's code.
    pub code: Option<String>,
    /// The `JSONPath` of an error's message.
    pub message: Option<String>,
    /// The media types of answers.
    pub media_types: MediaTypes,
    /// What promises them.
    pub media_types_backing: Option<Backing>,
    /// The charset that the content type names.
    pub charset: Option<Charset>,
    /// Header fields of every answer.
    pub headers: Vec<HeaderPromise>,
    /// Fields of a success body, beside those of the operation.
    pub success: Vec<Field>,
    /// Names that a success body must not have.
    pub absent: Vec<String>,
    /// What promises that.
    pub absent_backing: Option<Backing>,
    /// Whether a success body may have fields that the contract does not name.
    pub success_others: OtherFields,
    /// Whether an error body may.
    pub error_others: OtherFields,
    /// Fields of an error body.
    pub error: Vec<Field>,
    /// The request id.
    pub request_id: Option<RequestIdRule>,
    /// The names of XML roots.
    pub xml: Option<XmlRoots>,
    /// How an answer says that there were too many requests.
    pub throttled: Throttle,
    /// What an error's code starts with where the caller's key is refused, whatever is asked for.
    pub refused: Vec<String>,
}

impl Envelope {
    /// Whether a body may have fields that the contract does not name.
    pub fn others(&self, is_success: bool) -> &OtherFields {
        if is_success { &self.success_others } else { &self.error_others }
    }
}

/// Whether a body may have fields that the contract does not name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OtherFields {
    /// The contract does not say.
    #[default]
    Unsaid,
    /// It has no others.
    Refused(Backing),
    /// It may.
    Open {
        /// Why.
        why: String,
        /// Where that is written.
        spot: Spot,
    },
}

/// A header field of every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderPromise {
    /// Its name, in lower case.
    pub name: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// A regular expression that each of its lines matches.
    pub pattern: Option<String>,
    /// Why it may have any value.
    pub open: Option<String>,
    /// What promises it.
    pub backing: Backing,
}

/// The charset that the content type of an answer names, for each format that the contract says it of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charset {
    /// Of JSON.
    pub json: Option<String>,
    /// Of XML.
    pub xml: Option<String>,
    /// What promises it.
    pub backing: Backing,
}

impl Charset {
    /// That of a format.
    pub fn of(&self, format: AnswerFormat) -> Option<&str> {
        match format {
            AnswerFormat::Json => self.json.as_deref(),
            AnswerFormat::Xml => self.xml.as_deref(),
        }
    }
}

/// The media types of answers, without parameters; none at all if the contract does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaTypes {
    /// Of JSON.
    pub json: Vec<String>,
    /// Of XML.
    pub xml: Vec<String>,
    /// Of anything else.
    pub other: Vec<String>,
}

impl MediaTypes {
    /// Whether the contract does not say.
    pub fn is_empty(&self) -> bool {
        self.json.is_empty() && self.xml.is_empty() && self.other.is_empty()
    }

    /// Those of a format.
    pub fn of(&self, format: AnswerFormat) -> &[String] {
        match format {
            AnswerFormat::Json => &self.json,
            AnswerFormat::Xml => &self.xml,
        }
    }

    /// Whether a media type in lower case is one of a format.
    pub fn has(&self, format: AnswerFormat, media_type: &str) -> bool {
        is_among(self.of(format), media_type)
    }

    /// Whether a media type in lower case is one of a body that is neither JSON nor XML.
    pub fn has_other(&self, media_type: &str) -> bool {
        is_among(&self.other, media_type)
    }
}

fn is_among(types: &[String], media_type: &str) -> bool {
    types.iter().any(|known| known.eq_ignore_ascii_case(media_type))
}

/// What holds of request ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestIdRule {
    /// Its `JSONPath` in the body.
    pub body: String,
    /// The header field that repeats it.
    pub header: Option<HeaderRule>,
    /// Whether no two answers may share one.
    pub is_unique: bool,
    /// What promises that.
    pub backing: Backing,
}

/// A header field that repeats a value of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// Its name, in lower case.
    pub name: String,
    /// What promises it.
    pub backing: Backing,
}

/// The names of the root elements of XML answers; `{operation}` is replaced by the operation's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlRoots {
    /// Of a success.
    pub success: String,
    /// Of an error.
    pub error: String,
    /// What promises them.
    pub backing: Backing,
}

/// How an answer says that there were too many requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Throttle {
    /// By one of these statuses.
    pub status: Vec<u16>,
    /// By a code that starts with one of these.
    pub code: Vec<String>,
}
