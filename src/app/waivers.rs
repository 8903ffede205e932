//! Waivers for what a run has found, one for each cause. Main type: [`Proposed`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{AppError, Saved, today};
use crate::event::Event;
use crate::judgement::WaiverBook;
use crate::model::{CaseRecord, Day, Level, SourceText, Spot, Verdict, WaivedCases, Waiver};
use crate::report::{Waivable, waivable};
use crate::source::{LoadError, Shelf, load_shelf_waivers, load_waivers, waivers_text};
use crate::whole_file::WholeFile;

/// The file of waivers, in the folder of cases.
const FILE: &str = "waivers.toml";

/// The largest file of waivers that is written, in bytes: some hundred thousand ids.
const LARGEST: usize = 16 << 20;

/// What every waiver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverTerms {
    /// Why it is bearable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it is followed up.
    pub link: Option<String>,
    /// The last day on which it counts.
    pub expires: Day,
}

/// Waivers for what a run has found, beyond those that there are.
#[derive(Debug, Default)]
pub struct Proposed {
    /// Each with what it is for, in a line.
    pub waivers: Vec<(String, Waiver)>,
    /// How many cases they are for.
    pub cases: usize,
    /// The cases that did not pass and that no waiver can be for: one waives findings, and these have none.
    pub others: Vec<String>,
}

/// The findings of one cause on one endpoint.
#[derive(Default)]
struct CauseFindings {
    line: String,
    cases: BTreeSet<String>,
    levels: BTreeSet<Level>,
    subjects: BTreeSet<String>,
}

/// What is known so far of a run that is over.
struct RunReading<'a> {
    cases: &'a Path,
    endpoint: String,
    book: WaiverBook,
    entries: BTreeMap<(String, String), CauseFindings>,
    failed: BTreeSet<String>,
    others: Vec<String>,
}

impl Proposed {
    /// The waivers for a run that is over.
    ///
    /// # Errors
    /// Events that cannot be read, a run on the embedded endpoint, and waivers that are invalid already.
    pub fn of(saved: Saved, cases: &Path, grounds: &WaiverTerms) -> Result<Self, AppError> {
        let (endpoint, book) = (String::new(), WaiverBook::default());
        let (entries, failed, others) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let mut reading = RunReading { cases, endpoint, book, entries, failed, others };
        let mut wrong = None;
        saved.replay(&mut |event| {
            if wrong.is_none() {
                wrong = reading.take(event).err();
            }
        })?;
        match wrong {
            Some(error) => Err(error),
            None => Ok(reading.propose(grounds)),
        }
    }

    /// The waivers, as the file has them.
    pub fn text(&self) -> String {
        waivers_text(self.waivers.iter().map(|(line, waiver)| (line.as_str(), waiver)))
    }

    /// Adds them to the file of waivers, which appears whole with all that was in it before.
    ///
    /// # Errors
    /// A file that cannot be read or written, or would be too large or invalid.
    pub fn append(&self, cases: &Path) -> Result<PathBuf, AppError> {
        let path = cases.join(FILE);
        let before = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(AppError::Unreadable { path, source }),
        };
        let gap = match before.as_str() {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let text = format!("{before}{gap}{}\n", self.text().trim_end());
        if text.len() > LARGEST {
            let message = format!("{} would have more than {LARGEST} bytes", path.display());
            return Err(AppError::settings_with(message, "mend what most cases fail for first"));
        }
        check(text.clone())?;
        let written = WholeFile::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.commit()
        });
        written.map_err(|source| AppError::Unwritable { path: path.clone(), source })?;
        Ok(path)
    }
}

/// Reads the text as it will be read.
fn check(text: String) -> Result<(), LoadError> {
    let shelf = Shelf::new([(format!("cases/{FILE}"), text)]).unwrap_or_default();
    load_shelf_waivers(&shelf).map(|_| ())
}

impl RunReading<'_> {
    fn take(&mut self, event: &Event) -> Result<(), AppError> {
        match event {
            Event::Started(start) if start.endpoint.is_reference => Err(AppError::settings_with(
                "nothing is waived for the reference endpoint",
                "waivers are for a run on another endpoint; mend this one instead",
            )),
            Event::Started(start) => {
                self.endpoint.clone_from(&start.endpoint.name);
                self.book = WaiverBook::new(load_waivers(self.cases)?, &start.endpoint, &today(), &[])?;
                Ok(())
            }
            Event::Finished(record) => {
                self.case(record);
                Ok(())
            }
            Event::Warned { .. } | Event::Ended(_) | Event::SeriesStarted { .. } | Event::SeriesEnded(_) => {
                Ok(())
            }
        }
    }

    fn case(&mut self, record: &CaseRecord) {
        let id = record.id.to_string();
        if matches!(record.verdict, Verdict::Inconclusive(_)) {
            self.others.push(id);
            return;
        }
        let Some(record) = self.unwaived(record) else { return };
        let causes = waivable(&record);
        if causes.is_empty() {
            self.others.push(id);
            return;
        }
        for Waivable { id: cause, line, findings } in causes {
            let entry = self.entries.entry((self.endpoint.clone(), cause)).or_default();
            if entry.line.is_empty() {
                entry.line = line;
            }
            entry.cases.insert(id.clone());
            for (level, subject) in findings {
                entry.levels.insert(level);
                entry.subjects.insert(subject);
            }
        }
        self.failed.insert(id);
    }

    /// A case that failed, with what the file waives of it already; none, if that is all.
    fn unwaived(&self, record: &CaseRecord) -> Option<CaseRecord> {
        let mut record = record.clone();
        // The file may be another one by now.
        record.findings.iter_mut().for_each(|finding| finding.waived = None);
        self.book.apply(&mut record);
        (record.verdict == Verdict::Failed).then_some(record)
    }

    fn propose(self, grounds: &WaiverTerms) -> Proposed {
        let spot = Spot { file: Arc::new(SourceText::new(FILE, String::new())), bytes: 0..0 };
        let waiver = |((endpoint, cause), entry): ((String, String), CauseFindings)| {
            let WaiverTerms { reason, owner, link, expires } = grounds.clone();
            let waiver = Waiver {
                endpoint,
                cases: WaivedCases::Ids(entry.cases),
                levels: entry.levels.into_iter().collect(),
                subjects: entry.subjects.into_iter().collect(),
                reason,
                owner,
                link,
                expires,
                spot: spot.clone(),
            };
            (format!("{cause}  {}", entry.line), waiver)
        };
        let waivers = self.entries.into_iter().map(waiver).collect();
        Proposed { waivers, cases: self.failed.len(), others: self.others }
    }
}
