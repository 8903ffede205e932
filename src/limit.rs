//! On which side of a limit of the contract a request is. Main type: [`SentParameters`], the parameters of a request.

use std::borrow::Cow;
use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use regex::Regex;

use crate::model::{Limit, Request, SentBody, Value};
use crate::wire::read_json;

/// The parameters of a request as a tree: those of a JSON body as they are there, flat ones such as `Tag.1.Key` as
/// maps with numbers for keys. So a limit is looked for in one way, wherever its parameter was sent.
#[derive(Debug)]
pub struct SentParameters<'a> {
    root: Value,
    headers: &'a [(String, String)],
    /// Whether an empty list could have been sent.
    is_json: bool,
    /// Whether there is a body that could hold any parameter.
    is_unreadable: bool,
}

impl<'a> SentParameters<'a> {
    /// The parameters of a request.
    pub fn of(request: &'a Request) -> Self {
        let content_type = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let is_form = content_type.is_some_and(|(_, value)| value.contains("x-www-form-urlencoded"));
        let mut sent = Self {
            root: Value::Map(Vec::new()),
            headers: &request.headers,
            is_json: false,
            is_unreadable: false,
        };
        let mut body = Vec::new();
        match &request.body {
            SentBody::Raw(text) if is_form => {
                for (name, value) in pairs(text) {
                    insert(&mut sent.root, &name, Value::Text(value));
                }
            }
            SentBody::Json(text) | SentBody::Raw(text) if !text.trim().is_empty() => {
                match read_json(text.as_bytes()) {
                    Ok(Value::Map(entries)) => {
                        sent.is_json = true;
                        body = entries;
                    }
                    Ok(_) | Err(_) => sent.is_unreadable = true,
                }
            }
            SentBody::Empty | SentBody::Form(_) | SentBody::Json(_) | SentBody::Raw(_) => {}
        }
        // A request lists its parameters flat as well, whatever place they went to.
        let is_in_body = |name: &str| {
            body.iter().any(|(key, _)| {
                name.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        for (name, value) in request.params.iter().filter(|(name, _)| !is_in_body(name)) {
            insert(&mut sent.root, name, Value::text(value.as_str()));
        }
        for (name, value) in body {
            insert(&mut sent.root, &name, value);
        }
        sent
    }

    /// Whether a value of a parameter, by its declared name, is within the limit, and whether one is just past it.
    pub fn sides(&self, parameter: &str, limit: &Limit) -> (bool, bool) {
        let texts = || self.texts(parameter);
        let any = |test: &dyn Fn(&str) -> bool| texts().iter().any(|value| test(value));
        let lengths = |length: usize| any(&|value| value.chars().count() == length);
        match limit {
            Limit::Required => self.requirement(parameter),
            Limit::MaxLength(most) => (lengths(*most), most.checked_add(1).is_some_and(lengths)),
            Limit::MinLength(least) => (lengths(*least), least.checked_sub(1).is_some_and(lengths)),
            Limit::MaxItems(most) => (
                self.has_items(parameter, *most),
                most.checked_add(1).is_some_and(|count| self.has_items(parameter, count)),
            ),
            Limit::MinItems(least) => {
                let one_less = least.checked_sub(1).is_some_and(|count| self.has_items(parameter, count));
                // Where a list is its items, none of them is how an empty one is sent.
                let is_empty =
                    *least == 1 && !self.is_json && !self.is_unreadable && self.lists(parameter).is_empty();
                (self.has_items(parameter, *least), one_less || is_empty)
            }
            Limit::Ascii => {
                (any(&|value| !value.is_empty() && value.is_ascii()), any(&|value| !value.is_ascii()))
            }
            // A near miss says more than any value without the text.
            Limit::NotPrefix(text) => (
                any(&|value| !value.starts_with(text) && value.contains(text)),
                any(&|value| value.starts_with(text)),
            ),
            Limit::NotContaining(text) => {
                (any(&|value| !value.is_empty() && !value.contains(text)), any(&|value| value.contains(text)))
            }
            Limit::Unique => self.unique(parameter),
            Limit::OneOf(options) => {
                let is_known = |value: &str| options.iter().any(|option| option == value);
                (any(&is_known), any(&|value| !is_known(value)))
            }
            Limit::Pattern(pattern) => match Regex::new(pattern) {
                Ok(regex) => (any(&|value| regex.is_match(value)), any(&|value| !regex.is_match(value))),
                Err(_) => (false, false),
            },
            Limit::Minimum(least) => numbers(&texts(), *least, -1),
            Limit::Maximum(most) => numbers(&texts(), *most, 1),
            Limit::Known(_) => (false, false),
        }
    }

    /// Whether a value of a parameter, by its declared name, is past the limit, however far; none where a request does not
    /// show it.
    pub fn is_past(&self, parameter: &str, limit: &Limit) -> Option<bool> {
        let any = |test: &dyn Fn(&str) -> bool| self.texts(parameter).iter().any(|value| test(value));
        let number = |value: &str| value.parse::<f64>().ok();
        let is_just_past = || self.sides(parameter, limit).1;
        #[expect(clippy::cast_precision_loss, reason = "limits of decimals are small numbers")]
        let is_past = match limit {
            Limit::MaxLength(most) => any(&|value| value.chars().count() > *most),
            Limit::MinLength(least) => any(&|value| value.chars().count() < *least),
            Limit::MaxItems(most) => self.lists(parameter).iter().any(|items| items.len() > *most),
            Limit::MinItems(least) => {
                is_just_past() || self.lists(parameter).iter().any(|items| items.len() < *least)
            }
            Limit::Minimum(least) => any(&|value| number(value).is_some_and(|number| number < *least as f64)),
            Limit::Maximum(most) => any(&|value| number(value).is_some_and(|number| number > *most as f64)),
            Limit::Known(_) => return None,
            Limit::Required
            | Limit::Ascii
            | Limit::NotPrefix(_)
            | Limit::NotContaining(_)
            | Limit::Unique
            | Limit::OneOf(_)
            | Limit::Pattern(_) => is_just_past(),
        };
        Some(is_past)
    }

    /// Of a parameter inside another one, such as `Tag.N.Key`, each of those must have it; there is nothing to have it
    /// where there is none of them.
    fn requirement(&self, parameter: &str) -> (bool, bool) {
        let (parents, last) = self.parents(parameter);
        let mut sides: Vec<Option<bool>> =
            parents.iter().map(|parent| is_given(&children(parent, last))).collect();
        if !parameter.contains('.') && sides == [Some(false)] {
            if self
                .headers
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case(parameter) && !value.is_empty())
            {
                sides = vec![Some(true)];
            } else if self.is_unreadable {
                sides = vec![None];
            }
        }
        (!sides.is_empty() && sides.iter().all(|side| *side == Some(true)), sides.contains(&Some(false)))
    }

    fn has_items(&self, parameter: &str, count: usize) -> bool {
        self.lists(parameter).iter().any(|items| items.len() == count)
    }

    /// No two values of the parameter in a request are equal; of a list, no two items.
    fn unique(&self, parameter: &str) -> (bool, bool) {
        let is_list = |value: &&&Value| matches!(value, Value::List(_) | Value::Map(_));
        let (parents, last) = self.parents(parameter);
        let values: Vec<&Value> = parents.iter().flat_map(|parent| children(parent, last)).collect();
        let groups =
            if values.iter().any(|value| is_list(&value)) { self.lists(parameter) } else { vec![values] };
        let is_doubled = |items: &Vec<&Value>| {
            let (scalars, others): (Vec<&Value>, Vec<&Value>) =
                items.iter().partition(|item| matches!(item, Value::Text(_) | Value::Number(_)));
            let texts: BTreeSet<(bool, Cow<'_, str>)> =
                scalars.iter().map(|item| (item.as_text().is_some(), Cow::Owned(item.to_plain()))).collect();
            texts.len() < scalars.len()
                || others
                    .iter()
                    .enumerate()
                    .any(|(at, one)| others[..at].iter().any(|other| one.is_same(other)))
        };
        (groups.iter().any(|items| items.len() > 1 && !is_doubled(items)), groups.iter().any(is_doubled))
    }

    /// The values of a parameter, as texts; of a list those of its items.
    fn texts(&self, parameter: &str) -> Vec<String> {
        let (parents, last) = self.parents(parameter);
        let values: Vec<&Value> = parents.iter().flat_map(|parent| children(parent, last)).collect();
        let mut texts = Vec::new();
        for value in &values {
            match items(value) {
                Some(items) => texts.extend(items.into_iter().filter_map(scalar)),
                None => texts.extend(scalar(value)),
            }
        }
        if values.is_empty() {
            let own = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(parameter));
            texts.extend(own.map(|(_, value)| value.clone()));
        }
        texts
    }

    /// The items of each list that is sent for a parameter. A name that is repeated is one list.
    fn lists(&self, parameter: &str) -> Vec<Vec<&Value>> {
        let (parents, last) = self.parents(parameter);
        let lists = parents.iter().map(|parent| children(parent, last)).filter(|values| !values.is_empty());
        lists.map(|values| values.into_iter().flat_map(items_of).collect()).collect()
    }

    /// What holds a parameter, and the last part of its name.
    fn parents<'p>(&self, parameter: &'p str) -> (Vec<&Value>, &'p str) {
        let mut found = vec![&self.root];
        let mut parts: Vec<&str> = parameter.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            found = found.into_iter().flat_map(|value| children(value, part)).collect();
        }
        (found, last)
    }
}

/// A limit of a contract, as a request has tried it.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// The parameter, by its declared name.
    pub parameter: &'a str,
    /// The codes that answer a value past it; none where the contract names none.
    pub errors: &'a [&'a str],
    /// Whether a value is just past it.
    pub is_past: bool,
}

/// Whether the limit at a position is the only one that a refusal can be about: the answer says nothing about it if the
/// request is past a limit of another parameter with the same code.
pub fn is_the_only_one(tried: &[Tried<'_>], position: usize) -> bool {
    let own = &tried[position];
    let shares = |other: &Tried<'_>| {
        own.errors.is_empty()
            || other.errors.is_empty()
            || own.errors.iter().any(|code| other.errors.contains(code))
    };
    !tried.iter().any(|other| other.parameter != own.parameter && other.is_past && shares(other))
}

/// The values under a part of a declared name; `N` matches the number of any item.
fn children<'v>(value: &'v Value, part: &str) -> Vec<&'v Value> {
    match value {
        _ if part == "N" => items(value).unwrap_or_default(),
        Value::Map(entries) => entries.iter().filter(|(key, _)| key == part).map(|(_, item)| item).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => Vec::new(),
    }
}

/// The items of a list, also of one that was sent as `name.1`, `name.2`.
fn items(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::List(items) => Some(items.iter().collect()),
        Value::Map(entries)
            if !entries.is_empty() && entries.iter().all(|(key, _)| key.parse::<u64>().is_ok()) =>
        {
            Some(entries.iter().map(|(_, item)| item).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => None,
    }
}

/// What a value for a list holds: its items, or the values of an object, or itself.
fn items_of(value: &Value) -> Vec<&Value> {
    match (items(value), value) {
        (Some(items), _) => items,
        (None, Value::Map(entries)) => entries.iter().map(|(_, item)| item).collect(),
        (None, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) => {
            vec![value]
        }
    }
}

/// Whether a parameter is given; none where that is a question of taste, as of an empty list.
fn is_given(values: &[&Value]) -> Option<bool> {
    let given = |value: &&Value| match value {
        Value::Null => Some(false),
        Value::Text(text) => Some(!text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(true),
        Value::List(items) => (!items.is_empty()).then_some(true),
        Value::Map(entries) => (!entries.is_empty()).then_some(true),
    };
    let all: Vec<Option<bool>> = values.iter().map(given).collect();
    if all.contains(&Some(true)) {
        Some(true)
    } else {
        all.iter().all(|one| *one == Some(false)).then_some(false)
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Some(value.to_plain()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// Whether a number is at a limit, and whether one is past it by no more than one.
fn numbers(texts: &[String], limit: i64, step: i8) -> (bool, bool) {
    let (limit, step) = (i128::from(limit), i128::from(step));
    let whole = |text: &str| text.parse::<i128>().ok();
    #[expect(clippy::cast_precision_loss, reason = "limits of decimals are small numbers")]
    let is_near = |text: &str| {
        let Ok(number) = text.parse::<f64>() else { return false };
        let beyond = (number - limit as f64) * step as f64;
        beyond > 0.0 && beyond <= 1.0
    };
    let is_past = |text: &String| match whole(text) {
        Some(number) => number == limit + step,
        None => is_near(text),
    };
    #[expect(clippy::cast_precision_loss, reason = "limits of decimals are small numbers")]
    let is_at = |text: &String| match whole(text) {
        Some(number) => number == limit,
        None => text.parse::<f64>() == Ok(limit as f64),
    };
    (texts.iter().any(is_at), texts.iter().any(is_past))
}

/// Puts a value where its name says: `Tag.1.Key` is below `Tag` and `1`. A name that is there already is doubled.
fn insert(tree: &mut Value, name: &str, value: Value) {
    let Value::Map(entries) = tree else { return };
    let Some((first, rest)) = name.split_once('.') else {
        entries.push((name.to_owned(), value));
        return;
    };
    let known = entries.iter().position(|(key, held)| key == first && matches!(held, Value::Map(_)));
    let at = known.unwrap_or_else(|| {
        entries.push((first.to_owned(), Value::Map(Vec::new())));
        entries.len() - 1
    });
    insert(&mut entries[at].1, rest, value);
}

/// The names and values of a form (URL Standard, section 5.1).
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let plain = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (plain(name), plain(value))
    })
}

#[cfg(test)]
mod tests {
    use super::SentParameters;
    use crate::model::{Limit, Method, Request, SentBody};

    fn request(params: &[(&str, &str)], body: SentBody) -> Request {
        Request {
            method: Method::new("POST").unwrap(),
            target: "/".into(),
            headers: Vec::new(),
            body,
            params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            format: None,
        }
    }

    fn flat(params: &[(&str, &str)], parameter: &str, limit: &Limit) -> (bool, bool) {
        SentParameters::of(&request(params, SentBody::Empty)).sides(parameter, limit)
    }

    fn json(text: &str, parameter: &str, limit: &Limit) -> (bool, bool) {
        SentParameters::of(&request(&[], SentBody::Json(text.into()))).sides(parameter, limit)
    }

    const WITHIN: (bool, bool) = (true, false);
    const PAST: (bool, bool) = (false, true);
    const NEITHER: (bool, bool) = (false, false);

    #[test]
    fn what_is_required_is_there_whatever_its_form() {
        let required = &Limit::Required;
        for (text, side) in [
            (r#"{"owner": {"name": "a"}}"#, WITHIN),
            (r#"{"owner": [1]}"#, WITHIN),
            (r#"{"owner": false}"#, WITHIN),
            (r#"{"owner": 0}"#, WITHIN),
            (r#"{"other": 0}"#, PAST),
            (r#"{"owner": ""}"#, PAST),
            (r#"{"owner": null}"#, PAST),
            // Whether that is there, every service says in its own way.
            (r#"{"owner": {}}"#, NEITHER),
            (r#"{"owner": []}"#, NEITHER),
        ] {
            assert_eq!(json(text, "owner", required), side, "{text}");
        }
        assert_eq!(flat(&[("owner.name", "a")], "owner", required), WITHIN);
        assert_eq!(flat(&[("owner", "")], "owner", required), PAST);
        let broken = request(&[], SentBody::Raw("{".into()));
        assert_eq!(
            SentParameters::of(&broken).sides("owner", required),
            NEITHER,
            "what it holds is not known"
        );
    }

    #[test]
    fn what_is_inside_another_parameter_is_missing_only_where_that_is_there() {
        let required = &Limit::Required;
        assert_eq!(flat(&[], "Tag.N.Key", required), NEITHER);
        assert_eq!(flat(&[("Tag.1.Key", "a")], "Tag.N.Key", required), WITHIN);
        assert_eq!(flat(&[("Tag.1.Key", "a"), ("Tag.2.Value", "b")], "Tag.N.Key", required), PAST);
        assert_eq!(json(r#"{"owner": {"mail": "a"}}"#, "owner.name", required), PAST);
        assert_eq!(json(r#"{"other": 1}"#, "owner.name", required), NEITHER);
        assert_eq!(json(r#"{"tags": [{"key": "a"}, {}]}"#, "tags.N.key", required), PAST);
    }

    #[test]
    fn lists_are_lists_in_every_place() {
        let repeated = &[("t", "a"), ("t", "b")][..];
        let numbered = &[("t.1", "a"), ("t.2", "b")][..];
        for (limit, side) in [
            (Limit::MaxItems(2), WITHIN),
            (Limit::MaxItems(1), PAST),
            (Limit::MinItems(2), WITHIN),
            (Limit::MinItems(3), PAST),
            (Limit::Unique, WITHIN),
            (Limit::MaxLength(1), WITHIN),
        ] {
            assert_eq!(flat(repeated, "t", &limit), side, "{limit}");
            assert_eq!(flat(numbered, "t", &limit), side, "{limit}");
            assert_eq!(json(r#"{"t": ["a", "b"]}"#, "t", &limit), side, "{limit}");
        }
        assert_eq!(json(r#"{"t": ["a", "a"]}"#, "t", &Limit::Unique), PAST);
        assert_eq!(json(r#"{"t": [{"k": 1}, {"k": 1}]}"#, "t", &Limit::Unique), PAST);
        assert_eq!(json(r#"{"t": [1, "1"]}"#, "t", &Limit::Unique), WITHIN);
        assert_eq!(json(r#"{"t": [{"k": "a"}, {"k": "a"}]}"#, "t.N.k", &Limit::Unique), PAST);
        assert_eq!(flat(&[("t.1.k", "a"), ("t.2.k", "b")], "t.N.k", &Limit::Unique), WITHIN);
    }

    #[test]
    fn a_list_that_is_not_sent_is_not_an_empty_list_where_that_can_be_sent() {
        assert_eq!(json(r#"{"t": []}"#, "t", &Limit::MinItems(1)), PAST);
        assert_eq!(json(r#"{"u": []}"#, "t", &Limit::MinItems(1)), NEITHER);
        assert_eq!(flat(&[], "t", &Limit::MinItems(1)), PAST);
        assert_eq!(flat(&[], "t", &Limit::MinItems(2)), NEITHER);
    }

    #[test]
    fn numbers_are_at_a_limit_or_just_past_it() {
        for (text, side) in
            [("5", WITHIN), ("5.0", WITHIN), ("6", PAST), ("5.5", PAST), ("7", NEITHER), ("4", NEITHER)]
        {
            assert_eq!(json(&format!(r#"{{"n": {text}}}"#), "n", &Limit::Maximum(5)), side, "{text}");
        }
        assert_eq!(json(r#"{"n": -1}"#, "n", &Limit::Minimum(0)), PAST);
        assert_eq!(flat(&[("n", "-9223372036854775809")], "n", &Limit::Minimum(i64::MIN)), PAST);
    }

    #[test]
    fn a_form_written_by_hand_is_read_as_a_server_reads_it() {
        let mut request = request(&[], SentBody::Raw("a=x+y&b=".into()));
        request.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
        let sent = SentParameters::of(&request);
        assert_eq!(sent.sides("a", &Limit::MaxLength(3)), WITHIN);
        assert_eq!(sent.sides("b", &Limit::Required), PAST);
    }
}
