//! Interrupts: what a person or a CI system sends to end the program.

use std::io;
use std::sync::Arc;

use tokio::signal;
use tokio::task::JoinHandle;

use super::exit::INTERRUPTED;
use super::note;
use crate::run::StopSwitch;

/// Waits for an interrupt, or on Unix for the request to terminate that a CI system sends first.
///
/// # Errors
/// If signals cannot be listened to.
#[cfg(unix)]
pub(super) async fn interrupted() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for an interrupt.
///
/// # Errors
/// If signals cannot be listened to.
#[cfg(not(unix))]
pub(super) async fn interrupted() -> io::Result<()> {
    signal::ctrl_c().await
}

/// Listens until it is aborted: see [`listen`].
pub(super) fn listening(stop: &Arc<StopSwitch>) -> JoinHandle<()> {
    tokio::spawn(listen(Arc::clone(stop)))
}

/// The first interrupt stops the run, which then cleans up; a second one ends the program at once.
async fn listen(stop: Arc<StopSwitch>) {
    if interrupted().await.is_err() {
        return;
    }
    stop.interrupt();
    note("interrupted: cleaning up; once more to leave at once");
    if interrupted().await.is_ok() {
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
