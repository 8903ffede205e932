//! A connection while an answer comes on it. Main type: [`WatchedStream`].

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::FramingWatch;
use super::stream::Stream;

/// How many bytes are read without a wait before others have their turn: timers, and interrupts.
const TURN: usize = 1024 * 1024;

/// A connection whose incoming bytes are looked at.
#[derive(Debug)]
pub(super) struct WatchedStream {
    pub(super) stream: Stream,
    pub(super) framing: FramingWatch,
    /// How many bytes came since the last wait.
    at_once: usize,
}

impl WatchedStream {
    pub(super) fn new(stream: Stream, framing: FramingWatch) -> Self {
        Self { stream, framing, at_once: 0 }
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.at_once > TURN {
            this.at_once = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        let came = &buffer.filled()[before..];
        this.at_once = if polled.is_pending() { 0 } else { this.at_once + came.len() };
        this.framing.see(came);
        if this.framing.is_flooded() {
            return Poll::Ready(Err(io::Error::other("too many interim answers")));
        }
        polled
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
