//! `review --html` and `accept --decisions`: deciding in a browser.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::review::{code, contracts, note_origins, pending_files, store};
use crate::cli::args::{ReviewArgs, StoreArgs};
use crate::cli::exit::{BROKEN, CONFORMS, CliError};
use crate::cli::keep::{Keep, Kind};
use crate::cli::print;
use crate::model::{Problem, SourceText, Spot};
use crate::report::printable;
use crate::review::{Choice, Decision, Decisions, Page, Standing, group};
use crate::snapshot::{PendingSnapshot, Recorded, Store, StoreError};
use crate::source::LoadError;
use crate::whole_file::WholeFile;

/// The largest file of decisions that is read, in bytes: some 40,000 decisions.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// Writes the page.
pub(super) fn write(page: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let store = store(&args.store)?;
    let mut keep = Keep::new(false);
    keep.cases(&args.store.folder.cases);
    keep.snapshots(Some(store.root()));
    keep.allow(page, Kind::ReviewPage)?;
    let waiting = pending_files(args)?;
    let suite = contracts(&args.store);
    let (count, has_unusable) = (waiting.selected.len(), waiting.has_unusable());
    let groups = group(waiting.selected, |case| suite.of(case));
    let contents = Page {
        store: &name(&store),
        folder: &store.root().display().to_string(),
        arguments: &arguments(&args.store),
        has_unusable,
        groups: &groups,
    };
    let written = WholeFile::create(page).and_then(|mut file| {
        contents.write(&mut file)?;
        file.commit()
    });
    written.map_err(|source| CliError::Report { path: page.to_path_buf(), source })?;
    let shown = page.display().to_string();
    let plural = if groups.len() == 1 { "" } else { "s" };
    print(&format!(
        "wrote {}: {count} pending, {} kind{plural} of change\n",
        printable(&shown),
        groups.len()
    ))?;
    Ok(code(has_unusable, CONFORMS))
}

/// The name by which decisions know a store: that of its folder, which is the same on every machine.
fn name(store: &Store) -> String {
    let folder = store.root();
    let last = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    last(folder).or_else(|| last(&folder.canonicalize().ok()?)).unwrap_or_default()
}

/// The arguments that lead to the same store again, as a shell takes them.
fn arguments(args: &StoreArgs) -> String {
    let folder = |folder: &PathBuf| folder.display().to_string();
    let cases = Some(folder(&args.folder.cases)).filter(|cases| cases != "cases");
    let given = [
        ("--cases", cases),
        ("--endpoint", args.endpoint.clone()),
        ("--snapshots", args.snapshots.as_ref().map(folder)),
    ];
    let given = given.into_iter().filter_map(|(flag, value)| Some(format!("{flag} {} ", quoted(&value?))));
    given.collect()
}

fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Carries out what was decided on the page. What has changed since is named and left alone.
pub(super) fn carry_out(file: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let decisions = read(file)?;
    let store = store(&args.store)?;
    let here = name(&store);
    if decisions.store != here {
        return Err(CliError::Usage {
            message: format!("the decisions are about the store `{}`, and this is `{here}`", decisions.store),
            hint: Some("name the store with --endpoint or --snapshots, as for `review`".into()),
        });
    }
    let waiting = pending_files(args)?;
    let pending: BTreeMap<&str, &PendingSnapshot> =
        waiting.selected.iter().map(|snapshot| (snapshot.case.as_str(), snapshot)).collect();
    let others = decisions.decisions.iter().map(|decision| decision.case.as_str());
    let others: BTreeSet<&str> = others.filter(|case| !pending.contains_key(case)).collect();
    let accepted = store.accepted(&others)?;
    let accepts = |decision: &&Decision| decision.decision == Choice::Accept;
    let meant = decisions.decisions.iter().filter(accepts);
    note_origins(meant.filter_map(|decision| {
        match decision.standing(pending.get(decision.case.as_str()).copied(), None) {
            Standing::Waits(snapshot) => Some(snapshot),
            Standing::Done | Standing::Changed | Standing::Gone => None,
        }
    }));
    let mut tally = Tally::default();
    for decision in &decisions.decisions {
        let case = decision.case.as_str();
        tally.carry_out(decision, pending.get(case).copied(), accepted.get(case))?;
    }
    let Tally { accepted, rejected, left_alone } = tally;
    print(&format!("{accepted} accepted, {rejected} rejected, {left_alone} left alone\n"))?;
    Ok(code(waiting.has_unusable(), if left_alone == 0 { CONFORMS } else { BROKEN }))
}

/// What has become of the decisions.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
    left_alone: usize,
}

impl Tally {
    fn carry_out(
        &mut self,
        decision: &Decision,
        pending: Option<&PendingSnapshot>,
        accepted: Option<&Recorded>,
    ) -> Result<(), CliError> {
        let (count, done) = match decision.decision {
            Choice::Accept => (&mut self.accepted, "accepted"),
            Choice::Reject => (&mut self.rejected, "rejected"),
        };
        let case = printable(&decision.case);
        let line = match decision.standing(pending, accepted) {
            Standing::Waits(snapshot) => {
                let carried_out = match decision.decision {
                    Choice::Accept => snapshot.accept(),
                    Choice::Reject => snapshot.reject(),
                };
                match carried_out {
                    Ok(()) => {
                        *count += 1;
                        format!("{done}  {case}\n")
                    }
                    // Somebody was quicker, between the comparison and the lock.
                    Err(StoreError::Changed { .. }) => {
                        self.left_alone += 1;
                        format!("left alone  {case}: it has changed since it was decided on\n")
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Standing::Done => format!("{done} before  {case}\n"),
            Standing::Changed => {
                self.left_alone += 1;
                format!("left alone  {case}: it has changed since it was decided on\n")
            }
            Standing::Gone => {
                self.left_alone += 1;
                format!("left alone  {case}: nothing waits\n")
            }
        };
        print(&line)?;
        Ok(())
    }
}

/// Reads a file of decisions, whole or not at all.
fn read(path: &Path) -> Result<Decisions, CliError> {
    let text = bounded(path).unwrap_or_else(|reason| Err(reason.to_string()));
    let source = |text: String| Arc::new(SourceText::new(path, text));
    let problems = match text {
        Ok(text) => match Decisions::read(&source(text)) {
            Ok(decisions) => return Ok(decisions),
            Err(problems) => problems,
        },
        Err(reason) => vec![Problem::new(Spot { file: source(String::new()), bytes: 0..0 }, reason)],
    };
    Err(LoadError::Problems(problems).into())
}

fn bounded(path: &Path) -> io::Result<Result<String, String>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Ok(Err(format!("the file is larger than {LARGEST_FILE} bytes")));
    }
    Ok(String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn an_argument_is_one_word_for_a_shell() {
        assert_eq!(quoted("a/@b-c.d_e"), "a/@b-c.d_e");
        assert_eq!(quoted("it's $x; y"), r"'it'\''s $x; y'");
        assert_eq!(quoted(""), "''");
    }
}
