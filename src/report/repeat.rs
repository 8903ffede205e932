//! Command lines that send requests of a run again. Main type: [`Repeat`].
//!
//! The embedded endpoint is gone after the run, and its port with it. Its requests go to `proofmark serve`, where the
//! state is set up first: for the same purpose, it gets the same identifiers.

use crate::curl::curl_line;
use crate::event::{EndpointDescription, RunStart};
use crate::model::{CaseRecord, Method, Request, SentBody};

/// Where `proofmark serve` listens by default.
pub const SERVED: &str = "http://127.0.0.1:9000";

/// The path of its state hook.
const HOOK: &str = "/_proofmark/states";

/// Where the requests of a run can be sent again.
#[derive(Debug, Clone, Default)]
pub struct Repeat {
    base: String,
    /// The command that serves the endpoint, where it is the embedded one.
    serve: Option<String>,
    /// Whether the states of a case are gone after the run.
    undoes_states: bool,
}

impl Repeat {
    /// For the endpoint of a run, with the faults that are switched on in it.
    pub fn new(endpoint: &EndpointDescription, faults: &[String]) -> Self {
        if !endpoint.is_reference {
            return Self { base: endpoint.url.clone(), serve: None, undoes_states: false };
        }
        let faults = faults.iter().map(|fault| format!(" --fault {fault}"));
        Self {
            base: SERVED.to_owned(),
            serve: Some(format!("proofmark serve{}", faults.collect::<String>())),
            undoes_states: false,
        }
    }

    /// For the endpoint of a run that starts.
    pub(super) fn of(start: &RunStart) -> Self {
        let command = start.command.as_deref().unwrap_or_default();
        let undoes_states =
            !start.endpoint.is_reference && !command.split(' ').any(|word| word == "--keep-states");
        Self { undoes_states, ..Self::new(&start.endpoint, &start.faults) }
    }

    /// Whether the requests of a case need a state that is gone.
    pub(super) fn is_undone(&self, record: &CaseRecord) -> bool {
        self.undoes_states && !record.set_ups.is_empty()
    }

    /// The command that has to run in another terminal, if one has to.
    pub(super) fn serve(&self) -> Option<&str> {
        self.serve.as_deref()
    }

    /// The line for a request.
    pub(super) fn request(&self, request: &Request) -> String {
        curl_line(&self.base, request)
    }

    /// The lines that set up the states of a step: none where states are not those of `proofmark serve`.
    pub(super) fn set_ups(&self, record: &CaseRecord, step: usize) -> Vec<String> {
        let set_ups = record.set_ups.iter().filter(|set_up| set_up.step == step && self.serve.is_some());
        set_ups.map(|set_up| set_up_line(&set_up.asked)).collect()
    }

    /// The lines for one step: its states, and its request.
    pub(super) fn step(&self, record: &CaseRecord, step: usize, request: &Request) -> Vec<String> {
        let mut lines = self.set_ups(record, step);
        lines.push(self.request(request));
        lines
    }

    /// What has to be done before any of the lines, if anything; `is_undone` if they need states that are gone.
    pub(super) fn head(&self, is_undone: bool) -> Option<String> {
        let gone = || "# states are gone after the run; `run --keep-states` leaves them in place".to_owned();
        let serve = self.serve().map(|serve| format!("# in another terminal: {serve}"));
        serve.or_else(|| is_undone.then(gone))
    }
}

/// The line that sets a state up at `proofmark serve`: what its hook is sent, as JSON.
pub fn set_up_line(asked: &str) -> String {
    // The name is a token.
    let Some(method) = Method::new("POST") else { return String::new() };
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let (params, body) = (Vec::new(), SentBody::Json(asked.to_owned()));
    let request = Request { method, target: HOOK.to_owned(), headers, body, params, format: None };
    curl_line(SERVED, &request)
}
