//! Whether an authority took a certificate back.

use der::Decode;
use x509_cert::crl::CertificateList;

use crate::trust::TrustLists;
use crate::ua::trust::Certificate;
use crate::ua::trust::certificate::signed_part;
use crate::ua::trust::signature::is_signed_by;

/// A revocation list and the bytes that its issuer signed.
pub(super) struct RevocationList<'a> {
    signed: &'a [u8],
    parsed: CertificateList,
}

/// The revocation lists that parse.
pub(super) fn revocation_lists(lists: &TrustLists) -> Vec<RevocationList<'_>> {
    let all = lists.trusted_crls.iter().chain(&lists.issuer_crls);
    all.filter_map(|der| RevocationList::parse(der)).collect()
}

/// Whether a list of its issuer names the certificate.
pub(super) fn is_revoked(certificate: &Certificate, issuer: &Certificate, lists: &[RevocationList<'_>]) -> bool {
    lists.iter().any(|list| list.names(certificate) && list.is_issued_by(issuer))
}

impl<'a> RevocationList<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        Some(Self { signed: &der[signed_part(der)?], parsed: CertificateList::from_der(der).ok()? })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let revoked = self.parsed.tbs_cert_list.revoked_certificates.as_deref().unwrap_or_default();
        revoked.iter().any(|entry| entry.serial_number.as_bytes() == certificate.serial_bytes())
    }

    fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let (algorithm, signature) = (self.parsed.signature_algorithm.oid, self.parsed.signature.raw_bytes());
        self.parsed.tbs_cert_list.issuer == *issuer.x509().tbs_certificate().subject()
            && is_signed_by(issuer, algorithm, self.signed, signature)
    }
}
