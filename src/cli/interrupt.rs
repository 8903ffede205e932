//! Interrupts: what a person or a CI system sends to end the program.

#[cfg(unix)]
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Runtime;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use super::exit::{CliError, INTERRUPTED};
use super::note;
use crate::run::StopSwitch;

/// Signals that ask the program to end. From the moment that this is made they no longer end it by themselves.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    /// What a CI system sends first.
    #[cfg(unix)]
    terminate: Signal,
    /// The end of the terminal, unless it is to be ignored.
    #[cfg(unix)]
    hangup: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) fn new() -> io::Result<Self> {
        let hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    /// Waits for the next one of any kind.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) async fn next(&mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            } => {}
        }
        Ok(())
    }

    /// Waits for the next one that a person or a CI system sends on purpose.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    async fn next_on_purpose(&mut self) -> io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Nothing to prepare: the wait itself listens.
    ///
    /// # Errors
    /// None.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for an interrupt.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) async fn next(&mut self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }

    async fn next_on_purpose(&mut self) -> io::Result<()> {
        self.next().await
    }
}

/// Whether this program was started so that it outlives its terminal, as `nohup` does: to listen would undo that. It is
/// known on Linux alone (`proc(5)`, `SigIgn`, in which the lowest bit is SIGHUP's).
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Does work that an interrupt stops; what the work makes of that is its own.
pub(super) fn interruptible<T>(
    work: impl AsyncFnOnce(&StopSwitch) -> Result<T, CliError>,
) -> Result<T, CliError> {
    Interrupts::listen()?.stop(work)
}

/// Interrupts, listened to over several pieces of work, so that none is lost between two.
pub(super) struct Interrupts {
    runtime: Runtime,
    stop: Arc<StopSwitch>,
    /// Whether there is something to clean up.
    is_at_work: Arc<AtomicBool>,
    listening: JoinHandle<()>,
}

impl Interrupts {
    /// Starts to listen. A signal that comes right after this call is not missed.
    ///
    /// # Errors
    /// If the program cannot wait for the network.
    pub(super) fn listen() -> Result<Self, CliError> {
        let runtime = Runtime::new().map_err(CliError::Runtime)?;
        let (stop, is_at_work) = (Arc::new(StopSwitch::default()), Arc::new(AtomicBool::new(false)));
        let signals = {
            let _inside = runtime.enter();
            Signals::new()
        };
        let (switch, flag) = (Arc::clone(&stop), Arc::clone(&is_at_work));
        let listening = runtime.spawn(async move {
            if let Ok(signals) = signals {
                listen(signals, &switch, &flag).await;
            }
        });
        Ok(Self { runtime, stop, is_at_work, listening })
    }

    /// Whether there was one.
    pub(super) fn has_any(&self) -> bool {
        self.stop.is_interrupted()
    }

    /// Does work that an interrupt stops.
    pub(super) fn stop<T>(&self, work: impl AsyncFnOnce(&StopSwitch) -> T) -> T {
        self.is_at_work.store(true, Ordering::SeqCst);
        let done = self.runtime.block_on(work(&self.stop));
        self.is_at_work.store(false, Ordering::SeqCst);
        done
    }

    /// Waits for something; none after an interrupt.
    pub(super) fn wait<T>(&self, event: impl Future<Output = T>) -> Option<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stop.interrupted() => None,
                event = event => Some(event),
            }
        })
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// The first interrupt stops the run, which then cleans up; a second one ends the program at once. The end of a terminal
/// does not count as a second one: both the system and the shell send it.
async fn listen(mut signals: Signals, stop: &StopSwitch, is_at_work: &AtomicBool) {
    if signals.next().await.is_err() {
        return;
    }
    stop.interrupt();
    if is_at_work.load(Ordering::SeqCst) {
        note("interrupted: cleaning up; press again to leave at once");
    }
    if signals.next_on_purpose().await.is_ok() {
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
