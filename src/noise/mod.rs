//! Finds values that change between two runs of the same cases without a cause, and the rules that make them stable.
//!
//! Pure: from the records of both runs to rules and remarks. [`Study`] gathers cases and drops those that are alike;
//! [`Study::findings`] proposes rules, applies them to the records, and looks again, until no difference is left that
//! a rule mends. So with these rules the same two runs have no such difference any more. It writes and judges nothing.

mod difference;
mod paste;
mod pattern;
mod place;
mod proposal;
mod shuffle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::digest::sha256_hex;
use crate::model::{Body, CaseRecord, Contract, Exchange, Literals, Normalisation, Verdict};
use crate::snapshot::{SnapshotRules, Transcript, VolatileNames};
use crate::wire::{read_body, settle};
use difference::{NoiseDifference, differences};
use proposal::{Drafts, PairDifference};

pub use paste::{Home, as_toml};
pub use proposal::Proposal;

/// How often rules are proposed and what is left looked at again: whole values first, then parts of texts, then what
/// has come to light behind them.
const ROUNDS: usize = 8;

/// The most differences of one case that are held in a round: a place takes far more memory than a digit there.
const MOST_SEEN: usize = 1_000;

/// What one run recorded of a case.
#[derive(Debug)]
pub enum RecordedAnswers {
    /// Its answers.
    Answers(Answers),
    /// There are none to compare.
    Missing(String),
}

/// The answers to a case, without what can be read from them again.
#[derive(Debug)]
pub struct Answers {
    exchanges: Vec<Exchange>,
    given: Vec<(String, String)>,
    literals: Vec<Literals>,
}

/// The first run's part of a case.
#[derive(Debug)]
enum First {
    Answers(Answers),
    /// The digest of its stable text: memory is bounded.
    Digest(String),
    Missing(String),
}

/// What is known of the two runs.
#[derive(Debug)]
pub struct Study {
    own: Normalisation,
    /// How many more bytes of answers are kept.
    room: usize,
    first: BTreeMap<String, First>,
    pairs: Vec<DifferingCase>,
    alike: usize,
    /// Cases that could not be compared, and why.
    pub missing: Vec<(String, String)>,
    /// Cases that differ and were too large to be looked into.
    pub too_large: Vec<String>,
}

/// A case whose answers differ.
#[derive(Debug)]
struct DifferingCase {
    case: String,
    contract: Arc<Contract>,
    first: Answers,
    second: Answers,
}

/// What a study came to.
#[derive(Debug)]
pub struct StudyResult {
    /// The rules that make answers stable.
    pub proposals: Vec<Proposal>,
    /// What no rule mends, and the cases that show it.
    pub remarks: BTreeMap<String, BTreeSet<String>>,
    /// How many cases differed.
    pub differing: usize,
    /// How many were alike.
    pub alike: usize,
}

impl RecordedAnswers {
    /// Takes what a run recorded.
    pub fn new(record: &CaseRecord) -> Self {
        if let Verdict::Inconclusive(_) | Verdict::Skipped(_) = &record.verdict {
            return Self::Missing(record.verdict.reason().unwrap_or_default());
        }
        Self::Answers(Answers {
            exchanges: record.exchanges.clone(),
            given: record.given.clone(),
            literals: record.literals.clone(),
        })
    }
}

impl Answers {
    fn size(&self) -> usize {
        let size = |exchange: &Exchange| {
            let headers = exchange.answer.headers.iter().chain(&exchange.request.headers);
            let pairs = headers.chain(&exchange.request.params).map(|(name, value)| name.len() + value.len());
            exchange.answer.bytes.len() + exchange.request.body.as_str().len() + pairs.sum::<usize>()
        };
        self.exchanges.iter().map(size).sum()
    }

    /// Lets go what can be read again, which takes far more than the bytes.
    fn pack(mut self) -> Self {
        for exchange in &mut self.exchanges {
            exchange.answer.body = Body::Empty;
        }
        self
    }

    fn unpack(&self, contract: &Contract) -> Vec<Exchange> {
        let mut exchanges = self.exchanges.clone();
        for Exchange { answer, .. } in &mut exchanges {
            answer.body = read_body(&answer.bytes, answer.header("content-type"));
            settle(contract, answer);
        }
        exchanges
    }

    fn names(&self) -> VolatileNames {
        let mut names = VolatileNames::default();
        self.given.iter().for_each(|(name, value)| names.add(name, value));
        names.set_literals(&self.literals);
        names
    }

    fn text(&self, exchanges: &[Exchange], contract: &Contract, more: &[&Normalisation]) -> String {
        self.transcript(exchanges, contract, more).text()
    }

    fn transcript<'a>(
        &self,
        exchanges: &'a [Exchange],
        contract: &Contract,
        more: &[&Normalisation],
    ) -> Transcript<'a> {
        let rules: Vec<&Normalisation> =
            std::iter::once(&contract.normalisation).chain(more.iter().copied()).collect();
        Transcript::new(exchanges, &SnapshotRules::new(&rules, &contract.snapshot_headers), self.names())
    }
}

impl Study {
    /// A study with the rules that the endpoint has beyond its contracts. Of the answers, so many bytes are kept.
    pub fn new(own: Normalisation, room: usize) -> Self {
        Self {
            own,
            room,
            first: BTreeMap::new(),
            pairs: Vec::new(),
            alike: 0,
            missing: Vec::new(),
            too_large: Vec::new(),
        }
    }

    /// Takes what the first run recorded of a case.
    pub fn first(&mut self, case: &str, contract: &Contract, recorded: RecordedAnswers) {
        let first = match recorded {
            RecordedAnswers::Missing(reason) => First::Missing(reason),
            RecordedAnswers::Answers(answers) => match self.room.checked_sub(answers.size()) {
                Some(room) => {
                    self.room = room;
                    First::Answers(answers.pack())
                }
                None => First::Digest(self.digest(&answers, contract)),
            },
        };
        self.first.insert(case.to_owned(), first);
    }

    fn digest(&self, answers: &Answers, contract: &Contract) -> String {
        sha256_hex(answers.text(&answers.exchanges, contract, &[&self.own]).as_bytes())
    }

    /// Takes what the second run recorded of the same case, and keeps both if they differ.
    pub fn second(&mut self, case: &str, contract: &Arc<Contract>, recorded: RecordedAnswers) {
        let found = (self.first.remove(case), recorded);
        let (first, second) = match found {
            (Some(First::Missing(reason)), _) | (_, RecordedAnswers::Missing(reason)) => {
                self.missing.push((case.to_owned(), reason));
                return;
            }
            (None, _) => {
                self.missing.push((case.to_owned(), "the first run did not come to it".to_owned()));
                return;
            }
            (Some(First::Digest(digest)), RecordedAnswers::Answers(second)) => {
                if digest == self.digest(&second, contract) {
                    self.alike += 1;
                } else {
                    self.too_large.push(case.to_owned());
                }
                return;
            }
            (Some(First::Answers(first)), RecordedAnswers::Answers(second)) => (first, second),
        };
        let texts =
            [&first, &second].map(|answers| answers.text(&answers.unpack(contract), contract, &[&self.own]));
        let size = first.size();
        if texts[0] == texts[1] {
            self.room += size;
            self.alike += 1;
        } else if let Some(room) = self.room.checked_sub(second.size()) {
            self.room = room;
            let pair = DifferingCase {
                case: case.to_owned(),
                contract: Arc::clone(contract),
                first,
                second: second.pack(),
            };
            self.pairs.push(pair);
        } else {
            self.room += size;
            self.too_large.push(case.to_owned());
        }
    }

    /// What differs, and the rules that mend it. `is_own` says whether rules are the endpoint's, and not its contracts'.
    pub fn findings(&self, is_own: bool) -> StudyResult {
        let mut drafts = Drafts::new(is_own);
        for _ in 0..ROUNDS {
            let mut found = Vec::new();
            for (index, pair) in self.pairs.iter().enumerate() {
                // What is past the bound shows up in the next round, when rules have mended the first ones.
                let differences = self.differences(pair, &drafts).into_iter().take(MOST_SEEN);
                found.extend(differences.map(|difference| PairDifference {
                    pair: index,
                    contract: &pair.contract,
                    difference,
                }));
            }
            if !drafts.add(&found, &self.own) {
                break;
            }
        }
        self.drop_idle(&mut drafts);
        let mut remarks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for pair in self.pairs.iter().filter(|pair| !self.is_mended(pair, &drafts)) {
            let found = self.differences(pair, &drafts);
            let mut texts: Vec<String> = found.iter().map(NoiseDifference::to_string).collect();
            if texts.is_empty() {
                texts.push("which values are equal differs".to_owned());
            }
            for remark in texts {
                remarks.entry(remark).or_default().insert(pair.case.clone());
            }
        }
        let case = |index: usize| self.pairs[index].case.clone();
        StudyResult {
            proposals: drafts.finish(case),
            remarks,
            differing: self.pairs.len() + self.too_large.len(),
            alike: self.alike,
        }
    }

    fn differences(&self, pair: &DifferingCase, drafts: &Drafts) -> Vec<NoiseDifference> {
        let more = drafts.rules(&pair.contract);
        let exchanges = [&pair.first, &pair.second].map(|answers| answers.unpack(&pair.contract));
        let [first, second] = [(&pair.first, &exchanges[0]), (&pair.second, &exchanges[1])]
            .map(|(answers, exchanges)| answers.transcript(exchanges, &pair.contract, &[&self.own, &more]));
        differences(&first, &second)
    }

    fn is_mended(&self, pair: &DifferingCase, drafts: &Drafts) -> bool {
        let more = drafts.rules(&pair.contract);
        let [first, second] = [&pair.first, &pair.second].map(|answers| {
            answers.text(&answers.unpack(&pair.contract), &pair.contract, &[&self.own, &more])
        });
        first == second
    }

    /// Drops rules that are not needed: without them, every case that they were made for is as stable. A value has its
    /// name in every place, so one rule often does the work of several.
    fn drop_idle(&self, drafts: &mut Drafts) {
        for index in drafts.by_worth() {
            let pairs: Vec<&DifferingCase> =
                drafts.pairs(index).iter().map(|pair| &self.pairs[*pair]).collect();
            let is_needed = pairs.into_iter().any(|pair| {
                drafts.switch(index, true);
                let with = self.remainder(pair, drafts);
                drafts.switch(index, false);
                self.remainder(pair, drafts) != with
            });
            drafts.switch(index, is_needed);
        }
    }

    /// What is left in a case: whether it differs at all, and at how many places.
    fn remainder(&self, pair: &DifferingCase, drafts: &Drafts) -> (bool, usize) {
        (self.is_mended(pair, drafts), self.differences(pair, drafts).len())
    }
}
