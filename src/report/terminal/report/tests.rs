//! What a person sees, and when.

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::rc::Rc;

use unicode_width::UnicodeWidthStr;

use super::{Style, TerminalReport, Verbosity};
use crate::report::{Report, read_event};

const STARTED: &str = r#"{"event":"started","format":"proofmark-events","version":1,"tool":"0","endpoint":{"name":"a mock with a name that is rather long","url":"http://h","reference":false},"contracts":[{"id":"a/B","version":"1","cases":3,"error_rows":[]}],"selected":3,"known":9,"seed":0,"level":"body","faults":[],"snapshots":null}"#;

const ENDED: &str = r#"{"event":"ended","counts":{"passed":1,"flaky":0,"failed":2,"waived":0,"indeterminate":0,"not_run":0,"not_meant":0},"rows_met":[[]],"orphans":["a.snap"],"stale_snapshots":[{"id":"a/B/t/c","why":"it was recorded before the contract's row was changed"}],"stale_waivers":["a waiver that has not matched anything since somebody changed the case"],"snapshots":{"same":1,"different":0,"outranked":0,"missing":0,"written":0,"unusable":0},"left_behind":1,"exchanges":3,"stopped":null,"duration_us":9,"outcome":"does not conform"}"#;

/// A terminal's other end: what was really written to it.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn case(name: &str, verdict: &str) -> String {
    format!(
        r#"{{"event":"finished","table":"a/B/t","case":"{name}","about":"The endpoint says what the row of the contract says it has to say.","file":"t.toml","line":3,"column":2,"verdict":{{"name":"{verdict}"}},"level":"body","findings":[{{"level":"status","step":0,"subject":"status","expected":"200 and a very long reason that goes on\nand a second line","actual":"500","because":"error row 500 \"A message with a good many words in it\""}}],"answered":1,"steps_not_sent":0,"snapshot":{{"name":"same"}},"left_behind":["an instance that could not be deleted after the case had ended"],"duration_us":7}}"#
    )
}

fn style(verbosity: Verbosity, width: Option<usize>) -> Style {
    Style { is_coloured: false, has_progress: false, verbosity, width }
}

fn told(style: Style, lines: &[&str]) -> String {
    let written = Written::default();
    let mut report = Box::new(TerminalReport::new(written.clone(), style));
    for line in lines {
        report.take(&read_event(line).unwrap()).unwrap();
    }
    report.close().unwrap();
    written.text()
}

/// A case that passed and has nothing to be said of.
fn plain() -> String {
    let passed = case("b", "passed");
    let start = passed.find("\"findings\"").unwrap();
    let end = passed.find("\"answered\"").unwrap();
    let left = passed.find(",\"left_behind\"").unwrap();
    format!("{}{}{}", &passed[..start], &passed[end..left], r#","duration_us":7}"#)
}

#[test]
fn what_failed_is_told_once_more_where_other_things_stand_between() {
    let (first, other, last) = (case("a", "failed"), plain(), case("c", "failed"));
    let lines = [STARTED, &first, &other, &last, ENDED];
    let text = told(style(Verbosity::Verbose, None), &lines);
    let (before, after) = text.split_once("ONCE MORE  2 cases that did not pass\n").unwrap();
    assert!(before.contains("PASSED  a/B/t/b") && !after.contains("a/B/t/b"), "{text}");
    let block = |text: &str, id: &str| {
        let start = text.find(&format!("FAILED  {id}\n")).unwrap();
        text[start..].split("\n\n").next().unwrap().to_owned()
    };
    for id in ["a/B/t/a", "a/B/t/c"] {
        assert_eq!(block(before, id), block(after, id), "in full");
    }
    assert!(after.find("a/B/t/a").unwrap() < after.find("a/B/t/c").unwrap());
    assert!(after.find("a/B/t/c").unwrap() < after.find("DOES NOT CONFORM").unwrap());
}

#[test]
fn what_failed_is_told_once_where_it_stands_together_just_above_the_end() {
    let (first, other, last) = (case("a", "failed"), plain(), case("c", "failed"));
    let text = told(style(Verbosity::Normal, None), &[STARTED, &first, &other, &last, ENDED]);
    assert!(!text.contains("ONCE MORE"), "{text}");
    assert_eq!(text.matches("FAILED  ").count(), 2);
}

#[test]
fn a_case_that_failed_is_written_out_as_it_comes() {
    let written = Written::default();
    let out = BufWriter::with_capacity(1 << 20, written.clone());
    let mut report = TerminalReport::new(out, style(Verbosity::Normal, None));
    for line in [STARTED, &plain(), &case("a", "failed")] {
        report.take(&read_event(line).unwrap()).unwrap();
    }
    assert!(written.text().contains("FAILED  a/B/t/a"), "before the run ends");
}

#[test]
fn sentences_fit_a_narrow_terminal_and_nothing_is_lost() {
    let failed = case("a", "failed");
    let lines = [
        STARTED,
        &failed,
        &plain(),
        r#"{"event":"warned","text":"the clock of the endpoint is off by more than a minute"}"#,
        ENDED,
    ];
    let (narrow, wide) =
        (told(style(Verbosity::Verbose, Some(40)), &lines), told(style(Verbosity::Verbose, None), &lines));
    let too_wide: Vec<&str> = narrow.lines().filter(|line| line.width() > 40).collect();
    assert_eq!(too_wide, Vec::<&str>::new(), "{narrow}");
    assert!(wide.lines().any(|line| line.width() > 40), "{wide}");
    let joined = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(joined(&narrow), joined(&wide));
}

#[test]
fn names_of_cases_and_places_are_never_broken() {
    let text =
        told(style(Verbosity::Normal, Some(20)), &[STARTED, &case(&"long-".repeat(9), "failed"), ENDED]);
    let id = format!("FAILED  a/B/t/{}", "long-".repeat(9));
    assert!(text.lines().any(|line| line == id), "{text}");
}
