use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::{
    Belonging, Idle, Keeping, LISTENING, MOST_LEFT, MOST_REQUESTS, Rest, Stream, Unproved, Use, lock,
};
use crate::transport::Address;

/// A server, its address, and what is kept of connections to it.
pub(super) async fn kept() -> (TcpListener, Address, Arc<Idle>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, address, Arc::new(Idle::new(Keeping::Reuse)))
}

/// A connection that is open, and its other end.
pub(super) async fn connected(listener: &TcpListener) -> (Rest, TcpStream) {
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (Rest::Open(Stream::Plain(stream)), listener.accept().await.unwrap().0)
}

/// The use for another request behind so many.
pub(super) const fn behind(earlier: usize) -> Use {
    Use::Kept { earlier, is_last: false, before: Unproved::new() }
}

/// The use for the last request of all, behind so many.
const fn last(earlier: usize) -> Use {
    Use::Kept { earlier, is_last: true, before: Unproved::new() }
}

#[tokio::test]
async fn as_many_connections_are_listened_to_as_may_be_and_one_more_waits_for_the_oldest() {
    for most in [1, 3, MOST_LEFT, usize::MAX] {
        let ((listener, address, idle), start) = (kept().await, Instant::now());
        idle.leave_at_most(most);
        idle.end();
        let most = most.min(MOST_LEFT);
        let mut ends = Vec::new();
        for count in 1..=most + 1 {
            let (rest, end) = connected(&listener).await;
            ends.push(end);
            idle.keep(&address, rest, (behind(1), Duration::ZERO), (false, false)).await;
            let left = lock(&idle.left).len();
            assert!(left <= most, "{left}");
            // On a slow machine, the oldest have been listened to long enough by now.
            if count <= most && start.elapsed() < LISTENING {
                assert_eq!(left, count);
            }
        }
        assert!(start.elapsed() >= LISTENING, "the one past the limit did not wait: {:?}", start.elapsed());
        assert!(!idle.close().await);
    }
}

#[tokio::test]
async fn an_answer_with_which_a_connection_ends_is_doubtful_unless_it_says_what_it_was_asked_to() {
    type Ending = fn() -> Rest;
    let endings: [(Ending, bool); 3] =
        [(|| Rest::Over(None), false), (|| Rest::Closed, false), (|| Rest::Reset, true)];
    for (ending, is_reset) in endings {
        for (used, is_said, is_doubtful) in [
            (Use::Alone, false, false),
            (behind(0), false, false),
            (behind(1), false, true),
            (behind(1), true, true),
            (behind(7), false, true),
            (last(0), false, false),
            (last(0), true, false),
            (last(1), false, true),
            (last(1), true, is_reset),
            (last(7), true, is_reset),
        ] {
            let what = format!("{used:?} {is_said} {:?}", ending());
            let (_, address, idle) = kept().await;
            // The first request has shown that the endpoint says what it is asked to.
            idle.keep(&address, Rest::Over(None), (last(0), Duration::ZERO), (false, true)).await;
            let belonging = idle.keep(&address, ending(), (used, Duration::ZERO), (false, is_said)).await;
            assert_eq!(matches!(belonging, Belonging::Doubtful), is_doubtful, "{what}");
            assert_eq!(matches!(belonging, Belonging::Own), !is_doubtful, "{what}");
            assert!(!idle.close().await, "{what}");
        }
    }
}

#[tokio::test]
async fn what_says_an_end_and_was_not_seen_to_do_so_when_asked_is_doubtful() {
    let (_, address, idle) = kept().await;
    let belonging = idle.keep(&address, Rest::Over(None), (last(1), Duration::ZERO), (false, true)).await;
    assert!(matches!(belonging, Belonging::Doubtful));
}

/// Whether an answer behind one other turns out to be its own, and whether answers may have been mixed up at the end.
async fn proved(follow: impl AsyncFnOnce(&Arc<Idle>, &Address, TcpStream)) -> (Option<bool>, bool) {
    let (listener, address, idle) = kept().await;
    idle.keep(&address, Rest::Over(None), (last(0), Duration::ZERO), (false, true)).await;
    let (rest, end) = connected(&listener).await;
    let belonging = idle.keep(&address, rest, (behind(1), Duration::ZERO), (false, false)).await;
    let Belonging::Open(mut proof) = belonging else { panic!("{belonging:?}") };
    follow(&idle, &address, end).await;
    let is_proved = timeout(Duration::from_millis(30), proof.is_there()).await.ok();
    (is_proved, idle.close().await)
}

/// Waits for as long as the server's end is open.
fn hold(end: TcpStream) {
    tokio::spawn(async move {
        let _open = end;
        sleep(Duration::from_secs(1)).await;
    });
}

#[tokio::test]
async fn silence_and_an_end_that_is_said_prove_all_answers_and_the_next_answer_or_an_end_does_not() {
    let nothing = async |_: &Arc<Idle>, _: &Address, end: TcpStream| hold(end);
    assert_eq!(proved(nothing).await, (None, false));
    let silence = async |_: &Arc<Idle>, _: &Address, _end: TcpStream| {
        sleep(LISTENING + Duration::from_millis(40)).await;
    };
    assert_eq!(proved(silence).await, (Some(true), false));
    let next = async |idle: &Arc<Idle>, address: &Address, end: TcpStream| {
        hold(end);
        for _ in 0..3 {
            let (stream, used) = idle.take(address, false).unwrap();
            let rest = Rest::Open(stream);
            drop(idle.keep(address, rest, (used, Duration::ZERO), (false, false)).await);
        }
    };
    assert_eq!(proved(next).await, (None, false));
    for (is_closing, is_said, due) in [
        (true, true, Some(true)),
        (true, false, Some(false)),
        (false, true, Some(false)),
        (false, false, Some(false)),
    ] {
        let end = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (_, used) = idle.take(address, is_closing).unwrap();
            idle.keep(address, Rest::Over(None), (used, Duration::ZERO), (false, is_said)).await;
        };
        assert_eq!(proved(end).await, (due, false), "{is_closing} {is_said}");
    }
    // The endpoint was asked for an end, and does not come to it: silence is what is left.
    let ignored = async |idle: &Arc<Idle>, address: &Address, end: TcpStream| {
        hold(end);
        let (stream, used) = idle.take(address, true).unwrap();
        let rest = Rest::Over(Some(stream));
        drop(idle.keep(address, rest, (used, Duration::ZERO), (false, false)).await);
        sleep(LISTENING + Duration::from_millis(40)).await;
    };
    assert_eq!(proved(ignored).await, (Some(true), false));
    for (is_silent, due) in [(true, true), (false, false)] {
        let failed = async |idle: &Arc<Idle>, address: &Address, _end: TcpStream| {
            let (_, used) = idle.take(address, false).unwrap();
            idle.fail(used, is_silent);
        };
        assert_eq!(proved(failed).await, (Some(due), false), "{is_silent}");
    }
    for millis in [0, 30] {
        let end = async |_: &Arc<Idle>, _: &Address, end: TcpStream| {
            sleep(Duration::from_millis(millis)).await;
            drop(end);
            sleep(Duration::from_millis(30)).await;
        };
        assert_eq!(proved(end).await, (Some(false), false), "{millis}");
    }
}

#[tokio::test]
async fn no_proof_is_waited_for_any_more_once_answers_are_known_to_be_mixed_up() {
    let mixed = async |idle: &Arc<Idle>, _: &Address, end: TcpStream| {
        hold(end);
        idle.mix();
    };
    assert_eq!(proved(mixed).await, (Some(false), true));
}

#[tokio::test]
async fn an_answer_that_is_not_proved_and_whose_case_starts_again_no_more_makes_a_run_inconclusive() {
    for is_seen_at_once in [false, true] {
        let (listener, address, idle) = kept().await;
        let (rest, end) = connected(&listener).await;
        drop(idle.keep(&address, rest, (behind(1), Duration::ZERO), (false, false)).await);
        drop(end);
        if is_seen_at_once {
            assert!(idle.take(&address, false).is_none());
        }
        assert!(idle.close().await);
    }
}

#[tokio::test]
async fn an_end_behind_a_first_answer_is_ordinary_and_no_connection_is_used_again_after_it() {
    let (listener, address, idle) = kept().await;
    let (rest, end) = connected(&listener).await;
    let belonging = idle.keep(&address, rest, (behind(0), Duration::ZERO), (false, false)).await;
    assert!(matches!(belonging, Belonging::Own));
    drop(end);
    sleep(Duration::from_millis(30)).await;
    assert!(idle.take(&address, false).is_none());
    assert!(matches!(idle.new_use(false), Use::Alone));
    assert!(!idle.close().await);
}

#[tokio::test]
async fn a_connection_that_was_asked_to_close_is_listened_to_until_it_does() {
    for (millis, is_late, is_mixed) in [(20, false, false), (20, true, true), (200, false, false)] {
        let (listener, address, idle) = kept().await;
        idle.keep(&address, Rest::Over(None), (last(0), Duration::ZERO), (false, true)).await;
        let (rest, mut end) = connected(&listener).await;
        let Rest::Open(stream) = rest else { panic!() };
        let over = Rest::Over(Some(stream));
        idle.keep(&address, over, (last(3), Duration::ZERO), (false, true)).await;
        let server = tokio::spawn(async move {
            sleep(Duration::from_millis(millis)).await;
            if is_late {
                end.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            }
        });
        let start = Instant::now();
        assert_eq!(idle.close().await, is_mixed, "{millis} {is_late}");
        if millis < 90 && !is_mixed {
            assert!(start.elapsed() < LISTENING, "{:?}", start.elapsed());
        }
        server.await.unwrap();
    }
}

#[tokio::test]
async fn once_answers_are_known_to_be_mixed_up_only_the_first_on_a_connection_is_its_requests() {
    let (listener, address, idle) = kept().await;
    idle.mix();
    for (used, is_said) in [(behind(0), false), (behind(1), false), (last(1), true), (last(7), false)] {
        let is_first = matches!(used, Use::Kept { earlier: 0, .. });
        let (rest, _end) = connected(&listener).await;
        match idle.keep(&address, rest, (used, Duration::ZERO), (false, is_said)).await {
            Belonging::Own => assert!(is_first),
            Belonging::Open(mut proof) => assert!(!is_first && proof.known() == Some(false)),
            Belonging::Doubtful => panic!("its case would start again"),
        }
    }
}

#[tokio::test]
async fn a_connection_that_waits_is_closed_once_no_case_is_left_to_begin() {
    let (listener, address, idle) = kept().await;
    let (rest, mut end) = connected(&listener).await;
    let mut byte = [0];
    idle.keep(&address, rest, (behind(0), Duration::ZERO), (false, false)).await;
    // It is kept for as long as it takes.
    assert!(timeout(3 * LISTENING, end.read(&mut byte)).await.is_err());
    idle.run_out();
    assert_eq!(end.read(&mut byte).await.unwrap(), 0);
}

#[tokio::test]
async fn a_slow_endpoint_is_listened_to_for_longer() {
    let (listener, address, idle) = kept().await;
    let ((rest, end), start) = (connected(&listener).await, Instant::now());
    let slow = Duration::from_millis(200);
    idle.keep(&address, rest, (behind(1), slow), (false, false)).await;
    assert!(!idle.close().await);
    assert!(start.elapsed() >= 2 * slow, "{:?}", start.elapsed());
    drop(end);
}

#[tokio::test]
async fn a_connection_carries_so_many_requests_and_the_last_one_asks_to_close_it() {
    for closing_at in [1, 5, MOST_REQUESTS + 1] {
        let (listener, address, idle) = kept().await;
        let (mut rest, _end) = connected(&listener).await;
        // The first of all shows what an end means that was asked for.
        assert!(idle.new_use(false).is_last());
        let mut used = idle.new_use(closing_at == 1);
        for count in 1..=MOST_REQUESTS {
            assert_eq!(used.is_last(), count == closing_at || count == MOST_REQUESTS, "{count}");
            idle.keep(&address, rest, (used, Duration::ZERO), (false, false)).await;
            let taken = idle.take(&address, count + 1 == closing_at);
            assert_eq!(taken.is_some(), count < MOST_REQUESTS.min(closing_at), "{count}");
            let Some((stream, again)) = taken else { break };
            (rest, used) = (Rest::Open(stream), again);
        }
        assert!(!idle.close().await);
    }
}
