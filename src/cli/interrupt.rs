//! Interrupts: what a person or a CI system sends to end the program.

use std::io;
use std::sync::Arc;

use tokio::signal;
use tokio::task::JoinHandle;

use super::exit::INTERRUPTED;
use super::note;
use crate::run::StopSwitch;

/// Signals that ask the program to end. From the moment that this is made they no longer end it by themselves.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
    /// What a CI system sends first.
    #[cfg(unix)]
    terminate: signal::unix::Signal,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Nothing to prepare: the wait itself listens.
    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) async fn next(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        signal::ctrl_c().await?;
        Ok(())
    }
}

/// Listens until it is aborted: see [`listen`]. A signal that comes right after this call is not missed.
pub(super) fn listening(stop: &Arc<StopSwitch>) -> JoinHandle<()> {
    let signals = Signals::new();
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        if let Ok(signals) = signals {
            listen(signals, stop).await;
        }
    })
}

/// The first interrupt stops the run, which then cleans up; a second one ends the program at once.
async fn listen(mut signals: Signals, stop: Arc<StopSwitch>) {
    if signals.next().await.is_err() {
        return;
    }
    stop.interrupt();
    note("interrupted: cleaning up; once more to leave at once");
    if signals.next().await.is_ok() {
        leave();
    }
}

#[expect(
    clippy::exit,
    reason = "an interrupt that ends the program must not wait for anything, and nothing is left to unwind for"
)]
pub(super) fn leave() -> ! {
    std::process::exit(i32::from(INTERRUPTED))
}
