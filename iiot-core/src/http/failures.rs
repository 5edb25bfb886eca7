//! Who fails to prove who he is, and how often.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Counts failures by address. A valid key always passes: its secret cannot be guessed, and whoever shares an address
/// with somebody who tries must not be locked out. What is bounded is the work and the log lines that failures cause.
#[derive(Debug, Default)]
pub(super) struct Failures {
    by_address: HashMap<IpAddr, Recent>,
}

#[derive(Debug)]
struct Recent {
    since: Instant,
    count: u32,
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Say that it failed.
    Tell,
    /// Say that there were too many, and when to try again; log it if it is the first.
    TooMany { wait: Duration, first: bool },
}

impl Failures {
    /// Takes note of a failure.
    pub(super) fn failed(&mut self, address: IpAddr, now: Instant) -> Verdict {
        let network = network(address);
        self.make_room(network, now);
        let recent = self.by_address.entry(network).or_insert(Recent { since: now, count: 0 });
        if now.duration_since(recent.since) >= WINDOW {
            *recent = Recent { since: now, count: 0 };
        }
        recent.count = recent.count.saturating_add(1);
        if recent.count <= ALLOWED {
            return Verdict::Tell;
        }
        Verdict::TooMany { wait: recent.since + WINDOW - now, first: recent.count == ALLOWED + 1 }
    }

    fn make_room(&mut self, network: IpAddr, now: Instant) {
        if self.by_address.len() < MAX_ADDRESSES || self.by_address.contains_key(&network) {
            return;
        }
        self.by_address.retain(|_, recent| now.duration_since(recent.since) < WINDOW);
        if self.by_address.len() >= MAX_ADDRESSES
            && let Some(oldest) = self.by_address.iter().min_by_key(|(_, recent)| recent.since)
        {
            let oldest = *oldest.0;
            self.by_address.remove(&oldest);
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
        four => four,
    }
}

const WINDOW: Duration = Duration::from_secs(60);
const ALLOWED: u32 = 100;
const MAX_ADDRESSES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_failures_an_address_waits_and_others_do_not() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let (bad, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..ALLOWED {
            assert_eq!(failures.failed(bad, start), Verdict::Tell);
        }
        let later = start + Duration::from_secs(20);
        let wait = Duration::from_secs(40);
        assert_eq!(failures.failed(bad, later), Verdict::TooMany { wait, first: true });
        assert_eq!(failures.failed(bad, later), Verdict::TooMany { wait, first: false });
        assert_eq!(failures.failed(other, later), Verdict::Tell);
        assert_eq!(failures.failed(bad, start + WINDOW), Verdict::Tell);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let [one, two, far] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"].map(|text| text.parse().ok());
        let network = |address: Option<IpAddr>| address.map(network);
        assert_eq!(network(one), network(two));
        assert_ne!(network(one), network(far));
        assert_eq!(network("::ffff:10.0.0.1".parse().ok()), Some(IpAddr::from([10, 0, 0, 1])));
    }

    #[test]
    fn the_table_is_bounded() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        for index in 0..2 * MAX_ADDRESSES {
            failures.failed(IpAddr::from((index as u32).to_be_bytes()), start + Duration::from_micros(index as u64));
        }
        assert_eq!(failures.by_address.len(), MAX_ADDRESSES);
    }
}
