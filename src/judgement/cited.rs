//! Which limits a finding cites: of those whose error is due, the ones that the request is past.

use crate::limit::SentParameters;
use crate::model::{Citation, Contract, Finding, Promise, Request};

/// The most limits that a finding cites.
const LIMITS: usize = 8;

/// Leaves out the limits that the request keeps. Where it keeps all of them, none is what the finding is about.
pub(super) fn leave_broken_limits(findings: &mut [Finding], contract: &Contract, request: &Request) {
    let is_limit = |citation: &Citation| matches!(citation.promise, Promise::Limit { .. });
    if !findings.iter().any(|finding| finding.cites.iter().any(is_limit)) {
        return;
    }
    let sent = SentParameters::of(request);
    for finding in findings {
        let mut kept = 0;
        finding.cites.retain(|citation| {
            let Promise::Limit { parameter, limit } = &citation.promise else { return true };
            let is_kept = is_past(&sent, contract, parameter, limit) && kept < LIMITS;
            kept += usize::from(is_kept);
            is_kept
        });
    }
}

/// Whether the request is past the limit, which is given in words, or does not show it.
fn is_past(sent: &SentParameters<'_>, contract: &Contract, parameter: &str, limit: &str) -> bool {
    let named = contract.parameters.iter().filter(|known| known.name == parameter);
    let mut limits = named.flat_map(|known| &known.constraints).map(|constraint| &constraint.limit);
    let found = limits.find(|known| known.to_string() == limit);
    found.is_none_or(|limit| sent.is_past(parameter, limit).unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::leave_broken_limits;
    use crate::check::tests::suite_with;
    use crate::judgement::tests::finding;
    use crate::model::{Citation, FileLocation, Level, Method, Promise, Request, SentBody};

    const TABLE: &str =
        "about = \"Cases\"\n\n[[case]]\nid = \"c\"\nabout = \"It is.\"\nexpect = { status = 200 }\n";
    const ENVELOPE: &str = "[envelope]\ncode = \"$.code\"\nmessage = \"$.message\"\n";

    #[test]
    fn a_finding_cites_the_limits_that_the_request_is_past_and_eight_at_most() {
        let param = |at: usize| {
            let limits = "[{ max-length = 3, error = \"E\" }, { not-prefix = \"a\", error = \"E\" }]";
            format!("[[param]]\nname = \"p{at}\"\ntype = \"string\"\nconstraints = {limits}\n\n")
        };
        let head = "operation = \"Get\"\nversion = \"1\"\nabout = \"Gets.\"\n\n[request]\nmethod = \"GET\"\npath = \"/\"\nplace = \"query\"\n\n";
        let params = (0..10).map(param).collect::<Vec<_>>().concat();
        let row = "[[error]]\nstatus = 400\ncode = \"E\"\nmessage = \"No.\"\n\n";
        let suite = suite_with(&format!("{head}{params}{row}{ENVELOPE}"), "", TABLE);
        let contract = &suite.operations[0].contract;
        let place = FileLocation::from(&contract.parameters[0].constraints[0].spot);
        let limits = contract.parameters.iter().flat_map(|parameter| {
            let limit = |limit: String| Promise::Limit { parameter: parameter.name.clone(), limit };
            parameter.constraints.iter().map(move |constraint| limit(constraint.limit.to_string()))
        });
        let row = Promise::ErrorRow { status: 400, code: "E".into() };
        let cites = std::iter::once(row).chain(limits);
        let cites = cites.map(|promise| Citation { promise, site: place.clone() }).collect();
        let all = crate::model::Finding { cites, ..finding(Level::Status, "status") };
        let left = |params: &[(&str, &str)]| {
            let request = Request {
                method: Method::new("GET").unwrap(),
                target: "/".into(),
                headers: Vec::new(),
                body: SentBody::Empty,
                params: params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
                format: None,
            };
            let mut findings = [all.clone()];
            leave_broken_limits(&mut findings, contract, &request);
            findings[0].cites.iter().map(|cite| cite.promise.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            left(&[("p0", "far too long"), ("p1", "b")]),
            ["error row 400 E", "parameter p0: max-length 3"]
        );
        assert_eq!(left(&[("p1", "ab")]), ["error row 400 E", "parameter p1: not-prefix a"]);
        let names: Vec<String> = (0..10).map(|at| format!("p{at}")).collect();
        let long: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "long")).collect();
        assert_eq!(left(&long).len(), 9);
    }
}
