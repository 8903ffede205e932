//! How `contract.toml` and the file that it shares are written: their keys, and what is said about them. Main types:
//! [`RawContractFile`] and [`RawCommon`]. The larger parts are in files of their own.

use serde_json::Value as Json;

use super::effect::{RawEffect, RawUnique};
use super::envelope::RawEnvelopeRules;
use super::parameter::RawContractParameter;
use super::state::RawStates;
use crate::model::{Effect, Listing, Problem, Reach};
use crate::source::compound::{At, Entries, Or, Values};
use crate::source::document::Node;
use crate::source::form::{Definitions, ValueForm};
use crate::source::normalisation::{RawOrderRule, RawValueRule};
use crate::source::record::{Key, Place, record};
use crate::source::word::{FieldType, UsualPlace};

pub(super) const SOURCES: &str = "Names of sources.";

pub(super) const UNPUBLISHED: &str = "Whether no published source has it: then it warns and fails nothing.";

pub(super) const CODES_START: &str = "What the code starts with.";

const VOLATILE: &str = "Values that change from run to run, shown as [name:1].";

const TIME: &str = "Times, shown as [name] if they are times.";

const UNORDERED: &str = "Lists whose order says nothing.";

/// An error code: a text, or a whole number.
#[derive(Debug)]
pub(in crate::source) struct RawCode<'a> {
    pub(super) node: &'a Node,
    pub(super) text: String,
    pub(super) is_numeric: bool,
}

impl<'a> ValueForm<'a> for RawCode<'a> {
    fn describe() -> String {
        <Or<String, i64>>::describe()
    }

    fn fits(node: &Node) -> bool {
        <Or<String, i64>>::fits(node)
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(match <Or<String, i64>>::read_fitting(node, problems)? {
            Or::One(text) => Self { node, text, is_numeric: false },
            Or::Other(number) => Self { node, text: number.to_string(), is_numeric: true },
        })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        <Or<String, i64>>::schema(definitions)
    }
}

pub(super) fn codes(list: &[RawCode<'_>]) -> Vec<String> {
    list.iter().map(|code| code.text.clone()).collect()
}

record! {
    /// `contract.toml`.
    closed "contract" RawContractFile {
        operation: Needed String = "operation", "The operation's name, as its publisher spells it.";
        version: Needed String = "version", "The version of the API.";
        about: Needed String = "about", "What the operation does, in a line.";
        effects: Key Vec<Effect> = "effects", "What an accepted request causes.";
        effect: Key RawEffect<'a> = "effect",
            "What an accepted request does, and how that is observed.";
        unique: Key Vec<RawUnique<'a>> = "unique",
            "Values of answers that no two answers share, each written as [[unique]].";
        common: Key At<'a, String> = "common",
            "A file of errors and envelope that several operations share.";
        rate_limit: Key RawRateLimit<'a> = "rate-limit", "The documented limit on calls.";
        sources: Key Entries<'a, RawSource<'a>> = "sources",
            "Where the promises are written, by short name.";
        request: Needed RawRequestShape<'a> = "request", "How a request is made.";
        parameters: Key Vec<RawContractParameter<'a>> = "param", "The parameters, each written as [[param]].";
        response: Key Vec<RawField<'a>> = "response", "The fields of a success body.";
        rows: Key Vec<RawErrorRow<'a>> = "error", "The error rows, in the order of the page.";
        rules: Key Vec<RawRule<'a>> = "rule", "Behaviour that no single parameter shows.";
        volatile: Key Vec<RawValueRule<'a>> = "volatile", VOLATILE;
        time: Key Vec<RawValueRule<'a>> = "time", TIME;
        unordered: Key Vec<RawOrderRule<'a>> = "unordered", UNORDERED;
        envelope: Key RawEnvelopeRules<'a> = "envelope",
            "What every answer looks like; replaces the shared one.";
        snapshot: Key RawSnapshotSettings<'a> = "snapshot",
            "What snapshots show; replaces the shared settings.";
    }

    /// A file that several contracts share.
    closed "common" RawCommon {
        #[expect(dead_code, reason = "it is for readers of the file")]
        about: Key String = "about", "What the file is for.";
        sources: Key Entries<'a, RawSource<'a>> = "sources",
            "Where the promises are written, by short name.";
        envelope: Key RawEnvelopeRules<'a> = "envelope", "What every answer looks like.";
        snapshot: Key RawSnapshotSettings<'a> = "snapshot", "What snapshots show.";
        rows: Key Vec<RawErrorRow<'a>> = "error",
            "Errors that every operation shares; a code may stand more than once.";
        volatile: Key Vec<RawValueRule<'a>> = "volatile", VOLATILE;
        time: Key Vec<RawValueRule<'a>> = "time", TIME;
        unordered: Key Vec<RawOrderRule<'a>> = "unordered", UNORDERED;
    }

    closed "rate-limit" RawRateLimit {
        calls: Needed u32 = "calls", "So many calls,";
        seconds: Needed u32 = "seconds", "in so many seconds.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
    }

    closed "source" RawSource {
        title: Needed String = "title", "What the source is.";
        url: Key String = "url", "Its address.";
        date: Key String = "date", "When it was published or read.";
    }

    closed "request-shape" RawRequestShape {
        method: Needed At<'a, String> = "method", "The usual method.";
        methods: Key Vec<At<'a, String>> = "methods", "All methods that the contract allows.";
        path: Needed At<'a, String> = "path", "The path; {name} holds a parameter.";
        place_of: Needed UsualPlace = "place", "Where parameters go.";
        lists: Key Listing = "lists", "How lists are flattened: Tag.1.Key, or the name again.";
        fixed: Key Values<'a> = "fixed", "Parameters that every request carries.";
        format: Key RawFormatChoice<'a> = "format", "How the format of the answer is asked for.";
    }

    closed "format-choice" RawFormatChoice {
        param: Needed String = "param", "The parameter's name.";
        json: Needed String = "json", "Its value for JSON.";
        xml: Needed String = "xml", "Its value for XML.";
    }

    closed "field" RawField {
        name: Needed String = "name",
            "The field's name at the top of the body; with dots, inside objects.";
        type_of: Needed FieldType = "type", "The type.";
        required: Key bool = "required", "Whether it must be there; true unless said otherwise.";
        pattern: Key At<'a, String> = "pattern", "A regular expression that it matches, as it is written.";
        open: Key String = "open", "Why its value may be any of its type.";
        about: Key String = "about", "What it means.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
    }

    closed "error" RawErrorRow {
        status: Needed At<'a, i64> = "status", "The HTTP status.";
        code: Needed RawCode<'a> = "code", "The error code: a text or a whole number.";
        message: Key String = "message", "The message; %s means one or more characters.";
        reach: Key Reach = "reach", "What it takes to provoke it.";
        about: Key String = "about", "What is worth knowing.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
    }

    closed "rule" RawRule {
        id: Needed String = "id", "The name that cases cite.";
        text: Needed String = "text", "What is promised.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        unpublished: Key bool = "unpublished", UNPUBLISHED;
        disputed: Key String = "disputed", "Why the sources do not settle it.";
    }

    closed "snapshot" RawSnapshotSettings {
        headers: Key Vec<String> = "headers", "Header fields that a snapshot shows.";
    }
}

/// The files that make up one contract.
pub(in crate::source) struct ContractFiles<'r, 'a> {
    pub(in crate::source) contract: &'r RawContractFile<'a>,
    pub(in crate::source) common: Option<&'r RawCommon<'a>>,
    pub(in crate::source) states: Option<&'r RawStates<'a>>,
    /// Whether each of them could be read.
    pub(in crate::source) are_whole: bool,
}

/// Of which parts every name is known, since nothing is wrong in them. A name that they do not have is reported for such
/// a part alone: elsewhere it may be one that is there and could not be read.
#[expect(clippy::struct_excessive_bools, reason = "each part of a contract is right or wrong by itself")]
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct KnownParts {
    pub(in crate::source) sources: bool,
    pub(in crate::source) states: bool,
    pub(in crate::source) parameters: bool,
    pub(in crate::source) codes: bool,
    pub(in crate::source) rules: bool,
}

impl KnownParts {
    pub(super) fn of(files: &ContractFiles<'_, '_>) -> Self {
        let ContractFiles { contract, common, states, are_whole } = files;
        Self {
            sources: *are_whole
                && contract.sources.names().is_some()
                && common.is_none_or(|common| common.sources.names().is_some()),
            states: *are_whole && states.is_none_or(|states| states.states.is_sound),
            parameters: contract.parameters.is_sound && contract.request.is_sound,
            codes: *are_whole && contract.rows.is_sound && common.is_none_or(|common| common.rows.is_sound),
            rules: contract.rules.is_sound,
        }
    }
}

/// What a promise rests on, as it is written.
pub(super) struct RawBacking<'r, 'a> {
    pub(super) place: &'r Place<'a>,
    pub(super) source: &'r Key<'a, Vec<At<'a, String>>>,
    pub(super) unpublished: &'r Key<'a, bool>,
}

impl<'r, 'a> RawBacking<'r, 'a> {
    pub(super) fn of(
        place: &'r Place<'a>,
        source: &'r Key<'a, Vec<At<'a, String>>>,
        unpublished: &'r Key<'a, bool>,
    ) -> Self {
        Self { place, source, unpublished }
    }
}
