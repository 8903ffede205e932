//! The part of all requests in which a fault shows: conditions on the request and on the state of what it is about.
//! Main types: `Slice`, conditions that must all hold, and `Facts`, which they are checked on. No case is known here.

use super::execution::Execution;
use super::pipeline::Pipeline;
use super::token_policy::TokenScope;
use super::wire::Call;
use super::wire_format::WireFormat;
use super::wire_policy::WirePolicy;
use hyper::Method;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Declares what a condition can ask for, with the word for each.
macro_rules! choices {
    ($(#[$note:meta])* $kind:ident { $($(#[$about:meta])* $variant:ident $word:literal)+ }) => {
        $(#[$note])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum $kind { $($(#[$about])* $variant,)+ }

        impl $kind {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

choices! {
    /// The method of a request.
    MethodIs { Get "GET" Post "POST" }
}

choices! {
    /// Where the parameters of a request are.
    PlaceIs { Query "query" Form "form" }
}

choices! {
    /// The format of the answer.
    FormatIs { Json "JSON" Xml "XML" }
}

choices! {
    /// How a request is signed.
    SignatureIs { V1 "V1" V3 "V3" None "none" }
}

choices! {
    /// Whether a parameter is there.
    Presence { Given "given" Absent "absent" }
}

choices! {
    /// Which of the tags: one that is alone is the first.
    Position { First "first" Middle "middle" Last "last" }
}

choices! {
    /// The executions of the pipeline that a request names.
    StateIs { Fresh "fresh" Running "running" Ended "ended" }
}

/// The conditions under which a fault shows; without any it always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slice {
    pub(super) method: Option<MethodIs>,
    pub(super) place: Option<PlaceIs>,
    pub(super) format: Option<FormatIs>,
    pub(super) signature: Option<SignatureIs>,
    pub(super) token: Option<Presence>,
    pub(super) tags: Option<Presence>,
    pub(super) position: Option<Position>,
    pub(super) state: Option<StateIs>,
    /// So many refusals of the pipeline at least.
    pub(super) refusals: Option<u64>,
    /// So many starts of the pipeline at least.
    pub(super) starts: Option<u64>,
    /// So many seconds since the pipeline was made at least.
    pub(super) since: Option<u64>,
}

/// What conditions look at: the request as it was read, and the state of the pipeline that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    method: Option<MethodIs>,
    place: PlaceIs,
    format: FormatIs,
    signature: SignatureIs,
    token: Presence,
    tags: Presence,
    state: Option<StateIs>,
    refusals: u64,
    starts: u64,
    age: Duration,
}

/// What is known of the pipeline that a request names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) refusals: u64,
    pub(super) age: Duration,
}

impl Facts {
    /// What a call looks like to an endpoint that keeps its promises.
    pub(super) fn of(call: &Call, wire: &WirePolicy, past: Option<Past<'_>>) -> Self {
        let presence = |is_there: bool| if is_there { Presence::Given } else { Presence::Absent };
        let has_form = call.sent.form.as_ref().is_some_and(|form| !form.is_empty());
        let format = call.format(wire).unwrap_or_else(|_| call.style.default_format());
        let signature = if call.sent.headers.contains_key("authorization") {
            SignatureIs::V3
        } else if call.params.non_empty("Signature").is_some() {
            SignatureIs::V1
        } else {
            SignatureIs::None
        };
        let executions = past.map(|past| &past.pipeline.executions);
        Self {
            method: match call.method {
                Method::GET => Some(MethodIs::Get),
                Method::POST => Some(MethodIs::Post),
                _ => None,
            },
            place: if has_form { PlaceIs::Form } else { PlaceIs::Query },
            format: match format {
                WireFormat::Json => FormatIs::Json,
                WireFormat::Xml => FormatIs::Xml,
            },
            signature,
            token: presence(call.params.non_empty("ClientToken").is_some()),
            tags: presence(call.params.iter().any(|(name, _)| name.starts_with("Tag."))),
            state: executions.map(|executions| {
                let mut all = executions.iter();
                let is_running = |execution: &Execution| !execution.status.is_terminal();
                match executions.total() {
                    0 => StateIs::Fresh,
                    _ if all.any(is_running) => StateIs::Running,
                    _ => StateIs::Ended,
                }
            }),
            refusals: past.map_or(0, |past| past.refusals),
            starts: executions.map_or(0, super::execution::Executions::total),
            age: past.map_or(Duration::ZERO, |past| past.age),
        }
    }
}

impl Facts {
    /// The way in which a request came, as an endpoint sees it that keeps tokens apart by it; empty for all others.
    pub(super) fn way(&self, scope: TokenScope) -> &'static str {
        match scope {
            TokenScope::Region | TokenScope::Pipeline => "",
            TokenScope::Method => self.method.map_or("", MethodIs::word),
            TokenScope::Place => self.place.word(),
            TokenScope::Signature => self.signature.word(),
        }
    }
}

/// Whether a condition is not there or is met.
fn is_met<T: Copy + PartialEq>(asked: Option<T>, found: Option<T>) -> bool {
    asked.is_none() || asked == found
}

impl Slice {
    /// Whether no condition is set.
    pub(super) fn is_everything(self) -> bool {
        self == Self::default()
    }

    /// Whether the slice has a request with these facts; which tag of it is another question.
    pub(super) fn has(self, facts: &Facts) -> bool {
        let has_tags = self.position.is_none() || facts.tags == Presence::Given;
        let is_request = is_met(self.method, facts.method)
            && is_met(self.place, Some(facts.place))
            && is_met(self.format, Some(facts.format))
            && is_met(self.signature, Some(facts.signature))
            && is_met(self.token, Some(facts.token))
            && is_met(self.tags, Some(facts.tags));
        let is_state = is_met(self.state, facts.state)
            && self.refusals.is_none_or(|least| facts.refusals >= least)
            && self.starts.is_none_or(|least| facts.starts >= least)
            && self.since.is_none_or(|least| facts.age >= Duration::from_secs(least));
        has_tags && is_request && is_state
    }

    /// Reads conditions such as `method=GET,place=query`; the error is the one that is not understood.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut slice = Self::default();
        for condition in text.split(',') {
            slice.set(condition).ok_or_else(|| condition.to_owned())?;
        }
        Ok(slice)
    }

    fn set(&mut self, condition: &str) -> Option<()> {
        let (name, value) = condition.split_once('=')?;
        match name {
            "method" => set_to(&mut self.method, find_by_word(MethodIs::ALL, value, MethodIs::word)),
            "place" => set_to(&mut self.place, find_by_word(PlaceIs::ALL, value, PlaceIs::word)),
            "format" => set_to(&mut self.format, find_by_word(FormatIs::ALL, value, FormatIs::word)),
            "signature" => {
                set_to(&mut self.signature, find_by_word(SignatureIs::ALL, value, SignatureIs::word))
            }
            "token" => set_to(&mut self.token, find_by_word(Presence::ALL, value, Presence::word)),
            "tags" => set_to(&mut self.tags, find_by_word(Presence::ALL, value, Presence::word)),
            "position" => set_to(&mut self.position, find_by_word(Position::ALL, value, Position::word)),
            "state" => set_to(&mut self.state, find_by_word(StateIs::ALL, value, StateIs::word)),
            "refusals" => set_to(&mut self.refusals, value.parse().ok()),
            "starts" => set_to(&mut self.starts, value.parse().ok()),
            "since" => set_to(&mut self.since, value.parse().ok()),
            _ => None,
        }
    }
}

fn find_by_word<T: Copy>(all: &[T], word: &str, word_of: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|known| word_of(*known) == word)
}

/// Sets what is not set yet.
fn set_to<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value?);
    Some(())
}

impl Display for Slice {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let word = |value: Option<&'static str>| value.map(str::to_owned);
        let conditions = [
            ("method", word(self.method.map(MethodIs::word))),
            ("place", word(self.place.map(PlaceIs::word))),
            ("format", word(self.format.map(FormatIs::word))),
            ("signature", word(self.signature.map(SignatureIs::word))),
            ("token", word(self.token.map(Presence::word))),
            ("tags", word(self.tags.map(Presence::word))),
            ("position", word(self.position.map(Position::word))),
            ("state", word(self.state.map(StateIs::word))),
            ("refusals", number(self.refusals)),
            ("starts", number(self.starts)),
            ("since", number(self.since)),
        ];
        let set = conditions.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        out.write_str(&set.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::Slice;

    #[test]
    fn conditions_read_and_print_back() {
        for text in ["method=GET", "method=POST,place=query", "position=last", "refusals=2", "since=60"] {
            assert_eq!(Slice::read(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_condition_that_is_unknown_or_doubled_is_named() {
        for (text, bad) in [
            ("method=PUT", "method=PUT"),
            ("colour=red", "colour=red"),
            ("place=form,place=query", "place=query"),
            ("starts=many", "starts=many"),
            ("", ""),
        ] {
            assert_eq!(Slice::read(text).unwrap_err(), bad);
        }
    }
}
