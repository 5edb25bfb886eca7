//! Our own certificate over its life: due for renewal, renewed, replaced.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::Result;
use crate::time::UtcTime;
use crate::ua::secure::ApplicationCertificate;
use crate::ua::trust::{Certificate, leaf_of_chain};

/// Our certificate, which can be replaced while sessions are open.
///
/// A session goes on with the certificate that it was made with; a new session takes the new one.
/// Where a server does not take the new one yet, because nobody has trusted it there, the one before is used as long
/// as it is valid. Clones are one and the same.
#[derive(Debug, Clone)]
pub struct OwnCertificate(Arc<watch::Sender<Held>>);

#[derive(Debug)]
struct Held {
    current: ApplicationCertificate,
    previous: Option<ApplicationCertificate>,
}

impl OwnCertificate {
    /// This one, without one before it.
    #[must_use]
    pub fn new(certificate: ApplicationCertificate) -> Self {
        Self::renewed(certificate, None)
    }

    /// This one, and the one before it.
    #[must_use]
    pub fn renewed(current: ApplicationCertificate, previous: Option<ApplicationCertificate>) -> Self {
        Self(Arc::new(watch::Sender::new(Held { current, previous })))
    }

    /// The newest one.
    #[must_use]
    pub fn current(&self) -> ApplicationCertificate {
        self.0.borrow().current.clone()
    }

    /// Takes a new one into use; the one before stays as the second choice.
    pub fn replace(&self, next: ApplicationCertificate) {
        self.0.send_modify(|held| held.previous = Some(std::mem::replace(&mut held.current, next)));
    }

    /// The one before it, while it is valid.
    #[must_use]
    pub fn previous(&self, now: UtcTime) -> Option<ApplicationCertificate> {
        self.0.borrow().previous.clone().filter(|own| own.expires().is_ok_and(|at| now < at))
    }

    /// Returns once another one than `held` is the newest.
    pub(crate) async fn newer_than(&self, held: &ApplicationCertificate) {
        let mut changes = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = changes.wait_for(|now| now.current.chain != held.chain).await;
    }
}

impl ApplicationCertificate {
    /// When the leaf ends to be valid.
    pub(crate) fn expires(&self) -> Result<UtcTime> {
        leaf(self).map(|leaf| leaf.not_after())
    }

    /// Until then a session that was made with it should have a new one: an hour before the end, and
    /// not before nine tenths of its life are over.
    pub(crate) fn last_call(&self) -> Result<UtcTime> {
        let leaf = leaf(self)?;
        let life = leaf.not_after().since(leaf.not_before());
        Ok(leaf.not_before() + life.saturating_sub((life / 10).min(HANDOVER)))
    }
}

impl From<ApplicationCertificate> for OwnCertificate {
    fn from(certificate: ApplicationCertificate) -> Self {
        Self::new(certificate)
    }
}

/// When a certificate is to be renewed: after four fifths of its life, and early enough that people
/// can trust the new one at every server, but never before half of its life is over.
///
/// # Errors
/// If the chain does not parse.
pub fn renewal_due(own: &ApplicationCertificate) -> Result<UtcTime> {
    let leaf = leaf(own)?;
    let (from, until) = (leaf.not_before(), leaf.not_after());
    let life = until.since(from);
    let late = (life / 5).max(NOTICE.min(life / 2));
    Ok(from + life.saturating_sub(late))
}

/// A session is moved to the new certificate this long before the old one ends.
const HANDOVER: Duration = Duration::from_secs(3600);
/// People must get round to trusting a new certificate.
const NOTICE: Duration = Duration::from_secs(60 * 86_400);

fn leaf(own: &ApplicationCertificate) -> Result<Certificate> {
    leaf_of_chain(&own.chain).map(|(leaf, _)| leaf)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::keys::{KeySpec, KeyStore, MemoryKeyStore};
    use crate::ua::trust::{CertificateProfile, self_signed};

    const DAY: Duration = Duration::from_secs(86_400);
    const START: UtcTime = UtcTime::UNIX_EPOCH;

    #[tokio::test]
    async fn a_long_life_is_renewed_at_four_fifths_and_a_short_one_not_before_half() {
        for (days, due) in [(1825, 1460), (100, 50), (10, 5), (365, 292)] {
            assert_eq!(renewal_due(&certificate(START, days).await).unwrap(), START + DAY * due, "{days} days");
        }
    }

    #[tokio::test]
    async fn the_one_before_is_the_second_choice_until_it_expires() {
        let own = OwnCertificate::new(certificate(START, 10).await);
        let shared = own.clone();
        let first = own.current();
        assert!(own.previous(START).is_none());
        shared.replace(certificate(START + DAY * 8, 10).await);
        assert_ne!(own.current().chain, first.chain);
        assert_eq!(own.previous(START + DAY * 9).unwrap().chain, first.chain);
        assert!(own.previous(START + DAY * 10).is_none(), "it has expired");
    }

    #[tokio::test]
    async fn a_session_is_moved_an_hour_before_the_end_or_in_the_last_tenth() {
        let last_call = async |days| certificate(START, days).await.last_call().unwrap();
        assert_eq!(last_call(10).await, START + (DAY * 10 - Duration::from_secs(3600)));
    }

    async fn certificate(valid_from: UtcTime, valid_days: u32) -> ApplicationCertificate {
        let key = MemoryKeyStore::default().generate("edge", KeySpec::Rsa(2048)).await.unwrap();
        let profile = CertificateProfile {
            application_uri: "urn:works:edge".into(),
            common_name: "Edge".into(),
            organization: "Works".into(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            valid_from,
            valid_days,
        };
        ApplicationCertificate { chain: self_signed(key.as_ref(), &profile).await.unwrap(), key }
    }
}
