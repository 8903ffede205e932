//! A header field of an answer: all of its lines, and the members of a list. Main type: [`HeaderField`].
//!
//! RFC 9110, section 5.3: a field may be sent in several lines if its value is a list, or if it is `Set-Cookie`.

use super::matcher::{Typing, mismatch};
use crate::model::{Answer, Matcher, Value};

/// Fields whose value is a list, of which each member counts (RFC 9110; RFC 9111, section 5; RFC 9112; RFC 5789; RFC 7838,
/// section 3; RFC 8288, section 3; RFC 9211; the Fetch Standard, section 3.3.3).
const LISTS: [&str; 27] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-patch",
    "accept-post",
    "accept-ranges",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
    "allow",
    "alt-svc",
    "cache-control",
    "cache-status",
    "connection",
    "content-encoding",
    "content-language",
    LINK,
    "pragma",
    "preference-applied",
    "proxy-authentication-info",
    "server-timing",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
];

/// The field whose members begin with an address in angle brackets.
const LINK: &str = "link";

/// How many lines are shown.
const SHOWN: usize = 10;

/// What is sent under one name.
#[derive(Debug)]
pub(super) struct HeaderField<'a> {
    lines: Vec<&'a str>,
    values: Vec<Value>,
}

impl<'a> HeaderField<'a> {
    /// The field of this lower-case name.
    pub(super) fn of(answer: &'a Answer, name: &str) -> Self {
        let lines: Vec<&str> = answer.lines(name).collect();
        let mut values: Vec<Value> = lines.iter().map(|line| Value::text(*line)).collect();
        if LISTS.contains(&name) {
            values.extend(lines.iter().flat_map(|line| members(line, name == LINK)).map(Value::text));
        }
        Self { lines, values }
    }

    /// Whether one line or member is what is asked for. What must not be there may be in none of them, and the field has
    /// to be there.
    pub(super) fn meets(&self, matcher: &Matcher) -> bool {
        if let Matcher::Present(wanted) = matcher {
            return self.lines.is_empty() != *wanted;
        }
        if let Matcher::Not(inner) = matcher {
            return !self.lines.is_empty() && !self.meets(inner);
        }
        if let Matcher::Any(options) = matcher {
            return options.iter().any(|option| self.meets(option));
        }
        let Matcher::All(parts) = matcher else {
            return self.values.iter().any(|value| is_met(matcher, value));
        };
        let (of_value, of_field): (Vec<&Matcher>, Vec<&Matcher>) =
            parts.iter().partition(|part| part.is_of_one_line());
        // One line has to be all that is asked of a line.
        let has_line = || self.values.iter().any(|value| of_value.iter().all(|part| is_met(part, value)));
        of_field.into_iter().all(|part| self.meets(part)) && (of_value.is_empty() || has_line())
    }

    /// The lines, as a finding shows them.
    pub(super) fn show(&self) -> String {
        if self.lines.is_empty() {
            return "nothing".to_owned();
        }
        let shown: Vec<String> =
            self.lines.iter().take(SHOWN).map(|line| Value::text(*line).to_string()).collect();
        let more = self.lines.len() - shown.len();
        let shown = shown.join(" and ");
        if more == 0 { shown } else { format!("{shown} and {more} more") }
    }
}

fn is_met(matcher: &Matcher, value: &Value) -> bool {
    mismatch(matcher, Some(value), Typing::Text).is_none()
}

/// The members of a list (RFC 9110, section 5.6.1): a comma in a quoted string separates nothing, and of links none in an
/// address.
fn members(line: &str, is_of_links: bool) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped, mut is_address) = (0, false, false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '<' | '>' if is_of_links && !is_quoted => is_address = letter == '<',
            '"' if !is_address => is_quoted = !is_quoted,
            ',' if !is_quoted && !is_address => {
                members.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members.push(&line[start..]);
    members.iter().map(|member| member.trim()).filter(|member| !member.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{HeaderField, members};
    use crate::model::{Answer, Body, Matcher, Value};

    fn meets(lines: &[(&str, &str)], matcher: &Matcher) -> bool {
        let headers = lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (bytes, body, flaws) = (Vec::new(), Body::Empty, Vec::new());
        let (elapsed, paused) = (Duration::ZERO, Duration::ZERO);
        let answer = Answer { status: 200, headers, bytes, body, flaws, elapsed, paused };
        HeaderField::of(&answer, lines.first().map_or("vary", |(name, _)| name)).meets(matcher)
    }

    fn equals(text: &str) -> Matcher {
        Matcher::Equals(Value::text(text))
    }

    fn not(matcher: Matcher) -> Matcher {
        Matcher::Not(Box::new(matcher))
    }

    #[test]
    fn all_that_is_asked_of_a_line_has_to_hold_in_one_line() {
        let cookies = [("set-cookie", "a=1; Secure"), ("set-cookie", "b=2; HttpOnly")];
        let regex = |text: &str| Matcher::Regex(text.to_owned());
        assert!(meets(&cookies, &Matcher::All(vec![regex("^a="), regex("Secure")])));
        assert!(!meets(&cookies, &Matcher::All(vec![regex("^a="), regex("HttpOnly")])));
        let either = |one: &str, other: &str| Matcher::Any(vec![regex(one), regex(other)]);
        assert!(meets(&cookies, &Matcher::All(vec![either("^a=", "^c="), regex("Secure")])));
        assert!(!meets(&cookies, &Matcher::All(vec![either("^a=", "^c="), regex("HttpOnly")])));
        assert!(!meets(&cookies, &Matcher::All(vec![Matcher::All(vec![regex("^a=")]), regex("HttpOnly")])));
        let unless = Matcher::Any(vec![regex("^c="), not(regex("^d="))]);
        assert!(
            meets(&cookies, &Matcher::All(vec![unless, regex("HttpOnly")])),
            "`not` is asked of all lines"
        );
        assert!(meets(&cookies, &Matcher::All(vec![regex("^a="), not(regex("^c="))])));
        assert!(!meets(&cookies, &Matcher::All(vec![regex("^a="), not(regex("^b="))])));
        assert!(!meets(&[], &Matcher::All(vec![not(regex("^b="))])), "where nothing is, nothing holds");
    }

    #[test]
    fn an_address_in_a_link_is_one_with_its_commas_and_quotes() {
        let links = [("link", r#"<https://h/a,"b>; rel="next, x", <https://h/c>; rel=prev"#)];
        for link in [r#"<https://h/a,"b>; rel="next, x""#, "<https://h/c>; rel=prev"] {
            assert!(meets(&links, &equals(link)), "{link}");
        }
        assert!(!meets(&links, &equals("<https://h/a")));
        assert!(meets(&[("alt-svc", "h3=\":443\", h2=\"a,b\"")], &equals("h2=\"a,b\"")));
        assert!(meets(&[("accept", "a<b, c>d")], &equals("c>d")), "brackets mean nothing elsewhere");
    }

    #[test]
    fn one_line_or_member_has_to_be_right_and_none_may_be_what_must_not_be_there() {
        let cookies = [("set-cookie", "a=1, x"), ("set-cookie", "b=2")];
        assert!(meets(&cookies, &equals("a=1, x")) && meets(&cookies, &equals("b=2")));
        assert!(!meets(&cookies, &equals("a=1")), "a cookie is not a list");
        assert!(!meets(&cookies, &not(equals("b=2"))) && meets(&cookies, &not(equals("c=3"))));
        assert!(meets(&cookies, &Matcher::Any(vec![equals("c"), equals("b=2")])));
        assert!(!meets(&cookies, &not(Matcher::Regex("^b".into()))));
        let list = [("vary", "Accept, Origin"), ("vary", "Cookie")];
        for value in ["Accept, Origin", "Accept", "Origin", "Cookie"] {
            assert!(meets(&list, &equals(value)) && !meets(&list, &not(equals(value))), "{value}");
        }
        assert!(!meets(&list, &equals("Accept,Origin")));
    }

    #[test]
    fn members_are_found_also_beside_empty_ones() {
        let list = [("vary", "Accept, ,"), ("vary", ",")];
        for value in ["Accept, ,", "Accept", ","] {
            assert!(meets(&list, &equals(value)), "{value}");
        }
        assert!(!meets(&list, &equals("")) && !meets(&[("x-list", "a,b")], &equals("a")));
    }

    #[test]
    fn ten_lines_are_shown_and_the_others_counted() {
        let shown = |count: usize| {
            let headers = vec![("vary".to_owned(), "a".to_owned()); count];
            let (bytes, body, flaws) = (Vec::new(), Body::Empty, Vec::new());
            let (elapsed, paused) = (Duration::ZERO, Duration::ZERO);
            let answer = Answer { status: 200, headers, bytes, body, flaws, elapsed, paused };
            HeaderField::of(&answer, "vary").show()
        };
        let lines = |count: usize| vec!["\"a\""; count].join(" and ");
        assert_eq!((shown(0), shown(1), shown(10)), ("nothing".into(), lines(1), lines(10)));
        assert_eq!(
            (shown(11), shown(13)),
            (format!("{} and 1 more", lines(10)), format!("{} and 3 more", lines(10)))
        );
    }

    #[test]
    fn a_field_that_is_not_there_meets_only_that() {
        for matcher in [equals("a"), not(equals("a")), Matcher::Present(true), Matcher::Regex(String::new())]
        {
            assert!(!meets(&[], &matcher), "{matcher}");
        }
        assert!(meets(&[], &Matcher::Present(false)) && !meets(&[("vary", "")], &Matcher::Present(false)));
        assert!(meets(&[("vary", "")], &equals("")));
    }

    #[test]
    fn a_comma_in_quotes_separates_nothing() {
        assert_eq!(members(r#"a="b,\",c" , d,, e"#, false), [r#"a="b,\",c""#, "d", "e"]);
        assert_eq!(
            members(r"a\,b,\", false),
            [r"a\", "b", r"\"],
            "a backslash means nothing outside of quotes"
        );
    }
}
