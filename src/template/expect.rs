//! Renders the templates in an expectation.

use super::{TemplateError, TemplateScope, Templates, is_template};
use crate::model::{Expect, Matcher, StatusRule, Value};

/// What to do with a template that cannot be rendered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrendered {
    /// Fail.
    Refuse,
    /// Leave it as it is: values that only a run knows are missing.
    Keep,
}

impl Templates {
    /// An expectation with its templates rendered.
    ///
    /// # Errors
    /// With `Unrendered::Refuse`, the first template that gives no value or no status.
    pub fn render_expect(
        &self,
        expect: &Expect,
        scope: &TemplateScope,
        unrendered: Unrendered,
    ) -> Result<Expect, TemplateError> {
        let renderer = Renderer { templates: self, scope, unrendered };
        renderer.expect(expect)
    }
}

/// Whether any text of an expectation is a template.
pub fn has_templates(expect: &Expect) -> bool {
    expect.status.iter().any(|rule| matches!(rule, StatusRule::Template(_)))
        || expect.code.iter().chain(&expect.message).any(matcher_has)
        || expect.headers.iter().chain(&expect.body).any(|(_, matcher)| matcher_has(matcher))
        || expect.alternatives.iter().any(has_templates)
}

fn matcher_has(matcher: &Matcher) -> bool {
    matcher.parts().into_iter().any(part_has)
}

/// Whether a matcher has a template of its own, whatever the matchers inside of it have.
fn part_has(matcher: &Matcher) -> bool {
    let (text, values) = matcher.own();
    text.is_some_and(is_template) || values.into_iter().any(value_has)
}

fn value_has(value: &Value) -> bool {
    match value {
        Value::Text(text) => is_template(text),
        Value::List(items) => items.iter().any(value_has),
        Value::Map(entries) => entries.iter().any(|(_, item)| value_has(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

struct Renderer<'a> {
    templates: &'a Templates,
    scope: &'a TemplateScope,
    unrendered: Unrendered,
}

impl Renderer<'_> {
    fn expect(&self, expect: &Expect) -> Result<Expect, TemplateError> {
        let pairs = |pairs: &[(String, Matcher)]| -> Result<Vec<(String, Matcher)>, TemplateError> {
            pairs
                .iter()
                .map(|(key, matcher)| Ok((key.clone(), self.matcher(matcher)?)))
                .collect::<Result<_, _>>()
        };
        Ok(Expect {
            status: expect.status.iter().map(|rule| self.status(rule)).collect::<Result<_, _>>()?,
            code: expect.code.as_ref().map(|matcher| self.matcher(matcher)).transpose()?,
            message: expect.message.as_ref().map(|matcher| self.matcher(matcher)).transpose()?,
            headers: pairs(&expect.headers)?,
            body: pairs(&expect.body)?,
            within: expect.within,
            alternatives: expect
                .alternatives
                .iter()
                .map(|each| self.expect(each))
                .collect::<Result<_, _>>()?,
            spot: expect.spot.clone(),
        })
    }

    fn status(&self, rule: &StatusRule) -> Result<StatusRule, TemplateError> {
        let StatusRule::Template(text) = rule else {
            return Ok(rule.clone());
        };
        match self.text(text) {
            Ok(rendered) if is_template(&rendered) => Ok(rule.clone()),
            Ok(rendered) => StatusRule::parse(&rendered)
                .ok_or_else(|| TemplateError(format!("{text} gives `{rendered}`, which is not a status"))),
            Err(error) => Err(error),
        }
    }

    fn matcher(&self, matcher: &Matcher) -> Result<Matcher, TemplateError> {
        matcher.rewrite(&|text| self.text(text), &|value| self.value(value))
    }

    fn text(&self, text: &str) -> Result<String, TemplateError> {
        match self.templates.render_text(text, self.scope) {
            Err(_) if self.unrendered == Unrendered::Keep => Ok(text.to_owned()),
            result => result,
        }
    }

    fn value(&self, value: &Value) -> Result<Value, TemplateError> {
        match self.templates.render(value, self.scope) {
            Err(_) if self.unrendered == Unrendered::Keep => Ok(value.clone()),
            result => result,
        }
    }
}
