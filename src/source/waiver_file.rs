//! Reads `waivers.toml`.

use std::fmt::Write;
use std::path::Path;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::document::{self, Node};
use super::endpoint_file::{EndpointEntry, load_endpoints};
use super::folder::LoadError;
use super::shape::{check, nearest};
use super::shapes;
use super::shelf::{FileSource, Shelf};
use crate::model::{Day, Level, Problem, WaivedCases, Waiver};

/// The waivers of a folder of cases; none if it has no `waivers.toml`.
///
/// # Errors
/// Every problem of the file.
pub fn load_waivers(cases: &Path) -> Result<Vec<Waiver>, LoadError> {
    let (node, waivers, mut problems) = read(FileSource::Disk(cases), cases)?;
    let nodes = node.as_ref().and_then(|node| node.get("waiver")).map(Node::items).unwrap_or_default();
    // Problems of endpoints.toml itself are reported where its endpoints are used.
    if let Ok(endpoints) = load_endpoints(cases) {
        for item in nodes {
            check_endpoint(item, &endpoints, &mut problems);
        }
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

/// The file as a tree, if there is one, its waivers, and its problems.
type Read = (Option<Node>, Vec<Waiver>, Vec<Problem>);

fn read(files: FileSource<'_>, cases: &Path) -> Result<Read, LoadError> {
    let path = cases.join("waivers.toml");
    let mut problems = Vec::new();
    if !files.has(&path) {
        return Ok((None, Vec::new(), problems));
    }
    let file = files.read(&path, &path)?;
    let node = document::parse(&file, &mut problems);
    check(&node, &shapes::WAIVERS, &mut problems);
    let nodes = node.get("waiver").map(Node::items).unwrap_or_default();
    let waivers: Vec<Waiver> = nodes.iter().filter_map(|item| waiver(item, &mut problems)).collect();
    Ok((Some(node), waivers, problems))
}

/// A waiver for an endpoint that does not exist would never be stale.
fn check_endpoint(waiver: &Node, endpoints: &[EndpointEntry], problems: &mut Vec<Problem>) {
    let Some(node) = waiver.get("endpoint") else { return };
    let Some(name) = node.as_text().filter(|name| *name != "reference" && !name.contains("://")) else {
        return;
    };
    let known: Vec<&str> = endpoints.iter().map(|entry| entry.name.as_str()).collect();
    if known.contains(&name) {
        return;
    }
    let hint = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an address such as http://127.0.0.1:9000, or a name from endpoints.toml".into(),
    };
    problems.push(Problem::new(node.spot.clone(), format!("no endpoint is named `{name}`")).hint(hint));
}

fn waiver(node: &Node, problems: &mut Vec<Problem>) -> Option<Waiver> {
    let endpoint = node.text("endpoint")?;
    if endpoint == "reference" {
        let spot = node.get("endpoint").unwrap_or(node).spot.clone();
        problems
            .push(Problem::new(spot, "nothing is waived for the reference endpoint").hint("mend it instead"));
    }
    let cases = cases(node, problems)?;
    let levels = match node.word("level", Level::of_word) {
        Some(level) => vec![level],
        None => node.words("level", Level::of_word),
    };
    if let Some(level) = node.get("level").filter(|_| levels.is_empty()) {
        problems.push(Problem::new(level.spot.clone(), "`level` names no level"));
    }
    for key in ["reason", "owner", "case"] {
        if node.text(key).is_some_and(|text| text.trim().is_empty()) {
            let spot = node.get(key).unwrap_or(node).spot.clone();
            problems.push(Problem::new(spot, format!("`{key}` says nothing")));
        }
    }
    Some(Waiver {
        endpoint,
        cases,
        levels,
        subjects: node.text("subject").map_or_else(|| node.texts("subject"), |subject| vec![subject]),
        reason: node.text("reason")?,
        owner: node.text("owner")?,
        link: node.text("link"),
        expires: day(node.get("expires")?, problems)?,
        spot: node.spot.clone(),
    })
}

/// The cases: by a pattern, or by their whole ids.
fn cases(node: &Node, problems: &mut Vec<Problem>) -> Option<WaivedCases> {
    let (pattern, ids) = (node.text("case"), node.texts("cases"));
    match (pattern, node.get("cases")) {
        (Some(pattern), None) => Some(WaivedCases::Pattern(pattern)),
        (None, Some(listed)) => {
            if ids.is_empty() {
                problems.push(Problem::new(listed.spot.clone(), "`cases` lists no case"));
            }
            Some(WaivedCases::Ids(ids.into_iter().collect()))
        }
        (Some(_), Some(listed)) => {
            problems.push(Problem::new(listed.spot.clone(), "a waiver has `case` or `cases`, not both"));
            None
        }
        (None, None) => {
            let problem = Problem::new(node.spot.clone(), "the key `case` is missing");
            let hint = "name cases by a pattern in `case`, or by their whole ids in the list `cases`";
            problems.push(problem.hint(hint));
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

fn day(node: &Node, problems: &mut Vec<Problem>) -> Option<Day> {
    let text = node.as_text()?;
    if let Some(day) = day_of_text(text) {
        return Some(day);
    }
    let problem = Problem::new(node.spot.clone(), format!("`{text}` is not a day"));
    problems.push(problem.hint("write it as \"2026-12-31\""));
    None
}
