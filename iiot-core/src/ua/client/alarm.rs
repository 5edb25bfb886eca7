//! Sleeping until a deadline that moves.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;

use crate::clock::Clock;

/// A timer for a deadline that moves with every message, mostly to later.
///
/// It is set anew only when the deadline comes nearer or when it has run down: setting a timer wakes
/// the thread that waits for the next one.
pub(super) struct Alarm {
    clock: Arc<dyn Clock>,
    timer: Option<(Instant, BoxFuture<'static, ()>)>,
}

impl Alarm {
    pub(super) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: Arc::clone(clock), timer: None }
    }

    /// Returns at `deadline`, never if there is none. The future can be dropped and asked for again.
    pub(super) async fn until(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return pending().await };
        loop {
            let set = self.timer.take_if(|(at, _)| *at <= deadline);
            let (_, timer) = self.timer.insert(set.unwrap_or_else(|| timer(&self.clock, deadline)));
            timer.await;
            self.timer = None;
            if self.clock.now() >= deadline {
                return;
            }
        }
    }
}

fn timer(clock: &Arc<dyn Clock>, at: Instant) -> (Instant, BoxFuture<'static, ()>) {
    let clock = Arc::clone(clock);
    (at, Box::pin(async move { clock.sleep_until(at).await }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;
    use crate::clock::ManualClock;
    use crate::time::UtcTime;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_rings_at_the_deadline_asked_for_last() {
        let manual = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH));
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&manual);
        let (start, mut alarm) = (clock.now(), Alarm::new(&clock));
        let mut rings = |seconds: u32| alarm.until(Some(start + SECOND * seconds)).now_or_never().is_some();
        assert!(!rings(2) && !rings(4) && !rings(3));
        manual.advance(SECOND * 2);
        assert!(!rings(4), "the timer runs down too early for it");
        manual.advance(SECOND);
        assert!(rings(3), "nearer than the timer");
        assert!(!rings(4));
        manual.advance(SECOND);
        assert!(rings(4) && rings(1) && !rings(5));
    }
}
