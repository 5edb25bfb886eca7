//! The way back after a lost connection: what to try, where, and when.
//!
//! # The ladder
//! 1. **Re-activate** the old session on a new channel: nothing on the server has changed.
//! 2. **A new session**, into which the subscriptions of the old one are transferred.
//! 3. **Create anew** what could not be transferred.
//!
//! [`Ladder`] chooses between the first two, the place and the time. Servers answer for each
//! subscription whether it could be transferred, so the second and third rung are the engine's
//! (`ua/subscribe`), as is Republish of what was sent meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ua::StatusCode;

/// Decides; the supervisor dials and reports what became of it.
///
/// Attempts go round all places. One that fails moves on to the next place after a moment; after
/// a whole round there is a pause, which doubles with every round up to a longest one. Pauses are
/// shortened by up to half at random, so that clients of a server that has restarted do not come
/// back in step. A connection that is lost soon after it stood counts as a failed round, so that a
/// server which accepts and drops us is not stormed.
#[derive(Debug)]
pub(crate) struct Ladder {
    places: Vec<Arc<str>>,
    /// So many of the places were configured; the others a server has told of.
    configured: usize,
    current: usize,
    /// Attempts that failed since the last pause.
    failed_in_round: usize,
    failed_rounds: u32,
    longest: Duration,
    attempts: u32,
    at: Instant,
    connected: Option<Instant>,
    /// The server may still have a session of ours.
    session: bool,
    closed_on_reactivation: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The session is active.
    Connected,
    /// The connection has ended; `session`: the server may still have the session.
    Lost { session: bool },
    /// An attempt failed; `session`: the server may have a session of ours now; `closed`: it
    /// closed the connection when that was to be re-activated.
    Failed { session: bool, closed: bool },
    /// The other servers of the redundant set, by URL.
    Servers(Vec<String>),
    /// The connection was ended in order to go to a better place, which is one of the known.
    Left(String),
}

/// What to try next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Not before.
    pub(crate) at: Instant,
    /// The URL.
    pub(crate) place: Arc<str>,
    /// How high to begin.
    pub(crate) rung: Rung,
}

/// The part of the ladder that concerns the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rung {
    /// Re-activate the old session; if the server refuses that, make a new one on the same channel.
    Reactivate,
    /// Make a new session.
    Create,
}

const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Even the first attempt waits a little: connections of many clients break together.
const FIRST_JITTER: Duration = Duration::from_millis(100);
/// A connection that lasts shorter is no success for the pauses.
const STABLE: Duration = Duration::from_secs(10);
/// After this, a server that closes the connection instead of refusing has forgotten the session.
const MAX_CLOSED_ON_REACTIVATION: u32 = 2;
/// A set of redundant servers is small; what is longer is junk.
const MAX_PLACES: usize = 16;

impl Ladder {
    /// `places` holds at least one URL; the first is tried first.
    pub(crate) fn new(places: Vec<Arc<str>>, longest: Duration, now: Instant) -> Self {
        Self {
            configured: places.len(),
            places,
            current: 0,
            failed_in_round: 0,
            failed_rounds: 0,
            longest,
            attempts: 0,
            at: now,
            connected: None,
            session: false,
            closed_on_reactivation: 0,
        }
    }

    /// What to try next while there is no connection.
    pub(crate) fn next(&self) -> Attempt {
        let reactivate = self.session && self.closed_on_reactivation < MAX_CLOSED_ON_REACTIVATION;
        let rung = if reactivate { Rung::Reactivate } else { Rung::Create };
        Attempt { at: self.at, place: Arc::clone(&self.places[self.current]), rung }
    }

    /// Attempts that have failed since the connection was lost.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Takes note of an event. `random` lies in 0..1.
    pub(crate) fn handle(&mut self, event: Event, now: Instant, random: f64) {
        match event {
            Event::Connected => self.connected(now),
            Event::Lost { session } => self.lost(session, now, random),
            Event::Failed { session, closed } => self.failed(session, closed, now, random),
            Event::Servers(urls) => self.servers(urls),
            Event::Left(place) => self.left(&place, now, random),
        }
    }

    fn connected(&mut self, now: Instant) {
        self.connected = Some(now);
        self.session = true;
        self.closed_on_reactivation = 0;
    }

    fn lost(&mut self, session: bool, now: Instant, random: f64) {
        let stood = self.connected.take().map(|since| now.saturating_duration_since(since));
        let stable = stood.is_some_and(|time| time >= STABLE);
        if stable {
            self.failed_rounds = 0;
        }
        self.session = session;
        self.attempts = 0;
        self.failed_in_round = 0;
        self.at = match self.failed_rounds.checked_sub(1) {
            None => now + FIRST_JITTER.mul_f64(random),
            Some(rounds) => now + self.pause(rounds, random),
        };
        self.failed_rounds = self.failed_rounds.saturating_add(u32::from(!stable));
    }

    fn left(&mut self, place: &str, now: Instant, random: f64) {
        self.lost(false, now, random);
        self.current = self.places.iter().position(|known| **known == *place).unwrap_or(self.current);
        self.at = now;
    }

    fn failed(&mut self, session: bool, closed: bool, now: Instant, random: f64) {
        self.attempts = self.attempts.saturating_add(1);
        self.session = session;
        self.closed_on_reactivation = if closed { self.closed_on_reactivation + 1 } else { 0 };
        self.current = (self.current + 1) % self.places.len();
        self.failed_in_round += 1;
        if self.failed_in_round < self.places.len() {
            self.at = now + FIRST_JITTER.mul_f64(random);
            return;
        }
        self.failed_in_round = 0;
        self.at = now + self.pause(self.failed_rounds, random);
        self.failed_rounds = self.failed_rounds.saturating_add(1);
    }

    fn pause(&self, rounds: u32, random: f64) -> Duration {
        let pause = FIRST_PAUSE.saturating_mul(1 << rounds.min(16)).min(self.longest);
        pause.mul_f64(1.0 - random / 2.0)
    }

    /// The place in use stays one, whatever a server tells of the others.
    fn servers(&mut self, urls: Vec<String>) {
        let current = Arc::clone(&self.places[self.current]);
        self.places.truncate(self.configured);
        for url in std::iter::once(Arc::clone(&current)).chain(urls.into_iter().map(Arc::from)) {
            if self.places.len() < MAX_PLACES && !self.places.contains(&url) {
                self.places.push(url);
            }
        }
        self.current = self.places.iter().position(|place| *place == current).unwrap_or(0);
    }
}

/// Whether a status says that the session no longer exists, so that a new one is needed.
pub(crate) fn session_is_gone(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadSessionIdInvalid
            | S::BadSessionClosed
            | S::BadSessionNotActivated
            | S::BadSecureChannelIdInvalid
            | S::BadSecureChannelClosed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNREACHABLE: Event = Event::Failed { session: true, closed: false };
    const LOST: Event = Event::Lost { session: true };

    fn ladder(places: &[&str]) -> (Ladder, Instant) {
        let now = Instant::now();
        let places = places.iter().map(|place| Arc::from(*place)).collect();
        let mut ladder = Ladder::new(places, Duration::from_secs(3), now);
        ladder.handle(Event::Connected, now, 0.0);
        let later = now + STABLE;
        ladder.handle(LOST, later, 0.0);
        (ladder, later)
    }

    /// The pause after one more failure.
    fn pause(ladder: &mut Ladder, now: Instant, random: f64) -> Duration {
        ladder.handle(UNREACHABLE, now, random);
        ladder.next().at - now
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_after_a_stable_connection() {
        let (mut ladder, now) = ladder(&["a"]);
        assert_eq!(ladder.next().at, now);
        let pauses: Vec<_> = (0..5).map(|_| pause(&mut ladder, now, 0.0)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 3000, 3000].map(Duration::from_millis));
        assert_eq!(ladder.attempts(), 5);
        ladder.handle(Event::Connected, now, 0.0);
        ladder.handle(LOST, now + STABLE, 0.0);
        assert_eq!(ladder.next().at, now + STABLE);
        assert_eq!(pause(&mut ladder, now, 0.0), Duration::from_millis(500));
    }

    #[test]
    fn chance_shortens_a_pause_by_half_at_most() {
        let (mut ladder, now) = ladder(&["a"]);
        let pause = pause(&mut ladder, now, 0.999);
        assert!(pause > Duration::from_millis(250) && pause < Duration::from_millis(260), "{pause:?}");
    }

    #[test]
    fn a_server_that_accepts_and_drops_us_is_not_stormed() {
        let (mut ladder, mut now) = ladder(&["a"]);
        let mut pauses = Vec::new();
        for _ in 0..5 {
            ladder.handle(Event::Connected, now, 0.0);
            ladder.handle(LOST, now, 0.0);
            pauses.push(ladder.next().at - now);
            now = ladder.next().at;
        }
        assert_eq!(pauses, [0, 500, 1000, 2000, 3000].map(Duration::from_millis));
    }

    #[test]
    fn places_are_tried_in_turn_and_a_pause_follows_a_round() {
        let (mut ladder, now) = ladder(&["a", "b", "c"]);
        let mut tried = Vec::new();
        for _ in 0..6 {
            let attempt = ladder.next();
            tried.push((attempt.place.to_string(), (attempt.at - now).as_millis()));
            ladder.handle(UNREACHABLE, now, 0.0);
        }
        let expected = [("a", 0), ("b", 0), ("c", 0), ("a", 500), ("b", 0), ("c", 0)];
        assert_eq!(tried, expected.map(|(place, pause)| (place.to_owned(), pause)));
    }

    #[test]
    fn the_session_is_reactivated_until_the_server_has_none_or_closes_twice() {
        let (mut ladder, now) = ladder(&["a"]);
        assert_eq!(ladder.next().rung, Rung::Reactivate);
        ladder.handle(UNREACHABLE, now, 0.0);
        assert_eq!(ladder.next().rung, Rung::Reactivate);
        let closed = Event::Failed { session: true, closed: true };
        ladder.handle(closed.clone(), now, 0.0);
        assert_eq!(ladder.next().rung, Rung::Reactivate);
        ladder.handle(closed, now, 0.0);
        assert_eq!(ladder.next().rung, Rung::Create);
        ladder.handle(Event::Connected, now, 0.0);
        ladder.handle(Event::Lost { session: false }, now, 0.0);
        assert_eq!(ladder.next().rung, Rung::Create);
    }

    #[test]
    fn a_better_place_is_tried_at_once_and_then_the_others_in_turn() {
        let (mut ladder, now) = ladder(&["a"]);
        ladder.handle(Event::Connected, now, 0.0);
        ladder.handle(Event::Servers(vec!["b".into(), "c".into()]), now, 0.0);
        ladder.handle(Event::Left("c".into()), now, 0.5);
        let first = ladder.next();
        assert_eq!((&*first.place, first.at, first.rung), ("c", now, Rung::Create));
        ladder.handle(Event::Failed { session: false, closed: false }, now, 0.0);
        assert_eq!(&*ladder.next().place, "a");
        ladder.handle(Event::Left("unheard of".into()), now, 0.0);
        assert_eq!(&*ladder.next().place, "a");
    }

    #[test]
    fn a_redundant_set_that_names_us_twice_or_is_junk_changes_nothing() {
        let (mut ladder, now) = ladder(&["a", "b"]);
        ladder.handle(UNREACHABLE, now, 0.0);
        ladder.handle(Event::Servers(vec!["a".into(), "c".into(), "b".into(), "c".into()]), now, 0.0);
        assert_eq!(ladder.places, ["a", "b", "c"].map(Arc::from));
        assert_eq!(&*ladder.next().place, "b");
        ladder.handle(UNREACHABLE, now, 0.0);
        ladder.handle(Event::Servers((0..1000).map(|n| n.to_string()).collect()), now, 0.0);
        assert_eq!((&*ladder.next().place, ladder.places.len()), ("c", MAX_PLACES));
    }
}
