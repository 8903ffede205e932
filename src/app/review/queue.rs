//! What is decided in a review, and what is next. Main type: [`ReviewQueue`].

use crate::review::{Change, ChangeGroup};
use crate::snapshot::StoreError;

/// What is decided about a pending snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueDecision {
    /// Nothing: it is pending. Counted with what is skipped.
    None,
    /// It is to be decided later.
    Skipped,
    /// The new snapshot took the place of the old one.
    Accepted,
    /// The old snapshot stays.
    Rejected,
}

impl QueueDecision {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "waiting",
            Self::Skipped => "skipped",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected)
    }
}

/// How far a review has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueuePosition {
    /// At all cases of a kind that are not decided.
    Kind(usize),
    /// At one case of a kind.
    Case(usize, usize),
}

impl QueuePosition {
    /// The kind as a whole.
    #[must_use]
    pub fn kind(self) -> Self {
        Self::Kind(self.number())
    }

    fn number(self) -> usize {
        match self {
            Self::Kind(kind) | Self::Case(kind, _) => kind,
        }
    }
}

/// The kinds of change, with what is decided about each snapshot.
pub struct ReviewQueue(Vec<(ChangeGroup, Vec<QueueDecision>)>);

impl ReviewQueue {
    /// Nothing is decided yet.
    pub fn new(groups: Vec<ChangeGroup>) -> Self {
        let undecided = |group: ChangeGroup| {
            let decisions = vec![QueueDecision::None; group.changes.len()];
            (group, decisions)
        };
        Self(groups.into_iter().map(undecided).collect())
    }

    /// How many kinds of change there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A kind of change.
    pub fn group(&self, kind: usize) -> &ChangeGroup {
        &self.0[kind].0
    }

    /// The cases of a kind that are not decided.
    pub fn undecided_changes(&self, kind: usize) -> Vec<&Change> {
        self.places(kind).map(|case| &self.0[kind].0.changes[case]).collect()
    }

    fn places(&self, kind: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let decisions = self.0[kind].1.iter().enumerate();
        decisions.filter(|(_, decision)| !decision.is_final()).map(|(case, _)| case)
    }

    /// The change that is shown at a place: of a kind, the first that is not decided.
    pub fn change(&self, place: QueuePosition) -> &Change {
        let case = match place {
            QueuePosition::Case(_, case) => case,
            QueuePosition::Kind(kind) => self.places(kind).next().unwrap_or(0),
        };
        &self.0[place.number()].0.changes[case]
    }

    /// The kind that a change belongs to.
    pub fn kind_of(&self, change: &Change) -> usize {
        let has = |(group, _): &(ChangeGroup, Vec<QueueDecision>)| {
            group.changes.iter().any(|each| std::ptr::eq(each, change))
        };
        self.0.iter().position(has).unwrap_or(0)
    }

    /// Where a review starts.
    pub fn first(&self) -> Option<QueuePosition> {
        (!self.0.is_empty()).then_some(QueuePosition::Kind(0))
    }

    /// The first case of the kind that is not decided.
    pub fn first_case(&self, here: QueuePosition) -> Option<QueuePosition> {
        let kind = here.number();
        self.places(kind).next().map(|case| QueuePosition::Case(kind, case))
    }

    /// What comes after a place: the next case of the kind, or the next kind with cases that nothing is said about.
    pub fn after(&self, here: QueuePosition) -> Option<QueuePosition> {
        let (number, case) = match here {
            QueuePosition::Kind(kind) => (kind, None),
            QueuePosition::Case(kind, case) => (kind, Some(case)),
        };
        let waits = |kind: usize, case: &usize| self.0[kind].1[*case] == QueueDecision::None;
        let next = case.and_then(|case| self.places(number).find(|each| *each > case && waits(number, each)));
        if let Some(case) = next {
            return Some(QueuePosition::Case(number, case));
        }
        let mut kinds = number + 1..self.0.len();
        kinds.find(|kind| self.places(*kind).any(|case| waits(*kind, &case))).map(QueuePosition::Kind)
    }

    /// What is not decided before a place: a case of the kind, the kind, or one before it.
    pub fn before(&self, here: QueuePosition) -> Option<QueuePosition> {
        if let QueuePosition::Case(kind, case) = here {
            let place = self.places(kind).rev().find(|each| *each < case);
            return Some(place.map_or(QueuePosition::Kind(kind), |case| QueuePosition::Case(kind, case)));
        }
        (0..here.number()).rev().find(|kind| self.places(*kind).next().is_some()).map(QueuePosition::Kind)
    }

    /// The next case that is not decided and has a text in its id, from a place on and then from the start.
    pub fn find(&self, part: &str, here: QueuePosition) -> Option<QueuePosition> {
        let all = (0..self.0.len()).flat_map(|kind| self.places(kind).map(move |case| (kind, case)));
        let has = |(kind, case): &(usize, usize)| self.0[*kind].0.changes[*case].snapshot.case.contains(part);
        let found: Vec<QueuePosition> =
            all.filter(has).map(|(kind, case)| QueuePosition::Case(kind, case)).collect();
        let is_after = |place: &&QueuePosition| match here {
            QueuePosition::Case(..) => **place > here,
            QueuePosition::Kind(kind) => place.number() >= kind,
        };
        found.iter().find(is_after).or(found.first()).copied()
    }

    /// Carries a decision out for what is not decided at a place: for how many, and what was in the way.
    pub fn decide(&mut self, here: QueuePosition, decision: QueueDecision) -> (usize, Vec<StoreError>) {
        let kind = here.number();
        let cases: Vec<usize> = match here {
            QueuePosition::Kind(_) => self.places(kind).collect(),
            QueuePosition::Case(_, case) => vec![case],
        };
        let (mut done, mut errors) = (0, Vec::new());
        let (group, decisions) = &mut self.0[kind];
        for case in cases {
            let snapshot = &group.changes[case].snapshot;
            let result = match decision {
                QueueDecision::Accepted => snapshot.accept(),
                QueueDecision::Rejected => snapshot.reject(),
                QueueDecision::Skipped | QueueDecision::None => Ok(()),
            };
            match result {
                Ok(()) => {
                    done += 1;
                    decisions[case] = decision;
                }
                Err(error) => {
                    // It stays pending, and is not asked about again by itself.
                    decisions[case] = QueueDecision::Skipped;
                    errors.push(error);
                }
            }
            // Each of the others would wait as long, and come to the same.
            if matches!(errors.last(), Some(StoreError::Locked { .. })) {
                break;
            }
        }
        (done, errors)
    }

    /// How many are decided in a way; skipped ones count as pending.
    pub fn count(&self, wanted: QueueDecision) -> usize {
        let is_same = |decision: &&QueueDecision| {
            **decision == wanted || (wanted == QueueDecision::None && **decision == QueueDecision::Skipped)
        };
        self.0.iter().map(|(_, decisions)| decisions.iter().filter(is_same).count()).sum()
    }
}
