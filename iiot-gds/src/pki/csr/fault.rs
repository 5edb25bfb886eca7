//! Why a request gets no certificate.

use std::fmt;

use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind};

use crate::model::{CertificateType, KeyAlgorithm};

/// Why a request gets no certificate. The sentence says what its sender has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrFault {
    /// It is larger than 16 KiB.
    TooLarge {
        /// So large.
        bytes: usize,
    },
    /// Something stands behind it.
    TrailingBytes,
    /// It is no PKCS #10 request (DER).
    Malformed,
    /// Its key is neither RSA nor on a known curve.
    UnknownKey,
    /// Its RSA key is too short, or longer than devices can work with.
    WeakKey {
        /// So many bits.
        bits: u32,
    },
    /// Its RSA key has an exponent that is even, 1, or longer than four bytes.
    UnsoundKey,
    /// It is signed with a hash that can be forged.
    WeakSignature {
        /// This one.
        hash: &'static str,
    },
    /// It is signed in a way that cannot be verified here.
    UnknownSignature,
    /// It was not signed with the key that it holds: whoever sent it may not have that key.
    NotPossessed,
    /// It asks to be an authority.
    AuthorityAsked,
    /// Its key is none of the type of certificate that was asked for.
    KeyNotOfType {
        /// What was asked for.
        wanted: CertificateType,
        /// What it has.
        key: KeyAlgorithm,
    },
    /// It has no ApplicationUri.
    NoUri,
    /// It has more than one URI.
    SeveralUris {
        /// So many.
        count: usize,
    },
    /// Its ApplicationUri is not that of the application.
    WrongUri {
        /// What it says.
        found: String,
        /// What is on record.
        recorded: String,
    },
    /// The application is a server, and no host is on record that it is reached by.
    NoHost,
}

impl CsrFault {
    /// A stable name for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "csr_too_large",
            Self::TrailingBytes => "csr_trailing_bytes",
            Self::Malformed => "csr_malformed",
            Self::UnknownKey => "csr_unknown_key",
            Self::WeakKey { .. } => "csr_weak_key",
            Self::UnsoundKey => "csr_unsound_key",
            Self::WeakSignature { .. } => "csr_weak_signature",
            Self::UnknownSignature => "csr_unknown_signature",
            Self::NotPossessed => "csr_not_possessed",
            Self::AuthorityAsked => "csr_authority_asked",
            Self::KeyNotOfType { .. } => "csr_key_not_of_type",
            Self::NoUri => "csr_no_uri",
            Self::SeveralUris { .. } => "csr_several_uris",
            Self::WrongUri { .. } => "csr_wrong_uri",
            Self::NoHost => "csr_no_host",
        }
    }

    /// What StartSigningRequest answers (OPC 10000-12 §7.9.3): `BadInvalidArgument` where the request has to change,
    /// `BadRequestNotAllowed` where it is well formed, and what is on record does not allow it.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::AuthorityAsked | Self::NoHost => StatusCode::BadRequestNotAllowed,
            _ => StatusCode::BadInvalidArgument,
        }
    }
}

impl fmt::Display for CsrFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => write!(f, "it has {bytes} bytes: send one of 16 KiB at most"),
            Self::TrailingBytes => f.write_str("something stands behind the request: send it alone, as DER"),
            Self::Malformed => f.write_str("the bytes are no certificate request: send PKCS #10 as DER"),
            Self::UnknownKey => f.write_str("its key is of an unknown kind: use RSA, or the curve P-256 or P-384"),
            Self::WeakKey { bits } => write!(f, "its RSA key has {bits} bits: use one of 2048 to 4096"),
            Self::UnsoundKey => f.write_str("its RSA key has an unsound exponent: use 65537"),
            Self::WeakSignature { hash } => write!(f, "it is signed with {hash}, which can be forged: use SHA-256"),
            Self::UnknownSignature => f.write_str(
                "its signature cannot be verified: sign by RSA (PKCS #1 v1.5 or PSS) or ECDSA, with SHA-256",
            ),
            Self::NotPossessed => {
                f.write_str("it is not signed with the key that it holds: sign it with the private half of this key")
            }
            Self::AuthorityAsked => f.write_str("it asks to be an authority: leave out CA in its basic constraints"),
            Self::KeyNotOfType { wanted, key } => {
                write!(
                    f,
                    "its key {key:?} is none of a certificate of type {wanted:?}: ask for another type or make another key"
                )
            }
            Self::NoUri => f.write_str("it has no ApplicationUri: give it as a URI among its alternative names"),
            Self::SeveralUris { count } => write!(f, "it has {count} URIs: give the ApplicationUri and no other"),
            Self::WrongUri { found, recorded } => {
                write!(f, "its URI is {found:?}, but {recorded:?} is on record: use that one or correct the record")
            }
            Self::NoHost => {
                f.write_str("no host of this server is on record: give it DiscoveryUrls by which clients reach it")
            }
        }
    }
}

impl std::error::Error for CsrFault {}

impl From<CsrFault> for Error {
    fn from(fault: CsrFault) -> Self {
        let kind = match fault.status() {
            StatusCode::BadRequestNotAllowed => ErrorKind::Forbidden,
            _ => ErrorKind::InvalidArgument,
        };
        Self::new(kind, "check certificate request", fault.to_string())
            .with("fault", fault.code())
            .with_status(fault.status())
    }
}
