//! What has changed, in the contract's words. Main type: [`Fact`].

use crate::model::TemplateMismatch;

/// One thing that has changed, in the contract's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// There was no snapshot before.
    FirstSeen,
    /// The text differs, in no way that has a word.
    Text,
    /// It was recorded for another version of the contract.
    Version {
        /// The version before.
        old: String,
        /// The version now.
        new: String,
    },
    /// It was recorded from another kind of endpoint.
    Endpoint {
        /// The kind before.
        old: String,
        /// The kind now.
        new: String,
    },
    /// There are more or fewer answers.
    Answers {
        /// How many there were.
        old: usize,
        /// How many there are.
        new: usize,
    },
    /// Something in an answer.
    Answer {
        /// Which one, from 1, where there are several.
        step: Option<usize>,
        /// What.
        change: AnswerChange,
    },
    /// Something in a request.
    Request {
        /// Which one, from 1, where there are several.
        step: Option<usize>,
        /// What.
        change: RequestChange,
    },
    /// Which volatile values are equal.
    Equality {
        /// The name of the values, such as `request-id`.
        name: String,
        /// Where they are, in words.
        places: String,
        /// Whether they are equal now; if not, they were.
        is_equal: bool,
    },
    /// The number of further changes, which are not listed one by one.
    More(usize),
}

/// What has changed in an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerChange {
    /// It is there for the first time, or no longer, with this outcome.
    Outcome(AnswerOutcome),
    /// It was an error and is a success, or the other way round.
    Turned {
        /// What came of it before.
        old: AnswerOutcome,
        /// What comes of it now.
        new: AnswerOutcome,
    },
    /// The HTTP status.
    Status {
        /// The status before.
        old: u16,
        /// The status now.
        new: u16,
        /// The error code, which stays.
        code: Option<String>,
    },
    /// The error code.
    Code {
        /// The code before.
        old: String,
        /// The code now.
        new: String,
    },
    /// The error message.
    Message(MessageChange),
    /// A field of the body.
    Field {
        /// Its `JSONPath`.
        path: String,
        /// What became of it.
        change: PartChange,
        /// What the contract says of the field, if that matters.
        promise: Option<&'static str>,
    },
    /// All fields of the body are others.
    OtherFields {
        /// The names before.
        old: String,
        /// The names now.
        new: String,
    },
    /// A header field.
    Header {
        /// Its name.
        name: String,
        /// What became of it.
        change: PartChange,
    },
    /// The kind of body, such as JSON.
    Body {
        /// The kind before.
        old: String,
        /// The kind now.
        new: String,
    },
    /// A text that is neither JSON nor XML.
    Lines,
    /// The root of an XML body.
    Root {
        /// Its name before.
        old: String,
        /// Its name now.
        new: String,
    },
}

/// What has changed in an error message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageChange {
    /// Only what fills the blanks of its row.
    Within,
    /// It was as its row has it and is not any more; why, if the row has blanks.
    Left(Option<TemplateMismatch>),
    /// It was not as a row has it, and now is.
    Joined,
    /// It was as one row has it, and is as another has it.
    OtherRow,
    /// No row has it, before or now; or no contract is known.
    Free,
}

/// What has changed in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestChange {
    /// Its method and path.
    Target {
        /// Those before.
        old: String,
        /// Those now.
        new: String,
    },
    /// A parameter.
    Parameter {
        /// Its name.
        name: String,
        /// What became of it.
        change: PartChange,
    },
    /// A header field.
    Header {
        /// Its name.
        name: String,
        /// What became of it.
        change: PartChange,
    },
    /// Its body, as it is written out.
    Body,
    /// The order of its parameters.
    Order,
}

/// What became of a named part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartChange {
    /// It was not there.
    New,
    /// It is not there any more.
    Gone,
    /// It has another type.
    Type {
        /// The type before.
        old: &'static str,
        /// The type now.
        new: &'static str,
    },
    /// It has another value; none where that differs from case to case.
    Value(Option<(String, String)>),
    /// A value that had this name is shown as it is, since no rule names it any more.
    Unnamed(String),
    /// A value that was shown as it is has this name now.
    Named(String),
    /// It changes as the error code does, which it repeats.
    FollowsCode,
    /// A key is there more or less often than before.
    Times {
        /// How often it was there.
        old: usize,
        /// How often it is there now.
        new: usize,
    },
    /// A list has another length.
    Items {
        /// The length before.
        old: usize,
        /// The length now.
        new: usize,
    },
    /// The same in another order.
    Order,
}

/// What came of a request, in short.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnswerOutcome {
    /// The HTTP status.
    pub status: u16,
    /// The error code, if there is one.
    pub code: Option<String>,
}

impl Fact {
    /// What this fact and another of the same kind have in common: without the place of the step, and without
    /// values, where they differ.
    pub(super) fn common(&self, other: &Self) -> Self {
        let mut fact = self.clone();
        match (&mut fact, other) {
            (Self::Answer { step, change }, Self::Answer { step: other_step, change: other }) => {
                *step = step.filter(|_| step == other_step);
                if change != other
                    && let AnswerChange::Field { change, .. } | AnswerChange::Header { change, .. } = change
                {
                    change.forget_values();
                }
            }
            (Self::Request { step, change }, Self::Request { step: other_step, change: other }) => {
                *step = step.filter(|_| step == other_step);
                if change != other
                    && let RequestChange::Parameter { change, .. } | RequestChange::Header { change, .. } =
                        change
                {
                    change.forget_values();
                }
            }
            (Self::Equality { places, .. }, Self::Equality { places: other, .. }) if places != other => {
                "several answers".clone_into(places);
            }
            // All others are the same wherever their kind is.
            (_, _) => {}
        }
        fact
    }
}

impl PartChange {
    fn forget_values(&mut self) {
        if let Self::Value(values) = self {
            *values = None;
        }
    }
}
