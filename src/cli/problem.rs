//! Shows errors: problems of files with their lines, everything else with its causes.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Command;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::args::program;
use super::excerpt::{Excerpt, short};
use super::exit::CliError;
use super::output::Surroundings;
use crate::app::AppError;
use crate::embedded::EmbeddedError;
use crate::model::{Problem, nearest, nearest_of, plural, pluralise};
use crate::plan::{PlanError, Unmatched};
use crate::report::printable;
use crate::source::LoadError;

/// How many tags are listed.
const TAGS: usize = 30;

/// How many problems are shown with their lines before the rest is listed.
const SHOWN_IN_FULL: usize = 50;

/// Reports an error on standard error and gives its exit code.
pub(super) fn report(error: &CliError) -> ExitCode {
    let text = if let CliError::App(AppError::Load(LoadError::Problems(problems))) = error {
        problems_text(problems)
    } else {
        error_text(error)
    };
    // If standard error is gone, the exit code still shows the error.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(error.code())
}

/// Writing to a String cannot fail, which is why results are dropped here and below.
fn error_text(error: &CliError) -> String {
    let mut text = format!("error: {}\n", printable(&error.to_string()));
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = writeln!(text, "  because: {}", printable(&inner.to_string()));
        cause = inner.source();
    }
    if let Some(hint) = hint(error) {
        let _ = writeln!(text, "  hint: {}", printable(&hint));
    }
    text
}

fn hint(error: &CliError) -> Option<String> {
    match error {
        CliError::Usage { hint, .. } | CliError::App(AppError::Settings { hint, .. }) => hint.clone(),
        CliError::App(AppError::Plan(PlanError::Unmatched(unmatched) | PlanError::UnmatchedId(unmatched) | PlanError::NothingSkipped(unmatched))) => {
            Some(unmatched_hint(unmatched))
        }
        CliError::App(AppError::Plan(PlanError::UnknownTag { tag, known })) => Some(tag_hint(tag, known)),
        CliError::App(AppError::Filter(error)) => error.hint.clone(),
        CliError::App(AppError::Load(LoadError::Empty { .. } | LoadError::Unreadable { .. })) => {
            Some("run in the project's folder, or name its cases with --cases DIR; `proofmark init` starts a project".into())
        }
        CliError::Watch(error) if error.is_limit => {
            Some("the system watches no more files: raise `fs.inotify.max_user_watches`, or end what watches others".into())
        }
        CliError::App(AppError::EmptyShard { .. }) => Some("take fewer parts".into()),
        CliError::App(AppError::Embedded(EmbeddedError::Foreign { .. })) => {
            Some("name an endpoint with --endpoint".into())
        }
        CliError::App(AppError::NothingPending { .. }) => Some("`proofmark pending` shows what is".into()),
        CliError::App(AppError::NoEvents { .. }) => {
            Some("a run writes such a file with --report ndjson=FILE".into())
        }
        CliError::App(
            AppError::Load(LoadError::Problems(_))
            | AppError::Plan(PlanError::NothingFiltered { .. } | PlanError::AllSkipped | PlanError::Empty | PlanError::Id { .. } | PlanError::TooMany)
            | AppError::Pattern(_)
            | AppError::Prepare(_)
            | AppError::Encode(_)
            | AppError::Transport(_)
            | AppError::Embedded(EmbeddedError::Start(_) | EmbeddedError::Address(_))
            | AppError::Orphans(_)
            | AppError::Store(_)
            | AppError::Scratch(_)
            | AppError::Unreadable { .. }
            | AppError::Unwritable { .. }
            | AppError::Key { .. }
            | AppError::NoCertificate { .. }
            | AppError::NoStatement { .. }
            | AppError::NoBundle { .. }
            | AppError::Events { .. },
        )
        | CliError::Watch(_)
        | CliError::Reference(_)
        | CliError::Runtime(_)
        | CliError::Output(_)
        | CliError::Report { .. } => None,
    }
}

/// What to write in place of a pattern that matches nothing. It may have been meant as a command, where none is given.
fn unmatched_hint(unmatched: &Unmatched) -> String {
    const LIST: &str = "`proofmark list` shows every id";
    if let Some((wider, count)) = &unmatched.wider {
        let cases = pluralise(*count, "case");
        return format!("a pattern matches whole parts between slashes: `{wider}` matches {cases}; {LIST}");
    }
    let Some(pattern) = unmatched.patterns.first() else { return LIST.to_owned() };
    let program = program();
    let commands: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let is_command = |argument: OsString| commands.iter().any(|command| argument == **command);
    let is_given = env::args_os().any(is_command);
    if let Some(command) = nearest(pattern, &commands).filter(|_| !is_given) {
        return format!("was the command `{command}` meant? {LIST}");
    }
    let mut unknown = pattern.split('/').filter(|part| !unmatched.parts.contains(*part));
    match unknown.find_map(|part| nearest_of(part, unmatched.parts.iter().map(String::as_str))) {
        Some(near) => format!("did you mean `{near}`? {LIST}"),
        None => LIST.to_owned(),
    }
}

/// What to write in place of a tag that no case has.
fn tag_hint(tag: &str, known: &[String]) -> String {
    let tags: Vec<&str> = known.iter().map(String::as_str).collect();
    match nearest(tag, &tags) {
        Some(near) => format!("did you mean `{near}`?"),
        None if tags.is_empty() => "no table and no case has tags: add `tags = [\"slow\"]`".to_owned(),
        None => format!("the tags here are {}", tags[..tags.len().min(TAGS)].join(", ")),
    }
}

/// Every problem, with its line as long as there are few.
pub(super) fn problems_text(problems: &[Problem]) -> String {
    let is_terminal = io::stderr().is_terminal();
    let surroundings = Surroundings::read();
    let theme = match (surroundings.allows_colour(is_terminal), surroundings.is_dumb(is_terminal)) {
        (_, true) => GraphicalTheme::none(),
        (true, false) => GraphicalTheme::unicode(),
        (false, false) => GraphicalTheme::unicode_nocolor(),
    };
    let width = surroundings.width();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut text = String::new();
    for problem in problems.iter().take(SHOWN_IN_FULL) {
        let shown = ShownProblem::new(problem);
        if problem.spot.file.text.is_empty() || handler.render_report(&mut text, &shown).is_err() {
            let _ = writeln!(text, "  {}", short(&problem.to_string()));
        }
        text.push('\n');
    }
    for problem in problems.iter().skip(SHOWN_IN_FULL) {
        let _ = writeln!(text, "{}", short(&problem.to_string()));
    }
    let count = problems.len();
    let _ = writeln!(text, "{count} {} found", plural(count, "problem", "problems"));
    text
}

/// A problem in the form that miette shows.
#[derive(Debug)]
struct ShownProblem<'a> {
    problem: &'a Problem,
    source: Excerpt,
}

impl<'a> ShownProblem<'a> {
    fn new(problem: &'a Problem) -> Self {
        Self { problem, source: Excerpt::of(problem) }
    }
}

impl std::fmt::Display for ShownProblem<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&short(&self.problem.message))
    }
}

impl Error for ShownProblem<'_> {}

impl Diagnostic for ShownProblem<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.problem.hint.as_ref().map(|hint| Box::new(short(hint)) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::underline(self.source.span))))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::{CliError, SHOWN_IN_FULL, error_text, problems_text};
    use crate::model::{Problem, SourceText, Spot};
    use crate::watch::WatchError;

    #[test]
    fn a_system_that_watches_no_more_files_is_named_with_what_to_raise() {
        let text = error_text(&CliError::Watch(WatchError::of_limit("cases".as_ref())));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "error: cannot watch cases");
        assert!(lines[1].starts_with("  because: ") && lines[1].contains("limit"), "{text}");
        assert!(
            lines[2].starts_with("  hint: ") && lines[2].contains("`fs.inotify.max_user_watches`"),
            "{text}"
        );
    }

    #[test]
    fn so_many_problems_are_shown_with_their_lines_and_the_rest_is_listed() {
        let shown = |count: usize| {
            let mut text = String::new();
            (0..count).for_each(|number| writeln!(text, "mark{number:04}\n\n\n").unwrap());
            let file = Arc::new(SourceText::new("t.toml", &text));
            let problem = |number: usize| {
                let start = number * "mark0000\n\n\n\n".len();
                Problem::new(Spot { file: Arc::clone(&file), bytes: start..start + 8 }, "wrong")
            };
            let printed = problems_text(&(0..count).map(problem).collect::<Vec<_>>());
            assert!(printed.ends_with(&format!("{count} problems found\n")), "{printed}");
            printed.matches("mark").count()
        };
        assert_eq!([2, SHOWN_IN_FULL, SHOWN_IN_FULL + 1].map(shown), [2, SHOWN_IN_FULL, SHOWN_IN_FULL]);
    }
}
