//! Lists that are answered page by page: `MaxResults`, `NextToken` and the fields around the items.
//! Main types: `PageRequest` and `ListPage`. A token holds the place of the last item sent and a seal over the request, so
//! nothing is kept between two pages, and items that come or go in between move no other.

use super::param::{deny_invalid, parse_digits};
use super::row::{Denial, SiblingRow};
use crate::reference::answer::Fields;
use crate::reference::client_token::COMMON_PARAMETERS;
use crate::reference::id::IdSource;
use crate::reference::wire::Params;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub(super) struct PageRequest {
    max: usize,
    /// The place of the last item that was sent, if one was.
    after: Option<u64>,
    scope: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListPage<T> {
    pub(super) items: Vec<T>,
    total: usize,
    max: usize,
    /// Empty on the last page.
    next: String,
}

/// The documented limits and default of `MaxResults`.
const MAX_RESULTS: RangeInclusive<u64> = 1..=500;
const DEFAULT_RESULTS: usize = 50;
/// The hexadecimal digits of a place in a token.
const PLACE_DIGITS: usize = 16;

impl PageRequest {
    /// Reads how much is asked for. The token counts for the operation and the other parameters that it was made for.
    pub(super) fn read(params: &Params, operation: &str, ids: &IdSource) -> Result<Self, Denial> {
        let max = match params.non_empty("MaxResults") {
            None => DEFAULT_RESULTS,
            Some(text) => {
                let number = parse_digits(text).filter(|number| MAX_RESULTS.contains(number));
                let number = number.and_then(|number| usize::try_from(number).ok());
                number.ok_or_else(|| deny_invalid("MaxResults"))?
            }
        };
        let mut request = Self { max, after: None, scope: scope(params, operation) };
        if let Some(token) = params.non_empty("NextToken") {
            let place = token.get(..PLACE_DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok());
            let place = place.filter(|place| request.token(*place, ids) == token);
            SiblingRow::NextTokenInvalid.deny_if(place.is_none())?;
            request.after = place;
        }
        Ok(request)
    }

    /// The page out of a whole list, whose items have rising places.
    pub(super) fn cut<T>(&self, all: Vec<(u64, T)>, ids: &IdSource) -> ListPage<T> {
        let total = all.len();
        let is_sent = |place: u64| self.after.is_some_and(|after| place <= after);
        let mut rest = all.into_iter().skip_while(|(place, _)| is_sent(*place));
        let sent: Vec<(u64, T)> = rest.by_ref().take(self.max).collect();
        let last = sent.last().filter(|_| rest.next().is_some());
        let next = last.map(|(place, _)| self.token(*place, ids)).unwrap_or_default();
        let items = sent.into_iter().map(|(_, item)| item).collect();
        ListPage { items, total, max: self.max, next }
    }

    fn token(&self, place: u64, ids: &IdSource) -> String {
        let seal = ids.derive(&format!("page/{place}/{}", self.scope)).trace();
        format!("{place:016x}{seal}")
    }
}

impl<T> ListPage<T> {
    /// The fields of the answer, with the items in `list` as a set of their kind.
    pub(super) fn fields(&self, list: &'static str, item: impl Fn(&T) -> Value) -> Fields {
        let items: Vec<Value> = self.items.iter().map(item).collect();
        vec![
            (list, json!({ format!("{list}Set"): items })),
            ("TotalCount", self.total.into()),
            ("MaxResults", self.max.into()),
            ("NextToken", self.next.as_str().into()),
        ]
    }
}

/// Everything that decides what the whole list is.
fn scope(params: &Params, operation: &str) -> String {
    let is_about_the_page = |name: &str| name == "MaxResults" || name == "NextToken";
    let mut pairs: Vec<_> = params.iter().collect();
    pairs.retain(|(name, _)| !is_about_the_page(name) && !COMMON_PARAMETERS.contains(name));
    pairs.sort_unstable();
    format!("{operation}{pairs:?}")
}

#[cfg(test)]
mod tests {
    use super::{ListPage, PageRequest};
    use crate::reference::id::IdSource;
    use crate::reference::operation::row::Denial;
    use crate::reference::wire::Params;

    fn page(pairs: &[(&str, &str)], places: &[u64]) -> Result<ListPage<u64>, Denial> {
        let ids = IdSource::new(1);
        let request = PageRequest::read(&Params::from_pairs(pairs), "List", &ids)?;
        Ok(request.cut(places.iter().map(|place| (*place, *place)).collect(), &ids))
    }

    #[test]
    fn pages_go_on_after_the_last_item_sent_whatever_has_gone() {
        let first = page(&[("MaxResults", "2")], &[1, 2, 5, 7]).unwrap();
        assert_eq!((first.items.as_slice(), first.total), ([1, 2].as_slice(), 4));
        let second = page(&[("MaxResults", "3"), ("NextToken", &first.next)], &[5, 7]).unwrap();
        assert_eq!((second.items.as_slice(), second.total), ([5, 7].as_slice(), 2));
        assert_eq!(second.next, "");
    }

    #[test]
    fn a_token_counts_for_what_it_was_made_for() {
        let first = page(&[("MaxResults", "1"), ("Name", "a")], &[1, 2]).unwrap();
        assert_eq!(first.next.len(), 48);
        assert!(page(&[("Name", "a"), ("Timestamp", "2"), ("NextToken", &first.next)], &[1, 2]).is_ok());
        let moved = first.next.replacen('1', "2", 1);
        let upper = first.next.to_uppercase();
        for (name, token) in [("b", &first.next), ("a", &moved), ("a", &upper), ("a", &"é".repeat(24))] {
            assert!(page(&[("Name", name), ("NextToken", token)], &[1, 2]).is_err(), "{name} {token}");
        }
    }

    #[test]
    fn the_size_of_a_page_is_limited() {
        let places: Vec<u64> = (1..=600).collect();
        assert_eq!(page(&[], &places).unwrap().items.len(), 50);
        assert_eq!(page(&[("MaxResults", "500")], &places).unwrap().items.len(), 500);
        for bad in ["0", "501", "-1", "x"] {
            assert!(page(&[("MaxResults", bad)], &places).is_err(), "{bad}");
        }
    }
}
