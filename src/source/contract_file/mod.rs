//! Reads `contract.toml`, the file it shares with others, and `states.toml` into a [`Contract`].
//! The parts are read in files of their own; what they share is the [`ContractReader`].

mod effect;
mod envelope;
mod parameter;
mod state;

use std::sync::Arc;

use regex::Regex;

use super::document::Node;
use super::matcher::{check_path, check_singular};
use super::normalisation;
use super::regexes::compile;
use super::shape::nearest;
use crate::model::{
    Backing, Contract, ContractRule, Effect, ErrorRow, Field, FormatChoice, Listing, MessageTemplate, Method,
    OperationId, Parameter, ParameterPlace, Problem, RateLimit, Reach, RequestShape, Source,
};

/// The files that make up one contract, already of the right shape.
pub(super) struct ContractFiles<'a> {
    pub(super) contract: &'a Node,
    pub(super) common: Option<&'a Node>,
    pub(super) states: Option<&'a Node>,
}

/// Builds a contract; what does not fit together joins `problems`.
pub(super) fn read(id: OperationId, files: &ContractFiles<'_>, problems: &mut Vec<Problem>) -> Contract {
    let mut reader = ContractReader { problems, sources: sources_of(files) };
    let own = files.contract;
    let shared = |key: &str| own.get(key).or_else(|| files.common.and_then(|common| common.get(key)));
    let rows = reader.rows(own.get("error"), true);
    let shared_rows = reader.rows(files.common.and_then(|common| common.get("error")), false);
    let tables: Vec<&Node> = files.common.into_iter().chain([own]).collect();
    let normalisation = normalisation::read(&tables, reader.problems);
    let states = files.states.map(|node| state::states(node, reader.problems)).unwrap_or_default();
    let contract = Contract {
        id,
        files: [own].into_iter().chain(files.common).map(|node| Arc::clone(&node.spot.file)).collect(),
        operation: own.text("operation").unwrap_or_default(),
        version: own.text("version").unwrap_or_default(),
        about: own.text("about").unwrap_or_default(),
        effects: own.words("effects", Effect::of_word),
        rate_limit: own.get("rate-limit").map(|node| reader.rate_limit(node)),
        request: reader.request(own.get("request").unwrap_or(own)),
        parameters: reader.parameters(own.get("param")),
        response: reader.fields(own.get("response")),
        rules: reader.rules(own.get("rule")),
        envelope: shared("envelope").map(|node| reader.envelope(node)).unwrap_or_default(),
        snapshot_headers: shared("snapshot").map(|node| lower(&node.texts("headers"))).unwrap_or_default(),
        effect: own.get("effect").and_then(|node| reader.effect(node, &states)),
        unique: reader.unique(own.get("unique")),
        states,
        sweep: files.states.and_then(|node| state::sweep(node, reader.problems)),
        sources: reader.sources.clone(),
        rows,
        shared_rows,
        normalisation,
    };
    reader.check_codes(&contract, own);
    reader.check_path(&contract, own);
    reader.check_replay(&contract, own);
    contract
}

fn sources_of(files: &ContractFiles<'_>) -> Vec<Source> {
    let tables = files.common.into_iter().chain([files.contract]);
    let entries = tables.filter_map(|node| node.get("sources")).flat_map(super::document::Node::entries);
    entries
        .map(|entry| Source {
            name: entry.key.clone(),
            title: entry.node.text("title").unwrap_or_default(),
            url: entry.node.text("url"),
            date: entry.node.text("date"),
        })
        .collect()
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

struct ContractReader<'a> {
    problems: &'a mut Vec<Problem>,
    sources: Vec<Source>,
}

impl ContractReader<'_> {
    fn problem(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem::new(node.spot.clone(), message));
    }

    /// The sources that a node cites, each of which must be known.
    fn read_cited_sources(&mut self, node: &Node) -> Vec<String> {
        let Some(list) = node.get("source") else {
            return Vec::new();
        };
        for item in list.items() {
            let Some(name) = item.as_text() else { continue };
            if self.sources.iter().any(|source| source.name == name) {
                continue;
            }
            let known: Vec<&str> = self.sources.iter().map(|source| source.name.as_str()).collect();
            let hint = format!("[sources] has {}", known.join(", "));
            self.problems
                .push(Problem::new(item.spot.clone(), format!("no source is called `{name}`")).hint(hint));
        }
        node.texts("source")
    }

    fn rate_limit(&mut self, node: &Node) -> RateLimit {
        RateLimit {
            calls: node.get("calls").and_then(Node::as_number).unwrap_or_default(),
            seconds: node.get("seconds").and_then(Node::as_number).unwrap_or_default(),
            source: self.read_cited_sources(node),
        }
    }

    fn request(&mut self, node: &Node) -> RequestShape {
        let mut methods: Vec<Method> = Vec::new();
        for item in node.get("methods").map(Node::items).unwrap_or_default() {
            methods.extend(self.method(item));
        }
        let usual = node.get("method").and_then(|item| self.method(item));
        let method = usual.or_else(|| Method::new("GET")).expect("GET is a token");
        if !methods.contains(&method) {
            methods.insert(0, method.clone());
        }
        let path = node.text("path").unwrap_or_default();
        if !path.starts_with('/') {
            self.problem(node.get("path").unwrap_or(node), "a path starts with `/`");
        }
        RequestShape {
            method,
            methods,
            path,
            place: node.word("place", ParameterPlace::of_word).unwrap_or(ParameterPlace::Query),
            lists: node.word("lists", Listing::of_word).unwrap_or(Listing::Numbered),
            fixed: node.get("fixed").map(Node::to_pairs).unwrap_or_default(),
            format: node.get("format").map(|format| FormatChoice {
                param: format.text("param").unwrap_or_default(),
                json: format.text("json").unwrap_or_default(),
                xml: format.text("xml").unwrap_or_default(),
            }),
        }
    }

    /// Each `{name}` of the path is filled by a parameter, and each parameter of the path has its `{name}`.
    fn check_path(&mut self, contract: &Contract, own: &Node) {
        let Some(node) = own.get("request").and_then(|request| request.get("path")) else { return };
        let path = contract.request.path.as_str();
        let names: Vec<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect();
        if path.matches('{').count() != names.len() {
            self.problem(node, "a `{` of the path has no `}`");
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

    fn method(&mut self, node: &Node) -> Option<Method> {
        let text = node.as_text()?;
        let method = Method::new(text);
        if method.is_none() {
            self.problem(node, format!("`{text}` is not an HTTP method"));
        }
        method
    }

    fn pattern(&mut self, node: &Node) -> Option<String> {
        pattern(node, self.problems).map(|_| node.as_text().unwrap_or_default().to_owned())
    }

    /// A path to one value: a code, a message, a request id.
    fn path(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        let text = node.as_text()?;
        check_path(text, &node.spot, self.problems);
        check_singular(text, &node.spot, self.problems);
        Some(text.to_owned())
    }

    fn fields(&mut self, list: Option<&Node>) -> Vec<Field> {
        list.map(Node::items).unwrap_or_default().iter().map(|node| self.field(node)).collect()
    }

    fn field(&mut self, node: &Node) -> Field {
        Field {
            name: node.text("name").unwrap_or_default(),
            type_name: node.text("type").unwrap_or_default(),
            is_required: node.flag("required", true),
            pattern: node.get("pattern").and_then(|pattern| self.pattern(pattern)),
            about: node.text("about").unwrap_or_default(),
            open: node.text("open"),
            backing: self.backing(node),
        }
    }

    /// What a promise rests on, by its own `source` or `unpublished`.
    fn backing(&mut self, node: &Node) -> Backing {
        let source = self.read_cited_sources(node);
        let is_unpublished = node.flag("unpublished", false);
        if is_unpublished && !source.is_empty() {
            let mark = node.get("unpublished").unwrap_or(node);
            self.problems.push(
                Problem::new(mark.spot.clone(), "what has a source is not unpublished")
                    .hint("drop one of `source` and `unpublished`"),
            );
        }
        Backing { source, is_unpublished, spot: node.spot.clone() }
    }

    fn rows(&mut self, list: Option<&Node>, is_own: bool) -> Vec<ErrorRow> {
        let mut rows: Vec<ErrorRow> = Vec::new();
        for node in list.map(Node::items).unwrap_or_default() {
            let row = self.row(node);
            if is_own && rows.iter().any(|known| known.label() == row.label()) {
                self.problem(
                    node.get("code").unwrap_or(node),
                    format!("the row {} is there already", row.label()),
                );
            }
            rows.push(row);
        }
        rows
    }

    fn row(&mut self, node: &Node) -> ErrorRow {
        let status = node.get("status").and_then(Node::as_number).unwrap_or_default();
        if !(400..=599).contains(&status) {
            // An answer below 400 is one of success, which no error row describes.
            self.problem(
                node.get("status").unwrap_or(node),
                "the status of an error is a number from 400 to 599",
            );
        }
        ErrorRow {
            status,
            code: node.code("code").unwrap_or_default(),
            is_numeric: node.get("code").is_some_and(|code| code.as_text().is_none()),
            message: node.text("message").map(MessageTemplate::new),
            reach: node.word("reach", Reach::of_word).unwrap_or(Reach::Request),
            about: node.text("about"),
            source: self.read_cited_sources(node),
            spot: node.spot.clone(),
        }
    }

    fn rules(&mut self, list: Option<&Node>) -> Vec<ContractRule> {
        let mut rules: Vec<ContractRule> = Vec::new();
        for node in list.map(Node::items).unwrap_or_default() {
            let id = node.text("id").unwrap_or_default();
            if rules.iter().any(|known| known.id == id) {
                self.problem(node.get("id").unwrap_or(node), format!("the rule `{id}` is there twice"));
            }
            rules.push(ContractRule {
                id,
                text: node.text("text").unwrap_or_default(),
                disputed: node.text("disputed"),
                backing: self.backing(node),
            });
        }
        rules
    }

    /// Every code that a parameter names must have a row.
    fn check_codes(&mut self, contract: &Contract, own: &Node) {
        for node in own.get("param").map(Node::items).unwrap_or_default() {
            let constraints = node.get("constraints").map(Node::items).unwrap_or_default();
            let errors = constraints.iter().filter_map(|item| item.get("error"));
            let missing = node.get("missing").map(Node::items).unwrap_or_default();
            for code in errors.chain(missing) {
                self.problems.extend(unknown_code(contract, code));
            }
        }
    }
}

/// The problem of a code that the contract does not have.
pub(super) fn unknown_code(contract: &Contract, node: &Node) -> Option<Problem> {
    let code = node.as_code()?;
    if contract.rows_of_value(&node.to_value()).next().is_some() {
        return None;
    }
    if let Some(other) = contract.rows_of(code).next() {
        let written = if other.is_numeric { "a number" } else { "a text" };
        let message = format!("the contract has the code {code} as {written}");
        return Some(Problem::new(node.spot.clone(), message).hint("write it here as it is there"));
    }
    let problem = Problem::new(node.spot.clone(), format!("the contract has no error `{code}`"));
    let known: Vec<&str> =
        contract.rows.iter().chain(&contract.shared_rows).map(|row| row.code.as_str()).collect();
    Some(match nearest(code, &known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("add a row to contract.toml, or to the file that it shares"),
    })
}

/// The regular expression of a node, unless it is none, which joins `problems`.
pub(super) fn pattern(node: &Node, problems: &mut Vec<Problem>) -> Option<Regex> {
    match compile(node.as_text()?) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let message = format!("not a regular expression: {}", last_line(&error.to_string()));
            problems.push(Problem::new(node.spot.clone(), message));
            None
        }
    }
}

pub(super) fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ")
}
