//! How a run differs from earlier ones, in lines for people.

use crate::event::RunChanges;
use crate::model::plural;

/// A kind of change: what it is called, in the words of a heading, and its cases, each with what is said of it.
pub(super) struct Group {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
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
    let group = |count: usize, words: [&str; 2], lines: Vec<String>, is_bad| {
        let heading = format!("{count} case{} {}", plural(count, "", "s"), plural(count, words[0], words[1]));
        (count > 0).then_some(Group { heading, lines, is_bad })
    };
    let still = changes.still.iter().map(|still| format!("{}, since {}", still.case, still.since));
    [
        group(changes.new.len(), ["fails that did not", "fail that did not"], changes.new.clone(), true),
        group(changes.still.len(), ["still fails", "still fail"], still.collect(), true),
        group(
            changes.undecided.len(),
            ["that failed is not decided any more", "that failed are not decided any more"],
            changes.undecided.clone(),
            true,
        ),
        group(changes.mended.len(), ["is mended", "are mended"], changes.mended.clone(), false),
    ]
    .into_iter()
    .flatten()
    .collect()
}
