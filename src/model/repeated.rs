//! What came of a case that was run several times. Main type: [`Repeated`].

use serde::{Deserialize, Serialize};

/// How often a case that was run several times came to which verdict. A run that was cut short is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// Which of its runs the record shows, from 1: the first of the worst.
    pub shown: u32,
    /// Passed, at the first attempt or a later one.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Failed as a waiver says.
    pub waived: u32,
    /// Could not be decided.
    pub inconclusive: u32,
    /// Could not be tried.
    pub skipped: u32,
    /// How many requests were answered in the runs that the record does not show.
    pub other_answers: usize,
}

impl Repeated {
    /// How often the case ran to its end.
    pub fn times(self) -> u32 {
        self.counts().iter().map(|(_, count)| count).sum()
    }

    /// Which share of the runs did not pass, if they did not all come to one verdict: `failed 3 of 10 times`.
    pub fn share(self) -> Option<String> {
        let counts = self.counts().into_iter().filter(|(_, count)| *count > 0);
        let others: Vec<String> = counts
            .clone()
            .filter(|(name, _)| *name != "passed")
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        (counts.count() > 1).then(|| format!("{} of {} times", others.join(", "), self.times()))
    }

    fn counts(self) -> [(&'static str, u32); 5] {
        [
            ("passed", self.passed),
            ("failed", self.failed),
            ("waived", self.waived),
            ("inconclusive", self.inconclusive),
            ("skipped", self.skipped),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::Repeated;

    #[test]
    fn only_what_comes_to_several_verdicts_has_a_share() {
        let none = Repeated::default();
        assert_eq!(none.share(), None);
        for same in [Repeated { passed: 3, ..none }, Repeated { failed: 3, ..none }] {
            assert_eq!((same.share(), same.times()), (None, 3));
        }
        let mixed = Repeated { passed: 6, failed: 3, inconclusive: 1, ..none };
        assert_eq!(mixed.share().as_deref(), Some("failed 3, inconclusive 1 of 10 times"));
        let never_passed = Repeated { failed: 1, waived: 1, ..none };
        assert_eq!(never_passed.share().as_deref(), Some("failed 1, waived 1 of 2 times"));
    }
}
