//! Differences grouped by cause, so that a reader sees what to mend first. Main type: [`DifferenceCause`].

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::{CaseDifference, Difference};

/// Cases whose answers differ in the same way, or that were not compared for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceCause {
    /// How the answers differ.
    pub difference: Difference,
    /// Where, if at a place of the answers.
    pub place: Option<String>,
    /// What the first endpoint has, in the example.
    pub first: String,
    /// What the second one has.
    pub second: String,
    /// In place of how many further answers one endpoint has this one: of the first, and of the second.
    pub others: (usize, usize),
    /// The codes of the rows that the cases are about.
    pub rows: BTreeSet<String>,
    /// How many cases show it.
    pub cases: usize,
    /// The first of them.
    pub example: String,
}

/// In place of so many answers on, one and the same is one cause.
const JOINED: usize = 3;

/// What distinguishes a cause from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DifferenceKey {
    difference: Difference,
    place: Option<String>,
    first: String,
    second: String,
}

/// Differences by cause.
#[derive(Debug)]
pub struct DifferenceCauses {
    /// The causes: differences first, then what was not compared; those of most cases first. Nothing of cases that are
    /// alike, or skipped on purpose.
    pub causes: Vec<DifferenceCause>,
    /// The cause of each case, by its position.
    pub of_case: Vec<Option<usize>>,
    /// How many cases were skipped on purpose, and why.
    pub skipped: usize,
    /// The reasons, each once.
    pub reasons: BTreeSet<String>,
}

impl DifferenceCauses {
    /// Groups what is compared; `similar` leaves out what is made for one answer.
    pub fn of(differences: &[CaseDifference], similar: impl Fn(&str) -> String) -> Self {
        let mut known: BTreeMap<DifferenceKey, DifferenceCause> = BTreeMap::new();
        let apart: Vec<Option<DifferenceKey>> = differences.iter().map(|case| key(case, &similar)).collect();
        let same = SameAnswers::of(apart.iter().flatten());
        let keys: Vec<Option<DifferenceKey>> =
            apart.into_iter().map(|key| key.map(|key| same.join(key))).collect();
        let (mut skipped, mut reasons) = (0, BTreeSet::new());
        for (case, key) in differences.iter().zip(keys.iter().cloned()) {
            if case.difference == Difference::SkippedOnPurpose {
                skipped += 1;
                reasons.extend([&case.first, &case.second].map(|reason| remove_skipped(reason).to_owned()));
            }
            let Some(key) = key else { continue };
            let others = same.others(&key);
            let cause = match known.entry(key) {
                Entry::Vacant(place) => place.insert(DifferenceCause { others, ..DifferenceCause::of(case) }),
                Entry::Occupied(known) => {
                    let known = known.into_mut();
                    known.cases += 1;
                    known
                }
            };
            cause.rows.extend(case.row.clone());
        }
        let mut listed: Vec<(DifferenceKey, DifferenceCause)> = known.into_iter().collect();
        listed.sort_by_key(|(_, cause)| (cause.difference.is_open(), Reverse(cause.cases)));
        let positions: BTreeMap<&DifferenceKey, usize> =
            listed.iter().enumerate().map(|(position, (key, _))| (key, position)).collect();
        let of_case = keys.iter().map(|key| positions.get(key.as_ref()?).copied()).collect();
        let causes = listed.into_iter().map(|(_, cause)| cause).collect();
        Self { causes, of_case, skipped, reasons }
    }
}

impl DifferenceCause {
    fn of(case: &CaseDifference) -> Self {
        let CaseDifference { id, row: _, difference, place, first, second } = case.clone();
        Self {
            difference,
            place,
            first,
            second,
            others: (0, 0),
            rows: BTreeSet::new(),
            cases: 1,
            example: id,
        }
    }
}

/// Which answers of the other endpoint each answer of one is in place of.
#[derive(Default)]
struct SameAnswers {
    /// By what the second one has.
    firsts: BTreeMap<(Difference, String), BTreeSet<String>>,
    /// By what the first one has.
    seconds: BTreeMap<(Difference, String), BTreeSet<String>>,
}

impl SameAnswers {
    fn of<'a>(keys: impl Iterator<Item = &'a DifferenceKey>) -> Self {
        let mut same = Self::default();
        for key in keys.filter(|key| matches!(key.difference, Difference::Status | Difference::Code)) {
            let DifferenceKey { difference, first, second, .. } = key;
            same.firsts.entry((difference.clone(), second.clone())).or_default().insert(first.clone());
            same.seconds.entry((difference.clone(), first.clone())).or_default().insert(second.clone());
        }
        same
    }

    /// The key without the answers that one and the same is in place of. Success is not one: each error that an endpoint
    /// does not look for is a mistake of its own.
    fn join(&self, key: DifferenceKey) -> DifferenceKey {
        let is_joined = |found: &BTreeMap<_, BTreeSet<String>>, answer: &str| {
            let answers = found.get(&(key.difference.clone(), answer.to_owned()));
            !answer.starts_with('2') && answers.is_some_and(|answers| answers.len() >= JOINED)
        };
        if is_joined(&self.firsts, &key.second) {
            DifferenceKey { first: String::new(), ..key }
        } else if is_joined(&self.seconds, &key.first) {
            DifferenceKey { second: String::new(), ..key }
        } else {
            key
        }
    }

    /// How many answers beside that of the example a joined key is for.
    fn others(&self, key: &DifferenceKey) -> (usize, usize) {
        let count = |found: &BTreeMap<_, BTreeSet<String>>, answer: &str| {
            let answers = found.get(&(key.difference.clone(), answer.to_owned()));
            answers.map_or(0, |answers| answers.len().saturating_sub(1))
        };
        let is_joined = matches!(key.difference, Difference::Status | Difference::Code);
        match (key.first.is_empty(), key.second.is_empty()) {
            (true, false) if is_joined => (count(&self.firsts, &key.second), 0),
            (false, true) if is_joined => (0, count(&self.seconds, &key.first)),
            _ => (0, 0),
        }
    }
}

/// What the cause of a case is known by; none, if there is nothing to mend.
fn key(case: &CaseDifference, similar: impl Fn(&str) -> String) -> Option<DifferenceKey> {
    let none = String::new;
    let both = || (similar(&case.first), similar(&case.second));
    let (first, second) = match case.difference {
        Difference::Same | Difference::SkippedOnPurpose => return None,
        // A message may repeat values, and one row has one message.
        Difference::Message if case.row.is_some() => (none(), none()),
        // What a case has at a place is its own.
        Difference::Value => (none(), none()),
        Difference::Verdict => (wrong(&case.first), wrong(&case.second)),
        Difference::OnlyFirst => (none(), similar(&case.second)),
        Difference::OnlySecond => (similar(&case.first), none()),
        Difference::Status
        | Difference::Code
        | Difference::Message
        | Difference::Field
        | Difference::Neither
        | Difference::Skipped => both(),
    };
    let place = if case.difference == Difference::Message {
        case.row.clone()
    } else {
        case.place.as_deref().map(super::of_any_item)
    };
    Some(DifferenceKey { difference: case.difference.clone(), place, first, second })
}

/// What a verdict is about, without the values that were found.
fn wrong(verdict: &str) -> String {
    verdict.split(": expected ").next().unwrap_or_default().to_owned()
}

/// Why a case was skipped.
fn remove_skipped(reason: &str) -> &str {
    reason.strip_prefix("skipped: ").unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use super::DifferenceCauses;
    use crate::compare::{CaseDifference, Difference};

    fn case(id: &str, difference: Difference, first: &str, second: &str) -> CaseDifference {
        let (id, first, second) = (id.to_owned(), first.to_owned(), second.to_owned());
        let place = (difference == Difference::Value).then(|| id.clone());
        let place = place.map(|id| format!("$.list[{}].n", id.len()));
        CaseDifference { id, row: None, difference, place, first, second }
    }

    #[test]
    fn the_same_answer_in_place_of_three_others_is_one_cause() {
        use Difference::{Code, Status};
        let cases = [
            case("a", Status, "404 A", "400 Odd"),
            case("b", Status, "403 B", "400 Odd"),
            case("c", Status, "200", "400 Odd"),
            case("d", Status, "404 D", "400 Other"),
            case("e", Code, "\"E\"", "\"F\""),
            case("f", Code, "\"E\"", "\"G\""),
            case("g", Code, "\"E\"", "\"H\""),
            case("h", Status, "404 A", "200"),
            case("i", Status, "403 B", "200"),
            case("j", Status, "400 C", "200"),
        ];
        let found = DifferenceCauses::of(&cases, str::to_owned);
        let lines: Vec<(usize, &str, (usize, usize))> =
            found.causes.iter().map(|cause| (cause.cases, cause.example.as_str(), cause.others)).collect();
        assert_eq!(lines[..2], [(3, "a", (2, 0)), (3, "e", (0, 2))]);
        assert_eq!((lines.len(), lines[2..].iter().all(|line| line.0 == 1)), (6, true));
        assert_eq!(found.of_case[..3], [Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn differences_are_causes_and_those_of_most_cases_come_first() {
        use Difference::{Field, Message, OnlyFirst, Same, SkippedOnPurpose, Status, Value, Verdict};
        let with_row = |case: CaseDifference| CaseDifference { row: Some("Gone".into()), ..case };
        let cases = [
            case("a", Same, "200", "200"),
            case("b", OnlyFirst, "200", "skipped: no hook"),
            case("c", OnlyFirst, "404", "skipped: no hook"),
            case("d", OnlyFirst, "404", "skipped: no hook"),
            case("e", Field, "has $.ID", "has $.Id"),
            case("f", Field, "has $.ID", "has $.Id"),
            case("gg", Value, "$.list[2].n 1", "$.list[2].n 2"),
            case("ggg", Value, "$.list[3].n 5", "$.list[3].n 7"),
            case("h", Status, "400 A", "422 A"),
            case("i", Status, "400 B", "422 B"),
            case("j", Verdict, "passed", "failed: step 1: body $.a: expected 1, found 2"),
            case("k", Verdict, "passed", "failed: step 1: body $.a: expected 3, found 4"),
            with_row(case("l", Message, "\"x is gone.\"", "\"x is gone\"")),
            with_row(case("m", Message, "\"y is gone.\"", "\"y is gone\"")),
            case("n", SkippedOnPurpose, "skipped: no v1", "skipped: no v1"),
            case("o", SkippedOnPurpose, "skipped: no v3", "skipped: no v3"),
        ];
        let found = DifferenceCauses::of(&cases, str::to_owned);
        let lines = found
            .causes
            .iter()
            .map(|cause| format!("{} {} {}", cause.cases, cause.difference, cause.example));
        let lines: Vec<String> = lines.collect();
        let due = [
            "2 other message l",
            "2 other fields e",
            "2 other verdict j",
            "2 other value gg",
            "1 other status h",
            "1 other status i",
            "3 only the first answered b",
        ];
        assert_eq!(lines, due);
        assert_eq!(
            (found.skipped, found.reasons.into_iter().collect::<Vec<_>>()),
            (2, vec!["no v1".into(), "no v3".into()])
        );
        assert_eq!(
            (found.of_case[0], found.of_case[2], found.of_case[5], found.of_case[15]),
            (None, Some(6), Some(1), None)
        );
    }
}
