//! Parameters of the shapes that several operations have: numbers, numbered lists, names, truths, and text with a bound.
//! A shape that is broken is denied with the row that the operation gives; which rows there are is not decided here.

use super::row::{Denial, SiblingRow};
use crate::reference::policy::Policy;
use crate::reference::row::{ReferenceRow, Refusal, quote};
use crate::reference::wire::Params;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The documented number of items in a list such as `ImagePipelineId.N`.
const LIST_LIMIT: u64 = 20;
/// More bytes than any id or name has that is kept without a documented limit; the bound of what a pipeline holds.
const KEPT_TEXT: usize = 256;

/// `RegionId`, which every operation requires.
pub(super) fn region<'a>(params: &'a Params, policy: &Policy) -> Result<&'a str, Denial> {
    let region = params.non_empty("RegionId");
    policy.refuse_if(region.is_none(), ReferenceRow::RegionMissing)?;
    Ok(region.unwrap_or_default())
}

/// A parameter that the operation requires.
pub(super) fn require<'a>(params: &'a Params, name: &str, row: SiblingRow) -> Result<&'a str, Denial> {
    let value = params.non_empty(name);
    row.deny_if(value.is_none())?;
    Ok(value.unwrap_or_default())
}

/// A whole number in decimal digits and within limits; nothing if it is not sent.
pub(super) fn number(
    params: &Params,
    name: &str,
    limits: RangeInclusive<u64>,
    row: SiblingRow,
) -> Result<Option<u64>, Denial> {
    let Some(text) = params.non_empty(name) else {
        return Ok(None);
    };
    let number = parse_digits(text).filter(|number| limits.contains(number));
    let outside = || {
        let (least, most) = limits.clone().into_inner();
        format!("The specified {name} \"{}\" is not a number from {least} to {most}.", quote(text))
    };
    row.deny_with(number.is_none().then(outside))?;
    Ok(number)
}

/// Decimal digits and nothing else; a sign is none.
pub(super) fn parse_digits(text: &str) -> Option<u64> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

/// The items `NAME.N` in the order of their numbers, which may have gaps; a number outside of 1 to 20 is one too many.
pub(super) fn list(params: &Params, name: &str, row: SiblingRow) -> Result<Vec<String>, Denial> {
    let mut items = BTreeMap::new();
    for (known, value) in params.iter() {
        let number = known.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        let Some(number) = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit())) else {
            continue;
        };
        if !number.is_empty() {
            items.insert(number.parse().unwrap_or(u64::MAX), value);
        }
    }
    let is_outside = items.keys().any(|number| !(1..=LIST_LIMIT).contains(number));
    let too_many = || format!("The parameter {name}.N has more than {LIST_LIMIT} items.");
    row.deny_with(is_outside.then(too_many))?;
    let items = items.into_values().filter(|item| !item.is_empty());
    items.map(|item| read_bounded(name, item)).collect()
}

/// A text without a documented limit that is to be kept, or an empty one if it is not sent.
pub(super) fn read_kept(params: &Params, name: &str) -> Result<String, Denial> {
    read_bounded(name, params.non_empty(name).unwrap_or_default())
}

fn read_bounded(name: &str, text: &str) -> Result<String, Denial> {
    if text.len() > KEPT_TEXT {
        return Err(deny_invalid(name));
    }
    Ok(text.to_owned())
}

/// `true` or `false` in any case, since clients differ in it.
pub(super) fn truth(params: &Params, name: &str) -> Result<Option<bool>, Denial> {
    match params.non_empty(name).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(deny_invalid(name)),
    }
}

/// A name with a letter or Chinese character first, and then also digits and `:`, `_`, `.` or `-`.
pub(super) fn name<'a>(
    params: &'a Params,
    name: &str,
    length: RangeInclusive<usize>,
    row: SiblingRow,
) -> Result<Option<&'a str>, Denial> {
    let Some(text) = params.non_empty(name) else {
        return Ok(None);
    };
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || is_chinese(letter);
    let is_fit = |letter: char| is_letter(letter) || letter.is_ascii_digit() || ":_.-".contains(letter);
    let is_name =
        length.contains(&text.chars().count()) && text.starts_with(is_letter) && text.chars().all(is_fit);
    row.deny_with((!is_name).then(|| describe_malformed(name, text)))?;
    Ok(Some(text))
}

/// The block of unified ideographs, which is what the documentation means by Chinese characters.
fn is_chinese(letter: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&letter)
}

/// What is said of a text that breaks the rules of its parameter.
pub(super) fn describe_malformed(name: &str, text: &str) -> String {
    format!("The specified {name} \"{}\" is not valid.", quote(text))
}

/// The shared answer to a value for which no operation has a row.
pub(super) fn deny_invalid(name: &str) -> Denial {
    let row = ReferenceRow::ParameterInvalid;
    Denial::Shared(Refusal { row, filling: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{list, name, number, truth};
    use crate::reference::operation::row::SiblingRow;
    use crate::reference::wire::Params;

    #[test]
    fn names_begin_with_a_letter_and_are_counted_in_characters() {
        let is_name = |text: &str| {
            name(&Params::from_pairs(&[("Name", text)]), "Name", 2..=4, SiblingRow::NameMalformed).is_ok()
        };
        for good in ["ab", "镜像", "a:_.", "A-9界", ""] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["a", "abcde", "1ab", "_ab", "a b", "é.", "a/b", ":a"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_are_decimal_and_within_their_limits() {
        let read = |text: &str| {
            let row = SiblingRow::SystemDiskSizeUnsupported;
            number(&Params::from_pairs(&[("Size", text)]), "Size", 20..=500, row)
        };
        for (good, value) in [("20", Some(20)), ("500", Some(500)), ("0040", Some(40)), ("", None)] {
            assert_eq!(read(good), Ok(value));
        }
        for bad in ["19", "501", "+40", "-40", "4e1", "40.0", "99999999999999999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn list_items_come_in_the_order_of_their_numbers() {
        let read =
            |pairs: &[(&str, &str)]| list(&Params::from_pairs(pairs), "Id", SiblingRow::TooManyPipelineIds);
        let items = read(&[("Id.20", "c"), ("Id.1", "a"), ("Id.3", ""), ("Id", "x"), ("Id.x", "y")]);
        assert_eq!(items.unwrap(), ["a", "c"]);
        for outside in ["Id.0", "Id.21", "Id.99999999999999999999999"] {
            assert!(read(&[(outside, "a")]).is_err(), "{outside}");
        }
        assert!(read(&[("Id.1", &"x".repeat(256))]).is_ok());
        assert!(read(&[("Id.1", &"x".repeat(257))]).is_err());
    }

    #[test]
    fn truths_are_read_in_any_case() {
        let read = |text: &str| truth(&Params::from_pairs(&[("Is", text)]), "Is");
        assert_eq!((read("True"), read("false"), read("")), (Ok(Some(true)), Ok(Some(false)), Ok(None)));
        assert!(read("yes").is_err());
    }
}
