//! The causes at the end of a run: what to mend and what is not offered, most cases first, then examples.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::TerminalReport;
use crate::model::plural;
use crate::plain::printable;
use crate::report::cause::{Cause, Code, Example, shared_reason, shared_reason_line};
use crate::report::terminal::paint::{Paint, TerminalStyle, Verbosity};
use crate::wrapped::{cut, width};

/// How many causes are listed before the rest is counted, how many states, and how many examples are shown.
const LISTED: usize = 20;
const STATES: usize = 10;
const EXAMPLES: usize = 5;

/// The columns of the line of a cause where no width is known.
const LONGEST: usize = 320;

impl<W: Write> TerminalReport<W> {
    /// Lists the causes of what is in the way and the states that are not offered, then examples unless every case was
    /// shown.
    pub(super) fn list_causes(&mut self) -> io::Result<()> {
        let (causes, states) = self.causes.split();
        let is_verbose = self.style.verbosity == Verbosity::Verbose;
        let shown = if is_verbose { Vec::new() } else { with_example(&causes) };
        let (most, most_states) = if is_verbose { (usize::MAX, usize::MAX) } else { (LISTED, STATES) };
        let mut text = String::new();
        if !causes.is_empty() {
            let _ = write!(text, "\n{}", self.heading(&causes));
            let has_example = |cause: &Cause| shown.iter().any(|shown| shown.id == cause.id);
            text.push_str(
                &self.lines(&causes, most, &|cause| self.words(cause), &|cause| !has_example(cause)),
            );
            text.push_str(&self.others());
        }
        if !states.is_empty() {
            text.push_str(&self.list_states(&states, most_states));
        }
        if !shown.is_empty() {
            let head = self.causes.head(&shown).map(|head| format!("\n{head}\n"));
            text.push_str(&head.unwrap_or_default());
            text.push_str(&examples(self.style, &shown));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        self.out.write_all(text.as_bytes())
    }

    /// The states that the endpoint does not offer. A reason that several share is above them.
    fn list_states(&self, states: &[&Cause], most: usize) -> String {
        let about =
            format!("({}), which the endpoint does not offer; most waiting cases first", states.len());
        let mut text = format!("\n{}", self.style.with_head(Paint::Doubtful, "STATES", &about));
        if let Some(line) = shared_reason_line(states) {
            text.push_str(&self.style.hang("  ", &line, 4));
        }
        let shared = shared_reason(states);
        let words =
            |state: &Cause| format!("{}  {}", state.code.name(), self.causes.line_below(state, shared));
        text.push_str(&self.lines(states, most, &words, &|_| false));
        text
    }

    /// The causes in at most so many lines. While there is room, one that does not fit a line goes on in the next.
    pub(super) fn causes_in(&self, room: usize) -> Vec<String> {
        let listed = self.causes.causes_in_order();
        let others = usize::from(self.causes.others() > 0);
        if listed.is_empty() || room < 2 {
            return Vec::new();
        }
        let mut rows = self.brief_rows(&listed);
        let shown = if rows.len() + others < room { rows.len() } else { room - 2 };
        let hidden: usize = rows.iter().skip(shown).map(|row| row.causes).sum();
        rows.truncate(shown);
        let end = (hidden > 0 || others > 0).then(|| match hidden {
            0 => format!("  and {} more\n", cases(self.causes.others())),
            hidden => format!("  and {hidden} more\n"),
        });
        let heading = self.style.cut("", &brief_heading(&listed), LONGEST);
        let used = 1 + rows.len() + usize::from(end.is_some());
        let texts = self.fill(&rows, room.saturating_sub(used));
        [heading].into_iter().chain(texts).chain(end).collect()
    }

    /// A row for each cause, but one for all states that are not offered for the same reason.
    fn brief_rows(&self, listed: &[&Cause]) -> Vec<BriefRow> {
        let (states, causes): (Vec<&Cause>, Vec<&Cause>) =
            listed.iter().copied().partition(|cause| cause.code == Code::NoState);
        let shared = shared_reason(&states);
        let (joined, alone): (Vec<&Cause>, Vec<&Cause>) =
            states.into_iter().partition(|state| Some(state.actual.as_str()) == shared);
        let waiting: usize = joined.iter().map(|state| state.cases).sum();
        let most = causes.iter().chain(&alone).map(|cause| cause.cases).chain([waiting]).max();
        let digits = most.unwrap_or_default().to_string().len();
        let row = |cause: &&Cause| BriefRow {
            first: format_count(cause.cases, digits),
            text: self.words(cause),
            causes: 1,
        };
        let mut rows: Vec<BriefRow> = causes.iter().map(row).collect();
        rows.extend(shared.map(|reason| {
            let names: Vec<&str> = joined.iter().map(|state| state.promise.as_str()).collect();
            let code = Code::NoState.name();
            BriefRow {
                first: format_count(waiting, digits),
                text: format!("{code}  {} states: {reason}: {}", names.len(), names.join(", ")),
                causes: names.len(),
            }
        }));
        rows.extend(alone.iter().map(row));
        rows
    }

    /// The rows, each in one line and, line by line from the first row on, in as many more as there are.
    fn fill(&self, rows: &[BriefRow], spare: usize) -> Vec<String> {
        let style = self.style;
        let wrapped: Vec<String> =
            rows.iter().map(|row| style.hang(&row.first, &row.text, row.first.len())).collect();
        let needed: Vec<usize> = wrapped.iter().map(|text| text.lines().count()).collect();
        let mut given = vec![1; rows.len()];
        let mut spare = if style.width.is_some() { spare } else { 0 };
        while spare > 0 {
            let Some(next) =
                (0..rows.len()).filter(|at| given[*at] < needed[*at]).min_by_key(|at| given[*at])
            else {
                break;
            };
            given[next] += 1;
            spare -= 1;
        }
        let fit = |at: usize| match given[at] {
            1 => style.cut(&rows[at].first, &rows[at].text, LONGEST),
            lines if lines == needed[at] => wrapped[at].clone(),
            lines => first_lines(style, &wrapped[at], lines),
        };
        (0..rows.len()).map(fit).collect()
    }

    fn heading(&self, causes: &[&Cause]) -> String {
        self.style.with_head(Paint::Bad, "CAUSES", &about(causes))
    }

    /// A line for each of the first causes, for some with the case that shows it.
    fn lines(
        &self,
        causes: &[&Cause],
        most: usize,
        words: &dyn Fn(&Cause) -> String,
        has_id: &dyn Fn(&Cause) -> bool,
    ) -> String {
        let most_cases = causes.iter().map(|cause| cause.cases).max();
        let digits = most_cases.unwrap_or_default().to_string().len();
        let mut text = String::new();
        for cause in causes.iter().take(most) {
            let first = format_count(cause.cases, digits);
            text.push_str(&self.style.hang(&first, &words(cause), first.len()));
            if has_id(cause) {
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

/// What is listed, causes and states apart as in the long form.
fn brief_heading(listed: &[&Cause]) -> String {
    let (states, causes): (Vec<&Cause>, Vec<&Cause>) =
        listed.iter().copied().partition(|cause| cause.code == Code::NoState);
    let count = states.len();
    match (causes.is_empty(), count) {
        (true, _) => format!("STATES  ({count}), which the endpoint does not offer"),
        (false, 0) => format!("CAUSES  {}", about(&causes)),
        (false, _) => {
            let are = plural(count, "state is", "states are");
            format!("CAUSES  {}; {count} {are} not offered", about(&causes))
        }
    }
}

fn format_count(cases: usize, digits: usize) -> String {
    let plural = plural(cases, "case ", "cases");
    format!("  {cases:>digits$} {plural}  ")
}

fn cases(count: usize) -> String {
    format!("{count} {}", plural(count, "case", "cases"))
}

/// The causes that an example is shown of: not those without a request to show, nor those of a single case where others as
/// grave have more.
fn with_example<'a>(causes: &[&'a Cause]) -> Vec<&'a Cause> {
    let is_shown = |cause: &&Cause| {
        let rank = cause.code.rank();
        cause.cases > 1 || causes.iter().all(|other| other.code.rank() > rank || other.cases == 1)
    };
    let has_something = |cause: &&Cause| cause.code.is_of_an_answer() || cause.example.request.is_some();
    causes.iter().copied().filter(has_something).filter(is_shown).take(EXAMPLES).collect()
}

/// A row of a list that has to fit.
struct BriefRow {
    first: String,
    text: String,
    /// How many causes it is for.
    causes: usize,
}

/// So many lines of a text that has more, with a sign for the rest.
fn first_lines(style: TerminalStyle, text: &str, lines: usize) -> String {
    let kept: Vec<&str> = text.lines().take(lines).collect();
    let Some((last, before)) = kept.split_last() else { return String::new() };
    let last = cut(&format!("{last} …"), style.width.unwrap_or(LONGEST));
    before.iter().copied().chain([last.as_str()]).flat_map(|line| [line, "\n"]).collect()
}

/// An example of each cause. What several causes share, such as a request, is shown once, below all of them.
fn examples(style: TerminalStyle, causes: &[&Cause]) -> String {
    let mut text = String::new();
    let mut rest = causes.to_vec();
    while let Some(first) = rest.first().map(|cause| &cause.example) {
        let is_same = |cause: &&Cause| cause.example.case == first.case && cause.example.step == first.step;
        let (block, others): (Vec<&Cause>, Vec<&Cause>) = rest.into_iter().partition(is_same);
        text.push('\n');
        for (position, cause) in block.iter().enumerate() {
            let example = &cause.example;
            text.push_str(&head(style, cause, position == 0));
            // Where no answer was judged, the line of the cause says all.
            if cause.code.is_of_an_answer() {
                text.push_str(&style.with_label(Paint::Good, "  expected  ", &example.expected));
                text.push_str(&style.with_label(Paint::Bad, "  got       ", &example.actual));
            }
            if let Some(because) = &example.because {
                text.push_str(&style.lines("  because   ", because));
            }
        }
        text.push_str(&show_exchange(style, first));
        rest = others;
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
