//! Templates in case tables: `{{ expression }}`, rendered by minijinja with strict names.
//!
//! [`Templates`] compiles and renders, [`TemplateScope`] holds the names of one case. This module does not
//! know what the names mean.

mod bound;
mod convert;
mod expect;
mod scope;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value as JinjaValue};

use crate::model::Value;

use bound::{FUEL, Room, TAKES, check_text, is_too_much};
use convert::{among_text, from_jinja, to_json_text};

pub use expect::{Unrendered, has_templates};
pub use scope::TemplateScope;

/// Opens an expression; a text without it is not a template.
const OPENING: &str = "{{";

/// The functions that every template can call.
pub const FUNCTIONS: [&str; 2] = ["uuid", "token"];

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    engine.set_syntax(syntax.expect("the usual delimiters are distinct"));
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_formatter(|out, _, value| {
        Ok(out.write_str(&among_text(value).map_err(TemplateError::of_engine)?)?)
    });
    engine.add_filter("tojson", |value: &JinjaValue| to_json_text(value).map_err(TemplateError::of_engine));
    engine
});

/// Why a template gives no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(String);

impl TemplateError {
    /// Says why.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The same, as the engine takes it.
    fn of_engine(self) -> Error {
        Error::new(minijinja::ErrorKind::InvalidOperation, self.0)
    }
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for TemplateError {}

impl From<Error> for TemplateError {
    fn from(error: Error) -> Self {
        Self(match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => {
                format!("{TAKES} {FUEL} steps, or makes more than {} bytes", 64 * FUEL)
            }
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        })
    }
}

/// Whether a text holds a template at all.
pub fn is_template(text: &str) -> bool {
    // Most texts are none, and a search for one letter is far quicker than one for each opening.
    text.contains('{') && (text.contains(OPENING) || text.contains("{%") || text.contains("{#"))
}

/// The names that a value's templates use and do not define, functions included.
///
/// # Errors
/// A template that cannot be parsed.
pub fn names(value: &Value) -> Result<BTreeSet<String>, TemplateError> {
    let mut found = BTreeSet::new();
    collect_names(value, &mut found)?;
    Ok(found)
}

fn collect_names(value: &Value, found: &mut BTreeSet<String>) -> Result<(), TemplateError> {
    match value {
        Value::Text(text) if is_template(text) => found.extend(names_of(text)?),
        Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::List(items) => {
            for item in items {
                collect_names(item, found)?;
            }
        }
        Value::Map(entries) => {
            for (_, item) in entries {
                collect_names(item, found)?;
            }
        }
    }
    Ok(())
}

/// How many texts are remembered with their names: more than most suites have different ones.
const REMEMBERED: usize = 4096;

thread_local! {
    /// Tables repeat the same few templates in case after case, and each is parsed to be checked.
    static NAMES: RefCell<HashMap<String, Result<BTreeSet<String>, TemplateError>>> = RefCell::default();
}

fn names_of(text: &str) -> Result<BTreeSet<String>, TemplateError> {
    NAMES.with_borrow_mut(|known| {
        if let Some(names) = known.get(text) {
            return names.clone();
        }
        let names = parse_names(text);
        if known.len() < REMEMBERED {
            known.insert(text.to_owned(), names.clone());
        }
        names
    })
}

fn parse_names(text: &str) -> Result<BTreeSet<String>, TemplateError> {
    let names = Compiled::new(text)?.names(text)?;
    check_filters(text)?;
    Ok(names.into_iter().collect())
}

/// An engine that goes on where a name has no value yet.
static LENIENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = ENGINE.clone();
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    engine
});

fn check_size(made: &str) -> Result<(), TemplateError> {
    Room::new().take(made.len())
}

/// Finds a filter or test that does not exist, which the engine looks for only when it renders, and a template that
/// does or makes too much. Where a value that is not known yet ends the rendering, the rest is not checked.
fn check_filters(text: &str) -> Result<(), TemplateError> {
    let error = match LENIENT.render_str(text, TemplateScope::new(0, "").as_value()) {
        Ok(made) => return check_size(&made),
        Err(error) => error,
    };
    let is_unknown = matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest);
    let error = TemplateError::from(error);
    if is_unknown || is_too_much(&error) { Err(error) } else { Ok(()) }
}

/// Whether a text is a name alone.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

/// A template, ready to be rendered often.
enum Compiled {
    /// The whole text is one name, whose value is taken as it is.
    Name(String, Expression<'static, 'static>),
    /// The whole text is one expression, whose type is kept.
    Expression(Expression<'static, 'static>),
    /// Anything else gives text.
    Text,
}

impl Compiled {
    fn new(text: &str) -> Result<Self, TemplateError> {
        check_text(text)?;
        let inner = text.strip_prefix(OPENING).and_then(|rest| rest.strip_suffix("}}"));
        if let Some(inner) = inner {
            match ENGINE.compile_expression_owned(inner.to_owned()) {
                Ok(expression) if is_name(inner.trim()) => {
                    return Ok(Self::Name(inner.trim().to_owned(), expression));
                }
                Ok(expression) => return Ok(Self::Expression(expression)),
                Err(error) if !inner.contains(OPENING) => return Err(error.into()),
                Err(_) => {}
            }
        }
        ENGINE.template_from_str(text)?;
        Ok(Self::Text)
    }

    fn names(&self, text: &str) -> Result<Vec<String>, TemplateError> {
        Ok(match self {
            Self::Name(_, expression) | Self::Expression(expression) => {
                expression.undeclared_variables(false).into_iter().collect()
            }
            Self::Text => ENGINE.template_from_str(text)?.undeclared_variables(false).into_iter().collect(),
        })
    }

    fn render(&self, text: &str, scope: &TemplateScope) -> Result<Value, TemplateError> {
        match self {
            Self::Name(name, _) if let Some(value) = scope.get(name) => Ok(value.clone()),
            Self::Name(_, expression) | Self::Expression(expression) => {
                let value = expression.eval(scope.as_value())?;
                if value.is_undefined() {
                    return Err(TemplateError(format!("{} is not defined", text.trim())));
                }
                from_jinja(&value)
            }
            Self::Text => {
                let made = ENGINE.render_str(text, scope.as_value())?;
                check_size(&made)?;
                Ok(Value::Text(made))
            }
        }
    }
}

/// Renders templates and keeps what it compiled; grows with the number of different templates.
#[derive(Default)]
pub struct Templates {
    compiled: RwLock<HashMap<String, Arc<Compiled>>>,
}

impl Templates {
    /// A value with every template in it rendered.
    ///
    /// # Errors
    /// A template that cannot be parsed, or that uses a name the scope does not have.
    pub fn render(&self, value: &Value, scope: &TemplateScope) -> Result<Value, TemplateError> {
        Ok(match value {
            Value::Text(text) if is_template(text) => self.compile(text)?.render(text, scope)?,
            Value::Text(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::List(items) => {
                Value::List(items.iter().map(|item| self.render(item, scope)).collect::<Result<_, _>>()?)
            }
            Value::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, item)| Ok((key.clone(), self.render(item, scope)?)))
                    .collect::<Result<_, TemplateError>>()?,
            ),
        })
    }

    /// A text with its templates rendered to text.
    ///
    /// # Errors
    /// As [`Templates::render`].
    pub fn render_text(&self, text: &str, scope: &TemplateScope) -> Result<String, TemplateError> {
        if !is_template(text) {
            return Ok(text.to_owned());
        }
        Ok(self.compile(text)?.render(text, scope)?.to_plain())
    }

    fn compile(&self, text: &str) -> Result<Arc<Compiled>, TemplateError> {
        let known = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let compiled = Arc::new(Compiled::new(text)?);
        let mut cache = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        cache.insert(text.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

#[cfg(test)]
mod tests {
    use super::{TemplateScope, Templates, names};
    use crate::model::Value;

    fn render(text: &str) -> Result<Value, String> {
        let mut scope = TemplateScope::new(7, "a/b/c");
        scope.set("n", &Value::integer(3));
        scope.set("region", &Value::text("cn-hangzhou"));
        scope.set("big", &Value::Number("123456789012345678901234567890".into()));
        Templates::default().render(&Value::text(text), &scope).map_err(|error| error.to_string())
    }

    #[test]
    fn one_expression_keeps_its_type_and_text_around_it_makes_text() {
        assert_eq!(render("{{ n }}"), Ok(Value::integer(3)));
        assert_eq!(render("{{ n }} "), Ok(Value::text("3 ")));
        assert_eq!(render(" {{ region }}"), Ok(Value::text(" cn-hangzhou")));
        assert_eq!(render("no {{ n }}"), Ok(Value::text("no 3")));
        assert_eq!(render("{{ n }}{{ n }}"), Ok(Value::text("33")));
        assert_eq!(render("{{ [n, true] }}"), Ok(Value::List(vec![Value::integer(3), Value::Bool(true)])));
        assert_eq!(render("{{ 'k' * n }}"), Ok(Value::text("kkk")));
        assert_eq!(render("{{ region ~ '!' }}"), Ok(Value::text("cn-hangzhou!")));
    }

    #[test]
    fn digits_that_no_machine_number_holds_survive() {
        assert_eq!(render("{{ big }}"), Ok(Value::Number("123456789012345678901234567890".into())));
    }

    #[test]
    fn among_other_text_a_value_is_written_as_json_has_it() {
        for (text, written) in [
            ("a {{ true }}", "a true"),
            ("a {{ false }}{{ none }}", "a falsenull"),
            ("a {{ [1, 'x', true, none] }}", "a [1, \"x\", true, null]"),
            ("a {{ {'k': [false]} }}", "a {\"k\": [false]}"),
            ("a {{ big }} {{ [big] }}", "a 123456789012345678901234567890 [123456789012345678901234567890]"),
            ("a {{ 'x\"' }}", "a x\""),
            ("a {{ 'x\"'|tojson }}", "a \"x\\\"\""),
            ("a {{ true|tojson }}{{ big|tojson }}", "a true123456789012345678901234567890"),
            ("a {{ 'b' if false }}", "a "),
            ("a {{ 0.5 }}", "a 0.5"),
        ] {
            assert_eq!(render(text), Ok(Value::text(written)), "{text}");
        }
        assert_eq!(
            render("{{ [big] }}"),
            Ok(Value::List(vec![Value::Number("123456789012345678901234567890".into())]))
        );
        assert_eq!(render("{{ big == big }}"), Ok(Value::Bool(true)));
        for text in ["a {{ uuid }}", "{{ 1e308 * 10 }}", "a {{ 1e308 * 10 }}"] {
            assert!(render(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_is_escaped() {
        assert_eq!(render("<{{ '&<\"' }}>"), Ok(Value::text("<&<\">")));
    }

    #[test]
    fn an_unknown_name_is_an_error_in_every_form() {
        for text in ["{{ nosuch }}", "a {{ nosuch }}", "{{ nosuch ~ 'x' }}", "{{ n.nosuch }}"] {
            assert!(render(text).is_err(), "{text}");
        }
    }

    #[test]
    fn values_made_by_chance_follow_from_seed_and_case() {
        let uuid = |seed, case| {
            let scope = TemplateScope::new(seed, case);
            Templates::default().render_text("{{ uuid() }}", &scope).unwrap()
        };
        assert_eq!(uuid(1, "a"), uuid(1, "a"));
        assert_ne!(uuid(1, "a"), uuid(2, "a"));
        assert_ne!(uuid(1, "a"), uuid(1, "b"));
        assert_eq!(uuid(1, "a").len(), 36);
    }

    #[test]
    fn made_values_are_remembered_for_the_snapshot() {
        let scope = TemplateScope::new(1, "a");
        let token = Templates::default().render_text("{{ token(64) }}", &scope).unwrap();
        assert_eq!((token.len(), scope.random_values()), (64, vec![token]));
    }

    #[test]
    fn names_are_found_without_rendering() {
        let value =
            Value::List(vec![Value::text("{{ a ~ b }}"), Value::text("x {{ uuid() }}"), Value::text("c")]);
        let found: Vec<String> = names(&value).unwrap().into_iter().collect();
        assert_eq!(found, ["a", "b", "uuid"]);
        for wrong in ["{{ a b }}", "{{ a|nosuch }}", "x {{ 'y'|nosuch }}", "{{ a is nosuch }}"] {
            assert!(names(&Value::text(wrong)).is_err(), "{wrong}");
        }
        assert!(names(&Value::text("{{ (a ~ uuid())|upper|replace('-', '') }}")).is_ok());
    }

    #[test]
    fn what_takes_or_makes_too_much_is_refused_before_it_is_rendered_and_when_it_is() {
        for text in [
            "{{ '%0999999999d'|format(1) }}",
            "{{ 'a\nb'|indent(1000000000) }}",
            "{{ 'a' * 99999999 }}",
            "{{ ('a' * 4000000)|replace('a', 'bcd') }}",
            "{{ 'x'|replace('', 'y' * 4000000) ~ 'x' * 9000000 }}",
            "{{ range(100000)|join('x' * 1000) }}",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
            &format!("{{% set a = 'x' %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40)),
            "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        ] {
            let shown = render(text).unwrap_err();
            assert!(shown.contains("the template") || shown.contains("recursion"), "{text}: {shown}");
            assert!(names(&Value::text(text)).is_err() || shown.contains("recursion"), "{text}");
        }
        for text in ["{{ (range(9999)|list) * 9000 }}", "x{{ (range(9999)|list) * 9000 }}"] {
            assert!(render(text).unwrap_err().contains("the template gives"), "{text}");
            assert!(names(&Value::text(text)).is_err(), "{text}");
        }
        for text in ["{{ [1] * 9 }}", "x{{ 9 * ([1]) }}", "{{ 'x' ~ ([[1]])*9 }}", "{% set a = n * 9 %}"] {
            assert!(render(text).unwrap_err().contains("no lists"), "{text}");
            assert!(names(&Value::text(text)).is_err(), "{text}");
        }
        assert_eq!(render("{{ [n, 4][0] * 2 ** 3 }}"), Ok(Value::integer(24)));
        let value = "{{ n ** 200 }}";
        assert!(render(value).is_err(), "a power that no number holds");
    }

    #[test]
    fn what_tables_need_is_not_too_much() {
        assert_eq!(render("{{ 'k' * 1000000 }}").map(|value| value.to_plain().len()), Ok(1_000_000));
        let items = render("{{ range(1000)|list }}").unwrap();
        assert!(matches!(items, Value::List(items) if items.len() == 1000));
        let loops = "{% for a in range(100) %}{% for b in range(100) %}x{% endfor %}{% endfor %}";
        assert_eq!(render(loops).map(|value| value.to_plain().len()), Ok(10_000));
    }

    #[test]
    fn a_value_may_be_as_large_as_the_limit_and_no_larger() {
        use super::bound::LARGEST;
        let fill = |size: usize| render(&format!("{{{{ 'k' * {size} }}}}"));
        assert!(fill(LARGEST - 16).is_ok() && fill(LARGEST - 15).is_err());
    }

    #[test]
    fn an_expression_may_be_as_long_as_the_limit_and_no_longer() {
        let sum = |count: usize| format!("{{{{ 1{} }}}}", "+1".repeat(count));
        assert_eq!(render(&sum(2040)), Ok(Value::integer(2041)));
        for text in [sum(2100), sum(1_000_000), format!("{{{{ '}}}}{{{{' ~ {} }}}}", "1~".repeat(3000) + "1")]
        {
            assert!(render(&text).unwrap_err().contains("more than 4096 characters"), "{}", &text[..40]);
        }
        // What is not an expression counts for nothing, nor do the texts in one.
        for text in
            [format!("{}{{{{ n }}}}", "x+1".repeat(9999)), format!("{{{{ '{}' ~ n }}}}", "+1".repeat(9999))]
        {
            assert!(render(&text).is_ok(), "{}", &text[..40]);
        }
    }

    #[test]
    fn what_is_bounded_is_taken_at_the_limit_and_not_one_past_it() {
        use super::bound::FUEL;
        let padded = |length: usize| format!("{{{{{:>length$}}}}}", "n");
        assert!(render(&padded(4096)).is_ok() && render(&padded(4097)).is_err());
        let token = |length: usize| render(&format!("{{{{ token({length}) }}}}"));
        assert_eq!(token(4096).map(|value| value.to_plain().len()), Ok(4096));
        assert!(token(4097).is_err());
        // A turn of a loop takes a few steps: as many turns as fit, and one more.
        let turns = |count: u64| {
            let half = count / 2;
            let looped = |count: u64| format!("{{% for a in range({count}) %}}{{% endfor %}}");
            render(&(looped(half) + &looped(count - half))).is_ok()
        };
        let (mut fine, mut too_many) = (1, FUEL);
        while too_many - fine > 1 {
            let middle = fine.midpoint(too_many);
            if turns(middle) { fine = middle } else { too_many = middle }
        }
        assert!(fine > FUEL / 10 && !turns(too_many) && turns(fine), "{fine}");
    }
}
