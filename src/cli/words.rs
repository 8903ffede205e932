//! Values of flags that are one of a few words, which completions offer. Main type: [`Words`].

use std::error::Error;
use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::model::{Level, Scheme};
use crate::transport::Keeping;

/// Words for a sentence: `a, b or c`.
pub(super) fn or(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// Reads a value as its own type does, which may allow more words, and offers these words to completions.
#[derive(Debug, Clone)]
pub(super) struct Words<T> {
    words: Vec<&'static str>,
    is_read_as: PhantomData<fn() -> T>,
}

impl Words<Level> {
    /// The levels of checks.
    pub(super) fn levels() -> Self {
        Self::of(Level::NAMES)
    }
}

impl Words<Scheme> {
    /// The schemes of signatures.
    pub(super) fn schemes() -> Self {
        Self::of(Scheme::NAMES)
    }
}

impl Words<Keeping> {
    /// Whether connections are kept.
    pub(super) fn connections() -> Self {
        Self::of(Keeping::NAMES)
    }
}

impl Words<String> {
    /// The modes of updating snapshots, which are read where it is known whether this is CI.
    pub(super) fn modes() -> Self {
        Self::of(["auto", "new", "no", "unseen", "always"])
    }
}

impl<T> Words<T> {
    fn of(words: impl Into<Vec<&'static str>>) -> Self {
        Self { words: words.into(), is_read_as: PhantomData }
    }
}

impl<T> TypedValueParser for Words<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Into<Box<dyn Error + Send + Sync>>,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        StringValueParser::new().try_map(|text| text.parse::<T>()).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words.iter().copied().map(PossibleValue::new)))
    }
}
