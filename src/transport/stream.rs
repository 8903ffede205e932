//! One connection to an endpoint, plain or encrypted. Main type: [`Stream`].
//!
//! It can be looked at without waiting, which hyper cannot do: an end that the kernel knows of already still looks open
//! to it.

use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How much is kept of unrequested bytes: more than is shown of them, so that a secret that begins in the shown part
/// is known as one.
pub(super) const KEPT: usize = 16 * 1024;

/// A connection. An encrypted one may go through another, to a proxy.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<Stream>>),
}

/// What is on a connection on which nothing is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum IdleInput {
    Nothing,
    /// Its end.
    End,
    /// A failure: the other end took no notice of what was sent to it.
    Reset,
    /// Unrequested bytes: how they begin.
    Bytes(Vec<u8>),
}

impl Stream {
    /// Looks at what has come in, without waiting. Session tickets and `close_notify` do not count as bytes, and
    /// neither does a lone line end (RFC 9112, section 2.2).
    pub(super) fn look(&mut self) -> IdleInput {
        let mut start = Vec::new();
        let mut buffer = [0; 512];
        let behind = loop {
            match self.read_now(&mut buffer) {
                Ok(0) if self.has_failed() => break IdleInput::Reset,
                Ok(0) => break IdleInput::End,
                Ok(count) => start.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break IdleInput::Nothing,
                Err(_) => break IdleInput::Reset,
            }
            if start.len() >= KEPT {
                break IdleInput::Nothing;
            }
        };
        start.truncate(KEPT);
        match start.as_slice() {
            b"" | b"\r\n" => behind,
            _ => IdleInput::Bytes(start),
        }
    }

    /// Whether the system knows of a failure behind the end: what was sent met a connection that was closed already.
    fn has_failed(&self) -> bool {
        match self {
            Self::Plain(socket) => !matches!(socket.take_error(), Ok(None)),
            Self::Encrypted(stream) => stream.get_ref().0.has_failed(),
        }
    }

    /// Reads what is there. Asks the system itself: the runtime learns of what has come in only when it waits.
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => {
                let socket = SockRef::from(&*socket);
                (&*socket).read(buffer)
            }
            Self::Encrypted(stream) => {
                let (below, session) = stream.get_mut();
                loop {
                    match session.reader().read(buffer) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        read => return read,
                    }
                    if session.read_tls(&mut Now(below))? == 0 {
                        return Ok(0);
                    }
                    session.process_new_packets().map_err(io::Error::other)?;
                }
            }
        }
    }
}

/// A stream that is read without waiting.
struct Now<'a>(&'a mut Stream);

impl Read for Now<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_now(buffer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(&mut **stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(&mut **stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Encrypted(stream) => Pin::new(&mut **stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(&mut **stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(&mut **stream).poll_shutdown(context),
        }
    }
}
