//! Connections that are kept for the next request. Main type: [`Idle`].
//!
//! An endpoint may close one at any time between answers (RFC 9112, section 9.5). What it sends on one unasked makes it
//! uncertain which answer belongs to which request. So does an end for the answers right before it: the last may be one
//! more to an earlier request, while the endpoint has never read its own. What proves an answer is what follows: the next
//! answer, or silence. Of one that is not proved, the case starts again. The last request of a worker asks the endpoint to
//! close the connection: what comes until then is all there is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout_at};

use super::Keeping;
use super::address::Address;
use super::link::Rest;
use super::stream::{IdleInput, Stream};

/// For how long after its last answer a connection is listened to that its endpoint does not close, at the least. Most
/// endpoints send nothing more once they have seen the end of a connection, so closing early would lose late bytes.
const LISTENING: Duration = Duration::from_millis(90);

/// How much longer the look at the end of a run is, for endpoints that answer the end of a connection with bytes.
const ENDING: Duration = Duration::from_millis(10);

/// How often connections at rest are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How often the connections are looked at that close when they are asked.
const SHORT_LOOK: Duration = Duration::from_millis(1);

/// How many connections may be listened to that carry no further request, where this process may open as many files.
const MOST_LEFT: usize = 64;

/// How many requests a connection carries: fewer than the 100 after which many endpoints close one.
const MOST_REQUESTS: usize = 90;

/// The connections that wait, the one used last behind the others, and what was met on those before.
#[derive(Debug)]
pub(super) struct Idle {
    keeping: Keeping,
    waiting: Mutex<VecDeque<IdleConnection>>,
    /// Those that carry no further request. What comes on one late shows that answers may have been mixed up before.
    left: Mutex<VecDeque<IdleConnection>>,
    most_left: AtomicUsize,
    /// The longest time of an answer, in microseconds: if answers are mixed up, the last one is as late.
    slowest: AtomicU64,
    is_looking: AtomicBool,
    /// Whether the endpoint has closed a connection that it was asked to close.
    closes_when_asked: AtomicBool,
    is_over: AtomicBool,
    is_mixed: AtomicBool,
}

/// What a connection is used for.
#[derive(Debug)]
pub(super) enum Use {
    /// For one request.
    Alone,
    /// For one of several.
    Kept {
        /// How many requests it has carried before.
        earlier: usize,
        /// Whether this is the last one, which asks the endpoint to close it.
        is_last: bool,
        /// Where it is awaited whether the answer before this request is proved.
        before: Option<oneshot::Sender<bool>>,
    },
}

impl Use {
    /// Whether the request asks the endpoint to close the connection.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::Kept { is_last: true, .. })
    }
}

/// What is known of an answer.
#[derive(Debug)]
pub(super) enum Belonging {
    /// It is its request's, unless the whole run is known to be mixed up.
    Own,
    /// What follows on the connection proves it, or does not.
    Open(Proof),
    /// It may be another request's: its connection ended with it.
    Doubtful,
}

/// What proves an answer on a kept connection to be its request's: the next answer, or silence. An end of the connection
/// does not.
#[derive(Debug)]
pub struct Proof(oneshot::Receiver<bool>);

impl Proof {
    /// Waits for it. A caller that stops waiting loses nothing.
    pub async fn is_there(&mut self) -> bool {
        // Where the run is broken off, nothing more is learned.
        (&mut self.0).await.unwrap_or(true)
    }

    /// Whether it is there, if that is known already. It is asked again only if it is not.
    pub fn known(&mut self) -> Option<bool> {
        match self.0.try_recv() {
            Ok(is_there) => Some(is_there),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(true),
        }
    }
}

/// A connection after an answer.
#[derive(Debug)]
struct IdleConnection {
    address: Address,
    stream: Stream,
    /// How many requests it has carried.
    requests: usize,
    /// When the last answer was there.
    since: Instant,
    /// Where it is awaited whether that answer is proved.
    open: Option<oneshot::Sender<bool>>,
    is_asked_to_close: bool,
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
            closes_when_asked: AtomicBool::new(false),
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

    /// A connection to an address on which nothing is, with what it is used for; `is_closing` if no further request follows.
    pub(super) fn take(&self, address: &Address, is_closing: bool) -> Option<(Stream, Use)> {
        if self.is_over() {
            return None;
        }
        let mut kept = {
            let mut waiting = lock(&self.waiting);
            // The oldest, so that each answer is soon followed by another.
            let position = waiting.iter().position(|kept| kept.address == *address)?;
            waiting.remove(position)?
        };
        match kept.stream.look() {
            IdleInput::Nothing => {
                return Some((kept.stream, self.use_after(kept.requests, is_closing, kept.open)));
            }
            IdleInput::End | IdleInput::Reset => self.end_behind(kept.open),
            IdleInput::Bytes(_) => self.mix(),
        }
        None
    }

    /// What a new connection is used for.
    pub(super) fn new_use(&self, is_closing: bool) -> Use {
        if self.is_over() { Use::Alone } else { self.use_after(0, is_closing, None) }
    }

    fn use_after(&self, earlier: usize, is_closing: bool, before: Option<oneshot::Sender<bool>>) -> Use {
        let is_last = self.keeping == Keeping::Reuse && (is_closing || earlier + 1 >= MOST_REQUESTS);
        Use::Kept { earlier, is_last, before }
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
        // Alone, it belongs to no other request.
        let Use::Kept { earlier, is_last, before } = used else { return Belonging::Own };
        // Behind a first answer that is a finding of the case; a moment later, the bytes would have met the next one.
        // Behind another one, the answer may be what is behind it.
        if has_surplus && (earlier > 0 || !self.is_own()) {
            self.mix();
        }
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(micros, Ordering::Relaxed);
        let requests = earlier + 1;
        let kept = |stream, open| {
            let since = Instant::now();
            IdleConnection {
                address: address.clone(),
                stream,
                requests,
                since,
                open,
                is_asked_to_close: is_last,
            }
        };
        let is_asked_to_close = is_last && !matches!(rest, Rest::Reset);
        let is_doubtful = earlier > 0 && !self.is_own() && !is_asked_to_close && !self.is_mixed();
        match rest {
            Rest::Open(stream) => {
                self.prove(before, true);
                let (open, proof) = self.open_proof(earlier, is_last);
                if self.is_over() || is_last || requests >= MOST_REQUESTS {
                    self.leave(kept(stream, open)).await;
                } else {
                    lock(&self.waiting).push_back(kept(stream, open));
                    self.look_often();
                }
                return proof.map_or(Belonging::Own, Belonging::Open);
            }
            Rest::Over(Some(stream)) if is_doubtful || is_last => self.leave(kept(stream, None)).await,
            Rest::Over(None) | Rest::Closed if is_asked_to_close => self.note_closing(),
            // No request could have followed.
            Rest::Over(_) => {}
            Rest::Closed | Rest::Reset => self.end(),
        }
        self.prove(before, !is_doubtful);
        if !is_doubtful {
            return Belonging::Own;
        }
        self.end();
        Belonging::Doubtful
    }

    /// A proof to come for an answer behind so many on its connection. The first can be no other request's, and one that
    /// its request asked to be the last is followed by nothing.
    fn open_proof(&self, earlier: usize, is_last: bool) -> (Option<oneshot::Sender<bool>>, Option<Proof>) {
        if earlier == 0 || is_last || self.keeping != Keeping::Reuse {
            return (None, None);
        }
        let (open, proof) = oneshot::channel();
        (Some(open), Some(Proof(proof)))
    }

    /// Says whether an answer is proved. If it is not, and its case cannot start again, answers may have been mixed up.
    pub(super) fn prove(&self, open: Option<oneshot::Sender<bool>>, is_own: bool) {
        let is_heard = open.is_none_or(|open| open.send(is_own).is_ok());
        if !is_own && !is_heard {
            self.mix();
        }
    }

    /// Takes note of a connection on which a request got no answer, or of the end of which it came, unless the fault is
    /// another one.
    pub(super) fn fail(&self, used: Use, is_fault: bool) {
        let Use::Kept { before, earlier, .. } = used else { return };
        if is_fault {
            self.prove(before, true);
        } else if earlier > 0 {
            self.end_behind(before);
        }
    }

    /// From now on no connection is taken, and the answer with this proof is not proved: its connection ended behind it.
    pub(super) fn end_behind(&self, open: Option<oneshot::Sender<bool>>) {
        self.end();
        self.prove(open, false);
    }

    /// From now on no connection is taken: one was closed here.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
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
        LISTENING.max(self.slow())
    }

    /// Twice the time of the slowest answer.
    fn slow(&self) -> Duration {
        2 * Duration::from_micros(self.slowest.load(Ordering::Relaxed))
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
                    left.push_back(kept);
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
            while let Some(idle) = idle.upgrade() {
                idle.look();
                drop(idle);
                sleep(LOOK).await;
            }
        });
    }

    /// Looks at all connections, and closes those that are of no more use.
    fn look(&self) {
        self.look_at(&mut lock(&self.waiting), self.is_over());
        self.look_at(&mut lock(&self.left), true);
        if self.is_mixed() {
            // Whatever is proved changes nothing any more.
            lock(&self.waiting).clear();
            lock(&self.left).clear();
        }
    }

    /// Looks at some connections, which carry further requests or not.
    fn look_at(&self, connections: &mut VecDeque<IdleConnection>, is_left: bool) {
        let listening = self.listening();
        connections.retain_mut(|kept| match kept.stream.look() {
            IdleInput::Nothing => {
                let is_proved = kept.since.elapsed() >= listening;
                if is_proved {
                    self.prove(kept.open.take(), true);
                }
                !is_left || !is_proved
            }
            IdleInput::End | IdleInput::Reset => {
                self.prove(kept.open.take(), false);
                if !is_left {
                    self.end();
                } else if kept.is_asked_to_close {
                    self.note_closing();
                }
                false
            }
            IdleInput::Bytes(_) => {
                self.mix();
                false
            }
        });
    }

    fn note_closing(&self) {
        self.closes_when_asked.store(true, Ordering::Relaxed);
    }

    /// Closes the connections that wait and that no case under way has taken at once, where no further one begins whose
    /// last request could ask the endpoint to do so.
    pub(super) async fn close_waiting(&self) {
        sleep(SHORT_LOOK).await;
        let waiting = {
            let mut waiting = lock(&self.waiting);
            // The oldest are in front.
            let count = waiting.partition_point(|kept| kept.since.elapsed() >= SHORT_LOOK);
            waiting.drain(..count).collect()
        };
        self.close_all(waiting).await;
    }

    async fn close_all(&self, waiting: VecDeque<IdleConnection>) {
        if self.keeping == Keeping::Reuse {
            join_all(waiting.into_iter().map(|kept| self.close_one(kept))).await;
        }
    }

    /// Closes a connection, and says whether its last answer is proved. An endpoint that closes when it is asked has sent
    /// all it will by then: before that, it is listened to no longer than an answer that is shifted by one takes.
    async fn close_one(&self, mut kept: IdleConnection) {
        loop {
            match kept.stream.look() {
                IdleInput::Nothing => {}
                IdleInput::End | IdleInput::Reset => return self.end_behind(kept.open),
                IdleInput::Bytes(_) => return self.mix(),
            }
            self.look_at(&mut lock(&self.left), true);
            let closes = self.closes_when_asked.load(Ordering::Relaxed);
            let patience = if closes { self.slow() } else { self.listening() };
            if self.is_mixed() || kept.since.elapsed() >= patience {
                break;
            }
            sleep(SHORT_LOOK).await;
        }
        let until = kept.since + self.listening() + ENDING;
        let closing = async {
            // An endpoint that has closed it already sends nothing more, either.
            let _ = kept.stream.shutdown().await;
            listen(&mut kept.stream, &mut Vec::new()).await
        };
        match timeout_at(until.into(), closing).await {
            Ok(IdleInput::Bytes(_)) => self.mix(),
            Ok(IdleInput::Reset) => self.prove(kept.open, false),
            Ok(IdleInput::End | IdleInput::Nothing) | Err(_) => self.prove(kept.open, true),
        }
    }

    /// Listens to all and closes them. Gives whether answers may have been mixed up.
    pub(super) async fn close(&self) -> bool {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        self.close_all(waiting).await;
        let left = std::mem::take(&mut *lock(&self.left));
        if self.is_mixed() {
            return true;
        }
        let listening = self.listening();
        let looks = left.into_iter().map(|kept| last_look(kept, listening));
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
/// the connection, too; or it does so behind an answer that is not proved, and whose case starts again no more.
async fn last_look(mut kept: IdleConnection, listening: Duration) -> bool {
    let start = Instant::now();
    match kept.stream.look() {
        IdleInput::Bytes(_) => return true,
        IdleInput::End | IdleInput::Reset => return kept.open.is_some(),
        IdleInput::Nothing => {}
    }
    let mut seen = Vec::new();
    let until = kept.since + listening;
    if let Ok(heard) = timeout_at(until.into(), listen(&mut kept.stream, &mut seen)).await {
        return matches!(heard, IdleInput::Bytes(_)) || kept.open.is_some();
    }
    let closing = async {
        // An endpoint that has closed it already sends nothing more, either.
        let _ = kept.stream.shutdown().await;
        listen(&mut kept.stream, &mut seen).await
    };
    let heard = timeout_at((start + listening + ENDING).into(), closing).await;
    matches!(heard, Ok(IdleInput::Bytes(_)))
}

/// Reads to the end, or until there are bytes other than a lone line end. `seen` is what was read before.
async fn listen(stream: &mut Stream, seen: &mut Vec<u8>) -> IdleInput {
    let mut buffer = [0; 64];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return IdleInput::End,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
            Err(_) => return IdleInput::Reset,
        }
        if seen.as_slice() != b"\r" && seen.as_slice() != b"\r\n" {
            return IdleInput::Bytes(std::mem::take(seen));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{sleep, timeout};

    use super::{Belonging, Idle, Keeping, LISTENING, MOST_LEFT, MOST_REQUESTS, Rest, Stream, Use, lock};
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

    /// The use for another request behind so many.
    const fn behind(earlier: usize) -> Use {
        Use::Kept { earlier, is_last: false, before: None }
    }

    /// The use for the last request of all, behind so many.
    const fn last(earlier: usize) -> Use {
        Use::Kept { earlier, is_last: true, before: None }
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
                idle.keep(&address, rest, (behind(1), Duration::ZERO), false).await;
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
    async fn an_answer_with_which_a_connection_ends_is_doubtful_unless_it_was_asked_to_close_it() {
        type Ending = fn() -> Rest;
        let endings: [(Ending, bool); 3] =
            [(|| Rest::Over(None), false), (|| Rest::Closed, false), (|| Rest::Reset, true)];
        for (ending, is_reset) in endings {
            for (used, is_doubtful) in [
                (Use::Alone, false),
                (behind(0), false),
                (behind(1), true),
                (behind(7), true),
                (last(0), false),
                (last(1), is_reset),
                (last(7), is_reset),
            ] {
                let what = format!("{used:?} {:?}", ending());
                let (_, address, idle) = kept().await;
                let belonging = idle.keep(&address, ending(), (used, Duration::ZERO), false).await;
                assert_eq!(matches!(belonging, Belonging::Doubtful), is_doubtful, "{what}");
                assert_eq!(matches!(belonging, Belonging::Own), !is_doubtful, "{what}");
                assert!(!idle.close().await, "{what}");
            }
        }
    }

    /// Whether an answer behind one other turns out to be its own, and whether answers may have been mixed up at the end.
    async fn proved(follow: impl AsyncFnOnce(&Arc<Idle>, &Address, TcpStream)) -> (Option<bool>, bool) {
        let (listener, address, idle) = kept().await;
        let (rest, end) = connected(&listener).await;
        let belonging = idle.keep(&address, rest, (behind(1), Duration::ZERO), false).await;
        let Belonging::Open(mut proof) = belonging else { panic!("{belonging:?}") };
        follow(&idle, &address, end).await;
        let is_proved = timeout(Duration::from_millis(30), proof.is_there()).await.ok();
        (is_proved, idle.close().await)
    }

    #[tokio::test]
    async fn the_next_answer_and_silence_prove_an_answer_and_an_end_does_not() {
        let nothing = async |_: &Arc<Idle>, _: &Address, end: TcpStream| {
            tokio::spawn(async move {
                let _open = end;
                sleep(Duration::from_secs(1)).await;
            });
        };
        assert_eq!(proved(nothing).await, (None, false));
        let silence = async |_: &Arc<Idle>, _: &Address, _end: TcpStream| {
            sleep(LISTENING + Duration::from_millis(40)).await;
        };
        assert_eq!(proved(silence).await, (Some(true), false));
        let next = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (stream, used) = idle.take(address, false).unwrap();
            drop(idle.keep(address, Rest::Open(stream), (used, Duration::ZERO), false).await);
        };
        // The next answer is not proved itself.
        assert_eq!(proved(next).await, (Some(true), true));
        // Nothing came in time: the endpoint is slow, and not at an end.
        let late = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (_, used) = idle.take(address, false).unwrap();
            idle.fail(used, true);
        };
        assert_eq!(proved(late).await, (Some(true), false));
        let lost = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (_, used) = idle.take(address, false).unwrap();
            idle.fail(used, false);
        };
        assert_eq!(proved(lost).await, (Some(false), false));
        let doubtful = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (_, used) = idle.take(address, false).unwrap();
            idle.keep(address, Rest::Closed, (used, Duration::ZERO), false).await;
        };
        assert_eq!(proved(doubtful).await, (Some(false), false));
        for millis in [0, 30] {
            let end = async |_: &Arc<Idle>, _: &Address, end: TcpStream| {
                sleep(Duration::from_millis(millis)).await;
                drop(end);
                sleep(Duration::from_millis(30)).await;
            };
            assert_eq!(proved(end).await, (Some(false), false), "{millis}");
        }
    }

    #[tokio::test]
    async fn no_proof_is_waited_for_any_more_once_answers_are_known_to_be_mixed_up() {
        let mixed = async |idle: &Arc<Idle>, _: &Address, end: TcpStream| {
            tokio::spawn(async move {
                let _open = end;
                sleep(Duration::from_secs(1)).await;
            });
            idle.mix();
        };
        assert_eq!(proved(mixed).await, (Some(true), true));
    }

    #[tokio::test]
    async fn an_answer_that_is_not_proved_and_whose_case_starts_again_no_more_makes_a_run_inconclusive() {
        for is_seen_at_once in [false, true] {
            let (listener, address, idle) = kept().await;
            let (rest, end) = connected(&listener).await;
            drop(idle.keep(&address, rest, (behind(1), Duration::ZERO), false).await);
            drop(end);
            if is_seen_at_once {
                assert!(idle.take(&address, false).is_none());
            }
            assert!(idle.close().await);
        }
    }

    #[tokio::test]
    async fn an_end_behind_a_first_answer_is_ordinary_and_no_connection_is_used_again_after_it() {
        let (listener, address, idle) = kept().await;
        let (rest, end) = connected(&listener).await;
        let belonging = idle.keep(&address, rest, (behind(0), Duration::ZERO), false).await;
        assert!(matches!(belonging, Belonging::Own));
        drop(end);
        sleep(Duration::from_millis(30)).await;
        assert!(idle.take(&address, false).is_none());
        assert!(matches!(idle.new_use(false), Use::Alone));
        assert!(!idle.close().await);
    }

    #[tokio::test]
    async fn a_connection_that_was_asked_to_close_is_listened_to_until_it_does() {
        for (millis, is_late, is_mixed) in [(20, false, false), (20, true, true), (200, false, false)] {
            let (listener, address, idle) = kept().await;
            let (rest, mut end) = connected(&listener).await;
            let Rest::Open(stream) = rest else { panic!() };
            let over = Rest::Over(Some(stream));
            idle.keep(&address, over, (last(3), Duration::ZERO), false).await;
            let server = tokio::spawn(async move {
                sleep(Duration::from_millis(millis)).await;
                if is_late {
                    end.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                }
            });
            let start = Instant::now();
            assert_eq!(idle.close().await, is_mixed, "{millis} {is_late}");
            if millis < 90 && !is_mixed {
                assert!(start.elapsed() < LISTENING, "{:?}", start.elapsed());
            }
            server.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_slow_endpoint_is_listened_to_for_longer() {
        let (listener, address, idle) = kept().await;
        let ((rest, end), start) = (connected(&listener).await, Instant::now());
        let slow = Duration::from_millis(200);
        idle.keep(&address, rest, (behind(1), slow), false).await;
        assert!(!idle.close().await);
        assert!(start.elapsed() >= 2 * slow, "{:?}", start.elapsed());
        drop(end);
    }

    #[tokio::test]
    async fn a_connection_carries_so_many_requests_and_the_last_one_asks_to_close_it() {
        for closing_at in [1, 5, MOST_REQUESTS + 1] {
            let (listener, address, idle) = kept().await;
            let (mut rest, _end) = connected(&listener).await;
            let mut used = idle.new_use(closing_at == 1);
            for count in 1..=MOST_REQUESTS {
                assert_eq!(used.is_last(), count == closing_at || count == MOST_REQUESTS, "{count}");
                idle.keep(&address, rest, (used, Duration::ZERO), false).await;
                let taken = idle.take(&address, count + 1 == closing_at);
                assert_eq!(taken.is_some(), count < MOST_REQUESTS.min(closing_at), "{count}");
                let Some((stream, again)) = taken else { break };
                (rest, used) = (Rest::Open(stream), again);
            }
            assert!(!idle.close().await);
        }
    }
}
