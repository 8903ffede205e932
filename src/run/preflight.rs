//! Looks before the first case whether cases make sense at all: one clear error, not one for each case.
//!
//! Where requests are signed with a time, the endpoint's clock is compared with ours. Its `Date` field (RFC 9110,
//! section 6.6.1) has a resolution of a second, and was written at some time between request and answer; only what is
//! certain in spite of both is held against it.

use std::time::{Duration, SystemTime};

use super::key::{KeyAcceptance, try_key};
use super::settings::Endpoint;
use crate::model::{Answer, Contract, Method, Request, SentBody};
use crate::sign::moment;
use crate::transport::{Address, Client};

/// The smallest difference that is reported: well below the limit, and more than between clocks that are kept in sync.
const REPORTED_FROM: Duration = Duration::from_mins(1);

/// Beyond this, the provider refuses either signature: `InvalidTimeStamp.Expired` of V1, and the 15 minutes that V3
/// documents for `x-acs-date`.
const REFUSED: Duration = Duration::from_mins(15);

/// How long the answer with the date may take; without it, nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// The resolution of a `Date` field.
const RESOLUTION: Duration = Duration::from_secs(1);

/// Why no case is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The endpoint or its hook cannot be reached; a sentence that says which.
    Unreachable(String),
    /// It would refuse what is signed here.
    Refused(String),
}

/// Whether endpoint and hook can be reached, and signatures can be accepted. Gives a warning, if there is one.
pub(super) async fn preflight<'a>(
    client: &Client,
    endpoint: &Endpoint,
    contracts: impl Iterator<Item = &'a Contract>,
) -> Result<Option<String>, Obstacle> {
    let hook = endpoint.states.as_ref().map(|hook| ("the state hook", hook));
    for (what, address) in [("the endpoint", &endpoint.address)].into_iter().chain(hook) {
        let turn = client.turn().await;
        let reached = client.reach(turn, address).await;
        reached.map_err(|fault| {
            Obstacle::Unreachable(format!("{what} cannot be reached: {}: {fault}", address.as_str()))
        })?;
    }
    let difference = clock(client, endpoint).await;
    let is_beyond = difference.as_ref().is_some_and(|difference| difference.at_least > REFUSED);
    let limit = show_time(REFUSED);
    let warning =
        difference.map(|difference| format!("{difference}; beyond {limit} no signature is accepted"));
    match (warning, try_key(client, endpoint, contracts).await) {
        (Some(warning), Some(KeyAcceptance::No(answer))) if is_beyond => {
            Err(Obstacle::Refused(format!("{answer}; {warning}")))
        }
        (_, Some(KeyAcceptance::No(answer))) => Err(Obstacle::Refused(answer)),
        (Some(warning), None) if is_beyond => Err(Obstacle::Refused(warning)),
        // The clock may be off without harm: the endpoint does not check the time of this signature.
        (warning, Some(KeyAcceptance::Yes) | None) => Ok(warning),
    }
}

/// How far the endpoint's clock is from ours, if signatures hold a time and the difference is large enough to report.
async fn clock(client: &Client, endpoint: &Endpoint) -> Option<ClockDifference> {
    if !endpoint.signing.needs_time() {
        return None;
    }
    compare_clocks(client, &endpoint.address).await.filter(|difference| difference.at_least >= REPORTED_FROM)
}

/// Asks the endpoint for its time: by HEAD, which changes nothing, unsigned, and at the rate.
async fn compare_clocks(client: &Client, address: &Address) -> Option<ClockDifference> {
    let request = Request {
        method: Method::new("HEAD")?,
        target: "/".to_owned(),
        headers: Vec::new(),
        body: SentBody::Empty,
        params: Vec::new(),
        format: None,
    };
    let turn = client.turn().await;
    let sent = SystemTime::now();
    let answer = client.fresh_copy().within(PATIENCE).send(turn, address, &request).await.ok()?;
    Some(ClockDifference::new(date(&answer)?, sent, SystemTime::now()))
}

/// The date of an answer that was made for this request: one from a cache (RFC 9111, section 5.1) has an old one.
fn date(answer: &Answer) -> Option<SystemTime> {
    let field = |name: &str| answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if field("age").is_some() {
        return None;
    }
    moment::read_field(&field("date")?.1)
}

/// How far the endpoint's clock is from ours.
#[derive(Debug, PartialEq, Eq)]
struct ClockDifference {
    is_ahead: bool,
    /// The best guess: the date was written halfway between request and answer.
    about: Duration,
    /// What is certain.
    at_least: Duration,
}

impl ClockDifference {
    /// Compares a date with our times of request and answer.
    fn new(date: SystemTime, sent: SystemTime, received: SystemTime) -> Self {
        let until = |from: SystemTime, to: SystemTime| to.duration_since(from).unwrap_or_default();
        let halfway = sent + until(sent, received) / 2;
        // The date may be as old as its resolution.
        let written = date + RESOLUTION / 2;
        Self {
            is_ahead: written > halfway,
            about: until(halfway, written).max(until(written, halfway)),
            at_least: until(received, date).max(until(date + RESOLUTION, sent)),
        }
    }
}

impl std::fmt::Display for ClockDifference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.is_ahead { "ahead of" } else { "behind" };
        write!(out, "the endpoint's clock is {} {side} this machine's", show_time(self.about))
    }
}

/// A time to the second, or to the minute where that says enough.
fn show_time(time: Duration) -> String {
    let seconds = (time + Duration::from_millis(500)).as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::ClockDifference;

    /// A clock that is off by so many seconds, seen over a round trip, as its date tells it.
    fn seen(offset: i64, round_trip: u64) -> ClockDifference {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let sent = start + Duration::from_millis(900);
        let answered = sent + Duration::from_secs(round_trip) / 2;
        let shifted = if offset < 0 {
            answered - Duration::from_secs(offset.unsigned_abs())
        } else {
            answered + Duration::from_secs(offset.unsigned_abs())
        };
        let whole = shifted.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(whole);
        ClockDifference::new(date, sent, sent + Duration::from_secs(round_trip))
    }

    #[test]
    fn half_of_the_round_trip_is_no_difference() {
        for (offset, round_trip) in [(0, 0), (0, 4), (0, 10)] {
            let found = seen(offset, round_trip);
            assert!(found.about <= Duration::from_secs(1), "{found:?}");
            assert_eq!(found.at_least, Duration::ZERO, "{found:?}");
        }
    }

    #[test]
    fn a_difference_is_certain_but_for_the_round_trip_and_a_second() {
        for (offset, is_ahead) in [(600, true), (-600, false)] {
            let found = seen(offset, 4);
            assert_eq!(found.is_ahead, is_ahead);
            assert!(found.about.abs_diff(Duration::from_mins(10)) <= Duration::from_secs(1), "{found:?}");
            let least = found.at_least.as_secs();
            assert!((597..=600).contains(&least), "{found:?}");
        }
    }

    #[test]
    fn a_difference_is_told_with_its_direction() {
        assert_eq!(seen(-90, 0).to_string(), "the endpoint's clock is 90 s behind this machine's");
        assert_eq!(seen(1200, 0).to_string(), "the endpoint's clock is 20 min ahead of this machine's");
    }
}
