//! Connections that are kept for the next request. Main type: [`Idle`].
//!
//! An endpoint may close one at any time between answers (RFC 9112, section 9.5). What it sends on one unasked makes it
//! uncertain which answer belongs to which request; so does an end that comes with an answer, or right after one: that
//! answer may be one more to an earlier request, and the endpoint has never read the last.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout_at};

use super::Keeping;
use super::address::Address;
use super::link::Rest;
use super::stream::{IdleInput, Stream};

/// For how long after its last answer a connection is listened to, at the least. Most endpoints send nothing more once
/// they have seen the end of a connection, so closing early would lose late bytes.
const LISTENING: Duration = Duration::from_millis(90);

/// How much longer the look at the end of a run is, for endpoints that answer the end of a connection with bytes.
const ENDING: Duration = Duration::from_millis(10);

/// How often connections at rest are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How many connections may be listened to that carry no further request, where this process may open as many files.
const MOST_LEFT: usize = 64;

/// How many requests a connection carries: fewer than the 100 after which many endpoints close one.
const MOST_REQUESTS: usize = 90;

/// The connections that wait, the one used last on top, and what was met on those before.
#[derive(Debug)]
pub(super) struct Idle {
    keeping: Keeping,
    waiting: Mutex<Vec<IdleConnection>>,
    /// Those that carry no further request. What comes on one late shows that answers may have been mixed up before.
    left: Mutex<Vec<IdleConnection>>,
    most_left: AtomicUsize,
    /// The longest time of an answer, in microseconds: if answers are mixed up, the last one is as late.
    slowest: AtomicU64,
    is_looking: AtomicBool,
    is_over: AtomicBool,
    is_mixed: AtomicBool,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use {
    /// For one request.
    Alone,
    /// For the first request of several.
    First,
    /// For another request.
    Again(UsedBefore),
}

/// What a connection has carried before.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsedBefore {
    /// How many requests.
    requests: usize,
    /// Whether one of its answers may be another request's: it came to a later request than the first, and the endpoint
    /// was not silent for long enough since.
    is_open: bool,
    /// When the last answer was there.
    since: Instant,
}

/// What is known of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belonging {
    /// It is its request's, unless the whole run is known to be mixed up.
    Own,
    /// It may be another request's: its connection ended with it.
    Doubtful,
}

/// A connection after an answer.
#[derive(Debug)]
struct IdleConnection {
    address: Address,
    stream: Stream,
    past: UsedBefore,
    /// For how long after the answer nothing had come at the last look.
    silent: Duration,
}

impl IdleConnection {
    /// Looks at it without waiting; notes silence.
    fn look(&mut self) -> IdleInput {
        let silent = self.past.since.elapsed();
        let input = self.stream.look();
        if input == IdleInput::Nothing {
            self.silent = silent;
        }
        input
    }
}

impl Idle {
    /// None yet; none ever if none are to be kept.
    pub(super) fn new(keeping: Keeping) -> Self {
        Self {
            keeping,
            waiting: Mutex::default(),
            left: Mutex::default(),
            most_left: AtomicUsize::new(MOST_LEFT),
            slowest: AtomicU64::new(0),
            is_looking: AtomicBool::new(false),
            is_over: AtomicBool::new(keeping == Keeping::Fresh),
            is_mixed: AtomicBool::new(false),
        }
    }

    /// Whether connections to a server of this process are kept, and no others.
    pub(super) fn is_own(&self) -> bool {
        self.keeping == Keeping::ReuseOwn
    }

    /// Listens to no more connections than so many that carry no further request, and to one at least.
    pub(super) fn leave_at_most(&self, count: usize) {
        self.most_left.store(count.clamp(1, MOST_LEFT), Ordering::Relaxed);
    }

    /// A connection to an address on which nothing is, with what it has carried.
    pub(super) fn take(&self, address: &Address) -> Option<(Stream, UsedBefore)> {
        if self.is_over() {
            return None;
        }
        let mut kept = {
            let mut waiting = lock(&self.waiting);
            let position = waiting.iter().rposition(|kept| kept.address == *address)?;
            waiting.remove(position)
        };
        match kept.look() {
            IdleInput::Nothing => {
                let is_open = kept.past.is_open && kept.silent < self.listening();
                return Some((kept.stream, UsedBefore { is_open, ..kept.past }));
            }
            IdleInput::End => self.end_after(kept.past, kept.silent),
            IdleInput::Bytes(_) => self.mix(),
        }
        None
    }

    /// What a new connection is used for.
    pub(super) fn new_use(&self) -> Use {
        if self.is_over() { Use::Alone } else { Use::First }
    }

    /// Takes a connection back after an answer that took so long, with whether bytes came behind that. Says whose the
    /// answer is.
    pub(super) async fn keep(
        self: &Arc<Self>,
        address: &Address,
        rest: Rest,
        (used, elapsed): (Use, Duration),
        has_surplus: bool,
    ) -> Belonging {
        let past = match used {
            // It belongs to no other request.
            Use::Alone => return Belonging::Own,
            Use::First => None,
            Use::Again(past) => Some(past),
        };
        // Behind a first answer that is a finding of the case; a moment later, the bytes would have met the next one.
        // Behind another one, the answer may be what is behind it.
        if has_surplus && (past.is_some() || !self.is_own()) {
            self.mix();
        }
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(micros, Ordering::Relaxed);
        let requests = past.map_or(0, |past| past.requests) + 1;
        let is_open = past.is_some() && !self.is_own();
        let kept = |stream, is_open| {
            let past = UsedBefore { requests, is_open, since: Instant::now() };
            IdleConnection { address: address.clone(), stream, past, silent: Duration::ZERO }
        };
        match (rest, past.filter(|_| !self.is_own())) {
            (Rest::Open(stream), _) if !self.is_over() && requests < MOST_REQUESTS => {
                lock(&self.waiting).push(kept(stream, is_open));
                self.look_often();
            }
            (Rest::Open(stream), _) => self.leave(kept(stream, is_open)).await,
            (Rest::Closed | Rest::Over(_), Some(_)) if self.is_mixed() => {}
            (rest @ (Rest::Closed | Rest::Over(_)), Some(past)) => {
                self.end_after(past, Duration::ZERO);
                if let Rest::Over(Some(stream)) = rest {
                    self.leave(kept(stream, false)).await;
                }
                return Belonging::Doubtful;
            }
            (Rest::Closed, None) => self.end(),
            // No request could have followed.
            (Rest::Over(_), None) => {}
        }
        Belonging::Own
    }

    /// From now on no connection is taken: one was closed here.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// The same, of one that has ended without an answer to its last request.
    pub(super) fn end_without_answer(&self, past: UsedBefore) {
        self.end_after(past, past.since.elapsed());
    }

    /// The same, of one that was silent for so long after its last answer.
    fn end_after(&self, past: UsedBefore, silent: Duration) {
        self.end();
        if past.is_open && !self.is_own() && silent < self.listening() {
            self.mix();
        }
    }

    /// Notes that answers may have been mixed up.
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

    /// For how long after its last answer a connection is listened to.
    fn listening(&self) -> Duration {
        LISTENING.max(2 * Duration::from_micros(self.slowest.load(Ordering::Relaxed)))
    }

    /// Listens to a connection that carries no further request. Waits where too many are listened to.
    async fn leave(self: &Arc<Self>, kept: IdleConnection) {
        if self.keeping != Keeping::Reuse {
            return;
        }
        self.look_often();
        while !self.is_mixed() {
            {
                let mut left = lock(&self.left);
                if left.len() < self.most_left.load(Ordering::Relaxed) {
                    left.push(kept);
                    return;
                }
            }
            sleep(LOOK).await;
        }
    }

    /// Begins to look at the connections that are at rest, unless that is done already.
    fn look_often(self: &Arc<Self>) {
        if self.keeping != Keeping::Reuse || self.is_looking.swap(true, Ordering::Relaxed) {
            return;
        }
        let idle = Arc::downgrade(self);
        tokio::spawn(async move {
            while idle.upgrade().is_some_and(|idle| idle.look()) {
                sleep(LOOK).await;
            }
        });
    }

    /// Looks at all connections, and closes those that are of no more use. Says whether there is more to be learned.
    fn look(&self) -> bool {
        let listening = self.listening();
        let is_over = self.is_over();
        let look = |kept: &mut IdleConnection, is_left: bool| match kept.look() {
            IdleInput::Nothing => !is_left || kept.silent < listening,
            IdleInput::End => {
                self.end_after(kept.past, kept.silent);
                false
            }
            IdleInput::Bytes(_) => {
                self.mix();
                false
            }
        };
        lock(&self.waiting).retain_mut(|kept| look(kept, is_over));
        lock(&self.left).retain_mut(|kept| look(kept, true));
        !self.is_mixed()
    }

    /// Listens to all and closes them. Gives whether answers may have been mixed up.
    pub(super) async fn close(&self) -> bool {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let left = std::mem::take(&mut *lock(&self.left));
        if self.is_mixed() {
            return true;
        }
        let listening = if self.keeping == Keeping::Reuse { self.listening() } else { Duration::ZERO };
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

/// Whether answers may have been mixed up: bytes come until so long after the last answer, or until the endpoint closes
/// the connection, too, or it closes the connection too early.
async fn last_look(mut kept: IdleConnection, listening: Duration) -> bool {
    let start = Instant::now();
    match kept.look() {
        IdleInput::Bytes(_) => return true,
        IdleInput::End => return kept.past.is_open && kept.silent < listening,
        IdleInput::Nothing => {}
    }
    let mut seen = Vec::new();
    let until = kept.past.since + listening;
    if let Ok(found) = timeout_at(until.into(), listen(&mut kept.stream, &mut seen)).await {
        return found || kept.past.is_open;
    }
    let closing = async {
        // An endpoint that has closed it already sends nothing more, either.
        let _ = kept.stream.shutdown().await;
        listen(&mut kept.stream, &mut seen).await
    };
    timeout_at((start + listening + ENDING).into(), closing).await.unwrap_or(false)
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
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::sleep;

    use super::{
        Belonging, Idle, Keeping, LISTENING, MOST_LEFT, MOST_REQUESTS, Rest, Stream, Use, UsedBefore, lock,
    };
    use crate::transport::Address;

    /// A server, its address, and what is kept of connections to it.
    async fn kept() -> (TcpListener, Address, Arc<Idle>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        (listener, address, Arc::new(Idle::new(Keeping::Reuse)))
    }

    /// A connection that is open, and its other end.
    async fn connected(listener: &TcpListener) -> (Rest, TcpStream) {
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Rest::Open(Stream::Plain(stream)), listener.accept().await.unwrap().0)
    }

    fn again(is_open: bool) -> Use {
        Use::Again(UsedBefore { requests: 1, is_open, since: Instant::now() })
    }

    #[tokio::test]
    async fn as_many_connections_are_listened_to_as_may_be_and_one_more_waits_for_the_oldest() {
        for most in [1, 3, MOST_LEFT, usize::MAX] {
            let ((listener, address, idle), start) = (kept().await, Instant::now());
            idle.leave_at_most(most);
            idle.end();
            let most = most.min(MOST_LEFT);
            let mut ends = Vec::new();
            for count in 1..=most + 1 {
                let (rest, end) = connected(&listener).await;
                ends.push(end);
                idle.keep(&address, rest, (again(false), Duration::ZERO), false).await;
                let left = lock(&idle.left).len();
                assert!(left <= most, "{left}");
                // On a slow machine, the oldest have been listened to long enough by now.
                if count <= most && start.elapsed() < LISTENING {
                    assert_eq!(left, count);
                }
            }
            assert!(
                start.elapsed() >= LISTENING,
                "the one past the limit did not wait: {:?}",
                start.elapsed()
            );
            assert!(!idle.close().await);
        }
    }

    #[tokio::test]
    async fn an_answer_with_which_a_connection_ends_is_doubtful_and_so_are_those_before_it() {
        for (used, belonging, is_mixed) in [
            (Use::Alone, Belonging::Own, false),
            (Use::First, Belonging::Own, false),
            (again(false), Belonging::Doubtful, false),
            (again(true), Belonging::Doubtful, true),
        ] {
            for is_said in [false, true] {
                let (_, address, idle) = kept().await;
                let rest = if is_said { Rest::Over(None) } else { Rest::Closed };
                assert_eq!(idle.keep(&address, rest, (used, Duration::ZERO), false).await, belonging);
                assert_eq!(idle.close().await, is_mixed, "{used:?} {is_said}");
            }
        }
    }

    #[tokio::test]
    async fn an_end_right_after_an_answer_is_doubtful_unless_that_was_the_first() {
        for (used, millis, is_mixed) in [
            (Use::First, 0, false),
            (again(false), 0, true),
            (again(false), 30, true),
            (again(false), 200, false),
        ] {
            for is_closed_here in [false, true] {
                let (listener, address, idle) = kept().await;
                let (rest, end) = connected(&listener).await;
                assert_eq!(idle.keep(&address, rest, (used, Duration::ZERO), false).await, Belonging::Own);
                sleep(Duration::from_millis(millis)).await;
                drop(end);
                if !is_closed_here {
                    sleep(Duration::from_millis(150)).await;
                }
                assert_eq!(idle.close().await, is_mixed, "{used:?} {millis} {is_closed_here}");
            }
        }
    }

    #[tokio::test]
    async fn a_slow_endpoint_is_listened_to_for_longer() {
        let (listener, address, idle) = kept().await;
        let ((rest, end), start) = (connected(&listener).await, Instant::now());
        let slow = Duration::from_millis(200);
        idle.keep(&address, rest, (again(false), slow), false).await;
        assert!(!idle.close().await);
        assert!(start.elapsed() >= 2 * slow, "{:?}", start.elapsed());
        drop(end);
    }

    #[tokio::test]
    async fn a_connection_carries_so_many_requests_and_what_is_proved_by_silence_stays_proved() {
        let (listener, address, idle) = kept().await;
        let (mut rest, _end) = connected(&listener).await;
        let mut used = Use::First;
        for count in 1..=MOST_REQUESTS {
            idle.keep(&address, rest, (used, Duration::ZERO), false).await;
            if count == 5 {
                sleep(LISTENING + Duration::from_millis(20)).await;
            }
            let taken = idle.take(&address);
            assert_eq!(taken.is_some(), count < MOST_REQUESTS, "{count}");
            let Some((stream, past)) = taken else { break };
            assert_eq!((past.requests, count == 5 && past.is_open), (count, false));
            (rest, used) = (Rest::Open(stream), Use::Again(past));
        }
        assert!(!idle.close().await);
    }
}
