//! The network side: accepts connections on a port, reads requests with bounds, and sends what the endpoint replies.
//! Main type: `Server`. It decides nothing about the API.

use super::ReferenceSettings;
use super::delivery::{Cut, Delivery, ReplyBody, respond};
use super::endpoint::{LoggedService, Replied};
use super::identity::Identity;
use super::wire::{BODY_LIMIT, Received};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The endpoint behind a listener.
#[derive(Debug)]
pub(super) struct Server {
    endpoint: LoggedService,
    delivery: Delivery,
    /// Without one, connections are not encrypted.
    identity: Option<Identity>,
}

/// What is read and thrown away beyond it, so that a caller who is still sending gets to see the answer.
const DRAIN_LIMIT: usize = 16 * 1024 * 1024;
/// The time in which an encrypted connection has to be agreed on.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// The time in which the head of a request has to come; an idle connection ends with it, too.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The time in which a body has to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The connections that are held at once; further ones wait to be accepted.
const CONNECTION_LIMIT: usize = 512;
/// The pause after an accept that failed, which is for want of file descriptors and passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// A server of what the settings ask for.
    pub(super) fn new(mut settings: ReferenceSettings) -> Self {
        let (delivery, identity) = (Delivery::among(&settings.faults), settings.identity.take());
        Self { endpoint: LoggedService::new(settings), delivery, identity }
    }

    /// Serves connections until `closing` is set, and then lets requests under way end. If it is dropped,
    /// its connections end with it.
    pub(super) async fn serve(self, listener: TcpListener, mut closing: watch::Receiver<bool>) {
        let server = Arc::new(self);
        let mut connections = JoinSet::new();
        let listening = closing.clone();
        loop {
            while connections.try_join_next().is_some() {}
            if connections.len() >= CONNECTION_LIMIT {
                connections.join_next().await;
            }
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(Arc::clone(&server).hold(stream, listening.clone()));
                    }
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                () = close_requested(&mut closing) => break,
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    /// Holds one connection, which is encrypted first if the endpoint has an identity. Errors of the
    /// connection are the caller's business and are not reported.
    async fn hold(self: Arc<Self>, stream: TcpStream, mut closing: watch::Receiver<bool>) {
        // Small answers go out at once; a socket without this option is only slower.
        let _ = stream.set_nodelay(true);
        let Some(identity) = &self.identity else {
            return self.converse(stream, closing).await;
        };
        let agreed = timeout(HANDSHAKE_TIME, identity.acceptor().accept(stream));
        tokio::select! {
            agreed = agreed => if let Ok(Ok(stream)) = agreed {
                self.converse(stream, closing).await;
            },
            // A connection that is not agreed on yet has no request under way.
            () = close_requested(&mut closing) => {}
        }
    }

    /// Answers the requests of a connection, one after the other.
    async fn converse(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        mut closing: watch::Receiver<bool>,
    ) {
        let service = service_fn(move |request| Arc::clone(&self).handle(request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        tokio::select! {
            _ = connection.as_mut() => return,
            () = close_requested(&mut closing) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<ReplyBody>, Cut> {
        let (parts, body) = request.into_parts();
        let received = timeout(BODY_TIME, receive(body)).await.unwrap_or(Err(Cut))?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        match self.endpoint.answer(&parts, &received).await {
            // The faults of transport leave the hook alone.
            Replied::Hook(reply) => Ok(respond(reply).map(ReplyBody::whole)),
            Replied::Call(reply) => self.delivery.deliver(reply, target).await,
        }
    }
}

/// Waits until `closing` is set, or its sender is gone.
async fn close_requested(closing: &mut watch::Receiver<bool>) {
    // The guard that this gives must not be kept over a wait.
    let _ = closing.wait_for(|is_closing| *is_closing).await;
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
    Ok(Received::new(Bytes::from(kept), size))
}
