//! The time as an endpoint sees it. Main type: `Clock`, the system's or one that is set by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Where an endpoint takes the time from. Clones of a clock that is set by hand show the same time.
///
/// ```
/// use proofmark::reference::Clock;
/// use std::time::{Duration, SystemTime};
/// let clock = Clock::at(SystemTime::UNIX_EPOCH);
/// clock.clone().advance(Duration::from_secs(1));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<SystemTime>>>);

impl Clock {
    /// The clock of the system, which is the default.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that only moves when it is advanced.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        Self(Some(Arc::new(Mutex::new(time))))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            None => SystemTime::now(),
            Some(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a clock made by `at`. The system's clock moves by itself, and this leaves it alone.
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.0 {
            *time.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
