#![allow(clippy::unwrap_used)]

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::*;

fn plan(addresses: &[&str], deny: &[&str], ports: &[&str]) -> ScanPlan {
    let texts = |list: &[&str]| list.iter().copied().map(String::from).collect();
    ScanPlan { addresses: texts(addresses), deny: texts(deny), ports: texts(ports), ..ScanPlan::default() }
}

fn targets(addresses: &[&str], deny: &[&str], ports: &[&str]) -> Targets {
    Targets::of(&Written::of(&plan(addresses, deny, ports)).unwrap())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn every_way_to_write_addresses_is_understood() {
    let written = Written::of(&plan(
        &[
            "10.0.0.0/30",
            "10.0.0.3-10.0.0.5",
            "10.0.0.9",
            "fd00::17",
            "[fd00::18]",
            "fd00::1:0/112",
            "PLC-7.plant.example",
        ],
        &[],
        &[],
    ))
    .unwrap();
    assert_eq!(written.addresses.to_entries(), ["10.0.0.0-10.0.0.5", "10.0.0.9", "fd00::17-fd00::18", "fd00::1:0/112"]);
    assert_eq!(written.addresses.count(), 7 + 2 + 65_536);
    let name = HostName { name: "plc-7.plant.example".into(), pointer: "#/plan/addresses/6".into() };
    assert_eq!(written.names, [name]);
    assert_eq!(written.ports.to_entries(), ["4840"]);
}

#[test]
fn an_entry_that_is_wrong_is_named() {
    let refused = [
        "",
        " ",
        "10.0.0.256",
        "10.0.0",
        "10.1",
        "0x7f000001",
        "2130706433",
        "10.0.0.0/33",
        "10.0.0.9-10.0.0.1",
        "10.0.0.1-99",
        "10.0.0.1-fd00::1",
        "fd00::/111",
        "fd00::-fd00::1:0",
        "fe80::1",
        "a..b",
        "plc 7",
        "plc;7",
        "http://plc",
        "plc/24",
        "10.0.0.1:4840",
    ];
    for entry in refused {
        let error = Written::of(&plan(&["10.0.0.1", entry], &[], &[])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{entry}");
        assert!(error.context().contains(&(POINTER.into(), "#/plan/addresses/1".into())), "{error}");
        let error = Written::of(&plan(&[], &[entry], &[])).unwrap_err();
        assert!(error.context().contains(&(POINTER.into(), "#/plan/deny/0".into())), "{error}");
    }
    for entry in ["", "0", "65536", "48100-48000", "+5", "-5", "4840-", "*", "a"] {
        let error = Written::of(&plan(&[], &[], &["1-3", "5", entry])).unwrap_err();
        assert!(error.context().contains(&(POINTER.into(), "#/plan/ports/2".into())), "{error}");
    }
}

#[test]
fn what_is_denied_is_in_no_way_a_target() {
    let targets = targets(
        &["10.0.0.0/24", "::ffff:10.0.1.7", "fd00::/120"],
        &["10.0.0.128/25", "::ffff:10.0.0.7", "fd00::9"],
        &["4840"],
    );
    for denied in ["10.0.0.200", "10.0.0.7", "::ffff:10.0.0.200", "fd00::9"] {
        assert!(targets.is_denied(ip(denied)) && !targets.contains(ip(denied)), "{denied}");
    }
    assert!(targets.contains(ip("10.0.1.7")) && targets.contains(ip("::ffff:10.0.0.1")));
    assert_eq!(targets.count(), 127 + 1 + 255);
    assert!(targets.shuffled(1).all(|target| !targets.is_denied(target.ip())));
}

#[test]
fn addresses_that_names_stand_for_are_denied_too() {
    let mut written = Written::of(&plan(&["plc.example"], &["10.0.0.7", "safety.example"], &[])).unwrap();
    written.add([ip("10.0.0.6"), ip("10.0.0.7"), ip("10.0.0.8"), ip("0.0.0.0")]);
    written.deny([ip("10.0.0.8")]);
    assert_eq!(Targets::of(&written).addresses().to_entries(), ["10.0.0.6"]);
    assert_eq!(written.denied_names[0].pointer, "#/plan/deny/1");
}

#[test]
fn addresses_of_nobody_are_left_out() {
    let targets = targets(&["0.0.0.0/0", "::", "ff02::1"], &[], &["1-65535"]);
    for nobody in ["0.0.0.0", "0.1.2.3", "224.0.0.251", "255.255.255.255", "::", "ff02::1"] {
        assert!(targets.is_denied(ip(nobody)) && !targets.contains(ip(nobody)), "{nobody}");
    }
    assert_eq!(targets.count(), ((1 << 32) - (1 << 24) - (1 << 28) - 1) * 65_535);
    assert_eq!(targets.shuffled(5).take(1000).collect::<HashSet<_>>().len(), 1000);
}

#[test]
fn a_plan_without_addresses_has_no_target() {
    let targets = targets(&[], &[], &["1-65535"]);
    assert_eq!((targets.count(), targets.shuffled(1).next()), (0, None));
}

proptest! {
    #[test]
    fn a_shuffle_is_all_of_the_targets_and_nothing_else(
        hosts in prop::collection::vec((0_u8..40, 0_u8..6), 0..6),
        denied in prop::collection::vec((0_u8..40, 0_u8..6), 0..6),
        sixes in prop::collection::vec(0_u16..20, 0..6),
        ports in prop::collection::vec((1_u16..30, 0_u16..4), 1..4),
        seed in any::<u64>(),
    ) {
        let range = |(first, more): &(u8, u8)| format!("10.0.0.{first}-10.0.0.{}", first + more);
        let mut addresses: Vec<String> = hosts.iter().map(range).collect();
        addresses.extend(sixes.iter().map(|last| format!("fd00::{last:x}")));
        let plan = ScanPlan {
            addresses,
            deny: denied.iter().map(range).collect(),
            ports: ports.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect(),
            ..ScanPlan::default()
        };
        let targets = Targets::of(&Written::of(&plan).unwrap());
        let within = |ranges: &[(u8, u8)], host: u8| ranges.iter().any(|(first, more)| (*first..=first + more).contains(&host));
        let v4 = (0..=60).filter(|host| within(&hosts, *host) && !within(&denied, *host)).map(|host| IpAddr::from([10, 0, 0, host]));
        let v6 = sixes.iter().map(|last| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, *last]));
        let expected: BTreeSet<SocketAddr> = v4.chain(v6).flat_map(|address| {
            let ports = ports.iter().flat_map(|(first, more)| *first..=first + more);
            ports.map(move |port| SocketAddr::new(address, port)).collect::<Vec<_>>()
        }).collect();
        let listed: Vec<SocketAddr> = targets.shuffled(seed).collect();
        prop_assert_eq!(listed.len() as u64, targets.count());
        prop_assert!(listed.iter().all(|target| targets.covers(*target)));
        prop_assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn entries_say_what_they_were_made_of(ranges in prop::collection::vec((0_u32.., 0_u32..1000), 0..6)) {
        let range = |(first, more): &(u32, u32)| {
            (IpAddr::from(first.to_be_bytes()), IpAddr::from(first.saturating_add(*more).to_be_bytes()))
        };
        let set = AddressSet::of_ranges(ranges.iter().map(range));
        let (again, names) = entries(&set.to_entries(), "addresses").unwrap();
        prop_assert!(names.is_empty());
        prop_assert_eq!(again, set);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-fx:./\\-\\[\\]%g]{0,20}") {
        let _ = Written::of(&plan(&[&text], &[&text], &[&text]));
    }
}
