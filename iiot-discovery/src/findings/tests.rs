//! Faults that are put into servers, and every one of them is found.
#![allow(clippy::unwrap_used)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::model::{ApplicationType, UserTokenPolicy};

use super::made::{day, for_days, sound, start};
use super::*;
use crate::found::{FoundEndpoint, FoundServer};

const POLICY: &str = "http://opcfoundation.org/UA/SecurityPolicy#";
const URI: &str = "urn:plc";

fn policy(name: &str) -> String {
    format!("{POLICY}{name}")
}

fn token(kind: &str, policy_name: Option<&str>) -> UserTokenPolicy {
    UserTokenPolicy { policy_id: kind.into(), token_type: kind.into(), security_policy_uri: policy_name.map(policy) }
}

fn endpoint(mode: &str, policy_name: &str, tokens: Vec<UserTokenPolicy>) -> EndpointDescription {
    EndpointDescription {
        url: "opc.tcp://10.0.0.7:4840".into(),
        reported_url: "opc.tcp://plc:4840".into(),
        security_mode: mode.into(),
        security_policy_uri: policy(policy_name),
        security_level: 0,
        transport_profile_uri: String::new(),
        certificate_thumbprint: Some("AB".into()),
        certificate: Some(BASE64_STANDARD.encode(sound(URI))),
        user_tokens: tokens,
    }
}

fn server(endpoints: Vec<EndpointDescription>) -> FoundServer {
    let description = ApplicationDescription {
        application_uri: URI.into(),
        application_name: "plc".into(),
        locale: None,
        product_uri: String::new(),
        application_type: ApplicationType::Server,
        gateway_server_uri: None,
        discovery_profile_uri: None,
        discovery_urls: vec!["opc.tcp://plc:4840".into()],
        capabilities: Vec::new(),
    };
    let endpoints =
        endpoints.into_iter().map(|description| FoundEndpoint { description, findings: Vec::new() }).collect();
    FoundServer {
        description,
        addresses: vec!["10.0.0.7:4840".into()],
        endpoints,
        findings: Vec::new(),
        via: Vec::new(),
    }
}

/// Encrypted, with policies in use, for users with a name or a certificate; open for discovery alone.
fn well_configured() -> FoundServer {
    let users = || vec![token("UserName", Some("Basic256Sha256")), token("Certificate", None)];
    let plain = || vec![token("UserName", None), token("IssuedToken", Some("None"))];
    server(vec![
        endpoint("None", "None", Vec::new()),
        endpoint("SignAndEncrypt", "Basic256Sha256", users()),
        endpoint("SignAndEncrypt", "Aes128_Sha256_RsaOaep", users()),
        endpoint("SignAndEncrypt", "Aes256_Sha256_RsaPss", plain()),
        endpoint("SignAndEncrypt", "ECC_nistP256", users()),
    ])
}

fn judged(mut server: FoundServer, now: UtcTime, flaws: &[String], unreached: &[(String, String)]) -> FoundServer {
    let endpoints: Vec<_> = server.endpoints.iter().map(|one| one.description.clone()).collect();
    server.findings = of_application(&server.description, &endpoints, &Seen { flaws, unreached, now });
    for one in &mut server.endpoints {
        one.findings = of_endpoint(&one.description);
    }
    server
}

fn all(server: &FoundServer) -> Vec<(FindingCode, Severity)> {
    let of_endpoints = server.endpoints.iter().flat_map(|one| &one.findings);
    let mut all: Vec<_> = server.findings.iter().chain(of_endpoints).map(|one| (one.code, one.severity)).collect();
    all.sort();
    all
}

fn with_certificate(der: &[u8]) -> FoundServer {
    let certificate = Some(BASE64_STANDARD.encode(der));
    server(vec![EndpointDescription { certificate, ..endpoint("SignAndEncrypt", "Basic256Sha256", Vec::new()) }])
}

/// A certificate in a file; they are valid for a hundred years.
fn kept(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(body).unwrap()
}

/// Three years after the certificates in files were made.
fn later() -> UtcTime {
    day(3 * 365 + 365)
}

#[test]
fn a_server_that_is_well_configured_has_no_finding() {
    let judged = judged(well_configured(), day(100), &[], &[]);
    assert_eq!(all(&judged), []);
    let mut alone = [judged];
    shared(&mut alone);
    assert_eq!(all(&alone[0]), []);
}

type Expected = Vec<(FindingCode, Severity)>;

/// Endpoints, and what is wrong with them.
fn seeded_endpoints() -> Vec<(EndpointDescription, Expected)> {
    use FindingCode as Code;
    use Severity::{High, Info, Low, Medium};
    let (open, sign, best) = (("None", "None"), ("Sign", "Basic256Sha256"), ("SignAndEncrypt", "Basic256Sha256"));
    let make = |(mode, policy): (&str, &str), tokens| endpoint(mode, policy, tokens);
    let anonymous = || vec![token("Anonymous", None)];
    let user = |policy| vec![token("UserName", policy)];
    let bare = |one: EndpointDescription| EndpointDescription { certificate: None, ..one };
    vec![
        (make(open, anonymous()), vec![(Code::Anonymous, High), (Code::NoSecurity, Medium)]),
        (make(sign, anonymous()), vec![(Code::Anonymous, Medium), (Code::NotEncrypted, Info)]),
        (make(best, anonymous()), vec![(Code::Anonymous, Medium)]),
        (make(open, user(None)), vec![(Code::NoSecurity, Medium), (Code::PasswordInClear, High)]),
        (make(open, user(Some("None"))), vec![(Code::NoSecurity, Medium), (Code::PasswordInClear, High)]),
        (make(open, user(Some("Basic256Sha256"))), vec![(Code::NoSecurity, Medium)]),
        (make(open, vec![token("IssuedToken", None)]), vec![(Code::NoSecurity, Medium), (Code::PasswordInClear, High)]),
        (make(sign, user(Some("None"))), vec![(Code::NotEncrypted, Info), (Code::PasswordInClear, High)]),
        (make(sign, user(None)), vec![(Code::NotEncrypted, Info)]),
        (make(best, user(Some("Basic256"))), vec![(Code::DeprecatedPolicy, Medium)]),
        (make(("SignAndEncrypt", "Basic128Rsa15"), user(None)), vec![(Code::DeprecatedPolicy, Medium)]),
        (make(("SignAndEncrypt", "Basic256"), user(None)), vec![(Code::DeprecatedPolicy, Medium)]),
        (bare(make(best, user(None))), vec![(Code::CertificateMissing, High)]),
        (make(("Invalid", "None"), Vec::new()), vec![(Code::Malformed, Low)]),
        (make(("None", "Basic256Sha256"), Vec::new()), vec![(Code::Malformed, Low)]),
        (make(("SignAndEncrypt", "None"), Vec::new()), vec![(Code::Malformed, Low)]),
    ]
}

/// Certificates, when they are looked at, and what is wrong with them.
fn seeded_certificates() -> Vec<(Vec<u8>, UtcTime, Expected)> {
    use FindingCode as Code;
    use Severity::{High, Low, Medium};
    let forged = {
        let mut der = sound(URI);
        let last = der.len() - 1;
        der[last] ^= 1;
        der
    };
    vec![
        (sound(URI), day(366), vec![(Code::CertificateExpired, High)]),
        (for_days(URI, day(10), 365), day(9), vec![(Code::CertificateExpired, High)]),
        (sound(URI), day(336), vec![(Code::CertificateExpiresSoon, Medium)]),
        (sound(URI), day(364), vec![(Code::CertificateExpiresSoon, Medium)]),
        (sound("urn:other"), day(1), vec![(Code::ApplicationUriMismatch, Medium)]),
        (kept(include_str!("fixtures/no_uri.pem")), later(), vec![(Code::ApplicationUriMismatch, Medium)]),
        (kept(include_str!("fixtures/short.pem")), later(), vec![(Code::ShortKey, Medium)]),
        (kept(include_str!("fixtures/tiny.pem")), later(), vec![(Code::ShortKey, High)]),
        (kept(include_str!("fixtures/sha1.pem")), later(), vec![(Code::WeakSignature, Medium)]),
        (kept(include_str!("fixtures/md5.pem")), later(), vec![(Code::WeakSignature, Medium)]),
        (kept(include_str!("fixtures/no_usage.pem")), later(), vec![(Code::CertificateInvalid, Low); 2]),
        (kept(include_str!("fixtures/client_only.pem")), later(), vec![(Code::CertificateInvalid, Medium)]),
        (forged, day(1), vec![(Code::CertificateInvalid, Medium)]),
        (vec![0x30, 0x03, 1, 2, 3], day(1), vec![(Code::CertificateInvalid, High)]),
        (vec![1; 3000], day(1), vec![(Code::CertificateInvalid, High)]),
    ]
}

#[test]
fn every_fault_that_is_put_in_is_found_and_nothing_else() {
    let mut found = 0;
    for (endpoint, mut expected) in seeded_endpoints() {
        let judged = judged(server(vec![endpoint.clone()]), day(1), &[], &[]);
        expected.sort();
        assert_eq!(all(&judged), expected, "{endpoint:?}");
        found += expected.len();
    }
    for (number, (certificate, now, mut expected)) in seeded_certificates().into_iter().enumerate() {
        let judged = judged(with_certificate(&certificate), now, &[], &[]);
        expected.sort();
        assert_eq!(all(&judged), expected, "certificate {number}: {:?}", judged.findings);
        found += expected.len();
    }
    assert!(found >= 30, "{found}");
    println!("{found} of {found} faults found");
}

#[test]
fn what_was_seen_from_outside_is_told() {
    let unreached = [("opc.tcp://plc.local:4840".to_owned(), "its host name does not resolve from here".to_owned())];
    let flaws = ["its list of endpoints: 5000 elements, of which the first 1000 are taken".to_owned()];
    let judged = judged(well_configured(), day(1), &flaws, &unreached);
    assert_eq!(all(&judged), [(FindingCode::UnreachableUrl, Severity::Low), (FindingCode::Malformed, Severity::Low)]);
    assert!(
        judged.findings.iter().any(|one| one.message.contains("plc.local") && one.fix.contains("keep_dialled_host"))
    );
}

#[test]
fn servers_that_cannot_be_told_apart_are_told_of_each_other() {
    let certified = |uri: &str, thumbprint: &str, address: &str| {
        let mut one = well_configured();
        one.description.application_uri = uri.into();
        one.addresses = vec![address.into()];
        one.endpoints.iter_mut().for_each(|one| one.description.certificate_thumbprint = Some(thumbprint.into()));
        one
    };
    let mut servers = [
        certified("urn:a", "AA", "10.0.0.1:4840"),
        certified("urn:a", "BB", "10.0.0.2:4840"),
        certified("urn:b", "BB", "10.0.0.3:4840"),
        certified("urn:c", "CC", "10.0.0.4:4840"),
    ];
    shared(&mut servers);
    let codes: Vec<Vec<FindingCode>> =
        servers.iter().map(|server| server.findings.iter().map(|finding| finding.code).collect()).collect();
    use FindingCode::{SharedApplicationUri, SharedCertificate};
    assert_eq!(
        codes,
        [
            vec![SharedApplicationUri],
            vec![SharedCertificate, SharedApplicationUri],
            vec![SharedCertificate],
            Vec::new()
        ]
    );
    assert!(servers[0].findings[0].message.contains("10.0.0.2:4840"));
}

#[test]
fn many_clones_are_named_in_a_bounded_sentence() {
    let mut clones: Vec<FoundServer> = (0..300).map(|_| well_configured()).collect();
    shared(&mut clones);
    assert!(
        clones[0].findings.iter().all(|finding| finding.message.len() < 400 && finding.message.contains("294 more"))
    );
}

#[test]
fn every_finding_says_what_to_do() {
    for (endpoint, _) in seeded_endpoints() {
        assert!(of_endpoint(&endpoint).iter().all(|one| one.fix.len() > 15 && !one.message.ends_with('.')));
    }
    assert!(start() < later());
}
