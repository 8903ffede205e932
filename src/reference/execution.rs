//! The executions that were started on a pipeline, and their statuses.
//! Main types: `Execution`, `Executions` and `Status`. What may be done in which status is decided elsewhere.

use std::collections::VecDeque;

/// The status of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Status {
    Preparing,
    Repairing,
    Building,
    Testing,
    Distributing,
    Releasing,
    Cancelling,
    Success,
    PartitionSuccess,
    Failed,
    TestFailed,
    Cancelled,
}

impl Status {
    pub(super) const ALL: &'static [Self] = &[
        Self::Preparing,
        Self::Repairing,
        Self::Building,
        Self::Testing,
        Self::Distributing,
        Self::Releasing,
        Self::Cancelling,
        Self::Success,
        Self::PartitionSuccess,
        Self::Failed,
        Self::TestFailed,
        Self::Cancelled,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Preparing => "PREPARING",
            Self::Repairing => "REPAIRING",
            Self::Building => "BUILDING",
            Self::Testing => "TESTING",
            Self::Distributing => "DISTRIBUTING",
            Self::Releasing => "RELEASING",
            Self::Cancelling => "CANCELLING",
            Self::Success => "SUCCESS",
            Self::PartitionSuccess => "PARTITION_SUCCESS",
            Self::Failed => "FAILED",
            Self::TestFailed => "TEST_FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether an execution in this status has ended. The statuses are those in which a pipeline may be deleted;
    /// for a cancellation that is under way no source says it, and it is taken to be running.
    pub(super) const fn is_terminal(self) -> bool {
        match self {
            Self::Success | Self::PartitionSuccess | Self::Failed | Self::TestFailed | Self::Cancelled => {
                true
            }
            Self::Preparing
            | Self::Repairing
            | Self::Building
            | Self::Testing
            | Self::Distributing
            | Self::Releasing
            | Self::Cancelling => false,
        }
    }
}

/// One run of a pipeline. It stays in its status until it is cancelled: time does not pass in this world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) status: Status,
    /// Its place among all executions of the pipeline, from 1.
    pub(super) number: u64,
    /// The change of the pipeline with which it began.
    pub(super) created: u64,
    /// The change of the pipeline with which it got its status.
    pub(super) modified: u64,
}

impl Execution {
    /// The text that names this execution as the one that blocks a start.
    pub(super) fn hindrance(&self) -> String {
        let (id, status) = (&self.id, self.status.name());
        format!("The image pipeline has an execution that has not ended: {id} is {status}.")
    }
}

/// More executions than any case starts on one pipeline; beyond it the oldest is forgotten.
const EXECUTION_LIMIT: usize = 32;

/// The executions of a pipeline, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Executions {
    in_order: VecDeque<Execution>,
    begun: u64,
    /// How often something happened to an execution.
    changes: u64,
}

impl Executions {
    /// How many there have been, with those that are forgotten.
    pub(super) fn total(&self) -> u64 {
        self.begun
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Execution> {
        self.in_order.iter()
    }

    /// Adds an execution, and gives the one that is forgotten for it.
    pub(super) fn add(&mut self, id: String, status: Status) -> Option<Execution> {
        self.begun += 1;
        self.changes += 1;
        let is_full = self.in_order.len() == EXECUTION_LIMIT;
        let forgotten = if is_full { self.in_order.pop_front() } else { None };
        let (number, created, modified) = (self.begun, self.changes, self.changes);
        self.in_order.push_back(Execution { id, status, number, created, modified });
        forgotten
    }

    /// Puts an execution into a status; one that is forgotten has none.
    pub(super) fn put(&mut self, id: &str, status: Status) {
        self.changes += 1;
        if let Some(execution) = self.in_order.iter_mut().find(|execution| execution.id == id) {
            execution.status = status;
            execution.modified = self.changes;
        }
    }

    /// The first execution whose status is one of those given.
    pub(super) fn find_in(&self, statuses: &[Status]) -> Option<&Execution> {
        self.iter().find(|execution| statuses.contains(&execution.status))
    }
}

#[cfg(test)]
mod tests {
    use super::{Executions, Status};

    #[test]
    fn the_number_of_executions_is_bounded() {
        let mut executions = Executions::default();
        for number in 0..100 {
            executions.add(number.to_string(), Status::Failed);
        }
        assert_eq!(executions.in_order.len(), 32);
        assert_eq!(executions.find_in(&[Status::Failed]).unwrap().id, "68");
        assert_eq!(executions.find_in(&[Status::Success]), None);
    }

    #[test]
    fn a_new_status_is_a_change_of_the_execution() {
        let mut executions = Executions::default();
        executions.add("one".to_owned(), Status::Building);
        executions.add("two".to_owned(), Status::Building);
        executions.put("one", Status::Cancelled);
        let changes: Vec<_> = executions.iter().map(|one| (one.status, one.created, one.modified)).collect();
        assert_eq!(changes, [(Status::Cancelled, 1, 3), (Status::Building, 2, 2)]);
    }

    #[test]
    fn five_statuses_are_terminal() {
        let terminal = Status::ALL.iter().filter(|status| status.is_terminal());
        assert_eq!(terminal.count(), 5);
    }
}
