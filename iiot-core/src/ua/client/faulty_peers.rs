//! Forty servers with something wrong with their certificate each, met on the loopback interface.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use const_oid::db::rfc5280::{ID_CE_DELTA_CRL_INDICATOR, ID_CE_KEY_USAGE, ID_KP_CLIENT_AUTH};
use der::Document;
use der::asn1::OctetString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsages};

use super::{UaConnector, UaConnectorOptions};
use crate::clock::ManualClock;
use crate::error::Error;
use crate::session::{ConnectOptions, Connector};
use crate::testing::within;
use crate::trust::{MemoryTrustStore, TrustLists, TrustStoreExt};
use crate::ua::secure::SecurityPolicy;
use crate::ua::secure::testing::{Peer, config, identity};
use crate::ua::trust::tests::made::{
    Crl, Holder, Signer, URI, Wish, at, authority, damaged, leaf, rsa_key, unknown_extension,
};
use crate::ua::trust::{Certificate, TrustPolicy};
use crate::ua::{
    ApplicationDescription, ByteString, ContextOwned, EndpointDescription, GetEndpointsResponse, MessageSecurityMode,
    Request, Response, ResponseHeader, StatusCode, UserTokenPolicy, UserTokenType,
};

/// What is to be made for a server: a root and authorities below it, and the leaf.
struct Plan {
    authorities: Vec<Wish>,
    leaf: Wish,
}

/// What was made.
struct Made {
    /// The root first.
    authorities: Vec<Holder>,
    boiler: Certificate,
    /// What the server sends: the leaf and the authorities, without the root.
    sent: Vec<Vec<u8>>,
    trusted: Vec<Vec<u8>>,
    issuers: Vec<Vec<u8>>,
    /// One for each authority, in their order.
    crls: Vec<Vec<u8>>,
    claimed_uri: &'static str,
    /// Some authority but the root.
    place: usize,
}

/// What is wrong with a server, and what must be found.
struct Fault {
    name: &'static str,
    step: &'static str,
    status: StatusCode,
    /// What the error must say.
    words: &'static str,
    before: fn(&mut Plan, usize),
    after: fn(&mut Made),
}

impl Made {
    fn of(plan: &Plan, place: usize) -> Self {
        let mut authorities: Vec<Holder> = Vec::new();
        for wish in &plan.authorities {
            let next = match authorities.last() {
                Some(issuer) => issuer.issue(wish, Signer::p256()),
                None => Holder::root(wish, Signer::p256()),
            };
            authorities.push(next);
        }
        let boiler = authorities.last().unwrap().leaf(&plan.leaf);
        let issuers = authorities[1..].iter().rev().map(Holder::der);
        let sent = std::iter::once(boiler.der().to_vec()).chain(issuers).collect();
        Self {
            sent,
            trusted: vec![authorities[0].der()],
            issuers: Vec::new(),
            crls: authorities.iter().map(|authority| authority.revoke(&[])).collect(),
            boiler,
            authorities,
            claimed_uri: URI,
            place,
        }
    }

    fn last(&self) -> &Holder {
        self.authorities.last().unwrap()
    }

    /// Puts a list in the place of that of the leaf's issuer.
    fn leaf_list(&mut self, list: Vec<u8>) {
        *self.crls.last_mut().unwrap() = list;
    }

    /// Sends one certificate that is nobody's but its own.
    fn self_signed(&mut self, wish: &Wish) {
        let own = Holder::root(&Wish { hosts: vec!["localhost"], ..wish.clone() }, Signer::rsa()).der();
        (self.sent, self.trusted) = (vec![own.clone()], vec![own]);
    }
}

fn nothing(_: &mut Plan, _: usize) {}

fn as_it_is(_: &mut Made) {}

/// A list of an issuer that says what it should not.
fn delta() -> Extension {
    Extension { extn_id: ID_CE_DELTA_CRL_INDICATOR, critical: true, extn_value: OctetString::new([2, 1, 1]).unwrap() }
}

fn broken_usage() -> Extension {
    Extension { extn_id: ID_CE_KEY_USAGE, critical: true, extn_value: OctetString::new([5, 0]).unwrap() }
}

fn shallow() -> Option<BasicConstraints> {
    Some(BasicConstraints { ca: true, path_len_constraint: Some(0) })
}

macro_rules! faults {
    ($($name:literal: $step:ident $status:ident $words:literal, $before:expr, $after:expr;)*) => {
        &[$(Fault {
            name: $name,
            step: stringify!($step),
            status: StatusCode::$status,
            words: $words,
            before: $before,
            after: $after,
        }),*]
    };
}

const FAULTS: &[Fault] = faults! {
    "none": None BadCertificateInvalid "no usable certificate", nothing, |made| made.sent.clear();
    "cut off": None BadCertificateInvalid "no usable certificate", nothing, |made| made.sent[0].truncate(300);
    "garbage behind": None BadCertificateInvalid "no usable certificate", nothing, |made| made.sent.push(vec![7; 9]);
    "eleven": None BadCertificateInvalid "no usable certificate", nothing,
        |made| made.sent.extend(std::iter::repeat_n(made.authorities[0].der(), 10));
    "unknown demand": Structure BadCertificateInvalid "is not supported: have it reissued",
        |plan, _| plan.leaf.more.push(unknown_extension(true)), as_it_is;
    "unknown demand of an authority": Structure BadCertificateInvalid "is not supported: have it reissued",
        |plan, place| plan.authorities[place].more.push(unknown_extension(true)), as_it_is;
    "extension twice": Structure BadCertificateInvalid "twice",
        |plan, _| plan.leaf.more = vec![unknown_extension(false); 2], as_it_is;
    "broken key usage": Structure BadCertificateInvalid "key usage cannot be read",
        |plan, _| plan.leaf.more.push(broken_usage()), as_it_is;
    "no authority sent": Chain BadCertificateChainIncomplete "put the right certificate of its issuer", nothing,
        |made| made.sent.truncate(1);
    "no root": Chain BadCertificateChainIncomplete "put the right certificate of its issuer CN=Root", nothing,
        |made| made.trusted = vec![made.authorities[1].der()];
    "names a wrong key": Chain BadCertificateChainIncomplete "put the right certificate",
        |plan, _| plan.leaf.wrong_authority = true, as_it_is;
    "self-signed, names a wrong key": Chain BadCertificateChainIncomplete "another key than its own", nothing,
        |made| made.self_signed(&Wish { wrong_authority: true, ..leaf("Boiler") });
    "authority of the same name": Chain BadCertificateChainIncomplete "is incomplete", nothing,
        |made| made.trusted = vec![Holder::root(&authority("Root"), Signer::p256()).der()];
    "forged": Signature BadCertificateInvalid "do not trust it", nothing, |made| made.sent[0] = damaged(&made.sent[0]);
    "forged authority": Signature BadCertificateInvalid "do not trust it", nothing,
        |made| made.sent[1] = damaged(&made.sent[1]);
    "RSA 512": SecurityPolicy BadCertificatePolicyCheckFailed "has 512 bits: have it reissued",
        |plan, _| plan.leaf.key = Some(rsa_key(512, &[1, 0, 1])), as_it_is;
    "RSA 1024": SecurityPolicy BadCertificatePolicyCheckFailed "has 1024 bits: have it reissued",
        |plan, _| plan.leaf.key = Some(rsa_key(1024, &[1, 0, 1])), as_it_is;
    "RSA 16384": SecurityPolicy BadCertificatePolicyCheckFailed "has 16384 bits: have it reissued",
        |plan, _| plan.leaf.key = Some(rsa_key(16_384, &[1, 0, 1])), as_it_is;
    "exponent 1": SecurityPolicy BadCertificatePolicyCheckFailed "unsound exponent",
        |plan, _| plan.leaf.key = Some(rsa_key(2048, &[1])), as_it_is;
    "SHA-1": SecurityPolicy BadCertificatePolicyCheckFailed "have it reissued with SHA-256", nothing, |made| {
        let pem = include_str!("../trust/tests/sha1.pem");
        made.sent = vec![Document::from_pem(pem).unwrap().1.into_vec()];
    };
    "untrusted, self-signed": TrustList BadCertificateUntrusted "move it from the rejected", nothing,
        |made| { made.self_signed(&leaf("Boiler")); made.trusted.clear(); };
    "untrusted root": TrustList BadCertificateUntrusted "move it from the rejected", nothing,
        |made| made.issuers = std::mem::take(&mut made.trusted);
    "expired": ValidityPeriod BadCertificateTimeInvalid "have it renewed",
        |plan, place| plan.leaf.days = (0, 20 + place as u32), as_it_is;
    "not valid yet": ValidityPeriod BadCertificateTimeInvalid "set the clock",
        |plan, place| plan.leaf.days = (31 + place as u64, 300), as_it_is;
    "expired authority": ValidityPeriod BadCertificateIssuerTimeInvalid "have it renewed",
        |plan, place| plan.authorities[place].days = (0, 20), as_it_is;
    "expired root": ValidityPeriod BadCertificateIssuerTimeInvalid "CN=Root is valid from",
        |plan, _| plan.authorities[0].days = (0, 20), as_it_is;
    "other host": HostName BadCertificateHostNameInvalid "not for localhost: dial one of these names",
        |plan, _| plan.leaf.hosts = vec!["elsewhere"], as_it_is;
    "other URI": Uri BadCertificateUriInvalid "must use the URI of its certificate", nothing,
        |made| made.claimed_uri = "urn:somebody:else";
    "no URI": Uri BadCertificateUriInvalid "says no URI", |plan, _| plan.leaf.uris.clear(), as_it_is;
    "two URIs": Uri BadCertificateUriInvalid "several URIs", |plan, _| plan.leaf.uris.push("urn:other"), as_it_is;
    "key for other things": Usage BadCertificateUseNotAllowed "must not authenticate",
        |plan, _| plan.leaf.usage = Some((true, KeyUsages::KeyAgreement.into())), as_it_is;
    "for clients": Usage BadCertificateUseNotAllowed "is not for servers",
        |plan, _| plan.leaf.extended = Some((true, vec![ID_KP_CLIENT_AUTH])), as_it_is;
    "no authority": Usage BadCertificateIssuerUseNotAllowed "is no authority",
        |plan, place| plan.authorities[place].authority = None, as_it_is;
    "too deep": Usage BadCertificateIssuerUseNotAllowed "shorter chain",
        |plan, _| plan.authorities[0].authority = shallow(), as_it_is;
    "no list": RevocationList BadCertificateRevocationUnknown "put a current list", nothing,
        |made| drop(made.crls.pop());
    "no list of an authority": RevocationList BadCertificateIssuerRevocationUnknown "put a current list", nothing,
        |made| drop(made.crls.remove(made.place - 1));
    "old list": RevocationList BadCertificateRevocationUnknown "it has expired", nothing,
        |made| made.leaf_list(Crl { updates: (0, Some(29)), ..Crl::of(made.last()) }.made());
    "list of changes": RevocationList BadCertificateRevocationUnknown "use complete lists", nothing,
        |made| made.leaf_list(Crl { more: vec![delta()], ..Crl::of(made.last()) }.made());
    "revoked": Revocation BadCertificateRevoked "CN=Boiler was revoked", nothing,
        |made| made.leaf_list(made.last().revoke(&[&made.boiler]));
    "revoked authority": Revocation BadCertificateIssuerRevoked "have it replaced", nothing,
        |made| {
            let (issuer, revoked) = (&made.authorities[made.place - 1], &made.authorities[made.place]);
            made.crls[made.place - 1] = issuer.revoke(&[&revoked.certificate]);
        };
};

const NAMES: [&str; 4] = ["Root", "Country", "Works", "Hall"];
const PATIENCE: Duration = Duration::from_secs(60);

/// The server of a seed: two to four authorities, and one of them chosen.
fn made(fault: &Fault, seed: usize) -> Made {
    let random = seed.wrapping_mul(2_654_435_761) >> 7;
    let depth = 2 + random % 3;
    let place = 1 + random / 3 % (depth - 1);
    let authorities = NAMES[..depth].iter().map(|name| authority(name)).collect();
    let mut plan = Plan { authorities, leaf: Wish { hosts: vec!["localhost"], ..leaf("Boiler") } };
    (fault.before)(&mut plan, place);
    let mut made = Made::of(&plan, place);
    (fault.after)(&mut made);
    made
}

/// A server that tells its endpoint and no more.
async fn serve(listener: TcpListener, endpoint: EndpointDescription) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket, endpoint.clone()));
    }
}

async fn answer(mut socket: TcpStream, endpoint: EndpointDescription) {
    let mut peer = Peer::new(&config(SecurityPolicy::NONE, MessageSecurityMode::None, (2048, 2048)));
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = socket.read(&mut buffer).await {
        let mut answers = peer.receive(&buffer[..length]);
        for (request_id, body) in std::mem::take(&mut peer.messages) {
            if let Some(response) = response(&body, &endpoint) {
                answers.extend(peer.message(request_id, &response, 8192));
            }
        }
        if socket.write_all(&answers).await.is_err() {
            return;
        }
    }
}

fn response(body: &[u8], endpoint: &EndpointDescription) -> Option<Vec<u8>> {
    let context = ContextOwned::default();
    let Ok(Request::GetEndpoints(request)) = Request::decode(body, &context.context()) else { return None };
    let response_header =
        ResponseHeader { request_handle: request.request_header.request_handle, ..ResponseHeader::null() };
    let response = GetEndpointsResponse { response_header, endpoints: Some(vec![endpoint.clone()]) };
    let mut out = Vec::new();
    Response::from(response).encode(&mut out, &context.context()).unwrap();
    Some(out)
}

fn endpoint(port: u16, made: &Made) -> EndpointDescription {
    EndpointDescription {
        endpoint_url: format!("opc.tcp://localhost:{port}").into(),
        server: ApplicationDescription { application_uri: made.claimed_uri.into(), ..Default::default() },
        server_certificate: ByteString::from(made.sent.concat()),
        security_mode: MessageSecurityMode::SignAndEncrypt,
        security_policy_uri: SecurityPolicy::BASIC256_SHA256.uri().into(),
        user_identity_tokens: Some(vec![UserTokenPolicy {
            token_type: UserTokenType::Anonymous,
            ..Default::default()
        }]),
        ..Default::default()
    }
}

/// What connecting to such a server says, and what its store then tells people.
async fn meet(made: &Made) -> (Error, Vec<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(serve(listener, endpoint(port, made)));
    let store = Arc::new(MemoryTrustStore::new(TrustLists {
        trusted_certificates: made.trusted.clone(),
        issuer_certificates: made.issuers.clone(),
        trusted_crls: made.crls.clone(),
        issuer_crls: Vec::new(),
    }));
    let connector = UaConnector::new(UaConnectorOptions {
        certificate: Some(identity("client", 2048).into()),
        trust_policy: TrustPolicy { leaf_crl_required: true, issuer_crls_required: true, ..TrustPolicy::default() },
        clock: Arc::new(ManualClock::new(at(30))),
        ..UaConnectorOptions::new("urn:test:client", Arc::clone(&store) as _)
    });
    let connecting = connector.connect(ConnectOptions::new(format!("opc.tcp://localhost:{port}")));
    let error = within("the server is met", PATIENCE, connecting).await.unwrap_err();
    server.abort();
    let kept = store.rejections().await.unwrap();
    (error, kept.into_iter().map(|rejection| rejection.finding).collect())
}

#[tokio::test]
async fn of_forty_faulty_servers_forty_faults_are_found() {
    assert_eq!(FAULTS.len(), 40);
    for (seed, fault) in FAULTS.iter().enumerate() {
        let (error, kept) = meet(&made(fault, seed)).await;
        let (name, report) = (fault.name, error.report());
        assert_eq!((error.kind(), error.status()), (crate::ErrorKind::Untrusted, fault.status), "{name}: {report}");
        assert!(report.contains(fault.words), "{name}: {report}");
        let step = error.context().iter().find(|(key, _)| *key == "step").map(|(_, step)| step.to_string());
        assert_eq!(step.as_deref().unwrap_or("None"), fault.step, "{name}: {report}");
        assert!(fault.step == "None" || kept.iter().any(|kept| kept.contains(fault.words)), "{name}: {kept:?}");
    }
}

#[tokio::test]
async fn a_server_without_fault_is_not_refused_for_its_certificate() {
    let sound =
        Fault { name: "sound", step: "None", status: StatusCode::Good, words: "", before: nothing, after: as_it_is };
    for seed in 0..5 {
        let listener_closed = meet_and_hang_up(&made(&sound, seed)).await;
        assert_ne!(listener_closed.kind(), crate::ErrorKind::Untrusted, "{}", listener_closed.report());
    }
}

/// The secured channel is refused by a server that is gone after discovery.
async fn meet_and_hang_up(made: &Made) -> Error {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let endpoint = endpoint(port, made);
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        drop(listener);
        answer(socket, endpoint).await;
    });
    let lists = TrustLists {
        trusted_certificates: made.trusted.clone(),
        trusted_crls: made.crls.clone(),
        ..Default::default()
    };
    let connector = UaConnector::new(UaConnectorOptions {
        certificate: Some(identity("client", 2048).into()),
        trust_policy: TrustPolicy { leaf_crl_required: true, issuer_crls_required: true, ..TrustPolicy::default() },
        clock: Arc::new(ManualClock::new(at(30))),
        ..UaConnectorOptions::new("urn:test:client", Arc::new(MemoryTrustStore::new(lists)))
    });
    let connecting = connector.connect(ConnectOptions::new(format!("opc.tcp://localhost:{port}")));
    let error = within("the server is met", PATIENCE, connecting).await.unwrap_err();
    server.abort();
    error
}
