//! Certificates and revocation lists made for these tests: RSA and ECDSA authorities, and everything
//! that can be wrong with them.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, RSA_ENCRYPTION};
use der::asn1::{Any, BitString, Ia5String, OctetString, Uint};
use der::{Decode, Encode};
use futures::executor::block_on;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::serial_number::SerialNumber;
use x509_cert::{AlgorithmIdentifier, SubjectPublicKeyInfo, Version};

use crate::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey, SignatureAlgorithm};
use crate::time::UtcTime;
use crate::ua::trust::Certificate;
use crate::ua::trust::draft::{
    CertificateDraft, algorithm_identifier, extension, key_identifier, name, random_serial, signed,
};
use crate::ua::trust::self_signed::validity;

pub(crate) const START: u64 = 1_700_000_000;
pub(crate) const URI: &str = "urn:works:boiler";
pub(crate) const HOST: &str = "boiler.local";

pub(crate) fn at(days: u64) -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(START + days * 86_400)
}

/// What signs.
#[derive(Clone)]
pub(crate) enum Signer {
    Rsa(Arc<dyn PrivateKey>),
    Ecdsa(Arc<EcdsaKeyPair>, AlgorithmIdentifier),
}

impl Signer {
    /// The RSA key of all tests: making one is slow.
    pub(crate) fn rsa() -> Self {
        static KEY: LazyLock<Arc<dyn PrivateKey>> =
            LazyLock::new(|| block_on(MemoryKeyStore::default().generate("rsa", KeySpec::Rsa(2048))).unwrap());
        Self::Rsa(Arc::clone(&KEY))
    }

    pub(crate) fn p256() -> Self {
        Self::ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_WITH_SHA_256)
    }

    pub(crate) fn p384() -> Self {
        Self::ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_WITH_SHA_384)
    }

    fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, oid: ObjectIdentifier) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        Self::Ecdsa(Arc::new(pair), AlgorithmIdentifier { oid, parameters: None })
    }

    pub(crate) fn public_key(&self) -> SubjectPublicKeyInfo {
        match self {
            Self::Rsa(key) => SubjectPublicKeyInfo::from_der(key.public_key()).unwrap(),
            Self::Ecdsa(pair, _) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                SubjectPublicKeyInfo::from_der(der.as_ref()).unwrap()
            }
        }
    }

    fn algorithm(&self) -> AlgorithmIdentifier {
        match self {
            Self::Rsa(_) => algorithm_identifier(SignatureAlgorithm::RsaPkcs1Sha256).unwrap(),
            Self::Ecdsa(_, algorithm) => algorithm.clone(),
        }
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => block_on(key.sign(SignatureAlgorithm::RsaPkcs1Sha256, data)).unwrap(),
            Self::Ecdsa(pair, _) => pair.sign(&SystemRandom::new(), data).unwrap().as_ref().to_vec(),
        }
    }
}

/// The public half of an RSA key that nobody has.
pub(crate) fn rsa_key(bits: usize, exponent: &[u8]) -> SubjectPublicKeyInfo {
    let modulus = Uint::new(&vec![0xc3; bits / 8]).unwrap();
    let key = vec![modulus, Uint::new(exponent).unwrap()].to_der().unwrap();
    SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier { oid: RSA_ENCRYPTION, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&key).unwrap(),
    }
}

type Usages = der::flagset::FlagSet<KeyUsages>;

/// What a certificate of these tests says; changed by each test where it matters.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) subject: &'static str,
    pub(crate) authority: Option<BasicConstraints>,
    /// First day and number of days.
    pub(crate) days: (u64, u32),
    pub(crate) usage: Option<(bool, Usages)>,
    pub(crate) extended: Option<(bool, Vec<ObjectIdentifier>)>,
    pub(crate) key_identifiers: bool,
    /// Names this key as the issuer's.
    pub(crate) wrong_authority: bool,
    pub(crate) uris: Vec<&'static str>,
    pub(crate) hosts: Vec<&'static str>,
    pub(crate) key: Option<SubjectPublicKeyInfo>,
    pub(crate) more: Vec<Extension>,
}

pub(crate) fn leaf(subject: &'static str) -> Wish {
    Wish {
        subject,
        authority: None,
        days: (0, 365),
        usage: None,
        extended: None,
        key_identifiers: true,
        wrong_authority: false,
        uris: vec![URI],
        hosts: vec!["Boiler.local"],
        key: None,
        more: Vec::new(),
    }
}

pub(crate) fn authority(subject: &'static str) -> Wish {
    Wish {
        authority: Some(BasicConstraints { ca: true, path_len_constraint: None }),
        usage: Some((true, KeyUsages::KeyCertSign | KeyUsages::CRLSign)),
        uris: Vec::new(),
        hosts: Vec::new(),
        ..leaf(subject)
    }
}

/// An extension that nobody knows.
pub(crate) fn unknown_extension(critical: bool) -> Extension {
    let extn_id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1");
    Extension { extn_id, critical, extn_value: OctetString::new([5, 0]).unwrap() }
}

/// An authority, or a leaf with its key.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) subject: &'static str,
    pub(crate) signer: Signer,
    pub(crate) certificate: Certificate,
}

impl Holder {
    pub(crate) fn root(wish: &Wish, signer: Signer) -> Self {
        let certificate = issue(wish, wish.subject, &signer, signer.public_key());
        Self { subject: wish.subject, signer, certificate }
    }

    pub(crate) fn issue(&self, wish: &Wish, signer: Signer) -> Self {
        let certificate = issue(wish, self.subject, &self.signer, signer.public_key());
        Self { subject: wish.subject, signer, certificate }
    }

    pub(crate) fn leaf(&self, wish: &Wish) -> Certificate {
        self.issue(wish, Signer::rsa()).certificate
    }

    /// A list without surprises.
    pub(crate) fn revoke(&self, revoked: &[&Certificate]) -> Vec<u8> {
        Crl::of(self).naming(revoked).made()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.der().to_vec()
    }
}

/// A revocation list to be made.
#[derive(Clone)]
pub(crate) struct Crl {
    pub(crate) issuer: Holder,
    pub(crate) serials: Vec<SerialNumber>,
    /// The days on which it was made and on which the next is due.
    pub(crate) updates: (u64, Option<u64>),
    /// The key that it says it was signed with.
    pub(crate) authority: Option<SubjectPublicKeyInfo>,
    pub(crate) more: Vec<Extension>,
}

impl Crl {
    pub(crate) fn of(issuer: &Holder) -> Self {
        let authority = Some(issuer.signer.public_key());
        Self { issuer: issuer.clone(), serials: Vec::new(), updates: (0, Some(60)), authority, more: Vec::new() }
    }

    pub(crate) fn naming(mut self, revoked: &[&Certificate]) -> Self {
        self.serials = revoked.iter().map(|one| SerialNumber::new(one.serial_bytes()).unwrap()).collect();
        self
    }

    /// With this many entries of nobody.
    pub(crate) fn with_entries(mut self, count: usize) -> Self {
        self.serials.extend((0..count).map(|_| random_serial().unwrap()));
        self
    }

    pub(crate) fn made(self) -> Vec<u8> {
        let subject = name(self.issuer.subject, "").unwrap();
        let day = |day| validity(at(day), 1).unwrap().not_before;
        let authority = self.authority.map(|key| authority_key(&key));
        let named = authority.map(|authority| extension(&subject, false, &authority).unwrap());
        let extensions: Extensions = named.into_iter().chain(self.more).collect();
        let entry = |serial_number| RevokedCert { serial_number, revocation_date: day(0), crl_entry_extensions: None };
        let content: TbsCertList = TbsCertList {
            version: Version::V2,
            signature: self.issuer.signer.algorithm(),
            issuer: subject,
            this_update: day(self.updates.0),
            next_update: self.updates.1.map(day),
            revoked_certificates: (!self.serials.is_empty()).then(|| self.serials.into_iter().map(entry).collect()),
            crl_extensions: Some(extensions),
        };
        let signature = self.issuer.signer.sign(&content.to_der().unwrap());
        CertificateList {
            tbs_cert_list: content,
            signature_algorithm: self.issuer.signer.algorithm(),
            signature: BitString::from_bytes(&signature).unwrap(),
        }
        .to_der()
        .unwrap()
    }
}

/// Another last byte, so that the signature no longer holds.
pub(crate) fn damaged(der: &[u8]) -> Vec<u8> {
    let mut damaged = der.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    damaged
}

pub(crate) fn issue(wish: &Wish, issuer: &str, signer: &Signer, own_key: SubjectPublicKeyInfo) -> Certificate {
    let key = wish.key.clone().unwrap_or(own_key);
    let draft = CertificateDraft {
        version: Version::V3,
        serial_number: random_serial().unwrap(),
        signature: signer.algorithm(),
        issuer: name(issuer, "").unwrap(),
        validity: validity(at(wish.days.0), wish.days.1).unwrap(),
        subject: name(wish.subject, "").unwrap(),
        extensions: Some(extensions(wish, signer, &key)),
        subject_public_key_info: key,
    };
    let content = draft.to_be_signed().unwrap();
    Certificate::parse(&signed(&content, &draft.signature, &signer.sign(&content)).unwrap()).unwrap()
}

fn authority_key(key: &SubjectPublicKeyInfo) -> AuthorityKeyIdentifier {
    AuthorityKeyIdentifier { key_identifier: Some(key_identifier(key).unwrap()), ..Default::default() }
}

fn extensions(wish: &Wish, signer: &Signer, key: &SubjectPublicKeyInfo) -> Extensions {
    let subject = name(wish.subject, "").unwrap();
    let mut all = Vec::new();
    if !wish.uris.is_empty() || !wish.hosts.is_empty() {
        all.push(extension(&subject, false, &SubjectAltName(alternative_names(wish))).unwrap());
    }
    let constraints = wish.authority.clone().unwrap_or(BasicConstraints { ca: false, path_len_constraint: None });
    all.push(extension(&subject, true, &constraints).unwrap());
    all.extend(wish.usage.map(|(critical, usage)| extension(&subject, critical, &KeyUsage(usage)).unwrap()));
    let extended = wish.extended.clone();
    all.extend(extended.map(|(critical, oids)| extension(&subject, critical, &ExtendedKeyUsage(oids)).unwrap()));
    if wish.key_identifiers {
        all.push(extension(&subject, false, &SubjectKeyIdentifier(key_identifier(key).unwrap())).unwrap());
        if wish.wrong_authority || signer.public_key() != *key || wish.authority.is_none() {
            let named = if wish.wrong_authority { rsa_key(1024, &[3]) } else { signer.public_key() };
            all.push(extension(&subject, false, &authority_key(&named)).unwrap());
        }
    }
    all.extend(wish.more.clone());
    all
}

fn alternative_names(wish: &Wish) -> Vec<GeneralName> {
    let uris = wish.uris.iter().map(|uri| GeneralName::UniformResourceIdentifier(Ia5String::new(uri).unwrap()));
    let hosts = wish.hosts.iter().map(|host| GeneralName::DnsName(Ia5String::new(host).unwrap()));
    let mut six = [0; 16];
    six[15] = 1;
    let addresses = [OctetString::new([10, 0, 0, 7]), OctetString::new(six)];
    uris.chain(hosts).chain(addresses.map(|address| GeneralName::IpAddress(address.unwrap()))).collect()
}
