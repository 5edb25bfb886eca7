//! When a log is forced to disk, and when its cursors are.

use std::time::{Duration, Instant};

/// Collects records for one fsync, and changes of cursors for one write of the state.
///
/// The first record after a pause is written at once; from then on at most one fsync begins in each
/// interval.
#[derive(Debug)]
pub struct GroupCommit {
    interval: Duration,
    state_interval: Duration,
    waiting: bool,
    not_before: Option<Instant>,
    state_due: Option<Instant>,
}

impl GroupCommit {
    /// With these shortest times between two fsyncs of records, and of the state.
    #[must_use]
    pub fn new(interval: Duration, state_interval: Duration) -> Self {
        Self { interval, state_interval, waiting: false, not_before: None, state_due: None }
    }

    /// A record waits to be written.
    pub fn handle_record(&mut self) {
        self.waiting = true;
    }

    /// What waits is being written.
    pub fn handle_commit(&mut self, now: Instant) {
        self.waiting = false;
        self.not_before = Some(now + self.interval);
    }

    /// The disk did not take it; it waits still, and longer.
    pub fn handle_failure(&mut self, now: Instant) {
        self.waiting = true;
        self.not_before = Some(now + AFTER_FAILURE);
    }

    /// Room was made for it; it waits still.
    pub fn handle_retry(&mut self) {
        self.waiting = true;
        self.not_before = None;
    }

    /// What waited is gone; what comes next waits longer, so that its loss can be told together.
    pub fn handle_pause(&mut self, now: Instant) {
        self.not_before = Some(now + AFTER_DROP);
    }

    /// Something changed that belongs into the state.
    pub fn handle_change(&mut self, now: Instant) {
        self.state_due.get_or_insert(now + self.state_interval);
    }

    /// The state was written, or could not be.
    pub fn handle_state(&mut self, written: bool, now: Instant) {
        self.state_due = (!written).then_some(now + AFTER_FAILURE);
    }

    /// Whether records are to be written now.
    #[must_use]
    pub fn commit_is_due(&self, now: Instant) -> bool {
        self.waiting && self.not_before.is_none_or(|at| at <= now)
    }

    /// Whether the state is to be written now.
    #[must_use]
    pub fn state_is_due(&self, now: Instant) -> bool {
        self.state_due.is_some_and(|at| at <= now)
    }

    /// When something is due next; a moment in the past means now.
    #[must_use]
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let commit = self.waiting.then(|| self.not_before.unwrap_or(now));
        [commit, self.state_due].into_iter().flatten().min()
    }
}

/// A full disk does not get emptier by being asked all the time.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
const AFTER_DROP: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_first_record_is_written_at_once_and_later_ones_in_groups() {
        let (mut policy, start) = (GroupCommit::new(ms(5), ms(500)), Instant::now());
        assert_eq!(policy.poll_timeout(start), None);
        policy.handle_record();
        assert!(policy.commit_is_due(start));
        policy.handle_commit(start);
        policy.handle_record();
        assert!(!policy.commit_is_due(start + ms(4)));
        assert_eq!(policy.poll_timeout(start + ms(1)), Some(start + ms(5)));
        assert!(policy.commit_is_due(start + ms(5)));
    }

    #[test]
    fn a_disk_that_refuses_is_asked_again_after_a_pause() {
        let (mut policy, start) = (GroupCommit::new(ms(5), ms(500)), Instant::now());
        policy.handle_record();
        policy.handle_commit(start);
        policy.handle_failure(start);
        assert!(!policy.commit_is_due(start + ms(499)));
        assert!(policy.commit_is_due(start + ms(500)));
    }

    #[test]
    fn changes_of_the_state_are_written_together() {
        let (mut policy, start) = (GroupCommit::new(ms(5), ms(500)), Instant::now());
        policy.handle_change(start);
        policy.handle_change(start + ms(300));
        assert!(!policy.state_is_due(start + ms(499)) && policy.state_is_due(start + ms(500)));
        policy.handle_state(false, start + ms(500));
        assert!(!policy.state_is_due(start + ms(501)) && policy.state_is_due(start + ms(1000)));
        policy.handle_state(true, start + ms(1000));
        assert_eq!(policy.poll_timeout(start + ms(1000)), None);
    }
}
