//! One request and its answer, as a person reads them. What is shown of either is bounded.

use std::borrow::Cow;
use std::fmt::Write;
use std::io;

use super::layout::lay_out;
use super::text::{SHOWN, digest, long, time};
use crate::markup::Html;
use crate::model::{Answer, Exchange, Request, SentBody};
use crate::report::Repeat;

/// How many bytes a header section is read up to; it is cut where it is shown.
const HEADERS: usize = 4 * SHOWN;

/// How a request is sent again.
pub(super) struct RequestRepeat<'a> {
    pub(super) repeat: &'a Repeat,
    /// The lines that set up the states of its step before.
    pub(super) set_ups: &'a [String],
    /// Whether it needs a state that is gone.
    pub(super) is_undone: bool,
}

/// The longest `curl` line that is shown, in bytes.
const LINE: usize = 16 * SHOWN;

/// Writes an exchange; `step` is its number where there are several.
pub(super) fn write(
    html: &mut Html<'_>,
    exchange: &Exchange,
    again: &RequestRepeat<'_>,
    step: Option<usize>,
) -> io::Result<()> {
    // A page may have ten thousand of these, so a heading is a line of its text, and no element around it.
    html.raw("<div class=\"pair\"><pre><b>")?;
    write_step(html, step)?;
    html.raw("Request</b>\n")?;
    long(html, &request_text(&exchange.request))?;
    html.raw("</pre><pre><b>Answer ")?.show(exchange.answer.status)?;
    html.raw(" after ")?.text(&time(exchange.answer.elapsed))?.raw("</b>\n")?;
    write_answer(html, &exchange.answer)?;
    html.raw("</pre></div>\n")?;
    write_curl(html, again, &exchange.request)
}

/// Writes a request that no answer came to.
pub(super) fn write_unanswered(
    html: &mut Html<'_>,
    request: &Request,
    again: &RequestRepeat<'_>,
) -> io::Result<()> {
    html.raw("<pre><b>Request that no whole answer came to</b>\n")?;
    long(html, &request_text(request))?;
    html.raw("</pre>\n")?;
    write_curl(html, again, request)
}

fn write_step(html: &mut Html<'_>, step: Option<usize>) -> io::Result<()> {
    if let Some(step) = step {
        html.raw("Step ")?.show(step)?.raw(": ")?;
    }
    Ok(())
}

fn write_curl(html: &mut Html<'_>, again: &RequestRepeat<'_>, request: &Request) -> io::Result<()> {
    html.raw("<p class=\"t\">The same request again, unsigned")?;
    if again.is_undone {
        html.raw("; its state is gone, which <code>run --keep-states</code> leaves in place")?;
    }
    html.raw("</p>\n")?;
    for line in again.set_ups.iter().chain([&again.repeat.request(request)]) {
        write_line(html, line)?;
    }
    Ok(())
}

/// A part of a line would send something else, so one that is too long is not shown at all.
fn write_line(html: &mut Html<'_>, line: &str) -> io::Result<()> {
    if line.len() > LINE {
        html.raw("<p class=\"note\">a line of ")?.show(line.len())?;
        html.raw(" bytes, too long for this page: <code>proofmark show</code> prints it</p>\n")?;
    } else {
        html.raw("<pre class=\"curl\">")?.text(line)?.raw("</pre>\n")?;
    }
    Ok(())
}

/// The request in lines: its parameters as they were before encoding, where it has any.
fn request_text(request: &Request) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    let target = if request.params.is_empty() { request.target.as_str() } else { path };
    let mut text = format!("{} {target}", request.method);
    push_headers(&mut text, &request.headers);
    for (name, value) in &request.params {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{name} = {value}");
    }
    match &request.body {
        SentBody::Raw(body) if !body.is_empty() => text.extend(["\n\n", body.as_str()]),
        SentBody::Form(body) | SentBody::Json(body) if request.params.is_empty() => {
            text.extend(["\n\n", body.as_str()]);
        }
        SentBody::Raw(_) | SentBody::Empty | SentBody::Form(_) | SentBody::Json(_) => {}
    }
    text
}

fn push_headers(text: &mut String, headers: &[(String, String)]) {
    for (name, value) in headers {
        if text.len() > HEADERS {
            break;
        }
        let _ = write!(text, "\n{name}: {value}");
    }
}

fn write_answer(html: &mut Html<'_>, answer: &Answer) -> io::Result<()> {
    let mut head = String::new();
    push_headers(&mut head, &answer.headers);
    long(html, head.trim_start())?;
    html.raw("\n\n")?;
    // The bytes past the last character that is shown are not even read.
    let shown = answer.bytes.get(..SHOWN * 4).unwrap_or(&answer.bytes);
    let text = String::from_utf8_lossy(shown);
    let is_whole = shown.len() == answer.bytes.len() && text.chars().nth(SHOWN).is_none();
    if is_whole {
        html.text(&lay_out(&text, &answer.body))?;
    } else {
        let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
        html.text(&text[..end])?;
        digest(html, &answer.bytes)?;
    }
    if is_whole && matches!(text, Cow::Owned(_)) {
        html.raw("\n<em>no UTF-8</em>")?;
        digest(html, &answer.bytes)?;
    }
    Ok(())
}
