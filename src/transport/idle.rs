//! Connections that are kept for the next request. Main type: [`Idle`].
//!
//! An endpoint may close one at any time between answers (RFC 9112, section 9.5). What it sends on one unasked makes it
//! uncertain which answer belongs to which request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout_at;

use super::Keeping;
use super::address::Address;
use super::link::Rest;
use super::stream::{IdleInput, Stream};

/// How long the look at the end of a run is, at most: all connections at once.
const LAST_LOOK: Duration = Duration::from_millis(100);

/// How long after its last answer a connection is left open for unrequested bytes. Most endpoints send nothing more
/// once they have seen the end of a connection, so closing early would lose late bytes. The rest of the last look is
/// for endpoints that answer the end with bytes.
const LISTENING: Duration = Duration::from_millis(90);

/// How many connections may be listened to that carry no further request: fewer than the open files that a run has to
/// spare beside those of its cases.
const MOST_LEFT: usize = 16;

/// The connections that wait, the one used last on top, and what was met on those before.
#[derive(Debug)]
pub(super) struct Idle {
    keeping: Keeping,
    waiting: Mutex<Vec<IdleConnection>>,
    /// Those that carry no further request, the oldest first. What comes on one late shows that answers may have been
    /// mixed up before.
    left: Mutex<VecDeque<IdleConnection>>,
    is_over: AtomicBool,
    is_mixed: AtomicBool,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// For one request.
    Alone,
    /// For the first request of several.
    First,
    /// For another request.
    Again,
}

/// A connection after an answer.
#[derive(Debug)]
struct IdleConnection {
    address: Address,
    stream: Stream,
    since: Instant,
}

impl Idle {
    /// None yet; none ever if none are to be kept.
    pub(super) fn new(keeping: Keeping) -> Self {
        let is_over = AtomicBool::new(keeping == Keeping::Fresh);
        let (waiting, left) = (Mutex::default(), Mutex::default());
        Self { keeping, waiting, left, is_over, is_mixed: AtomicBool::new(false) }
    }

    /// A connection to an address on which nothing is.
    pub(super) fn take(&self, address: &Address) -> Option<Stream> {
        if self.is_over() {
            return None;
        }
        let mut kept = {
            let mut waiting = lock(&self.waiting);
            let position = waiting.iter().rposition(|kept| kept.address == *address)?;
            waiting.remove(position)
        };
        match kept.stream.look() {
            IdleInput::Nothing => return Some(kept.stream),
            IdleInput::End => self.end(),
            IdleInput::Bytes(_) => self.mix(),
        }
        None
    }

    /// What a new connection is used for.
    pub(super) fn new_use(&self) -> Use {
        if self.is_over() { Use::Alone } else { Use::First }
    }

    /// Takes a connection back after an answer, with whether bytes came behind that.
    pub(super) async fn keep(&self, address: &Address, rest: Rest, used: Use, has_surplus: bool) {
        let is_mixed = match used {
            // It belongs to no other request.
            Use::Alone => return,
            // That is a finding of the case; a moment later, the bytes would have met the next one.
            Use::First => has_surplus && self.keeping == Keeping::Reuse,
            // The answer may be what is behind it, if another came before it.
            Use::Again => has_surplus,
        };
        if is_mixed {
            self.mix();
        }
        let kept = |stream| IdleConnection { address: address.clone(), stream, since: Instant::now() };
        match rest {
            Rest::Open(stream) if !self.is_over() => lock(&self.waiting).push(kept(stream)),
            Rest::Open(stream) | Rest::Over(Some(stream)) => self.leave(kept(stream)).await,
            Rest::Closed => self.end(),
            Rest::Over(None) => {}
        }
    }

    /// From now on no connection is taken: one was closed here.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Notes that unrequested bytes came on a connection.
    pub(super) fn mix(&self) {
        self.is_mixed.store(true, Ordering::Relaxed);
        self.end();
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn is_mixed(&self) -> bool {
        self.is_mixed.load(Ordering::Relaxed)
    }

    /// Listens to a connection that carries no further request. Waits where too many are listened to.
    async fn leave(&self, kept: IdleConnection) {
        if self.keeping != Keeping::Reuse || self.is_mixed() {
            return;
        }
        let oldest = {
            let mut left = lock(&self.left);
            while let Some(mut oldest) = left.pop_front() {
                match oldest.stream.look() {
                    IdleInput::Bytes(_) => self.mix(),
                    IdleInput::Nothing if oldest.since.elapsed() < LISTENING => {
                        left.push_front(oldest);
                        break;
                    }
                    IdleInput::Nothing | IdleInput::End => {}
                }
            }
            left.push_back(kept);
            if left.len() > MOST_LEFT { left.pop_front() } else { None }
        };
        if let Some(oldest) = oldest
            && last_look(oldest, LISTENING).await
        {
            self.mix();
        }
    }

    /// Listens to all and closes them. Gives whether unrequested bytes came on any of them.
    pub(super) async fn close(&self) -> bool {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let left = std::mem::take(&mut *lock(&self.left));
        if self.is_mixed() {
            return true;
        }
        let listening = if self.keeping == Keeping::Reuse { LISTENING } else { Duration::ZERO };
        let looks = waiting.into_iter().chain(left).map(|kept| last_look(kept, listening));
        if join_all(looks).await.contains(&true) {
            self.mix();
        }
        self.is_mixed()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether bytes come until so long after the last answer, or until the endpoint closes the connection, too.
async fn last_look(mut kept: IdleConnection, listening: Duration) -> bool {
    let start = Instant::now();
    match kept.stream.look() {
        IdleInput::Bytes(_) => return true,
        IdleInput::End => return false,
        IdleInput::Nothing => {}
    }
    let mut seen = Vec::new();
    let until = (kept.since + listening).min(start + LAST_LOOK);
    if let Ok(found) = timeout_at(until.into(), listen(&mut kept.stream, &mut seen)).await {
        return found;
    }
    let closing = async {
        // An endpoint that has closed it already sends nothing more, either.
        let _ = kept.stream.shutdown().await;
        listen(&mut kept.stream, &mut seen).await
    };
    timeout_at((start + LAST_LOOK).into(), closing).await.unwrap_or(false)
}

/// Reads to the end, or until there are bytes other than a lone line end. `seen` is what was read before.
async fn listen(stream: &mut Stream, seen: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        seen.extend_from_slice(&buffer[..count]);
        if seen.as_slice() != b"\r" && seen.as_slice() != b"\r\n" {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpStream};

    use super::{Idle, Keeping, LISTENING, MOST_LEFT, Rest, Stream, Use, lock};
    use crate::transport::Address;

    #[tokio::test]
    async fn as_many_connections_are_listened_to_as_may_be_and_one_more_waits_for_the_oldest() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let address = Address::new(&format!("http://{place}")).unwrap();
        let (idle, start) = (Idle::new(Keeping::Reuse), Instant::now());
        idle.end();
        let mut ends = Vec::new();
        for count in 1..=MOST_LEFT + 3 {
            let stream = TcpStream::connect(place).await.unwrap();
            ends.push(listener.accept().await.unwrap());
            idle.keep(&address, Rest::Open(Stream::Plain(stream)), Use::Again, false).await;
            let left = lock(&idle.left).len();
            assert!(left <= MOST_LEFT, "{left}");
            // On a slow machine, the oldest have been listened to long enough by now.
            if count <= MOST_LEFT && start.elapsed() < LISTENING {
                assert_eq!(left, count);
            }
        }
        assert!(start.elapsed() >= LISTENING, "the one past the limit did not wait: {:?}", start.elapsed());
        assert!(!idle.close().await);
    }
}
