//! The endpoint but for the way that requests and replies take: one that was read goes to the state hook or to the API,
//! and is logged. Main type: `LoggedService`. A port and a mock server share it.

use super::ReferenceSettings;
use super::answer::Reply;
use super::auth::Guard;
use super::calendar::Calendar;
use super::hook::{self, StateReply};
use super::request_log::{LoggedRequest, RequestLog};
use super::service::{Service, ServiceRequest};
use super::wire::{BodySize, Received};
use hyper::Method;
use hyper::http::request::Parts;
use std::time::Instant;

/// The service that answers requests, and the log that records them.
#[derive(Debug)]
pub(super) struct LoggedService {
    service: Service,
    log: Option<RequestLog>,
}

/// A reply, and which of the two paths it is from.
#[derive(Debug)]
pub(super) enum Replied {
    Hook(Reply),
    Call(Reply),
}

/// The header field that repeats the request id.
const REQUEST_ID: &str = "x-acs-request-id";
/// How much of a name that a caller chose is logged, in characters.
const LOGGED_ACTION: usize = 128;

impl LoggedService {
    /// An endpoint as the settings have it, wherever it listens.
    pub(super) fn new(settings: ReferenceSettings) -> Self {
        let ReferenceSettings { seed, creation_time, faults, log, auth, keys, clock, .. } = settings;
        let guard = Guard::new(auth, keys, clock);
        Self { service: Service::new(seed, Calendar::at(creation_time), &faults, guard), log }
    }

    /// Answers a request. Only the fault that lets starts overtake each other makes it wait.
    pub(super) async fn answer(&self, parts: &Parts, received: &Received) -> Replied {
        let start = Instant::now();
        if parts.uri.path() == hook::PATH {
            let reply = json_reply(&self.state(parts, received));
            self.note(parts, None, &reply, start);
            return Replied::Hook(reply);
        }
        let asked = self.service.read(parts, received);
        let reply = self.service.answer(&asked).await;
        self.note(parts, Some(&asked), &reply, start);
        Replied::Call(reply)
    }

    fn note(&self, parts: &Parts, asked: Option<&ServiceRequest>, reply: &Reply, start: Instant) {
        let Some(log) = &self.log else { return };
        let request_id = reply.headers.iter().find(|(name, _)| *name == REQUEST_ID);
        log.note(LoggedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            action: asked
                .and_then(|asked| asked.call.action.as_deref())
                .map(|action| action.chars().take(LOGGED_ACTION).collect()),
            facts: asked.map(|asked| asked.facts),
            status: reply.status,
            request_id: request_id.map(|(_, id)| id.clone()),
            bytes: reply.body.len(),
            elapsed: start.elapsed(),
        });
    }

    fn state(&self, parts: &Parts, received: &Received) -> StateReply {
        match received.size {
            _ if parts.method != Method::POST => StateReply::error(405, "a state is asked for with POST"),
            BodySize::TooLarge => StateReply::error(413, "the request is too large"),
            BodySize::Whole => self.service.state(&received.bytes),
        }
    }
}

fn json_reply(state: &StateReply) -> Reply {
    Reply {
        status: state.status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: state.body.to_string().into_bytes(),
    }
}
