//! TLS of clients, from files in PEM form.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

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
