//! The words of the product as plain values: contracts, cases, exchanges, findings, verdicts.
//!
//! Nothing here reads a file, a clock or a socket, and nothing here knows a file format: `source`
//! makes these values, `run` fills the later ones, `report` shows them.

mod backing;
mod case;
mod character;
mod contract;
mod decimal;
mod duration;
mod effect;
mod endpoint_kind;
mod exchange;
mod expect;
mod finding;
mod framing;
mod id;
mod literals;
mod manifest;
mod matcher;
mod merge;
mod message;
mod named;
mod near;
mod normalisation;
mod parameter;
mod path_effort;
mod path_text;
mod plural;
mod repeated;
mod request_spec;
mod sendable;
mod spot;
mod state;
mod strength;
mod suite;
mod utc_time;
mod value;
mod verdict;
mod waiver;
pub(crate) mod work;
pub(crate) mod written;

pub use backing::{Backing, name_sources};
pub use case::{AxisChoice, Case, Given, PreparedStep, Row, Step, Variable, With, last_part};
pub use character::{is_hostile, json_escape};
pub use contract::{
    Charset, Contract, ContractRule, Effect, Envelope, ErrorRow, Field, FormatChoice, HeaderPromise,
    HeaderRule, Listing, MediaTypes, OtherFields, RateLimit, Reach, RequestIdRule, RequestShape, Source,
    Throttle, XmlRoots, row_label,
};
pub use duration::{duration, duration_between, duration_or_seconds};
pub use effect::{EffectRule, Effects, Moment, Observation, ObservationRequest, UniqueRule};
pub use endpoint_kind::EndpointKind;
pub use exchange::{
    Answer, AnswerFormat, Body, Exchange, Flaw, Method, NoAnswer, Request, SentBody, essence, is_token,
};
pub use expect::{Expect, StatusRule, target};
pub use finding::{
    A_PAGE, ABSENT_FIELD, Citation, Finding, Level, NOT_KEPT, OWN_ID, OWN_VALUE, Promise, UNNAMED_FIELD,
};
pub use framing::FramingBreach;
pub use id::{CaseId, IdError, OperationId, TableId, check_part};
pub use literals::Literals;
pub use manifest::{Drift, ListedContract, Manifest};
pub use matcher::{Bounds, Matcher, MatcherFlaw, MatcherTarget};
pub use merge::merge_params;
pub(crate) use merge::{put_over, put_over_fields};
pub use message::{BLANK, MessageTemplate, ONLY_DIFFERS, TemplateMismatch};
pub(crate) use named::named;
pub use near::{MOST_COMPARED, nearest, nearest_of, slip};
pub use normalisation::{AnswerPlace, Normalisation, OrderRule, ValueKind, ValueRule};
pub use parameter::{Constraint, Limit, Parameter, ParameterType};
pub use path_effort::{PathShape, TreeSize};
pub use path_text::{is_singular, path_in_brackets, pattern_literals};
pub use plural::{plural, pluralise};
pub use repeated::Repeated;
pub use request_spec::{ParameterPlace, RawParts, RequestSpec, Scheme};
pub use sendable::{NO_TUNNEL, field_flaw, target_flaw};
pub use spot::{FileLocation, Problem, SourceText, Spot};
pub use state::{Fixture, Recipe, RecipeStep, StateDefinition, StateParameter, StateVariable, Sweep};
pub use strength::{FloorScore, MutantScore, Strength, killed_percent};
pub use suite::{Operation, Suite, Table};
pub use utc_time::UtcTime;
pub use value::Value;
pub use verdict::{
    CaseRecord, Inconclusive, RequestId, SetUp, Skipped, SnapshotOutcome, Verdict, VerdictCounts, attempt,
    whole_micros,
};
pub use waiver::{Day, WaivedCases, Waiver};
