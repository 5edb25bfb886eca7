//! A device of open62541 from the factory to its renewal.

use iiot_core::ErrorKind;
use iiot_core::session::{ConnectOptions, Identity};
use iiot_core::testing::free_port;
use iiot_core::ua::trust::Certificate;
use iiot_gds::model::Der;
use iiot_gds::push::{Access, Dial, Order, PinnedDial, PushClient, PushedLists, Step};

use crate::setup::{DEVICE_URI, Office, access};

const CLIENT_URI: &str = "urn:iiot:test:foreign";

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_managed_renewed_and_shuts_a_revoked_client_out() {
    let office = Office::new().await;
    let pki = office.peers.certificates("pki", DEVICE_URI).unwrap();
    let manager = office.path().join("manager.der");
    let flags = ["--pki", pki.to_str().unwrap(), "--manager", manager.to_str().unwrap(), "--session-timeout", "5000"];
    let port = free_port();
    let (mut process, url) = office.peers.device(port, &flags).unwrap();
    let access = access("press", &url);
    office.authority.application("foreign", CLIENT_URI);

    // Factory-new: it takes nobody but the manager.
    let factory = office.presented(&url).await;
    assert!(!office.is_accepted(&url, &factory, "foreign", CLIENT_URI));
    let first = office.push(&access, office.first_order(&url).await).await;
    assert!(first.is_managed(), "{first:#?}");
    let certificate = first.issued.clone().unwrap().certificate;
    assert_eq!(office.presented(&url).await, certificate);
    assert_eq!(first.saved.clone().unwrap().trusted_certificates, std::slice::from_ref(&office.manager));
    assert!(office.is_accepted(&url, &certificate, "foreign", CLIENT_URI), "the authority vouches for it now");

    // Renewed, with the issued certificate as the pin.
    let renewal =
        Order { pin: certificate.clone(), pin_issuers: vec![office.authority.certificate()], ..first.order.clone() };
    let second = office.push(&access, renewal).await;
    assert!(second.is_managed(), "{second:#?}");
    let renewed = second.issued.clone().unwrap().certificate;
    assert_ne!(renewed, certificate);
    assert_eq!(office.presented(&url).await, renewed);
    assert!(office.is_accepted(&url, &renewed, "foreign", CLIENT_URI));

    // The client is revoked.
    office.authority.revoke("foreign");
    let mut revocation = Order { pin: renewed.clone(), certificate: None, ..second.order.clone() };
    revocation.pin_issuers = vec![office.authority.certificate()];
    revocation.lists = Some(office.lists());
    let third = office.push(&access, revocation.clone()).await;
    assert!(third.is_managed(), "{third:#?}");
    assert!(!office.is_accepted(&url, &renewed, "foreign", CLIENT_URI), "it is on the revocation list");
    assert!(!rejected(&office, &access, &revocation).await.is_empty(), "the device keeps whom it refused");

    // After a restart it is the same.
    process.kill();
    let (_process, _) = office.peers.device(port, &flags).unwrap();
    let look = Order { lists: None, ..revocation };
    let looked = office.push(&access, look).await;
    assert!(looked.is_managed(), "{looked:#?}");
    assert!(!office.is_accepted(&url, &renewed, "foreign", CLIENT_URI));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_makes_a_new_key_and_proves_it() {
    let office = Office::new().await;
    let pki = office.peers.certificates("pki", DEVICE_URI).unwrap();
    let manager = office.path().join("manager.der");
    let flags = ["--pki", pki.to_str().unwrap(), "--manager", manager.to_str().unwrap()];
    let (_process, url) = office.peers.device(free_port(), &flags).unwrap();
    let access = access("press", &url);
    let mut order = office.first_order(&url).await;
    order.certificate.as_mut().unwrap().new_key = true;
    let factory = key_of_certificate(&order.pin);
    let push = office.push(&access, order).await;
    assert!(push.is_managed(), "{push:#?}");
    assert_ne!(key_of_certificate(&push.issued.unwrap().certificate), factory);
}

fn key_of_certificate(certificate: &Der) -> Vec<u8> {
    Certificate::parse(&certificate.0).unwrap().public_key().to_vec()
}

/// Asked over a session of our own.
async fn rejected(office: &Office, access: &Access, order: &Order) -> Vec<Vec<u8>> {
    client(office, access, order).await.rejected_list().await.unwrap()
}

async fn client(office: &Office, access: &Access, order: &Order) -> PushClient {
    let pins = PushedLists {
        trusted_certificates: vec![order.pin.clone()],
        issuer_certificates: order.pin_issuers.clone(),
        ..PushedLists::default()
    };
    let mut options = ConnectOptions::new(&access.endpoint_url);
    options.identity = access.identity.clone();
    options.security.policy = Some("Basic256Sha256".into());
    PushClient::new(office.dial().pinned(&pins).connect(options).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn its_methods_answer_as_the_client_expects() {
    let office = Office::new().await;
    let pki = office.peers.certificates("pki", DEVICE_URI).unwrap();
    let manager = office.path().join("manager.der");
    let flags = ["--pki", pki.to_str().unwrap(), "--manager", manager.to_str().unwrap()];
    let (_process, url) = office.peers.device(free_port(), &flags).unwrap();
    let mut access = access("press", &url);
    let order = office.first_order(&url).await;
    let client = client(&office, &access, &order).await;

    let configuration = client.configuration().await.unwrap();
    assert_eq!(configuration.max_trust_list_size, 0, "it has a limit and tells none");
    assert!(configuration.private_key_formats.contains(&"PEM".to_owned()), "{configuration:?}");
    let group = client.group(&order.group).await.unwrap();
    assert!(!group.certificate_types.is_empty());
    assert_eq!(client.group("NoSuchGroup").await.unwrap_err().kind(), ErrorKind::NotFound);
    let lists = PushedLists::from(client.trust_list(&group).await.unwrap());
    assert_eq!(lists.trusted_certificates, std::slice::from_ref(&office.manager));
    let masked = client.trust_list_with_masks(&group, 1).await.unwrap();
    assert_eq!(masked.trusted_certificates, std::slice::from_ref(&office.manager.0));
    assert!(!client.apply_changes().await.unwrap(), "there is nothing to apply");

    // More than one piece, and more than the device takes.
    let mut large = office.lists();
    large.trusted_certificates.extend((0..80).map(|_| office.authority.certificate()));
    let error = client.write_trust_list(&group, &(&large).into(), 1000).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(client.write_trust_list(&group, &(&large).into(), 1 << 20).await.unwrap(), Some(true));
    client.session().close().await;

    // Who is no administrator may not.
    access.identity = Identity::Anonymous;
    let mut denied = order;
    denied.rules.attempts = 3;
    let push = office.push(&access, denied).await;
    assert_eq!(push.step, Step::Failed, "{push:?}");
    assert!(push.trouble.unwrap().message.contains("BadUserAccessDenied"));
}

impl Office {
    fn dial(&self) -> PinnedDial {
        PinnedDial::new(self.options())
    }
}
