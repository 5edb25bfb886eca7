#![allow(clippy::unwrap_used)]

use iiot_core::ua::client::Listed;

use super::*;
use crate::interrogation::place::Place;

fn visit(url: &str, address: &str) -> Visit {
    let location = Location::parse(url).unwrap();
    let place = Place { address: address.parse().unwrap(), path: location.path().to_owned() };
    Visit { url: url.into(), location, place, otherwise: Vec::new() }
}

fn server(uri: &str, kind: ua::ApplicationType, urls: &[&str]) -> ua::ApplicationDescription {
    ua::ApplicationDescription {
        application_uri: uri.into(),
        application_type: kind,
        discovery_urls: Some(urls.iter().map(|url| (*url).into()).collect()),
        ..Default::default()
    }
}

fn endpoint(uri: &str, url: &str) -> ua::EndpointDescription {
    let server = server(uri, ua::ApplicationType::Server, &[]);
    ua::EndpointDescription { endpoint_url: url.into(), server, ..Default::default() }
}

fn listed<T>(items: Vec<T>) -> Listed<T> {
    Listed { items, flaw: None }
}

fn here(account: &Account) -> Vec<&str> {
    account.here.iter().map(|told| told.description.application_uri.as_str()).collect()
}

const LDS: &str = "opc.tcp://10.0.0.1:4840";

fn account(endpoints: Vec<ua::EndpointDescription>, servers: Vec<ua::ApplicationDescription>) -> Account {
    let said = Said { endpoints: listed(endpoints), servers: listed(servers), ..Said::default() };
    let hosts = Hosts::from([("lds".to_owned(), Ok(vec!["10.0.0.1".parse().unwrap()]))]);
    Account::new(&visit(LDS, "10.0.0.1:4840"), &said, &hosts)
}

#[test]
fn a_discovery_server_is_here_and_those_it_knows_are_elsewhere() {
    let registered = (2..5).map(|n| format!("opc.tcp://10.0.0.{n}:4840")).collect::<Vec<_>>();
    let mut servers = vec![server("urn:lds", ua::ApplicationType::DiscoveryServer, &[LDS])];
    servers.extend(registered.iter().map(|url| server(&format!("urn:{url}"), ua::ApplicationType::Server, &[url])));
    servers.push(server("urn:client", ua::ApplicationType::Client, &["opc.tcp://10.0.0.9"]));
    for endpoints in [vec![endpoint("urn:lds", "opc.tcp://anything:4840")], Vec::new()] {
        let account = account(endpoints, servers.clone());
        assert_eq!(here(&account), ["urn:lds"]);
        let urls: Vec<_> = account.elsewhere.iter().flat_map(|one| one.urls.clone()).collect();
        assert_eq!(urls, registered);
    }
}

#[test]
fn endpoints_of_another_application_go_to_that_one() {
    let endpoints = vec![
        endpoint("urn:plc", "opc.tcp://10.0.0.2:4840"),
        endpoint("urn:lds", "opc.tcp://lds:4840"),
        endpoint("urn:plc", "opc.tcp://10.0.0.2:4840/b"),
    ];
    let account = account(endpoints, Vec::new());
    assert_eq!((here(&account), account.here[0].endpoints.len()), (vec!["urn:lds"], 1));
    assert_eq!(account.elsewhere[0].urls, ["opc.tcp://10.0.0.2:4840", "opc.tcp://10.0.0.2:4840/b"]);
}

#[test]
fn behind_address_translation_the_only_one_is_here_whatever_it_calls_itself() {
    let account = account(vec![endpoint("urn:plc", "opc.tcp://192.168.7.7:5000")], Vec::new());
    assert_eq!(here(&account), ["urn:plc"]);
    assert_eq!(account.here[0].endpoints[0].url, "opc.tcp://10.0.0.1:4840");
}

#[test]
fn two_applications_at_one_port_are_both_here() {
    let endpoints = vec![endpoint("urn:a", "opc.tcp://lds:4840/a"), endpoint("urn:b", "opc.tcp://10.0.0.1:4840/b")];
    assert_eq!(here(&account(endpoints, Vec::new())), ["urn:a", "urn:b"]);
}

#[test]
fn who_tells_no_uri_is_named_after_its_address() {
    let nameless = account(vec![endpoint("", LDS)], Vec::new());
    assert_eq!(here(&nameless), ["urn:unnamed:10.0.0.1:4840"]);
    assert!(nameless.here[0].flaws.contains("it tells no ApplicationUri"));
    let named = account(vec![endpoint("", LDS)], vec![server("urn:plc", ua::ApplicationType::Server, &[])]);
    assert_eq!((here(&named), named.here[0].endpoints.len()), (vec!["urn:plc"], 1));
}

#[test]
fn what_multicast_told_is_visited_with_what_it_can_do() {
    let record = ua::ServerOnNetwork {
        discovery_url: "opc.tcp://plc-9:4840".into(),
        server_capabilities: Some(vec!["DA".into(), "H\u{1b}D".into()]),
        ..Default::default()
    };
    let said = Said { network: listed(vec![record]), ..Said::default() };
    let account = Account::new(&visit(LDS, "10.0.0.1:4840"), &said, &Hosts::new());
    let capabilities = vec!["DA".to_owned(), "H\u{fffd}D".to_owned()];
    assert_eq!(account.elsewhere, [Elsewhere { urls: vec!["opc.tcp://plc-9:4840".into()], capabilities }]);
}
