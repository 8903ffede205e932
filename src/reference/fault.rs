//! Faults that the reference endpoint commits on purpose, so that each checker can prove that it fails where it should.
//! Main types: `Fault`, a promise and the slice of requests in which it is broken, and `FaultEntry`, its line in the list.
//! Nothing acts here: rules read faults through `Policy`, answers through `Flaws`, and `delivery` has its own.

use super::auth_row::AuthRow;
use super::breach::Breach;
use super::execution::Status;
use super::fault_kind::{
    AuthFault, BodyFault, FieldFault, FingerprintFault, LimitFault, LoadFault, RowFault, RuleFault,
    StartFault, TagFault, TokenFault, TransportFault, WireFault,
};
use super::fault_slice::slices;
use super::row::ReferenceRow;
use super::slice::{Facts, Slice};
use crate::model::nearest_of;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use thiserror::Error;

/// One way to break the contract, named `NAME`, `NAME:CODE` or `NAME:STATUS`, and the conditions under which it shows:
/// `NAME,when:method=GET`.
///
/// It comes from its name; `Fault::catalogue` lists the names, and `Fault::slices` those with conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(super) breach: Breach,
    pub(super) slice: Slice,
}

/// One line of the catalogue of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEntry {
    /// The name that `Fault::from_str` takes.
    pub name: String,
    /// The promise that the fault breaks, in one line.
    pub breaks: String,
    /// The conditions that must not matter for the promise, each of which may follow the name behind `,when:`.
    pub slices: Vec<String>,
}

impl FaultEntry {
    /// The names with a condition each.
    pub fn sliced_names(&self) -> impl Iterator<Item = String> {
        self.slices.iter().map(|slice| format!("{}{WHEN}{slice}", self.name))
    }
}

/// What is between the name of a fault and its conditions.
const WHEN: &str = ",when:";

/// No fault has the given name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no fault is named `{name}`{}", suggestion(.nearest.as_deref()))]
pub struct UnknownFault {
    /// The name that was asked for.
    pub name: String,
    /// The name in the catalogue that it is near to, if it is near any.
    pub nearest: Option<String>,
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

impl Fault {
    /// Every fault, faults of an error row once for each row that can show them.
    #[must_use]
    pub fn catalogue() -> Vec<FaultEntry> {
        Self::all().map(Self::entry).collect()
    }

    /// Whether the endpoint keeps every caller waiting, longer than any of them waits.
    #[must_use]
    pub fn delays(&self) -> bool {
        matches!(self.breach, Breach::Transport(TransportFault::SlowAnswer | TransportFault::SlowBody))
    }

    /// Every fault that only an endpoint shows that verifies signatures, so that no case without them can find it.
    #[must_use]
    pub fn signature_catalogue() -> Vec<FaultEntry> {
        Self::signature_faults().map(Self::entry).collect()
    }

    /// Whether the fault can show in the answer to a request with these facts.
    #[must_use]
    pub fn touches(&self, facts: &Facts) -> bool {
        self.slice.has(facts)
    }

    /// The faults behind the catalogue of signatures.
    pub(super) fn signature_faults() -> impl Iterator<Item = Self> {
        let rows = AuthRow::ALL.iter().flat_map(|row| {
            let fitting = RowFault::ALL.iter().filter(|fault| row.shows(**fault));
            fitting.map(|fault| Breach::AuthRow(*fault, *row))
        });
        AuthFault::ALL.iter().copied().map(Breach::Auth).chain(rows).map(Self::from)
    }

    /// The faults behind the catalogue.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let rows = ReferenceRow::ALL.iter().flat_map(|row| {
            let fitting = RowFault::ALL.iter().filter(|fault| shows_in(**fault, *row));
            fitting.map(|fault| Breach::Row(*fault, *row))
        });
        let fields = FieldFault::ALL.iter().copied().map(Breach::Field);
        let bodies = BodyFault::ALL.iter().copied().map(Breach::Body);
        let load = LoadFault::ALL.iter().copied().map(Breach::Load);
        let limits = LimitFault::ALL.iter().copied().map(Breach::Limit);
        let dropped = RuleFault::ALL.iter().copied().map(Breach::Rule);
        let tags = TagFault::ALL.iter().copied().map(Breach::Tag);
        let tokens = TokenFault::ALL.iter().copied().map(Breach::Token);
        let fingerprints = FingerprintFault::ALL.iter().copied().map(Breach::Fingerprint);
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
        let parameters = limits.chain(dropped).chain(tags).chain(tokens).chain(fingerprints);
        let edges = wire.chain(fields).chain(bodies).chain(load).chain(transport);
        rows.chain(parameters).chain(starts).chain(statuses).chain(edges).map(Self::from)
    }

    fn entry(self) -> FaultEntry {
        let slices = slices(self.breach).iter().map(ToString::to_string).collect();
        FaultEntry { name: self.to_string(), breaks: self.breach.breaks(), slices }
    }
}

impl From<Breach> for Fault {
    fn from(breach: Breach) -> Self {
        Self { breach, slice: Slice::default() }
    }
}

/// Whether a fault can be seen in a row: a message that is nothing but `%s` has no wrong wording, and a fixed message no filling.
fn shows_in(fault: RowFault, row: ReferenceRow) -> bool {
    match fault {
        RowFault::WrongStatus | RowFault::WrongCode | RowFault::SkipRow => true,
        RowFault::WrongMessage => row.template() != "%s",
        RowFault::UnfilledTemplate | RowFault::EmptyFilling => row.is_template(),
        // What names no pipeline, or one that is not there, has nothing to start.
        RowFault::StartsAnyway => !matches!(row, ReferenceRow::PipelineMissing | ReferenceRow::BodyTooLarge),
    }
}

impl Display for Fault {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.breach)?;
        if self.slice.is_everything() { Ok(()) } else { write!(out, "{WHEN}{}", self.slice) }
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let (promise, conditions) = match name.split_once(WHEN) {
            Some((promise, conditions)) => (promise, Some(conditions)),
            None => (name, None),
        };
        let known = || Self::all().chain(Self::signature_faults());
        let unknown = |names: &mut dyn Iterator<Item = String>| {
            let names: Vec<String> = names.collect();
            let nearest = nearest_of(name, names.iter().map(String::as_str)).map(str::to_owned);
            UnknownFault { name: name.to_owned(), nearest }
        };
        let Some(fault) = known().find(|fault| fault.breach.to_string() == promise) else {
            return Err(unknown(&mut known().map(|fault| fault.to_string())));
        };
        let Some(conditions) = conditions else { return Ok(fault) };
        let slice = Slice::read(conditions).ok().filter(|slice| fault.breach.is_sliced_by(*slice));
        slice.map(|slice| Self { slice, ..fault }).ok_or_else(|| unknown(&mut fault.entry().sliced_names()))
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use std::collections::HashSet;

    #[test]
    fn every_entry_of_the_catalogue_parses_and_prints_back() {
        for entry in Fault::catalogue().into_iter().chain(Fault::signature_catalogue()) {
            assert!(!entry.breaks.is_empty());
            for name in entry.sliced_names().chain([entry.name.clone()]) {
                let fault: Fault = name.parse().unwrap();
                assert_eq!(fault.to_string(), name);
            }
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
    fn an_unknown_name_is_answered_with_one_that_is_near() {
        let error = "tag-cuont-19".parse::<Fault>().unwrap_err();
        assert_eq!(error.nearest.as_deref(), Some("tag-count-19"));
        assert_eq!(error.to_string(), "no fault is named `tag-cuont-19`; did you mean `tag-count-19`?");
        let far = "everything".parse::<Fault>().unwrap_err();
        assert_eq!((far.to_string().as_str(), far.nearest), ("no fault is named `everything`", None));
    }

    #[test]
    fn an_unknown_condition_is_answered_with_the_nearest_of_that_fault() {
        let error = "tag-key-129,when:mehtod=GET".parse::<Fault>().unwrap_err();
        assert_eq!(error.nearest.as_deref(), Some("tag-key-129,when:method=GET"));
        assert!("no-code,when:position=last".parse::<Fault>().is_err());
        assert!("tag-key-129,when:position=last,method=GET".parse::<Fault>().is_ok());
    }

    #[test]
    fn a_message_fault_is_offered_only_where_it_shows() {
        assert!("wrong-message:InvalidRegionId.NotFound".parse::<Fault>().is_err());
        assert!("unfilled-template:InvalidVSwitchId.NotFound".parse::<Fault>().is_err());
        assert!("wrong-message:InvalidImage.NotFound".parse::<Fault>().is_ok());
    }
}
