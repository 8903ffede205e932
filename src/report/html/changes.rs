//! How the run differs from earlier ones: what is new, what still fails, what is mended, each with links to its cases.

use std::io;

use crate::event::RunChanges;
use crate::markup::Html;
use crate::report::changes::{Group, compared, groups};

/// How many cases of a kind of change are named, and up to how many its list is open at once.
const NAMED: usize = 100;
const OPENED: usize = 5;

/// Writes with what the run is compared, and how many cases are new, still fail, or are mended.
pub(super) fn write_lead(html: &mut Html<'_>, changes: &RunChanges, run: usize) -> io::Result<()> {
    let headings: Vec<String> = groups(changes).into_iter().map(|group| group.heading).collect();
    let text =
        if headings.is_empty() { "nothing fails, and nothing did".to_owned() } else { headings.join(", ") };
    html.raw("<p class=\"lead\"><a href=\"#changes-")?.show(run)?.raw("\">")?;
    html.line(&capitalise(&compared(changes)))?.raw("</a>: ")?.line(&text)?.raw(".</p>\n")?;
    Ok(())
}

/// Writes the cases of each kind of change.
pub(super) fn write(html: &mut Html<'_>, changes: &RunChanges, run: usize) -> io::Result<()> {
    html.raw("<section class=\"part changes\" id=\"changes-")?.show(run)?.raw("\"><h3>")?;
    html.line(&capitalise(&compared(changes)))?.raw("</h3>\n")?;
    let groups = groups(changes);
    if groups.is_empty() {
        html.raw("<p class=\"lead\">Nothing fails, and nothing did.</p>\n")?;
    }
    for group in &groups {
        write_group(html, group, run)?;
    }
    html.raw("</section>\n")?;
    Ok(())
}

fn write_group(html: &mut Html<'_>, group: &Group, run: usize) -> io::Result<()> {
    html.raw("<details class=\"")?.raw(if group.is_bad { "bad\"" } else { "good\"" })?;
    html.raw(if group.ids.len() <= OPENED { " open>" } else { ">" })?;
    html.raw("<summary><b>")?.raw(if group.is_bad { "✗ " } else { "✓ " })?;
    html.line(&group.heading)?.raw("</b></summary>\n<ul>")?;
    for (id, line) in group.ids.iter().zip(&group.lines).take(NAMED) {
        html.raw("<li>")?;
        if group.is_there {
            html.raw("<a href=\"#r")?
                .show(run)?
                .raw("/")?
                .attribute(id)?
                .raw("\">")?
                .line(id)?
                .raw("</a>")?;
        } else {
            html.raw("<code>")?.line(id)?.raw("</code>")?;
        }
        html.line(line.strip_prefix(id.as_str()).unwrap_or_default())?.raw("</li>\n")?;
    }
    if group.ids.len() > NAMED {
        html.raw("<li>and ")?.show(group.ids.len() - NAMED)?.raw(" more</li>\n")?;
    }
    html.raw("</ul></details>\n")?;
    Ok(())
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
