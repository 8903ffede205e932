//! Interrupts: what a person or a CI system sends to end the program.

use std::io;

use tokio::signal;

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
