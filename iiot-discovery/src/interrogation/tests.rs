//! Interrogations of servers that say what they are told to say.
#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

use iiot_core::model::{FindingCode, Severity};
use iiot_core::testing::{free_port, within};
use iiot_core::ua::{
    ApplicationDescription, ApplicationType, EndpointDescription, FindServersOnNetworkResponse, FindServersResponse,
    GetEndpointsResponse, MessageSecurityMode, Request, ServerOnNetwork,
};
use iiot_rogue::{Act, Attack, On, Rogue, wire};

use super::*;
use crate::found::{FailedTarget, FoundServer};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a server says; what is `None` it does not know.
#[derive(Debug, Clone, Default)]
struct Says {
    endpoints: Option<Vec<EndpointDescription>>,
    servers: Option<Vec<ApplicationDescription>>,
    network: Option<Vec<ServerOnNetwork>>,
}

impl Says {
    fn answer(&self, request: &Request) -> Option<Act> {
        let response = match request {
            Request::GetEndpoints(_) => {
                GetEndpointsResponse { endpoints: Some(self.endpoints.clone()?), ..Default::default() }.into()
            }
            Request::FindServers(_) => {
                FindServersResponse { servers: Some(self.servers.clone()?), ..Default::default() }.into()
            }
            Request::FindServersOnNetwork(request) => {
                let behind = |record: &&ServerOnNetwork| record.record_id > request.starting_record_id;
                let page = self.network.as_ref()?.iter().filter(behind).take(3).cloned().collect();
                FindServersOnNetworkResponse { servers: Some(page), ..Default::default() }.into()
            }
            _ => return None,
        };
        Some(Act::Answer(response))
    }

    fn attack(self) -> Attack {
        // A service that it does not know ends in a fault, of what the honest server does not know either.
        Attack::on_request(move |request, _, _| Some(self.answer(request).unwrap_or_else(unknown)))
    }
}

fn unknown() -> Act {
    let service_result = iiot_core::ua::StatusCode::BadServiceUnsupported;
    let response_header = iiot_core::ua::ResponseHeader { service_result, ..Default::default() };
    Act::Answer(iiot_core::ua::Response::Fault(Box::new(iiot_core::ua::ServiceFault { response_header })))
}

fn described(uri: &str, kind: ApplicationType, urls: &[String]) -> ApplicationDescription {
    ApplicationDescription {
        application_uri: uri.into(),
        application_name: uri.into(),
        application_type: kind,
        discovery_urls: Some(urls.iter().map(|url| url.as_str().into()).collect()),
        ..Default::default()
    }
}

fn endpoint(uri: &str, url: &str) -> EndpointDescription {
    EndpointDescription {
        endpoint_url: url.into(),
        server: described(uri, ApplicationType::Server, &[url.to_owned()]),
        security_mode: MessageSecurityMode::None,
        security_policy_uri: "http://opcfoundation.org/UA/SecurityPolicy#None".into(),
        ..Default::default()
    }
}

/// A server with this URI that knows nobody else.
fn plain(uri: &str, url: &str) -> Says {
    let servers = Some(vec![described(uri, ApplicationType::Server, &[url.to_owned()])]);
    Says { endpoints: Some(vec![endpoint(uri, url)]), servers, network: None }
}

struct Running {
    url: String,
    address: SocketAddr,
    rogue: Rogue,
}

async fn listen(says: impl FnOnce(&str) -> Attack) -> Running {
    listen_at(Ipv4Addr::LOCALHOST, says).await
}

async fn listen_at(ip: Ipv4Addr, says: impl FnOnce(&str) -> Attack) -> Running {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let url = format!("opc.tcp://{address}");
    let rogue = Rogue::listen(SocketAddr::from((ip, address.port())), says(&url)).await.unwrap();
    Running { url, address, rogue }
}

fn parts(follow: Follow) -> InterrogationParts {
    let inside: AddressRule = Arc::new(|ip| ip.is_loopback());
    let rules = Rules { inside, ..Rules::new(follow) };
    InterrogationParts {
        server_timeout: Duration::from_secs(5),
        ..InterrogationParts::new(&ScanPlan::default(), rules)
    }
}

struct Found {
    servers: Vec<FoundServer>,
    failed: Vec<FailedTarget>,
}

async fn ask_with(parts: InterrogationParts, targets: Vec<Target>) -> Found {
    let interrogation = Interrogation::new(parts);
    let asking = async {
        interrogation.run(stream::iter(targets), &|_| {}).await;
        interrogation.settle().await;
    };
    within("an interrogation", PATIENCE, asking).await;
    let (mut servers, mut failed) = (Vec::new(), Vec::new());
    for result in interrogation.results() {
        match result {
            SearchResult::Server(server) => servers.push(server),
            SearchResult::Failed(one) => failed.push(one),
        }
    }
    Found { servers, failed }
}

async fn ask(targets: &[&Running]) -> Found {
    ask_with(parts(Follow::Inside), targets.iter().map(|one| Target::scanned(one.address)).collect()).await
}

impl Found {
    fn uris(&self) -> Vec<&str> {
        let mut uris: Vec<_> = self.servers.iter().map(|one| one.description.application_uri.as_str()).collect();
        uris.sort_unstable();
        uris
    }

    fn server(&self, uri: &str) -> &FoundServer {
        self.servers.iter().find(|server| server.description.application_uri == uri).unwrap()
    }
}

fn codes(server: &FoundServer) -> Vec<FindingCode> {
    server.findings.iter().map(|finding| finding.code).collect()
}

#[tokio::test]
async fn everybody_is_found_whom_a_discovery_server_knows() {
    let mut all = Vec::new();
    for number in 0..8 {
        all.push(listen(|url| plain(&format!("urn:plc-{number}"), url).attack()).await);
    }
    let (registered, heard) = all.split_at(4);
    let lds = listen(|url| {
        let mut servers = vec![described("urn:lds", ApplicationType::DiscoveryServer, &[url.to_owned()])];
        servers.extend(registered.iter().enumerate().map(|(number, one)| {
            described(&format!("urn:plc-{number}"), ApplicationType::Server, std::slice::from_ref(&one.url))
        }));
        let network = heard.iter().enumerate().map(|(number, one)| ServerOnNetwork {
            record_id: 10 + number as u32,
            server_name: "somebody".into(),
            discovery_url: one.url.as_str().into(),
            server_capabilities: Some(vec![format!("CAP{number}").as_str().into()]),
        });
        Says { endpoints: Some(Vec::new()), servers: Some(servers), network: Some(network.collect()) }.attack()
    })
    .await;
    let found = ask(&[&lds]).await;
    let mut expected = vec!["urn:lds".to_owned()];
    expected.extend((0..8).map(|number| format!("urn:plc-{number}")));
    assert_eq!(found.uris(), expected);
    assert_eq!(found.failed, []);
    let last = found.server("urn:plc-7");
    assert_eq!(last.description.capabilities, ["CAP3"], "what is said of a server belongs to that server");
    assert_eq!(found.server("urn:lds").description.capabilities, Vec::<String>::new());
    assert_eq!(last.addresses, [all[7].address.to_string()]);
    assert_eq!(last.via, [Via::Reported { server: format!("opc.tcp://{}", lds.address) }]);
    assert_eq!(
        found.server("urn:lds").description.application_type,
        iiot_core::model::ApplicationType::DiscoveryServer
    );
}

#[tokio::test]
async fn a_server_is_not_lost_because_a_service_of_it_fails() {
    let nothing = |act: fn() -> Act, which: fn(&Request) -> bool| {
        move |url: &str| {
            let says = plain("urn:plc", url);
            Attack::on_request(move |request, _, _| {
                Some(if which(request) { act() } else { says.answer(request).unwrap_or_else(unknown) })
            })
        }
    };
    let endpoints: fn(&Request) -> bool = |request| matches!(request, Request::GetEndpoints(_));
    let servers: fn(&Request) -> bool = |request| matches!(request, Request::FindServers(_));
    let network: fn(&Request) -> bool = |request| matches!(request, Request::FindServersOnNetwork(_));
    for (which, has_endpoints) in [(endpoints, false), (servers, true), (network, true)] {
        for act in [unknown as fn() -> Act, || Act::Reset, || Act::Silence, || Act::Body(vec![1, 2, 3])] {
            let server = listen(nothing(act, which)).await;
            let found = ask(&[&server]).await;
            assert_eq!((found.uris(), found.failed.len()), (vec!["urn:plc"], 0));
            assert_eq!(found.servers[0].endpoints.len(), usize::from(has_endpoints));
        }
    }
}

#[tokio::test]
async fn what_fails_for_a_moment_is_tried_again() {
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let server = listen(move |url| {
        let says = plain("urn:plc", url);
        Attack::new(move |turn| match &turn.on {
            On::Accepted if counted.fetch_add(1, Ordering::Relaxed) < 2 => Act::Reset,
            On::Request(request) => says.answer(request).unwrap_or_else(unknown),
            _ => Act::Honest,
        })
    })
    .await;
    assert_eq!(ask(&[&server]).await.uris(), ["urn:plc"]);
    assert_eq!(failures.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn one_that_fails_costs_the_others_nothing() {
    let good = listen(|url| plain("urn:good", url).attack()).await;
    let dead = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let lds = listen(|url| {
        let servers = vec![
            described("urn:lds", ApplicationType::DiscoveryServer, &[url.to_owned()]),
            described("urn:dead", ApplicationType::Server, &[format!("opc.tcp://{dead}")]),
            described("urn:good", ApplicationType::Server, std::slice::from_ref(&good.url)),
            described("urn:far", ApplicationType::Server, &["opc.tcp://192.0.2.1:4840".to_owned()]),
            described("urn:lost", ApplicationType::Server, &["opc.tcp://no-such-host.invalid:4840".to_owned()]),
            described("urn:web", ApplicationType::Server, &["opc.https://127.0.0.1:443".to_owned()]),
            described("urn:odd", ApplicationType::Server, &["opc.tcp://[garbage".to_owned()]),
        ];
        Says { servers: Some(servers), ..Says::default() }.attack()
    })
    .await;
    let found = ask(&[&lds]).await;
    assert_eq!(found.uris(), ["urn:good", "urn:lds"]);
    let message =
        |part: &str| found.failed.iter().find(|one| one.url.contains(part)).map(|one| one.message.as_str()).unwrap();
    assert_eq!(found.failed.len(), 5, "{:?}", found.failed);
    assert!(message(&dead.to_string()).contains("nothing listens there"));
    assert!(message("192.0.2.1").contains("none of the addresses of the plan"));
    assert!(message("no-such-host").contains("does not resolve"));
    assert!(message("opc.https").contains("opc.https"));
    assert!(message("garbage").contains("no URL"));
    let closed = found.failed.iter().find(|one| one.url.contains(&dead.to_string())).unwrap();
    assert_eq!(closed.outcome, Some(crate::outcome::Outcome::Closed));
}

#[tokio::test]
async fn discovery_servers_that_point_at_each_other_come_to_an_end() {
    let ports: Vec<SocketAddr> = (0..3).map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))).collect();
    let urls: Vec<String> = ports.iter().map(|address| format!("opc.tcp://{address}")).collect();
    let mut running = Vec::new();
    for (number, address) in ports.iter().enumerate() {
        let own = format!("urn:lds-{number}");
        let servers =
            (0..3).map(|n| described(&format!("urn:lds-{n}"), ApplicationType::DiscoveryServer, &urls[n..=n]));
        let says = Says {
            servers: Some(servers.collect()),
            endpoints: Some(vec![endpoint(&own, &urls[number])]),
            network: None,
        };
        running.push(Rogue::listen(*address, says.attack()).await.unwrap());
    }
    let found = ask_with(parts(Follow::Everywhere), vec![Target::url(urls[0].as_str())]).await;
    assert_eq!(found.uris(), ["urn:lds-0", "urn:lds-1", "urn:lds-2"]);
    assert!(running.iter().all(|rogue| rogue.connections() == 1), "each is asked once");
}

#[tokio::test]
async fn three_clones_stay_three_and_are_told() {
    let certificate = crate::findings::made::sound("urn:clone");
    let mut clones = Vec::new();
    for _ in 0..3 {
        let certificate = certificate.clone();
        let clone = listen(move |_| {
            let endpoint = EndpointDescription {
                server_certificate: certificate.into(),
                ..endpoint("urn:clone", "opc.tcp://plc:4840")
            };
            Says { endpoints: Some(vec![endpoint]), ..Says::default() }.attack()
        });
        clones.push(clone.await);
    }
    let found = ask(&clones.iter().collect::<Vec<_>>()).await;
    assert_eq!(found.uris(), ["urn:clone"; 3]);
    for server in &found.servers {
        assert_eq!(server.addresses.len(), 1);
        let codes = codes(server);
        assert!(codes.contains(&FindingCode::SharedApplicationUri) && codes.contains(&FindingCode::SharedCertificate));
    }
}

#[tokio::test]
async fn one_server_at_two_addresses_is_one() {
    let server = listen_at(Ipv4Addr::UNSPECIFIED, |_| plain("urn:plc", "opc.tcp://plc.invalid:4840").attack()).await;
    let second = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), server.address.port()));
    let targets = vec![Target::scanned(server.address), Target::scanned(second)];
    let found = ask_with(parts(Follow::Inside), targets).await;
    assert_eq!(found.uris(), ["urn:plc"]);
    assert_eq!(found.servers[0].addresses, [server.address.to_string(), second.to_string()]);
    assert!(!codes(&found.servers[0]).contains(&FindingCode::SharedApplicationUri));
    assert!(codes(&found.servers[0]).contains(&FindingCode::UnreachableUrl), "its host name resolves nowhere");
}

#[tokio::test]
async fn a_server_that_stalls_delays_nobody() {
    let good = listen(|url| plain("urn:good", url).attack()).await;
    let stalled = listen(|_| Attack::new(|_| Act::Silence)).await;
    let parts = InterrogationParts { server_timeout: Duration::from_secs(2), at_once: 2, ..parts(Follow::Inside) };
    let interrogation = Interrogation::new(parts);
    let targets = [Target::scanned(stalled.address), Target::scanned(good.address)];
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |heard| sender.send(heard).unwrap();
    within("an interrogation", PATIENCE, interrogation.run(stream::iter(targets), &tell)).await;
    assert_eq!(heard.recv().await, Some(Heard::Server { name: "urn:good".into(), address: good.address }));
    assert!(matches!(heard.recv().await, Some(Heard::Failed { .. })));
    assert!(good.rogue.connections() == 1 && stalled.rogue.connections() >= 1);
}

#[tokio::test]
async fn what_was_found_stays_when_an_interrogation_is_dropped() {
    let good = listen(|url| plain("urn:good", url).attack()).await;
    let stalled = listen(|_| Attack::new(|_| Act::Silence)).await;
    let interrogation = Interrogation::new(parts(Follow::Inside));
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |heard| sender.send(heard).unwrap();
    let targets = [Target::scanned(stalled.address), Target::scanned(good.address)];
    tokio::select! {
        () = interrogation.run(stream::iter(targets), &tell) => panic!("somebody stalls"),
        one = heard.recv() => assert!(one.is_some()),
    }
    assert!(matches!(&interrogation.results()[..], [SearchResult::Server(_)]));
}

/// What is behind the header of an answer to GetEndpoints.
fn raw(rest: Vec<u8>) -> impl FnMut(&Request, &mut wire::Channel, u32) -> Option<Act> + Send {
    move |request, _, _| match request {
        Request::GetEndpoints(_) => Some(Act::Body(wire::response_with::<GetEndpointsResponse>(1, &rest))),
        _ => Some(unknown()),
    }
}

fn many(count: u32, present: usize, one: &EndpointDescription) -> Vec<u8> {
    [count.to_le_bytes().to_vec(), wire::encoded_part(one).repeat(present)].concat()
}

/// Each is played against an interrogation that asks an honest server too.
fn hostile() -> Vec<(&'static str, Attack, Option<FindingCode>)> {
    let simple = endpoint("urn:evil", "opc.tcp://127.0.0.1:4840");
    let named = |name: &str| {
        let mut one = simple.clone();
        one.server.application_name = name.into();
        one.server.product_uri = name.into();
        Says { endpoints: Some(vec![one]), ..Says::default() }.attack()
    };
    let urls = |url: &str| {
        let servers = vec![described("urn:evil", ApplicationType::Server, &vec![url.to_owned(); 3])];
        Says { endpoints: Some(vec![endpoint("urn:evil", url)]), servers: Some(servers), network: None }.attack()
    };
    let certified = |bytes: Vec<u8>| {
        let one = EndpointDescription { server_certificate: bytes.into(), ..simple.clone() };
        Says { endpoints: Some(vec![one]), ..Says::default() }.attack()
    };
    let malformed = Some(FindingCode::Malformed);
    let distinct = |count: usize| (0..count).map(|n| endpoint(&format!("urn:{n}"), "opc.tcp://127.0.0.1:1")).collect();
    vec![
        ("two billion endpoints are claimed", Attack::on_request(raw(many(i32::MAX as u32, 2, &simple))), malformed),
        ("the list is cut within an element", Attack::on_request(raw(many(3, 2, &simple))), malformed),
        ("a million endpoints come", Attack::on_request(raw(many(1_000_000, 1_000_000, &simple))), None),
        ("five thousand equal endpoints come", Attack::on_request(raw(many(3_000, 3_000, &simple))), malformed),
        (
            "two thousand applications come",
            Says { endpoints: Some(distinct(2_000)), ..Says::default() }.attack(),
            malformed,
        ),
        ("names of 64 KB", named(&"x".repeat(64 << 10)), malformed),
        ("names that steer terminals", named("\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{202e}"), malformed),
        ("names of markup", named("<img src=x onerror=alert(1)>"), None),
        ("URLs that are none", urls("opc.tcp://[::::1]:99999/\u{1b}[0m"), malformed),
        ("a URL of 64 KB", urls(&format!("opc.tcp://{}", "a".repeat(64 << 10))), malformed),
        (
            "a certificate of rubbish",
            certified(vec![0x30, 0x82, 0xff, 0xff, 1, 2, 3]),
            Some(FindingCode::CertificateInvalid),
        ),
        ("a certificate of 100 KB", certified(vec![0x30; 100_000]), malformed),
        ("an answer of rubbish", Attack::on_request(|_, _, _| Some(Act::Body(vec![0xff; 5000]))), None),
        (
            "bytes without end",
            Attack::new(|turn| match turn.on {
                On::Accepted => Act::Flood(Box::new(|_| vec![0x41; 4096])),
                _ => Act::Honest,
            }),
            None,
        ),
        (
            "records without end",
            Attack::on_request(|request, _, _| match request {
                Request::GetEndpoints(_) => Some(Act::Answer(
                    GetEndpointsResponse {
                        endpoints: Some(vec![endpoint("urn:evil", "opc.tcp://127.0.0.1:4840")]),
                        ..Default::default()
                    }
                    .into(),
                )),
                Request::FindServersOnNetwork(request) => {
                    let record = ServerOnNetwork { record_id: request.starting_record_id + 1, ..Default::default() };
                    Some(Act::Answer(
                        FindServersOnNetworkResponse { servers: Some(vec![record]), ..Default::default() }.into(),
                    ))
                }
                _ => Some(unknown()),
            }),
            malformed,
        ),
    ]
}

/// What an interrogation may hold at once, of one hostile server.
const MUCH: u64 = 24 << 20;

#[test]
fn no_server_can_crash_stall_or_fill_an_interrogation() {
    for (name, attack, finding) in hostile() {
        let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // What one of them has to do keeps the other from nothing.
        let (there, here) = (runtime(), runtime());
        let evil = there.block_on(Rogue::start(attack)).unwrap();
        let good = here.block_on(listen(|url| plain("urn:good", url).attack()));
        let target = Target { address: None, ..Target::url(evil.url()) };
        let mut found = Found { servers: Vec::new(), failed: Vec::new() };
        let asking = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let measured = allocation_counter::measure(|| {
            let parts = InterrogationParts { server_timeout: Duration::from_secs(5), ..parts(Follow::Never) };
            found = asking.block_on(ask_with(parts, vec![target, Target::scanned(good.address)]));
        });
        println!(
            "{name}: {} servers, {} failed, {} KiB",
            found.servers.len(),
            found.failed.len(),
            measured.bytes_max >> 10
        );
        assert!(measured.bytes_max < MUCH, "{name}: {} bytes", measured.bytes_max);
        assert!(found.uris().contains(&"urn:good"), "{name}: the other server is found");
        assert_eq!(found.server("urn:good").findings, [], "{name}");
        let told = serde_json::to_string(&(&found.servers, &found.failed)).unwrap();
        assert!(!told.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{name}: {told}");
        assert!(!told.contains("\\u00"), "{name}: {told}");
        assert!(told.len() < 8 << 20, "{name}: {} bytes are told", told.len());
        there.shutdown_background();
        if let Some(code) = finding {
            let evil = found.servers.iter().filter(|server| server.description.application_uri != "urn:good");
            let all: Vec<FindingCode> = evil.flat_map(codes).collect();
            assert!(all.contains(&code), "{name}: {all:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_of_the_server_and_of_its_endpoints() {
    let server = listen(|url| {
        let token = iiot_core::ua::UserTokenPolicy { policy_id: "anonymous".into(), ..Default::default() };
        let open = EndpointDescription { user_identity_tokens: Some(vec![token]), ..endpoint("urn:plc", url) };
        Says { endpoints: Some(vec![open]), ..Says::default() }.attack()
    })
    .await;
    let found = ask(&[&server]).await;
    let findings = &found.servers[0].endpoints[0].findings;
    assert!(findings.iter().any(|one| one.code == FindingCode::Anonymous && one.severity == Severity::High));
}
