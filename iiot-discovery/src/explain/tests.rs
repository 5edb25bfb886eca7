//! Ways that go wrong at every step, and one that goes well.
#![allow(clippy::unwrap_used)]

use std::io;
use std::net::Ipv4Addr;

use async_trait::async_trait;
use iiot_core::testing::{free_port, within};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::{
    ApplicationDescription, ApplicationType, EndpointDescription, FindServersResponse, GetEndpointsResponse,
    MessageSecurityMode, Request, StatusCode, UserTokenPolicy, UserTokenType,
};
use iiot_rogue::{Act, Attack, On, Rogue, wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::findings::made::for_days;

const PATIENCE: Duration = Duration::from_secs(30);
const URI: &str = "urn:plc";

/// A network that says one thing.
#[derive(Debug)]
struct Says(Result<Greeting, &'static str>);

#[async_trait]
impl Reach for Says {
    async fn route(&self, _: SocketAddr) -> io::Result<IpAddr> {
        self.0.as_ref().map(|_| Ipv4Addr::LOCALHOST.into()).map_err(|why| io::Error::other(*why))
    }

    async fn greet(&self, _: SocketAddr, _: &str, _: Duration) -> Greeting {
        self.0.clone().unwrap()
    }
}

async fn explain_with(parts: ExplainParts, target: &str) -> Explanation {
    let explainer = Explainer::new(parts);
    let request = ExplainRequest { target: target.into(), timeout_ms: Some(5_000) };
    let told = within("an explanation", PATIENCE, explainer.explain(&request)).await.unwrap();
    assert!(!told.steps.is_empty() && !told.sentence.is_empty());
    assert!(told.steps.iter().all(|step| step.verdict != Verdict::Bad || step.fix.is_some()), "{told:#?}");
    assert!(
        told.steps.windows(2).all(|two| two[0].address != two[1].address || two[0].step < two[1].step),
        "{told:#?}"
    );
    told
}

async fn explain(target: &str) -> Explanation {
    explain_with(ExplainParts::default(), target).await
}

fn last(told: &Explanation) -> (StepName, Verdict) {
    told.steps.last().map(|step| (step.step, step.verdict)).unwrap()
}

/// Where it went wrong.
fn bad(told: &Explanation) -> Option<StepName> {
    told.steps.iter().find(|step| step.verdict == Verdict::Bad).map(|step| step.step)
}

#[tokio::test]
async fn every_outcome_of_a_connection_has_its_step_and_its_sentence() {
    let refused = |status| Greeting::Refused { status, reason: "no".into() };
    let other = |begins: &str| Greeting::Other { begins: begins.into() };
    let message = || "what the system says".to_owned();
    for (outcome, step, part) in [
        (Err("there is no route"), StepName::Route, "there is no route"),
        (Ok(Greeting::Unreachable { message: message() }), StepName::Route, "what the system says"),
        (Ok(Greeting::NotTried { message: message(), passing: false }), StepName::Route, "could not try"),
        (Ok(Greeting::Closed), StepName::Port, "nothing listens"),
        (Ok(Greeting::Filtered), StepName::Port, "firewall"),
        (Ok(Greeting::Silent), StepName::Hello, "says nothing"),
        (Ok(Greeting::Hangup), StepName::Hello, "ends it"),
        (Ok(other("HTTP/1.1 400")), StepName::Hello, "web server"),
        (Ok(other("SSH-2.0")), StepName::Hello, "another program"),
        (Ok(refused(StatusCode::BadTcpEndpointUrlInvalid)), StepName::Hello, "another name"),
        (Ok(refused(StatusCode::BadTcpNotEnoughResources)), StepName::Hello, "no room"),
        (Ok(refused(StatusCode::BadTcpInternalError)), StepName::Hello, "log"),
    ] {
        let parts = ExplainParts { reach: Arc::new(Says(outcome)), ..ExplainParts::default() };
        let told = explain_with(parts, "10.0.0.7").await;
        assert_eq!((told.reachable, bad(&told)), (false, Some(step)), "{told:#?}");
        assert!(told.sentence.contains(part), "{part}: {}", told.sentence);
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_ends_the_way_at_once() {
    let told = explain("opc.tcp://no-such-plc.invalid:4840").await;
    assert_eq!(last(&told), (StepName::Name, Verdict::Bad));
    assert!(told.sentence.contains("no-such-plc.invalid"));
}

#[tokio::test]
async fn what_is_no_target_is_refused_and_other_transports_are_explained() {
    let explainer = Explainer::new(ExplainParts::default());
    for target in ["", "opc.tcp://", "a b", "opc.tcp://[::"] {
        let request = ExplainRequest { target: target.into(), timeout_ms: None };
        assert_eq!(explainer.explain(&request).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "{target}");
    }
    let told = explain("opc.https://plc-7:443/UA").await;
    assert_eq!(last(&told), (StepName::Hello, Verdict::Bad));
    assert!(told.sentence.contains("opc.https"));
}

#[tokio::test]
async fn targets_are_taken_with_and_without_scheme_and_port() {
    for (target, url) in [
        ("10.0.0.7", "opc.tcp://10.0.0.7"),
        ("[fd00::17]:4841", "opc.tcp://[fd00::17]:4841"),
        ("fd00::17", "opc.tcp://[fd00::17]"),
        ("plc-7:4841/UA", "opc.tcp://plc-7:4841/UA"),
        ("opc.tcp://plc-7", "opc.tcp://plc-7"),
    ] {
        assert_eq!(location(target).unwrap().to_string(), url);
    }
}

#[tokio::test]
async fn real_ports_are_told_apart() {
    let closed = explain(&format!("127.0.0.1:{}", free_port())).await;
    assert_eq!(bad(&closed), Some(StepName::Port));
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = web.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = web.accept().await {
            let _ = socket.read(&mut [0; 64]).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let told = explain(&format!("opc.tcp://{at}")).await;
    assert_eq!(bad(&told), Some(StepName::Hello));
    assert!(told.sentence.contains("web server"), "{}", told.sentence);
    let unknown = Attack::new(|turn| match turn.on {
        On::Hello(_) => Act::Last(wire::error(StatusCode::BadTcpEndpointUrlInvalid, "who?")),
        _ => Act::Honest,
    });
    let server = Rogue::start(unknown).await.unwrap();
    let told = explain(&server.url()).await;
    assert!(told.sentence.contains("another name"), "{}", told.sentence);
}

/// A server that tells these endpoints.
async fn server(endpoints: impl FnOnce(&str) -> Vec<EndpointDescription>, kind: ApplicationType) -> (Rogue, String) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let url = format!("opc.tcp://{address}");
    let endpoints = endpoints(&url);
    let server = ApplicationDescription { application_uri: URI.into(), application_type: kind, ..Default::default() };
    let attack = Attack::on_request(move |request, _, _| match request {
        Request::GetEndpoints(_) => {
            Some(Act::Answer(GetEndpointsResponse { endpoints: Some(endpoints.clone()), ..Default::default() }.into()))
        }
        Request::FindServers(_) => {
            Some(Act::Answer(FindServersResponse { servers: Some(vec![server.clone()]), ..Default::default() }.into()))
        }
        _ => None,
    });
    (Rogue::listen(address, attack).await.unwrap(), url)
}

fn secured(url: &str, certificate: Vec<u8>) -> EndpointDescription {
    let token = UserTokenPolicy { token_type: UserTokenType::UserName, ..Default::default() };
    EndpointDescription {
        endpoint_url: url.into(),
        server: ApplicationDescription { application_uri: URI.into(), ..Default::default() },
        server_certificate: certificate.into(),
        security_mode: MessageSecurityMode::SignAndEncrypt,
        security_policy_uri: "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256".into(),
        user_identity_tokens: Some(vec![token]),
        ..Default::default()
    }
}

fn now() -> iiot_core::time::UtcTime {
    SystemClock.utc()
}

fn valid() -> Vec<u8> {
    for_days(URI, now(), 365)
}

#[tokio::test]
async fn a_way_that_goes_well_has_every_step() {
    let certificate = valid();
    let (_server, url) = server(|url| vec![secured(url, certificate.clone())], ApplicationType::Server).await;
    let told = explain(&url).await;
    use StepName::{Certificate, Endpoints, Hello, Identity, Port, Route};
    let steps: Vec<_> = told.steps.iter().map(|step| step.step).collect();
    assert_eq!(steps, [Route, Port, Hello, Endpoints, Certificate, Identity]);
    assert!(told.reachable, "{told:#?}");
    // It was made for the host plc.
    assert!(told.sentence.contains("but the certificate of CN=plc is not for 127.0.0.1"), "{}", told.sentence);
}

#[tokio::test]
async fn a_trust_store_has_the_last_word() {
    let certificate = valid();
    let (_server, url) = server(|url| vec![secured(url, certificate.clone())], ApplicationType::Server).await;
    let store = Arc::new(MemoryTrustStore::default());
    let with_store = || ExplainParts { trust: Some(Arc::clone(&store) as _), ..ExplainParts::default() };
    let told = explain_with(with_store(), &url).await;
    assert_eq!((told.reachable, bad(&told)), (false, Some(StepName::Certificate)));
    assert!(told.sentence.contains("our trust store refuses it"), "{}", told.sentence);
    store.trust(&certificate).await.unwrap();
    let told = explain_with(with_store(), &url).await;
    assert!(told.sentence.contains("not for 127.0.0.1"), "{}", told.sentence);
}

#[tokio::test]
async fn what_endpoints_tell_is_judged() {
    let at = |url: &'static str| move |_: &str| vec![secured(url, valid())];
    let https = |_: &str| {
        let profile = "http://opcfoundation.org/UA-Profile/Transport/https-uabinary".into();
        vec![EndpointDescription { transport_profile_uri: profile, ..secured("opc.https://plc:443", valid()) }]
    };
    let no_user = |url: &str| vec![EndpointDescription { user_identity_tokens: None, ..secured(url, valid()) }];
    let expired = |url: &str| vec![secured(url, for_days(URI, crate::findings::made::start(), 1))];
    type Endpoints = Box<dyn FnOnce(&str) -> Vec<EndpointDescription>>;
    let cases: Vec<(Endpoints, ApplicationType, Option<StepName>, &str)> = vec![
        (Box::new(at("opc.tcp://plc.invalid:4840")), ApplicationType::Server, None, "keep_dialled_host"),
        (Box::new(at("opc.tcp://192.0.2.7:4840")), ApplicationType::Server, None, "leads to 192.0.2.7:4840"),
        (Box::new(https), ApplicationType::Server, Some(StepName::Endpoints), "HTTPS or websockets alone"),
        (Box::new(|_: &str| Vec::new()), ApplicationType::Server, Some(StepName::Endpoints), "tells no endpoints"),
        (
            Box::new(|_: &str| Vec::new()),
            ApplicationType::DiscoveryServer,
            Some(StepName::Endpoints),
            "discovery server",
        ),
        (Box::new(no_user), ApplicationType::Server, Some(StepName::Identity), "no endpoint tells a way to log in"),
        (Box::new(expired), ApplicationType::Server, Some(StepName::Certificate), "was valid until"),
        (
            Box::new(|url: &str| vec![secured(url, vec![1, 2, 3])]),
            ApplicationType::Server,
            Some(StepName::Certificate),
            "cannot be read",
        ),
    ];
    for (endpoints, kind, step, part) in cases {
        let (_server, url) = server(endpoints, kind).await;
        let told = explain(&url).await;
        assert_eq!((bad(&told), told.reachable), (step, step.is_none()), "{part}: {told:#?}");
        let all = told.steps.iter().map(|step| format!("{} {:?}", step.detail, step.fix)).collect::<String>();
        assert!(told.sentence.contains(part) || all.contains(part), "{part}: {told:#?}");
    }
}

#[tokio::test]
async fn one_that_stalls_behind_the_hello_is_told_in_time() {
    let stalled = Attack::new(|turn| match turn.on {
        On::Request(_) => Act::Silence,
        _ => Act::Honest,
    });
    let server = Rogue::start(stalled).await.unwrap();
    let explainer = Explainer::new(ExplainParts::default());
    let request = ExplainRequest { target: server.url(), timeout_ms: Some(500) };
    let told = within("an explanation", Duration::from_secs(10), explainer.explain(&request)).await.unwrap();
    assert_eq!(last(&told), (StepName::Endpoints, Verdict::Bad));
}
