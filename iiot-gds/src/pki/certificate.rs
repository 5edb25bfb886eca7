//! The profile of the certificates that are issued here (OPC 10000-6 §6.2.2, RFC 5280 §4).

use std::net::IpAddr;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ID_AD_CA_ISSUERS, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::Decode;
use der::flagset::FlagSet;
use iiot_core::keys::SignatureAlgorithm;
use iiot_core::model::ApplicationType;
use iiot_core::ua::trust::{KeyKind, draft};
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::Name;
use x509_cert::time::Validity;
use x509_cert::{SubjectPublicKeyInfo, Version};

use super::check::check;
use super::{CertificateContent, Issuer, Kind, Serial, ToBeSigned};

/// What the issuer of a certificate is to sign; without one it is an authority that signs for itself, a root, with
/// `key_of_root`, which is not used otherwise.
///
/// All of it is the profile's; nothing comes from a request:
/// - applications: the ApplicationUri and the hosts, `digitalSignature`, with RSA also `nonRepudiation`,
///   `keyEncipherment` and `dataEncipherment`, extended use for servers and clients by their type;
/// - web servers: the hosts, `digitalSignature`, with RSA also `keyEncipherment`, for servers;
/// - persons: `digitalSignature` and `nonRepudiation`, for clients;
/// - authorities: CA with their path length, `keyCertSign` and `cRLSign`;
/// - all: the names of their own key and of their issuer's, and where its certificate and its revocation list are found.
///
/// # Errors
/// `InvalidArgument` if a certificate would be wrong: one that lasts longer than its issuer, an authority below one that
/// may not have any, an application without ApplicationUri, a server without host, a key that is too short or unknown,
/// text that cannot stand in a certificate.
pub fn certificate(
    content: &CertificateContent,
    issuer: Option<&Issuer>,
    serial: &Serial,
    key_of_root: SignatureAlgorithm,
) -> Result<ToBeSigned> {
    check(content, issuer, key_of_root)?;
    let algorithm = issuer.map_or(key_of_root, Issuer::algorithm);
    let draft = draft(content, issuer, serial, algorithm).map_err(unfit)?;
    Ok(ToBeSigned::new(draft.to_be_signed().map_err(unfit)?, algorithm))
}

fn draft(
    content: &CertificateContent,
    issuer: Option<&Issuer>,
    serial: &Serial,
    algorithm: SignatureAlgorithm,
) -> der::Result<draft::CertificateDraft> {
    let subject = content.subject.name()?;
    let key = SubjectPublicKeyInfo::from_der(&content.public_key)?;
    Ok(draft::CertificateDraft {
        version: Version::V3,
        serial_number: serial.number()?,
        signature: draft::algorithm_identifier(algorithm).ok_or(der::ErrorKind::Failed)?,
        issuer: issuer.map_or_else(|| subject.clone(), |issuer| issuer.name().clone()),
        validity: Validity::new(draft::time(content.from)?, draft::time(content.until)?),
        extensions: Some(extensions(content, issuer, &subject, &key)?),
        subject,
        subject_public_key_info: key,
    })
}

fn extensions(
    content: &CertificateContent,
    issuer: Option<&Issuer>,
    subject: &Name,
    key: &SubjectPublicKeyInfo,
) -> der::Result<Extensions> {
    let own = draft::key_identifier(key)?;
    let authority = issuer.map_or(&own, |issuer| issuer.key_identifier()).clone();
    let authority = AuthorityKeyIdentifier { key_identifier: Some(authority), ..Default::default() };
    let kind = KeyKind::of_der(&content.public_key).unwrap_or(KeyKind::Other);
    let mut all = vec![
        draft::extension(subject, true, &constraints(content.kind))?,
        draft::extension(subject, true, &KeyUsage(usage(content.kind, kind)))?,
        draft::extension(subject, false, &SubjectKeyIdentifier(own))?,
        draft::extension(subject, false, &authority)?,
    ];
    let purposes = purposes(content.kind);
    if !purposes.is_empty() {
        all.push(draft::extension(subject, false, &ExtendedKeyUsage(purposes))?);
    }
    let names = alternative_names(content)?;
    if !names.is_empty() {
        all.push(draft::extension(subject, false, &SubjectAltName(names))?);
    }
    all.extend(places(content, subject)?);
    Ok(all)
}

fn constraints(kind: Kind) -> BasicConstraints {
    match kind {
        Kind::Authority { path_len } => BasicConstraints { ca: true, path_len_constraint: path_len },
        _ => BasicConstraints { ca: false, path_len_constraint: None },
    }
}

fn usage(kind: Kind, key: KeyKind) -> FlagSet<KeyUsages> {
    match (kind, key) {
        (Kind::Application(_), key) => draft::application_usage(key),
        (Kind::Https, KeyKind::Rsa { .. }) => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
        (Kind::Https, _) => KeyUsages::DigitalSignature.into(),
        (Kind::User, _) => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        (Kind::Authority { .. }, _) => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
    }
}

fn purposes(kind: Kind) -> Vec<ObjectIdentifier> {
    match kind {
        Kind::Application(ApplicationType::Client) | Kind::User => vec![ID_KP_CLIENT_AUTH],
        Kind::Application(ApplicationType::Server) | Kind::Https => vec![ID_KP_SERVER_AUTH],
        // A discovery server registers with others as their client.
        Kind::Application(ApplicationType::ClientAndServer | ApplicationType::DiscoveryServer) => {
            vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]
        }
        Kind::Authority { .. } => Vec::new(),
    }
}

fn alternative_names(content: &CertificateContent) -> der::Result<Vec<GeneralName>> {
    let uri = content.application_uri.iter().map(|uri| draft::uri(uri));
    let hosts = content.hosts.iter().map(|host| match host.parse::<IpAddr>() {
        Ok(address) => draft::ip_address(address),
        Err(_) => draft::dns_name(host),
    });
    uri.chain(hosts).collect()
}

/// Where the revocation list and the certificate of the issuer are found.
fn places(content: &CertificateContent, subject: &Name) -> der::Result<Vec<Extension>> {
    let mut places = Vec::new();
    if !content.crl_urls.is_empty() {
        let urls = content.crl_urls.iter().map(|url| draft::uri(url)).collect::<der::Result<_>>()?;
        let name = Some(DistributionPointName::FullName(urls));
        let point = DistributionPoint { distribution_point: name, reasons: None, crl_issuer: None };
        places.push(draft::extension(subject, false, &CrlDistributionPoints(vec![point]))?);
    }
    if !content.issuer_urls.is_empty() {
        let access = |url: &String| {
            let access_location = draft::uri(url)?;
            Ok(AccessDescription { access_method: ID_AD_CA_ISSUERS, access_location })
        };
        let access = content.issuer_urls.iter().map(access).collect::<der::Result<_>>()?;
        places.push(draft::extension(subject, false, &AuthorityInfoAccessSyntax(access))?);
    }
    Ok(places)
}

fn unfit(cause: der::Error) -> Error {
    let message = "a name, URL or date cannot stand in a certificate";
    Error::new(ErrorKind::InvalidArgument, "make certificate", message).because(cause)
}
