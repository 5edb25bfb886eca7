//! Whether a connection that is silent is dead.

use std::time::{Duration, Instant};

/// Decides when to ask for a sign of life and when to give a connection up.
///
/// Anything that comes from the server is a sign of life.
#[derive(Debug)]
pub(crate) struct Liveness {
    /// Silence after which to ask.
    idle: Duration,
    /// How long the server may take to say anything at all.
    patience: Duration,
    asked: Option<Instant>,
}

/// What to do about a silent connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// Send a small request.
    Ask,
    /// Give the connection up.
    Dead,
    /// Look again then.
    Wait(Instant),
}

/// Long enough to cost nothing, short enough that a loss is noticed before people do.
const MAX_IDLE: Duration = Duration::from_secs(5);

impl Liveness {
    pub(crate) fn new(session_timeout: Duration, patience: Duration) -> Self {
        let idle = (session_timeout / 3).min(MAX_IDLE).max(Duration::from_millis(100));
        Self { idle, patience, asked: None }
    }

    /// Looks at a connection on which the server was last heard at `heard`.
    pub(crate) fn check(&mut self, heard: Instant, now: Instant) -> Pulse {
        if self.asked.is_some_and(|asked| heard >= asked) {
            self.asked = None;
        }
        match self.asked {
            Some(asked) if now >= asked + self.patience => Pulse::Dead,
            Some(asked) => Pulse::Wait(asked + self.patience),
            None if now >= heard + self.idle => {
                self.asked = Some(now);
                Pulse::Ask
            }
            None => Pulse::Wait(heard + self.idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(5);
    const PATIENCE: Duration = Duration::from_secs(10);

    fn liveness() -> (Liveness, Instant) {
        (Liveness::new(Duration::from_secs(60), PATIENCE), Instant::now())
    }

    #[test]
    fn a_talking_server_is_never_asked() {
        let (mut liveness, start) = liveness();
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            assert_eq!(liveness.check(now, now), Pulse::Wait(now + IDLE));
        }
    }

    #[test]
    fn a_silent_server_is_asked_once_and_then_given_up() {
        let (mut liveness, start) = liveness();
        assert_eq!(liveness.check(start, start + IDLE), Pulse::Ask);
        assert_eq!(liveness.check(start, start + IDLE), Pulse::Wait(start + IDLE + PATIENCE));
        assert_eq!(liveness.check(start, start + IDLE + PATIENCE), Pulse::Dead);
    }

    #[test]
    fn an_answer_starts_the_wait_anew() {
        let (mut liveness, start) = liveness();
        assert_eq!(liveness.check(start, start + IDLE), Pulse::Ask);
        let answered = start + IDLE + Duration::from_secs(1);
        assert_eq!(liveness.check(answered, answered), Pulse::Wait(answered + IDLE));
        assert_eq!(liveness.check(answered, answered + IDLE), Pulse::Ask);
    }

    #[test]
    fn a_short_session_timeout_is_kept() {
        let mut liveness = Liveness::new(Duration::from_secs(6), PATIENCE);
        let start = Instant::now();
        assert_eq!(liveness.check(start, start + Duration::from_secs(2)), Pulse::Ask);
    }
}
