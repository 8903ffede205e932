//! Reads an expression: a parser by descent, whose depth is bounded.
//!
//! `not` binds tightest, then `and`, then `or`, as in nextest.

use super::{FilterError, FilterExpression};
use crate::model::check_part;
use crate::plan::{Pattern, PatternError};

/// How deep `not` and parentheses may nest, which bounds the stack.
const DEEPEST: usize = 64;

/// How many tags and patterns an expression may have: more than anyone writes, and each is compared with every case.
const MOST_PREDICATES: usize = 1000;

/// How many characters before and behind a place are shown of a long expression.
const SHOWN: usize = 60;

/// Reads a whole expression.
pub(super) fn expression(text: &str) -> Result<FilterExpression, FilterError> {
    let mut parser = Parser { text, at: 0, depth: 0, predicates: 0 };
    let expression = parser.alternatives()?;
    parser.skip_blanks();
    if parser.rest().is_empty() {
        return Ok(expression);
    }
    let hint = "put `and`, `or` or `not` between two conditions, such as tag(slow) and not id(signature/)";
    Err(parser.wrong("expected `and`, `or` or the end", Some(hint)))
}

struct Parser<'a> {
    text: &'a str,
    /// The byte up to which it is read.
    at: usize,
    depth: usize,
    predicates: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes one of these signs, or words that no letter follows.
    fn takes(&mut self, signs: &[&str]) -> bool {
        self.skip_blanks();
        let rest = self.rest();
        let is_next = |sign: &&&str| {
            let behind = rest.strip_prefix(**sign);
            let is_word = sign.starts_with(|letter: char| letter.is_ascii_alphabetic());
            behind.is_some_and(|behind| !is_word || !behind.starts_with(is_of_word))
        };
        let Some(sign) = signs.iter().find(is_next) else { return false };
        self.at += sign.len();
        true
    }

    fn alternatives(&mut self) -> Result<FilterExpression, FilterError> {
        let mut all = self.conditions()?;
        while self.takes(&["or", "||", "|", "+"]) {
            all = FilterExpression::Or(Box::new(all), Box::new(self.conditions()?));
        }
        Ok(all)
    }

    fn conditions(&mut self) -> Result<FilterExpression, FilterError> {
        let mut all = self.condition()?;
        loop {
            if self.takes(&["and", "&&", "&"]) {
                all = FilterExpression::And(Box::new(all), Box::new(self.condition()?));
            } else if self.takes(&["-"]) {
                let without = FilterExpression::Not(Box::new(self.condition()?));
                all = FilterExpression::And(Box::new(all), Box::new(without));
            } else {
                return Ok(all);
            }
        }
    }

    fn condition(&mut self) -> Result<FilterExpression, FilterError> {
        self.skip_blanks();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(&format!("more than {DEEPEST} levels of `not` and parentheses"), None));
        }
        let found = if self.takes(&["not", "!"]) {
            FilterExpression::Not(Box::new(self.condition()?))
        } else if self.takes(&["("]) {
            let inner = self.alternatives()?;
            if !self.takes(&[")"]) {
                return Err(self.wrong("expected `)`", None));
            }
            inner
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(found)
    }

    /// A name with its argument in parentheses.
    fn predicate(&mut self) -> Result<FilterExpression, FilterError> {
        let start = self.at;
        let length = self.rest().find(|letter| !is_of_word(letter)).unwrap_or(self.rest().len());
        let name = &self.rest()[..length];
        if !["tag", "id", "all", "none"].contains(&name) {
            let hint = hint(name, self.rest());
            return Err(self.wrong("expected tag(…), id(…), all() or none()", Some(&hint)));
        }
        self.at += length;
        self.predicates += 1;
        if self.predicates > MOST_PREDICATES {
            self.at = start;
            return Err(self.wrong(&format!("more than {MOST_PREDICATES} conditions"), None));
        }
        if !self.takes(&["("]) {
            let hint = "write tag(slow), id(tag-count), all() or none()";
            return Err(self.wrong(&format!("expected `(` behind `{name}`"), Some(hint)));
        }
        self.skip_blanks();
        let place = self.at;
        let Some(length) = self.rest().find(')') else {
            return Err(self.wrong(&format!("the `(` of `{name}` is not closed"), Some("add a `)`")));
        };
        let argument = self.rest()[..length].trim();
        let found = match name {
            "tag" => tag(argument),
            "id" => id(argument),
            _ if !argument.is_empty() => Err((format!("`{name}` takes no argument"), None)),
            "all" => Ok(FilterExpression::All),
            _ => Ok(FilterExpression::None),
        };
        self.at += length + 1;
        found.map_err(|(what, hint)| {
            self.at = place;
            self.wrong(&what, hint)
        })
    }

    /// That something is wrong at the place up to which it is read.
    fn wrong(&self, what: &str, hint: Option<&str>) -> FilterError {
        let before = self.text[..self.at].chars().count();
        let shown = self.text.chars().skip(before.saturating_sub(SHOWN)).take(2 * SHOWN).collect();
        FilterError { what: what.to_owned(), column: before + 1, text: shown, hint: hint.map(str::to_owned) }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

type Argument = Result<FilterExpression, (String, Option<&'static str>)>;

fn tag(argument: &str) -> Argument {
    let tag = argument.strip_prefix('=').unwrap_or(argument).trim();
    match check_part(tag) {
        Ok(()) => Ok(FilterExpression::Tag(tag.to_owned())),
        Err(_) if tag.is_empty() => Err(("`tag` names no tag".to_owned(), Some("such as tag(slow)"))),
        Err(_) => Err((format!("`{tag}` is not a tag"), Some("a tag has a-z, 0-9 and `-`, and no `*`"))),
    }
}

/// A pattern as those of arguments are, or a whole id behind `=`. What a glob of nextest begins with says nothing more.
fn id(argument: &str) -> Argument {
    let (text, is_exact) = match argument.strip_prefix('=') {
        Some(id) => (id, true),
        None => (argument.strip_prefix('#').unwrap_or(argument), false),
    };
    if text.starts_with('~') || (text.len() > 1 && text.starts_with('/') && text.ends_with('/')) {
        let what = format!("`{text}` is not a pattern of an id");
        return Err((what, Some("`*` and `?` match any characters, such as id(tag-*)")));
    }
    Pattern::new(text.trim(), is_exact).map(FilterExpression::Id).map_err(|error| {
        let what = match error {
            PatternError::Empty => "a pattern without text".to_owned(),
            PatternError::TooLong => error.to_string(),
        };
        (what, Some("write a part of an id, such as id(tag-count)"))
    })
}

/// What to write in place of a name that is none.
fn hint(name: &str, rest: &str) -> String {
    match name {
        "test" | "binary" | "binary_id" | "package" | "case" | "name" => {
            "id(…) selects by id, and tag(…) by tag".to_owned()
        }
        "tags" | "ids" => format!("write {}(…), with one name in it", name.trim_end_matches('s')),
        "" if rest.is_empty() => "an expression is, for example, tag(slow) and not id(signature/)".to_owned(),
        "" => "conditions are joined by `and`, `or` and `not`, such as tag(slow) and not id(signature/)"
            .to_owned(),
        _ => format!("a pattern is written id({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, MOST_PREDICATES, expression};
    use crate::plan::FilterError;

    fn wrong(text: &str) -> FilterError {
        expression(text).map(|found| format!("{found:?}")).unwrap_err()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_column_and_what_to_write() {
        for (text, column, what, hint) in [
            ("", 1, "expected tag(…), id(…), all() or none()", "tag(slow) and not id(signature/)"),
            ("slow", 1, "expected tag(…)", "id(slow)"),
            ("test(a)", 1, "expected tag(…)", "id(…) selects by id"),
            ("tag(slow", 5, "the `(` of `tag` is not closed", "add a `)`"),
            ("tag slow", 5, "expected `(` behind `tag`", "write tag(slow)"),
            ("tag()", 5, "`tag` names no tag", "tag(slow)"),
            ("tag(sig*)", 5, "`sig*` is not a tag", "no `*`"),
            ("tag(Slow)", 5, "`Slow` is not a tag", "a-z, 0-9"),
            ("id()", 4, "a pattern without text", "id(tag-count)"),
            ("id(~a)", 4, "`~a` is not a pattern", "`*` and `?`"),
            ("all(x)", 5, "`all` takes no argument", ""),
            ("(tag(a)", 8, "expected `)`", ""),
            ("tag(a) tag(b)", 8, "expected `and`, `or` or the end", "put `and`"),
            ("tag(a) andtag(b)", 8, "expected `and`, `or` or the end", "put `and`"),
            ("tag(a) and", 11, "expected tag(…)", "tag(slow)"),
            ("tag(ä) or x", 5, "`ä` is not a tag", ""),
            ("id(ä) or x", 10, "expected tag(…)", "id(x)"),
            ("tag(a))", 7, "expected `and`, `or` or the end", ""),
        ] {
            let error = wrong(text);
            assert_eq!(error.column, column, "{text}: {error}");
            assert!(error.what.contains(what), "{text}: {error}");
            assert!(error.hint.unwrap_or_default().contains(hint), "{text}");
        }
    }

    #[test]
    fn an_expression_nests_and_is_as_long_as_it_may_be_and_no_further() {
        let nested = |depth: usize| format!("{}tag(a){}", "(".repeat(depth), ")".repeat(depth));
        assert!(expression(&nested(DEEPEST - 1)).is_ok());
        assert!(wrong(&nested(DEEPEST)).what.contains("levels"));
        assert!(wrong(&"!".repeat(1_000_000)).what.contains("levels"));
        let long = |count: usize| vec!["tag(a)"; count].join(" | ");
        assert!(expression(&long(MOST_PREDICATES)).is_ok());
        let error = wrong(&long(MOST_PREDICATES + 1));
        assert!(error.what.contains("1000 conditions") && error.text.len() < 200, "{error}");
    }
}
