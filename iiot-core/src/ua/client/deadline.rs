//! Until when an attempt may go on.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::Clock;

/// The end of an attempt. Waiting for a server that is to connect to us is not counted in, since only the server knows
/// when it tries again; each wait has a bound of its own.
#[derive(Debug)]
pub(super) struct Deadline {
    at: watch::Sender<Instant>,
    /// How long one wait may take.
    wait: Duration,
}

impl Deadline {
    pub(super) fn new(at: Instant, wait: Duration) -> Self {
        Self { at: watch::Sender::new(at), wait }
    }

    /// As it is now.
    pub(super) fn at(&self) -> Instant {
        *self.at.borrow()
    }

    /// Waits for the server. What was left of the time before is left behind it.
    pub(super) async fn suspended<T>(&self, clock: &dyn Clock, server: impl Future<Output = T>) -> T {
        let left = self.at().saturating_duration_since(clock.now());
        self.at.send_replace(clock.now() + self.wait);
        let arrived = server.await;
        self.at.send_replace(clock.now() + left);
        arrived
    }

    /// Runs an attempt until it ends or its time is over; then `None`.
    pub(super) async fn limit<T>(&self, clock: &dyn Clock, attempt: impl Future<Output = T>) -> Option<T> {
        let (mut attempt, mut changes) = (std::pin::pin!(attempt), self.at.subscribe());
        loop {
            let at = *changes.borrow_and_update();
            tokio::select! {
                result = &mut attempt => return Some(result),
                Ok(()) = changes.changed() => {}
                () = clock.sleep_until(at) => if self.at() <= at { return None },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::clock::ManualClock;
    use crate::time::UtcTime;

    const SECOND: Duration = Duration::from_secs(1);

    fn clock() -> ManualClock {
        ManualClock::new(UtcTime::from_ticks(0))
    }

    #[tokio::test]
    async fn a_server_that_comes_late_leaves_the_attempt_the_time_it_had() {
        let clock = clock();
        let deadline = Deadline::new(clock.now() + 20 * SECOND, 60 * SECOND);
        clock.advance(5 * SECOND);
        deadline.suspended(&clock, async { clock.advance(40 * SECOND) }).await;
        assert_eq!(deadline.at(), clock.now() + 15 * SECOND);
        assert_eq!(deadline.limit(&clock, ready(7)).await, Some(7));
    }

    #[tokio::test]
    async fn the_attempt_ends_in_time_behind_a_wait() {
        let clock = clock();
        let deadline = Deadline::new(clock.now() + 20 * SECOND, 60 * SECOND);
        let (come, server) = tokio::sync::oneshot::channel();
        let attempt = async {
            let _ = deadline.suspended(&clock, server).await;
            pending::<()>().await;
        };
        let mut limited = std::pin::pin!(deadline.limit(&clock, attempt));
        assert!(futures::poll!(&mut limited).is_pending());
        clock.advance(7 * SECOND);
        come.send(()).expect("it is waited for");
        for _ in 0..20 {
            assert!(futures::poll!(&mut limited).is_pending());
            clock.advance(SECOND);
        }
        assert_eq!(limited.await, None);
    }

    #[tokio::test]
    async fn a_server_that_does_not_come_is_waited_for_so_long_and_no_longer() {
        let clock = clock();
        let deadline = Deadline::new(clock.now() + SECOND, 60 * SECOND);
        let attempt = deadline.suspended(&clock, pending::<()>());
        let mut limited = std::pin::pin!(deadline.limit(&clock, attempt));
        for _ in 0..60 {
            assert!(futures::poll!(&mut limited).is_pending());
            clock.advance(SECOND);
        }
        assert_eq!(limited.await, None);
    }
}
