//! Reads `contract.toml`, the file it shares with others, and `states.toml` into a [`Contract`].
//! The parts are read in files of their own; what they share is the [`ContractReader`].

mod effect;
mod envelope;
mod parameter;
mod raw;
mod state;

use std::sync::Arc;

use super::compound::{At, Entry, Values};
use super::document::Node;
use super::error_code::unknown_code;
use super::matcher::{check_path, check_singular};
use super::normalisation::{self, RawRules};
use super::record::{Key, Place};
use super::regexes::pattern;
use crate::model::{
    Backing, Contract, ContractRule, Envelope, ErrorRow, Field, FormatChoice, Listing, MessageTemplate,
    Method, OperationId, Parameter, ParameterPlace, Problem, RateLimit, Reach, RequestShape, Source,
    SourceText, nearest,
};

pub(super) use raw::{ContractFiles, KnownParts, RawCommon, RawContractFile};
use raw::{RawBacking, RawErrorRow, RawField, RawRateLimit, RawRequestShape, RawRule, RawSource};
pub(super) use state::RawStates;

/// Builds a contract; what does not fit together joins `problems`.
pub(super) fn read(
    id: OperationId,
    files: &ContractFiles<'_, '_>,
    problems: &mut Vec<Problem>,
) -> (Contract, KnownParts) {
    let known = KnownParts::of(files);
    let (sources, source_names) = (sources_of(files), source_names(files));
    let mut reader = ContractReader { problems, sources, source_names, known };
    let (own, common) = (files.contract, files.common);
    let rows = reader.rows(own.rows.items(), true);
    let shared_rows = reader.rows(common.map(|common| common.rows.items()).unwrap_or_default(), false);
    let normalisation = normalisation::read(&rules_of(files), reader.problems);
    let states = files.states.map(|raw| state::states(raw, reader.problems)).unwrap_or_default();
    let contract = Contract {
        id,
        files: [own.place].into_iter().chain(common.map(|common| common.place)).map(file_of).collect(),
        operation: own.operation.or_reported(),
        version: own.version.or_reported(),
        about: own.about.or_reported(),
        effects: own.effects.items().to_vec(),
        rate_limit: own.rate_limit.value.as_ref().map(|raw| reader.rate_limit(raw)),
        request: reader.request(own.request.value.as_ref()),
        parameters: reader.parameters(own.parameters.items()),
        response: reader.fields(own.response.items()),
        rules: reader.rules(own.rules.items()),
        envelope: reader.shared_envelope(files),
        snapshot_headers: snapshot_headers(files),
        effect: own.effect.value.as_ref().and_then(|raw| reader.effect(raw, &states)),
        unique: reader.unique(own.unique.items()),
        states,
        sweep: files.states.and_then(|raw| state::sweep(raw, reader.problems)),
        sources: reader.sources.clone(),
        rows,
        shared_rows,
        normalisation,
    };
    reader.check_codes(&contract, own);
    reader.check_path(&contract, own);
    reader.check_replay(&contract, own.effect.value.as_ref());
    let known = reader.known;
    (contract, known)
}

fn file_of(place: Place<'_>) -> Arc<SourceText> {
    Arc::clone(&place.node.spot.file)
}

fn rules_of<'r, 'a>(files: &ContractFiles<'r, 'a>) -> Vec<RawRules<'r, 'a>> {
    let shared = files.common.map(|raw| RawRules {
        volatile: &raw.volatile,
        time: &raw.time,
        unordered: &raw.unordered,
    });
    let raw = files.contract;
    let own = RawRules { volatile: &raw.volatile, time: &raw.time, unordered: &raw.unordered };
    shared.into_iter().chain([own]).collect()
}

fn sources_of(files: &ContractFiles<'_, '_>) -> Vec<Source> {
    let tables = files.common.map(|common| &common.sources).into_iter().chain([&files.contract.sources]);
    let read = |entry: &Entry<'_, RawSource<'_>>| Source {
        name: entry.written.key.clone(),
        title: entry.value.title.or_reported(),
        url: entry.value.url.value.clone(),
        date: entry.value.date.value.clone(),
    };
    tables.flat_map(|table| table.entries().iter().map(read)).collect()
}

/// The names of sources as they are written, those of wrong ones too.
fn source_names(files: &ContractFiles<'_, '_>) -> Vec<String> {
    let tables = files.common.map(|common| &common.sources).into_iter().chain([&files.contract.sources]);
    tables.flat_map(|table| table.names().unwrap_or_default()).map(str::to_owned).collect()
}

/// What snapshots show, by the contract's own settings or else by those that it shares.
fn snapshot_headers(files: &ContractFiles<'_, '_>) -> Vec<String> {
    let own = &files.contract.snapshot;
    let shared = files.common.map(|common| &common.snapshot).filter(|_| own.node.is_none());
    let raw = shared.unwrap_or(own).value.as_ref();
    let names = raw.map(|raw| raw.headers.items()).unwrap_or_default();
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

struct ContractReader<'a> {
    problems: &'a mut Vec<Problem>,
    sources: Vec<Source>,
    source_names: Vec<String>,
    known: KnownParts,
}

impl ContractReader<'_> {
    fn problem(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem::new(node.spot.clone(), message));
    }

    /// The sources that are cited, each of which must be known.
    fn read_cited_sources(&mut self, list: &Key<'_, Vec<At<'_, String>>>) -> Vec<String> {
        for At { node, value: name } in list.items() {
            if !self.known.sources || self.source_names.contains(name) {
                continue;
            }
            let hint = format!("[sources] has {}", self.source_names.join(", "));
            let problem = Problem::new(node.spot.clone(), format!("no source is called `{name}`"));
            self.problems.push(problem.hint(hint));
        }
        list.items().iter().map(|item| item.value.clone()).collect()
    }

    /// The titles of those that are cited: only who has read the contract knows their names.
    fn read_cited_titles(&mut self, list: &Key<'_, Vec<At<'_, String>>>) -> Vec<String> {
        let names = self.read_cited_sources(list);
        let title = |name: String| {
            let source = self.sources.iter().find(|source| source.name == name && !source.title.is_empty());
            source.map_or(name, |source| source.title.clone())
        };
        names.into_iter().map(title).collect()
    }

    fn rate_limit(&mut self, raw: &RawRateLimit<'_>) -> RateLimit {
        RateLimit {
            calls: raw.calls.or_reported(),
            seconds: raw.seconds.or_reported(),
            source: self.read_cited_sources(&raw.source),
        }
    }

    /// The envelope of the contract, or else the one that it shares.
    fn shared_envelope(&mut self, files: &ContractFiles<'_, '_>) -> Envelope {
        let own = &files.contract.envelope;
        let shared = files.common.map(|common| &common.envelope).filter(|_| own.node.is_none());
        let raw = shared.unwrap_or(own).value.as_ref();
        raw.map(|raw| self.envelope(raw)).unwrap_or_default()
    }

    /// How a request is made; nothing is sent by one that is wrong.
    fn request(&mut self, raw: Option<&RawRequestShape<'_>>) -> RequestShape {
        let listed = raw.map(|raw| raw.methods.items()).unwrap_or_default();
        let mut methods: Vec<Method> = listed.iter().filter_map(|item| self.method(item)).collect();
        let usual = raw.and_then(|raw| raw.method.value.as_ref()).and_then(|item| self.method(item));
        let method = usual.or_else(|| Method::new("GET")).expect("GET is a token");
        if !methods.contains(&method) {
            methods.insert(0, method.clone());
        }
        let path = raw.and_then(|raw| raw.path.value.as_ref());
        if let Some(path) = path.filter(|path| !path.value.starts_with('/')) {
            self.problem(path.node, "a path starts with `/`");
        }
        RequestShape {
            method,
            methods,
            path: path.map(|path| path.value.clone()).unwrap_or_default(),
            place: raw.and_then(|raw| raw.place_of.value).map_or(ParameterPlace::Query, |place| place.0),
            lists: raw.and_then(|raw| raw.lists.value).unwrap_or(Listing::Numbered),
            fixed: raw.and_then(|raw| raw.fixed.value.as_ref()).map(Values::to_pairs).unwrap_or_default(),
            format: raw.and_then(|raw| raw.format.value.as_ref()).map(|format| FormatChoice {
                param: format.param.or_reported(),
                json: format.json.or_reported(),
                xml: format.xml.or_reported(),
            }),
        }
    }

    /// Each `{name}` of the path is filled by a parameter, and each parameter of the path has its `{name}`.
    fn check_path(&mut self, contract: &Contract, own: &RawContractFile<'_>) {
        let request = own.request.value.as_ref().filter(|request| request.place_of.is_sound);
        let Some(At { node, .. }) = request.and_then(|request| request.path.value.as_ref()) else { return };
        let path = contract.request.path.as_str();
        let names: Vec<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect();
        if path.matches('{').count() != names.len() {
            self.problem(node, "a `{` of the path has no `}`");
            return;
        }
        if !self.known.parameters {
            return;
        }
        let is_in_path = |parameter: &&Parameter| {
            parameter.place.unwrap_or(contract.request.place) == ParameterPlace::Path
        };
        let known: Vec<&str> =
            contract.parameters.iter().filter(is_in_path).map(|parameter| parameter.name.as_str()).collect();
        for name in names.iter().filter(|name| !known.contains(*name)) {
            let hint = match nearest(name, &known) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => format!("declare `{name}` as a [[param]] with place = \"path\""),
            };
            let message = format!("no parameter of the path is called `{name}`");
            self.problems.push(Problem::new(node.spot.clone(), message).hint(hint));
        }
        for name in known.iter().filter(|name| !names.contains(*name)) {
            self.problem(node, format!("the path has no place for the parameter `{name}`: write {{{name}}}"));
        }
    }

    fn method(&mut self, text: &At<'_, String>) -> Option<Method> {
        let method = Method::new(&text.value);
        if method.is_none() {
            self.problem(text.node, format!("`{}` is not an HTTP method", text.value));
        }
        method
    }

    fn pattern(&mut self, text: &At<'_, String>) -> Option<String> {
        pattern(text, self.problems).map(|_| text.value.clone())
    }

    /// A path to one value: a code, a message, a request id.
    fn path(&mut self, text: Option<&At<'_, String>>) -> Option<String> {
        let At { node, value } = text?;
        check_path(value, &node.spot, self.problems);
        check_singular(value, &node.spot, self.problems);
        Some(value.clone())
    }

    fn fields(&mut self, list: &[RawField<'_>]) -> Vec<Field> {
        list.iter().map(|raw| self.field(raw)).collect()
    }

    fn field(&mut self, raw: &RawField<'_>) -> Field {
        Field {
            name: raw.name.or_reported(),
            type_name: raw.type_of.value.map(|type_of| type_of.0.to_owned()).unwrap_or_default(),
            is_required: raw.required.value.unwrap_or(true),
            pattern: raw.pattern.value.as_ref().and_then(|pattern| self.pattern(pattern)),
            about: raw.about.value.clone().unwrap_or_default(),
            open: raw.open.value.clone(),
            backing: self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished)),
        }
    }

    /// What a promise rests on, by its own `source` or `unpublished`.
    fn backing(&mut self, raw: &RawBacking<'_, '_>) -> Backing {
        let source = self.read_cited_titles(raw.source);
        let is_unpublished = raw.unpublished.value.unwrap_or(false);
        if is_unpublished && !source.is_empty() {
            let message = "what has a source is not unpublished";
            let problem = Problem::new(raw.unpublished.spot(raw.place), message);
            self.problems.push(problem.hint("drop one of `source` and `unpublished`"));
        }
        Backing { source, is_unpublished, spot: raw.place.spot() }
    }

    fn rows(&mut self, list: &[RawErrorRow<'_>], is_own: bool) -> Vec<ErrorRow> {
        let mut rows: Vec<ErrorRow> = Vec::new();
        for raw in list {
            let row = self.row(raw);
            let is_twin = |known: &ErrorRow| known.label() == row.label();
            if is_own && raw.place.is_sound && rows.iter().any(is_twin) {
                let message = format!("the row {} is there already", row.label());
                self.problems.push(Problem::new(raw.code.spot(&raw.place), message));
            }
            rows.push(row);
        }
        rows
    }

    fn row(&mut self, raw: &RawErrorRow<'_>) -> ErrorRow {
        // An answer below 400 is one of success, which no error row describes.
        let is_error = |status: &u16| (400..=599).contains(status);
        let status = raw.status.value.as_ref().and_then(|status| {
            let found = u16::try_from(status.value).ok().filter(is_error);
            if found.is_none() {
                self.problem(status.node, "the status of an error is a number from 400 to 599");
                // What cases expect is not compared with a status that is wrong.
                self.known.codes = false;
            }
            found
        });
        ErrorRow {
            status: status.unwrap_or_default(),
            code: raw.code.value.as_ref().map(|code| code.text.clone()).unwrap_or_default(),
            is_numeric: raw.code.value.as_ref().is_some_and(|code| code.is_numeric),
            message: raw.message.value.clone().map(MessageTemplate::new),
            reach: raw.reach.value.unwrap_or(Reach::Request),
            about: raw.about.value.clone(),
            source: self.read_cited_titles(&raw.source),
            spot: raw.place.spot(),
        }
    }

    fn rules(&mut self, list: &[RawRule<'_>]) -> Vec<ContractRule> {
        let mut rules: Vec<ContractRule> = Vec::new();
        for raw in list {
            let id = raw.id.or_reported();
            if raw.id.is_sound && rules.iter().any(|known| known.id == id) {
                let message = format!("the rule `{id}` is there twice");
                self.problems.push(Problem::new(raw.id.spot(&raw.place), message));
            }
            rules.push(ContractRule {
                id,
                text: raw.text.or_reported(),
                disputed: raw.disputed.value.clone(),
                backing: self.backing(&RawBacking::of(&raw.place, &raw.source, &raw.unpublished)),
            });
        }
        rules
    }

    /// Every code that a parameter names must have a row.
    fn check_codes(&mut self, contract: &Contract, own: &RawContractFile<'_>) {
        for raw in own.parameters.items().iter().filter(|_| self.known.codes) {
            let errors = raw.constraints.items().iter().filter_map(|item| item.error.value.as_ref());
            for code in errors.chain(raw.missing.items()) {
                self.problems.extend(unknown_code(contract, code.node));
            }
        }
    }
}
