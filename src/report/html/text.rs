//! Words, signs and numbers that every part of the page uses. A colour never says what no word says.

use std::io;
use std::time::Duration;

use crate::digest::sha256_hex;
use crate::event::Outcome;
use crate::markup::{Html, SHOWN_LETTERS};
use crate::model::{CaseId, Verdict, plural};

/// How many characters of one body, or of another text of any length, are shown.
pub(super) const SHOWN: usize = 4_000;

/// How many files or sentences of one kind are named; the rest is counted.
pub(super) const NAMED: usize = 20;

/// How many parts of a name are broken between: more than any name has.
const DOTTED: usize = 16;

/// A verdict or an outcome as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    /// The name of its class.
    pub(super) class: &'static str,
    /// Its sign and its name.
    pub(super) word: &'static str,
}

/// The label of a verdict.
pub(super) fn label(verdict: &Verdict) -> Label {
    let (class, word) = match verdict {
        Verdict::Passed => ("passed", "✓ passed"),
        Verdict::Flaky { .. } => ("flaky", "↻ flaky"),
        Verdict::Failed => ("failed", "✗ failed"),
        Verdict::Waived { .. } => ("waived", "⚑ waived"),
        Verdict::Inconclusive(_) => ("inconclusive", "? inconclusive"),
        Verdict::Skipped(_) => ("skipped", "– skipped"),
    };
    Label { class, word }
}

/// The label of an outcome.
pub(super) fn outcome(outcome: Outcome) -> Label {
    let (class, word) = match outcome {
        Outcome::Conforms => ("good", "✓ Conforms"),
        Outcome::Broken => ("bad", "✗ Does not conform"),
        Outcome::Inconclusive => ("doubtful", "? Inconclusive"),
        Outcome::Interrupted => ("doubtful", "– Interrupted"),
    };
    Label { class, word }
}

/// `1 case`, `2 cases`.
pub(super) fn pluralise(count: usize, word: &str) -> String {
    format!("{count} {word}{}", plural(count, "", "s"))
}

/// A time in the unit that fits it.
pub(super) fn time(elapsed: Duration) -> String {
    let millis = elapsed.as_secs_f64() * 1000.0;
    match millis {
        ..9.95 => format!("{millis:.1} ms"),
        9.95..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1000.0),
    }
}

/// Where a case is on the page: the number of its run, and its id.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub(super) run: usize,
    pub(super) case: CaseId,
}

impl Anchor {
    /// Writes what an `id` or the rest of a link to it says.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("r")?.show(self.run)?.raw("/")?.attribute(self.case.as_str())?;
        Ok(())
    }

    /// Writes a link, whose text is the id without the operation.
    pub(super) fn link(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<a href=\"#")?;
        self.write(html)?;
        html.raw("\">")?.text(short(&self.case))?.raw("</a>")?;
        Ok(())
    }
}

/// The id from the table's own name on.
pub(super) fn short(case: &CaseId) -> &str {
    let operation = case.table().rsplit_once('/').map_or(0, |(operation, _)| operation.len() + 1);
    case.as_str().get(operation..).unwrap_or(case.as_str())
}

/// Writes a name with points in it, which may be broken behind each of them.
pub(super) fn write_dotted(html: &mut Html<'_>, name: &str) -> io::Result<()> {
    for (position, part) in name.splitn(DOTTED, '.').enumerate() {
        html.raw(if position == 0 { "" } else { ".<wbr>" })?.line(part)?;
    }
    Ok(())
}

/// Writes a command line, which is broken between words alone.
pub(super) fn write_command(html: &mut Html<'_>, command: &str) -> io::Result<()> {
    let end = command.char_indices().nth(SHOWN_LETTERS).map_or(command.len(), |(end, _)| end);
    html.raw("<code class=\"command\">")?;
    for (position, word) in command[..end].split(' ').enumerate() {
        html.raw(if position == 0 { "<span>" } else { " <span>" })?.text(word)?.raw("</span>")?;
    }
    html.raw(if end < command.len() { " …</code>" } else { "</code>" })?;
    Ok(())
}

/// Writes a text of any length. A text that is cut gets its length and its digest, which distinguish it from others.
pub(super) fn long(html: &mut Html<'_>, text: &str) -> io::Result<()> {
    html.cut(text, &mut SHOWN.clone())?;
    if text.chars().nth(SHOWN).is_some() {
        digest(html, text.as_bytes())?;
    }
    Ok(())
}

/// Writes the length and the digest of bytes that are not shown whole.
pub(super) fn digest(html: &mut Html<'_>, bytes: &[u8]) -> io::Result<()> {
    html.raw("\n<em>cut: ")?.show(bytes.len())?.raw(" bytes in all, SHA-256 ")?;
    html.text(&sha256_hex(bytes))?.raw("</em>")?;
    Ok(())
}
