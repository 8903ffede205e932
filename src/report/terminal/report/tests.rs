//! What a person sees, and when.

use std::cell::RefCell;
use std::io::{self, BufWriter, Write};
use std::rc::Rc;

use unicode_width::UnicodeWidthStr;

use super::{TerminalReport, TerminalStyle, Verbosity};
use crate::report::{Report, read_event};

const STARTED: &str = r#"{"event":"started","format":"proofmark-events","version":1,"tool":"0","endpoint":{"name":"a mock with a name that is rather long","url":"http://h","reference":false},"contracts":[{"id":"a/B","version":"1","cases":3,"error_rows":[]}],"selected":3,"known":9,"seed":0,"level":"body","faults":[],"snapshots":null}"#;

const ENDED: &str = r#"{"event":"ended","counts":{"passed":1,"flaky":0,"failed":2,"waived":0,"inconclusive":0,"skipped":0,"not_meant":0},"rows_met":[[]],"orphans":["a.snap"],"stale_snapshots":[{"id":"a/B/t/c","why":"it was recorded before the contract's row was changed"}],"stale_waivers":[{"at":"w.toml:1:1","why":"itself","reason":"a waiver that has not matched anything since the case was changed"}],"snapshots":{"same":1,"different":0,"outranked":0,"missing":0,"written":0,"unusable":0},"left_behind":1,"exchanges":3,"stopped":null,"duration_us":9,"outcome":"does not conform"}"#;

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

fn style(verbosity: Verbosity, width: Option<usize>) -> TerminalStyle {
    TerminalStyle { is_coloured: false, has_progress: false, verbosity, width, leaves_files: true }
}

fn shown(style: TerminalStyle, lines: &[&str]) -> String {
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
fn a_case_whose_cause_was_shown_is_not_shown_again_and_verbose_shows_all() {
    let (first, other, last) = (case("a", "failed"), plain(), case("c", "failed"));
    let lines = [STARTED, &first, &other, &last, ENDED];
    let normal = shown(style(Verbosity::Normal, None), &lines);
    assert_eq!(normal.matches("a/B/t/c").count(), 1, "as a stale snapshot alone: {normal}");
    assert_eq!(normal.matches("FAILED  ").count(), 0, "the list of causes has it: {normal}");
    let waiting = shown(style(Verbosity::Normal, Some(200)), &lines);
    assert_eq!(waiting.matches("FAILED  ").count(), 1, "as it comes, at a terminal: {waiting}");
    assert_eq!(normal.matches("got       500").count(), 1, "{normal}");
    assert!(normal.contains("  2 cases  PM001  status: expected 200 and a very long reason"), "{normal}");
    assert!(normal.contains("PM001  a/B/t/a  and 1 more  t.toml:3\n"), "{normal}");
    let verbose = shown(style(Verbosity::Verbose, None), &lines);
    assert_eq!(verbose.matches("FAILED  ").count(), 2, "{verbose}");
    assert_eq!(verbose.matches("got       500").count(), 2, "{verbose}");
    let (cases, end) = verbose.split_once("CAUSES  ").unwrap();
    assert!(cases.contains("PASSED  a/B/t/b") && !end.contains("expected  "), "{verbose}");
}

#[test]
fn a_quiet_run_has_15_lines_whatever_is_wrong() {
    let causes: Vec<String> = (0..60)
        .map(|at| case(&format!("c{at:02}"), "failed").replace("\"500\"", &format!("\"{}\"", 500 + at)))
        .collect();
    let warned = r#"{"event":"warned","text":"the clock of the endpoint is off by more than a minute"}"#;
    let mut lines = vec![STARTED, warned];
    lines.extend(causes.iter().map(String::as_str));
    lines.push(ENDED);
    for width in [None, Some(120)] {
        let text = shown(style(Verbosity::Quiet, width), &lines);
        assert_eq!(text.lines().count(), 15, "{text}");
        let end = ["CAUSES  (61), broken promises first", "  and 5", "stale  "];
        for part in end {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.lines().all(|line| line.width() <= width.unwrap_or(240)), "{text}");
    }
}

#[test]
fn the_list_of_causes_is_bounded_and_says_so() {
    let causes: Vec<String> = (0..60)
        .map(|at| case(&format!("c{at:02}"), "failed").replace("\"500\"", &format!("\"{}\"", 500 + at)))
        .collect();
    let mut lines = vec![STARTED];
    lines.extend(causes.iter().map(String::as_str));
    lines.push(ENDED);
    let text = shown(style(Verbosity::Normal, None), &lines);
    assert!(text.contains("  and 41 more; -v lists all\n"), "{text}");
    assert_eq!(text.matches("  got       ").count(), 5, "{text}");
    assert!(text.lines().count() < 100, "{}: {text}", text.lines().count());
    let text = shown(style(Verbosity::Verbose, None), &lines);
    assert_eq!(text.matches(" PM001  ").count(), 60, "{text}");
}

#[test]
fn colour_says_nothing_alone() {
    let lines = [STARTED, &case("a", "failed"), ENDED];
    let plain = shown(style(Verbosity::Normal, None), &lines);
    let coloured = shown(TerminalStyle { is_coloured: true, ..style(Verbosity::Normal, None) }, &lines);
    for part in
        ["\u{1b}[32mexpected\u{1b}[0m  200", "\u{1b}[31mgot\u{1b}[0m       500", "\u{1b}[1ma/B/t/a\u{1b}[0m"]
    {
        assert!(coloured.contains(part), "{part:?}: {coloured:?}");
    }
    let mut bare = coloured;
    for code in ["1", "2", "31", "32", "33", "0"] {
        bare = bare.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(bare, plain);
}

#[test]
fn a_case_that_failed_is_written_out_as_it_comes() {
    let written = Written::default();
    let out = BufWriter::with_capacity(1 << 20, written.clone());
    let mut report = TerminalReport::new(out, style(Verbosity::Normal, Some(80)));
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
        (shown(style(Verbosity::Verbose, Some(40)), &lines), shown(style(Verbosity::Verbose, None), &lines));
    // A command is copied, so it is never broken.
    let is_command = |line: &&str| line.trim_start_matches("NEXT").trim_start().starts_with("proofmark ");
    let too_wide: Vec<&str> = narrow.lines().filter(|line| line.width() > 40 && !is_command(line)).collect();
    assert_eq!(too_wide, Vec::<&str>::new(), "{narrow}");
    assert!(wide.lines().any(|line| line.width() > 40), "{wide}");
    let joined = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(joined(&narrow), joined(&wide));
}

#[test]
fn names_of_cases_and_places_are_never_broken() {
    let text =
        shown(style(Verbosity::Normal, Some(20)), &[STARTED, &case(&"long-".repeat(9), "failed"), ENDED]);
    let id = format!("FAILED  a/B/t/{}", "long-".repeat(9));
    assert!(text.lines().any(|line| line == id), "{text}");
}

/// A case that waits for a state.
fn waiting(name: &str, state: &str, reason: &str) -> String {
    format!(
        r#"{{"event":"finished","table":"a/B/t","case":"{name}","about":"It is.","file":"t.toml","line":3,"column":2,"verdict":{{"name":"skipped","because":{{"kind":"no-way-to","state":"{state}","reason":"{reason}"}}}},"level":"body","answered":0,"steps_not_sent":1,"snapshot":{{"name":"unchecked"}},"duration_us":7}}"#
    )
}

#[test]
fn a_reason_that_states_share_is_given_once() {
    let cases: Vec<String> = (0..12)
        .map(|at| waiting(&format!("c{at:02}"), &format!("a shop of kind {at}"), "no hook was named"))
        .collect();
    let other = waiting("d", "a shop that is closed", "its recipe needs a variable");
    let mut lines = vec![STARTED];
    lines.extend(cases.iter().map(String::as_str).chain([other.as_str(), ENDED]));
    for (verbosity, width) in
        [(Verbosity::Normal, None), (Verbosity::Verbose, Some(100)), (Verbosity::Quiet, None)]
    {
        let text = shown(style(verbosity, width), &lines);
        let end = text.split_once("STATES  (13), which the endpoint does not offer").unwrap().1;
        assert_eq!(end.matches("no hook was named").count(), 1, "{text}");
    }
    let normal = shown(style(Verbosity::Normal, None), &lines);
    let shared = "most waiting cases first\n  where no other reason is given: no hook was named\n  1 case   PM301  a shop";
    assert!(normal.contains(shared), "{normal}");
    let quiet = shown(style(Verbosity::Quiet, None), &lines);
    assert!(quiet.contains("  12 cases  PM301  12 states: no hook was named: a shop of kind 0, "), "{quiet}");
    assert!(
        quiet.contains("   1 case   PM301  a shop that is closed: its recipe needs a variable\n"),
        "{quiet}"
    );
}

/// A case that is waived.
fn waived(name: &str, reason: &str) -> String {
    let verdict = format!(r#""verdict":{{"name":"waived","reason":"{reason}"}}"#);
    case(name, "")
        .replace(r#""verdict":{"name":""}"#, &verdict)
        .replace(r#","left_behind":["an instance that could not be deleted after the case had ended"]"#, "")
}

#[test]
fn waived_cases_are_a_line_for_each_reason_and_what_was_not_sent_is_said() {
    let mut cases: Vec<String> =
        (0..22).map(|at| waived(&format!("w{at}"), &format!("reason {at:02}"))).collect();
    cases.push(waived("z", "reason 07"));
    cases.push(case("f", "failed").replace(r#""steps_not_sent":0"#, r#""steps_not_sent":2"#));
    let lines: Vec<&str> =
        [STARTED].into_iter().chain(cases.iter().map(String::as_str)).chain([ENDED]).collect();
    let text = shown(style(Verbosity::Normal, None), &lines);
    let due = "  waived      2 cases: reason 07\n              1 case: reason 00\n";
    assert!(text.contains(due) && text.contains("2 cases for other reasons\n"), "{text}");
    assert!(!text.contains("WAIVED"), "{text}");
    let due = "  not sent    2 steps of 1 case that failed before; further mistakes may show";
    assert!(text.contains(due), "{text}");
    let verbose = shown(style(Verbosity::Verbose, None), &lines);
    assert_eq!(verbose.matches("WAIVED").count(), 23, "{verbose}");
}

#[test]
fn where_only_states_are_missing_the_next_step_explains_that() {
    let state = waiting("w", "a shop that is closed", "no hook was named");
    let text = shown(style(Verbosity::Normal, None), &[STARTED, &state, ENDED]);
    assert!(text.ends_with("\nNEXT  proofmark explain PM301\n"), "{text}");
    let both = [STARTED, &case("a", "failed"), &state, ENDED];
    let quiet = shown(style(Verbosity::Quiet, None), &both);
    assert!(quiet.contains(", then most cases; 1 state is not offered\n"), "{quiet}");
}

#[test]
fn a_quiet_run_wraps_what_is_long_while_lines_last() {
    let causes: Vec<String> = ["404", "409"]
        .iter()
        .map(|status| case(&format!("c{status}"), "failed").replace("\"500\"", &format!("\"{status}\"")))
        .collect();
    let lines = [STARTED, &causes[0], &causes[1], ENDED];
    for width in [40, 80] {
        let text = shown(style(Verbosity::Quiet, Some(width)), &lines);
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.lines().count() <= 15 && text.lines().all(|line| line.width() <= width), "{text}");
        assert!(width == 40 || (joined.contains("got 404") && joined.contains("got 409")), "{text}");
        assert!(joined.contains("expected 200 and a very long reason"), "{text}");
    }
}

#[test]
fn states_come_before_examples_and_a_single_case_has_none_beside_larger_causes() {
    let single = case("z", "failed").replace("\"500\"", "\"409\"");
    let state = waiting("w", "a shop that is closed", "no hook was named");
    let lines = [STARTED, &case("a", "failed"), &case("b", "failed"), &single, &state, ENDED];
    let text = shown(style(Verbosity::Normal, None), &lines);
    assert!(text.find("STATES  (1)") < text.find("  expected  "), "{text}");
    assert_eq!(text.matches("  expected  ").count(), 1, "{text}");
    assert!(text.contains("got 409\n           a/B/t/z\n"), "its id is in the list: {text}");
    // Of what was left behind there is no request to show.
    assert!(!text.contains("PM401  a/B/t/") && text.contains("PM401  left behind: "), "{text}");
}
