//! How a run differs from earlier ones, in lines for people.

use crate::event::RunChanges;
use crate::model::plural;

/// A kind of change: what it is called, in the words of a heading, and its cases, each with what is said of it.
pub(super) struct Group {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
    /// The ids of these cases.
    pub(super) ids: Vec<String>,
    /// Whether all of them are among the cases of the run.
    pub(super) is_there: bool,
    /// Whether it is what to look at first.
    pub(super) is_bad: bool,
}

/// With what a run is compared, as a sentence.
pub(super) fn compared(changes: &RunChanges) -> String {
    let count = changes.before.len();
    let last = changes.before.last().map_or_else(String::new, ToString::to_string);
    match count {
        0 | 1 => format!("compared with the run of {last}"),
        _ => format!("compared with {count} runs, the last one of {last}"),
    }
}

/// What has changed and what has not, without the kinds of which there is no case.
pub(super) fn groups(changes: &RunChanges) -> Vec<Group> {
    let group = |ids: Vec<String>, words: [&str; 2], is_bad| {
        let count = ids.len();
        let heading = format!("{count} case{} {}", plural(count, "", "s"), plural(count, words[0], words[1]));
        Group { heading, lines: ids.clone(), ids, is_there: true, is_bad }
    };
    let still = changes.still.iter().map(|still| still.case.clone()).collect();
    let since = changes.still.iter().map(|still| format!("{}, since {}", still.case, still.since));
    let undecided = ["that failed is not decided any more", "that failed are not decided any more"];
    [
        group(changes.new.clone(), ["fails that did not", "fail that did not"], true),
        Group { lines: since.collect(), ..group(still, ["still fails", "still fail"], true) },
        // Some may not have been run at all.
        Group { is_there: false, ..group(changes.undecided.clone(), undecided, true) },
        group(changes.mended.clone(), ["is mended", "are mended"], false),
    ]
    .into_iter()
    .filter(|group| !group.ids.is_empty())
    .collect()
}
