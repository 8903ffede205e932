//! Reads reports as strictly as their consumers do; panics where the structure is not what the format allows.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A case in a report in `JUnit`'s XML.
#[derive(Debug, Default)]
pub(crate) struct JunitCase {
    pub(crate) suite: String,
    pub(crate) results: Vec<String>,
}

/// Elements, the elements that they may stand in, the attributes that they must have, and those that they may have:
/// facts of the schema junit-10 of Jenkins' xUnit plugin.
const ELEMENTS: [(&str, &str, &[&str], &[&str]); 9] = [
    ("testsuites", "", &[], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        "testsuites",
        &["name", "tests", "failures", "errors"],
        &["skipped", "time", "timestamp", "id"],
    ),
    ("properties", "testsuite", &[], &[]),
    ("property", "properties", &["name", "value"], &[]),
    ("testcase", "testsuite", &["name"], &["classname", "time", "group"]),
    ("failure", "testcase", &[], &["type", "message"]),
    ("error", "testcase", &[], &["type", "message"]),
    ("skipped", "testcase", &[], &["type", "message"]),
    ("flakyFailure", "testcase", &["type"], &["message"]),
];

/// The cases of a document, whose form, places, attributes and counts are checked.
pub(crate) fn junit_cases(text: &str) -> Vec<JunitCase> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let (mut cases, mut suite, mut due) = (Vec::new(), String::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = check(&start, open.last().map_or("", String::as_str));
                match name.as_str() {
                    "testsuite" => {
                        suite = attribute(&start, "name").unwrap();
                        let count = |name: &str| attribute(&start, name).unwrap().parse::<usize>().unwrap();
                        due.push((cases.len(), ["tests", "failures", "errors", "skipped"].map(count)));
                    }
                    "testcase" => cases.push(JunitCase { suite: suite.clone(), results: Vec::new() }),
                    "failure" | "error" | "skipped" | "flakyFailure" => {
                        cases.last_mut().unwrap().results.push(name.clone());
                    }
                    _ => {}
                }
                open.push(name);
            }
            Event::End(_) => drop(open.pop().unwrap()),
            Event::Text(text) if open.len() < 4 => assert_eq!(text.trim(), "", "{open:?}"),
            Event::Eof => break,
            Event::Empty(start) => {
                assert_eq!(check(&start, open.last().unwrap()), "property");
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                panic!("not written")
            }
            Event::Text(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
        }
    }
    assert!(open.is_empty());
    check_counts(&cases, &due);
    cases
}

fn check(start: &BytesStart<'_>, parent: &str) -> String {
    let name = start.name().as_ref().to_owned();
    let found = ELEMENTS.iter().find(|(known, ..)| *known == name);
    let (_, place, needed, allowed) = found.unwrap_or_else(|| panic!("{name} is no element"));
    assert_eq!(*place, parent, "{name}");
    let names: Vec<String> =
        start.attributes().map(|attribute| attribute.unwrap().key.as_ref().to_owned()).collect();
    assert!(needed.iter().all(|needed| names.iter().any(|name| name == needed)), "{name} {names:?}");
    let is_known = |name: &String| needed.contains(&name.as_str()) || allowed.contains(&name.as_str());
    assert!(names.iter().all(is_known), "{name} {names:?}");
    name
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).unwrap()?;
    Some(found.value.into_owned())
}

fn check_counts(cases: &[JunitCase], due: &[(usize, [usize; 4])]) {
    let ends = due.iter().skip(1).map(|(first, _)| *first).chain([cases.len()]);
    for ((first, counts), end) in due.iter().zip(ends) {
        let cases = &cases[*first..end];
        let count = |name: &str| cases.iter().filter(|case| case.results == [name]).count();
        assert_eq!(*counts, [cases.len(), count("failure"), count("error"), count("skipped")]);
    }
}

/// The test points of a TAP stream without what follows their number; its plan and its blocks are checked. The end of a
/// run that says nothing comes last.
pub(crate) fn tap_points(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let (mut points, mut plan, mut in_block, mut end) = (Vec::new(), None, false, None);
    for line in lines {
        if in_block {
            in_block = line != "  ...";
            assert!(line.starts_with("  "), "{line}");
        } else if line == "  ---" {
            in_block = true;
        } else if let Some(count) = line.strip_prefix("1..") {
            assert_eq!(plan.replace(count.parse::<usize>().unwrap()), None);
        } else if line.starts_with("Bail out!") {
            assert_eq!(end.replace("Bail out!".to_owned()), None);
        } else if line.starts_with("ok ") || line.starts_with("not ok ") {
            points.push(line.split(" - ").next().unwrap().to_owned());
        } else {
            assert!(line.starts_with('#'), "{line}");
        }
    }
    assert_eq!((plan, in_block), (Some(points.len()), false));
    points.extend(end);
    points
}

/// The lines that GitHub's runner takes for commands: it looks past spaces, and stops at a line that says so.
pub(crate) fn commands(text: &str) -> Vec<String> {
    let mut stopped: Option<String> = None;
    let mut commands = Vec::new();
    for line in text.lines().map(str::trim) {
        match &stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token.to_owned()),
                None if line.starts_with("::") || line.starts_with("##[") => commands.push(line.to_owned()),
                None => {}
            },
        }
    }
    assert_eq!(stopped, None, "commands stay stopped");
    commands
}
