//! Looks after the keys while the server runs.

use std::sync::Arc;
use std::time::Duration;

use super::keys::ApiKeys;
use super::off_thread;
use crate::clock::Clock;

/// Takes over what commands did to the keys each second, and writes down each minute which were used.
pub(crate) async fn keys(keys: Arc<ApiKeys>, clock: Arc<dyn Clock>) {
    let mut note = clock.now() + NOTE;
    loop {
        clock.sleep_until(clock.now() + REFRESH).await;
        let noting = clock.now() >= note;
        if noting {
            note = clock.now() + NOTE;
        }
        let keys = Arc::clone(&keys);
        let tended = off_thread(move || {
            keys.refresh();
            if noting { keys.note_use() } else { Ok(()) }
        });
        if let Err(error) = tended.await {
            tracing::warn!("the last use of keys is not written down: {}", error.report());
        }
    }
}

const REFRESH: Duration = Duration::from_secs(1);
const NOTE: Duration = Duration::from_secs(60);
