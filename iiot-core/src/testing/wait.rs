//! Waiting for a condition instead of for a time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Waits until `condition` holds.
///
/// # Panics
/// If it does not within `patience`; `what` says what was waited for.
pub async fn wait_until(what: &str, patience: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        sleep(POLL).await;
    }
}

/// The outcome of `work`.
///
/// # Panics
/// If there is none within `patience`; `what` says what was waited for.
pub async fn within<T>(what: &str, patience: Duration, work: impl Future<Output = T>) -> T {
    match timeout(patience, work).await {
        Ok(outcome) => outcome,
        Err(_) => panic!("not within {patience:?}: {what}"),
    }
}

const POLL: Duration = Duration::from_millis(10);
