//! How named parts differ, such as parameters and header fields.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::PartChange;
use super::name::naming;

/// How named parts differ: name, change, key. A name may be there more than once.
pub(super) fn compare_named(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<(String, PartChange, String)> {
    if old == new {
        return Vec::new();
    }
    let values = |parts: &[(&str, &str)]| {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in parts {
            names.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        names
    };
    let (old, new) = (values(old), values(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let (part, how) = match (old.get(name), new.get(name)) {
            (Some(left), Some(right)) if left == right => continue,
            (Some(left), Some(right)) if left.len() != right.len() => {
                let part = PartChange::Times { old: left.len(), new: right.len() };
                let how = format!("{part:?}");
                (part, how)
            }
            (Some(left), Some(right)) => {
                let (left, right) = (left.join(", "), right.join(", "));
                let part = naming(&left, &right).unwrap_or(PartChange::Value(Some((left, right))));
                let how = format!("{part:?}");
                (part, how)
            }
            (None, _) => (PartChange::New, "new".into()),
            (Some(_), None) => (PartChange::Gone, "gone".into()),
        };
        found.push((name.clone(), part, format!("{name} {how}")));
    }
    found
}
