//! Revocation lists (RFC 5280 §5).

use der::Encode;
use der::asn1::Uint;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::draft;
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::name::Name;

use super::{Issuer, Serial, ToBeSigned};
use crate::store::RevocationReason;

/// A certificate that is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Which one.
    pub serial: Serial,
    /// Since when it is not to be trusted.
    pub at: UtcTime,
    /// Why.
    pub reason: RevocationReason,
}

/// What the issuer of a revocation list is to sign. It has to have one from its first day on, if need be an empty one:
/// without one, its certificates are refused (OPC 10000-4 §6.1.3, find revocation list).
///
/// The entries come out ordered by serial number, each once, so that the same state gives the same bytes. `number` must
/// rise from list to list.
///
/// # Errors
/// `InvalidArgument` if the issuer may not sign revocation lists, the list would end before it begins, or a date cannot
/// be shown.
pub fn revocation_list(
    issuer: &Issuer,
    number: u64,
    this_update: UtcTime,
    next_update: UtcTime,
    revoked: impl IntoIterator<Item = RevokedEntry>,
) -> Result<ToBeSigned> {
    if !issuer.signs_revocation_lists() {
        return Err(unfit("the key of its issuer must not sign revocation lists"));
    }
    if next_update <= this_update {
        return Err(unfit("it would end before it begins").with("from", this_update).with("until", next_update));
    }
    let mut revoked: Vec<RevokedEntry> = revoked.into_iter().collect();
    revoked.sort_by(|one, other| one.serial.cmp(&other.serial).then(one.at.cmp(&other.at)));
    revoked.dedup_by(|later, earlier| later.serial == earlier.serial);
    let bytes = content(issuer, number, (this_update, next_update), &revoked);
    bytes
        .map(|bytes| ToBeSigned::new(bytes, issuer.algorithm()))
        .map_err(|cause| unfit("a date or number cannot stand in a revocation list").because(cause))
}

fn content(
    issuer: &Issuer,
    number: u64,
    (this_update, next_update): (UtcTime, UtcTime),
    revoked: &[RevokedEntry],
) -> der::Result<Vec<u8>> {
    let list: TbsCertList = TbsCertList {
        version: Version::V2,
        signature: draft::algorithm_identifier(issuer.algorithm()).ok_or(der::ErrorKind::Failed)?,
        issuer: issuer.name().clone(),
        this_update: draft::time(this_update)?,
        next_update: Some(draft::time(next_update)?),
        // RFC 5280 §5.1.2.6: without entries, nothing stands there.
        revoked_certificates: (!revoked.is_empty()).then(|| entries(issuer.name(), revoked)).transpose()?,
        crl_extensions: Some(extensions(issuer, number)?),
    };
    list.to_der()
}

fn entries(issuer: &Name, revoked: &[RevokedEntry]) -> der::Result<Vec<RevokedCert>> {
    let entry = |entry: &RevokedEntry| {
        // RFC 5280 §5.3.1: that nobody said why is not said.
        let reason = reason(entry.reason).map(|reason| draft::extension(issuer, false, &reason)).transpose()?;
        Ok(RevokedCert {
            serial_number: entry.serial.number()?,
            revocation_date: draft::time(entry.at)?,
            crl_entry_extensions: reason.map(|reason| vec![reason]),
        })
    };
    revoked.iter().map(entry).collect()
}

fn reason(reason: RevocationReason) -> Option<CrlReason> {
    match reason {
        RevocationReason::Unspecified => None,
        RevocationReason::KeyCompromise => Some(CrlReason::KeyCompromise),
        RevocationReason::CaCompromise => Some(CrlReason::CaCompromise),
        RevocationReason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
        RevocationReason::Superseded => Some(CrlReason::Superseded),
        RevocationReason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
    }
}

/// The list names the key that signs it, by the name that its issuer's certificate gives this key: not by the one of the
/// issuer's issuer, which stands there too.
fn extensions(issuer: &Issuer, number: u64) -> der::Result<Extensions> {
    let key_identifier = Some(issuer.key_identifier().clone());
    let authority = AuthorityKeyIdentifier { key_identifier, ..Default::default() };
    let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
    Ok(vec![draft::extension(issuer.name(), false, &authority)?, draft::extension(issuer.name(), false, &number)?])
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "make revocation list", message)
}
