//! `review`: pending snapshots, one kind of change after the other, decided with one key each.
//!
//! Text goes to the terminal line by line and is never drawn anew, so that a slow line, a narrow one and one without
//! colour do. What is decided is carried out at once, so that leaving at any time loses nothing.

use std::io::{self, IsTerminal};

use super::page;
use crate::app::review::{QueueDecision, QueuePosition, ReviewQueue};
use crate::cli::args::PageArgs;
use crate::cli::change_text::{DisplayLength, DisplayStyle};
use crate::cli::exit::{BROKEN, CONFORMS, CliError};
use crate::cli::keyboard::{KeyPress, Keyboard};
use crate::cli::print;
use crate::cli::snapshots::{code, contracts, pending_files};
use crate::model::plural;
use crate::report::printable;
use crate::review::{Change, group};
use crate::wrapped::wrap;

/// What the keys do; no line is wider than 40 columns.
const HELP: &str = "\
a  accept: the change is right
r  reject: the snapshot stays as it was
s  skip: decide later
1  go through the cases one by one
A, R, S  the same for the rest of the
         cases of this kind
d  the difference   l  all of it, and
                       all cases
o  the old answers  n  the new ones
w  what was sent    c  the contract
b  back to the pending one before
/  a case: a part of its id, then Enter
q  quit; what is decided stays decided
";

/// Below this width the short line of keys is shown.
const WIDE: usize = 76;

/// Goes through the pending snapshots at a terminal.
pub(super) fn review(args: &PageArgs) -> Result<u8, CliError> {
    let PageArgs { html, review: args } = args;
    if let Some(page) = html {
        return page::write(page, args);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(CliError::Usage {
            message: "`review` is interactive and needs a terminal".into(),
            hint: Some("in scripts use `pending`, `accept` or `reject`".into()),
        });
    }
    let waiting = pending_files(args)?;
    let has_unusable = waiting.has_unusable();
    if waiting.selected.is_empty() {
        print(if has_unusable {
            "nothing to decide on: no pending snapshot can be read\n"
        } else {
            "nothing is pending\n"
        })?;
        return Ok(code(has_unusable, CONFORMS));
    }
    let contracts = contracts(&args.store);
    let groups = group(waiting.selected, |case| contracts.of(case));
    let look = DisplayStyle { extent: DisplayLength::Screen, ..DisplayStyle::of_output(true) };
    let keyboard = Keyboard::open().map_err(CliError::Output)?;
    let mut session = ReviewSession { queue: ReviewQueue::new(groups), look, keyboard, failed: None };
    let end = session.run();
    let summary = session.summary();
    let ReviewSession { queue, keyboard, failed, .. } = session;
    drop(keyboard);
    end?;
    print(&summary)?;
    let still = if queue.count(QueueDecision::None) == 0 { CONFORMS } else { BROKEN };
    Ok(code(has_unusable, failed.unwrap_or(still)))
}

/// A review that is under way.
struct ReviewSession {
    queue: ReviewQueue,
    look: DisplayStyle,
    keyboard: Keyboard,
    /// The exit code of the first file that could not be changed.
    failed: Option<u8>,
}

impl ReviewSession {
    fn run(&mut self) -> Result<(), CliError> {
        let mut place = self.queue.first();
        while let Some(here) = place {
            self.show(here)?;
            place = self.ask(here)?;
        }
        Ok(())
    }

    fn show(&self, here: QueuePosition) -> Result<(), CliError> {
        let look = self.look;
        let change = self.queue.change(here);
        let kinds = self.queue.len();
        let text = match here {
            QueuePosition::Kind(kind) => {
                let waiting = self.queue.undecided_changes(kind);
                look.head(kind + 1, kinds, waiting.len())
                    + &look.facts(self.queue.group(kind))
                    + &look.faults(&waiting)
                    + &look.cases(&waiting)
            }
            QueuePosition::Case(kind, case) => {
                let of = self.queue.group(kind).changes.len();
                let head = format!("CASE {} of {of}, change {} of {kinds}", case + 1, kind + 1);
                format!("{head}\n{}", look.cases(&[change]))
                    + &look.case_facts(change)
                    + &look.faults(&[change])
            }
        };
        say(&format!("\n{text}{}", look.difference(change)))
    }

    fn prompt(&self, here: QueuePosition) -> String {
        if self.look.width < WIDE {
            return "a accept r reject s skip ? help > ".into();
        }
        match here {
            QueuePosition::Kind(kind) => {
                let count = self.queue.undecided_changes(kind).len();
                let all = if count == 1 { String::new() } else { format!(" all {count}") };
                format!("[a]ccept{all}  [r]eject{all}  [s]kip  [1] one by one  [?] help > ")
            }
            QueuePosition::Case(..) => {
                "[a]ccept  [r]eject  [s]kip  [A]ccept the rest too  [?] help > ".into()
            }
        }
    }

    /// Asks until something is decided; gives the place to go to, or none to end.
    fn ask(&mut self, here: QueuePosition) -> Result<Option<QueuePosition>, CliError> {
        loop {
            say(&self.prompt(here))?;
            let key = self.keyboard.key();
            let shown = if let KeyPress::Letter(letter) = key { letter.to_string() } else { String::new() };
            say(&format!("{shown}\n"))?;
            let KeyPress::Letter(letter) = key else {
                if key == KeyPress::Leave {
                    return Ok(None);
                }
                continue;
            };
            match letter {
                'q' => return Ok(None),
                'a' | 'r' | 's' => return self.decide(here, decision(letter)),
                'A' | 'R' | 'S' => return self.decide(here.kind(), decision(letter)),
                '1' => return Ok(self.queue.first_case(here)),
                'b' => match self.queue.before(here) {
                    Some(place) => return Ok(Some(place)),
                    None => say("no pending snapshot is before this\n")?,
                },
                '/' => {
                    if let Some(place) = self.jump(here)? {
                        return Ok(Some(place));
                    }
                }
                other => self.show_part(other, self.queue.change(here))?,
            }
        }
    }

    /// Shows what a key asks for.
    fn show_part(&self, letter: char, change: &Change) -> Result<(), CliError> {
        let (look, snapshot) = (self.look, &change.snapshot);
        let whole = DisplayStyle { extent: DisplayLength::Whole, ..look };
        let old = snapshot.old.as_ref().map_or("nothing\n", |old| &old.text);
        let text = match letter {
            'd' => look.difference(change),
            'l' => {
                let kind = self.queue.kind_of(change);
                whole.cases(&self.queue.undecided_changes(kind)) + &whole.difference(change)
            }
            'o' => self.of(change, "before") + &look.show_whole(old),
            'n' => self.of(change, "now") + &look.show_whole(&snapshot.new.text),
            'w' => self.of(change, "sent") + &look.show_whole(&requests(&snapshot.new.text)),
            'c' if change.rows.is_empty() => "no row of the contract has to do with this change\n".into(),
            'c' => look.rows(change),
            '?' => HELP.into(),
            _ => "no such key; ? shows them\n".into(),
        };
        say(&text)
    }

    fn of(&self, change: &Change, what: &str) -> String {
        wrap(&change.snapshot.case, &format!("{what}: "), "  ", self.look.width)
    }

    /// Carries a decision out, and gives the next place.
    fn decide(
        &mut self,
        here: QueuePosition,
        decision: QueueDecision,
    ) -> Result<Option<QueuePosition>, CliError> {
        let (done, errors) = self.queue.decide(here, decision);
        for error in errors {
            let text = wrap(&error.to_string(), "could not: ", "  ", self.look.width);
            self.failed = self.failed.or(Some(CliError::from(error).code()));
            say(&text)?;
        }
        say(&format!("{} {done} {}\n", decision.word(), plural(done, "case", "cases")))?;
        Ok(self.queue.after(here))
    }

    /// Asks for a part of an id, and gives the next case that has it.
    fn jump(&mut self, here: QueuePosition) -> Result<Option<QueuePosition>, CliError> {
        say("a part of the case's id: ")?;
        let mut part = String::new();
        loop {
            match self.keyboard.key() {
                KeyPress::Letter(letter) => {
                    part.push(letter);
                    say(&letter.to_string())?;
                }
                KeyPress::Backspace if part.pop().is_some() => say("\u{8} \u{8}")?,
                KeyPress::Enter => break,
                KeyPress::Leave => part.clear(),
                KeyPress::Backspace | KeyPress::Other => {}
            }
            if part.is_empty() {
                break;
            }
        }
        say("\n")?;
        let found = if part.is_empty() { None } else { self.queue.find(&part, here) };
        if found.is_none() && !part.is_empty() {
            say(&format!("no pending case has `{}` in its id\n", printable(&part)))?;
        }
        Ok(found)
    }

    fn summary(&self) -> String {
        let count = |decision| self.queue.count(decision);
        let still = count(QueueDecision::None);
        let counts = format!(
            "accepted {}, rejected {}, still waiting {still}",
            count(QueueDecision::Accepted),
            count(QueueDecision::Rejected)
        );
        let hint = if still > 0 { "; `proofmark review` goes on" } else { "" };
        "\n".to_owned() + &wrap(&(counts + hint), "", "  ", self.look.width)
    }
}

/// Writes text; in the raw mode a line's end does not go back to the first column.
fn say(text: &str) -> Result<(), CliError> {
    print(&text.replace('\n', "\r\n")).map(drop)
}

/// What a key decides.
fn decision(letter: char) -> QueueDecision {
    match letter.to_ascii_lowercase() {
        'a' => QueueDecision::Accepted,
        'r' => QueueDecision::Rejected,
        _ => QueueDecision::Skipped,
    }
}

/// The lines of a snapshot's text that were sent.
fn requests(text: &str) -> String {
    let lines = text.lines().filter(|line| line.starts_with('>') || line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
