//! How much the crawls of a server may ask for together.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests of all crawls of a server.
const REQUESTS: usize = 8;
/// Crawls of a server at a time: each keeps a place of the session for as long as its reader takes.
const CRAWLS: usize = 4;

/// The gates of all servers that are being crawled.
#[derive(Debug, Default)]
pub(in crate::local) struct Gates(Mutex<HashMap<String, Weak<Gate>>>);

#[derive(Debug)]
struct Gate {
    crawls: Arc<Semaphore>,
    requests: Arc<Semaphore>,
}

/// A crawl's admission.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    _place: OwnedSemaphorePermit,
}

impl Gates {
    /// Lets a crawl of a server in.
    pub(super) fn enter(&self, endpoint: &str) -> Result<Pass> {
        let gate = self.gate(endpoint);
        let full = |_| {
            let message = format!("{CRAWLS} crawls of this server are under way; try again when one has ended");
            Error::new(ErrorKind::LimitExceeded, "crawl", message).with("endpoint", endpoint)
        };
        let place = Arc::clone(&gate.crawls).try_acquire_owned().map_err(full)?;
        Ok(Pass { gate, _place: place })
    }

    fn gate(&self, endpoint: &str) -> Arc<Gate> {
        let mut known = self.0.lock();
        known.retain(|_, gate| gate.strong_count() > 0);
        if let Some(gate) = known.get(endpoint).and_then(Weak::upgrade) {
            return gate;
        }
        let gate = Gate { crawls: Arc::new(Semaphore::new(CRAWLS)), requests: Arc::new(Semaphore::new(REQUESTS)) };
        let gate = Arc::new(gate);
        known.insert(endpoint.to_owned(), Arc::downgrade(&gate));
        gate
    }
}

impl Pass {
    /// The place of a request, when it is its turn.
    pub(super) fn request(&self) -> impl Future<Output = OwnedSemaphorePermit> + Send + use<> {
        let requests = Arc::clone(&self.gate.requests);
        async move { requests.acquire_owned().await.expect("the semaphore is never closed") }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn crawls_of_a_server_are_bounded_and_others_do_not_count() {
        let gates = Gates::default();
        let passes: Vec<Pass> = (0..CRAWLS).map(|_| gates.enter("a").unwrap()).collect();
        assert_eq!(gates.enter("a").unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(gates.enter("b").is_ok());
        drop(passes);
        assert!(gates.enter("a").is_ok());
        assert_eq!(gates.0.lock().len(), 1, "what nobody crawls is forgotten");
    }
}
