//! TLS of clients, from files in PEM form.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

/// A client that takes the server with exactly this certificate, by its SHA-256, and no other: for a first contact, where
/// nobody vouches for it. Names and dates in the certificate do not matter then.
#[cfg(feature = "rest")]
pub(crate) fn pinned(fingerprint: [u8; 32]) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|cause| refused("TLS cannot be set up").because(cause))?;
    let pinned = Arc::new(pin::Pinned { fingerprint, provider });
    Ok(builder.dangerous().with_custom_certificate_verifier(pinned).with_no_client_auth())
}

/// A client that trusts these authorities, or those of the system, and shows this certificate if it is
/// given with its key.
pub(crate) fn client(ca_pem: Option<&[u8]>, own: Option<(&[u8], &[u8])>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|cause| refused("TLS cannot be set up").because(cause))?;
    let builder = builder.with_root_certificates(Arc::new(authorities(ca_pem)?));
    let Some((certificate, key)) = own else { return Ok(builder.with_no_client_auth()) };
    let key = PrivateKeyDer::from_pem_slice(key);
    let key = key.map_err(|cause| refused("the key file holds no private key in PEM form").because(cause))?;
    let with_key = builder.with_client_auth_cert(certificates(certificate)?, key);
    with_key.map_err(|cause| refused("the client certificate and its key cannot be used").because(cause))
}

fn authorities(pem: Option<&[u8]>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let certificates = match pem {
        Some(pem) => certificates(pem)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(refused("there is no authority to trust: give ca, or install the system's certificates"));
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().unwrap_or_default();
    if all.is_empty() { Err(refused("the file holds no certificate in PEM form")) } else { Ok(all) }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "set up TLS", message)
}

#[cfg(feature = "rest")]
mod pin {
    use std::sync::Arc;

    use aws_lc_rs::{constant_time, digest};
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

    /// Takes one certificate. That the server has its key is checked as ever.
    #[derive(Debug)]
    pub(super) struct Pinned {
        pub(super) fingerprint: [u8; 32],
        pub(super) provider: Arc<CryptoProvider>,
    }

    impl ServerCertVerifier for Pinned {
        fn verify_server_cert(
            &self,
            leaf: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            let shown = digest::digest(&digest::SHA256, leaf);
            let same = constant_time::verify_slices_are_equal(shown.as_ref(), &self.fingerprint);
            let refused = |_| Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
            same.map(|()| ServerCertVerified::assertion()).map_err(refused)
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            leaf: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            leaf: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    }
}
