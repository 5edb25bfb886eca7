//! Authorities, revocation lists and certificates for the tests.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::model::ApplicationType;
use iiot_core::time::UtcTime;

use super::super::{HeldCertificate, TrustAuthority};
use crate::pki::{CertificateContent, Issuer, Kind, RevokedEntry, Serial, Subject, certificate, revocation_list};
use crate::store::RevocationReason;

const DAY: Duration = Duration::from_secs(86_400);

/// Two roots, below them the authorities of two groups, one for everybody, and a new one for the first group.
pub(super) static WORKS: LazyLock<Works> = LazyLock::new(|| block_on(Works::make()));

/// The authorities that issue certificates to applications.
pub(super) const ISSUING: [&str; 4] = ["for a", "for b", "for all", "new for a"];
pub(super) const APPLICATIONS: [&str; 6] = ["mes", "press", "oven", "robot", "scada", "edge"];

pub(super) fn now() -> UtcTime {
    UtcTime::UNIX_EPOCH + DAY * 20_500
}

pub(super) struct Works {
    pub(super) authorities: Vec<TrustAuthority>,
    made: Vec<Made>,
    /// A certificate of each application by each issuing authority.
    certificates: Vec<HeldCertificate>,
}

struct Made {
    id: String,
    key: Arc<dyn PrivateKey>,
    issuer: Issuer,
}

impl Works {
    /// The certificate of an application by an authority.
    pub(super) fn held(&self, application: &str, issuer: &str) -> HeldCertificate {
        let is = |held: &&HeldCertificate| held.application == application && held.issuer.as_deref() == Some(issuer);
        self.certificates.iter().find(is).unwrap().clone()
    }

    pub(super) fn authority(&self, id: &str) -> &TrustAuthority {
        self.authorities.iter().find(|authority| authority.id == id).unwrap()
    }

    /// A later revocation list of an authority, which names these certificates.
    pub(super) async fn revocation_list(&self, id: &str, revoked: &[&HeldCertificate]) -> Vec<u8> {
        let authority = self.made.iter().find(|made| made.id == id).unwrap();
        let entry = |held: &&HeldCertificate| RevokedEntry {
            serial: Serial::of(&held.certificate).unwrap(),
            at: now(),
            reason: RevocationReason::KeyCompromise,
        };
        authority.list(2, revoked.iter().map(entry).collect()).await
    }

    async fn make() -> Self {
        let keys = MemoryKeyStore::default();
        let mut works = Self { authorities: Vec::new(), made: Vec::new(), certificates: Vec::new() };
        for (id, issuer, group, successor) in [
            ("root", None, None, Some("new root")),
            ("new root", None, None, None),
            ("for a", Some("root"), Some("a"), Some("new for a")),
            ("for b", Some("root"), Some("b"), None),
            ("for all", Some("root"), None, None),
            ("new for a", Some("new root"), Some("a"), None),
        ] {
            let made = works.authority_below(&keys, id, issuer).await;
            works.authorities.push(TrustAuthority {
                id: id.into(),
                certificates: vec![made.issuer.certificate().der().to_vec()],
                revocation_list: Some(made.list(1, Vec::new()).await),
                issuers: issuer.into_iter().map(Into::into).collect(),
                group: group.map(Into::into),
                successor: successor.map(Into::into),
            });
            works.made.push(made);
        }
        let key = keys.generate("application", KeySpec::Rsa(2048)).await.unwrap();
        for issuer in ISSUING {
            for application in APPLICATIONS {
                let certificate = works.issue(issuer, application, key.public_key()).await;
                let issuer = Some(issuer.to_owned());
                works.certificates.push(HeldCertificate { application: application.into(), certificate, issuer });
            }
        }
        works
    }

    async fn authority_below(&self, keys: &MemoryKeyStore, id: &str, issuer: Option<&str>) -> Made {
        let key = keys.generate(id, KeySpec::NistP256).await.unwrap();
        let kind = Kind::Authority { path_len: issuer.map(|_| 0) };
        let content = content(id, kind, key.public_key());
        let above = issuer.map(|issuer| self.made.iter().find(|made| made.id == issuer).unwrap());
        let signer = above.map_or(&key, |made| &made.key);
        let der = signed(&content, above.map(|made| &made.issuer), signer).await;
        Made { id: id.into(), issuer: Issuer::of(&der).unwrap(), key }
    }

    async fn issue(&self, issuer: &str, application: &str, key: &[u8]) -> Vec<u8> {
        let content = CertificateContent {
            application_uri: Some(format!("urn:works:{application}")),
            hosts: vec![format!("{application}.local")],
            ..content(application, Kind::Application(ApplicationType::ClientAndServer), key)
        };
        let issuer = self.made.iter().find(|made| made.id == issuer).unwrap();
        signed(&content, Some(&issuer.issuer), &issuer.key).await
    }
}

impl Made {
    async fn list(&self, number: u64, revoked: Vec<RevokedEntry>) -> Vec<u8> {
        let list = revocation_list(&self.issuer, number, now(), now() + DAY * 30, revoked).unwrap();
        list.signed(&self.key.sign(list.algorithm(), list.bytes()).await.unwrap()).unwrap()
    }
}

fn content(name: &str, kind: Kind, key: &[u8]) -> CertificateContent {
    CertificateContent {
        subject: Subject::new(name, "Works").unwrap(),
        kind,
        application_uri: None,
        hosts: Vec::new(),
        public_key: key.to_vec(),
        from: UtcTime::from_ticks((now().ticks()) - 864_000_000_000),
        until: now() + DAY * 300,
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
    }
}

async fn signed(content: &CertificateContent, issuer: Option<&Issuer>, key: &Arc<dyn PrivateKey>) -> Vec<u8> {
    let algorithm = iiot_core::keys::SignatureAlgorithm::EcdsaSha256;
    let content = certificate(content, issuer, &Serial::random().unwrap(), algorithm).unwrap();
    content.signed(&key.sign(content.algorithm(), content.bytes()).await.unwrap()).unwrap()
}
