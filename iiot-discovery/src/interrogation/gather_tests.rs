#![allow(clippy::unwrap_used)]

use iiot_core::model::EndpointDescription;
use iiot_core::ua;

use super::*;

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A server with this URI and certificate at an address; its URLs lead to the addresses in `names`.
fn seen(at: &str, uri: &str, thumbprint: Option<&str>, names: &[&str]) -> Sighting {
    let mut told = Told::new(&ua::ApplicationDescription { application_uri: uri.into(), ..Default::default() });
    told.endpoints.push(EndpointDescription {
        url: format!("opc.tcp://{at}"),
        reported_url: "opc.tcp://plc:4840".into(),
        security_mode: "None".into(),
        security_policy_uri: String::new(),
        security_level: 0,
        transport_profile_uri: String::new(),
        certificate_thumbprint: thumbprint.map(Into::into),
        certificate: None,
        user_tokens: Vec::new(),
    });
    let place = Place { address: address(at), path: String::new() };
    Sighting { place, told, names: names.iter().map(|name| address(name)).collect() }
}

/// What is proven where the addresses belong to these servers.
fn evidence(sightings: &[Sighting], owners: &[usize]) -> Evidence {
    let mut evidence = Evidence::default();
    for (one, owner) in sightings.iter().zip(owners) {
        for (other, _) in sightings.iter().zip(owners).filter(|(_, other)| *other == owner) {
            evidence.add(other.place.address, one.place.address);
        }
    }
    evidence
}

fn addresses(gathered: &[Gathered]) -> Vec<Vec<String>> {
    gathered.iter().map(|one| one.places.iter().map(|place| place.address.to_string()).collect()).collect()
}

const HERE: &str = "10.0.0.1:4840";
const THERE: &str = "10.0.0.2:4840";

#[test]
fn three_clones_stay_three() {
    for thumbprint in [None, Some("AB")] {
        let clones: Vec<_> =
            [HERE, THERE, "10.0.0.3:4840"].iter().map(|at| seen(at, "urn:plc", thumbprint, &[at])).collect();
        let gathered = gather(&clones, &evidence(&clones, &[0, 1, 2]));
        assert_eq!(addresses(&gathered), [[HERE], [THERE], ["10.0.0.3:4840"]]);
        assert_eq!(gather(&clones, &Evidence::default()).len(), 3, "without evidence they are several");
    }
}

#[test]
fn one_server_at_several_addresses_is_one() {
    let both = [seen(HERE, "urn:plc", Some("AB"), &[]), seen(THERE, "urn:plc", Some("AB"), &[])];
    assert_eq!(doubtful(&both), [[address(HERE), address(THERE)]]);
    assert_eq!(addresses(&gather(&both, &evidence(&both, &[0, 0]))), [[HERE, THERE]]);
}

#[test]
fn of_four_addresses_of_two_clones_two_servers_come() {
    let all: Vec<_> = (1..5).map(|n| seen(&format!("10.0.0.{n}:4840"), "urn:plc", Some("AB"), &[])).collect();
    let gathered = gather(&all, &evidence(&all, &[0, 1, 0, 1]));
    assert_eq!(addresses(&gathered), [["10.0.0.1:4840", "10.0.0.3:4840"], ["10.0.0.2:4840", "10.0.0.4:4840"]]);
}

#[test]
fn other_certificates_mean_other_servers_whatever_the_numbers_say() {
    let both = [seen(HERE, "urn:plc", Some("AB"), &[]), seen(THERE, "urn:plc", Some("CD"), &[])];
    assert_eq!(gather(&both, &evidence(&both, &[0, 0])).len(), 2);
}

#[test]
fn a_server_that_numbers_channels_at_random_is_known_by_certificate_and_addresses() {
    let names = &[HERE, THERE][..];
    let random = |thumbprint, one: &[&str], other: &[&str]| {
        let both = [seen(HERE, "urn:plc", thumbprint, one), seen(THERE, "urn:plc", thumbprint, other)];
        gather(&both, &evidence(&both, &[0, 1])).len()
    };
    assert_eq!(random(Some("AB"), names, names), 1);
    assert_eq!(random(None, names, names), 2, "without a certificate that proves nothing");
    assert_eq!(random(Some("AB"), names, &[THERE]), 2, "each must name both");
}

#[test]
fn paths_at_one_port_and_applications_beside_each_other_are_told_apart_by_uri() {
    let mut second = seen(HERE, "urn:plc", None, &[]);
    second.place.path = "/UA".into();
    let all = [seen(HERE, "urn:plc", None, &[]), second, seen(HERE, "urn:other", None, &[])];
    let gathered = gather(&all, &Evidence::default());
    assert_eq!(gathered.len(), 2);
    assert_eq!(gathered[1].places.len(), 2);
    assert_eq!(doubtful(&all), Vec::<Vec<SocketAddr>>::new());
}

#[test]
fn an_endpoint_is_reached_at_the_port_that_it_is_reported_at_if_the_server_answers_there() {
    let mut both = [seen("10.0.0.1:4841", "urn:plc", None, &[]), seen("10.0.0.1:4840", "urn:plc", None, &[])];
    both[0].told.endpoints[0].url = "opc.tcp://10.0.0.1:4841".into();
    let gathered = gather(&both, &evidence(&both, &[0, 0]));
    let endpoints = &gathered[0].told.endpoints;
    assert_eq!((endpoints.len(), endpoints[0].url.as_str()), (1, "opc.tcp://10.0.0.1:4840"));
}
