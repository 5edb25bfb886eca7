//! HTTPS.

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;
use crate::http::TlsIdentity;
use crate::keys::{FsKeyStore, KeySpec, KeyStore};
use crate::ua::trust::{CertificateProfile, self_signed};

/// A self-signed certificate for `localhost`, and its key as PEM.
pub(super) async fn identity() -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let key = FsKeyStore::new(folder.path()).generate("https", KeySpec::Rsa(2048)).await.unwrap();
    let profile = CertificateProfile {
        application_uri: "urn:localhost:iiot".into(),
        common_name: "plant".into(),
        organization: String::new(),
        dns_names: vec!["localhost".into()],
        ip_addresses: vec!["127.0.0.1".parse().unwrap()],
        valid_from: SystemClock.utc(),
        valid_days: 30,
    };
    let certificate = self_signed(key.as_ref(), &profile).await.unwrap();
    (certificate, std::fs::read(folder.path().join("https.pem")).unwrap())
}

fn connector(trusted: Vec<u8>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(trusted)).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[tokio::test]
async fn https_answers_whom_it_can_prove_itself_to() {
    let (certificate, key) = identity().await;
    let tls = TlsIdentity::from_der(certificate.clone(), &key).unwrap();
    assert_eq!(tls.fingerprint().len(), 64);
    let options = HttpOptions { tls: Some(tls), ..HttpOptions::new(([127, 0, 0, 1], 0)) };
    let plant = Plant::with_options(options).await;
    assert!(plant.server.url().starts_with("https://127.0.0.1:"));
    let stream = tokio::net::TcpStream::connect(plant.server.address()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector(certificate).connect(name, stream).await.unwrap();
    let mut client = Client::over(stream);
    assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.status, 200);
    let mut plain = plant.client().await;
    plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(!plain.closed().await.contains("HTTP/1.1"), "plain HTTP is not answered");
}

#[tokio::test]
async fn another_certificate_is_shown_from_the_next_connection_on() {
    let (first, key) = identity().await;
    let options = HttpOptions {
        tls: Some(TlsIdentity::from_der(first.clone(), &key).unwrap()),
        ..HttpOptions::new(([127, 0, 0, 1], 0))
    };
    let plant = Plant::with_options(options).await;
    let (second, key) = identity().await;
    let connect = async |trusted: &[u8]| {
        let stream = tokio::net::TcpStream::connect(plant.server.address()).await.unwrap();
        connector(trusted.to_vec()).connect(ServerName::try_from("localhost").unwrap(), stream).await
    };
    let mut before = Client::over(connect(&first).await.unwrap());
    plant.server.set_tls(TlsIdentity::from_der(second.clone(), &key).unwrap());
    assert!(connect(&first).await.is_err(), "it is no longer shown");
    let mut after = Client::over(connect(&second).await.unwrap());
    for client in [&mut before, &mut after] {
        assert_eq!(client.post(&plant.reader, "valve/position", "{}").await.status, 200);
    }
}

#[tokio::test]
async fn who_never_finishes_the_handshake_is_disconnected() {
    let (certificate, key) = identity().await;
    let limits = HttpLimits { header_time: Duration::from_millis(300), ..HttpLimits::default() };
    let tls = Some(TlsIdentity::from_der(certificate, &key).unwrap());
    let plant = Plant::with_options(HttpOptions { tls, limits, ..HttpOptions::new(([127, 0, 0, 1], 0)) }).await;
    assert_eq!(plant.client().await.closed().await, "");
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused() {
    let ((certificate, key), (_, other)) = (identity().await, identity().await);
    for (key, says) in [(other, "do not belong together"), (b"x".to_vec(), "no private key")] {
        let error = TlsIdentity::from_der(certificate.clone(), &key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(TlsIdentity::from_pem(b"", &key).is_err());
}
