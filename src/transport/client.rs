//! The client of a run. Main type: [`Client`].

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderValue};

use super::address::Address;
use super::dial::Dialler;
use super::hook::{self, HookAnswer};
use super::idle::{Belonging, Idle, Proof, Use};
use super::incoming::{answer, shown};
use super::link::{Failure, Outgoing, ReceivedAnswer, exchange};
use super::outgoing::build_outgoing;
use super::pace::Pace;
use super::stream::Stream;
use super::tls::TlsSettings;
use super::wait::{Pause, at_most};
use super::{Connection, Keeping, TransportError, TransportLimits};
use crate::model::{Answer, NoAnswer, Request, Value, whole_micros};
use crate::sign::{Redactor, Secrets};

/// Asks an endpoint to close the connection after its answer (RFC 9112, section 9.6).
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Leave to send one request, which [`Client::turn`] gives at the rate of the connection.
#[derive(Debug)]
pub struct Turn(());

/// The client of a run: each request goes out on a connection of its own, unless connections are kept.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<SharedClient>,
    limits: TransportLimits,
    is_fresh: bool,
    /// Whether each request asks the endpoint to close its connection after the answer.
    is_closing: bool,
    redactor: Option<Arc<Redactor>>,
}

/// What all copies of a client share.
#[derive(Debug)]
struct SharedClient {
    dialler: Dialler,
    idle: Arc<Idle>,
    pace: Option<Pace>,
}

impl Client {
    /// Makes the client for these addresses, of which the first is the endpoint's.
    ///
    /// # Errors
    /// If a file of certificates cannot be used.
    pub fn new<'a>(
        limits: TransportLimits,
        connection: &Connection,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Result<Self, TransportError> {
        let addresses: Vec<&Address> = addresses.into_iter().collect();
        let is_encrypted = addresses.iter().copied().chain(&connection.proxy).any(Address::is_encrypted);
        let tls = is_encrypted.then(|| TlsSettings::new(&connection.tls, addresses.first().copied()));
        let (resolve, proxy) = (connection.resolve.clone(), connection.proxy.clone());
        let dialler = Dialler::new(limits.connect, resolve, proxy, tls.transpose()?);
        let is_fresh = connection.keeping == Keeping::Fresh;
        let pace = connection.rate.map(Pace::new);
        let shared = SharedClient { dialler, idle: Arc::new(Idle::new(connection.keeping)), pace };
        Ok(Self { shared: Arc::new(shared), limits, is_fresh, is_closing: false, redactor: None })
    }

    /// The same client, which takes these secrets out of every answer, plain and encoded.
    #[must_use]
    pub fn hiding(self, secrets: &Secrets) -> Self {
        Self { redactor: Some(Arc::new(Redactor::new(secrets))), ..self }
    }

    /// The same client, which waits for an answer no longer than so long.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        let TransportLimits { answer, hook, .. } = self.limits;
        let limits = TransportLimits { answer: answer.min(limit), hook: hook.min(limit), ..self.limits };
        Self { limits, ..self.clone() }
    }

    /// The same client, whose every request goes out on a connection of its own.
    #[must_use]
    pub fn fresh_copy(&self) -> Self {
        Self { is_fresh: true, ..self.clone() }
    }

    /// The same client, whose requests are the last on their connections if those are kept: they ask the endpoint to close
    /// them (RFC 9112, section 9.6), so that their end comes with what is left of the answers, and at once.
    #[must_use]
    pub fn closing_copy(&self) -> Self {
        Self { is_closing: true, ..self.clone() }
    }

    /// Whether requests go out on connections that are kept.
    pub fn keeps_connections(&self) -> bool {
        !self.is_fresh
    }

    /// Waits until the rate lets a request through; that is not part of an answer's time. A caller that
    /// stops waiting loses nothing.
    pub async fn turn(&self) -> Turn {
        if let Some(pace) = &self.shared.pace {
            pace.turn().await;
        }
        Turn(())
    }

    /// Sends a request below an address and takes the whole answer.
    ///
    /// # Errors
    /// A [`NoAnswer`] wherever no whole answer came; [`NoAnswer::Lost`] on a kept connection alone.
    pub async fn send(&self, turn: Turn, address: &Address, request: &Request) -> Result<Answer, NoAnswer> {
        self.send_proving(turn, address, request, &mut Vec::new()).await
    }

    /// The same, with what is still to prove the answer to be the request's, which it is on a connection of its own.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_proving(
        &self,
        _turn: Turn,
        address: &Address,
        request: &Request,
        proofs: &mut Vec<Proof>,
    ) -> Result<Answer, NoAnswer> {
        let dialler = &self.shared.dialler;
        let mut built = build_outgoing(address, request, dialler.is_absolute(address))?;
        let idle = &self.shared.idle;
        let kept = match (self.is_fresh, self.is_closing) {
            (true, _) => None,
            (false, true) => idle.take_last(address).await,
            (false, false) => idle.take(address, false),
        };
        if let Some((stream, used)) = kept {
            let is_last = used.is_last();
            match self.on(stream, built, used, address, proofs).await {
                // The endpoint has seen nothing of it.
                Err(Failure::Unsent { request, is_unasked }) => {
                    if is_unasked {
                        idle.mix();
                    }
                    built = *request;
                    if is_last && built.headers().get(CONNECTION) == Some(&CLOSE) {
                        built.headers_mut().remove(CONNECTION);
                    }
                }
                Err(Failure::Ended(reason)) => return Err(NoAnswer::Lost { reason }),
                Err(failure) => return Err(fault(failure, "the endpoint")),
                Ok(answer) => return Ok(answer),
            }
        }
        let used = if self.is_fresh { Use::Alone } else { idle.new_use(self.is_closing) };
        let stream = dialler.dial(address).await?;
        self.on(stream, built, used, address, proofs).await.map_err(|failure| fault(failure, "the endpoint"))
    }

    /// Sends a request on a connection.
    async fn on(
        &self,
        stream: Stream,
        mut request: Outgoing,
        used: Use,
        address: &Address,
        proofs: &mut Vec<Proof>,
    ) -> Result<Answer, Failure> {
        if used.is_last() {
            request.headers_mut().entry(CONNECTION).or_insert(CLOSE);
        }
        let idle = &self.shared.idle;
        let _under_way = idle.begin(&used);
        let (received, times) = match self.exchange(stream, request, self.limits.answer).await {
            Ok(received) => received,
            Err(failure) => {
                idle.fail(used, matches!(failure, Failure::Fault(NoAnswer::TimedOut { .. })));
                return Err(self.readable(failure));
            }
        };
        let ReceivedAnswer { head, body, surplus, breaches, rest, is_said } = received;
        match idle.keep(address, rest, (used, times.0), (surplus.is_some(), is_said)).await {
            Belonging::Own => {}
            Belonging::Open(proof) => proofs.push(proof),
            Belonging::Doubtful => {
                return Err(Failure::Ended(
                    "the answer with which it ended may be another request's".to_owned(),
                ));
            }
        }
        if head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            && self.shared.dialler.is_absolute(address)
        {
            let reason = "the proxy asks for authentication (407)".to_owned();
            return Err(Failure::Fault(NoAnswer::Broken { reason }));
        }
        let redactor = self.redactor.as_deref();
        answer(&head, body, (surplus, breaches), times, self.limits.body, redactor).map_err(Failure::Fault)
    }

    /// A failure in words, which show what cannot be read without secrets.
    fn readable(&self, failure: Failure) -> Failure {
        let Failure::Unreadable(rule, line) = failure else { return failure };
        let mut line = line;
        if let Some(redactor) = &self.redactor {
            // The rest of a secret may not have come.
            redactor.drop_begun(&mut line);
        }
        let line = Value::text(shown(line, self.redactor.as_deref()));
        Failure::Fault(NoAnswer::Broken {
            reason: format!("the answer cannot be read, since {rule}: {line}"),
        })
    }

    /// Sends a request on a connection and takes the whole answer, with its time and for how long this machine was paused
    /// meanwhile.
    async fn exchange(
        &self,
        stream: Stream,
        request: Outgoing,
        limit: Duration,
    ) -> Result<(ReceivedAnswer, (Duration, Duration)), Failure> {
        let start = Instant::now();
        let exchanging = pin!(exchange(stream, request, self.limits.body));
        let (taken, pause) = at_most(limit, exchanging).await;
        // As it is recorded: what is judged now and what is judged again must be the same.
        let elapsed = whole_micros(start.elapsed());
        let out_of_time = || Failure::Fault(NoAnswer::TimedOut { what: "the answer".into(), after: limit });
        let received = taken.unwrap_or_else(|| Err(out_of_time()));
        received.map(|received| (received, pause.take_out(elapsed))).map_err(|failure| attach(pause, failure))
    }

    /// Takes note that no case is left to begin.
    pub fn run_out(&self) {
        self.shared.idle.run_out();
    }

    /// Listens to no more kept connections than so many that carry no further request.
    pub fn listen_to_at_most(&self, count: usize) {
        self.shared.idle.leave_at_most(count);
    }

    /// Whether answers are known to have been taken for those of other requests, so that no verdict means anything.
    pub fn is_mixed(&self) -> bool {
        self.shared.idle.is_mixed()
    }

    /// Closes the kept connections that carry no request now, since none is to come.
    pub async fn close_waiting(&self) {
        self.shared.idle.close_waiting().await;
    }

    /// Closes the kept connections. Gives whether answers may have been taken for those of other requests: unrequested
    /// bytes came on one of them.
    pub async fn close(&self) -> bool {
        self.shared.idle.close().await
    }

    /// Posts a JSON text to a state hook and takes its answer. Each call has a connection of its own, so that no answer can
    /// belong to another call, but for those to a server of this process.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post_json(&self, _turn: Turn, hook: &Address, json: String) -> Result<HookAnswer, NoAnswer> {
        let SharedClient { dialler, idle, .. } = &*self.shared;
        let limit = self.limits.hook;
        let mut built = build_outgoing(hook, &hook::call(hook, json), dialler.is_absolute(hook))?;
        let kept = if idle.is_own() { idle.take(hook, false) } else { None };
        if let Some((stream, used)) = kept {
            match self.exchange(stream, built, limit).await {
                Err(Failure::Unsent { request, .. }) => {
                    idle.end();
                    built = *request;
                }
                received => return self.hook_answer(hook, received, used).await,
            }
        }
        let used = if idle.is_own() { idle.new_use(false) } else { Use::Alone };
        let stream = dialler.dial(hook).await?;
        self.hook_answer(hook, self.exchange(stream, built, limit).await, used).await
    }

    async fn hook_answer(
        &self,
        hook: &Address,
        received: Result<(ReceivedAnswer, (Duration, Duration)), Failure>,
        used: Use,
    ) -> Result<HookAnswer, NoAnswer> {
        let (received, (elapsed, _)) = received.map_err(|failure| fault(failure, "the hook"))?;
        let ReceivedAnswer { head, body, surplus, breaches: _, rest, is_said } = received;
        self.shared.idle.keep(hook, rest, (used, elapsed), (surplus.is_some(), is_said)).await;
        let hidden = self.redactor.as_ref().and_then(|redactor| redactor.hide_bytes(&body));
        let (status, has_surplus) = (head.status.as_u16(), surplus.is_some());
        Ok(HookAnswer { status, body: hidden.unwrap_or(body), has_surplus })
    }

    /// Whether the endpoint can be reached: a connection is made, encrypted if the address says so, and nothing is sent
    /// on it.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn reach(&self, _turn: Turn, address: &Address) -> Result<(), NoAnswer> {
        let dialler = &self.shared.dialler;
        // Only the proxy knows whether the endpoint can be reached.
        if dialler.is_absolute(address) {
            return Ok(());
        }
        dialler.dial(address).await.map(drop)
    }
}

/// Why no answer came from the one that was asked, on a connection of its own.
fn fault(failure: Failure, asked: &str) -> NoAnswer {
    match failure {
        Failure::Unsent { is_unasked: true, .. } => {
            NoAnswer::Broken { reason: format!("{asked} sent bytes before it was asked") }
        }
        Failure::Unsent { .. } => NoAnswer::Broken { reason: "the connection was closed at once".to_owned() },
        Failure::Ended(reason) => NoAnswer::Broken { reason },
        Failure::Unreadable(rule, _) => {
            NoAnswer::Broken { reason: format!("its answer cannot be read: {rule}") }
        }
        Failure::Fault(fault) => fault,
    }
}

fn attach(pause: Pause, failure: Failure) -> Failure {
    match failure {
        Failure::Fault(fault) => Failure::Fault(pause.attach_to(fault)),
        other @ (Failure::Unsent { .. } | Failure::Ended(_) | Failure::Unreadable(..)) => other,
    }
}
