//! Message templates: how a contract writes a message whose middle it leaves open.

/// What a `%s` is called in the page that a contract is taken from.
pub const BLANK: &str = "%s";

/// A message with blanks: literal parts must match, each `%s` stands for one or more characters.
///
/// ```
/// use proofmark::model::MessageTemplate;
/// let row = MessageTemplate::new("%s.");
/// assert!(row.mismatch("The image m-1 does not exist.").is_none());
/// assert_eq!(row.mismatch("."), Some("a `%s` is filled with nothing"));
/// assert_eq!(row.mismatch("%s."), Some("a `%s` is left unfilled"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate(String);

impl MessageTemplate {
    /// Takes a message as a contract prints it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The message as the contract prints it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has blanks at all.
    pub fn has_blanks(&self) -> bool {
        self.0.contains(BLANK)
    }

    /// What is wrong with `text` as an instance of this template, if anything.
    pub fn mismatch(&self, text: &str) -> Option<&'static str> {
        if !self.has_blanks() {
            return (text != self.0).then_some("the text differs");
        }
        if text.contains(BLANK) {
            return Some("a `%s` is left unfilled");
        }
        if fills(&self.0, text, 1) {
            return None;
        }
        if fills(&self.0, text, 0) {
            Some("a `%s` is filled with nothing")
        } else {
            Some("the literal parts differ")
        }
    }
}

/// Whether `text` is `template` with at least `least` characters in place of each blank.
///
/// The literal parts between are found from the left, each as early as it can stand; the last one
/// must end the text. That is exact, since a blank may hold anything.
fn fills(template: &str, text: &str, least: usize) -> bool {
    let mut parts = template.split(BLANK);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(literal) = parts.next() {
        let Some((skip, ())) =
            rest.char_indices().map(|(at, _)| (at, ())).chain([(rest.len(), ())]).nth(least)
        else {
            return false;
        };
        let after = &rest[skip..];
        if parts.peek().is_none() {
            return after.ends_with(literal);
        }
        let Some(found) = after.find(literal) else {
            return false;
        };
        rest = &after[found + literal.len()..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::MessageTemplate;

    #[test]
    fn templates_match_as_the_contract_means_them() {
        let cases = [
            ("%s", "x", true),
            ("%s", "", false),
            ("%s.", "a.b.", true),
            ("%s.", "a", false),
            ("a %s b %s c", "a 1 b 2 c", true),
            ("a %s b %s c", "a 1 b  c", false),
            ("%s%s", "x", false),
            ("%s%s", "xy", true),
            ("x%s", "x%s", false),
            ("exact", "exact", true),
            ("exact", "exact ", false),
            ("é%s", "éü", true),
        ];
        for (template, text, holds) in cases {
            assert_eq!(
                MessageTemplate::new(template).mismatch(text).is_none(),
                holds,
                "{template:?} {text:?}"
            );
        }
    }
}
