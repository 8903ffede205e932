//! Closing of kept connections: each is listened to before, or asked to be closed by its endpoint.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout_at};

use super::{Idle, IdleConnection, lock};
use crate::transport::Keeping;
use crate::transport::stream::{IdleInput, Stream};

/// How much longer the look at the end of a run is, for endpoints that answer the end of a connection with bytes.
const ENDING: Duration = Duration::from_millis(10);

/// How often the connections are looked at that close when they are asked.
const SHORT_LOOK: Duration = Duration::from_millis(1);

impl Idle {
    /// Closes the connections that carry no further request, and those that wait and that no case under way has taken at
    /// once, where no further one begins whose last request could ask the endpoint to do so.
    pub(in crate::transport) async fn close_waiting(&self) {
        let mut all = std::mem::take(&mut *lock(&self.left));
        {
            let mut waiting = lock(&self.waiting);
            // The oldest are in front.
            let count = waiting.partition_point(|kept| kept.since.elapsed() >= SHORT_LOOK);
            all.extend(waiting.drain(..count));
        }
        self.close_all(all).await;
    }

    async fn close_all(&self, waiting: VecDeque<IdleConnection>) {
        if self.keeping == Keeping::Reuse {
            join_all(waiting.into_iter().map(|kept| self.close_one(kept))).await;
        }
    }

    /// Closes a connection, and says whether its answers are proved. An endpoint that closes when it is asked has sent all
    /// it will by then: before that, it is listened to no longer than an answer that is shifted by one takes, and not at all
    /// if it has carried one request, whose answer cannot be shifted.
    async fn close_one(&self, mut kept: IdleConnection) {
        loop {
            match kept.stream.look() {
                IdleInput::Nothing => {}
                IdleInput::End if kept.is_asked_to_close => {
                    self.note_end(kept.requests, true);
                    let is_own = self.closes_silently.load(Ordering::Relaxed);
                    return self.prove(kept.open, is_own);
                }
                IdleInput::End | IdleInput::Reset => return self.end_behind(kept.open),
                IdleInput::Bytes(_) => return self.mix(),
            }
            self.look_at(&mut lock(&self.left), true);
            let closes = self.closes_when_asked.load(Ordering::Relaxed) && !kept.is_asked_to_close;
            let patience = match (closes, kept.requests) {
                (true, 1) => Duration::ZERO,
                (true, _) => self.slow(),
                (false, requests) => self.listening(requests),
            };
            if self.is_mixed() || kept.since.elapsed() >= patience {
                break;
            }
            sleep(SHORT_LOOK).await;
        }
        let until = kept.since + self.listening(kept.requests) + ENDING;
        let closing = async {
            // An endpoint that has closed it already sends nothing more, either.
            let _ = kept.stream.shutdown().await;
            listen(&mut kept.stream).await
        };
        match timeout_at(until.into(), closing).await {
            Ok(IdleInput::Bytes(_)) => self.mix(),
            Ok(IdleInput::Reset) => self.prove(kept.open, false),
            Ok(IdleInput::End | IdleInput::Nothing) | Err(_) => self.prove(kept.open, true),
        }
    }

    /// Listens to all and closes them. Gives whether answers may have been mixed up.
    pub(in crate::transport) async fn close(&self) -> bool {
        let mut all = std::mem::take(&mut *lock(&self.waiting));
        all.append(&mut lock(&self.left));
        self.close_all(all).await;
        self.is_mixed()
    }
}

/// Reads to the end, or until there are bytes other than a lone line end.
async fn listen(stream: &mut Stream) -> IdleInput {
    let mut seen = Vec::new();
    let mut buffer = [0; 64];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return IdleInput::End,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
            Err(_) => return IdleInput::Reset,
        }
        if seen.as_slice() != b"\r" && seen.as_slice() != b"\r\n" {
            return IdleInput::Bytes(seen);
        }
    }
}
