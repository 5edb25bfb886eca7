//! What the server counts of itself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::StatusCode;
use parking_lot::Mutex;

use crate::metrics::Exposition;

/// Requests by operation and status, and refusals. Bounded: operations are declared, statuses few.
#[derive(Debug, Default)]
pub(super) struct Stats {
    requests: Mutex<BTreeMap<(String, u16), Requests>>,
    pub(super) unauthenticated: AtomicU64,
    pub(super) connections_refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Requests {
    count: u64,
    seconds: f64,
}

impl Stats {
    /// Takes note of an answer; `name` is an operation, or the name of a page.
    pub(super) fn answered(&self, name: &str, status: StatusCode, time: Duration) {
        let mut requests = self.requests.lock();
        let requests = requests.entry((name.to_owned(), status.as_u16())).or_default();
        requests.count += 1;
        requests.seconds += time.as_secs_f64();
    }

    pub(super) fn measure(&self, connections: usize, calls: usize, out: &mut Exposition) {
        for ((name, status), requests) in &*self.requests.lock() {
            let labels = [("operation", name.as_str()), ("status", &status.to_string())];
            out.counter("iiot_http_requests_total", "Requests answered").sample(&labels, requests.count as f64);
            out.counter("iiot_http_request_seconds_total", "Time until the head of the answer")
                .sample(&labels, requests.seconds);
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        out.counter("iiot_http_unauthenticated_total", "Requests without a valid API key")
            .sample(&[], count(&self.unauthenticated));
        out.counter("iiot_http_connections_refused_total", "Connections above the bound of an address")
            .sample(&[], count(&self.connections_refused));
        out.gauge("iiot_http_connections", "Connections now").sample(&[], connections as f64);
        out.gauge("iiot_http_calls", "Calls and streams now").sample(&[], calls as f64);
    }
}
