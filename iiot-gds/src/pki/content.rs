//! What a certificate says, before it has a number.

use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;

use super::Subject;

/// What a certificate says, before it has a number. Everything else in it comes from its [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateContent {
    /// Whom it is issued to.
    pub subject: Subject,
    /// What it is for.
    pub kind: Kind,
    /// The ApplicationUri. Applications need it, web servers may have it, nobody else.
    pub application_uri: Option<String>,
    /// Host names and addresses that the holder is reached by. Servers need one at least.
    pub hosts: Vec<String>,
    /// The key of the holder as SubjectPublicKeyInfo (DER): RSA of 2048 to 4096 bits, or on P-256 or P-384.
    pub public_key: Vec<u8>,
    /// Valid from this time on.
    pub from: UtcTime,
    /// Valid until this time: not longer than its issuer.
    pub until: UtcTime,
    /// Where the revocation list of its issuer is found (`cRLDistributionPoints`).
    pub crl_urls: Vec<String>,
    /// Where the certificate of its issuer is found (`authorityInfoAccess`).
    pub issuer_urls: Vec<String>,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An OPC UA application (OPC 10000-6 §6.2.2): to sign and, with RSA, to decrypt; as server, client or both.
    Application(ApplicationType),
    /// A web server: to authenticate it in TLS.
    Https,
    /// A person: to sign as a client.
    User,
    /// An authority: to sign certificates and revocation lists.
    Authority {
        /// How many authorities may follow it in a chain; `None` for any number.
        path_len: Option<u8>,
    },
}

impl Kind {
    /// Whether others reach the holder under a host name.
    pub(super) fn needs_host(self) -> bool {
        match self {
            Self::Application(role) => role != ApplicationType::Client,
            Self::Https => true,
            Self::User | Self::Authority { .. } => false,
        }
    }
}
