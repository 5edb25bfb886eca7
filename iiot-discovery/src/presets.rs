//! Fills a plan with what its preset stands for.

use std::net::{IpAddr, Ipv4Addr};

use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};
use ipnet::{IpNet, Ipv4Net};

use crate::plan::{Preset, ScanPlan};
use crate::range::{AddressSet, DEFAULT_PORT, PortSet};
use crate::unassigned::UNASSIGNED;

/// Where this machine stands in its networks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Its addresses, with the networks they are in.
    pub addresses: Vec<IpNet>,
    /// The routers that lead to other networks.
    pub gateways: Vec<IpAddr>,
}

/// The ports that OPC UA servers usually have: the registered ones, and those that widespread products begin with.
const USUAL: [(u16, u16); 6] =
    [(4840, 4841), (48_000, 48_100), (49_320, 49_320), (50_000, 50_000), (51_200, 51_300), (62_222, 62_222)];

/// The plan with what the preset and the defaults put into it: what will be searched.
///
/// A preset fills in addresses where the plan names none, and ports where it names none:
///
/// | preset | addresses | ports |
/// |---|---|---|
/// | `off` | none | 4840 |
/// | `local` | those of this machine | 1 to 65535 |
/// | `fast` | the 256 around each of its IPv4 addresses; its gateways | 4840-4841, 48000-48100, 49320, 50000, 51200-51300, 62222 |
/// | `network` | all of its IPv4 networks; its gateways | 4840-4841 |
/// | `scan` | the same | those of `fast`, and all blocks of a hundred ports and more that are registered for nothing |
///
/// Loopback addresses count for `local` alone, link-local ones of IPv6 for none.
///
/// # Errors
/// `NotFound` if the preset finds no address on this machine.
pub fn effective(plan: &ScanPlan, here: &Surroundings) -> Result<ScanPlan> {
    let mut plan = plan.clone();
    if plan.addresses.is_empty() && plan.preset != Preset::Off {
        plan.addresses = addresses(plan.preset, here)?.to_entries();
    }
    if plan.ports.is_empty() && !plan.addresses.is_empty() {
        plan.ports = ports(plan.preset).to_entries();
    }
    Ok(plan)
}

fn addresses(preset: Preset, here: &Surroundings) -> Result<AddressSet> {
    let own = here.addresses.iter().filter(|own| !is_link_local(own.addr()));
    let networks: Vec<IpNet> = own.filter_map(|own| wanted(preset, own)).collect();
    if networks.is_empty() {
        return Err(nothing(preset));
    }
    let gateways = here.gateways.iter().filter(|gateway| preset != Preset::Local && !is_link_local(**gateway));
    Ok(networks.into_iter().chain(gateways.copied().map(IpNet::from)).collect())
}

/// What a preset takes because of one address of this machine.
fn wanted(preset: Preset, own: &IpNet) -> Option<IpNet> {
    match (preset, own) {
        (Preset::Off, _) => None,
        (Preset::Local, own) => Some(own.addr().into()),
        (_, own) if own.addr().is_loopback() => None,
        (Preset::Fast, IpNet::V4(own)) => Some(around(own.addr()).into()),
        (Preset::Network | Preset::Scan, IpNet::V4(own)) => Some(own.trunc().into()),
        (Preset::Fast | Preset::Network | Preset::Scan, IpNet::V6(_)) => None,
    }
}

fn around(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::new_assert(address, 24).trunc()
}

fn ports(preset: Preset) -> PortSet {
    match preset {
        Preset::Off => PortSet::from_iter([(DEFAULT_PORT, DEFAULT_PORT)]),
        Preset::Local => PortSet::from_iter([(1, u16::MAX)]),
        Preset::Fast => PortSet::from_iter(USUAL),
        Preset::Network => PortSet::from_iter([(4840, 4841)]),
        Preset::Scan => USUAL.into_iter().chain(UNASSIGNED).collect(),
    }
}

const fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

fn nothing(preset: Preset) -> Error {
    let kind = if preset == Preset::Local { "address" } else { "IPv4 network but itself" };
    let message = format!("this machine has no {kind}; connect it to a network, or name the addresses to search");
    Error::new(ErrorKind::NotFound, "fill in the preset", message).with(POINTER, "#/plan/preset")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::range::{Targets, Written};

    fn here() -> Surroundings {
        let networks = ["127.0.0.1/8", "::1/128", "10.3.7.40/16", "192.168.1.200/26", "fe80::5/64", "fd00::17/64"];
        Surroundings {
            addresses: networks.into_iter().map(|network| network.parse().unwrap()).collect(),
            gateways: ["10.9.0.1", "fe80::1", "fd00::1"].into_iter().map(|gateway| gateway.parse().unwrap()).collect(),
        }
    }

    fn filled(preset: Preset) -> (Vec<String>, u64) {
        let plan = effective(&ScanPlan { preset, ..ScanPlan::default() }, &here()).unwrap();
        let written = Written::of(&plan).unwrap();
        assert_eq!(written.addresses.to_entries(), plan.addresses, "{preset:?}");
        (plan.addresses, written.ports.count())
    }

    #[test]
    fn each_preset_fills_in_its_addresses_and_ports() {
        assert_eq!(
            filled(Preset::Local),
            (texts(&["10.3.7.40", "127.0.0.1", "192.168.1.200", "::1", "fd00::17"]), 65_535)
        );
        assert_eq!(
            filled(Preset::Fast),
            (texts(&["10.3.7.0/24", "10.9.0.1", "192.168.1.0/24", "fd00::1"]), 2 + 101 + 1 + 1 + 101 + 1)
        );
        let networks = texts(&["10.3.0.0/16", "10.9.0.1", "192.168.1.192/26", "fd00::1"]);
        assert_eq!(filled(Preset::Network), (networks.clone(), 2));
        let (addresses, ports) = filled(Preset::Scan);
        assert_eq!(addresses, networks);
        assert!((45_000..50_000).contains(&ports), "{ports}");
    }

    #[test]
    fn what_is_named_stays_and_off_fills_in_nothing() {
        let named = ScanPlan { preset: Preset::Fast, addresses: texts(&["10.0.0.7"]), ..ScanPlan::default() };
        let plan = effective(&named, &here()).unwrap();
        assert_eq!(plan.addresses, ["10.0.0.7"]);
        assert_eq!(Targets::of(&Written::of(&plan).unwrap()).count(), 207);
        let ports = ScanPlan { preset: Preset::Network, ports: texts(&["4850"]), ..ScanPlan::default() };
        assert_eq!(effective(&ports, &here()).unwrap().ports, ["4850"]);
        let off = ScanPlan { urls: texts(&["opc.tcp://plc:4840"]), ..ScanPlan::default() };
        assert_eq!(effective(&off, &here()).unwrap(), off);
        let plain = ScanPlan { addresses: texts(&["plc"]), ..ScanPlan::default() };
        assert_eq!(effective(&plain, &here()).unwrap().ports, ["4840"]);
    }

    #[test]
    fn a_preset_without_a_network_is_refused_with_what_to_do() {
        let alone = Surroundings { addresses: vec!["127.0.0.1/8".parse().unwrap()], gateways: Vec::new() };
        for preset in [Preset::Fast, Preset::Network, Preset::Scan] {
            let error = effective(&ScanPlan { preset, ..ScanPlan::default() }, &alone).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("name the addresses"), "{error}");
        }
        assert!(effective(&ScanPlan { preset: Preset::Local, ..ScanPlan::default() }, &alone).is_ok());
        let nothing = Surroundings::default();
        assert!(effective(&ScanPlan { preset: Preset::Local, ..ScanPlan::default() }, &nothing).is_err());
    }

    #[test]
    fn the_unassigned_ports_are_blocks_of_a_hundred_without_registered_ones() {
        assert!(UNASSIGNED.iter().all(|(first, last)| *first > 1023 && last - first >= 99));
        assert!(UNASSIGNED.windows(2).all(|pair| pair[0].1 < pair[1].0));
        let ports: PortSet = UNASSIGNED.into_iter().collect();
        for registered in [1883, 3306, 4840, 5432, 8080, 8883, 20_000, 44_818, 47_808] {
            assert!(!ports.contains(registered), "{registered}");
        }
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().copied().map(String::from).collect()
    }
}
