//! How a reply gets to the caller, which is where the faults of transport act.
//! Main types: `Delivery` and `ReplyBody`. What the reply says is not looked at.

use super::answer::Reply;
use super::breach::Breach;
use super::fault::Fault;
use super::fault_kind::TransportFault;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use thiserror::Error;
use tokio::time::{Sleep, sleep};

/// How the replies of a server are delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delivery {
    fault: Option<TransportFault>,
}

/// The connection ends here, with what has been received and sent so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("finish an exchange on this connection")]
pub(super) struct Cut;

/// Longer than any caller waits.
const SLOW_ANSWER: Duration = Duration::from_mins(1);
/// The pause before each byte of a slow body.
const SLOW_BYTE: Duration = Duration::from_millis(250);
/// Time for the first half of a body to be sent before the connection is cut.
const BEFORE_THE_CUT: Duration = Duration::from_millis(20);
/// More than any caller reads, and still no more than a loopback carries in a moment.
const FLOOD_SIZE: usize = 256 * 1024 * 1024;
static FLOOD: [u8; 64 * 1024] = [b' '; 64 * 1024];

impl Delivery {
    /// The first of the faults that acts on delivery, if there is one; it does so for every request.
    #[expect(clippy::wildcard_enum_match_arm, reason = "each place takes its own kinds of fault")]
    pub(super) fn among(faults: &[Fault]) -> Self {
        let fault = faults.iter().find_map(|fault| match fault.breach {
            Breach::Transport(fault) => Some(fault),
            _ => None,
        });
        Self { fault }
    }

    /// Delivers a reply to a request for `target`.
    pub(super) async fn deliver(self, reply: Reply, target: &str) -> Result<Response<ReplyBody>, Cut> {
        let response = respond(reply);
        let Some(fault) = self.fault else {
            return Ok(response.map(ReplyBody::whole));
        };
        Ok(match fault {
            TransportFault::CloseBeforeAnswer => return Err(Cut),
            TransportFault::SlowAnswer => {
                sleep(SLOW_ANSWER).await;
                response.map(ReplyBody::whole)
            }
            TransportFault::SlowBody => {
                response.map(|bytes| ReplyBody::Slow { rest: bytes, pause: Box::pin(sleep(SLOW_BYTE)) })
            }
            TransportFault::ResetMidBody => response.map(|mut bytes| ReplyBody::Cut {
                length: bytes.len() as u64,
                half: Some(bytes.split_to(bytes.len() / 2)),
                pause: Box::pin(sleep(BEFORE_THE_CUT)),
            }),
            TransportFault::HugeBody => response.map(|_| ReplyBody::Flood { left: FLOOD_SIZE }),
            TransportFault::Redirect => redirect(response, target).map(ReplyBody::whole),
        })
    }
}

/// A reply as a response of the server.
pub(super) fn respond(reply: Reply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A response that sends the caller to where it is already.
fn redirect(mut response: Response<Bytes>, target: &str) -> Response<Bytes> {
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(target) = HeaderValue::try_from(target) {
        response.headers_mut().insert(LOCATION, target);
    }
    response
}

/// The body of a response, sent as the fault has it.
pub(super) enum ReplyBody {
    Whole(Option<Bytes>),
    Flood { left: usize },
    Slow { rest: Bytes, pause: Pin<Box<Sleep>> },
    Cut { length: u64, half: Option<Bytes>, pause: Pin<Box<Sleep>> },
}

impl ReplyBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let next = match &mut *self {
            Self::Whole(bytes) => bytes.take().map(Ok),
            Self::Flood { left } => {
                let size = FLOOD.len().min(*left);
                *left -= size;
                (size > 0).then(|| Ok(Bytes::from_static(&FLOOD[..size])))
            }
            Self::Slow { rest, .. } if rest.is_empty() => None,
            Self::Slow { rest, pause } => {
                ready!(pause.as_mut().poll(context));
                pause.set(sleep(SLOW_BYTE));
                Some(Ok(rest.split_to(1)))
            }
            Self::Cut { half, pause, .. } => {
                if half.is_none() {
                    ready!(pause.as_mut().poll(context));
                }
                Some(half.take().ok_or(Cut))
            }
        };
        Poll::Ready(next.map(|sent| sent.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Slow { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Cut { length, .. } => SizeHint::with_exact(*length),
            Self::Flood { .. } => SizeHint::default(),
        }
    }
}
