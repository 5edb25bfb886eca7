//! When to try again what the server refused.

use std::time::Duration;

use crate::ua::StatusCode;

/// When one monitored item is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ItemRetry {
    failures: u8,
    /// It has worked before: a server that has just started may still be building its nodes.
    has_worked: bool,
}

const FIRST_PAUSE: Duration = Duration::from_secs(30);
const FIRST_PAUSE_OF_KNOWN: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

impl ItemRetry {
    pub(super) fn succeeded(&mut self) {
        *self = Self { failures: 0, has_worked: true };
    }

    /// How long to wait; `None` if trying again cannot help.
    pub(super) fn failed(&mut self, status: StatusCode) -> Option<Duration> {
        if is_final(status) {
            return None;
        }
        let first = if self.has_worked { FIRST_PAUSE_OF_KNOWN } else { FIRST_PAUSE };
        let pause = first.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        Some(pause)
    }
}

/// Whether the item itself is wrong, so that only another item can succeed.
fn is_final(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        StatusCode::from(status.bits() & 0xffff_0000),
        S::BadFilterNotAllowed
            | S::BadMonitoredItemFilterInvalid
            | S::BadMonitoredItemFilterUnsupported
            | S::BadAttributeIdInvalid
            | S::BadIndexRangeInvalid
            | S::BadDataEncodingInvalid
            | S::BadDataEncodingUnsupported
            | S::BadNodeIdInvalid
            | S::BadDeadbandFilterInvalid
            | S::BadTimestampsToReturnInvalid
    )
}

/// Pauses that double from `first` up to `longest`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// As [`next`](Self::next), but the first failure is followed by no pause.
    pub(crate) fn next_after_free_try(&mut self) -> Option<Duration> {
        if self.failures > 0 {
            return Some(self.next());
        }
        self.failures = 1;
        None
    }

    /// The pause after one more failure.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        pause
    }
}
