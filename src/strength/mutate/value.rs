//! Other values in the place of one. Main function: [`changes`].

use crate::model::Value;
use crate::strength::operator::Operator;

/// Another value.
#[derive(Debug)]
pub(super) struct MutantValue {
    pub(super) operator: Operator,
    pub(super) value: Value,
    /// What it is, in words.
    pub(super) about: String,
}

/// A text that no API has.
const ANOTHER: &str = "proofmark";

/// Characters that are rare, and that XML and JSON have to escape.
const RARE: &str = "é<&\"";

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// Every other value that is tried.
pub(super) fn changes(value: &Value, is_xml: bool) -> Vec<MutantValue> {
    let mut changes = Changes(Vec::new());
    // XML has no null; XML Schema part 1, section 2.6.2 has this in its place.
    let null =
        if is_xml { Value::Map(vec![("@xsi:nil".to_owned(), Value::text("true"))]) } else { Value::Null };
    changes.add(Operator::FieldNull, null);
    match value {
        Value::Text(text) => changes.of_text(text),
        Value::Number(digits) => changes.of_number(digits),
        Value::Bool(truth) => {
            changes.add(Operator::BooleanReversed, Value::Bool(!truth));
            changes.add(Operator::FieldRetyped, Value::text(truth.to_string()));
        }
        Value::Null => changes.add(Operator::FieldRetyped, Value::text(ANOTHER)),
        Value::List(items) => changes.of_list(items),
        Value::Map(entries) => {
            changes.add(Operator::FieldEmptied, Value::Map(Vec::new()));
            changes.add(Operator::FieldRetyped, Value::List(vec![Value::Map(entries.clone())]));
            changes.add(Operator::FieldRetyped, Value::text(ANOTHER));
        }
    }
    changes.0
}

struct Changes(Vec<MutantValue>);

impl Changes {
    fn add(&mut self, operator: Operator, value: Value) {
        let text = value.to_string();
        let about = match text.char_indices().nth(SHOWN) {
            None => text,
            Some((end, _)) => format!("{}…", &text[..end]),
        };
        self.0.push(MutantValue { operator, value, about });
    }

    fn of_text(&mut self, text: &str) {
        self.add(Operator::FieldRetyped, Value::List(vec![Value::text(text)]));
        self.add(Operator::FieldRetyped, Value::Map(vec![("value".to_owned(), Value::text(text))]));
        let number = if Value::text(text).digits().is_some() { text } else { "1" };
        self.add(Operator::FieldRetyped, Value::Number(number.to_owned()));
        self.add(Operator::FieldEmptied, Value::text(""));
        self.add(Operator::TextReplaced, Value::text(ANOTHER));
        let last = text.chars().last();
        self.add(Operator::TextLengthened, Value::text(format!("{text}{}", last.unwrap_or('x'))));
        let shorter: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
        self.add(Operator::TextShortened, Value::Text(shorter));
        self.add(Operator::TextSpecial, Value::text(format!("{text}{RARE}")));
        let swapped = |letter: char| {
            if letter.is_ascii_uppercase() {
                letter.to_ascii_lowercase()
            } else {
                letter.to_ascii_uppercase()
            }
        };
        self.add(Operator::TextCase, Value::Text(text.chars().map(swapped).collect()));
    }

    fn of_number(&mut self, digits: &str) {
        self.add(Operator::FieldRetyped, Value::text(digits));
        self.add(Operator::FieldRetyped, Value::Bool(true));
        self.add(
            Operator::FieldRetyped,
            Value::Number(format!("{}.5", digits.split(['.', 'e', 'E']).next().unwrap_or("0"))),
        );
        let opposite = digits.strip_prefix('-').map_or_else(|| format!("-{digits}"), str::to_owned);
        let mut others = vec!["0".to_owned(), opposite, "9007199254740993".to_owned()];
        if let Ok(number) = digits.parse::<i64>() {
            others.extend([number.saturating_add(1).to_string(), number.saturating_sub(1).to_string()]);
        }
        for other in others {
            self.add(Operator::NumberReplaced, Value::Number(other));
        }
    }

    fn of_list(&mut self, items: &[Value]) {
        self.add(Operator::FieldRetyped, Value::text(ANOTHER));
        self.add(Operator::ListEmptied, Value::List(Vec::new()));
        let added = items.last().cloned().unwrap_or_else(|| Value::text(ANOTHER));
        self.add(Operator::ItemAdded, Value::List([items, &[added]].concat()));
        if let [_, rest @ ..] = items {
            self.add(Operator::ItemRemoved, Value::List(rest.to_vec()));
        }
        if let ([first, .., last], [_, between @ .., _]) = (items, items) {
            let parts = [std::slice::from_ref(last), between, std::slice::from_ref(first)];
            self.add(Operator::ItemsExchanged, Value::List(parts.concat()));
        }
    }
}
