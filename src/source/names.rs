//! Checks that every template uses only names that will be there when it is rendered.

use std::collections::BTreeSet;

use super::document::{Node, NodeKind};
use crate::model::{MOST_COMPARED, Problem, Value, nearest};
use crate::template::{self, FUNCTIONS};

/// The names that may be used at one place, and those that were used.
#[derive(Clone, Default)]
pub(super) struct NameScope {
    known: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Whether there are others, in a part of the file that is wrong.
    is_open: bool,
}

/// How many names a hint lists.
const LISTED: usize = 40;

/// The first of so many names.
fn list_names(names: &[&str], count: usize) -> String {
    let shown = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    if count > LISTED { format!("{shown} and {} more", count - LISTED) } else { shown }
}

impl NameScope {
    /// The functions alone.
    pub(super) fn new() -> Self {
        Self { known: FUNCTIONS.into_iter().map(str::to_owned).collect(), ..Self::default() }
    }

    pub(super) fn add(&mut self, name: impl Into<String>) {
        self.known.insert(name.into());
    }

    /// Adds the keys of a table; if they are not known, since it is not a table, every name may be one of them.
    pub(super) fn add_all(&mut self, names: Option<Vec<&str>>) {
        match names {
            Some(names) => names.into_iter().for_each(|name| self.add(name)),
            None => self.is_open = true,
        }
    }

    /// That names are added which are not known.
    pub(super) fn open(&mut self) {
        self.is_open = true;
    }

    /// Whether a name was used in anything checked so far.
    pub(super) fn has_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Checks every text in a node.
    pub(super) fn check(&mut self, node: &Node, problems: &mut Vec<Problem>) {
        match &node.kind {
            NodeKind::Scalar(Value::Text(text)) => self.check_text(text, node, problems),
            NodeKind::Scalar(_) => {}
            NodeKind::List(items) => items.iter().for_each(|item| self.check(item, problems)),
            NodeKind::Table(entries) => entries.iter().for_each(|entry| self.check(&entry.node, problems)),
        }
    }

    /// Checks a value, if there is one.
    pub(super) fn check_written(&mut self, node: Option<&Node>, problems: &mut Vec<Problem>) {
        if let Some(node) = node {
            self.check(node, problems);
        }
    }

    fn check_text(&mut self, text: &str, node: &Node, problems: &mut Vec<Problem>) {
        let used = match template::names(&Value::text(text)) {
            Ok(used) => used,
            Err(error) => {
                let problem = Problem::new(node.spot.clone(), format!("not a template: {error}"));
                problems.push(match literal_spelling(text) {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
                return;
            }
        };
        for name in used.iter().filter(|name| !self.is_open && !self.known.contains(*name)) {
            let known: Vec<&str> = self.known.iter().take(MOST_COMPARED).map(String::as_str).collect();
            let hint = match nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the names here are {}", list_names(&known, self.known.len())),
            };
            problems
                .push(Problem::new(node.spot.clone(), format!("`{name}` is not defined here")).hint(hint));
        }
        self.used.extend(used);
    }
}

/// How a text that is not meant as a template is written.
fn literal_spelling(text: &str) -> Option<String> {
    // A text with an expression is more often meant as a template than one with the others.
    let openings = [("{%", "a statement"), ("{#", "a comment"), ("{{", "an expression")];
    let (opening, what) = openings.into_iter().find(|(opening, _)| text.contains(opening))?;
    Some(format!(
        "`{opening}` begins {what}; for these two characters themselves write {{{{ '{opening}' }}}}"
    ))
}
