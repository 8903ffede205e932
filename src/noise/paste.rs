//! Proposed rules as TOML that can be pasted, each with a comment that says what it rests on.

use std::fmt::Write;

use super::proposal::{Proposal, ProposedRule};
use crate::model::{AnswerPlace, ValueKind, plural};

/// How much of a value an example shows, in characters: enough to know it again, and not all of it.
const SHOWN: usize = 12;

/// Where rules go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home<'a> {
    /// To an endpoint of this name.
    Endpoint(&'a str),
    /// To the contracts of the operations.
    Contracts,
}

/// Rules as TOML; `file` names the file that those of an operation go to. Writing to a String cannot fail, which is
/// why results are dropped.
pub fn as_toml(proposals: &[Proposal], home: Home<'_>, file: impl Fn(Option<&str>) -> String) -> String {
    let mut text = String::new();
    let mut last_file = None;
    for proposal in proposals {
        let file = file(proposal.operation.as_deref());
        if last_file.as_ref() != Some(&file) {
            let _ = writeln!(text, "# For {}\n", on_one_line(&file));
            last_file = Some(file);
        }
        comment(&mut text, proposal);
        let key = match home {
            Home::Endpoint(name) => format!("endpoint.{}.", bare_key(name)),
            Home::Contracts => String::new(),
        };
        rule(&mut text, &key, &proposal.rule);
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn comment(text: &mut String, proposal: &Proposal) {
    let count = proposal.cases.len();
    let cases = plural(count, "case", "cases");
    let such = proposal.cases.first().map(|case| on_one_line(case)).unwrap_or_default();
    let what = match &proposal.rule {
        ProposedRule::Order(_) => "The order differs",
        ProposedRule::Value(rule) if rule.pattern.is_some() => "A part of the text differs",
        ProposedRule::Value(rule) if rule.kind == ValueKind::Time => "The time differs",
        ProposedRule::Value(_) => "The value differs",
    };
    let _ = writeln!(text, "# {what} in {count} {cases}, such as {such}");
    if let Some([first, second]) = &proposal.example {
        let _ = writeln!(text, "# {}, then {}", example(first), example(second));
    }
}

/// The start of a value, and how long it is.
fn example(value: &str) -> String {
    let length = value.chars().count();
    if length <= SHOWN {
        return on_one_line(value);
    }
    let start: String = value.chars().take(SHOWN).collect();
    format!("{}… ({length} characters)", on_one_line(&start))
}

/// A text in a comment: nothing in it ends the line.
fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        if is_plain(letter) { line.push(letter) } else { line.extend(letter.escape_unicode()) }
    }
    line
}

fn rule(text: &mut String, key: &str, rule: &ProposedRule) {
    match rule {
        ProposedRule::Order(rule) => {
            let _ = writeln!(text, "[[{key}unordered]]\nat = {}", string(&rule.at));
            if let Some(by) = &rule.by {
                let _ = writeln!(text, "by = {}", string(by));
            }
        }
        ProposedRule::Value(rule) => {
            let kind = match rule.kind {
                ValueKind::Volatile => "volatile",
                ValueKind::Time => "time",
            };
            let _ = writeln!(text, "[[{key}{kind}]]\nname = {}", string(&rule.name));
            match &rule.place {
                AnswerPlace::Body(path) => {
                    let _ = writeln!(text, "at = {}", string(path));
                }
                AnswerPlace::Header(name) => {
                    let _ = writeln!(text, "header = {}", string(name));
                }
                AnswerPlace::Anywhere => {}
            }
            if let Some(pattern) = &rule.pattern {
                let _ = writeln!(text, "pattern = {}", string(pattern));
            }
        }
    }
    text.push('\n');
}

/// A key of TOML 1.0: bare where it can be.
fn bare_key(name: &str) -> String {
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare && !name.is_empty() { name.to_owned() } else { string(name) }
}

/// A string of TOML 1.0: a literal one where that saves escapes.
fn string(text: &str) -> String {
    if text.contains(['\\', '"']) && text.chars().all(|letter| is_plain(letter) && letter != '\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            plain if is_plain(plain) => quoted.push(plain),
            other => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(other));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character neither acts nor hides: letters and signs of ASCII, and letters of any script.
fn is_plain(letter: char) -> bool {
    letter == ' ' || letter.is_ascii_graphic() || letter.is_alphanumeric() || letter == '…'
}

#[cfg(test)]
mod tests {
    use super::{Home, as_toml};
    use crate::model::{AnswerPlace, OrderRule, ValueKind, ValueRule};
    use crate::noise::Proposal;
    use crate::noise::proposal::ProposedRule;

    #[test]
    fn whatever_a_rule_holds_is_read_back_as_it_was() {
        let odd = ["$['it\\'s']", "a\"b", "\\d+'\n\u{202e}\u{7f}é", "plain"];
        for text in odd {
            let rule = ValueRule {
                name: "n".into(),
                kind: ValueKind::Time,
                place: AnswerPlace::Header(text.into()),
                pattern: Some(text.into()),
            };
            let order = OrderRule { at: text.into(), by: Some(text.into()) };
            let proposals = [ProposedRule::Value(rule), ProposedRule::Order(order)].map(|rule| Proposal {
                operation: None,
                rule,
                cases: vec![text.into()],
                example: Some([text.into(), format!("{text}{text}{text}")]),
            });
            let text_of = as_toml(&proposals, Home::Endpoint(text), |_| text.into());
            let read: toml::Table = text_of.parse().unwrap_or_else(|error| panic!("{error}: {text_of}"));
            let found = &read["endpoint"][text];
            assert_eq!(found["time"][0]["header"].as_str(), Some(text));
            assert_eq!(found["time"][0]["pattern"].as_str(), Some(text));
            assert_eq!(found["unordered"][0]["by"].as_str(), Some(text));
        }
    }
}
