//! Which sentence permits a changed answer that nothing noticed. Main function: [`permit`].
//!
//! Silence permits nothing: a promise must be optional, leave something open, or name an alternative.

use super::mutate::{Aspect, Mutant};
use super::operator::Operator;
use crate::check::{Subject, check, compile, select_in};
use crate::model::{
    Case, ErrorRow, Expect, Field, FileLocation, Finding, OtherFields, Spot, StatusRule, Value,
};

/// A sentence that permits an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Permit {
    /// What it says.
    pub(super) text: String,
    /// Where it is.
    pub(super) site: FileLocation,
}

#[expect(clippy::unnecessary_wraps, reason = "every caller gives a permit or none")]
fn at(spot: &Spot, text: impl Into<String>) -> Option<Permit> {
    Some(Permit { text: text.into(), site: FileLocation::from(spot) })
}

/// The sentence that permits a mutant which was judged with no finding that counts.
pub(super) fn permit(
    subject: &Subject<'_>,
    mutant: &Mutant,
    case: &Case,
    findings: &[Finding],
) -> Option<Permit> {
    let warned = findings.iter().filter(|finding| finding.is_warning).find_map(unpublished);
    warned.or_else(|| match &mutant.aspect {
        Aspect::Status | Aspect::Code | Aspect::Message => {
            row(subject).or_else(|| alternative(subject, mutant, case))
        }
        Aspect::Field(keys) => field(subject, mutant.operator, keys),
        Aspect::Other => others(subject),
        Aspect::Header(name) => header(subject, name),
        Aspect::Form => format(subject, mutant.operator),
    })
}

/// The promise that was noticed, and fails nothing.
fn unpublished(finding: &Finding) -> Option<Permit> {
    let citation = finding.cites.first()?;
    Some(Permit {
        text: format!("{} is marked as unpublished", citation.promise),
        site: citation.site.clone(),
    })
}

/// The row of the contract that the answer is an instance of, if the case expects its code.
fn row(subject: &Subject<'_>) -> Option<Permit> {
    let contract = subject.contract;
    let find = |path: Option<&String>| select_in(contract, subject.answer, path?).ok();
    let code = find(contract.envelope.code.as_ref())?;
    let code = code.as_code()?;
    let message = find(contract.envelope.message.as_ref());
    if !subject.expect.codes().contains(&code) {
        return None;
    }
    let fits = |row: &&ErrorRow| {
        let text = message.as_ref().and_then(Value::as_text);
        let has_message =
            |wanted: &crate::model::MessageTemplate| text.is_some_and(|text| wanted.mismatch(text).is_none());
        row.status == subject.answer.status && row.message.as_ref().is_none_or(has_message)
    };
    let row = contract.rows_of(code).find(fits)?;
    let label = row.label();
    match &row.message {
        None => at(&row.spot, format!("error row {label} gives no message")),
        Some(message) if message.has_blanks() => at(&row.spot, format!("error row {label} leaves `%s` open")),
        Some(_) => at(&row.spot, format!("error row {label} is one that the case accepts")),
    }
}

/// The alternative of the case that holds, if it speaks of what was changed; else a disputed rule that the case cites.
fn alternative(subject: &Subject<'_>, mutant: &Mutant, case: &Case) -> Option<Permit> {
    let expect = subject.expect;
    if expect.alternatives.is_empty() {
        return several(expect, &mutant.aspect);
    }
    let holds = |alternative: &&Expect| {
        let alone = Expect { alternatives: vec![(*alternative).clone()], ..expect.clone() };
        let subject = Subject { expect: &alone, ..*subject };
        speaks(alternative, &mutant.aspect) && check(&subject).iter().all(|finding| finding.is_warning)
    };
    let named = expect.alternatives.iter().find(holds).and_then(|alternative| {
        let spot = alternative.spot.as_ref().or(expect.spot.as_ref()).unwrap_or(&case.spot);
        at(spot, "the case names this alternative")
    });
    let cited = |rule: &&crate::model::ContractRule| case.rules.contains(&rule.id) && rule.disputed.is_some();
    named.or_else(|| {
        let rule = subject.contract.rules.iter().find(cited)?;
        at(&rule.backing.spot, format!("rule {} is disputed", rule.id))
    })
}

/// Whether an expectation says something of a part of an answer.
fn speaks(expect: &Expect, aspect: &Aspect) -> bool {
    let names_rows = expect.code.as_ref().is_some_and(|code| !code.codes().is_empty());
    match aspect {
        Aspect::Status => names_rows || !expect.status.is_empty(),
        Aspect::Code => expect.code.is_some(),
        Aspect::Message => names_rows || expect.message.is_some(),
        Aspect::Field(_) | Aspect::Other | Aspect::Header(_) | Aspect::Form => false,
    }
}

/// An expectation that names several statuses or codes, one by one.
fn several(expect: &Expect, aspect: &Aspect) -> Option<Permit> {
    let is_exact = |rule: &StatusRule| matches!(rule, StatusRule::Exact(_));
    let is_several = match aspect {
        Aspect::Status => expect.status.len() > 1 && expect.status.iter().all(is_exact),
        Aspect::Code => expect.codes().len() > 1 && !expect.allows_other_codes(),
        Aspect::Message | Aspect::Field(_) | Aspect::Other | Aspect::Header(_) | Aspect::Form => false,
    };
    let spot = expect.spot.as_ref().filter(|_| is_several)?;
    at(spot, "the case names this one of several")
}

/// The promise of a field that leaves its value open, or whether it is there.
fn field(subject: &Subject<'_>, operator: Operator, keys: &[String]) -> Option<Permit> {
    let is_success = subject.answer.status < 400;
    let fields = || subject.contract.fields(is_success);
    let is_it =
        |field: &&Field| field.name == keys.join(".") || field.keys().eq(keys.iter().map(String::as_str));
    let is_around =
        |field: &&Field| field.open.is_some() && field.keys().zip(keys).all(|(one, other)| one == other);
    let found = fields().find(is_it);
    if let Some(field) = found {
        let value = subject.answer.tree().and_then(|tree| field.find(tree));
        if value.is_none() && !field.is_required {
            return at(&field.backing.spot, format!("field {} is optional", field.name));
        }
        let text = value.map(Value::to_plain);
        if changes_value(operator) && has_form(field.pattern.as_deref(), text.as_deref()) {
            return at(&field.backing.spot, format!("field {} has the form that is promised", field.name));
        }
    }
    if let Some((around, why)) =
        fields().find(is_around).and_then(|field| Some((field, field.open.as_ref()?)))
    {
        return at(&around.backing.spot, format!("field {} is open: {why}", around.name));
    }
    let is_named = fields().any(|field| field.keys().next() == keys.first().map(String::as_str));
    if is_named { None } else { others(subject) }
}

/// Whether a text has the promised form. The pattern is matched again here, so that a mistake of the judge does not
/// count as a permission.
fn has_form(pattern: Option<&str>, text: Option<&str>) -> bool {
    let Some((pattern, text)) = pattern.zip(text) else { return false };
    compile(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// Whether an operator gives a field another value of its type. A pattern permits that, and nothing else: not that the
/// field is there twice, and not that another answer has the same id.
fn changes_value(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::FieldEmptied
            | Operator::TextReplaced
            | Operator::TextLengthened
            | Operator::TextShortened
            | Operator::TextSpecial
            | Operator::TextCase
            | Operator::NumberReplaced
    )
}

/// That a body may have fields which the contract does not name.
fn others(subject: &Subject<'_>) -> Option<Permit> {
    match subject.contract.envelope.others(subject.answer.status < 400) {
        OtherFields::Open { why, spot } => at(spot, format!("other fields are open: {why}")),
        OtherFields::Unsaid | OtherFields::Refused(_) => None,
    }
}

/// The promise of a header field that leaves its value open, or whether it is there.
fn header(subject: &Subject<'_>, name: &str) -> Option<Permit> {
    let request_id = subject.contract.envelope.request_id.as_ref().and_then(|rule| rule.header.as_ref());
    // Without a body there is no id to compare it with, so it does not even warn.
    if let Some(rule) = request_id.filter(|rule| rule.name == name && rule.backing.is_unpublished) {
        return at(&rule.backing.spot, "envelope request-id.header is marked as unpublished");
    }
    let header = subject.contract.envelope.headers.iter().find(|header| header.name == name)?;
    let spot = &header.backing.spot;
    if let Some(why) = &header.open {
        return at(spot, format!("header {name} is open: {why}"));
    }
    let count = subject.answer.lines(name).count();
    if count == 0 && !header.is_required {
        return at(spot, format!("header {name} is optional"));
    }
    let has_form = count == 1 && has_form(header.pattern.as_deref(), subject.answer.header(name));
    if has_form { at(spot, format!("header {name} has the form that is promised")) } else { None }
}

/// That the contract has answers in the other format, where the request asks for neither.
fn format(subject: &Subject<'_>, operator: Operator) -> Option<Permit> {
    let envelope = &subject.contract.envelope;
    let has_both = !envelope.media_types.json.is_empty() && !envelope.media_types.xml.is_empty();
    if operator != Operator::FormatExchanged || subject.request.format.is_some() || !has_both {
        return None;
    }
    let spot = &envelope.media_types_backing.as_ref()?.spot;
    at(spot, "content-type has both formats, and the request asks for neither")
}
