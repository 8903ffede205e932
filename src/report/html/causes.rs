//! What to mend: causes, and the states that cases wait for. The page begins with it.

use std::io;

use super::text::{Anchor, pluralise};
use crate::markup::Html;
use crate::report::cause::{Cause, Causes, Code, Example, shared_reason, shared_reason_line};

/// How many causes are shown, how many of these places states have if there are so many, and how many more can be opened.
const SHOWN: usize = 12;
const STATES: usize = 4;
const MORE: usize = 200;

/// Writes the causes of a run, and what was skipped on purpose.
pub(super) fn write(html: &mut Html<'_>, causes: &Causes, run: usize) -> io::Result<()> {
    let listed = in_order(causes);
    if !listed.is_empty() {
        html.raw("<section class=\"part causes\"><h3>What to mend</h3>\n")?;
        let (_, states) = causes.split();
        // What the states share is said once.
        if let Some(line) = shared_reason_line(&states) {
            html.raw("<p class=\"lead\">States that the endpoint does not offer: ")?
                .line(&line)?
                .raw(".</p>\n")?;
        }
        let most = listed.iter().map(|cause| cause.cases).max().unwrap_or(1);
        CauseList { causes, shared: shared_reason(&states), most, run }.write(html, &listed)?;
        html.raw("</section>\n")?;
    }
    if causes.others() > 0 {
        html.raw("<p class=\"lead\">")?
            .text(&pluralise(causes.others(), "case"))?
            .raw(" with still other causes.</p>\n")?;
    }
    if let Some(skipped) = causes.describe_skipped() {
        html.raw("<p class=\"lead skipped\">")?.line(&skipped)?.raw(".</p>\n")?;
    }
    Ok(())
}

/// What breaks promises first, then states; what a single case shows comes last, so that it hides nothing larger.
fn in_order(causes: &Causes) -> Vec<&Cause> {
    let (mended, states) = causes.split();
    let (several, single): (Vec<&Cause>, Vec<&Cause>) = mended.into_iter().partition(|cause| cause.cases > 1);
    let room = SHOWN - states.len().min(STATES);
    let (first, rest) = several.split_at(several.len().min(room));
    [first, &states, rest, &single].concat()
}

/// How causes are listed.
struct CauseList<'a> {
    causes: &'a Causes,
    /// The reason that is above the list.
    shared: Option<&'a str>,
    /// The cases of the largest cause.
    most: usize,
    run: usize,
}

impl CauseList<'_> {
    /// Writes the first causes, and the others in a list that can be opened.
    fn write(&self, html: &mut Html<'_>, listed: &[&Cause]) -> io::Result<()> {
        let (first, rest) = listed.split_at(listed.len().min(SHOWN));
        html.raw("<ol>\n")?;
        for cause in first {
            self.write_cause(html, cause)?;
        }
        html.raw("</ol>\n")?;
        if rest.is_empty() {
            return Ok(());
        }
        html.raw("<details class=\"more\"><summary>")?.show(rest.len())?.raw(" more</summary>\n<ol>\n")?;
        for cause in rest.iter().take(MORE) {
            self.write_cause(html, cause)?;
        }
        html.raw("</ol>\n")?;
        if rest.len() > MORE {
            html.raw("<p>and ")?.show(rest.len() - MORE)?.raw(" more</p>\n")?;
        }
        html.raw("</details>\n")?;
        Ok(())
    }

    fn write_cause(&self, html: &mut Html<'_>, cause: &Cause) -> io::Result<()> {
        let is_state = cause.code == Code::NoState;
        html.raw(if is_state { "<li class=\"state\">" } else { "<li>" })?
            .raw("<b class=\"n\">")?
            .text(&pluralise(cause.cases, "case"))?
            .raw("</b>")?;
        html.raw("<svg class=\"bar\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 ")?;
        html.show(self.most.max(1))?
            .raw(" 1\"><rect height=\"1\" width=\"")?
            .show(cause.cases)?
            .raw("\"/></svg>")?;
        html.raw("<div class=\"what\"><span class=\"line\">")?
            .line(&self.causes.line_below(cause, self.shared))?
            .raw("</span>")?;
        html.raw("<p class=\"example\"><code title=\"")?.attribute(cause.code.title())?.raw("\">")?;
        html.text(cause.code.name())?.raw("</code>")?;
        html.raw(if is_state {
            " a state that the endpoint does not offer; for example "
        } else {
            " for example "
        })?;
        Anchor { run: self.run, case: cause.example.case.clone() }.link(html)?;
        html.raw("</p>")?;
        if cause.code.is_of_an_answer() {
            write_example(html, &cause.example)?;
        }
        html.raw("</div></li>\n")?;
        Ok(())
    }
}

/// Writes what the example expected and got, its answer, and the lines that send it again.
fn write_example(html: &mut Html<'_>, example: &Example) -> io::Result<()> {
    html.raw("<details><summary>Expected and got</summary><dl>")?;
    let because = example.because.iter().map(|because| ("because", because));
    let both = [("expected", &example.expected), ("got", &example.actual)];
    for (name, text) in both.into_iter().chain(because) {
        html.raw("<dt>")?.raw(name)?.raw("</dt><dd>")?;
        super::text::long(html, text)?;
        html.raw("</dd>")?;
    }
    html.raw("</dl>")?;
    if !example.answer.is_empty() {
        html.raw("<pre>")?.text(&example.answer.join("\n"))?.raw("</pre>")?;
    }
    if example.is_undone {
        html.raw("<p>Its state is gone; <code>run --keep-states</code> leaves it in place.</p>")?;
    }
    if !example.commands.is_empty() {
        html.raw("<pre class=\"curl\">")?.text(&example.commands.join("\n"))?.raw("</pre>")?;
    }
    html.raw("</details>")?;
    Ok(())
}
