//! The promises that can be broken. Main type: `Breach`, what a fault acts on, whatever its conditions.

use super::auth_row::AuthRow;
use super::execution::Status;
use super::fault_kind::{
    AuthFault, BodyFault, FieldFault, FingerprintFault, LimitFault, LoadFault, RowFault, RuleFault,
    StartFault, TagFault, TokenFault, TransportFault, WireFault,
};
use super::row::ReferenceRow;
use std::fmt::{self, Display, Formatter};

/// What a fault acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breach {
    Row(RowFault, ReferenceRow),
    Field(FieldFault),
    Body(BodyFault),
    Load(LoadFault),
    Limit(LimitFault),
    Tag(TagFault),
    Token(TokenFault),
    Fingerprint(FingerprintFault),
    Rule(RuleFault),
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

impl Breach {
    /// The promise that is broken.
    pub(super) fn breaks(self) -> String {
        let of_row =
            |fault: RowFault, status: u16, code: &str| format!("{} ({status} {code})", fault.breaks());
        match self {
            Self::Row(fault, row) => of_row(fault, row.status(), row.code()),
            Self::AuthRow(fault, row) => of_row(fault, row.status(), row.code()),
            Self::Field(fault) => fault.breaks().to_owned(),
            Self::Body(fault) => fault.breaks().to_owned(),
            Self::Load(fault) => fault.breaks().to_owned(),
            Self::Limit(fault) => fault.breaks().to_owned(),
            Self::Tag(fault) => fault.breaks().to_owned(),
            Self::Token(fault) => fault.breaks().to_owned(),
            Self::Fingerprint(fault) => fault.breaks().to_owned(),
            Self::Rule(fault) => fault.breaks().to_owned(),
            Self::Start(fault) => fault.breaks().to_owned(),
            Self::Wire(fault) => fault.breaks().to_owned(),
            Self::Transport(fault) => fault.breaks().to_owned(),
            Self::Auth(fault) => fault.breaks().to_owned(),
            Self::RunningStatusMissed(status) => format!("an execution in {} blocks a start", status.name()),
            Self::TerminalStatusBlocks(status) => {
                format!("an execution in {} does not block a start", status.name())
            }
        }
    }
}

impl Display for Breach {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(fault, row) => write!(out, "{}:{}", fault.name(), row.code()),
            Self::AuthRow(fault, row) => write!(out, "{}:{}", fault.name(), row.label()),
            Self::Rule(fault) => write!(out, "drop-rule:{}", fault.name()),
            Self::Field(fault) => out.write_str(fault.name()),
            Self::Body(fault) => out.write_str(fault.name()),
            Self::Load(fault) => out.write_str(fault.name()),
            Self::Limit(fault) => out.write_str(fault.name()),
            Self::Tag(fault) => out.write_str(fault.name()),
            Self::Token(fault) => out.write_str(fault.name()),
            Self::Fingerprint(fault) => out.write_str(fault.name()),
            Self::Start(fault) => out.write_str(fault.name()),
            Self::Wire(fault) => out.write_str(fault.name()),
            Self::Transport(fault) => out.write_str(fault.name()),
            Self::Auth(fault) => out.write_str(fault.name()),
            Self::RunningStatusMissed(status) => write!(out, "running-status-missed:{}", status.name()),
            Self::TerminalStatusBlocks(status) => write!(out, "terminal-status-blocks:{}", status.name()),
        }
    }
}
