//! What a scan costs and how quickly it goes, as the system and the clock see it.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use iiot_core::ua::client::Greeting;
use iiot_discovery::local::prober::{HelloProber, Prober};
use parking_lot::Mutex;

/// The network, and a list of when each probe started.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    network: HelloProber,
    starts: Mutex<Vec<Instant>>,
}

impl Prober for Timed {
    fn probe(&self, at: SocketAddr, timeout: Duration) -> BoxFuture<'_, Greeting> {
        let probe = self.network.probe(at, timeout);
        Box::pin(async move {
            self.starts.lock().push(Instant::now());
            probe.await
        })
    }
}

impl Timed {
    pub(crate) fn starts(&self) -> Vec<Instant> {
        self.starts.lock().clone()
    }

    /// The most starts in any 100 ms, wherever they begin.
    pub(crate) fn most_in_a_window(&self) -> usize {
        let starts = self.starts();
        let end = |first: &Instant| starts.partition_point(|start| *start < *first + Duration::from_millis(100));
        starts.iter().enumerate().map(|(index, first)| end(first) - index).max().unwrap_or(0)
    }

    /// By how much the hundredth start behind another one was later than it may be at the earliest: half of them by no
    /// more, all but one in a hundred by no more, in microseconds. What comes together here is what a sweep takes longer.
    pub(crate) fn lost(&self) -> (u128, u128) {
        let starts = self.starts();
        let lost = starts.windows(101).map(|hop| (hop[100] - hop[0]).saturating_sub(Duration::from_millis(100)));
        let mut lost: Vec<_> = lost.map(|lost| lost.as_micros()).collect();
        lost.sort_unstable();
        let at = |share: usize| lost.get(lost.len() * share / 100).copied().unwrap_or_default();
        (at(50), at(99))
    }
}

/// Watches the sockets and the memory of this process.
pub(crate) struct Gauge {
    before: Usage,
    most: Arc<(AtomicUsize, AtomicUsize)>,
    stop: Arc<AtomicBool>,
    watch: JoinHandle<()>,
}

/// Sockets that are open and memory that is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) sockets: usize,
    pub(crate) kibibytes: usize,
}

impl Usage {
    pub(crate) fn now() -> Self {
        Self { sockets: sockets(), kibibytes: kibibytes() }
    }
}

impl Gauge {
    pub(crate) fn start() -> Self {
        let (most, stop) = (Arc::new((AtomicUsize::new(0), AtomicUsize::new(0))), Arc::new(AtomicBool::new(false)));
        let (seen, over) = (Arc::clone(&most), Arc::clone(&stop));
        let watch = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let now = Usage::now();
                seen.0.fetch_max(now.sockets, Ordering::Relaxed);
                seen.1.fetch_max(now.kibibytes, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { before: Usage::now(), most, stop, watch }
    }

    /// The most that came on top of what there was, and what is left of that now.
    pub(crate) fn stop(self) -> (Usage, Usage) {
        self.stop.store(true, Ordering::Relaxed);
        self.watch.join().unwrap();
        let (sockets, kibibytes) = (self.most.0.load(Ordering::Relaxed), self.most.1.load(Ordering::Relaxed));
        (on_top(Usage { sockets, kibibytes }, self.before), on_top(Usage::now(), self.before))
    }
}

fn on_top(now: Usage, before: Usage) -> Usage {
    Usage {
        sockets: now.sockets.saturating_sub(before.sockets),
        kibibytes: now.kibibytes.saturating_sub(before.kibibytes),
    }
}

/// TCP sockets of this machine, or of this namespace, to addresses that begin so, but for those that only wait for late
/// segments.
pub(crate) fn connections_to(network: [u8; 2]) -> usize {
    const TIME_WAIT: &str = "06";
    let prefix = format!("{:02X}{:02X}", network[1], network[0]);
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let columns = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    columns.filter(|columns| columns[2][4..8] == prefix && columns[3] != TIME_WAIT).count()
}

fn sockets() -> usize {
    let is_socket = |entry: fs::DirEntry| {
        fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    // While no descriptor is left it cannot be told.
    let entries = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    entries.filter_map(|entry| is_socket(entry).then_some(())).count()
}

fn kibibytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().unwrap().parse().unwrap()
}
