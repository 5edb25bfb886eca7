//! Revocation lists (RFC 5280 §5) and what they say of a certificate.

use std::fmt;
use std::ops::Range;

use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_DELTA_CRL_INDICATOR, ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::{BitStringRef, IntRef, SequenceRef};
use der::{Decode, DecodeValue, EncodeValue, Header, Length, Reader, Sequence, SliceReader, Writer};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, KeyUsage};
use x509_cert::name::Name;
use x509_cert::time::Time;
use x509_cert::{AlgorithmIdentifier, Version};

use crate::error::{Error, ErrorKind, Result};
use crate::time::UtcTime;
use crate::ua::trust::Certificate;
use crate::ua::trust::certificate::signed_part;
use crate::ua::trust::chain::names_key_of;
use crate::ua::trust::signature::{Signature, check_over};

/// A parsed revocation list, with the bytes it came from. Its entries stay as they came: lists of
/// large plants hold hundreds of thousands.
#[derive(Clone)]
pub struct RevocationList {
    der: Vec<u8>,
    /// Where the part that the issuer signed lies in `der`.
    signed: Range<usize>,
    /// Where the entries lie in `der`.
    entries: Range<usize>,
    issuer: Name,
    this_update: UtcTime,
    next_update: Option<UtcTime>,
    authority_key: Option<AuthorityKeyIdentifier>,
    scope: Scope,
    algorithm: ObjectIdentifier,
    signature: Vec<u8>,
}

/// Which certificates of its issuer a list speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    /// Only what changed since another list.
    Changes,
    /// Only some of them, or those of other issuers too.
    Part,
    /// It demands something unknown.
    Unknown(ObjectIdentifier),
}

/// What the lists of an issuer are worth for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// There is none.
    NoList,
    /// There are some, and why the best cannot be used.
    NoUsableList(String),
    /// One is there and does not name the certificate.
    Good,
}

/// Lists of the largest plants have some MiB.
const MAX_LIST: usize = 16 << 20;

#[derive(Sequence)]
struct Outer<'a> {
    content: Content<'a>,
    algorithm: AlgorithmIdentifier,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct Content<'a> {
    version: Version,
    algorithm: AlgorithmIdentifier,
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    entries: Option<Entries<'a>>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// All entries of a list, unread.
struct Entries<'a>(&'a SequenceRef);

impl<'a> Sequence<'a> for Entries<'a> {}

impl<'a> DecodeValue<'a> for Entries<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        <&SequenceRef>::decode_value(reader, header).map(Self)
    }
}

impl EncodeValue for Entries<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.value_len()
    }

    fn encode_value(&self, encoder: &mut impl Writer) -> der::Result<()> {
        self.0.encode_value(encoder)
    }
}

/// A signature has no bits left over: they could be changed without anybody's key.
fn whole(signature: BitStringRef<'_>) -> Result<&[u8]> {
    signature.as_bytes().ok_or_else(|| malformed("its signature is no whole number of bytes"))
}

impl RevocationList {
    /// Parses exactly one list (DER) of 16 MiB at most. Fails with `BadCertificateInvalid`.
    pub fn parse(der: &[u8]) -> Result<Self> {
        if der.len() > MAX_LIST {
            return Err(malformed("it is larger than 16 MiB").with("bytes", der.len()));
        }
        let Outer { content, algorithm, signature } =
            Outer::from_der(der).map_err(|cause| malformed("the bytes are none (DER)").because(cause))?;
        // RFC 5280 §5.1.1.2: as for certificates.
        if algorithm != content.algorithm {
            return Err(malformed("it names two signature algorithms"));
        }
        let extensions = content.extensions.unwrap_or_default();
        Ok(Self {
            signed: signed_part(der).ok_or_else(|| malformed("the bytes are none (DER)"))?,
            entries: checked_entries(der, content.entries)?,
            issuer: content.issuer,
            this_update: moment(content.this_update),
            next_update: content.next_update.map(moment),
            authority_key: extension(&extensions)?,
            scope: scope(&extensions),
            algorithm: algorithm.oid,
            signature: whole(signature)?.to_vec(),
            der: der.to_vec(),
        })
    }

    /// Whose certificates it revokes, as in `CN=Works CA`.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer.to_string()
    }

    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> UtcTime {
        self.this_update
    }

    /// When the next one is due, and this one no longer counts; `None` for never.
    #[must_use]
    pub fn next_update(&self) -> Option<UtcTime> {
        self.next_update
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn revoked(&self) -> usize {
        self.serials().count()
    }

    /// The serial numbers that it names (the content of their DER), in its order.
    pub fn serials(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = SliceReader::new(&self.der[self.entries.clone()]).ok();
        std::iter::from_fn(move || {
            let reader = rest.as_mut().filter(|reader| !reader.is_finished())?;
            serial(reader).ok()
        })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        self.serials().any(|serial| serial == certificate.serial_bytes())
    }

    fn is_named_for(&self, issuer: &Certificate) -> bool {
        self.issuer == *issuer.x509().tbs_certificate().subject()
    }

    fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let signed = &self.der[self.signed.clone()];
        check_over(issuer, self.algorithm, signed, &self.signature) == Signature::Holds
    }

    /// Why the list cannot tell that a certificate of this issuer is good.
    fn fault(&self, issuer: &Certificate, now: UtcTime) -> Option<String> {
        let may_sign = issuer.extension::<KeyUsage>().is_none_or(|usage| usage.crl_sign());
        let other_key = self.authority_key.as_ref().is_some_and(|authority| !names_key_of(authority, issuer));
        let next = self.next_update.filter(|next| *next < now);
        match self.scope {
            Scope::Changes => Some("it only tells the changes since another list; use complete lists".into()),
            Scope::Part => {
                Some("it speaks for a part of the certificates or for other issuers; use complete lists".into())
            }
            Scope::Unknown(extension) => Some(format!("it demands the extension {extension}, which is not supported")),
            Scope::All if other_key => Some("it names another key of this name as its issuer's".into()),
            Scope::All if !self.is_signed_by(issuer) => Some("it is signed by another key, or damaged".into()),
            Scope::All if !may_sign => Some("the key of its issuer must not sign revocation lists".into()),
            Scope::All if self.this_update > now => Some(format!("it is valid only from {}", self.this_update)),
            Scope::All => next.map(|next| format!("it has expired at {next}")),
        }
    }

    /// Whether an entry counts: the issuer made it, for its own certificates. Even an old list, or
    /// one that names a wrong key, tells of a revocation.
    fn is_authentic(&self, issuer: &Certificate) -> bool {
        self.scope == Scope::All && self.is_signed_by(issuer)
    }
}

/// Whether there is a list to tell whether the issuer took a certificate back.
pub(super) fn find(issuer: &Certificate, lists: &[RevocationList], now: UtcTime) -> Status {
    let mut best: Option<(UtcTime, String)> = None;
    for list in lists.iter().filter(|list| list.is_named_for(issuer)) {
        let Some(fault) = list.fault(issuer, now) else { return Status::Good };
        if best.as_ref().is_none_or(|(update, _)| list.this_update > *update) {
            best = Some((list.this_update, fault));
        }
    }
    best.map_or(Status::NoList, |(_, fault)| Status::NoUsableList(fault))
}

/// Whether the issuer took the certificate back: by its newest usable list, or a newer one that
/// is not usable.
pub(super) fn is_revoked(
    certificate: &Certificate,
    issuer: &Certificate,
    lists: &[RevocationList],
    now: UtcTime,
) -> bool {
    let of_issuer: Vec<&RevocationList> =
        lists.iter().filter(|list| list.is_named_for(issuer) && list.is_authentic(issuer)).collect();
    let usable = of_issuer.iter().filter(|list| list.fault(issuer, now).is_none());
    let newest = usable.map(|list| list.this_update).max();
    of_issuer.iter().any(|list| newest.is_none_or(|newest| list.this_update >= newest) && list.names(certificate))
}

/// Where the entries lie; fails if one of them cannot be read.
fn checked_entries(der: &[u8], entries: Option<Entries<'_>>) -> Result<Range<usize>> {
    let Some(entries) = entries.map(|entries| entries.0.as_bytes()) else { return Ok(0..0) };
    let broken = |cause: der::Error| malformed("one of its entries cannot be read").because(cause);
    let mut reader = SliceReader::new(entries).map_err(broken)?;
    while !reader.is_finished() {
        serial(&mut reader).map_err(broken)?;
    }
    let start = entries.as_ptr().addr() - der.as_ptr().addr();
    Ok(start..start + entries.len())
}

/// The serial number of the next entry.
fn serial<'a>(reader: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    let entry = <&SequenceRef>::decode(reader)?;
    let mut entry = SliceReader::new(entry.as_bytes())?;
    Ok(IntRef::decode(&mut entry)?.as_bytes())
}

fn scope(extensions: &Extensions) -> Scope {
    let has = |oid| extensions.iter().any(|extension| extension.extn_id == oid);
    let known = [ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER];
    let unknown = extensions.iter().find(|extension| extension.critical && !known.contains(&extension.extn_id));
    if has(ID_CE_DELTA_CRL_INDICATOR) {
        Scope::Changes
    } else if has(ID_CE_ISSUING_DISTRIBUTION_POINT) {
        Scope::Part
    } else {
        unknown.map_or(Scope::All, |extension| Scope::Unknown(extension.extn_id))
    }
}

fn extension<T: for<'a> Decode<'a> + AssociatedOid>(extensions: &Extensions) -> Result<Option<T>> {
    let found = extensions.iter().find(|extension| extension.extn_id == T::OID);
    let read = found.map(|extension| T::from_der(extension.extn_value.as_bytes()));
    read.transpose().map_err(|_| malformed("one of its extensions cannot be read"))
}

fn moment(time: Time) -> UtcTime {
    UtcTime::UNIX_EPOCH + time.to_unix_duration()
}

fn malformed(why: &'static str) -> Error {
    Error::new(ErrorKind::Untrusted, "parse revocation list", why)
        .with_status(crate::ua::StatusCode::BadCertificateInvalid)
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationList")
            .field("issuer", &self.issuer())
            .field("this_update", &self.this_update)
            .finish()
    }
}
