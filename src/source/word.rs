//! Words: types of which each value is written as one. Main trait: [`WordForm`].
//!
//! The words of an enum of the model are all that it has. A type of its own has some of them, or others as well.

use serde_json::{Value as Json, json};

use super::document::Node;
use super::form::{Definitions, ValueForm, named_schema};
use crate::model::{
    AnswerFormat, Effect, EndpointKind, Level, Listing, Matcher, ParameterPlace, ParameterType, Problem,
    Reach, Scheme, nearest,
};

/// A type whose values are words.
pub(super) trait WordForm: Sized {
    /// The words.
    const WORDS: &'static [&'static str];

    /// The name of its definition in a schema.
    const NAME: Option<&'static str> = None;

    /// What a word means.
    fn of_word(word: &str) -> Option<Self>;
}

impl<'a, T: WordForm> ValueForm<'a> for T {
    fn describe() -> String {
        format!("one of {}", T::WORDS.join(", "))
    }

    fn fits(node: &Node) -> bool {
        node.as_text().is_some()
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let word = node.as_text()?;
        let found = if T::WORDS.contains(&word) { T::of_word(word) } else { None };
        if found.is_none() {
            let message = format!("`{word}` is not one of {}", T::WORDS.join(", "));
            let problem = Problem::new(node.spot.clone(), message);
            problems.push(match nearest(word, T::WORDS) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        found
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let words = json!({ "enum": T::WORDS });
        match T::NAME {
            Some(name) => named_schema(name, definitions, |_| words),
            None => words,
        }
    }
}

/// Enums of the model, by all of their words, each with the name of its definition if it has one.
macro_rules! words_of {
    ($($words:ty $(= $name:literal)?),+ $(,)?) => {
        $(impl WordForm for $words {
            const WORDS: &'static [&'static str] = <$words>::WORDS;
            $(const NAME: Option<&'static str> = Some($name);)?

            fn of_word(word: &str) -> Option<Self> {
                <$words>::of_word(word)
            }
        })+
    };
}

words_of!(
    AnswerFormat = "format",
    Effect,
    Level,
    Listing,
    ParameterPlace = "any-place",
    ParameterType,
    Reach,
    Scheme = "scheme",
);

/// A kind that a file may give; the others are those of no file.
#[derive(Debug, Clone, Copy)]
pub(super) struct NamedKind(pub(super) EndpointKind);

impl WordForm for NamedKind {
    const WORDS: &'static [&'static str] = &["real", "mock"];

    fn of_word(word: &str) -> Option<Self> {
        EndpointKind::of_word(word).map(Self)
    }
}

/// How connections are used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connections(pub(super) &'static str);

impl WordForm for Connections {
    const WORDS: &'static [&'static str] = &["fresh", "reuse"];

    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|known| **known == word).map(|known| Self(known))
    }
}

/// Where the parameters of most requests go.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsualPlace(pub(super) ParameterPlace);

impl WordForm for UsualPlace {
    const WORDS: &'static [&'static str] = &["query", "form", "json"];
    const NAME: Option<&'static str> = Some("place");

    fn of_word(word: &str) -> Option<Self> {
        ParameterPlace::of_word(word).map(Self)
    }
}

/// The type of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldType(pub(super) &'static str);

impl WordForm for FieldType {
    const WORDS: &'static [&'static str] = &Matcher::TYPES;

    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|known| **known == word).map(|known| Self(known))
    }
}

/// The one word for the characters of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct AsciiWord;

impl WordForm for AsciiWord {
    const WORDS: &'static [&'static str] = &["ascii"];

    fn of_word(_: &str) -> Option<Self> {
        Some(Self)
    }
}

/// A scheme of signing; nothing is the endpoint's own, which is `usual`.
#[derive(Debug, Clone, Copy)]
pub(super) struct AxisScheme(pub(super) Option<Scheme>);

const USUAL: &str = "usual";

impl WordForm for AxisScheme {
    const WORDS: &'static [&'static str] = &SCHEMES;

    fn of_word(word: &str) -> Option<Self> {
        if word == USUAL { Some(Self(None)) } else { Scheme::of_word(word).map(|scheme| Self(Some(scheme))) }
    }
}

const SCHEMES: [&str; Scheme::WORDS.len() + 1] = after(USUAL, Scheme::WORDS);

/// A word, and others after it.
const fn after<const COUNT: usize>(first: &'static str, others: &[&'static str]) -> [&'static str; COUNT] {
    let mut all = [first; COUNT];
    let mut at = 1;
    while at < COUNT {
        all[at] = others[at - 1];
        at += 1;
    }
    all
}

/// Which combinations are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draw {
    All,
    Pairs,
}

impl WordForm for Draw {
    const WORDS: &'static [&'static str] = &["all", "pairs"];

    fn of_word(word: &str) -> Option<Self> {
        match word {
            "all" => Some(Self::All),
            "pairs" => Some(Self::Pairs),
            _ => None,
        }
    }
}
