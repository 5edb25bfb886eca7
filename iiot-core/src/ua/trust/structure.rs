//! Whether a certificate is well formed beyond what parsing finds (RFC 5280 §4.2).

use std::collections::HashSet;

use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES, ID_CE_EXT_KEY_USAGE,
    ID_CE_INHIBIT_ANY_POLICY, ID_CE_KEY_USAGE, ID_CE_POLICY_CONSTRAINTS, ID_CE_POLICY_MAPPINGS, ID_CE_SUBJECT_ALT_NAME,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::Decode;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};

use crate::ua::StatusCode;
use crate::ua::trust::{Certificate, Check, Finding};

/// What the steps read, and policies of authorities, which mean nothing to OPC UA.
const KNOWN: [ObjectIdentifier; 10] = [
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_KEY_USAGE,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_AUTHORITY_KEY_IDENTIFIER,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_POLICY_MAPPINGS,
    ID_CE_POLICY_CONSTRAINTS,
    ID_CE_INHIBIT_ANY_POLICY,
];

/// What is malformed. An extension that cannot be read must not count as one that is missing.
pub(super) fn structure(certificate: &Certificate) -> Option<Finding> {
    let x509 = certificate.x509().tbs_certificate();
    let extensions = x509.extensions().map(Vec::as_slice).unwrap_or_default();
    let fault = repeated(extensions)
        .or_else(|| unknown_critical(extensions))
        .or_else(|| unreadable(certificate))
        .or_else(|| certificate.key_kind().is_none().then(|| "its public key is malformed".to_owned()))?;
    Some(Finding::new(
        Check::Structure,
        StatusCode::BadCertificateInvalid,
        format!("the certificate of {} is malformed, {fault}", certificate.subject()),
        "have it reissued",
    ))
}

fn repeated(extensions: &[Extension]) -> Option<String> {
    let mut seen = HashSet::new();
    let twice = extensions.iter().find(|extension| !seen.insert(extension.extn_id))?;
    Some(format!("it has the extension {} twice", twice.extn_id))
}

fn unknown_critical(extensions: &[Extension]) -> Option<String> {
    let unknown = extensions.iter().find(|extension| extension.critical && !KNOWN.contains(&extension.extn_id))?;
    Some(format!("it demands the extension {}, which is not supported", unknown.extn_id))
}

fn unreadable(certificate: &Certificate) -> Option<String> {
    let named = |readable: bool, name: &str| (!readable).then(|| format!("its {name} cannot be read"));
    named(readable::<BasicConstraints>(certificate), "basic constraints")
        .or_else(|| named(readable::<KeyUsage>(certificate), "key usage"))
        .or_else(|| named(readable::<ExtendedKeyUsage>(certificate), "extended key usage"))
        .or_else(|| named(readable::<SubjectAltName>(certificate), "alternative names"))
        .or_else(|| named(readable::<AuthorityKeyIdentifier>(certificate), "authority key identifier"))
        .or_else(|| named(readable::<SubjectKeyIdentifier>(certificate), "subject key identifier"))
}

fn readable<'a, T: Decode<'a> + AssociatedOid>(certificate: &'a Certificate) -> bool {
    certificate.x509().tbs_certificate().get_extension::<T>().is_ok()
}
