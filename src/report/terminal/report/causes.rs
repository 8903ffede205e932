//! The causes at the end of a run: what to mend, most cases first, and an example of each.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::TerminalReport;
use crate::model::plural;
use crate::plain::printable;
use crate::report::cause::{Cause, Example};
use crate::report::terminal::paint::{Paint, TerminalStyle, Verbosity};
use crate::wrapped::width;

/// How many causes are listed before the rest is counted, how many states, and how many examples are shown.
const LISTED: usize = 20;
const STATES: usize = 10;
const EXAMPLES: usize = 10;

/// The columns of the line of a cause where no width is known.
const LONGEST: usize = 240;

impl<W: Write> TerminalReport<W> {
    /// Lists the causes of what is in the way, with an example of each unless every case was shown.
    pub(super) fn list_causes(&mut self) -> io::Result<()> {
        let (causes, states) = self.causes.split();
        let is_verbose = self.style.verbosity == Verbosity::Verbose;
        let (most, most_states) = if is_verbose { (usize::MAX, usize::MAX) } else { (LISTED, STATES) };
        let mut text = String::new();
        if !causes.is_empty() {
            let _ = write!(text, "\n{}", self.heading(&causes));
            let first_id = if is_verbose { 0 } else { EXAMPLES };
            text.push_str(&self.lines(&causes, most, first_id));
            text.push_str(&self.others());
        }
        if !is_verbose && !causes.is_empty() {
            let shown = &causes[..causes.len().min(EXAMPLES)];
            let head = self.causes.head(shown).map(|head| format!("\n{head}\n"));
            text.push_str(&head.unwrap_or_default());
            text.push_str(&examples(self.style, shown));
        }
        if !states.is_empty() {
            let about =
                format!("({}), which the endpoint does not offer; most waiting cases first", states.len());
            let _ = write!(text, "\n{}", self.style.with_head(Paint::Doubtful, "STATES", &about));
            text.push_str(&self.lines(&states, most_states, usize::MAX));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        self.out.write_all(text.as_bytes())
    }

    /// The causes in at most so many lines, each of which is cut to fit.
    pub(super) fn causes_in(&self, room: usize) -> Vec<String> {
        let listed = self.causes.causes_in_order();
        let others = usize::from(self.causes.others() > 0);
        let heading = self.style.cut("", &format!("CAUSES  {}", about(&listed)), LONGEST);
        if listed.is_empty() || room < 2 {
            return Vec::new();
        }
        let shown = if listed.len() + others < room { listed.len() } else { room - 2 };
        let digits = digits(&listed);
        let mut lines = vec![heading];
        for cause in listed.iter().take(shown) {
            lines.push(self.style.cut(&format_count(cause, digits), &self.words(cause), LONGEST));
        }
        if listed.len() > shown || others > 0 {
            lines.push(format!("  and {} more\n", self.rest(&listed, shown)));
        }
        lines
    }

    /// How many causes are not shown, or cases without a cause of their own.
    fn rest(&self, listed: &[&Cause], shown: usize) -> String {
        match listed.len() - shown {
            0 => cases(self.causes.others()),
            rest => rest.to_string(),
        }
    }

    fn heading(&self, causes: &[&Cause]) -> String {
        self.style.with_head(Paint::Bad, "CAUSES", &about(causes))
    }

    /// A line for each of the first causes, from one of them on with the case that shows it.
    fn lines(&self, causes: &[&Cause], most: usize, first_id: usize) -> String {
        let digits = digits(causes);
        let mut text = String::new();
        for (position, cause) in causes.iter().take(most).enumerate() {
            let first = format_count(cause, digits);
            text.push_str(&self.style.hang(&first, &self.words(cause), first.len()));
            if position >= first_id {
                let id = self.style.paint(Paint::Strong, cause.example.case.as_str());
                let _ = writeln!(text, "{}{id}", " ".repeat(first.len()));
            }
        }
        match causes.len().saturating_sub(most) {
            0 => {}
            rest => {
                let _ = writeln!(text, "  and {rest} more; -v lists all");
            }
        }
        text
    }

    fn others(&self) -> String {
        match self.causes.others() {
            0 => String::new(),
            others => format!("  and {} with still other causes\n", cases(others)),
        }
    }

    /// A cause in words: its code, and what is wrong.
    fn words(&self, cause: &Cause) -> String {
        format!("{}  {}", cause.code.name(), self.causes.line(cause))
    }
}

fn about(causes: &[&Cause]) -> String {
    let count = causes.len();
    let is_of_one_kind = causes.iter().all(|cause| cause.code.rank() == causes[0].code.rank());
    let order = match count {
        0 | 1 => "",
        _ if is_of_one_kind => ", most cases first",
        _ => ", broken promises first, then most cases",
    };
    format!("({count}){order}")
}

fn digits(causes: &[&Cause]) -> usize {
    causes.iter().map(|cause| cause.cases).max().unwrap_or_default().to_string().len()
}

fn format_count(cause: &Cause, digits: usize) -> String {
    let plural = plural(cause.cases, "case ", "cases");
    format!("  {:>digits$} {plural}  ", cause.cases)
}

fn cases(count: usize) -> String {
    format!("{count} {}", plural(count, "case", "cases"))
}

/// An example of each cause. What several causes share, such as a request, is shown with the first.
fn examples(style: TerminalStyle, causes: &[&Cause]) -> String {
    let mut shown: HashSet<(&str, Option<usize>)> = HashSet::new();
    let mut text = String::new();
    for cause in causes {
        let example = &cause.example;
        let is_new = shown.insert((example.case.as_str(), example.step));
        text.push('\n');
        text.push_str(&head(style, cause, is_new));
        // Where no answer was judged, the line of the cause says all.
        if cause.code.is_of_an_answer() {
            text.push_str(&style.with_label(Paint::Good, "  expected  ", &example.expected));
            text.push_str(&style.with_label(Paint::Bad, "  got       ", &example.actual));
        }
        if let Some(because) = &example.because {
            text.push_str(&style.lines("  because   ", because));
        }
        if is_new {
            text.push_str(&show_exchange(style, example));
        }
    }
    text
}

/// The case, how many others show the same, and where it is: on a line of its own where both do not fit.
fn head(style: TerminalStyle, cause: &Cause, is_new: bool) -> String {
    let Cause { code, cases, example, .. } = cause;
    let more = if *cases > 1 { format!("  and {} more", cases - 1) } else { String::new() };
    let above = if is_new { "" } else { "  (the same answer)" };
    let first = format!("{}  {}{more}{above}", code.name(), example.case);
    let place = printable(&format!("{}:{}", example.file.display(), example.line)).replace('\n', "\\n");
    let fits = style.width.is_none_or(|room| width(&first) + width(&place) + 2 <= room);
    let gap = if fits { "  " } else { "\n  " };
    let place = if is_new { format!("{gap}{}", style.paint(Paint::Faint, &place)) } else { String::new() };
    let id = style.paint(Paint::Strong, example.case.as_str());
    format!("{}{place}\n", first.replacen(example.case.as_str(), &id, 1))
}

/// The request and the answer.
fn show_exchange(style: TerminalStyle, example: &Example) -> String {
    let mut text = String::new();
    if let Some(request) = &example.request {
        text.push_str(&style.cut("  > ", request, LONGEST));
    }
    for line in &example.answer {
        text.push_str(&style.lines("  < ", line));
    }
    for command in &example.commands {
        let _ = writeln!(text, "  {}", printable(command));
    }
    text
}
