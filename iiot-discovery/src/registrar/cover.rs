//! What a search covers, to be asked address by address.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use ipnet::IpNet;

use crate::found::Scope;

/// What a search covers; nothing, where it was not completed.
#[derive(Debug, Default)]
pub(super) struct Cover {
    addresses: Vec<Addresses>,
    deny: Vec<Addresses>,
    ports: Vec<RangeInclusive<u16>>,
    places: BTreeSet<SocketAddr>,
}

/// Addresses as they are written in scopes and rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Addresses {
    Network(IpNet),
    Range(RangeInclusive<IpAddr>),
}

impl Cover {
    /// What cannot be read covers nothing.
    pub(super) fn of(scope: &Scope) -> Self {
        if !scope.complete {
            return Self::default();
        }
        Self {
            addresses: scope.addresses.iter().filter_map(|text| Addresses::read(text)).collect(),
            deny: scope.deny.iter().filter_map(|text| Addresses::read(text)).collect(),
            ports: scope.ports.iter().filter_map(|text| ports(text)).collect(),
            places: scope.places.iter().filter_map(|text| place(text)).collect(),
        }
    }

    /// Whether a search should have found who stands at `IP:PORT`.
    pub(super) fn covers(&self, address: &str) -> bool {
        let Some(at) = place(address) else { return false };
        let ip = at.ip();
        let scanned = || self.ports.iter().any(|ports| ports.contains(&at.port())) && holds(&self.addresses, ip);
        !holds(&self.deny, ip) && (self.places.contains(&at) || scanned())
    }
}

impl Addresses {
    /// `10.0.0.0/24`, `10.0.0.1-10.0.0.9`, `10.0.0.7`, `fd00::17`
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((from, to)) = text.split_once('-') {
            let (from, to): (IpAddr, IpAddr) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            return (from.is_ipv4() == to.is_ipv4() && from <= to).then_some(Self::Range(from..=to));
        }
        let single = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or_else(|_| single()).ok().map(Self::Network)
    }

    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        match self {
            Self::Network(network) => network.contains(&ip),
            Self::Range(range) => range.start().is_ipv4() == ip.is_ipv4() && range.contains(&ip),
        }
    }
}

/// `IP:PORT` in its one form.
pub(super) fn place(text: &str) -> Option<SocketAddr> {
    let at: SocketAddr = text.trim().parse().ok()?;
    Some(SocketAddr::new(at.ip().to_canonical(), at.port()))
}

/// The place that an URL names by number: `opc.tcp://10.0.0.7:4840/path`.
pub(super) fn place_of_url(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    place(authority).or_else(|| {
        let ip: IpAddr = authority.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        Some(SocketAddr::new(ip.to_canonical(), DEFAULT_PORT))
    })
}

fn holds(all: &[Addresses], ip: IpAddr) -> bool {
    all.iter().any(|some| some.contains(ip))
}

fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
}

/// Of `opc.tcp` (OPC 10000-6 §7.2).
const DEFAULT_PORT: u16 = 4840;

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope {
            addresses: vec!["10.0.0.0/24".into(), "fd00::17".into(), "10.1.0.1-10.1.0.9".into(), "nonsense".into()],
            deny: vec!["10.0.0.9".into(), "10.0.0.128/25".into()],
            ports: vec!["4840".into(), "48000-48100".into()],
            places: vec!["192.168.0.1:51210".into(), "10.0.0.9:7".into()],
            complete: true,
        }
    }

    #[test]
    fn a_search_covers_its_addresses_at_its_ports_and_its_places() {
        let cover = Cover::of(&scope());
        for (address, covered) in [
            ("10.0.0.7:4840", true),
            ("10.0.0.7:48050", true),
            ("10.0.0.7:4841", false),
            ("10.0.1.7:4840", false),
            ("10.0.0.9:4840", false),
            ("10.0.0.200:4840", false),
            ("10.0.0.9:7", false),
            ("10.1.0.9:4840", true),
            ("10.1.0.10:4840", false),
            ("[fd00::17]:4840", true),
            ("[::ffff:10.0.0.7]:4840", true),
            ("[fd00::18]:4840", false),
            ("192.168.0.1:51210", true),
            ("192.168.0.1:4840", false),
            ("plc-7:4840", false),
        ] {
            assert_eq!(cover.covers(address), covered, "{address}");
        }
        let ended = Cover::of(&Scope { complete: false, ..scope() });
        assert!(!ended.covers("10.0.0.7:4840") && !ended.covers("192.168.0.1:51210"));
    }

    #[test]
    fn the_place_of_an_url_is_known_where_it_has_a_number() {
        for (url, expected) in [
            ("opc.tcp://10.0.0.7:4841/path", Some("10.0.0.7:4841")),
            ("opc.tcp://10.0.0.7", Some("10.0.0.7:4840")),
            ("opc.tcp://[fd00::17]:4840", Some("[fd00::17]:4840")),
            ("opc.tcp://[fd00::17]/", Some("[fd00::17]:4840")),
            ("opc.tcp://plc-7:4840", None),
            ("10.0.0.7:4840", None),
            ("", None),
        ] {
            assert_eq!(place_of_url(url).map(|at| at.to_string()).as_deref(), expected, "{url}");
        }
    }
}
