//! How quickly probes start, and how many are under way.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Says when the next probe may start.
///
/// Starts are spread evenly, in steps of 10 ms at high rates. What is late because the machine was busy is made up for,
/// but in no 100 ms do more than a tenth of the rate (rounded up) start, wherever those 100 ms begin. Below ten in a second
/// each waits its share of a second after the one before.
///
/// ```
/// use std::time::{Duration, Instant};
/// use iiot_discovery::pace::{Next, Pace};
///
/// let now = Instant::now();
/// let mut pace = Pace::new(2, 10, now);
/// assert_eq!(pace.next(now), Next::Now);
/// pace.started(now);
/// assert_eq!(pace.next(now), Next::At(now + Duration::from_millis(500)));
/// ```
#[derive(Debug)]
pub struct Pace {
    rate: u32,
    concurrency: u32,
    /// Probes under way.
    running: u32,
    /// When the next one is due by even spacing.
    due: Instant,
    /// Probes that have yet to start in the present step.
    in_step: u32,
    /// When the last ones started, as many as may in 100 ms.
    recent: VecDeque<Instant>,
}

/// What may be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A probe may start.
    Now,
    /// None may before this time.
    At(Instant),
    /// None may before one has ended.
    Full,
}

/// In each of these, wherever it begins, starts are counted.
pub const WINDOW: Duration = Duration::from_millis(100);
/// Starts are spread no finer, so that a thousand in a second do not wake us a thousand times.
const STEPS_PER_SECOND: u32 = 100;
/// The least spacing at which starts are one by one.
const SECOND: Duration = Duration::from_secs(1);

impl Pace {
    /// So many starts in a second and probes under way at most, both one at least.
    #[must_use]
    pub fn new(rate: u32, concurrency: u32, now: Instant) -> Self {
        let (rate, concurrency) = (rate.max(1), concurrency.max(1));
        let mut pace = Self { rate, concurrency, running: 0, due: now, in_step: 0, recent: VecDeque::new() };
        pace.in_step = pace.step();
        pace
    }

    /// Whether a probe may start.
    #[must_use]
    pub fn next(&self, now: Instant) -> Next {
        if self.running >= self.concurrency {
            return Next::Full;
        }
        let at = self.allowed().map_or(self.due, |allowed| allowed.max(self.due));
        if at <= now { Next::Now } else { Next::At(at) }
    }

    /// A probe has started.
    pub fn started(&mut self, now: Instant) {
        self.running += 1;
        if self.recent.len() >= self.in_window() {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        self.in_step -= 1;
        if self.in_step == 0 {
            self.in_step = self.step();
            // Who is late makes up for no more than a window; who must space evenly makes up for nothing.
            let slack = if self.rate < 10 { Duration::ZERO } else { WINDOW };
            let late_from = now.checked_sub(slack).unwrap_or(now);
            self.due = self.due.max(late_from) + SECOND * self.step() / self.rate;
        }
    }

    /// A probe has ended.
    pub fn ended(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// Probes under way.
    #[must_use]
    pub fn running(&self) -> u32 {
        self.running
    }

    /// Probes that may be under way.
    #[must_use]
    pub fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// No more than are under way without the one that just ended: the machine has no more room. Never less than one.
    pub fn crowded(&mut self) {
        self.concurrency = self.concurrency.min(self.running).max(1);
    }

    /// When the window lets the next one in.
    fn allowed(&self) -> Option<Instant> {
        let oldest = self.recent.front().filter(|_| self.recent.len() >= self.in_window())?;
        Some(*oldest + WINDOW)
    }

    /// Starts in a window.
    fn in_window(&self) -> usize {
        self.rate.div_ceil(10) as usize
    }

    /// Starts in a step.
    fn step(&self) -> u32 {
        (self.rate / STEPS_PER_SECOND).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lets a pace run on made-up time: a waker that is late by what `lateness` says, probes that take `takes`.
    fn run(
        rate: u32,
        concurrency: u32,
        probes: usize,
        takes: Duration,
        mut lateness: impl FnMut() -> Duration,
    ) -> Vec<Duration> {
        let start = Instant::now();
        let mut pace = Pace::new(rate, concurrency, start);
        let (mut now, mut starts, mut ends) = (start, Vec::new(), VecDeque::new());
        while starts.len() < probes {
            while ends.front().is_some_and(|end| *end <= now) {
                ends.pop_front();
                pace.ended();
            }
            match pace.next(now) {
                Next::Now => {
                    pace.started(now);
                    assert!(pace.running() <= concurrency);
                    starts.push(now - start);
                    ends.push_back(now + takes);
                }
                Next::At(at) => now = at.max(now) + lateness(),
                Next::Full => now = ends[0].max(now) + lateness(),
            }
        }
        starts
    }

    /// The most starts in any window of 100 ms that includes its beginning and not its end.
    fn most_in_a_window(starts: &[Duration]) -> usize {
        let within =
            |first: &Duration| starts.iter().filter(|start| *start >= first && **start < *first + WINDOW).count();
        starts.iter().map(within).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_its_share(
            rate in 1_u32..3000,
            concurrency in 1_u32..500,
            takes in 0_u64..2000,
            late in prop::collection::vec(0_u64..150_000, 1..20),
        ) {
            let mut late = late.into_iter().cycle();
            let starts = run(rate, concurrency, 400, Duration::from_millis(takes), || {
                Duration::from_micros(late.next().unwrap_or_default())
            });
            prop_assert!(most_in_a_window(&starts) <= rate.div_ceil(10) as usize);
            if rate < 10 {
                prop_assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= SECOND / rate));
            }
        }

        #[test]
        fn a_punctual_machine_keeps_the_rate(rate in 1_u32..20_000) {
            let probes = (rate as usize * 3).min(20_000);
            let starts = run(rate, u32::MAX, probes, SECOND, || Duration::ZERO);
            let expected = SECOND * u32::try_from(probes).unwrap_or(u32::MAX) / rate;
            let took = starts.last().copied().unwrap_or_default();
            prop_assert!(took <= expected + Duration::from_micros(probes as u64 / 100), "{took:?}, expected {expected:?}");
            prop_assert!(took + SECOND / rate.min(100) + Duration::from_millis(10) >= expected, "{took:?}, expected {expected:?}");
        }
    }

    #[test]
    fn a_network_of_65_536_takes_65_536_ms_at_a_thousand_in_a_second() {
        let starts = run(1000, 10_000, 65_536, SECOND, || Duration::ZERO);
        let last = starts.last().copied().unwrap_or_default();
        assert!((65_400..=65_536).contains(&last.as_millis()), "{last:?}");
        let short_stalls = [0, 0, 0, 2_000, 0, 0, 0, 0, 0, 300].into_iter().cycle();
        let mut stalls = short_stalls.map(Duration::from_micros);
        let starts = run(1000, 10_000, 65_536, SECOND, || stalls.next().unwrap_or_default());
        assert!(most_in_a_window(&starts[..5_000]) <= 100);
    }

    #[test]
    fn a_full_house_waits_for_an_end_and_does_not_burst_behind_it() {
        let start = Instant::now();
        let mut pace = Pace::new(10, 1, start);
        pace.started(start);
        let later = start + 10 * SECOND;
        assert_eq!(pace.next(later), Next::Full);
        pace.ended();
        assert_eq!(pace.next(later), Next::Now);
        pace.started(later);
        pace.ended();
        assert_eq!(pace.next(later), Next::At(later + WINDOW));
    }

    #[test]
    fn a_machine_without_room_runs_fewer_but_always_one() {
        let start = Instant::now();
        let mut pace = Pace::new(1000, 50, start);
        (0..3).for_each(|_| pace.started(start));
        pace.ended();
        pace.crowded();
        assert_eq!((pace.running(), pace.concurrency()), (2, 2));
        assert_eq!(pace.next(start + SECOND), Next::Full);
        (0..2).for_each(|_| pace.ended());
        pace.crowded();
        assert_eq!(pace.concurrency(), 1);
    }
}
