//! Lets so many lines of a flood through.

use std::time::Duration;

use iiot_core::time::UtcTime;

/// Admits a number of lines per window of time and counts the rest.
#[derive(Debug)]
pub(crate) struct Throttle {
    lines: u32,
    window: Duration,
    begin: Option<UtcTime>,
    admitted: u32,
    suppressed: u64,
}

/// What to do with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Show it, and how many were not shown before it.
    Show { suppressed: u64 },
    /// Count it.
    Suppress,
}

impl Throttle {
    pub(crate) const fn new(lines: u32, window: Duration) -> Self {
        Self { lines, window, begin: None, admitted: 0, suppressed: 0 }
    }

    pub(crate) fn admit(&mut self, now: UtcTime) -> Admission {
        // A clock set back begins a window too, or it would be silent for as long.
        if self.begin.is_none_or(|begin| now < begin || now.since(begin) >= self.window) {
            (self.begin, self.admitted) = (Some(now), 0);
        }
        if self.admitted == self.lines {
            self.suppressed += 1;
            return Admission::Suppress;
        }
        self.admitted += 1;
        Admission::Show { suppressed: std::mem::take(&mut self.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_so_many_lines_and_the_next_one_says_how_many_it_did_not() {
        let mut throttle = Throttle::new(2, Duration::from_secs(10));
        let at = |seconds| UtcTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let show = |suppressed| Admission::Show { suppressed };
        assert_eq!([0, 1].map(|second| throttle.admit(at(second))), [show(0); 2]);
        assert_eq!([2, 9].map(|second| throttle.admit(at(second))), [Admission::Suppress; 2]);
        assert_eq!([10, 11].map(|second| throttle.admit(at(second))), [show(2), show(0)]);
        assert_eq!(throttle.admit(at(5)), show(0));
    }
}
