//! The parameters of a contract and their limits, with the cases on each side of a limit.

use std::io;

use super::evidence::{Cases, ContractEvidence, LimitEvidence};
use super::text::{pluralise, write_dotted};
use crate::event::{LimitStart, OperationStart, ParameterStart};
use crate::markup::Html;
use crate::model::Limit;

/// Writes the table of one contract.
pub(super) fn write(
    html: &mut Html<'_>,
    operation: &OperationStart,
    evidence: &ContractEvidence,
) -> io::Result<()> {
    if operation.parameters.is_empty() {
        return Ok(());
    }
    html.raw("<section class=\"part\"><h3>Parameters of <code>")?.line(&operation.id)?;
    html.raw("</code></h3>\n<p class=\"lead\">Which cases sent a value within a limit, at it where it is a number, and which ")?;
    html.raw("just past it and looked for its error.</p>\n")?;
    if evidence.unseen > 0 {
        html.raw("<p class=\"warning\">")?.text(&pluralise(evidence.unseen, "case"))?;
        html.raw(" kept no exchanges, so what they sent is not counted here.</p>\n")?;
    }
    html.raw(
        "<table class=\"limits\"><thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Limit</th>",
    )?;
    html.raw("<th scope=\"col\">Within</th><th scope=\"col\">Past</th></tr></thead>\n")?;
    for (parameter, limits) in operation.parameters.iter().zip(&evidence.limits) {
        html.raw("<tbody>")?;
        write_parameter(html, parameter, limits)?;
        html.raw("</tbody>\n")?;
    }
    html.raw("</table></section>\n")?;
    Ok(())
}

fn write_parameter(
    html: &mut Html<'_>,
    parameter: &ParameterStart,
    limits: &[LimitEvidence],
) -> io::Result<()> {
    html.raw("<tr><th scope=\"rowgroup\" rowspan=\"")?
        .show(limits.len().max(1))?
        .raw("\"><span class=\"code\">")?;
    write_dotted(html, &parameter.name)?;
    html.raw("</span> <span class=\"type\">")?.line(&parameter.kind)?;
    html.raw(if parameter.is_deprecated { ", deprecated</span>" } else { "</span>" })?;
    html.raw(" <span class=\"message\">")?.line(&parameter.about)?.raw("</span></th>")?;
    if limits.is_empty() {
        html.raw("<td class=\"nolimit\" colspan=\"3\">no limit in the contract</td></tr>")?;
    }
    for (position, (limit, evidence)) in parameter.limits.iter().zip(limits).enumerate() {
        html.raw(if position == 0 { "" } else { "<tr>" })?;
        write_limit(html, limit, evidence)?;
        html.raw("</tr>\n")?;
    }
    Ok(())
}

fn write_limit(html: &mut Html<'_>, limit: &LimitStart, evidence: &LimitEvidence) -> io::Result<()> {
    html.raw("<td class=\"limit\"><span class=\"code\">")?.line(&limit.limit.to_string())?.raw("</span>")?;
    if !limit.errors.is_empty() {
        html.raw(" <span class=\"message\">else ")?.line(&limit.errors.join(", "))?.raw("</span>")?;
    }
    html.raw(if limit.is_disputed { " <em>disputed</em></td>" } else { "</td>" })?;
    if matches!(limit.limit, Limit::Known(_)) {
        html.raw("<td class=\"nolimit\" colspan=\"2\">a request alone does not show it</td>")?;
        return Ok(());
    }
    for (name, cases) in [("within", &evidence.within), ("past", &evidence.past)] {
        html.raw("<td class=\"cases\" data-l=\"")?.raw(name)?.raw("\">")?;
        write_side(html, cases)?;
        html.raw("</td>")?;
    }
    Ok(())
}

fn write_side(html: &mut Html<'_>, cases: &Cases) -> io::Result<()> {
    if cases.count == 0 {
        html.raw("<span class=\"none\">○ not tried</span>")?;
        return Ok(());
    }
    let held = cases.count - cases.broken;
    if held > 0 {
        html.raw("<b class=\"yes\">✓ ")?.show(held)?.raw("</b> ")?;
    }
    if cases.broken > 0 {
        html.raw(if held > 0 { "<span class=\"also\">✗ " } else { "<span class=\"no\">✗ " })?;
        html.show(cases.broken)?.raw(" not passed</span> ")?;
    }
    cases.write(html)
}
