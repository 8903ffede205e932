//! Waits until a file changes that a run depends on. Main type: [`WatchedFiles`].
//!
//! The system only hints that something may have changed; what has is found by looking at the files again. So a hint that
//! is lost in a crowd, comes twice, or is for a file that nothing reads starts nothing, and thousands of them are one look.

mod place;
mod seen;

use std::error::Error;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, EventKind, RecursiveMode, Watcher, recommended_watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub use place::WatchPlace;
use seen::Seen;
pub use seen::{ChangeOfFile, FileChange};

/// How long nothing may happen before files are looked at: an editor, or `git switch`, is done with several files by then.
const QUIET: Duration = Duration::from_millis(200);

/// How long files are waited for that change without an end.
const LONGEST: Duration = Duration::from_secs(2);

/// Why a place cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {path}", path = .path.display())]
pub struct WatchError {
    /// The place.
    pub path: PathBuf,
    /// Whether the system watches as many files as it is set to.
    pub is_limit: bool,
    /// Why.
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl WatchError {
    fn new(path: &Path, source: notify::Error) -> Self {
        let is_limit = matches!(source.kind, ErrorKind::MaxFilesWatch);
        Self { path: path.to_path_buf(), is_limit, source: source.into() }
    }

    /// That of a system that watches as many files as it is set to.
    #[cfg(test)]
    pub(crate) fn of_limit(path: &Path) -> Self {
        Self::new(path, notify::Error::new(ErrorKind::MaxFilesWatch))
    }
}

/// The places that are watched, and what was in them when they were last looked at.
pub struct WatchedFiles {
    places: Vec<WatchPlace>,
    seen: Seen,
    watcher: Box<dyn Watcher + Send>,
    hints: Arc<Hints>,
    failed: Vec<WatchError>,
}

/// What the thread of the watcher leaves for us.
#[derive(Default)]
struct Hints {
    /// Holds one hint, however many come.
    arrived: Notify,
    /// Where the places are, as the system names them.
    roots: Mutex<Vec<PathBuf>>,
}

impl WatchedFiles {
    /// Watches places, and looks at what is there.
    ///
    /// # Errors
    /// A place that cannot be watched. One that is missing can: it may come.
    pub fn new(places: Vec<WatchPlace>) -> Result<Self, WatchError> {
        let hints = Arc::new(Hints::default());
        let listener = Arc::clone(&hints);
        let first = places.first().map_or(Path::new("."), WatchPlace::path).to_path_buf();
        let watcher = recommended_watcher(move |event| listener.take(&event));
        let watcher = watcher.map_err(|source| WatchError::new(&first, source))?;
        Self::with(places, hints, Box::new(watcher))
    }

    /// The same with a watcher that hands on hints.
    fn with(
        places: Vec<WatchPlace>,
        hints: Arc<Hints>,
        watcher: Box<dyn Watcher + Send>,
    ) -> Result<Self, WatchError> {
        let mut files = Self { places, seen: Seen::default(), watcher, hints, failed: Vec::new() };
        files.watch();
        if let Some(error) = files.failed.pop() {
            return Err(error);
        }
        files.seen = Seen::of(&files.places);
        Ok(files)
    }

    /// Waits until something differs from what was seen, and gives it: at least one change.
    pub async fn changed(&mut self) -> Vec<FileChange> {
        loop {
            self.hints.arrived.notified().await;
            let begin = Instant::now();
            loop {
                sleep(QUIET).await;
                let is_quiet = self.hints.arrived.notified().now_or_never().is_none();
                if is_quiet || begin.elapsed() > LONGEST {
                    break;
                }
            }
            // Before the look, so that nothing happens unseen between the two.
            self.watch();
            let now = Seen::of(&self.places);
            let changes = now.since(&self.seen);
            self.seen = now;
            if !changes.is_empty() {
                return changes;
            }
        }
    }

    /// Takes the snapshots that are there now for seen: a run has written some of them.
    pub fn forgive_snapshots(&mut self) {
        self.seen.look_again(&self.places, WatchPlace::is_of_snapshots);
    }

    /// The places that could not be watched since the last time that this was asked.
    pub fn take_failed(&mut self) -> Vec<WatchError> {
        mem::take(&mut self.failed)
    }

    /// Watches all that is there, anew: a folder that was removed and has come back is not watched any more.
    fn watch(&mut self) {
        let mut roots = Vec::new();
        for place in &self.places {
            let Some((folder, root)) = place.located() else { continue };
            // What is around it shows that it comes and goes.
            let mut watched = vec![(folder, RecursiveMode::NonRecursive)];
            if root.is_dir() {
                watched.push((root.clone(), RecursiveMode::Recursive));
            }
            roots.push(root);
            for (path, mode) in watched {
                match self.watcher.watch(&path, mode) {
                    Ok(()) => {}
                    // It went away in the meantime, which the next look shows.
                    Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {}
                    // A folder and what is around it may fail for one reason.
                    Err(_) if self.failed.iter().any(|failed| failed.path == place.path()) => {}
                    Err(error) => self.failed.push(WatchError::new(place.path(), error)),
                }
            }
        }
        *self.hints.roots.lock().unwrap_or_else(PoisonError::into_inner) = roots;
    }
}

impl Hints {
    /// An error of the watcher is a reason to look, too.
    fn take(&self, event: &notify::Result<notify::Event>) {
        if event.as_ref().map_or(true, |event| self.concerns(event)) {
            self.arrived.notify_one();
        }
    }

    /// Whether an event may be of a place. That a file is read is none, or each look would be followed by another.
    fn concerns(&self, event: &notify::Event) -> bool {
        if matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write)) {
            return event.need_rescan();
        }
        let roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        let is_near =
            |path: &PathBuf| roots.iter().any(|root| path.starts_with(root) || root.starts_with(path));
        event.need_rescan() || event.paths.iter().any(is_near)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use notify::{Config, Error, ErrorKind, EventHandler, RecursiveMode, Result, Watcher, WatcherKind};

    use super::{ChangeOfFile, Hints, WatchError, WatchPlace, WatchedFiles};

    /// A system that watches so many more folders.
    struct LimitedWatcher(Arc<AtomicUsize>);

    impl Watcher for LimitedWatcher {
        fn new<F: EventHandler>(_: F, _: Config) -> Result<Self> {
            Ok(Self(Arc::default()))
        }

        fn watch(&mut self, _: &Path, _: RecursiveMode) -> Result<()> {
            let left = self.0.load(Ordering::SeqCst);
            self.0.store(left.saturating_sub(1), Ordering::SeqCst);
            if left == 0 { Err(Error::new(ErrorKind::MaxFilesWatch)) } else { Ok(()) }
        }

        fn unwatch(&mut self, _: &Path) -> Result<()> {
            Ok(())
        }

        fn kind() -> WatcherKind {
            WatcherKind::NullWatcher
        }
    }

    #[test]
    fn where_the_system_watches_no_more_files_nothing_starts() {
        let folder = tempfile::tempdir().unwrap();
        for left in [0, 1] {
            let places = vec![WatchPlace::cases(folder.path())];
            let watcher = LimitedWatcher(Arc::new(AtomicUsize::new(left)));
            let error = WatchedFiles::with(places, Arc::default(), Box::new(watcher)).err().unwrap();
            assert!(error.is_limit && error.path == folder.path(), "{error:?}");
            assert_eq!(error.to_string(), format!("cannot watch {}", folder.path().display()));
        }
        let other = WatchError::new(folder.path(), Error::generic("no"));
        assert!(!other.is_limit, "{other:?}");
    }

    #[tokio::test]
    async fn a_limit_that_is_met_later_is_reported_once_and_the_change_still_counts() {
        let folder = tempfile::tempdir().unwrap();
        let left = Arc::new(AtomicUsize::new(2));
        let hints = Arc::new(Hints::default());
        let places = vec![WatchPlace::cases(folder.path())];
        let watcher = Box::new(LimitedWatcher(Arc::clone(&left)));
        let mut files = WatchedFiles::with(places, Arc::clone(&hints), watcher).unwrap();
        assert!(files.take_failed().is_empty());
        for (name, free, failed) in [("a.toml", 0, 1), ("b.toml", 2, 0)] {
            left.store(free, Ordering::SeqCst);
            fs::write(folder.path().join(name), "1").unwrap();
            hints.arrived.notify_one();
            let changes = files.changed().await;
            assert_eq!((changes.len(), &changes[0].change), (1, &ChangeOfFile::Created), "{changes:?}");
            let errors = files.take_failed();
            assert!(errors.len() == failed && errors.iter().all(|error| error.is_limit), "{errors:?}");
        }
    }
}
