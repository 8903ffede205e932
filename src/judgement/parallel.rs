//! Answers to requests that were sent at the same time: which of them belongs to which expectation. Main function:
//! [`arranged`].

use crate::model::Answer;

/// The answers in the order of the expectations that they meet, so that as many as possible are met. The result does not
/// depend on the order in which the answers came, but for those that are alike byte by byte.
pub(super) fn arranged(mut answers: Vec<Answer>, is_right: impl Fn(usize, &Answer) -> bool) -> Vec<Answer> {
    answers.sort_by(|one, other| (one.status, &one.bytes).cmp(&(other.status, &other.bytes)));
    let count = answers.len();
    let fits: Vec<Vec<usize>> =
        (0..count).map(|at| (0..count).filter(|answer| is_right(at, &answers[*answer])).collect()).collect();
    // To whom each answer is given.
    let mut holders: Vec<Option<usize>> = vec![None; count];
    for at in 0..count {
        give(at, &fits, &mut holders, &mut vec![false; count]);
    }
    let is_met = |at: usize| holders.contains(&Some(at));
    let unmet: Vec<usize> = (0..count).filter(|at| !is_met(*at)).collect();
    let mut unmet = unmet.into_iter();
    let mut arranged: Vec<(usize, Answer)> = answers
        .into_iter()
        .zip(holders)
        .filter_map(|(answer, holder)| Some((holder.or_else(|| unmet.next())?, answer)))
        .collect();
    arranged.sort_by_key(|(at, _)| *at);
    arranged.into_iter().map(|(_, answer)| answer).collect()
}

/// Gives an expectation an answer that meets it, where others may have to take another one (Kuhn's algorithm).
fn give(at: usize, fits: &[Vec<usize>], holders: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for answer in &fits[at] {
        if std::mem::replace(&mut seen[*answer], true) {
            continue;
        }
        let is_free = match holders[*answer] {
            None => true,
            Some(holder) => give(holder, fits, holders, seen),
        };
        if is_free {
            holders[*answer] = Some(at);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::arranged;
    use crate::model::{Answer, Body};

    fn answer(status: u16, text: &str) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            bytes: text.as_bytes().to_vec(),
            body: Body::Empty,
            flaws: Vec::new(),
            elapsed: Duration::ZERO,
            paused: Duration::ZERO,
        }
    }

    fn statuses(given: &[u16], wanted: &[&[u16]]) -> Vec<u16> {
        let answers = given.iter().map(|status| answer(*status, "")).collect();
        let arranged = arranged(answers, |at, answer| wanted[at].contains(&answer.status));
        arranged.iter().map(|answer| answer.status).collect()
    }

    #[test]
    fn each_expectation_gets_an_answer_that_meets_it_if_there_is_a_way() {
        assert_eq!(statuses(&[403, 200], &[&[200], &[403]]), [200, 403]);
        assert_eq!(statuses(&[200, 403], &[&[200], &[403]]), [200, 403]);
        // The first expectation must leave its only answer to the second.
        assert_eq!(statuses(&[200, 403], &[&[200, 403], &[200]]), [403, 200]);
        assert_eq!(statuses(&[1, 2, 3], &[&[1, 2], &[1, 3], &[1]]), [2, 3, 1]);
    }

    #[test]
    fn no_answer_is_lost_where_expectations_are_not_met() {
        assert_eq!(statuses(&[200, 200], &[&[200], &[403]]), [200, 200]);
        assert_eq!(statuses(&[500, 200], &[&[403], &[403]]), [200, 500]);
        assert_eq!(statuses(&[500, 403, 200], &[&[200], &[200], &[403]]), [200, 500, 403]);
    }

    #[test]
    fn the_order_in_which_answers_come_does_not_matter() {
        let texts = |given: [&str; 3]| {
            let answers = given.map(|text| answer(200, text)).to_vec();
            arranged(answers, |_, _| true).into_iter().map(|answer| answer.bytes).collect::<Vec<_>>()
        };
        assert_eq!(texts(["a", "b", "c"]), texts(["c", "a", "b"]));
    }
}
