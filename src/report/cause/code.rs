//! The short codes of findings, and what they mean. Main type: [`Code`].

use std::str::FromStr;

/// What the codes mean, for people.
const PAGE: &str = include_str!("../../../docs/findings.md");

/// The kind of a finding. Its code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::enum_variant_names, reason = "an error's code is what one of the kinds is about")]
pub enum Code {
    /// The HTTP status is another one.
    Status,
    /// The error code is another one.
    ErrorCode,
    /// The error message is another one.
    Message,
    /// A value, a header field or the time of an answer is not as a case expects.
    Value,
    /// A rule for every answer is broken.
    Envelope,
    /// The body is not what the API promises, or cannot be read.
    Unreadable,
    /// A case failed, and no finding says why.
    Unexplained,
    /// A request did something else on the endpoint than its answer says.
    Effect,
    /// The same answer came in place of several that are promised.
    SameAnswer,
    /// The answer differs from the snapshot.
    Snapshot,
    /// The file of a snapshot cannot be read or written.
    SnapshotFile,
    /// No whole answer came.
    Transport,
    /// The endpoint asked for fewer requests.
    Throttled,
    /// A state could not be set up.
    SetUp,
    /// This machine was paused.
    Paused,
    /// A request could not be made.
    Unprepared,
    /// The endpoint does not offer a state.
    NoState,
    /// Requests cannot be signed as a case needs it.
    Unsigned,
    /// A case may cost money.
    Billable,
    /// Clean-up did not work.
    LeftBehind,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Self; 20] = [
        Self::Status,
        Self::ErrorCode,
        Self::Message,
        Self::Value,
        Self::Envelope,
        Self::Unreadable,
        Self::Unexplained,
        Self::Effect,
        Self::SameAnswer,
        Self::Snapshot,
        Self::SnapshotFile,
        Self::Transport,
        Self::Throttled,
        Self::SetUp,
        Self::Paused,
        Self::Unprepared,
        Self::NoState,
        Self::Unsigned,
        Self::Billable,
        Self::LeftBehind,
    ];

    /// The code itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "PM001",
            Self::ErrorCode => "PM002",
            Self::Message => "PM003",
            Self::Value => "PM004",
            Self::Envelope => "PM005",
            Self::Unreadable => "PM006",
            Self::Unexplained => "PM007",
            Self::Effect => "PM008",
            Self::SameAnswer => "PM009",
            Self::Snapshot => "PM101",
            Self::SnapshotFile => "PM102",
            Self::Transport => "PM201",
            Self::Throttled => "PM202",
            Self::SetUp => "PM203",
            Self::Paused => "PM204",
            Self::Unprepared => "PM205",
            Self::NoState => "PM301",
            Self::Unsigned => "PM302",
            Self::Billable => "PM303",
            Self::LeftBehind => "PM401",
        }
    }

    /// What comes first in a list: broken promises, then other answers than before, then everything else.
    pub(in crate::report) fn rank(self) -> u8 {
        match self {
            Self::Status
            | Self::ErrorCode
            | Self::Message
            | Self::Value
            | Self::Envelope
            | Self::Unreadable
            | Self::Unexplained
            | Self::Effect
            | Self::SameAnswer => 0,
            Self::Snapshot | Self::SnapshotFile => 1,
            Self::Transport | Self::Throttled | Self::SetUp | Self::Paused | Self::Unprepared => 2,
            Self::LeftBehind => 3,
            Self::Unsigned | Self::Billable => 4,
            Self::NoState => 5,
        }
    }

    /// Whether an answer disagrees with something, so that there is what was expected and what came.
    pub(in crate::report) fn is_of_an_answer(self) -> bool {
        self.rank() < 2 && self != Self::SnapshotFile
    }

    /// Whether the same promise of two operations is two promises. What holds for every answer of a service, and what
    /// the endpoint offers, is one thing.
    pub(super) fn is_of_an_operation(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::ErrorCode
                | Self::Message
                | Self::Value
                | Self::Unexplained
                | Self::Effect
                | Self::Snapshot
        )
    }

    /// The code and what it is about, in a line.
    pub fn title(self) -> &'static str {
        let heading = self.explanation().lines().next().unwrap_or_default();
        heading.trim_start_matches("## ")
    }

    /// What the code means and what to do, as a section of Markdown.
    pub fn explanation(self) -> &'static str {
        let start = PAGE.find(&format!("## {}", self.name())).unwrap_or(PAGE.len());
        let rest = &PAGE[start..];
        let end = rest[1.min(rest.len())..].find("\n## ").map_or(rest.len(), |end| end + 1);
        rest[..end].trim_end()
    }
}

impl FromStr for Code {
    type Err = String;

    /// Takes the name of a cause as well, which begins with its code.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.split('-').next().unwrap_or_default().to_ascii_uppercase();
        let found = Self::ALL.into_iter().find(|code| code.name() == name);
        found.ok_or_else(|| "not a code; `proofmark explain` lists all of them".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, PAGE};

    #[test]
    fn each_code_has_its_section_and_no_section_is_without_a_code() {
        let headings: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let named: Vec<&str> = headings.iter().map(|heading| heading.split(':').next().unwrap()).collect();
        assert_eq!(named, Code::ALL.map(Code::name), "in order, each once");
        for code in Code::ALL {
            let text = code.explanation();
            assert!(text.starts_with(&format!("## {}: ", code.name())), "{text}");
            assert!(text.lines().count() > 2 && text.matches("## ").count() == 1, "{text}");
            assert!(text.contains("What to do: "), "{text}");
        }
    }
}
