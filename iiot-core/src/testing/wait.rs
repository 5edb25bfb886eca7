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

/// The success of `work`, which is done again and again; its last failure once `patience` is over.
///
/// # Errors
/// What `work` fails with.
pub async fn eventually<T, E>(patience: Duration, mut work: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + patience;
    loop {
        let outcome = work().await;
        if outcome.is_ok() || Instant::now() >= deadline {
            return outcome;
        }
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
