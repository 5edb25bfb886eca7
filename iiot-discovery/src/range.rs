//! What a plan covers: addresses and ports, parsed, bounded, and in an order that spares each host.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};
use ipnet::IpNet;

use crate::permutation::Permutation;
use crate::plan::ScanPlan;
use crate::spans::{Positions, Span, Spans};

/// A set of IP addresses, as large as it may be.
///
/// An IPv4 address and the same one written as IPv6 (`::ffff:10.0.0.7`) are one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressSet {
    v4: Spans,
    v6: Spans,
}

/// A set of TCP ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortSet(Spans);

/// A plan as it is written: every entry is sound, names are not yet addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Addresses of the plan.
    pub addresses: AddressSet,
    /// Ports of the plan; 4840 where it names none.
    pub ports: PortSet,
    /// Addresses that are never contacted.
    pub deny: AddressSet,
    /// Host names among the addresses.
    pub names: Vec<HostName>,
    /// Host names that are never contacted.
    pub denied_names: Vec<HostName>,
}

/// A host name of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName {
    /// The name: `plc-7.plant.example`.
    pub name: String,
    /// Where it stands in the request, as JSON pointer: `#/plan/addresses/3`.
    pub pointer: String,
}

/// What may be contacted: the addresses of a plan without those that are denied, at its ports.
///
/// ```
/// use iiot_discovery::plan::ScanPlan;
/// use iiot_discovery::range::{Targets, Written};
///
/// # fn main() -> iiot_core::Result<()> {
/// let plan = ScanPlan {
///     addresses: vec!["10.0.0.0/24".into()],
///     deny: vec!["10.0.0.1-10.0.0.9".into()],
///     ports: vec!["4840-4841".into()],
///     ..ScanPlan::default()
/// };
/// let targets = Targets::of(&Written::of(&plan)?);
/// assert_eq!(targets.count(), 2 * (256 - 9));
/// assert!(targets.covers("10.0.0.10:4840".parse().unwrap()));
/// assert!(targets.is_denied("10.0.0.9".parse().unwrap()));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    addresses: AddressSet,
    ports: PortSet,
    deny: AddressSet,
}

/// The port registered for OPC UA over TCP.
pub const DEFAULT_PORT: u16 = 4840;

/// More IPv6 addresses in one entry are refused: /112.
const MAX_V6: u64 = 1 << 16;
const OPERATION: &str = "read the scan plan";

impl Written {
    /// Reads the addresses, ports and denied addresses of a plan.
    ///
    /// # Errors
    /// `InvalidArgument` for the first entry that is not understood, with its place as [`POINTER`].
    pub fn of(plan: &ScanPlan) -> Result<Self> {
        let (addresses, names) = entries(&plan.addresses, "addresses")?;
        let (deny, denied_names) = entries(&plan.deny, "deny")?;
        let ports = if plan.ports.is_empty() { PortSet::one(DEFAULT_PORT) } else { PortSet::parse(&plan.ports)? };
        // What no connection can go to; 0.0.0.0 would be this machine, past any denial of it.
        Ok(Self { addresses: addresses.without(&nobody()), ports, deny, names, denied_names })
    }

    /// Adds the addresses that names stand for.
    pub fn add(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.addresses = self.addresses.with(addresses).without(&nobody());
    }

    /// Denies addresses that names stand for.
    pub fn deny(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.deny = self.deny.with(addresses);
    }
}

impl Targets {
    /// What a plan covers; its names must have been resolved before, by
    /// [`Written::add`] and [`Written::deny`].
    #[must_use]
    pub fn of(written: &Written) -> Self {
        let addresses = written.addresses.without(&written.deny);
        Self { addresses, ports: written.ports.clone(), deny: written.deny.clone() }
    }

    /// Addresses that may be contacted.
    #[must_use]
    pub fn addresses(&self) -> &AddressSet {
        &self.addresses
    }

    /// Addresses that are never contacted.
    #[must_use]
    pub fn denied(&self) -> &AddressSet {
        &self.deny
    }

    /// Ports that are tried at each address.
    #[must_use]
    pub fn ports(&self) -> &PortSet {
        &self.ports
    }

    /// Whether the plan has this address and it is not denied.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.addresses.contains(address)
    }

    /// Whether this address and port will be tried.
    #[must_use]
    pub fn covers(&self, target: SocketAddr) -> bool {
        self.contains(target.ip()) && self.ports.contains(target.port())
    }

    /// Whether this address is never contacted, whoever names it.
    #[must_use]
    pub fn is_denied(&self, address: IpAddr) -> bool {
        self.deny.contains(address) || nobody().contains(address)
    }

    /// How many addresses and ports will be tried.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.addresses.count().saturating_mul(self.ports.count())
    }

    /// All of them, each once, in an order that depends on the seed and meets no host often in a row. They are not held:
    /// the memory that this takes does not depend on their number.
    pub fn shuffled(&self, seed: u64) -> impl Iterator<Item = SocketAddr> + Send + use<> {
        let (v4, v6, ports) =
            (Positions::of(&self.addresses.v4), Positions::of(&self.addresses.v6), Positions::of(&self.ports.0));
        let target = move |position: u64| {
            let (host, port) = (position / ports.count(), position % ports.count());
            let address = match host.checked_sub(v4.count()) {
                None => v4.at(host).map(v4_of),
                Some(host) => v6.at(host).map(v6_of),
            };
            Some(SocketAddr::new(address?, port_of(ports.at(port)?)))
        };
        Permutation::new(self.count(), seed).filter_map(target)
    }
}

impl AddressSet {
    /// Whether it has this address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.contains(address.to_bits().into()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.v4.count().saturating_add(self.v6.count())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// As few entries of a plan as say it: `10.0.0.0/24`, `10.0.0.3-10.0.0.7`, `fd00::17`.
    #[must_use]
    pub fn to_entries(&self) -> Vec<String> {
        let v4 = self.v4.iter().map(|span| entry(v4_of(span.first), v4_of(span.last)));
        v4.chain(self.v6.iter().map(|span| entry(v6_of(span.first), v6_of(span.last)))).collect()
    }

    /// This one and single addresses.
    fn with(&self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.and(&addresses.into_iter().collect())
    }

    fn and(&self, other: &Self) -> Self {
        let both = |a: &Spans, b: &Spans| Spans::union(a.iter().chain(b.iter()));
        Self { v4: both(&self.v4, &other.v4), v6: both(&self.v6, &other.v6) }
    }

    fn without(&self, other: &Self) -> Self {
        Self { v4: self.v4.without(&other.v4), v6: self.v6.without(&other.v6) }
    }

    fn of_ranges(ranges: impl IntoIterator<Item = (IpAddr, IpAddr)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                (IpAddr::V4(a), IpAddr::V4(b)) => v4.push(Span { first: a.to_bits().into(), last: b.to_bits().into() }),
                (IpAddr::V6(a), IpAddr::V6(b)) => v6.push(Span { first: a.to_bits(), last: b.to_bits() }),
                // `between` lets no other in.
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {}
            }
        }
        Self { v4: Spans::union(v4), v6: Spans::union(v6) }
    }
}

impl FromIterator<IpAddr> for AddressSet {
    fn from_iter<T: IntoIterator<Item = IpAddr>>(addresses: T) -> Self {
        let single = |address: IpAddr| (address.to_canonical(), address.to_canonical());
        Self::of_ranges(addresses.into_iter().map(single))
    }
}

impl FromIterator<IpNet> for AddressSet {
    fn from_iter<T: IntoIterator<Item = IpNet>>(networks: T) -> Self {
        Self::of_ranges(networks.into_iter().map(|network| (network.network(), network.broadcast())))
    }
}

impl fmt::Display for AddressSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_entries().join(", "))
    }
}

impl PortSet {
    /// Reads the ports of a plan: `4840`, `48000-48100`.
    ///
    /// # Errors
    /// `InvalidArgument` for the first entry that is not understood, with its place as [`POINTER`].
    pub fn parse(entries: &[String]) -> Result<Self> {
        let spans = entries.iter().enumerate().map(|(index, entry)| {
            ports(entry).ok_or_else(|| {
                wrong("ports", index, entry, "it is not a port (1 to 65535) or a range like 48000-48100")
            })
        });
        Ok(Self(Spans::union(spans.collect::<Result<Vec<Span>>>()?)))
    }

    /// Whether it has this port.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.contains(port.into())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// As few entries of a plan as say it.
    #[must_use]
    pub fn to_entries(&self) -> Vec<String> {
        let text = |span: Span| match span.first == span.last {
            true => span.first.to_string(),
            false => format!("{}-{}", span.first, span.last),
        };
        self.0.iter().map(text).collect()
    }

    fn one(port: u16) -> Self {
        [(port, port)].into_iter().collect()
    }
}

impl FromIterator<(u16, u16)> for PortSet {
    /// First and last of each range.
    fn from_iter<T: IntoIterator<Item = (u16, u16)>>(ranges: T) -> Self {
        Self(Spans::union(ranges.into_iter().map(|(first, last)| Span { first: first.into(), last: last.into() })))
    }
}

/// Addresses and names of a list of the plan.
fn entries(list: &[String], member: &str) -> Result<(AddressSet, Vec<HostName>)> {
    let (mut ranges, mut names) = (Vec::new(), Vec::new());
    for (index, entry) in list.iter().enumerate() {
        match parse(entry.trim()).map_err(|why| wrong(member, index, entry, why))? {
            Entry::Range(first, last) => ranges.push((first, last)),
            Entry::Name(name) => names.push(HostName { name, pointer: pointer(member, index) }),
        }
    }
    Ok((AddressSet::of_ranges(ranges), names))
}

enum Entry {
    Range(IpAddr, IpAddr),
    Name(String),
}

fn parse(entry: &str) -> Result<Entry, &'static str> {
    if let Some(address) = address(entry) {
        return between(address, address);
    }
    if entry.contains('/') {
        let network: IpNet = entry.parse().map_err(|_| "it is not a network like 10.0.0.0/24")?;
        return between(network.network(), network.broadcast());
    }
    match entry.split_once('-').map(|(first, last)| (address(first), address(last))) {
        Some((Some(first), Some(last))) => between(first, last),
        Some((Some(_), None)) => Err("a range is written with two whole addresses, like 10.0.0.1-10.0.0.99"),
        _ if is_host_name(entry) => Ok(Entry::Name(entry.to_ascii_lowercase())),
        _ => Err("it is neither an address, nor a network, nor a range, nor a host name"),
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

fn between(first: IpAddr, last: IpAddr) -> Result<Entry, &'static str> {
    match (first.to_canonical(), last.to_canonical()) {
        (first, last) if first.is_ipv4() != last.is_ipv4() => {
            Err("it begins with one version of IP and ends with the other")
        }
        (first, last) if last < first => Err("it ends before it begins"),
        (IpAddr::V6(first), IpAddr::V6(last)) if is_link_local(first) || is_link_local(last) => {
            Err("link-local addresses mean something on one link only; name a global or unique local one")
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if last.to_bits() - first.to_bits() >= u128::from(MAX_V6) => Err(
            "IPv6 networks are /112 at the largest: nobody answers at most addresses of a larger one; list those that are used",
        ),
        (first, last) => Ok(Entry::Range(first, last)),
    }
}

const fn is_link_local(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local()
}

/// A name whose last label is a number would be taken for an IPv4 address by many resolvers: `10.1`, `0x7f000001`.
fn is_host_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_letter);
    let last = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_number = last.bytes().all(|letter| letter.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|letter| letter.is_ascii_hexdigit()));
    text.len() <= 253 && text.split('.').all(is_label) && !is_number
}

fn ports(entry: &str) -> Option<Span> {
    let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then(|| Span { first: first.into(), last: last.into() })
}

fn port(text: &str) -> Option<u16> {
    let text = text.trim();
    let is_number = text.bytes().all(|letter| letter.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port != 0)
}

/// Addresses that are nobody's: unspecified ones, multicast and broadcast.
fn nobody() -> AddressSet {
    let v4 = |first: [u8; 4], last: [u8; 4]| (IpAddr::from(first), IpAddr::from(last));
    let multicast = (IpAddr::V6(Ipv6Addr::from_bits(0xff << 120)), IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)));
    let unspecified = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    AddressSet::of_ranges([
        v4([0; 4], [0, 255, 255, 255]),
        v4([224, 0, 0, 0], [239, 255, 255, 255]),
        v4([255; 4], [255; 4]),
        (unspecified, unspecified),
        multicast,
    ])
}

/// A range as an entry of a plan: as network, if it is one.
fn entry(first: IpAddr, last: IpAddr) -> String {
    if first == last {
        return first.to_string();
    }
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let host_bits = (bits(first) ^ bits(last)).count_ones();
    let width = if first.is_ipv4() { 32 } else { 128 };
    let network = u8::try_from(width - host_bits).ok().and_then(|prefix| IpNet::new(first, prefix).ok());
    match network.filter(|network| (network.network(), network.broadcast()) == (first, last)) {
        Some(network) => network.to_string(),
        None => format!("{first}-{last}"),
    }
}

fn v4_of(bits: u128) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).expect("these spans are of IPv4 addresses")))
}

fn v6_of(bits: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(bits))
}

fn port_of(number: u128) -> u16 {
    u16::try_from(number).expect("these spans are of ports")
}

pub(crate) fn pointer(member: &str, index: usize) -> String {
    format!("#/plan/{member}/{index}")
}

fn wrong(member: &str, index: usize, entry: &str, why: &'static str) -> Error {
    let shown: String = entry.chars().filter(|letter| !letter.is_control()).take(64).collect();
    Error::new(ErrorKind::InvalidArgument, OPERATION, why).with("entry", shown).with(POINTER, pointer(member, index))
}

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;
