//! Reads parameters and their constraints.

use super::ContractReader;
use super::raw::{RawCode, SOURCES, codes};
use crate::model::{Constraint, Limit, Parameter, ParameterPlace, ParameterType};
use crate::source::compound::At;
use crate::source::record::record;
use crate::source::word::AsciiWord;

record! {
    closed "param" RawContractParameter {
        name: Needed String = "name", "The name; N means the index of a list.";
        kind: Needed ParameterType = "type", "The type.";
        required: Key bool = "required", "Whether a request must carry it.";
        deprecated: Key bool = "deprecated", "Whether the contract advises against it.";
        place_of: Key ParameterPlace = "place", "Where it is, if not where the others are.";
        about: Key String = "about", "What it means.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        constraints: Key Vec<RawConstraint<'a>> = "constraints", "Limits on its value.";
        missing: Key Vec<RawCode<'a>> = "missing", "Codes that may answer its absence.";
    }

    closed "constraint" RawConstraint {
        min_length: Key usize = "min-length", "So many characters at the least.";
        max_length: Key usize = "max-length", "So many characters at the most.";
        min_items: Key usize = "min-items", "So many items at the least.";
        max_items: Key usize = "max-items", "So many items at the most.";
        characters: Key AsciiWord = "characters", "The characters allowed.";
        not_prefix: Key String = "not-prefix", "What it must not start with.";
        not_containing: Key String = "not-containing", "What it must not contain.";
        unique: Key bool = "unique", "No two in one request are equal.";
        one_of: Key Vec<String> = "one-of", "The values allowed.";
        pattern: Key At<'a, String> = "pattern", "A regular expression that matches it.";
        minimum: Key i64 = "minimum", "No less than this.";
        maximum: Key i64 = "maximum", "No more than this.";
        known: Key String = "known", "It names something that exists, such as \"a region\".";
        error: Key RawCode<'a> = "error", "The code that answers a value past the limit.";
        source: Key Vec<At<'a, String>> = "source", SOURCES;
        about: Key String = "about", "What is worth knowing.";
        disputed: Key String = "disputed", "Why the sources do not settle it.";
    }
}

impl ContractReader<'_> {
    /// The parameters. A page may list one twice (the metadata behind it does): equal rows are one.
    pub(super) fn parameters(&mut self, list: &[RawContractParameter<'_>]) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for raw in list {
            let parameter = self.parameter(raw);
            match parameters.iter().find(|known| known.name == parameter.name) {
                None => parameters.push(parameter),
                Some(known) if known.is_same(&parameter) || !raw.place.is_sound => {}
                Some(_) => {
                    let message = format!("`{}` is declared twice, and not alike", parameter.name);
                    let hint = "equal rows are merged; make them equal or drop one";
                    self.problems.push(raw.place.problem(message).hint(hint));
                }
            }
        }
        parameters
    }

    fn parameter(&mut self, raw: &RawContractParameter<'_>) -> Parameter {
        let constraints = raw.constraints.items();
        Parameter {
            name: raw.name.or_reported(),
            kind: raw.kind.value.unwrap_or(ParameterType::String),
            is_required: raw.required.value.unwrap_or(false),
            is_deprecated: raw.deprecated.value.unwrap_or(false),
            place: raw.place_of.value,
            about: raw.about.value.clone().unwrap_or_default(),
            source: self.read_cited_sources(&raw.source),
            constraints: constraints.iter().filter_map(|item| self.constraint(item)).collect(),
            missing: codes(raw.missing.items()),
            spot: raw.place.spot(),
        }
    }

    /// The constraint, unless something of it is wrong, which is reported.
    fn constraint(&mut self, raw: &RawConstraint<'_>) -> Option<Constraint> {
        let source = self.read_cited_sources(&raw.source);
        let known = self.problems.len();
        let limits = self.limits(raw);
        let [limit] = limits.as_slice() else {
            if raw.place.is_sound && self.problems.len() == known {
                self.problems.push(raw.place.problem("a constraint has exactly one limit"));
            }
            return None;
        };
        Some(Constraint {
            limit: limit.clone(),
            error: raw.error.value.as_ref().map(|code| code.text.clone()),
            source,
            about: raw.about.value.clone(),
            disputed: raw.disputed.value.clone(),
            spot: raw.place.spot(),
        })
    }

    fn limits(&mut self, raw: &RawConstraint<'_>) -> Vec<Limit> {
        let pattern = raw.pattern.value.as_ref().and_then(|pattern| self.pattern(pattern));
        let all = [
            raw.min_length.value.map(Limit::MinLength),
            raw.max_length.value.map(Limit::MaxLength),
            raw.min_items.value.map(Limit::MinItems),
            raw.max_items.value.map(Limit::MaxItems),
            raw.characters.value.map(|AsciiWord| Limit::Ascii),
            raw.not_prefix.value.clone().map(Limit::NotPrefix),
            raw.not_containing.value.clone().map(Limit::NotContaining),
            raw.unique.value.filter(|is_unique| *is_unique).map(|_| Limit::Unique),
            raw.one_of.value.clone().map(Limit::OneOf),
            pattern.map(Limit::Pattern),
            raw.minimum.value.map(Limit::Minimum),
            raw.maximum.value.map(Limit::Maximum),
            raw.known.value.clone().map(Limit::Known),
        ];
        all.into_iter().flatten().collect()
    }
}
