//! Reads `waivers.toml`.

use std::fmt::Write;
use std::path::Path;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::compound::{At, OneOrMore};
use super::document;
use super::endpoint::EndpointEntry;
use super::endpoint_file::load_endpoints;
use super::error::LoadError;
use super::form::ValueForm;
use super::record::record;
use super::shelf::{FileSource, Shelf};
use crate::model::{Day, Level, Problem, Spot, WaivedCases, Waiver, nearest};

record! {
    /// `waivers.toml`.
    closed "waivers" RawWaivers {
        waivers: Key Vec<RawWaiver<'a>> = "waiver", "The waivers, each written as [[waiver]].";
    }

    closed "waiver" RawWaiver {
        endpoint: Needed String = "endpoint", "The endpoint, by name or address.";
        case: Key String = "case", "The cases: a part of their ids, or a whole one with * and ?.";
        cases: Key Vec<String> = "cases", "In place of `case`: the whole ids of the cases.";
        levels: Needed OneOrMore<Level>
            = "level", "The level of the findings that are waived, or a list of them.";
        subjects: Key OneOrMore<String>
            = "subject", "What the findings are about, as a report shows it, or a list of that.";
        reason: Needed String = "reason", "Why it is bearable.";
        owner: Needed String = "owner", "Who answers for it.";
        link: Key String = "link", "Where it is followed up.";
        expires: Needed At<'a, String>
            = "expires", "The last day on which it counts, such as \"2026-12-31\".";
    }
}

/// The waivers of a folder of cases; none if it has no `waivers.toml`.
///
/// # Errors
/// Every problem of the file.
pub fn load_waivers(cases: &Path) -> Result<Vec<Waiver>, LoadError> {
    let (named, waivers, mut problems) = read(FileSource::Disk(cases), cases)?;
    // Problems of endpoints.toml itself are reported where its endpoints are used.
    if let Ok(endpoints) = load_endpoints(cases) {
        problems.extend(named.iter().filter_map(|(name, spot)| unknown_endpoint(name, spot, &endpoints)));
    }
    if problems.is_empty() { Ok(waivers) } else { Err(LoadError::Problems(problems)) }
}

/// The waivers of a copy of a folder of cases, for whatever endpoints.
///
/// # Errors
/// Every problem of the file.
pub fn load_shelf_waivers(shelf: &Shelf) -> Result<Vec<Waiver>, LoadError> {
    let (_, waivers, problems) = read(FileSource::Shelf(shelf), Shelf::root())?;
    if problems.is_empty() { Ok(waivers) } else { Err(LoadError::Problems(problems)) }
}

/// The endpoints that the file names and where, its waivers, and its problems.
type Read = (Vec<(String, Spot)>, Vec<Waiver>, Vec<Problem>);

fn read(files: FileSource<'_>, cases: &Path) -> Result<Read, LoadError> {
    let path = cases.join("waivers.toml");
    let mut problems = Vec::new();
    if !files.has(&path) {
        return Ok((Vec::new(), Vec::new(), problems));
    }
    let file = files.read(&path, &path)?;
    let node = document::parse(&file, &mut problems);
    let raw = RawWaivers::read(&node, &mut problems);
    let raw = raw.as_ref().map(|raw| raw.waivers.items()).unwrap_or_default();
    let waivers = raw.iter().filter_map(|raw| waiver(raw, &mut problems)).collect();
    let named = raw.iter().filter_map(|raw| {
        let name = raw.endpoint.value.clone()?;
        Some((name, raw.endpoint.spot(&raw.place)))
    });
    Ok((named.collect(), waivers, problems))
}

/// A waiver for an endpoint that does not exist would never be stale.
fn unknown_endpoint(name: &str, spot: &Spot, endpoints: &[EndpointEntry]) -> Option<Problem> {
    let known: Vec<&str> = endpoints.iter().map(|entry| entry.name.as_str()).collect();
    if name == "reference" || name.contains("://") || known.contains(&name) {
        return None;
    }
    let hint = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an address such as http://127.0.0.1:9000, or a name from endpoints.toml".into(),
    };
    Some(Problem::new(spot.clone(), format!("no endpoint is named `{name}`")).hint(hint))
}

/// The waiver, unless something of it is wrong, which is reported.
fn waiver(raw: &RawWaiver<'_>, problems: &mut Vec<Problem>) -> Option<Waiver> {
    if raw.endpoint.value.as_deref() == Some("reference") {
        let problem =
            Problem::new(raw.endpoint.spot(&raw.place), "nothing is waived for the reference endpoint");
        problems.push(problem.hint("mend it instead"));
    }
    let cases = cases(raw, problems);
    if raw.levels.is_sound && raw.levels.value.as_ref().is_some_and(|levels| levels.items.is_empty()) {
        problems.push(Problem::new(raw.levels.spot(&raw.place), "`level` names no level"));
    }
    let texts = [
        ("reason", &raw.reason.value, raw.reason.spot(&raw.place)),
        ("owner", &raw.owner.value, raw.owner.spot(&raw.place)),
        ("case", &raw.case.value, raw.case.spot(&raw.place)),
    ];
    for (key, text, spot) in texts {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            problems.push(Problem::new(spot, format!("`{key}` says nothing")));
        }
    }
    let expires = raw.expires.value.as_ref().and_then(|day| read_day(day, problems));
    Some(Waiver {
        endpoint: raw.endpoint.value.clone()?,
        cases: cases?,
        levels: raw.levels.value.as_ref()?.items.clone(),
        subjects: raw.subjects.value.as_ref().map(|subjects| subjects.items.clone()).unwrap_or_default(),
        reason: raw.reason.value.clone()?,
        owner: raw.owner.value.clone()?,
        link: raw.link.value.clone(),
        expires: expires?,
        spot: raw.place.spot(),
    })
}

/// The cases: by a pattern, or by their whole ids.
fn cases(raw: &RawWaiver<'_>, problems: &mut Vec<Problem>) -> Option<WaivedCases> {
    match (raw.case.node, raw.cases.node) {
        (Some(_), None) => raw.case.value.clone().map(WaivedCases::Pattern),
        (None, Some(_)) => {
            if raw.cases.is_sound && raw.cases.items().is_empty() {
                problems.push(Problem::new(raw.cases.spot(&raw.place), "`cases` lists no case"));
            }
            Some(WaivedCases::Ids(raw.cases.items().iter().cloned().collect()))
        }
        (Some(_), Some(listed)) => {
            problems.push(Problem::new(listed.spot.clone(), "a waiver has `case` or `cases`, not both"));
            None
        }
        (None, None) => {
            let hint = "name cases by a pattern in `case`, or by their whole ids in the list `cases`";
            problems.push(raw.place.problem("the key `case` is missing").hint(hint));
            None
        }
    }
}

/// Waivers as the file has them, each below a comment. Writing to a String cannot fail, which is why results are dropped.
pub fn waivers_text<'a>(waivers: impl IntoIterator<Item = (&'a str, &'a Waiver)>) -> String {
    let mut text = String::new();
    for (comment, waiver) in waivers {
        let _ = writeln!(text, "# {comment}\n[[waiver]]\nendpoint = {}", quote(&waiver.endpoint));
        let _ = match &waiver.cases {
            WaivedCases::Pattern(pattern) => writeln!(text, "case = {}", quote(pattern)),
            WaivedCases::Ids(ids) => {
                let lines: Vec<String> = ids.iter().map(|id| format!("    {},", quote(id))).collect();
                writeln!(text, "cases = [\n{}\n]", lines.join("\n"))
            }
        };
        let levels: Vec<String> = waiver.levels.iter().map(|level| quote(level.name())).collect();
        let _ = writeln!(text, "level = [{}]", levels.join(", "));
        if !waiver.subjects.is_empty() {
            let subjects: Vec<String> = waiver.subjects.iter().map(|subject| quote(subject)).collect();
            let _ = writeln!(text, "subject = [{}]", subjects.join(", "));
        }
        let link = waiver.link.as_deref().map(|link| ("link", link));
        let rest = [
            ("reason", waiver.reason.as_str()),
            ("owner", &waiver.owner),
            ("expires", waiver.expires.as_str()),
        ];
        for (key, value) in rest.into_iter().chain(link) {
            let _ = writeln!(text, "{key} = {}", quote(value));
        }
        text.push('\n');
    }
    text
}

/// A text as a basic string: JSON escapes all that TOML does, but for U+007F.
fn quote(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A day such as `2026-12-31`.
pub fn day_of_text(text: &str) -> Option<Day> {
    text.parse::<Date>().ok().map(|date| Day::from_checked(date.to_string()))
}

fn read_day(text: &At<'_, String>, problems: &mut Vec<Problem>) -> Option<Day> {
    let day = day_of_text(&text.value);
    if day.is_none() {
        let problem = Problem::new(text.node.spot.clone(), format!("`{}` is not a day", text.value));
        problems.push(problem.hint("write it as \"2026-12-31\""));
    }
    day
}
