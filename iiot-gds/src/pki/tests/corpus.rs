//! Requests that other programs made: each gets a certificate, or is refused for its own fault.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, SignatureAlgorithm};
use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;

use super::tools::{openssl, python};
use crate::model::{Applicant, CertificateType};
use crate::pki::{Accepted, CertificateContent, Csr, CsrFault, Issuer, Kind, Serial, Subject, certificate, judge};

const NAMES: &str = "subjectAltName=URI:urn:works:press,DNS:press.local";

/// A request by openssl, with a key and options.
fn made_by_openssl(folder: &Path, name: &str, key: &[&str], options: &[&str]) {
    let at = |ending: &str| folder.join(format!("{name}.{ending}")).display().to_string();
    openssl([&["genpkey", "-out", &at("key")], key].concat());
    let request = ["req", "-new", "-outform", "DER", "-subj", "/CN=Press/O=Works"];
    openssl([&request[..], &["-key", &at("key"), "-out", &at("der")], options].concat());
}

const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];

/// Rows of openssl: the name, the key, the options, what is asked for, and the fault.
type Row = (&'static str, &'static [&'static str], &'static [&'static str], CertificateType, Option<&'static str>);

macro_rules! curve {
    ($name:literal) => {
        &["-algorithm", "EC", "-pkeyopt", concat!("ec_paramgen_curve:", $name), "-pkeyopt", "ec_param_enc:named_curve"]
    };
}

/// The fault of keys on the brainpool curves where their feature is off.
const WITHOUT_BRAINPOOL: Option<&str> = if cfg!(feature = "brainpool") { None } else { Some("csr_unknown_key") };

const ROWS: &[Row] = &[
    ("good", RSA, &["-addext", NAMES], CertificateType::RsaSha256, None),
    ("https", RSA, &["-addext", NAMES], CertificateType::Https, None),
    ("user", RSA, &[], CertificateType::User, None),
    (
        "rsa-3072",
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
        &["-addext", NAMES, "-sha512"],
        CertificateType::RsaSha256,
        None,
    ),
    (
        "rsa-1024",
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        &["-addext", NAMES],
        CertificateType::RsaSha256,
        Some("csr_weak_key"),
    ),
    ("sha1", RSA, &["-addext", NAMES, "-sha1"], CertificateType::RsaSha256, Some("csr_weak_signature")),
    ("md5", RSA, &["-addext", NAMES, "-md5"], CertificateType::RsaSha256, Some("csr_weak_signature")),
    ("sha224", RSA, &["-addext", NAMES, "-sha224"], CertificateType::RsaSha256, Some("csr_unknown_signature")),
    ("pss", RSA, &["-addext", NAMES, "-sigopt", "rsa_padding_mode:pss"], CertificateType::RsaSha256, None),
    (
        "pss-sha384",
        RSA,
        &["-addext", NAMES, "-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"],
        CertificateType::RsaSha256,
        None,
    ),
    (
        "pss-sha1",
        RSA,
        &["-addext", NAMES, "-sha1", "-sigopt", "rsa_padding_mode:pss"],
        CertificateType::RsaSha256,
        Some("csr_weak_signature"),
    ),
    (
        "pss-key",
        &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
        &["-addext", NAMES],
        CertificateType::RsaSha256,
        Some("csr_unknown_key"),
    ),
    ("p256", curve!("P-256"), &["-addext", NAMES], CertificateType::NistP256, None),
    // What openssl does unless it is told otherwise.
    ("p384-sha256", curve!("P-384"), &["-addext", NAMES, "-sha256"], CertificateType::NistP384, None),
    ("p384-sha1", curve!("P-384"), &["-addext", NAMES, "-sha1"], CertificateType::NistP384, Some("csr_weak_signature")),
    ("p384-as-p256", curve!("P-384"), &["-addext", NAMES], CertificateType::NistP256, Some("csr_key_not_of_type")),
    ("p256-as-rsa", curve!("P-256"), &["-addext", NAMES], CertificateType::RsaSha256, Some("csr_key_not_of_type")),
    ("p256-https", curve!("P-256"), &["-addext", NAMES], CertificateType::Https, None),
    ("p521", curve!("P-521"), &["-addext", NAMES], CertificateType::NistP384, Some("csr_unknown_key")),
    ("secp256k1", curve!("secp256k1"), &["-addext", NAMES], CertificateType::NistP256, Some("csr_unknown_key")),
    (
        "brainpool-256",
        curve!("brainpoolP256r1"),
        &["-addext", NAMES],
        CertificateType::BrainpoolP256r1,
        WITHOUT_BRAINPOOL,
    ),
    (
        "brainpool-384",
        curve!("brainpoolP384r1"),
        &["-addext", NAMES, "-sha384"],
        CertificateType::BrainpoolP384r1,
        WITHOUT_BRAINPOOL,
    ),
    // What openssl does unless it is told otherwise, and the other way round.
    (
        "brainpool-384-sha256",
        curve!("brainpoolP384r1"),
        &["-addext", NAMES, "-sha256"],
        CertificateType::BrainpoolP384r1,
        WITHOUT_BRAINPOOL,
    ),
    (
        "brainpool-256-sha512",
        curve!("brainpoolP256r1"),
        &["-addext", NAMES, "-sha512"],
        CertificateType::BrainpoolP256r1,
        WITHOUT_BRAINPOOL,
    ),
    (
        "brainpool-as-p256",
        curve!("brainpoolP256r1"),
        &["-addext", NAMES],
        CertificateType::NistP256,
        if cfg!(feature = "brainpool") { Some("csr_key_not_of_type") } else { WITHOUT_BRAINPOOL },
    ),
    (
        "brainpool-twisted",
        curve!("brainpoolP256t1"),
        &["-addext", NAMES],
        CertificateType::BrainpoolP256r1,
        Some("csr_unknown_key"),
    ),
    (
        "brainpool-512",
        curve!("brainpoolP512r1"),
        &["-addext", NAMES],
        CertificateType::BrainpoolP384r1,
        Some("csr_unknown_key"),
    ),
    ("ed25519", &["-algorithm", "ED25519"], &["-addext", NAMES], CertificateType::NistP256, Some("csr_unknown_key")),
    (
        "curve-written-out",
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
        &["-addext", NAMES],
        CertificateType::NistP256,
        Some("csr_malformed"),
    ),
    (
        "wrong-uri",
        RSA,
        &["-addext", "subjectAltName=URI:urn:works:other"],
        CertificateType::RsaSha256,
        Some("csr_wrong_uri"),
    ),
    (
        "uri-in-other-case",
        RSA,
        &["-addext", "subjectAltName=URI:urn:Works:press"],
        CertificateType::RsaSha256,
        Some("csr_wrong_uri"),
    ),
    (
        "wrong-uri-https",
        RSA,
        &["-addext", "subjectAltName=URI:urn:works:other"],
        CertificateType::Https,
        Some("csr_wrong_uri"),
    ),
    (
        "two-uris",
        RSA,
        &["-addext", "subjectAltName=URI:urn:works:press,URI:urn:works:other"],
        CertificateType::RsaSha256,
        Some("csr_several_uris"),
    ),
    ("no-names", RSA, &[], CertificateType::RsaSha256, Some("csr_no_uri")),
    ("no-uri", RSA, &["-addext", "subjectAltName=DNS:press.local"], CertificateType::RsaSha256, Some("csr_no_uri")),
    (
        "authority",
        RSA,
        &["-addext", NAMES, "-addext", "basicConstraints=critical,CA:TRUE"],
        CertificateType::RsaSha256,
        Some("csr_authority_asked"),
    ),
    (
        "no-authority",
        RSA,
        &["-addext", NAMES, "-addext", "basicConstraints=CA:FALSE", "-addext", "keyUsage=keyCertSign"],
        CertificateType::RsaSha256,
        None,
    ),
];

/// Rows of the library `cryptography`.
const PYTHON: &[(&str, CertificateType, Option<&str>)] = &[
    ("python-good", CertificateType::RsaSha256, None),
    ("python-sha384", CertificateType::RsaSha256, None),
    ("python-sha512", CertificateType::RsaSha256, None),
    ("python-pss", CertificateType::RsaSha256, None),
    ("python-pss-longest-salt", CertificateType::RsaSha256, None),
    ("python-pss-sha512", CertificateType::RsaSha256, None),
    ("python-p256-sha256", CertificateType::NistP256, None),
    ("python-p256-sha512", CertificateType::NistP256, None),
    ("python-p384-sha256", CertificateType::NistP384, None),
    ("python-p384-sha384", CertificateType::NistP384, None),
    ("python-p384-sha512", CertificateType::NistP384, None),
    ("python-brainpool256", CertificateType::BrainpoolP256r1, WITHOUT_BRAINPOOL),
    ("python-brainpool384", CertificateType::BrainpoolP384r1, WITHOUT_BRAINPOOL),
    ("python-two-uris", CertificateType::RsaSha256, Some("csr_several_uris")),
    ("python-same-uri-twice", CertificateType::RsaSha256, Some("csr_several_uris")),
    ("python-no-extensions", CertificateType::RsaSha256, Some("csr_no_uri")),
    ("python-hosts-only", CertificateType::RsaSha256, Some("csr_no_uri")),
    ("python-unrecorded-hosts", CertificateType::RsaSha256, None),
    ("python-authority", CertificateType::RsaSha256, Some("csr_authority_asked")),
    ("python-wishes", CertificateType::RsaSha256, None),
];

fn applicant() -> Applicant {
    Applicant {
        application: "press".into(),
        application_uri: "urn:works:press".into(),
        application_name: "Press".into(),
        application_type: ApplicationType::Server,
        hosts: vec!["press.local".into(), "10.0.0.7".into()],
    }
}

fn judged(der: &[u8], kind: CertificateType) -> Result<Accepted, CsrFault> {
    judge(&Csr::parse(der)?, &applicant(), kind)
}

/// The certificate has the key of the request, as openssl reads both: not one that the signature suggests.
fn openssl_reads_the_same_key(file: &Path, accepted: &Accepted) {
    let file = file.display().to_string();
    let issued = file.replace(".der", ".certificate");
    fs::write(&issued, issued_for(accepted)).unwrap();
    let of_request = openssl(["req", "-inform", "DER", "-in", &file, "-noout", "-pubkey"]);
    let of_certificate = openssl(["x509", "-inform", "DER", "-in", &issued, "-noout", "-pubkey"]);
    assert_eq!(of_request, of_certificate, "{file}");
}

fn issued_for(accepted: &Accepted) -> Vec<u8> {
    let key = block_on(MemoryKeyStore::default().generate("root", KeySpec::NistP256)).unwrap();
    let from = UtcTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let sign = |content: &CertificateContent, issuer: Option<&Issuer>| {
        let content =
            certificate(content, issuer, &Serial::random().unwrap(), SignatureAlgorithm::EcdsaSha256).unwrap();
        content.signed(&block_on(key.sign(content.algorithm(), content.bytes())).unwrap()).unwrap()
    };
    let root = CertificateContent {
        subject: Subject::new("Root", "").unwrap(),
        kind: Kind::Authority { path_len: None },
        application_uri: None,
        hosts: Vec::new(),
        public_key: key.public_key().to_vec(),
        from,
        until: from + Duration::from_secs(86_400),
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
    };
    let issuer = Issuer::of(&sign(&root, None)).unwrap();
    let leaf = CertificateContent {
        kind: Kind::Application(ApplicationType::Server),
        application_uri: Some("urn:works:press".into()),
        hosts: applicant().hosts,
        public_key: accepted.public_key().to_vec(),
        ..root
    };
    sign(&leaf, Some(&issuer))
}

fn expect(file: &Path, kind: CertificateType, fault: Option<&str>) {
    let outcome = judged(&fs::read(file).unwrap(), kind);
    assert_eq!(outcome.as_ref().err().map(CsrFault::code), fault, "{}: {outcome:?}", file.display());
    match outcome {
        Ok(accepted) => openssl_reads_the_same_key(file, &accepted),
        Err(fault) => {
            let not_allowed = matches!(fault, CsrFault::AuthorityAsked);
            let status = if not_allowed { StatusCode::BadRequestNotAllowed } else { StatusCode::BadInvalidArgument };
            assert_eq!(iiot_core::Error::from(fault).status(), status, "{}", file.display());
        }
    }
}

#[test]
fn every_request_of_openssl_gets_what_it_should() {
    let folder = tempfile::tempdir().unwrap();
    for (name, key, options, kind, fault) in ROWS {
        made_by_openssl(folder.path(), name, key, options);
        expect(&folder.path().join(format!("{name}.der")), *kind, *fault);
    }
}

#[test]
fn every_request_of_python_gets_what_it_should() {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), "csr.py", [folder.path()]);
    for (name, kind, fault) in PYTHON {
        expect(&folder.path().join(format!("{name}.der")), *kind, *fault);
    }
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    let hosts = judged(&fs::read(file("python-unrecorded-hosts.der")).unwrap(), CertificateType::RsaSha256).unwrap();
    assert_eq!(hosts.hosts(), ["press.local", "10.0.0.7"], "those on record");
    assert_eq!(hosts.unrecorded_hosts(), ["boss.local", "10.0.0.8"]);
    let wishes = Csr::parse(&fs::read(file("python-wishes.der")).unwrap()).unwrap();
    assert!(!format!("{wishes:?}").contains("secret"));
}

#[test]
fn what_was_tampered_with_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let der = |name: &str| fs::read(folder.path().join(format!("{name}.der"))).unwrap();
    made_by_openssl(folder.path(), "one", RSA, &["-addext", NAMES]);
    made_by_openssl(folder.path(), "other", RSA, &["-addext", NAMES]);
    let code = |der: &[u8]| judged(der, CertificateType::RsaSha256).unwrap_err().code();
    let (one, other) = (der("one"), der("other"));
    assert_eq!(one.len(), other.len());

    let mut flipped = one.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(code(&flipped), "csr_not_possessed");
    let mut renamed = one.clone();
    let at = renamed.windows(5).position(|bytes| bytes == b"Press").unwrap();
    renamed[at] = b'p';
    assert_eq!(code(&renamed), "csr_not_possessed");
    let signature = one.len() - 256;
    assert_eq!(code(&[&one[..signature], &other[signature..]].concat()), "csr_not_possessed");

    assert_eq!(code(&[&one[..], &[0]].concat()), "csr_trailing_bytes");
    assert_eq!(code(&[&one[..], &other].concat()), "csr_trailing_bytes");
    assert_eq!(code(&one[..one.len() - 1]), "csr_malformed");
    assert_eq!(code(b""), "csr_malformed");
    let pem = openssl(["req", "-inform", "DER", "-in", &folder.path().join("one.der").display().to_string()]);
    assert_eq!(code(&pem), "csr_malformed");
}

#[test]
fn a_huge_request_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let names: String = (0..2_000).map(|number| format!(",DNS:h{number}.works")).collect();
    made_by_openssl(folder.path(), "huge", RSA, &["-addext", &format!("{NAMES}{names}")]);
    let der = fs::read(folder.path().join("huge.der")).unwrap();
    assert_eq!(Csr::parse(&der).unwrap_err(), CsrFault::TooLarge { bytes: der.len() });
    assert_eq!(Csr::parse(&vec![0x30; 100_000_000]).unwrap_err().code(), "csr_too_large");
}

#[test]
fn a_server_without_a_host_on_record_gets_none() {
    let folder = tempfile::tempdir().unwrap();
    made_by_openssl(folder.path(), "one", RSA, &["-addext", NAMES]);
    let csr = Csr::parse(&fs::read(folder.path().join("one.der")).unwrap()).unwrap();
    let nowhere = Applicant { hosts: Vec::new(), ..applicant() };
    let fault = judge(&csr, &nowhere, CertificateType::RsaSha256).unwrap_err();
    assert_eq!((fault.code(), fault.status()), ("csr_no_host", StatusCode::BadRequestNotAllowed));
    let client = Applicant { application_type: ApplicationType::Client, ..nowhere };
    let accepted = judge(&csr, &client, CertificateType::RsaSha256).unwrap();
    assert_eq!((accepted.hosts().len(), accepted.unrecorded_hosts()), (0, &["press.local".to_owned()][..]));
}
