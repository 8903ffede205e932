//! Request ids that answers of different cases share. Main type: [`UniqueIds`].

use std::collections::HashMap;
use std::sync::Arc;

use super::waiver::WaiverBook;
use crate::check::{is_shared_id, shared_id};
use crate::model::{CaseRecord, Contract, Verdict};

/// The request ids of a run, and the answer that had each first. Cases come in the order of their ids, so the finding
/// is always at the later one. It grows by some hundred bytes for each answer.
#[derive(Debug, Default)]
pub struct UniqueIds {
    seen: HashMap<String, (Arc<str>, usize)>,
}

impl UniqueIds {
    /// Takes a case, and adds a finding for each id that an answer of an earlier case had. A skipped case does not
    /// count. Merged shards know no contract; a finding that the run has made already is not added again.
    pub fn take(&mut self, record: &mut CaseRecord, contract: Option<&Contract>, waivers: &WaiverBook) {
        if matches!(record.verdict, Verdict::Skipped(_)) {
            return;
        }
        let case: Arc<str> = Arc::from(record.id.as_str());
        let mut found = Vec::new();
        for id in &record.request_ids {
            let known = self.seen.entry(id.digest.clone()).or_insert_with(|| (Arc::clone(&case), id.step));
            let (earlier, step) = known;
            let is_told = record.findings.iter().any(|finding| is_shared_id(finding, id));
            if **earlier != *case && !is_told {
                let place = format!("the same as in the answer to step {} of {earlier}", *step + 1);
                found.push(shared_id(contract, id, &place));
            }
        }
        // What cannot be decided stays so.
        if found.is_empty() || matches!(record.verdict, Verdict::Inconclusive(_)) {
            return;
        }
        record.findings.extend(found);
        record.findings.sort_by_key(|finding| (finding.step, finding.level));
        record.rows_met.clear();
        record.verdict = Verdict::Failed;
        waivers.apply(record);
    }
}
