//! Connections that are kept for the next request. Main type: [`Idle`].
//!
//! An endpoint may close one at any time between answers (RFC 9112, section 9.5). What it sends on one unasked makes it
//! uncertain which answer belongs to which request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::address::Address;
use super::link::Rest;
use super::stream::{Seen, Stream};

/// How long to listen at the end for what an endpoint still sends: all connections at once.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// The connections that wait, the one used last on top, and what was met on those before.
#[derive(Debug)]
pub(super) struct Idle {
    waiting: Mutex<Vec<(Address, Stream)>>,
    is_over: AtomicBool,
    is_mixed: AtomicBool,
}

impl Idle {
    /// None yet; none ever if none are to be kept.
    pub(super) fn new(is_used: bool) -> Self {
        let is_over = AtomicBool::new(!is_used);
        Self { waiting: Mutex::default(), is_over, is_mixed: AtomicBool::new(false) }
    }

    /// A connection to an address on which nothing is.
    pub(super) fn take(&self, address: &Address) -> Option<Stream> {
        if self.is_over() {
            return None;
        }
        let mut stream = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let position = waiting.iter().rposition(|(known, _)| known == address)?;
            waiting.remove(position).1
        };
        match stream.look() {
            Seen::Nothing => return Some(stream),
            Seen::End => self.end(),
            Seen::Bytes(_) => self.mix(),
        }
        None
    }

    /// Keeps a connection, or learns that they are closed here.
    pub(super) fn keep(&self, address: &Address, rest: Rest) {
        match rest {
            Rest::Open(stream) if !self.is_over() => {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.push((address.clone(), stream));
            }
            Rest::Closed => self.end(),
            Rest::Open(_) | Rest::Over => {}
        }
    }

    /// From now on no connection is taken: one was closed here.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Bytes were on one that nobody had asked for.
    pub(super) fn mix(&self) {
        self.is_mixed.store(true, Ordering::Relaxed);
        self.end();
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Closes all and listens to the end; whether anything came on any of them that nobody had asked for.
    pub(super) async fn close(&self) -> bool {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let seen = join_all(waiting.into_iter().map(|(_, stream)| last_look(stream))).await;
        if seen.contains(&true) {
            self.mix();
        }
        self.is_mixed.load(Ordering::Relaxed)
    }
}

/// Whether bytes come until the endpoint closes the connection, too.
async fn last_look(mut stream: Stream) -> bool {
    let listening = async {
        // An endpoint that has closed it already sends nothing more, either.
        let _ = stream.shutdown().await;
        let mut start = Vec::new();
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            start.extend_from_slice(&buffer[..count]);
            if start.as_slice() != b"\r" && start.as_slice() != b"\r\n" {
                return true;
            }
        }
        false
    };
    timeout(LAST_LOOK, listening).await.unwrap_or(false)
}
