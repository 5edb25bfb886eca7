//! That an edge does not grow while nobody takes its values.

use std::fmt;
use std::time::Duration;

use iiot_stories::Edge;
use tokio::time::{Instant, sleep, sleep_until};

/// Resident memory of an edge in KiB, once a second while the broker was away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    before: u64,
    settled: u64,
    least: u64,
    most: u64,
    seconds: u64,
}

impl Memory {
    /// For this long; a tenth of it, but no more than half a minute, is for settling.
    pub(super) async fn watch(edge: &Edge, time: Duration) -> Self {
        let resident = || edge.resident_kib().unwrap_or_default();
        let (before, end) = (resident(), Instant::now() + time);
        sleep((time / 10).min(Duration::from_secs(30))).await;
        let settled = resident();
        let mut memory = Self { before, settled, least: settled, most: settled, seconds: 0 };
        while Instant::now() < end {
            sleep_until(end.min(Instant::now() + Duration::from_secs(1))).await;
            let now = resident();
            memory.least = memory.least.min(now);
            memory.most = memory.most.max(now);
            memory.seconds += 1;
        }
        memory
    }

    /// Within a tenth of what it was when it had settled.
    pub(super) fn is_flat(&self) -> bool {
        self.most * 10 <= self.settled * 11 && self.least * 10 >= self.settled * 9
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, settled, least, most, seconds } = self;
        write!(
            f,
            "{before} KiB before the broker was away, {settled} KiB when settled, then {least} to {most} KiB in {seconds} samples"
        )
    }
}
