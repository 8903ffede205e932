//! `coverage`: which promises of the contracts the cases test.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::cli::args::{CoverageArgs, CoverageFormat};
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::coverage::{Coverage, RowCoverage, ServiceCoverage, SuiteCoverage, coverage as find};
use crate::model::{CaseId, plural};
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
            let services = found.services.iter().map(service_text);
            let texts: Vec<String> = found.contracts.iter().map(as_text).chain(services).collect();
            printable(&texts.join("\n")).into_owned()
        }
        CoverageFormat::Json => printable_json(&format!("{:#}\n", all_as_json(&found))).into_owned(),
    };
    print(&text)
}

/// Writing to a String cannot fail, which is why results are dropped.
fn as_text(coverage: &Coverage) -> String {
    let mut text = format!(
        "{} {}: {} {}\n",
        coverage.operation,
        coverage.version,
        coverage.cases,
        plural(coverage.cases, "case", "cases")
    );
    text.push_str(&rows_text(&coverage.rows, shorten));
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
        let _ = writeln!(text, "      within  {}", name_cases(&constraint.within, shorten));
        let _ = writeln!(text, "      past    {}", name_cases(&constraint.past, shorten));
    }
    let cited = coverage.rules.iter().filter(|rule| !rule.cases.is_empty()).count();
    let _ = writeln!(text, "\nrules: {cited} of {} are cited", coverage.rules.len());
    for rule in &coverage.rules {
        let _ = writeln!(text, "  {}\n      {}", rule.id, name_cases(&rule.cases, shorten));
    }
    text.push_str(&gaps_text(&coverage.gaps()));
    text
}

/// The errors that several contracts share, once for all of them. Few of them are promises of any one operation, so
/// those that no case meets are counted and not listed as gaps.
fn service_text(service: &ServiceCoverage) -> String {
    let met: Vec<&RowCoverage> = service.rows.iter().filter(|row| !row.cases.is_empty()).collect();
    let all = service.rows.len();
    let mut text = format!("{}: {} of {all} shared error rows are met\n", service.file, met.len());
    for row in met {
        let _ = writeln!(text, "{}", row_text(row, CaseId::to_string));
    }
    text
}

fn rows_text(rows: &[RowCoverage], id: fn(&CaseId) -> String) -> String {
    let met = rows.iter().filter(|row| !row.cases.is_empty()).count();
    let mut text = format!("\nerror rows: {met} of {} are met\n", rows.len());
    for row in rows {
        let _ = writeln!(text, "{}", row_text(row, id));
    }
    text
}

fn row_text(row: &RowCoverage, id: fn(&CaseId) -> String) -> String {
    format!("  {}\n      {}", row.label().replace('\n', "\\n"), name_cases(&row.cases, id))
}

fn gaps_text(gaps: &[String]) -> String {
    match gaps.len() {
        0 => "\nno gaps\n".to_owned(),
        count => format!("\n{count} {}\n  {}\n", plural(count, "gap", "gaps"), gaps.join("\n  ")),
    }
}

fn name_cases(cases: &[CaseId], id: fn(&CaseId) -> String) -> String {
    if cases.is_empty() {
        return "NO CASE".into();
    }
    let shown: Vec<String> = cases.iter().take(NAMED).map(id).collect();
    let more = cases.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The id without the operation, which the text names above.
fn shorten(id: &CaseId) -> String {
    let operation = id.table().rsplit_once('/').map_or(0, |(operation, _)| operation.len() + 1);
    id.as_str()[operation..].to_owned()
}

fn all_as_json(found: &SuiteCoverage) -> Json {
    let contracts: Vec<Json> = found.contracts.iter().map(as_json).collect();
    let shared = found
        .services
        .iter()
        .map(|service| json!({ "file": service.file, "error_rows": rows_as_json(&service.rows) }));
    json!({
        "format": "proofmark-coverage",
        "version": 1,
        "contracts": contracts,
        "shared": shared.collect::<Vec<_>>(),
    })
}

fn ids(cases: &[CaseId]) -> Vec<Json> {
    cases.iter().map(CaseId::as_str).map(Json::from).collect()
}

fn rows_as_json(rows: &[RowCoverage]) -> Vec<Json> {
    let row = |row: &RowCoverage| json!({ "status": row.status, "code": row.code, "message": row.message, "cases": ids(&row.cases) });
    rows.iter().map(row).collect()
}

fn as_json(coverage: &Coverage) -> Json {
    let constraints = coverage.constraints.iter().map(|one| {
        json!({
            "parameter": one.parameter,
            "limit": one.limit,
            "disputed": one.disputed,
            "within": ids(&one.within),
            "past": ids(&one.past),
        })
    });
    let rules = coverage.rules.iter().map(|rule| json!({ "id": rule.id, "cases": ids(&rule.cases) }));
    json!({
        "contract": coverage.operation,
        "version": coverage.version,
        "cases": coverage.cases,
        "error_rows": rows_as_json(&coverage.rows),
        "constraints": constraints.collect::<Vec<_>>(),
        "rules": rules.collect::<Vec<_>>(),
        "gaps": coverage.gaps(),
    })
}
