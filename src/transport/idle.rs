//! Connections that are kept for the next request. Main type: [`Idle`].
//!
//! An endpoint may close one at any time between answers (RFC 9112, section 9.5). What it sends on one unasked makes it
//! uncertain which answer belongs to which request. So does an end for all answers on it but the first: one may be one more
//! to an earlier request, those behind it are shifted by one, and the endpoint has never answered the last request. So an
//! answer is not proved by the next one. What proves all on a connection is silence, or that the last one says what its
//! request has asked for: to close the connection. Of answers that are not proved, the cases start again.

mod closing;
mod under_way;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep;

use self::under_way::Requests;
use super::Keeping;
use super::address::Address;
use super::link::Rest;
use super::stream::{IdleInput, Stream};

/// For how long after its last answer a connection is listened to that its endpoint does not close, at the least. Most
/// endpoints send nothing more once they have seen the end of a connection, so closing early would lose late bytes.
const LISTENING: Duration = Duration::from_millis(90);

/// How often connections at rest are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How many connections may be listened to that carry no further request, where this process may open as many files.
const MOST_LEFT: usize = 64;

/// How many requests a connection carries. So many cases at the most are held back for each, until they are proved.
const MOST_REQUESTS: usize = 16;

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
    requests: Requests,
    is_looking: AtomicBool,
    /// Whether the first request of the run went out. It has a connection of its own, and asks to close it: that shows what
    /// such an end means later.
    has_begun: AtomicBool,
    /// Whether the endpoint closes connections when it is asked to.
    closes_when_asked: AtomicBool,
    /// Whether it says so then: what ends a connection may say it without having been asked.
    says_when_asked: AtomicBool,
    /// Whether it does so without a word of that.
    closes_silently: AtomicBool,
    /// Whether no case is left to begin.
    has_run_out: AtomicBool,
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
        /// Where it is awaited whether the answers before this request are proved.
        before: Unproved,
    },
}

impl Use {
    /// Whether the request asks the endpoint to close the connection.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::Kept { is_last: true, .. })
    }
}

/// Where it is awaited whether answers of a connection are proved that are not yet.
type Unproved = Vec<oneshot::Sender<bool>>;

/// What is known of an answer.
#[derive(Debug)]
pub(super) enum Belonging {
    /// It is its request's.
    Own,
    /// What follows on the connection proves it, or does not.
    Open(Proof),
    /// It may be another request's: its connection ended with it.
    Doubtful,
}

/// What proves an answer on a kept connection to be its request's: silence of the endpoint, or its word that it closes the
/// connection when it was asked to. An end without that does not.
#[derive(Debug)]
pub struct Proof(oneshot::Receiver<bool>);

impl Proof {
    /// One that will not come.
    fn none() -> Self {
        Self(oneshot::channel().1)
    }

    /// Waits for it. A caller that stops waiting loses nothing.
    pub async fn is_there(&mut self) -> bool {
        // Where the run is broken off, nothing more is learned.
        (&mut self.0).await.unwrap_or(false)
    }

    /// Whether it is there, if that is known already. It is asked again only if it is not.
    pub fn known(&mut self) -> Option<bool> {
        match self.0.try_recv() {
            Ok(is_there) => Some(is_there),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(false),
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
    /// Where it is awaited whether its answers are proved.
    open: Unproved,
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
            requests: Requests::default(),
            is_looking: AtomicBool::new(false),
            has_begun: AtomicBool::new(false),
            closes_when_asked: AtomicBool::new(false),
            says_when_asked: AtomicBool::new(false),
            closes_silently: AtomicBool::new(false),
            has_run_out: AtomicBool::new(false),
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
            // The oldest, so that all carry so many requests soon, and their answers are proved.
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
        let is_first = !self.has_begun.swap(true, Ordering::Relaxed);
        if self.is_over() { Use::Alone } else { self.use_after(0, is_closing || is_first, Unproved::new()) }
    }

    fn use_after(&self, earlier: usize, is_closing: bool, before: Unproved) -> Use {
        let is_last = self.keeping == Keeping::Reuse && (is_closing || earlier + 1 >= MOST_REQUESTS);
        Use::Kept { earlier, is_last, before }
    }

    /// Takes a connection back after an answer that took so long, with whether bytes came behind that, and whether it says
    /// that it is the last one. Says whose the answer is.
    pub(super) async fn keep(
        self: &Arc<Self>,
        address: &Address,
        rest: Rest,
        (used, elapsed): (Use, Duration),
        (has_surplus, is_said): (bool, bool),
    ) -> Belonging {
        // Alone, it belongs to no other request.
        let Use::Kept { earlier, is_last, before: mut open } = used else { return Belonging::Own };
        // Behind a first answer that is a finding of the case; a moment later, the bytes would have met the next one.
        // Behind another one, the answer may be what is behind it.
        if has_surplus && (earlier > 0 || !self.is_own()) {
            self.mix();
        }
        if earlier > 0 && self.keeping == Keeping::Reuse && self.is_mixed() {
            // What is behind earlier answers on it is known now to be no proof.
            return Belonging::Open(Proof::none());
        }
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(micros, Ordering::Relaxed);
        if is_last && self.is_asked_end(&rest, is_said, earlier) {
            self.closes_when_asked.store(true, Ordering::Relaxed);
            self.prove(std::mem::take(&mut open), true);
            if let Rest::Over(Some(stream)) | Rest::Open(stream) = rest {
                self.leave(Self::resting(address, stream, (earlier, is_last), open)).await;
            }
            return Belonging::Own;
        }
        let is_provable = earlier > 0 && self.keeping == Keeping::Reuse;
        let goes_on = match rest {
            Rest::Open(stream) => Some(stream),
            // The request has asked for an end, and it has not come.
            Rest::Over(stream) if is_last => stream,
            Rest::Over(Some(stream)) => {
                self.leave(Self::resting(address, stream, (earlier, is_last), Unproved::new())).await;
                None
            }
            Rest::Over(None) => None,
            Rest::Closed | Rest::Reset => {
                self.end();
                None
            }
        };
        let Some(stream) = goes_on else {
            if is_provable {
                self.end_behind(open);
                return Belonging::Doubtful;
            }
            return Belonging::Own;
        };
        let proof = is_provable.then(|| {
            let (sender, proof) = oneshot::channel();
            open.push(sender);
            Proof(proof)
        });
        let resting = Self::resting(address, stream, (earlier, is_last), open);
        if self.is_over() || is_last || earlier + 1 >= MOST_REQUESTS {
            self.leave(resting).await;
        } else {
            lock(&self.waiting).push_back(resting);
            self.look_often();
        }
        proof.map_or(Belonging::Own, Belonging::Open)
    }

    /// Whether a connection ends because its request has asked for that.
    fn is_asked_end(&self, rest: &Rest, is_said: bool, earlier: usize) -> bool {
        // What was met on the first may have been seen since.
        self.look_at(&mut lock(&self.left), true);
        // The only answer on its connection is its request's.
        if earlier == 0 && is_said {
            self.says_when_asked.store(true, Ordering::Relaxed);
        }
        let is_said = is_said && self.says_when_asked.load(Ordering::Relaxed);
        match rest {
            Rest::Reset => false,
            Rest::Open(_) | Rest::Over(Some(_)) => is_said,
            Rest::Closed | Rest::Over(None) if earlier == 0 => {
                self.closes_silently.fetch_or(!is_said, Ordering::Relaxed);
                true
            }
            Rest::Closed | Rest::Over(None) => is_said || self.closes_silently.load(Ordering::Relaxed),
        }
    }

    fn resting(
        address: &Address,
        stream: Stream,
        (earlier, is_asked_to_close): (usize, bool),
        open: Unproved,
    ) -> IdleConnection {
        let (address, since) = (address.clone(), Instant::now());
        IdleConnection { address, stream, requests: earlier + 1, since, open, is_asked_to_close }
    }

    /// Says whether answers are proved. If they are not, and a case cannot start again, answers may have been mixed up.
    fn prove(&self, open: Unproved, is_own: bool) {
        for sender in open {
            let is_heard = sender.send(is_own).is_ok();
            if !is_own && !is_heard {
                self.mix();
            }
        }
    }

    /// Takes note of a connection on which a request got no answer: nothing came, which is silence, or it ended otherwise.
    pub(super) fn fail(&self, used: Use, is_silent: bool) {
        let Use::Kept { before, earlier, .. } = used else { return };
        if is_silent {
            self.prove(before, true);
        } else if earlier > 0 {
            self.end_behind(before);
        }
    }

    /// From now on no connection is taken, and these answers are not proved: their connection has ended.
    fn end_behind(&self, open: Unproved) {
        self.end();
        self.prove(open, false);
    }

    /// From now on connections that wait are closed once they have been silent for long: no case is left to begin, and an
    /// endpoint that serves few connections at once may let others wait for these.
    pub(super) fn run_out(&self) {
        self.has_run_out.store(true, Ordering::Relaxed);
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

    /// Whether answers are known to be mixed up.
    pub(super) fn is_mixed(&self) -> bool {
        self.is_mixed.load(Ordering::Relaxed)
    }

    /// For how long after its last answer a connection is listened to that has carried so many requests. Of one, there is
    /// nothing to prove, and the endpoint may serve others only after it.
    fn listening(&self, requests: usize) -> Duration {
        if requests == 1 { LISTENING } else { LISTENING.max(self.slow()) }
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
        let is_over = self.is_over() || self.has_run_out.load(Ordering::Relaxed);
        self.look_at(&mut lock(&self.waiting), is_over);
        self.look_at(&mut lock(&self.left), true);
        if self.is_mixed() {
            // Whatever is proved changes nothing any more.
            lock(&self.waiting).clear();
            lock(&self.left).clear();
        }
    }

    /// Notes what the end of a connection that was asked for shows, if nothing else can be the reason for it.
    fn note_end(&self, requests: usize, is_asked: bool) {
        if is_asked && requests == 1 {
            self.closes_when_asked.store(true, Ordering::Relaxed);
            self.closes_silently.store(true, Ordering::Relaxed);
        }
    }

    /// Looks at some connections, which carry further requests or not.
    fn look_at(&self, connections: &mut VecDeque<IdleConnection>, is_left: bool) {
        connections.retain_mut(|kept| match kept.stream.look() {
            IdleInput::Nothing => {
                let is_proved = kept.since.elapsed() >= self.listening(kept.requests);
                if is_proved {
                    self.prove(std::mem::take(&mut kept.open), true);
                }
                !is_left || !is_proved
            }
            input @ (IdleInput::End | IdleInput::Reset) => {
                let is_asked = kept.is_asked_to_close && input == IdleInput::End;
                self.note_end(kept.requests, is_asked);
                let is_own = is_asked && self.closes_silently.load(Ordering::Relaxed);
                let is_open = !kept.open.is_empty();
                self.prove(std::mem::take(&mut kept.open), is_own);
                if !is_left || (!is_own && is_open) {
                    self.end();
                }
                false
            }
            IdleInput::Bytes(_) => {
                self.mix();
                false
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
