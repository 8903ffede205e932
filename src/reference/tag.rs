//! The rules of `Tag.N.Key` and `Tag.N.Value`, and of the deprecated `TemplateTag`, which is held to the same ones.
//! Main type: `Tags`. Keys and prefixes are case-sensitive: `ACS:` is not `acs:`, and `k` and `K` are two keys.
//! Numbers may come in any order and with gaps; a number outside of 1 to 20 is one tag too many.

use super::policy::{Policy, TagTwins};
use super::promise::PromiseState;
use super::row::{ReferenceRow, Refusal};
use super::wire::Params;
use std::collections::BTreeMap;

/// The tags of a request, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    by_number: BTreeMap<u64, Tag>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tag {
    key: String,
    value: String,
}

enum Half {
    Key,
    Value,
}

impl Tags {
    /// Gathers the parameters named `LIST.N.Key` and `LIST.N.Value`; other names are not tags.
    pub(super) fn read(params: &Params, list: &str) -> Self {
        let mut tags = Self::default();
        for (name, text) in params.iter() {
            let Some((number, half)) = split_number(name, list) else {
                continue;
            };
            let tag = tags.by_number.entry(number).or_default();
            match half {
                Half::Key => text.clone_into(&mut tag.key),
                Half::Value => text.clone_into(&mut tag.value),
            }
        }
        tags
    }

    /// The tags as pairs in one order, whatever numbers they were sent under.
    pub(super) fn pairs_in_order(&self) -> Vec<(&str, &str)> {
        let mut pairs = self.pairs();
        pairs.sort_unstable();
        pairs
    }

    /// The tags as pairs in the order of their numbers.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect()
    }

    fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.by_number.values()
    }

    /// Each tag with the rules that hold for it.
    fn with_rules<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = (&'a Tag, &'a Policy)> {
        let count = self.by_number.len();
        self.iter().enumerate().map(move |(index, tag)| (tag, policy.for_tag(index, count)))
    }

    fn are_too_many(&self, policy: &Policy) -> bool {
        let limit = policy.limits.tags;
        let is_outside = |number: &u64| *number == 0 || usize::try_from(*number).is_ok_and(|n| n > limit);
        let has_bad_number = policy.tag.numbers_checked.is_kept() && self.by_number.keys().any(is_outside);
        self.by_number.len() > limit || has_bad_number
    }

    fn have_a_bad_key(&self, policy: &Policy) -> bool {
        self.with_rules(policy).any(|(Tag { key, .. }, policy)| {
            key.is_empty() && policy.tag.no_empty_key.is_kept()
                || policy.limits.length(key) > policy.limits.tag_key
                || policy.tag.key.is_in(key)
        })
    }

    fn have_a_bad_value(&self, policy: &Policy) -> bool {
        self.with_rules(policy).any(|(Tag { value, .. }, policy)| {
            value.is_empty() && policy.tag.empty_value_allowed == PromiseState::Dropped
                || policy.limits.length(value) > policy.limits.tag_value
                || policy.tag.value.is_in(value)
        })
    }

    fn have_a_key_twice(&self, policy: &Policy) -> bool {
        let tags: Vec<(&Tag, &Policy)> = self.with_rules(policy).collect();
        tags.iter().enumerate().any(|(index, (tag, policy))| {
            let has_twin = |(at, (other, _)): (usize, &(&Tag, &Policy))| {
                is_twin(policy.tag.twins, (at, other), (index, tag))
            };
            policy.tag.no_duplicates.is_kept() && tags[..index].iter().enumerate().any(has_twin)
        })
    }
}

/// How much of a key is looked at where its start alone counts, in characters.
const START: usize = 16;

/// Whether an earlier tag and a later one, each with its place, count as having the same key.
fn is_twin(twins: TagTwins, (at, one): (usize, &Tag), (index, other): (usize, &Tag)) -> bool {
    match twins {
        TagTwins::EqualKeys => one.key == other.key,
        TagTwins::SideBySide => one.key == other.key && at + 1 == index,
        TagTwins::WithTheFirst => one.key == other.key && at == 0,
        TagTwins::EqualPairs => one == other,
        TagTwins::EqualStarts => {
            one.key == other.key
                || one.key.chars().count() > START
                    && one.key.chars().take(START).eq(other.key.chars().take(START))
        }
        TagTwins::AnyCase => one.key.to_lowercase() == other.key.to_lowercase(),
    }
}

/// A question about the tags of a request, and the row that answers a yes.
type Check = (fn(&Tags, &Policy) -> bool, ReferenceRow);

/// The checks in their order: both lists pass one before the next is made.
const CHECKS: [Check; 4] = [
    (Tags::are_too_many, ReferenceRow::TagNumberExceeded),
    (Tags::have_a_bad_key, ReferenceRow::TagKeyMalformed),
    (Tags::have_a_bad_value, ReferenceRow::TagValueMalformed),
    (Tags::have_a_key_twice, ReferenceRow::DuplicateTagKey),
];

/// Holds the two lists of tags to the rules.
pub(super) fn check(tags: &Tags, template_tags: &Tags, policy: &Policy) -> Result<(), Refusal> {
    let template_tags = policy.tag.template_tags_checked.is_kept().then_some(template_tags);
    for (is_broken, row) in CHECKS {
        let mut lists = [Some(tags), template_tags].into_iter().flatten();
        policy.refuse_if(lists.any(|list| is_broken(list, policy)), row)?;
    }
    Ok(())
}

/// Splits `LIST.N.Key` or `LIST.N.Value`; a number too large to count is as good as the largest.
fn split_number(name: &str, list: &str) -> Option<(u64, Half)> {
    let (number, half) = name.strip_prefix(list)?.strip_prefix('.')?.split_once('.')?;
    let half = match half {
        "Key" => Half::Key,
        "Value" => Half::Value,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (number.parse().unwrap_or(u64::MAX), half))
}

#[cfg(test)]
mod tests {
    use super::{Tags, check};
    use crate::reference::policy::Policy;
    use crate::reference::row::ReferenceRow;
    use crate::reference::wire::Params;

    fn verdict(pairs: &[(&str, &str)]) -> Option<ReferenceRow> {
        let params = Params::from_pairs(pairs);
        let (tags, template) = (Tags::read(&params, "Tag"), Tags::read(&params, "TemplateTag"));
        check(&tags, &template, &Policy::default()).err().map(|refusal| refusal.row)
    }

    fn key(key: &str) -> Option<ReferenceRow> {
        verdict(&[("Tag.1.Key", key), ("Tag.1.Value", "")])
    }

    fn value(value: &str) -> Option<ReferenceRow> {
        verdict(&[("Tag.1.Key", "k"), ("Tag.1.Value", value)])
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(key(&"é".repeat(128)), None);
        assert_eq!(key(&"é".repeat(129)), Some(ReferenceRow::TagKeyMalformed));
        assert_eq!(value(&"界".repeat(128)), None);
        assert_eq!(value(&"界".repeat(129)), Some(ReferenceRow::TagValueMalformed));
    }

    #[test]
    fn forbidden_forms_of_a_key_are_refused() {
        for bad in ["", "acs:a", "aliyun", "aliyunx", "http://", "xhttp://", "x-https://y"] {
            assert_eq!(key(bad), Some(ReferenceRow::TagKeyMalformed), "{bad}");
        }
        for good in ["acs", "xacs:", "my-aliyun", "ACS:a", "Aliyun", "http:/", "HTTP://", " "] {
            assert_eq!(key(good), None, "{good}");
        }
    }

    #[test]
    fn forbidden_forms_of_a_value_are_refused() {
        for bad in ["acs:a", "http://", "see https://x"] {
            assert_eq!(value(bad), Some(ReferenceRow::TagValueMalformed), "{bad}");
        }
        for good in ["", "aliyun", "x acs:", "http:/"] {
            assert_eq!(value(good), None, "{good}");
        }
    }

    #[test]
    fn a_value_without_a_key_is_a_malformed_key() {
        assert_eq!(verdict(&[("Tag.1.Value", "v")]), Some(ReferenceRow::TagKeyMalformed));
    }

    #[test]
    fn numbers_outside_of_the_range_are_too_many() {
        for number in ["0", "21", "99999999999999999999999"] {
            let name = format!("Tag.{number}.Key");
            assert_eq!(verdict(&[(&name, "k")]), Some(ReferenceRow::TagNumberExceeded));
        }
        assert_eq!(verdict(&[("Tag.20.Key", "a"), ("Tag.3.Key", "b")]), None);
        assert_eq!(verdict(&[("Tag.x.Key", ""), ("Tag.1.Other", ""), ("Tag", "")]), None);
    }

    #[test]
    fn keys_are_compared_by_case() {
        let twice = [("Tag.1.Key", "k"), ("Tag.2.Key", "k")];
        assert_eq!(verdict(&twice), Some(ReferenceRow::DuplicateTagKey));
        assert_eq!(verdict(&[("Tag.1.Key", "k"), ("Tag.2.Key", "K")]), None);
        assert_eq!(verdict(&[("Tag.1.Key", "k"), ("TemplateTag.1.Key", "k")]), None);
    }

    #[test]
    fn template_tags_are_held_to_the_same_rules() {
        assert_eq!(verdict(&[("TemplateTag.1.Key", "")]), Some(ReferenceRow::TagKeyMalformed));
        assert_eq!(verdict(&[("TemplateTag.21.Key", "k")]), Some(ReferenceRow::TagNumberExceeded));
    }
}
