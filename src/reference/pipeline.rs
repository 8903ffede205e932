//! What an image pipeline consists of, and the executions that were started on it.
//! Main types: `Pipeline`, `Execution` and `Status`. A pipeline names other resources and does not hold them.

use std::collections::VecDeque;

/// An image pipeline with the attributes that a start looks at.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) source: Source,
    pub(super) image_name: String,
    pub(super) build_content: String,
    pub(super) test_content: Option<String>,
    pub(super) docker: Option<DockerCredential>,
    pub(super) instance_type: String,
    /// Without one the default vSwitch of the region is used.
    pub(super) vswitch: Option<String>,
    pub(super) executions: Executions,
}

/// What the pipeline builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An image by its id.
    Image(String),
    /// The newest image of a family, by the family's name.
    Family(String),
    /// A disk in an OSS bucket, by the object's name, and the system that is on it.
    Oss { object: String, system: System },
}

/// An operating system, as far as building tells systems apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Windows,
    /// A system that images can have and that cannot be built on.
    FreeBsd,
}

/// Who the build signs in to a Docker registry as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DockerCredential {
    pub(super) registry: String,
    pub(super) user: String,
}

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

/// One run of a pipeline. It stays in its status: time does not pass in this world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) status: Status,
}

/// More executions than any case starts on one pipeline; beyond it the oldest is forgotten.
const EXECUTION_LIMIT: usize = 32;

/// The executions of a pipeline, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Executions {
    in_order: VecDeque<Execution>,
    begun: u64,
}

impl Executions {
    /// How many there have been, with those that are forgotten.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    pub(super) fn add(&mut self, execution: Execution) {
        self.begun += 1;
        if self.in_order.len() == EXECUTION_LIMIT {
            self.in_order.pop_front();
        }
        self.in_order.push_back(execution);
    }

    /// The first execution whose status is one of those given.
    pub(super) fn find_in(&self, statuses: &[Status]) -> Option<&Execution> {
        let mut executions = self.in_order.iter();
        executions.find(|execution| statuses.contains(&execution.status))
    }
}

#[cfg(test)]
mod tests {
    use super::{Execution, Executions, Status};

    #[test]
    fn the_number_of_executions_is_bounded() {
        let mut executions = Executions::default();
        for number in 0..100 {
            executions.add(Execution { id: number.to_string(), status: Status::Failed });
        }
        assert_eq!(executions.in_order.len(), 32);
        assert_eq!(executions.find_in(&[Status::Failed]).unwrap().id, "68");
        assert_eq!(executions.find_in(&[Status::Success]), None);
    }

    #[test]
    fn five_statuses_are_terminal() {
        let terminal = Status::ALL.iter().filter(|status| status.is_terminal());
        assert_eq!(terminal.count(), 5);
    }
}
