//! One request and its answer on one connection. Main function: [`exchange`].
//!
//! hyper frames the messages. Its connection is driven in place and given up after the answer, so that the bytes behind
//! the answer can be seen, and the stream is ours again.

use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{self, Connection, Parts};
use hyper::http::response;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;

use super::framing::{
    FramingWatch, LONGEST_HEAD, MOST_FIELDS, MOST_INTERIM, SeenBreach, for_status, in_fields,
};
use super::refused::tls_reason;
use super::stream::{IdleInput, KEPT, Stream};
use super::unreadable::wrong_line;
use super::watched::WatchedStream;
use crate::model::NoAnswer;

/// How an alert of TLS begins (RFC 8446, section 5.1).
const TLS_ALERT: &[u8] = &[21, 3];

/// A request of ours.
pub(super) type Outgoing = Request<Full<Bytes>>;

/// An answer as it came.
#[derive(Debug)]
pub(super) struct ReceivedAnswer {
    pub(super) head: response::Parts,
    pub(super) body: Vec<u8>,
    /// How the bytes begin that were there behind the answer, if any were.
    pub(super) surplus: Option<Vec<u8>>,
    /// What is wrong with its framing.
    pub(super) breaches: Vec<SeenBreach>,
    pub(super) rest: Rest,
    /// Whether it says that its connection carries no other.
    pub(super) is_said: bool,
}

/// What became of the connection.
#[derive(Debug)]
pub(super) enum Rest {
    /// It can carry another request.
    Open(Stream),
    /// The answer said that it is the last one, or the connection is of no more use for another reason. What is left of
    /// it may still be listened to.
    Over(Option<Stream>),
    /// The endpoint closed it without a word of that.
    Closed,
    /// It was broken off: something that was sent on it was not read.
    Reset,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing of the request was sent, so that it can go out on another connection.
    Unsent {
        request: Box<Outgoing>,
        /// Whether unrequested bytes came on the connection.
        is_unasked: bool,
    },
    /// The connection ended before a byte of the answer came.
    Ended(String),
    /// The head of the answer cannot be read: the rule that a line breaks, and the line.
    Unreadable(&'static str, Vec<u8>),
    /// Anything else.
    Fault(NoAnswer),
}

/// Sends a request and takes the whole answer, with a body of so many bytes at the most.
pub(super) async fn exchange(
    stream: Stream,
    request: Outgoing,
    limit: usize,
) -> Result<ReceivedAnswer, Failure> {
    let watched = WatchedStream::new(stream, FramingWatch::new(request.method() == Method::HEAD));
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MOST_FIELDS)
        .max_header_size(LONGEST_HEAD)
        .handshake::<_, Full<Bytes>>(TokioIo::new(watched))
        .await
        .map_err(|error| Failure::Fault(connection_fault(&error)))?;
    let mut driven = Driven { connection: Some(connection), parts: None, is_broken: false };
    let sent = {
        let mut sending = pin!(sender.try_send_request(request));
        poll_fn(|context| {
            driven.poll(context);
            sending.as_mut().poll(context)
        })
        .await
    };
    let response = match sent {
        Ok(response) => response,
        Err(mut error) => {
            return Err(match error.take_message() {
                Some(request) => {
                    Failure::Unsent { request: Box::new(request), is_unasked: driven.has_bytes() }
                }
                None => driven.failure(error.error()),
            });
        }
    };
    let (head, incoming) = response.into_parts();
    let body = collect(&mut driven, incoming, limit).await.map_err(Failure::Fault)?;
    // Polls again, to see an end or bytes that are there, and to make the connection idle if it can be.
    poll_fn(|context| {
        driven.poll(context);
        Poll::Ready(())
    })
    .await;
    let is_idle = sender.is_ready();
    drop(sender);
    Ok(driven.receive(head, body, is_idle))
}

async fn collect(driven: &mut Driven, mut incoming: Incoming, limit: usize) -> Result<Vec<u8>, NoAnswer> {
    let length = incoming.size_hint().exact().unwrap_or_default();
    if length > limit as u64 {
        return Err(NoAnswer::TooLarge { limit });
    }
    let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    while !incoming.is_end_stream() {
        let frame = poll_fn(|context| {
            driven.poll(context);
            match Pin::new(&mut incoming).poll_frame(context) {
                // Now it is known that the body is asked for.
                Poll::Pending => {
                    driven.poll(context);
                    Pin::new(&mut incoming).poll_frame(context)
                }
                ready @ Poll::Ready(_) => ready,
            }
        });
        let Some(frame) = frame.await else { break };
        let Ok(chunk) = frame.map_err(|error| connection_fault(&error))?.into_data() else { continue };
        if body.len() + chunk.len() > limit {
            return Err(NoAnswer::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// hyper's connection until it ends, and what is left of it then.
struct Driven {
    connection: Option<Connection<TokioIo<WatchedStream>, Full<Bytes>>>,
    parts: Option<Parts<TokioIo<WatchedStream>>>,
    /// Whether it ended with an error.
    is_broken: bool,
}

impl Driven {
    /// Moves bytes. An error reaches the future that waits for the answer.
    fn poll(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(ended) = connection.poll_without_shutdown(context)
        {
            self.is_broken = ended.is_err();
            self.end();
        }
    }

    /// Takes the connection apart, which also ends every wait on it.
    fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.parts = Some(connection.into_parts());
        }
    }

    /// Whether bytes were on the connection before anything was sent.
    fn has_bytes(mut self) -> bool {
        self.end();
        self.parts.is_some_and(|Parts { io, read_buf, .. }| {
            !is_blank(&read_buf) || matches!(io.into_inner().stream.look(), IdleInput::Bytes(_))
        })
    }

    /// Why no answer came.
    fn failure(mut self, error: &hyper::Error) -> Failure {
        self.end();
        let nothing_came = self.parts.as_ref().is_none_or(|parts| parts.read_buf.is_empty());
        if let Some(limit) =
            self.parts.as_ref().and_then(|parts| past_limit(error, &parts.io.inner().framing))
        {
            return Failure::Fault(NoAnswer::Broken { reason: limit });
        }
        if error.is_parse() && self.parts.as_ref().is_some_and(|parts| parts.read_buf.starts_with(TLS_ALERT))
        {
            let reason = "the endpoint answers in TLS; if it is an https:// endpoint, write that".to_owned();
            return Failure::Fault(NoAnswer::Broken { reason });
        }
        if error.is_parse()
            && let Some((rule, line)) = self.parts.as_ref().and_then(|parts| unreadable(error, parts))
        {
            return Failure::Unreadable(rule, line.to_vec());
        }
        let is_over = error.is_incomplete_message() || error.is_canceled() || error.source().is_some();
        if nothing_came && is_over && !error.is_parse() {
            Failure::Ended(cause(error))
        } else {
            Failure::Fault(connection_fault(error))
        }
    }

    fn receive(mut self, head: response::Parts, body: Vec<u8>, is_idle: bool) -> ReceivedAnswer {
        let has_ended = self.connection.is_none();
        self.end();
        let Some(Parts { io, read_buf, .. }) = self.parts else {
            return ReceivedAnswer {
                head,
                body,
                surplus: None,
                breaches: Vec::new(),
                rest: Rest::Over(None),
                is_said: false,
            };
        };
        let WatchedStream { mut stream, framing, .. } = io.into_inner();
        let mut breaches = framing.into_breaches();
        breaches.append(&mut in_fields(&head));
        breaches.extend(for_status(&head, &body));
        // What follows is another protocol's, and no answer.
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            let rest = Rest::Over(None);
            return ReceivedAnswer { head, body, surplus: None, breaches, rest, is_said: false };
        }
        let look = stream.look();
        let is_closed = matches!(look, IdleInput::End | IdleInput::Reset) && is_blank(&read_buf);
        let is_reset = self.is_broken || look == IdleInput::Reset;
        let mut surplus = (!is_blank(&read_buf)).then(|| read_buf[..read_buf.len().min(KEPT)].to_vec());
        if let IdleInput::Bytes(bytes) = look {
            surplus.get_or_insert_default().extend(bytes);
        }
        if let Some(bytes) = &mut surplus {
            bytes.truncate(KEPT);
        }
        let is_said = says_last(&head);
        let rest = if !has_ended && is_idle && !is_closed && surplus.is_none() {
            Rest::Open(stream)
        } else if surplus.is_none() && is_closed && is_reset {
            Rest::Reset
        } else if surplus.is_none() && is_closed && !is_said {
            Rest::Closed
        } else {
            Rest::Over((!is_closed && surplus.is_none()).then_some(stream))
        };
        ReceivedAnswer { head, body, surplus, breaches, rest, is_said }
    }
}

/// Whether bytes do not count as unrequested: none at all, or a lone line end (RFC 9112, section 2.2).
fn is_blank(bytes: &[u8]) -> bool {
    matches!(bytes, b"" | b"\r\n")
}

/// Whether an answer says that its connection carries no other (RFC 9112, section 9.3).
fn says_last(head: &response::Parts) -> bool {
    let options = head.headers.get_all(hyper::header::CONNECTION).iter();
    let mut options = options.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    head.version < hyper::Version::HTTP_11
        || options.any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// The line that makes the head of an answer unreadable, and the rule that it breaks.
fn unreadable<'p>(
    error: &hyper::Error,
    parts: &'p Parts<TokioIo<WatchedStream>>,
) -> Option<(&'static str, &'p [u8])> {
    // hyper leaves a head that it cannot read, and takes one whose length it cannot read.
    if error.to_string().contains("content-length") {
        return Some((
            "a length is one number (RFC 9112, section 6.3)",
            parts.io.inner().framing.odd_length()?,
        ));
    }
    wrong_line(&parts.read_buf)
}

/// Which limit an answer is past, if that is why there is none.
fn past_limit(error: &hyper::Error, framing: &FramingWatch) -> Option<String> {
    if framing.is_flooded() {
        return Some(format!("more than {MOST_INTERIM} interim answers (1xx) came before the answer"));
    }
    error.is_parse_too_large().then(|| framing.limit())
}

fn connection_fault(error: &hyper::Error) -> NoAnswer {
    NoAnswer::Broken { reason: cause(error) }
}

/// The innermost cause, which says what the system said.
fn cause(error: &hyper::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        if let Some(reason) = inner.downcast_ref().and_then(tls_reason) {
            return reason;
        }
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper::Request;
    use hyper::body::Bytes;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::{Failure, exchange};
    use crate::transport::stream::Stream;

    /// What comes of a request on a connection on which these bytes are, or which is closed without any.
    async fn sent_behind(bytes: &[u8]) -> Failure {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(bytes).await.unwrap();
        let _open = Some(server).filter(|_| !bytes.is_empty());
        stream.readable().await.unwrap();
        let request = Request::new(Full::new(Bytes::new()));
        exchange(Stream::Plain(stream), request, 100).await.unwrap_err()
    }

    #[tokio::test]
    async fn bytes_that_are_there_before_a_request_is_sent_are_not_its_answer() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for (bytes, due) in [(&whole[..], true), (b"HTTP", true), (b"\r\n\r\n", true), (b"", false)] {
            let failure = sent_behind(bytes).await;
            assert!(
                matches!(failure, Failure::Unsent { is_unasked, .. } if is_unasked == due),
                "{bytes:?}: {failure:?}"
            );
        }
    }
}
