//! What a case comes to, as results of SARIF. One that simply passed has none.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::object::{LogicalLocation, ResultKind, SarifLocation, SarifResult, Severity, Suppression, Text};
use super::rule::{SarifRule, SarifRules};
use super::uri::Uris;
use crate::digest::sha256_hex;
use crate::model::{CaseRecord, FileLocation, Finding, Level, Verdict};
use crate::plain::printable;
use crate::report::cause::ids;
use crate::report::excerpt::{excerpt_line, failing};
use crate::report::headline::{finding_line, is_listed};

/// The longest message, in characters; the properties of a result have the whole.
const LONGEST: usize = 1000;

/// How many hexadecimal digits of a digest make a fingerprint: 128 bits.
const DIGITS: usize = 32;

/// The results of a case.
pub(super) fn of_case(record: &CaseRecord, rules: &mut SarifRules, uris: &Uris) -> Vec<SarifResult> {
    let (causes, seen, results) = (ids(record), HashMap::new(), Vec::new());
    let mut case = CaseResults { record, causes, rules, uris, seen, results };
    for finding in &record.findings {
        case.finding(finding);
    }
    case.verdict();
    for left in &record.left_behind {
        case.add(&Said::of(SarifRule::LeftBehind, ResultKind::Fail, Severity::Warning, left));
    }
    case.results
}

/// What a result says, before it has its place.
struct Said<'a> {
    rule: SarifRule,
    kind: ResultKind,
    level: Severity,
    message: String,
    finding: Option<&'a Finding>,
}

impl Said<'_> {
    fn of(rule: SarifRule, kind: ResultKind, level: Severity, message: &str) -> Self {
        Self { rule, kind, level, message: message.to_owned(), finding: None }
    }
}

struct CaseResults<'a> {
    record: &'a CaseRecord,
    /// The names of its causes.
    causes: Vec<String>,
    rules: &'a mut SarifRules,
    uris: &'a Uris,
    /// How often each fingerprint was given already.
    seen: HashMap<String, usize>,
    results: Vec<SarifResult>,
}

impl CaseResults<'_> {
    fn finding(&mut self, finding: &Finding) {
        let counts = finding.counts(self.record.gate);
        let level = match &self.record.verdict {
            Verdict::Failed if counts && finding.waived.is_none() => Severity::Error,
            Verdict::Failed | Verdict::Waived { .. } if counts => Severity::Warning,
            Verdict::Passed
            | Verdict::Flaky { .. }
            | Verdict::Failed
            | Verdict::Waived { .. }
            | Verdict::Inconclusive(_)
            | Verdict::Skipped(_) => Severity::Note,
        };
        let because = finding.because.as_ref().map(|because| format!(" ({because})")).unwrap_or_default();
        let answer = failing(self.record).find(|exchange| exchange.step == finding.step);
        let answer = answer.filter(|_| finding.level != Level::Snapshot);
        let answer = answer.map(|exchange| format!("; answer: {}", excerpt_line(&exchange.answer)));
        let message = format!("{}{because}{}", finding_line(finding), answer.unwrap_or_default());
        let rule = SarifRule::of(finding, &self.record.id);
        self.add(&Said { rule, kind: ResultKind::Fail, level, message, finding: Some(finding) });
    }

    /// What the verdict says beside the findings.
    fn verdict(&mut self) {
        let reason = self.record.verdict.reason().unwrap_or_default();
        let said = match &self.record.verdict {
            Verdict::Passed | Verdict::Waived { .. } => return,
            Verdict::Failed if self.results.iter().any(|result| result.level == Severity::Error) => return,
            Verdict::Failed => {
                Said::of(SarifRule::Failed, ResultKind::Fail, Severity::Error, "the case failed")
            }
            Verdict::Flaky { .. } => Said::of(SarifRule::Flaky, ResultKind::Fail, Severity::Warning, &reason),
            Verdict::Inconclusive(_) => {
                Said::of(SarifRule::Inconclusive, ResultKind::Open, Severity::None, &reason)
            }
            Verdict::Skipped(why) if why.is_meant() => {
                Said::of(SarifRule::Skipped, ResultKind::NotApplicable, Severity::None, &reason)
            }
            // The run itself reports once why it ended.
            Verdict::Skipped(_) if !is_listed(self.record) => return,
            Verdict::Skipped(_) => Said::of(SarifRule::Skipped, ResultKind::Open, Severity::None, &reason),
        };
        self.add(&said);
    }

    fn add(&mut self, said: &Said<'_>) {
        let rule_id = said.rule.id();
        let subject = said.finding.map_or("", |finding| &finding.subject);
        let level = said.finding.map_or(rule_id.as_str(), |finding| finding.level.name());
        let fingerprint = self.fingerprint(level, subject);
        let message: String = said.message.replace('\n', " ").chars().take(LONGEST).collect();
        let result = SarifResult {
            rule_index: self.rules.index(&said.rule),
            rule_id,
            kind: said.kind,
            level: said.level,
            message: Text::new(&message),
            locations: vec![self.location()],
            related_locations: said
                .finding
                .map(|finding| self.related_locations(finding))
                .unwrap_or_default(),
            partial_fingerprints: BTreeMap::from([
                ("proofmark/v1", fingerprint.clone()),
                // The only one that GitHub's code scanning looks at.
                ("primaryLocationLineHash", fingerprint),
            ]),
            suppressions: self.suppressions(said.finding),
            properties: self.properties(said.finding),
        };
        self.results.push(result);
    }

    /// Distinguishes the result from others, and stays when lines move: case, level and subject; then a number.
    fn fingerprint(&mut self, level: &str, subject: &str) -> String {
        let text = [self.record.id.as_str(), level, subject].join("\0");
        let digest = sha256_hex(text.as_bytes())[..DIGITS].to_owned();
        let count = self.seen.entry(digest.clone()).or_default();
        *count += 1;
        format!("{digest}:{count}")
    }

    fn location(&self) -> SarifLocation {
        let id = self.record.id.as_str().to_owned();
        let logical_locations = vec![LogicalLocation { fully_qualified_name: id, kind: "test" }];
        SarifLocation { logical_locations, ..self.uris.location(&FileLocation::from(&self.record.spot)) }
    }

    /// The places of the contract that say so.
    fn related_locations(&self, finding: &Finding) -> Vec<SarifLocation> {
        let cited = (0..).zip(&finding.cites);
        cited
            .map(|(number, citation)| SarifLocation {
                id: Some(number),
                message: Some(Text::new(&citation.promise.to_string())),
                ..self.uris.location(&citation.site)
            })
            .collect()
    }

    fn suppressions(&self, finding: Option<&Finding>) -> Vec<Suppression> {
        let reason = match &self.record.verdict {
            Verdict::Waived { reason } => Some(reason),
            Verdict::Passed
            | Verdict::Flaky { .. }
            | Verdict::Failed
            | Verdict::Inconclusive(_)
            | Verdict::Skipped(_) => finding.and_then(|finding| finding.waived.as_ref()),
        };
        let suppression = |reason: &String| {
            let justification = printable(reason).into_owned();
            Suppression { kind: "external", status: "accepted", justification }
        };
        reason.map(suppression).into_iter().collect()
    }

    fn properties(&self, finding: Option<&Finding>) -> Json {
        let (id, verdict) = (self.record.id.as_str(), self.record.verdict.name());
        match finding {
            None => json!({ "case": id, "verdict": verdict, "causes": self.causes }),
            Some(finding) => json!({
                "case": id,
                "verdict": verdict,
                "causes": self.causes,
                "level": finding.level.name(),
                "step": finding.step + 1,
                "subject": printable(&finding.subject),
                "expected": printable(&finding.expected),
                "actual": printable(&finding.actual),
            }),
        }
    }
}
