//! Reads where this machine stands in its networks.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::{IfAddr, IfOperStatus, Interface};
use iiot_core::{Error, ErrorKind, Result};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::presets::Surroundings;

/// The addresses of this machine's interfaces that are up, and its default gateways. Gateways are known on Linux alone.
///
/// # Errors
/// If the system does not tell its interfaces.
pub fn surroundings() -> Result<Surroundings> {
    let interfaces = if_addrs::get_if_addrs().map_err(|cause| {
        Error::new(ErrorKind::Io, "read the network interfaces", "the system does not tell them").because(cause)
    })?;
    let up = interfaces.iter().filter(|interface| interface.oper_status != IfOperStatus::Down);
    Ok(Surroundings { addresses: up.filter_map(network).collect(), gateways: gateways() })
}

fn network(interface: &Interface) -> Option<IpNet> {
    match &interface.addr {
        IfAddr::V4(address) => Ipv4Net::new(address.ip, address.prefixlen).ok().map(IpNet::V4),
        IfAddr::V6(address) => Ipv6Net::new(address.ip, address.prefixlen).ok().map(IpNet::V6),
    }
}

fn gateways() -> Vec<IpAddr> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let v4 = v4_gateways(&read("/proc/net/route")).into_iter().map(IpAddr::V4);
    let mut gateways: Vec<IpAddr> =
        v4.chain(v6_gateways(&read("/proc/net/ipv6_route")).into_iter().map(IpAddr::V6)).collect();
    gateways.sort_unstable();
    gateways.dedup();
    gateways
}

/// The default gateways in the kernel's table: interface, destination, gateway, … in the byte order of the machine.
fn v4_gateways(table: &str) -> Vec<Ipv4Addr> {
    let gateway = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [_, "00000000", gateway, ..] = columns[..] else { return None };
        let bits = u32::from_str_radix(gateway, 16).ok().filter(|bits| *bits != 0)?;
        Some(Ipv4Addr::from(bits.to_ne_bytes()))
    };
    table.lines().filter_map(gateway).collect()
}

/// The same for IPv6: destination, its length, source, its length, next hop, …
fn v6_gateways(table: &str) -> Vec<Ipv6Addr> {
    let gateway = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [_, "00", _, _, next_hop, ..] = columns[..] else { return None };
        let bits = u128::from_str_radix(next_hop, 16).ok().filter(|bits| *bits != 0)?;
        Some(Ipv6Addr::from_bits(bits))
    };
    table.lines().filter_map(gateway).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn this_machine_has_itself() {
        let own = surroundings().unwrap().addresses;
        assert!(own.iter().any(|network| network.addr().is_loopback()), "{own:?}");
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn gateways_are_read_from_the_tables() {
        let v4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                  eth0\t00000000\t0104070A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                  eth0\t0004070A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                  wg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert_eq!(v4_gateways(v4), [Ipv4Addr::new(10, 7, 4, 1)]);
        let zero = "0".repeat(32);
        let v6 = format!(
            "fd000000000000000000000000000000 40 {zero} 00 {zero} 00000100 00000001 00000000 00000001 eth0\n\
             {zero} 00 {zero} 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n"
        );
        assert_eq!(v6_gateways(&v6), ["fd00::1".parse::<Ipv6Addr>().unwrap()]);
        assert!(v4_gateways("x\n\n a b").is_empty() && v6_gateways("x").is_empty());
    }
}
