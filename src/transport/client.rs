//! The client of a run. Main type: [`Client`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::address::Address;
use super::dial::Dialler;
use super::hook::Hooks;
use super::idle::{Idle, Use};
use super::incoming::answer;
use super::link::{Failure, Outgoing, ReceivedAnswer, exchange};
use super::outgoing::build_outgoing;
use super::pace::Pace;
use super::stream::Stream;
use super::wait::at_most;
use super::{Connection, Keeping, TransportError, TransportLimits, tls};
use crate::model::{Answer, NoAnswer, Request, whole_micros};
use crate::sign::{Redactor, Secrets};

/// Leave to send one request, which [`Client::turn`] gives at the rate of the connection.
#[derive(Debug)]
pub struct Turn(());

/// The client of a run: each request goes out on a connection of its own, unless connections are kept.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<SharedClient>,
    limits: TransportLimits,
    is_fresh: bool,
    redactor: Option<Arc<Redactor>>,
}

/// What all copies of a client share.
#[derive(Debug)]
struct SharedClient {
    dialler: Dialler,
    idle: Idle,
    hooks: Hooks,
    pace: Option<Pace>,
}

impl Client {
    /// Makes the client for these addresses.
    ///
    /// # Errors
    /// If the HTTP client cannot be made, or a file of certificates cannot be used.
    pub fn new<'a>(
        limits: TransportLimits,
        connection: &Connection,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Result<Self, TransportError> {
        let is_encrypted = addresses.into_iter().any(Address::is_encrypted)
            || connection.proxy.as_ref().is_some_and(Address::is_encrypted);
        let config = if is_encrypted { Some(tls::config(&connection.tls)?) } else { None };
        let hooks = Hooks::new(limits, connection, config.clone())?;
        let (resolve, proxy) = (connection.resolve.clone(), connection.proxy.clone());
        let dialler = Dialler::new(limits.connect, resolve, proxy, config.map(Arc::new));
        let is_fresh = connection.keeping == Keeping::Fresh;
        let pace = connection.rate.map(Pace::new);
        let shared = SharedClient { dialler, idle: Idle::new(connection.keeping), hooks, pace };
        Ok(Self { shared: Arc::new(shared), limits, is_fresh, redactor: None })
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
    pub async fn send(&self, _turn: Turn, address: &Address, request: &Request) -> Result<Answer, NoAnswer> {
        let dialler = &self.shared.dialler;
        let mut built = build_outgoing(address, request, dialler.is_absolute(address))?;
        if !self.is_fresh
            && let Some(stream) = self.shared.idle.take(address)
        {
            match self.on(stream, built, Use::Again, address).await {
                // The endpoint has seen nothing of it.
                Err(Failure::Unsent { request, is_unasked }) => {
                    if is_unasked {
                        self.shared.idle.mix();
                    }
                    self.shared.idle.end();
                    built = *request;
                }
                Err(Failure::Ended(reason)) => {
                    self.shared.idle.end();
                    return Err(NoAnswer::Lost { reason });
                }
                Err(Failure::Fault(fault)) => return Err(fault),
                Ok(answer) => return Ok(answer),
            }
        }
        let used = if self.is_fresh { Use::Alone } else { self.shared.idle.new_use() };
        let stream = dialler.dial(address).await?;
        self.on(stream, built, used, address).await.map_err(|failure| match failure {
            Failure::Unsent { is_unasked: true, .. } => {
                NoAnswer::Broken { reason: "the endpoint sent bytes before it was asked".to_owned() }
            }
            Failure::Unsent { .. } => {
                NoAnswer::Broken { reason: "the connection was closed at once".to_owned() }
            }
            Failure::Ended(reason) => NoAnswer::Broken { reason },
            Failure::Fault(fault) => fault,
        })
    }

    /// Sends a request on a connection.
    async fn on(
        &self,
        stream: Stream,
        request: Outgoing,
        used: Use,
        address: &Address,
    ) -> Result<Answer, Failure> {
        let (limit, idle) = (self.limits.answer, &self.shared.idle);
        let start = Instant::now();
        let (taken, pause) = at_most(limit, exchange(stream, request, self.limits.body)).await;
        // As it is recorded: what is judged now and what is judged again must be the same.
        let elapsed = whole_micros(start.elapsed());
        let out_of_time = || Failure::Fault(NoAnswer::TimedOut { what: "the answer".into(), after: limit });
        let taken = taken.unwrap_or_else(|| Err(out_of_time())).map_err(|failure| match failure {
            Failure::Fault(fault) => Failure::Fault(pause.attach_to(fault)),
            other @ (Failure::Unsent { .. } | Failure::Ended(_)) => other,
        });
        let ReceivedAnswer { head, body, surplus, breaches, rest } = taken?;
        idle.keep(address, rest, used, surplus.is_some()).await;
        let redactor = self.redactor.as_deref();
        let times = pause.take_out(elapsed);
        answer(&head, body, (surplus, breaches), times, self.limits.body, redactor).map_err(Failure::Fault)
    }

    /// Closes the kept connections. Gives whether unrequested bytes came on one of them, so that answers may have been
    /// taken for those of other requests.
    pub async fn close(&self) -> bool {
        self.shared.idle.close().await
    }

    /// Posts a JSON text and takes the status and the body.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post_json(
        &self,
        _turn: Turn,
        address: &Address,
        json: String,
    ) -> Result<(u16, Vec<u8>), NoAnswer> {
        let limit = self.limits.hook;
        let post = || at_most(limit, self.shared.hooks.post_json(self.limits, address, json.clone()));
        let (mut answered, mut pause) = post().await;
        // Without a connection nothing was sent, and it may have been this machine that took the time.
        if pause.is_some() && matches!(answered, Some(Err(NoAnswer::TimedOut { .. }))) {
            (answered, pause) = post().await;
        }
        let answered =
            answered.unwrap_or(Err(NoAnswer::TimedOut { what: "the answer".into(), after: limit }));
        let (status, bytes) = answered.map_err(|fault| pause.attach_to(fault))?;
        let hidden = self.redactor.as_ref().and_then(|redactor| redactor.hide_bytes(&bytes));
        Ok((status, hidden.unwrap_or(bytes)))
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
