//! Why a caller is turned away. Main type: `Objection`, a row with what fills its `%s`.

use super::super::answer::Wording;
use super::super::auth_row::AuthRow;
use super::super::fault_kind::RowFault;
use super::super::flaw::neighbour;

/// Why a caller is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection {
    pub(super) row: AuthRow,
    pub(super) filling: String,
}

impl From<AuthRow> for Objection {
    fn from(row: AuthRow) -> Self {
        Self { row, filling: String::new() }
    }
}

impl Objection {
    /// A part of the signature that is not there.
    pub(super) fn missing(name: &str) -> Self {
        Self { row: AuthRow::ParameterMissing, filling: name.to_owned() }
    }

    /// The objection in the words of its row, or in the wrong ones.
    pub(super) fn wording(&self, faults: &[(RowFault, AuthRow)]) -> Wording {
        let (status, code, template) = (self.row.status(), self.row.code(), self.row.template());
        let message = template.replacen("%s", &self.filling, 1);
        let mut wording = Wording { status, code: code.to_owned(), message };
        for (fault, _) in faults.iter().filter(|(_, faulty)| *faulty == self.row) {
            match fault {
                RowFault::WrongStatus => wording.status = neighbour(status),
                RowFault::WrongCode => wording.code.push_str(".Other"),
                RowFault::WrongMessage => drop(wording.message.pop()),
                RowFault::UnfilledTemplate => template.clone_into(&mut wording.message),
                RowFault::EmptyFilling => wording.message = template.replace("%s", ""),
                RowFault::SkipRow | RowFault::StartsAnyway => {}
            }
        }
        wording
    }
}
