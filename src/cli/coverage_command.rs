//! `coverage`: which promises of the contracts the cases test.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::args::{CoverageArgs, CoverageFormat};
use super::exit::CliError;
use super::print;
use crate::coverage::{Coverage, coverage as find};
use crate::model::CaseId;
use crate::report::{printable, printable_json};
use crate::source::{Wanted, load};

/// How many cases are named in the text.
const NAMED: usize = 2;

/// Prints the coverage of every contract.
pub(super) fn coverage(args: &CoverageArgs) -> Result<u8, CliError> {
    let suite = load(&args.folder.cases, Wanted::All)?;
    let found = find(&suite)?;
    let text = match args.format {
        CoverageFormat::Text => {
            printable(&found.iter().map(as_text).collect::<Vec<_>>().join("\n")).into_owned()
        }
        CoverageFormat::Json => {
            let contracts: Vec<Json> = found.iter().map(as_json).collect();
            let json = json!({ "format": "proofmark-coverage", "version": 1, "contracts": contracts });
            printable_json(&format!("{json:#}\n")).into_owned()
        }
    };
    print(&text)
}

/// Writing to a String cannot fail, which is why results are dropped.
fn as_text(coverage: &Coverage) -> String {
    let mut text = format!("{} {}: {} cases\n", coverage.operation, coverage.version, coverage.cases);
    let met = coverage.rows.iter().filter(|row| !row.cases.is_empty()).count();
    let _ = writeln!(text, "\nerror rows: {met} of {} are met", coverage.rows.len());
    for row in &coverage.rows {
        let _ = writeln!(text, "  {}\n      {}", row.label(), named(&row.cases));
    }
    let sides = coverage
        .constraints
        .iter()
        .map(|one| usize::from(!one.within.is_empty()) + usize::from(!one.past.is_empty()));
    let _ = writeln!(
        text,
        "\nconstraints: {} of {} sides are tested",
        sides.sum::<usize>(),
        coverage.constraints.len() * 2
    );
    for constraint in &coverage.constraints {
        let _ = writeln!(text, "  {} {}", constraint.parameter, constraint.limit);
        let _ = writeln!(text, "      within  {}", named(&constraint.within));
        let _ = writeln!(text, "      past    {}", named(&constraint.past));
    }
    let cited = coverage.rules.iter().filter(|rule| !rule.cases.is_empty()).count();
    let _ = writeln!(text, "\nrules: {cited} of {} are cited", coverage.rules.len());
    for rule in &coverage.rules {
        let _ = writeln!(text, "  {}\n      {}", rule.id, named(&rule.cases));
    }
    let gaps = coverage.gaps();
    if gaps.is_empty() {
        text.push_str("\nno gaps\n");
    } else {
        let _ = writeln!(text, "\n{} gaps\n  {}", gaps.len(), gaps.join("\n  "));
    }
    text
}

fn named(cases: &[CaseId]) -> String {
    if cases.is_empty() {
        return "NO CASE".into();
    }
    let short =
        |id: &CaseId| id.as_str().rsplit_once(id.table()).map_or_else(|| id.to_string(), |_| shortened(id));
    let shown: Vec<String> = cases.iter().take(NAMED).map(short).collect();
    let more = cases.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The id without the operation, which stands above.
fn shortened(id: &CaseId) -> String {
    let operation = id.table().rsplit_once('/').map_or(0, |(operation, _)| operation.len() + 1);
    id.as_str()[operation..].to_owned()
}

fn as_json(coverage: &Coverage) -> Json {
    let ids = |cases: &[CaseId]| cases.iter().map(CaseId::as_str).map(Json::from).collect::<Vec<_>>();
    let rows = coverage
        .rows
        .iter()
        .map(|row| json!({ "status": row.status, "code": row.code, "message": row.message, "cases": ids(&row.cases) }));
    let constraints = coverage.constraints.iter().map(|one| {
        json!({ "parameter": one.parameter, "limit": one.limit, "within": ids(&one.within), "past": ids(&one.past) })
    });
    let rules = coverage.rules.iter().map(|rule| json!({ "id": rule.id, "cases": ids(&rule.cases) }));
    json!({
        "contract": coverage.operation,
        "version": coverage.version,
        "cases": coverage.cases,
        "error_rows": rows.collect::<Vec<_>>(),
        "constraints": constraints.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "gaps": coverage.gaps(),
    })
}
