//! Interrupts: what a person or a CI system sends to end the program.

#[cfg(unix)]
use std::fs;
use std::io;
use std::sync::Arc;

use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::SignalKind;
use tokio::task::JoinHandle;

use super::exit::INTERRUPTED;
use super::note;
use crate::run::StopSwitch;

/// Waits for an interrupt, or on Unix for the request to terminate that a CI system sends first, or for the end of the
/// terminal.
///
/// # Errors
/// If signals cannot be listened to.
#[cfg(unix)]
pub(super) async fn interrupted() -> io::Result<()> {
    let hung_up = async {
        if !is_hangup_ignored() {
            return hung_up().await;
        }
        std::future::pending().await
    };
    tokio::select! {
        result = asked_to_end() => result,
        result = hung_up => result,
    }
}

/// Waits for what a person or a CI system sends on purpose.
#[cfg(unix)]
async fn asked_to_end() -> io::Result<()> {
    let mut terminate = signal::unix::signal(SignalKind::terminate())?;
    tokio::select! {
        result = signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for the end of the terminal.
#[cfg(unix)]
async fn hung_up() -> io::Result<()> {
    let mut hangup = signal::unix::signal(SignalKind::hangup())?;
    hangup.recv().await;
    Ok(())
}

/// Whether this program was started so that it outlives its terminal, as `nohup` does: to listen would undo that. It is
/// known on Linux alone (`proc(5)`, `SigIgn`, in which the lowest bit is SIGHUP's).
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Waits for an interrupt.
///
/// # Errors
/// If signals cannot be listened to.
#[cfg(not(unix))]
pub(super) async fn interrupted() -> io::Result<()> {
    asked_to_end().await
}

#[cfg(not(unix))]
async fn asked_to_end() -> io::Result<()> {
    signal::ctrl_c().await
}

/// Listens until it is aborted: see [`listen`].
pub(super) fn listening(stop: &Arc<StopSwitch>) -> JoinHandle<()> {
    tokio::spawn(listen(Arc::clone(stop)))
}

/// The first interrupt stops the run, which then cleans up; a second one ends the program at once. The end of a terminal
/// is no second one: both the system and the shell send it, and nobody has seen that the first one is being heeded.
async fn listen(stop: Arc<StopSwitch>) {
    if interrupted().await.is_err() {
        return;
    }
    stop.interrupt();
    note("interrupted: cleaning up; once more to leave at once");
    if asked_to_end().await.is_ok() {
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
