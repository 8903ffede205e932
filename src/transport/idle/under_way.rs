//! Requests that are under way on connections which carry another one after them. Main type: [`Requests`].
//!
//! The last requests of a run ask the endpoint to close their connections. One that opened another while one is about to
//! come back would leave that behind, and the run would have to listen to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::{Idle, Use};
use crate::transport::address::Address;
use crate::transport::stream::Stream;

/// How many are under way, and how many last requests wait for one of their connections.
#[derive(Debug, Default)]
pub(super) struct Requests {
    under_way: AtomicUsize,
    awaiting: AtomicUsize,
    has_come_back: Notify,
}

/// A request that is under way, until this is dropped.
#[derive(Debug)]
pub(in crate::transport) struct UnderWay(Arc<Idle>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let requests = &self.0.requests;
        requests.under_way.fetch_sub(1, Ordering::SeqCst);
        if requests.awaiting.load(Ordering::SeqCst) > 0 {
            requests.has_come_back.notify_waiters();
        }
    }
}

/// A last request that waits, until this is dropped.
struct Awaiting<'a>(&'a Requests);

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        self.0.awaiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Idle {
    /// Counts a request as under way, if its connection carries another one.
    pub(in crate::transport) fn begin(self: &Arc<Self>, used: &Use) -> Option<UnderWay> {
        matches!(used, Use::Kept { is_last: false, .. }).then(|| {
            self.requests.under_way.fetch_add(1, Ordering::SeqCst);
            UnderWay(Arc::clone(self))
        })
    }

    /// A connection for a last request. Waits for one that is about to come back, for twice the time of the slowest answer
    /// at the most.
    pub(in crate::transport) async fn take_last(&self, address: &Address) -> Option<(Stream, Use)> {
        if let Some(taken) = self.take(address, true) {
            return Some(taken);
        }
        let until = Instant::now() + self.slow();
        self.requests.awaiting.fetch_add(1, Ordering::SeqCst);
        let awaiting = Awaiting(&self.requests);
        loop {
            let has_come_back = awaiting.0.has_come_back.notified();
            let taken = self.take(address, true);
            let is_enough =
                || awaiting.0.under_way.load(Ordering::SeqCst) >= awaiting.0.awaiting.load(Ordering::SeqCst);
            if taken.is_some() || self.is_over() || !is_enough() {
                return taken;
            }
            timeout_at(until.into(), has_come_back).await.ok()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::super::tests::{behind, connected, kept};

    #[tokio::test]
    async fn a_last_request_waits_for_a_connection_that_is_about_to_come_back() {
        let (listener, address, idle) = kept().await;
        // Nothing is under way, and later no time of an answer is known.
        assert!(idle.take_last(&address).await.is_none());
        let used = behind(0);
        let under_way = idle.begin(&used);
        assert!(under_way.is_some() && idle.take_last(&address).await.is_none());
        let (rest, _end) = connected(&listener).await;
        let slow = Duration::from_secs(30);
        let coming = async {
            tokio::task::yield_now().await;
            idle.keep(&address, rest, (used, slow), (false, false)).await;
            drop(under_way);
        };
        idle.slowest.store(30_000_000, std::sync::atomic::Ordering::Relaxed);
        let (taken, ()) =
            timeout(Duration::from_secs(10), async { tokio::join!(idle.take_last(&address), coming) })
                .await
                .expect("it is taken as soon as it is there");
        let (_stream, used) = taken.unwrap();
        assert!(used.is_last() && idle.begin(&used).is_none());
        // One that fails frees those that wait for it, and two do not wait for one.
        let under_way = idle.begin(&behind(0));
        let failing = async {
            tokio::task::yield_now().await;
            drop(under_way);
        };
        let (first, second) = (idle.take_last(&address), idle.take_last(&address));
        let all =
            timeout(Duration::from_secs(10), async { tokio::join!(first, second, failing) }).await.unwrap();
        assert!(all.0.is_none() && all.1.is_none());
    }
}
