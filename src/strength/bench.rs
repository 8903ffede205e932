//! Takes the recorded cases of a run, and judges the mutants of their answers. Main type: [`Bench`].

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::figures::{Counted, Figures};
use super::mutate::{Material, Mutant, mutants};
use super::permit::permit;
use crate::check::select_in;
use crate::judgement::{ReplayError, Retrial, Retried, UniqueIds, WaiverBook};
use crate::model::{
    Answer, CaseRecord, Exchange, Inconclusive, Level, Normalisation, RequestId, Value, Verdict,
};
use crate::plan::PlannedCase;
use crate::snapshot::{RuleBook, SnapshotRules, Transcript, VolatileNames};
use crate::template::Templates;

/// How much is done at the most.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// How many mutants are judged.
    pub mutants: u64,
}

/// The deepest level at which a finding kills a mutant: all but that of snapshots.
fn gate() -> Level {
    Level::ALL.into_iter().filter(|level| *level != Level::Snapshot).max().unwrap_or(Level::Body)
}

/// Judges the mutants of recorded cases, one case after the other, in the order of their ids. Of what it was given it
/// keeps three answers for each contract.
pub struct Bench {
    /// One of these is that of a record's run; shards have one each.
    seeds: Vec<u64>,
    /// What snapshots leave out of the endpoint's answers, beyond what contracts say.
    own: Normalisation,
    bound: Bound,
    templates: Templates,
    rules: RuleBook,
    earlier: BTreeMap<String, Earlier>,
    figures: Figures,
}

/// What mutants take from answers before.
#[derive(Default)]
struct Earlier {
    success: Option<Value>,
    error: Option<Value>,
    last: Option<(Answer, CaseRecord)>,
}

impl Bench {
    /// A bench for the cases of a run; of a merged one, each part has a seed.
    pub fn new(seeds: Vec<u64>, own: Normalisation, bound: Bound) -> Self {
        Self {
            seeds,
            own,
            bound,
            templates: Templates::default(),
            rules: RuleBook::default(),
            earlier: BTreeMap::new(),
            figures: Figures::default(),
        }
    }

    /// All that has become of the mutants.
    pub fn finish(self) -> Figures {
        self.figures
    }

    /// Takes a recorded case. One that did not pass, or whose exchanges are not recorded, has no mutants.
    ///
    /// # Errors
    /// A record that cannot be judged again.
    pub fn take(&mut self, planned: &PlannedCase, record: &CaseRecord) -> Result<(), ReplayError> {
        let has_passed = matches!(record.verdict, Verdict::Passed | Verdict::Flaky { .. });
        if !has_passed || record.exchanges.is_empty() {
            self.figures.left_out += 1;
            return Ok(());
        }
        let templates = std::mem::take(&mut self.templates);
        let with = |seed: &u64| Retrial::new(planned, record, gate(), *seed, &templates);
        let mut all = self.seeds.iter().map(with);
        let first = all.next().unwrap_or(Ok(None));
        let retrial = if first.is_ok() { first } else { all.find(Result::is_ok).unwrap_or(first) };
        let done = retrial.map(|retrial| match retrial {
            Some(retrial) => self.case(planned, record, &retrial),
            // At a level that was not asked for when it was run, it does not pass.
            None => self.figures.left_out += 1,
        });
        self.templates = templates;
        done
    }

    fn case(&mut self, planned: &PlannedCase, record: &CaseRecord, retrial: &Retrial<'_>) {
        self.figures.cases += 1;
        let exchanges = retrial.exchanges().to_vec();
        let rules = self.rules.of(&planned.contract, &self.own);
        let mut snapshot = Snapshot { rules, exchanges: &exchanges, text: None };
        let bare = with_ids(record, Vec::new());
        let id = planned.contract.id.to_string();
        let earlier = self.earlier.remove(&id).unwrap_or_default();
        for (step, exchange) in exchanges.iter().enumerate() {
            if self.figures.is_stopped {
                break;
            }
            self.figures.answers += 1;
            let material = Material {
                contract: &planned.contract,
                exchange,
                success: earlier.success.as_ref(),
                error: earlier.error.as_ref(),
                earlier: [
                    earlier.last.as_ref().map(|(answer, _)| answer),
                    step.checked_sub(1).map(|before| &exchanges[before].answer),
                ],
            };
            let row = row(planned, exchange, retrial.row(step));
            let last = earlier.last.as_ref().map(|(_, record)| record);
            let mut take = |mutant: Mutant| {
                if self.figures.mutants() >= self.bound.mutants {
                    self.figures.is_stopped = true;
                    return ControlFlow::Break(());
                }
                self.mutant((planned, &bare, last), retrial, (step, &row), &mutant, &mut snapshot);
                ControlFlow::Continue(())
            };
            if let ControlFlow::Continue(is_cut) = mutants(material, &mut take) {
                self.figures.cut += u64::from(is_cut);
            }
        }
        self.earlier.insert(id, after(earlier, record, retrial));
    }

    fn mutant(
        &mut self,
        (planned, bare, last): (&PlannedCase, &CaseRecord, Option<&CaseRecord>),
        retrial: &Retrial<'_>,
        (step, row): (usize, &str),
        mutant: &Mutant,
        snapshot: &mut Snapshot<'_>,
    ) {
        let Some(mut retried) = retrial.with(step, mutant.answer.clone()) else { return };
        if let (Verdict::Passed, Some(last)) = (&retried.verdict, last) {
            find_shared(planned, bare, last, &mut retried);
        }
        let of = Counted {
            case: &planned.id,
            contract: planned.contract.id.as_str(),
            row,
            step,
            operator: mutant.operator,
            place: &mutant.place,
            change: &mutant.change,
        };
        let counted = retried.findings.iter().filter(|finding| finding.counts(gate()));
        if let Some(level) = counted.map(|finding| finding.level).min() {
            self.figures.count_killed(of, level);
            return;
        }
        let in_snapshots = snapshot.differs(step, &mutant.answer);
        let is_silent = !matches!(retried.verdict, Verdict::Inconclusive(Inconclusive::Unprepared { .. }));
        let subject = retrial.subject(step, &mutant.answer);
        let permit = permit(&subject, mutant, &planned.case, &retried.findings).filter(|_| is_silent);
        match permit {
            Some(permit) => self.figures.count_open(of, &permit, in_snapshots),
            None => self.figures.gap(of, in_snapshots),
        }
    }
}

/// The row that an answer is an instance of, or what else it is.
fn row(planned: &PlannedCase, exchange: &Exchange, own: Option<&str>) -> String {
    if let Some(own) = own {
        return own.to_owned();
    }
    let answer = &exchange.answer;
    if answer.status < 400 {
        return "success".to_owned();
    }
    let contract = &planned.contract;
    let code = contract.envelope.code.as_ref().and_then(|path| select_in(contract, answer, path).ok());
    let code = code.as_ref().and_then(Value::as_code).unwrap_or_default();
    // Codes that no row has are an endpoint's own, and may be any number.
    let is_known = contract.rows_of(code).next().is_some();
    format!("{} {}", answer.status, if is_known { code } else { "(another code)" })
}

/// What later cases take from this one.
fn after(mut earlier: Earlier, record: &CaseRecord, retrial: &Retrial<'_>) -> Earlier {
    for exchange in retrial.exchanges() {
        if let Some(tree) = exchange.answer.tree() {
            let place = if exchange.answer.status < 400 { &mut earlier.success } else { &mut earlier.error };
            *place = Some(tree.clone());
        }
    }
    // An id of a success is one that another success may repeat, and an error has fewer.
    let is_success = |exchange: &&Exchange| exchange.answer.status < 400;
    let donor = retrial.exchanges().iter().rev().find(is_success).or(retrial.exchanges().last());
    let is_better = |donor: &Exchange| {
        is_success(&donor) || earlier.last.as_ref().is_none_or(|(answer, _)| answer.status >= 400)
    };
    if let Some(donor) = donor.filter(|donor| is_better(donor)) {
        let record = with_ids(record, retrial.request_ids().to_vec());
        earlier.last = Some((donor.answer.clone(), record));
    }
    earlier
}

/// A record of which nothing is known but its request ids.
fn with_ids(record: &CaseRecord, request_ids: Vec<RequestId>) -> CaseRecord {
    let mut bare = record.clone();
    bare.exchanges.clear();
    bare.findings.clear();
    CaseRecord { request_ids, verdict: Verdict::Passed, ..bare }
}

/// Looks whether a mutant has an id that an answer of an earlier case had, as a run does.
fn find_shared(planned: &PlannedCase, bare: &CaseRecord, last: &CaseRecord, retried: &mut Retried) {
    let (contract, waivers) = (Some(&*planned.contract), WaiverBook::default());
    let mut unique = UniqueIds::default();
    unique.take(&mut last.clone(), contract, &waivers);
    let request_ids = std::mem::take(&mut retried.request_ids);
    let mut again = CaseRecord { request_ids, ..bare.clone() };
    unique.take(&mut again, contract, &waivers);
    retried.findings.extend(again.findings);
}

/// The snapshot of a case, made when it is asked for.
struct Snapshot<'a> {
    rules: Arc<SnapshotRules>,
    exchanges: &'a [Exchange],
    text: Option<String>,
}

impl Snapshot<'_> {
    /// Whether it is another one with this answer to a step's request.
    fn differs(&mut self, step: usize, answer: &Answer) -> bool {
        let mut changed = self.exchanges.to_vec();
        changed[step].answer = answer.clone();
        let text =
            |exchanges: &[Exchange]| Transcript::new(exchanges, &self.rules, VolatileNames::default()).text();
        let own = match self.text.take() {
            Some(own) => own,
            None => text(self.exchanges),
        };
        let differs = text(&changed) != own;
        self.text = Some(own);
        differs
    }
}
