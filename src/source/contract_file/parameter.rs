//! Reads parameters and their constraints.

use super::ContractReader;
use crate::model::{Constraint, Limit, Parameter, ParameterPlace, ParameterType, Problem};
use crate::source::document::{KeyValue, Node};

impl ContractReader<'_> {
    /// The parameters. A page may list one twice (the metadata behind it does): equal rows are one.
    pub(super) fn parameters(&mut self, list: Option<&Node>) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for node in list.map(Node::items).unwrap_or_default() {
            let parameter = self.parameter(node);
            match parameters.iter().find(|known| known.name == parameter.name) {
                None => parameters.push(parameter),
                Some(known) if known.is_same(&parameter) => {}
                Some(_) => {
                    let message = format!("`{}` is declared twice, and not alike", parameter.name);
                    self.problems.push(
                        Problem::new(node.spot.clone(), message)
                            .hint("equal rows are merged; make them equal or drop one"),
                    );
                }
            }
        }
        parameters
    }

    fn parameter(&mut self, node: &Node) -> Parameter {
        let constraints = node.get("constraints").map(Node::items).unwrap_or_default();
        Parameter {
            name: node.text("name").unwrap_or_default(),
            kind: node.word("type", ParameterType::of_word).unwrap_or(ParameterType::String),
            is_required: node.flag("required", false),
            is_deprecated: node.flag("deprecated", false),
            place: node.word("place", ParameterPlace::of_word),
            about: node.text("about").unwrap_or_default(),
            source: self.read_cited_sources(node),
            constraints: constraints.iter().filter_map(|item| self.constraint(item)).collect(),
            missing: node.codes("missing"),
            spot: node.spot.clone(),
        }
    }

    fn constraint(&mut self, node: &Node) -> Option<Constraint> {
        let limits: Vec<Limit> = node.entries().iter().filter_map(|entry| self.limit(entry)).collect();
        let source = self.read_cited_sources(node);
        let [limit] = limits.as_slice() else {
            self.problem(node, "a constraint has exactly one limit");
            return None;
        };
        Some(Constraint {
            limit: limit.clone(),
            error: node.code("error"),
            source,
            about: node.text("about"),
            disputed: node.text("disputed"),
            spot: node.spot.clone(),
        })
    }

    fn limit(&mut self, entry: &KeyValue) -> Option<Limit> {
        let node = &entry.node;
        let text = || node.as_text().map(str::to_owned);
        match entry.key.as_str() {
            "min-length" => node.as_number().map(Limit::MinLength),
            "max-length" => node.as_number().map(Limit::MaxLength),
            "min-items" => node.as_number().map(Limit::MinItems),
            "max-items" => node.as_number().map(Limit::MaxItems),
            "minimum" => node.as_number().map(Limit::Minimum),
            "maximum" => node.as_number().map(Limit::Maximum),
            "characters" => Some(Limit::Ascii),
            "not-prefix" => text().map(Limit::NotPrefix),
            "not-containing" => text().map(Limit::NotContaining),
            "unique" => node.as_bool().filter(|flag| *flag).map(|_| Limit::Unique),
            "one-of" => {
                Some(Limit::OneOf(node.items().iter().filter_map(Node::as_text).map(str::to_owned).collect()))
            }
            "pattern" => self.pattern(node).map(Limit::Pattern),
            "known" => text().map(Limit::Known),
            _ => None,
        }
    }
}
