//! The certificate that the server shows.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, version};

use crate::error::{Error, ErrorKind, Result};

/// Certificate and key of an HTTPS server: TLS 1.2 and 1.3 by aws-lc.
#[derive(Clone)]
pub struct TlsIdentity {
    config: Arc<ServerConfig>,
    leaf: CertificateDer<'static>,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl TlsIdentity {
    /// A certificate with its issuers, and its private key, as PEM.
    ///
    /// # Errors
    /// `InvalidArgument` if one of them is none, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|cause| unfit("the certificate file is not in PEM form").because(cause))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|cause| unfit("the key file holds no private key in PEM form").because(cause))?;
        Self::new(chain, key)
    }

    /// A certificate in DER form, and its key as PEM.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(certificate: Vec<u8>, key: &[u8]) -> Result<Self> {
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|cause| unfit("the key file holds no private key in PEM form").because(cause))?;
        Self::new(vec![certificate.into()], key)
    }

    /// SHA-256 of the certificate, in hexadecimal digits: what people compare.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        super::audit::sha256(&self.leaf)
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self> {
        let leaf = chain.first().ok_or_else(|| unfit("the certificate file holds no certificate"))?.clone();
        // Named here, so that it does not matter which provider is the default of the process.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|cause| Error::new(ErrorKind::Internal, TLS, "the provider cannot do TLS").because(cause))?;
        let mut config = config
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|cause| unfit("certificate and key do not belong together, or cannot be used").because(cause))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), leaf })
    }
}

fn unfit(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, TLS, message)
}

const TLS: &str = "set up TLS";
