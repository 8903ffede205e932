//! How an error's message has changed, as the contract's templates see it.

use super::echo::{EchoTexts, Echoes, has_word, number_marks};
use super::fact::MessageChange;
use super::row::AnswerReading;
use crate::model::MessageTemplate;

/// The names of blanks in keys; the last one names all further blanks of a template.
const BLANKS: [&str; 4] = ["blank 1", "blank 2", "blank 3", "blank 4"];

/// What became of the message, and what it is grouped by; none if nothing did, or one of them is not there.
///
/// What fills the blanks of a row differs from case to case, so it counts only by how it changes.
pub(super) fn message_change(
    old: &AnswerReading<'_>,
    new: &AnswerReading<'_>,
    echoes: &Echoes,
) -> Option<(MessageChange, String)> {
    let (before, after) = (old.message.as_ref()?, new.message.as_ref()?);
    if before == after {
        return None;
    }
    let (old_template, new_template) = (template(old), template(new));
    let old_blanks = blanks(old_template, before);
    let rows = format!("{} became {}", old.row_key(), new.row_key());
    let (change, how) = match (old_template, new_template) {
        (Some(left), Some(right)) if left == right => {
            let new_blanks = blanks(new_template, after);
            let pairs = old_blanks.iter().zip(&new_blanks).filter(|((old, _), (new, _))| old != new);
            let how: Vec<String> = pairs.map(|((old, _), (new, _))| filling(old, new, echoes)).collect();
            (MessageChange::Within, how.join("\n"))
        }
        (Some(_), Some(_)) => {
            let new_blanks = blanks(new_template, after);
            let how: Vec<String> =
                new_blanks.iter().map(|(text, _)| echoes.mask(text, &old_blanks)).collect();
            (MessageChange::OtherRow, number_marks(&how.join("\n")))
        }
        (Some(left), None) => {
            let reason = left.mismatch(after).filter(|_| left.has_blanks());
            (MessageChange::Left(reason), against_template((before, &old_blanks), after, echoes))
        }
        (None, Some(_)) => {
            let new_blanks = blanks(new_template, after);
            (MessageChange::Joined, against_template((after, &new_blanks), before, echoes))
        }
        (None, None) => (MessageChange::Free, echoes.change(before, after, EchoTexts::default())),
    };
    let codes = [old, new].map(|judged| judged.code.clone().unwrap_or_default()).join(" ");
    Some((change, format!("message {codes} {rows} {how}")))
}

/// The template that an answer's message is an instance of.
fn template<'a>(judged: &AnswerReading<'a>) -> Option<&'a MessageTemplate> {
    judged.row.and_then(|row| row.message.as_ref())
}

/// What fills the blanks of a template, each with a name for it.
fn blanks<'a>(template: Option<&MessageTemplate>, text: &'a str) -> Vec<(&'a str, &'static str)> {
    let fillings = template.and_then(|template| template.fillings(text)).unwrap_or_default();
    let name = |at: usize| BLANKS[at.min(BLANKS.len() - 1)];
    fillings.into_iter().enumerate().map(|(at, text)| (text, name(at))).collect()
}

/// How what fills a blank has changed: by its words, or, where few stay, as a whole, whatever it was.
fn filling(old: &str, new: &str, echoes: &Echoes) -> String {
    if Echoes::is_rewritten(old, new) {
        return number_marks(&echoes.mask(new, &[(old, BLANKS[0])]));
    }
    echoes.change(old, new, EchoTexts::default())
}

/// How a message that is not an instance of a template differs from one that is.
fn against_template(
    (instance, blanks): (&str, &[(&str, &'static str)]),
    other: &str,
    echoes: &Echoes,
) -> String {
    let stays = blanks.iter().any(|(text, _)| has_word(other, text));
    let is_rewritten = || blanks.iter().all(|(text, _)| Echoes::is_rewritten(text, other));
    if blanks.is_empty() || stays || is_rewritten() {
        return number_marks(&echoes.mask(other, blanks));
    }
    echoes.change(instance, other, EchoTexts::default())
}
