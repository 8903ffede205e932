//! The network side: accepts connections on a port, reads requests with bounds, and sends what the service replies.
//! Main type: `Server`. It decides nothing about the API but which of its two paths a request is for.

use super::answer::Reply;
use super::delivery::{Cut, Delivery, ReplyBody, respond};
use super::fault::Fault;
use super::hook::{self, StateReply};
use super::service::Service;
use super::wire::{BodySize, Call, Received};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The endpoint behind a listener.
#[derive(Debug)]
pub(super) struct Server {
    service: Service,
    delivery: Delivery,
}

/// The largest body that is read, many times what 40 tags of the longest kind take when they are encoded.
const BODY_LIMIT: usize = 256 * 1024;
/// What is read and thrown away beyond it, so that a caller who is still sending gets to see the answer.
const DRAIN_LIMIT: usize = 16 * 1024 * 1024;
/// The time in which the head of a request has to come; an idle connection ends with it, too.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The time in which a body has to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The connections that are held at once; further ones wait to be accepted.
const CONNECTION_LIMIT: usize = 512;
/// The pause after an accept that failed, which is for want of file descriptors and passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Server {
    pub(super) fn new(seed: u64, faults: &[Fault]) -> Self {
        Self { service: Service::new(seed, faults), delivery: Delivery::among(faults) }
    }

    /// Serves connections until it is dropped; its connections end with it.
    pub(super) async fn serve(self, listener: TcpListener) {
        let server = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            if connections.len() >= CONNECTION_LIMIT {
                connections.join_next().await;
            }
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(Arc::clone(&server).hold(stream));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    /// Serves one connection; how it ends is the caller's business and told to nobody.
    async fn hold(self: Arc<Self>, stream: TcpStream) {
        // Small answers go out at once; a socket that cannot be told so is only slower.
        let _ = stream.set_nodelay(true);
        let service = service_fn(move |request| Arc::clone(&self).handle(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let _ = connection.await;
    }

    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<ReplyBody>, Cut> {
        let (parts, body) = request.into_parts();
        let received = timeout(BODY_TIME, receive(body)).await.unwrap_or(Err(Cut))?;
        if parts.uri.path() == hook::PATH {
            let reply = json_reply(&self.state(&parts, &received));
            return Ok(respond(reply).map(ReplyBody::whole));
        }
        let call = Call::read(&parts, &received, &self.service.policy().wire);
        let reply = self.service.answer(&call).await;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        self.delivery.deliver(reply, target).await
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

/// Takes a body in, up to the limit; what comes after is counted and dropped.
async fn receive(mut body: Incoming) -> Result<Received, Cut> {
    let (mut kept, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Cut)?.into_data() else {
            continue;
        };
        size += data.len();
        if size <= BODY_LIMIT {
            kept.extend_from_slice(&data);
        } else if size > DRAIN_LIMIT {
            break;
        }
    }
    Ok(Received {
        bytes: Bytes::from(kept),
        size: if size > BODY_LIMIT { BodySize::TooLarge } else { BodySize::Whole },
    })
}
