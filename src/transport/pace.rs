//! A limit on requests that waits its turn: so many in any window of so long.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::model::duration_or_seconds;

/// The most requests that a window may have: their times are kept.
const MOST: usize = 100_000;

/// So many requests in so many seconds, written `1000/60s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many requests,
    pub requests: usize,
    /// in a window of this length.
    pub window: Duration,
}

impl Rate {
    /// The least time that so many requests take.
    pub fn least_time(self, requests: usize) -> Duration {
        let windows = requests.saturating_sub(1) / self.requests;
        self.window.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}s", self.requests, self.window.as_secs())
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate; write it as 1000/60s");
        let (requests, window) = text.split_once('/').ok_or_else(wrong)?;
        let requests: usize = requests.trim().parse().map_err(|_| wrong())?;
        let window = duration_or_seconds(window.trim()).ok_or_else(wrong)?;
        // It is shown in whole seconds.
        let is_whole = window.subsec_nanos() == 0 && !window.is_zero();
        if requests == 0 || requests > MOST || !is_whole || window.as_secs() > LONGEST {
            return Err(wrong());
        }
        Ok(Self { requests, window })
    }
}

/// The longest window, in seconds: a day.
const LONGEST: u64 = 86_400;

/// Lets requests through at a rate, in the order in which they ask.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    rate: Rate,
    sent: Arc<Mutex<VecDeque<Instant>>>,
}

impl Pace {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, sent: Arc::new(Mutex::new(VecDeque::new())) }
    }

    /// Waits until a request may be sent. The lock is held over the wait, so that no request overtakes another. A
    /// caller that stops waiting changes nothing.
    pub(super) async fn turn(&self) {
        let mut sent = self.sent.lock().await;
        if sent.len() == self.rate.requests
            && let Some(oldest) = sent.front().copied()
        {
            sleep_until(oldest + self.rate.window).await;
            sent.pop_front();
        }
        sent.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::{Pace, Rate};

    #[test]
    fn a_rate_is_read_and_a_wrong_one_is_refused() {
        let rate: Rate = "1000/60s".parse().unwrap();
        assert_eq!(
            (rate.requests, rate.window, rate.to_string().as_str()),
            (1000, Duration::from_mins(1), "1000/60s")
        );
        for wrong in [
            "",
            "10",
            "0/1s",
            "1/0s",
            "x/1s",
            "1/x",
            "-1/1s",
            "999999999/1s",
            "1/86401s",
            "5/18446744073709551615s",
        ] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        assert_eq!(rate.least_time(1000), Duration::ZERO);
        assert_eq!(rate.least_time(2001), Duration::from_mins(2));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_lets_nobody_through_early() {
        let pace = Pace::new("1/10s".parse().unwrap());
        let start = Instant::now();
        pace.turn().await;
        assert!(timeout(Duration::from_secs(1), pace.turn()).await.is_err());
        pace.turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_requests_than_the_rate_allows() {
        let pace = Pace::new("3/2s".parse().unwrap());
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..10 {
            pace.turn().await;
            times.push(start.elapsed().as_millis());
        }
        assert_eq!(times, [0, 0, 0, 2000, 2000, 2000, 4000, 4000, 4000, 6000]);
    }
}
