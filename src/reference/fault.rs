//! Faults that the reference endpoint commits on purpose, so that each checker can prove that it fails where it should.
//! Main types: `Fault`, one fault by name, and `FaultEntry`, its line in the catalogue.
//! Nothing acts here: rules read faults through `Policy`, answers through `Flaws`, and `delivery` has its own.

use super::auth::AuthRow;
use super::execution::Status;
use super::fault_kind::{
    AuthFault, BodyFault, FieldFault, LimitFault, LoadFault, RowFault, StartFault, TagFault, TokenFault,
    TransportFault, WireFault,
};
use super::row::ErrorRow;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use thiserror::Error;

/// One way to break the contract, named `NAME`, `NAME:CODE` or `NAME:STATUS`.
///
/// It comes from its name; `Fault::catalogue` lists the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault(pub(super) Breach);

/// What a fault acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breach {
    Row(RowFault, ErrorRow),
    Field(FieldFault),
    Body(BodyFault),
    Load(LoadFault),
    Limit(LimitFault),
    Tag(TagFault),
    Token(TokenFault),
    Start(StartFault),
    Wire(WireFault),
    Transport(TransportFault),
    Auth(AuthFault),
    AuthRow(RowFault, AuthRow),
    /// A running execution of this status does not block a start.
    RunningStatusMissed(Status),
    /// An ended execution of this status blocks a start.
    TerminalStatusBlocks(Status),
}

/// One line of the catalogue of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEntry {
    /// The name that `Fault::from_str` takes.
    pub name: String,
    /// The promise that the fault breaks, in one line.
    pub breaks: String,
}

/// No fault has the given name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no fault is named `{name}`; the nearest name is `{nearest}`")]
pub struct UnknownFault {
    /// The name that was asked for.
    pub name: String,
    /// The name in the catalogue that is most like it.
    pub nearest: String,
}

impl Fault {
    /// Every fault, faults of an error row once for each row that can show them.
    #[must_use]
    pub fn catalogue() -> Vec<FaultEntry> {
        Self::all().map(|fault| FaultEntry { name: fault.to_string(), breaks: fault.breaks() }).collect()
    }

    /// Whether the endpoint keeps every caller waiting, longer than any of them waits.
    #[must_use]
    pub fn delays(&self) -> bool {
        matches!(self.0, Breach::Transport(TransportFault::SlowAnswer | TransportFault::SlowBody))
    }

    /// Every fault that only an endpoint shows that verifies signatures, so that no case without them can find it.
    #[must_use]
    pub fn signature_catalogue() -> Vec<FaultEntry> {
        Self::signature_faults()
            .map(|fault| FaultEntry { name: fault.to_string(), breaks: fault.breaks() })
            .collect()
    }

    /// The faults behind the catalogue of signatures.
    pub(super) fn signature_faults() -> impl Iterator<Item = Self> {
        let rows = AuthRow::ALL.iter().flat_map(|row| {
            let fitting = RowFault::ALL.iter().filter(|fault| row.shows(**fault));
            fitting.map(|fault| Breach::AuthRow(*fault, *row))
        });
        AuthFault::ALL.iter().copied().map(Breach::Auth).chain(rows).map(Self)
    }

    /// The faults behind the catalogue.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let rows = ErrorRow::ALL.iter().flat_map(|row| {
            let fitting = RowFault::ALL.iter().filter(|fault| shows_in(**fault, *row));
            fitting.map(|fault| Breach::Row(*fault, *row))
        });
        let fields = FieldFault::ALL.iter().copied().map(Breach::Field);
        let bodies = BodyFault::ALL.iter().copied().map(Breach::Body);
        let load = LoadFault::ALL.iter().copied().map(Breach::Load);
        let limits = LimitFault::ALL.iter().copied().map(Breach::Limit);
        let tags = TagFault::ALL.iter().copied().map(Breach::Tag);
        let tokens = TokenFault::ALL.iter().copied().map(Breach::Token);
        let starts = StartFault::ALL.iter().copied().map(Breach::Start);
        let wire = WireFault::ALL.iter().copied().map(Breach::Wire);
        let transport = TransportFault::ALL.iter().copied().map(Breach::Transport);
        let statuses = Status::ALL.iter().map(|status| {
            if status.is_terminal() {
                Breach::TerminalStatusBlocks(*status)
            } else {
                Breach::RunningStatusMissed(*status)
            }
        });
        let rules = limits.chain(tags).chain(tokens).chain(starts).chain(statuses);
        let edges = wire.chain(fields).chain(bodies).chain(load).chain(transport);
        rows.chain(rules).chain(edges).map(Self)
    }

    /// The promise that the fault breaks.
    fn breaks(self) -> String {
        match self.0 {
            Breach::Row(fault, row) => {
                format!("{} ({} {})", fault.breaks(), row.status(), row.code())
            }
            Breach::Field(fault) => fault.breaks().to_owned(),
            Breach::Body(fault) => fault.breaks().to_owned(),
            Breach::Load(fault) => fault.breaks().to_owned(),
            Breach::Limit(fault) => fault.breaks().to_owned(),
            Breach::Tag(fault) => fault.breaks().to_owned(),
            Breach::Token(fault) => fault.breaks().to_owned(),
            Breach::Start(fault) => fault.breaks().to_owned(),
            Breach::Wire(fault) => fault.breaks().to_owned(),
            Breach::Transport(fault) => fault.breaks().to_owned(),
            Breach::Auth(fault) => fault.breaks().to_owned(),
            Breach::AuthRow(fault, row) => {
                format!("{} ({} {})", fault.breaks(), row.status(), row.code())
            }
            Breach::RunningStatusMissed(status) => {
                format!("an execution in {} blocks a start", status.name())
            }
            Breach::TerminalStatusBlocks(status) => {
                format!("an execution in {} does not block a start", status.name())
            }
        }
    }
}

/// Whether a fault can be seen in a row: a message that is nothing but `%s` has no wrong wording, and a fixed message no filling.
fn shows_in(fault: RowFault, row: ErrorRow) -> bool {
    match fault {
        RowFault::WrongStatus | RowFault::WrongCode | RowFault::SkipRow => true,
        RowFault::WrongMessage => row.template() != "%s",
        RowFault::UnfilledTemplate | RowFault::EmptyFilling => row.is_template(),
    }
}

impl Display for Fault {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Breach::Row(fault, row) => write!(out, "{}:{}", fault.name(), row.code()),
            Breach::Field(fault) => out.write_str(fault.name()),
            Breach::Body(fault) => out.write_str(fault.name()),
            Breach::Load(fault) => out.write_str(fault.name()),
            Breach::Limit(fault) => out.write_str(fault.name()),
            Breach::Tag(fault) => out.write_str(fault.name()),
            Breach::Token(fault) => out.write_str(fault.name()),
            Breach::Start(fault) => out.write_str(fault.name()),
            Breach::Wire(fault) => out.write_str(fault.name()),
            Breach::Transport(fault) => out.write_str(fault.name()),
            Breach::Auth(fault) => out.write_str(fault.name()),
            Breach::AuthRow(fault, row) => write!(out, "{}:{}", fault.name(), row.label()),
            Breach::RunningStatusMissed(status) => {
                write!(out, "running-status-missed:{}", status.name())
            }
            Breach::TerminalStatusBlocks(status) => {
                write!(out, "terminal-status-blocks:{}", status.name())
            }
        }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = || Self::all().chain(Self::signature_faults());
        if let Some(fault) = known().find(|fault| fault.to_string() == name) {
            return Ok(fault);
        }
        let nearest = known()
            .map(|fault| fault.to_string())
            .min_by_key(|known| strsim::damerau_levenshtein(known, name));
        Err(UnknownFault { name: name.to_owned(), nearest: nearest.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use std::collections::HashSet;

    #[test]
    fn every_entry_of_the_catalogue_parses_and_prints_back() {
        for entry in Fault::catalogue().into_iter().chain(Fault::signature_catalogue()) {
            let fault: Fault = entry.name.parse().unwrap();
            assert_eq!(fault.to_string(), entry.name);
            assert!(!entry.breaks.is_empty());
        }
    }

    #[test]
    fn names_in_the_catalogue_are_unique() {
        let mut catalogue = Fault::catalogue();
        catalogue.extend(Fault::signature_catalogue());
        let names: HashSet<&str> = catalogue.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), catalogue.len());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = "tag-cuont-19".parse::<Fault>().unwrap_err();
        assert_eq!(error.nearest, "tag-count-19");
        assert!(error.to_string().contains("`tag-count-19`"));
    }

    #[test]
    fn a_message_fault_is_offered_only_where_it_shows() {
        assert!("wrong-message:InvalidRegionId.NotFound".parse::<Fault>().is_err());
        assert!("unfilled-template:InvalidVSwitchId.NotFound".parse::<Fault>().is_err());
        assert!("wrong-message:InvalidImage.NotFound".parse::<Fault>().is_ok());
    }
}
