//! What openssl reads in certificates of every kind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, SignatureAlgorithm};
use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;

use super::tools::openssl;
use crate::pki::{CertificateContent, Issuer, Kind, RevokedEntry, Serial, Subject, certificate, revocation_list};
use crate::store::RevocationReason;

const READ: &str =
    "basicConstraints,keyUsage,extendedKeyUsage,subjectAltName,crlDistributionPoints,authorityInfoAccess";

/// What openssl prints of these extensions, a line each, without the spaces around.
fn text(folder: &Path, der: &[u8], extensions: &str) -> Vec<String> {
    let file = folder.join("certificate.der");
    fs::write(&file, der).unwrap();
    let file = file.display().to_string();
    let text = openssl(["x509", "-inform", "DER", "-in", &file, "-noout", "-ext", extensions]);
    String::from_utf8(text)
        .unwrap()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

struct Scene {
    keys: MemoryKeyStore,
    folder: tempfile::TempDir,
}

impl Scene {
    fn content(&self, kind: Kind, spec: KeySpec) -> CertificateContent {
        let name = format!("{kind:?} {spec:?}");
        let key = block_on(self.keys.generate(&name, spec)).unwrap();
        let from = UtcTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        CertificateContent {
            subject: Subject::new("Press", "Works").unwrap(),
            kind,
            application_uri: matches!(kind, Kind::Application(_)).then(|| "urn:works:press".into()),
            hosts: if kind.needs_host() { vec!["press.local".into(), "::1".into()] } else { Vec::new() },
            public_key: key.public_key().to_vec(),
            from,
            until: from + Duration::from_secs(86_400),
            crl_urls: vec!["http://ca.works/a.crl".into(), "http://ca.works/b.crl".into()],
            issuer_urls: vec!["http://ca.works/a.der".into()],
        }
    }

    fn issued(&self, content: &CertificateContent, issuer: Option<&Issuer>) -> Vec<u8> {
        let root = block_on(self.keys.open(ROOT)).unwrap().unwrap();
        let content = certificate(content, issuer, &"4abc".parse().unwrap(), SignatureAlgorithm::EcdsaSha256).unwrap();
        content.signed(&block_on(root.sign(content.algorithm(), content.bytes())).unwrap()).unwrap()
    }

    fn root(&self) -> Issuer {
        Issuer::of(&self.issued(&self.content(Kind::Authority { path_len: Some(1) }, KeySpec::NistP256), None)).unwrap()
    }
}

const ROOT: &str = "Authority { path_len: Some(1) } NistP256";

#[test]
fn every_kind_says_what_it_should_and_nothing_else() {
    let scene = Scene { keys: MemoryKeyStore::default(), folder: tempfile::tempdir().unwrap() };
    let root = scene.root();
    let full = "Digital Signature, Non Repudiation, Key Encipherment, Data Encipherment";
    let (server, client) = ("TLS Web Server Authentication", "TLS Web Client Authentication");
    let both = format!("{server}, {client}");
    let rows: [(Kind, KeySpec, &str, &str, &str); 8] = [
        (Kind::Application(ApplicationType::Server), KeySpec::Rsa(2048), full, server, "URI:urn:works:press, "),
        (Kind::Application(ApplicationType::ClientAndServer), KeySpec::Rsa(2048), full, &both, "URI:urn:works:press, "),
        (
            Kind::Application(ApplicationType::DiscoveryServer),
            KeySpec::NistP256,
            "Digital Signature",
            &both,
            "URI:urn:works:press, ",
        ),
        (
            Kind::Application(ApplicationType::Client),
            KeySpec::NistP384,
            "Digital Signature",
            client,
            "URI:urn:works:press",
        ),
        (Kind::Https, KeySpec::Rsa(2048), "Digital Signature, Key Encipherment", server, ""),
        (Kind::Https, KeySpec::NistP256, "Digital Signature", server, ""),
        (Kind::User, KeySpec::NistP256, "Digital Signature, Non Repudiation", client, ""),
        (Kind::Authority { path_len: Some(0) }, KeySpec::NistP384, "Certificate Sign, CRL Sign", "", ""),
    ];
    for (kind, spec, usage, extended, uri) in rows {
        let content = scene.content(kind, spec);
        let said = text(scene.folder.path(), &scene.issued(&content, Some(&root)), READ);
        let constraints = if matches!(kind, Kind::Authority { .. }) { "CA:TRUE, pathlen:0" } else { "CA:FALSE" };
        let mut wanted = vec!["X509v3 Basic Constraints: critical", constraints, "X509v3 Key Usage: critical", usage];
        if !extended.is_empty() {
            wanted.extend(["X509v3 Extended Key Usage:", extended]);
        }
        let hosts = if kind.needs_host() { "DNS:press.local, IP Address:0:0:0:0:0:0:0:1" } else { "" };
        let names = format!("{uri}{hosts}");
        if !names.is_empty() {
            wanted.extend(["X509v3 Subject Alternative Name:", &names]);
        }
        wanted.extend([
            "X509v3 CRL Distribution Points:",
            "Full Name:",
            "URI:http://ca.works/a.crl",
            "URI:http://ca.works/b.crl",
        ]);
        wanted.extend(["Authority Information Access:", "CA Issuers - URI:http://ca.works/a.der"]);
        assert_eq!(said, wanted, "{kind:?} {spec:?}");
    }
}

#[test]
fn keys_are_named_by_their_hash_below_and_above() {
    let scene = Scene { keys: MemoryKeyStore::default(), folder: tempfile::tempdir().unwrap() };
    let root = scene.root();
    let named = |der: &[u8]| {
        let said = text(scene.folder.path(), der, "subjectKeyIdentifier,authorityKeyIdentifier");
        assert_eq!((&*said[0], &*said[2]), ("X509v3 Subject Key Identifier:", "X509v3 Authority Key Identifier:"));
        (said[1].clone(), said[3].clone())
    };
    let (own, above) = named(root.certificate().der());
    assert_eq!(own, above);
    let leaf = scene.issued(&scene.content(Kind::User, KeySpec::NistP256), Some(&root));
    assert_eq!(named(&leaf).1, own);
    assert_ne!(named(&leaf).0, own);
}

#[test]
fn openssl_reads_number_and_reasons_of_a_list() {
    let scene = Scene { keys: MemoryKeyStore::default(), folder: tempfile::tempdir().unwrap() };
    let root = scene.root();
    let at = root.certificate().not_before();
    let reasons = [
        (RevocationReason::Unspecified, ""),
        (RevocationReason::KeyCompromise, "Key Compromise"),
        (RevocationReason::CaCompromise, "CA Compromise"),
        (RevocationReason::AffiliationChanged, "Affiliation Changed"),
        (RevocationReason::Superseded, "Superseded"),
        (RevocationReason::CessationOfOperation, "Cessation Of Operation"),
    ];
    let serial = |place: usize| -> Serial { format!("4a0{place}").parse().unwrap() };
    let entries = reasons.iter().enumerate().map(|(place, (reason, _))| RevokedEntry {
        serial: serial(place),
        at,
        reason: *reason,
    });
    let content = revocation_list(&root, u64::MAX, at, root.not_after(), entries).unwrap();
    let key = block_on(scene.keys.open(ROOT)).unwrap().unwrap();
    let list = content.signed(&block_on(key.sign(content.algorithm(), content.bytes())).unwrap()).unwrap();
    let file = scene.folder.path().join("list.crl");
    fs::write(&file, list).unwrap();
    let said = openssl(["crl", "-inform", "DER", "-noout", "-text", "-in", &file.display().to_string()]);
    let said = String::from_utf8(said).unwrap();
    // The decimal number, or in later versions the hexadecimal one.
    let number = ["18446744073709551615", "0xFFFFFFFFFFFFFFFF"].iter().any(|number| said.contains(number));
    assert!(said.contains("Version 2 (0x1)") && number, "{said}");
    let mut behind = said.as_str();
    for (place, (_, reason)) in reasons.iter().enumerate() {
        let number = format!("Serial Number: {}", serial(place).to_string().to_uppercase());
        behind = behind.split_once(&number).unwrap_or_else(|| panic!("{number} stands in its place: {said}")).1;
        let entry = behind.split("Serial Number").next().unwrap();
        assert_eq!(entry.contains("X509v3 CRL Reason Code"), !reason.is_empty(), "{entry}");
        assert!(entry.contains(reason), "{entry}");
    }
}
