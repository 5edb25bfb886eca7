//! The trust lists of applications that ask for them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_core::trust::TrustLists;
use parking_lot::Mutex;

use crate::authority::document;
use crate::model::Der;
use crate::office::Office;
use crate::policy::{Digester, Purpose};
use crate::push::PushedLists;
use crate::trust::{Material, TrustGraph, TrustPlan};

/// Tells the trust lists of applications.
#[async_trait]
pub trait ApplicationLists: Debug + Send + Sync + 'static {
    /// The trust lists of an application as they are to be now.
    async fn lists(&self, application: &str) -> Result<PushedLists>;

    /// Their [revision](lists_revision), where it costs less than the lists.
    async fn revision(&self, application: &str) -> Result<String>;
}

/// The revision of trust lists: SHA-256, hexadecimal, over what they hold. Order and repetition do not matter, so whoever
/// keeps the entries as files finds it again.
#[must_use]
pub fn lists_revision(lists: &PushedLists) -> String {
    let digester = lists.named().into_iter().fold(Digester::new("iiot trust lists"), |digester, (_, entries)| {
        let mut entries: Vec<&Der> = entries.iter().collect();
        entries.sort_unstable();
        entries.dedup();
        digester.parts(&entries.into_iter().map(|entry| &entry.0).collect::<Vec<_>>())
    });
    digester.finish().as_str().to_owned()
}

/// Computes the trust lists from the trust relations on record and the certificates that there are. Both are read again when
/// the audit record has grown: nothing changes without.
#[derive(Debug)]
pub struct OfficeLists {
    office: Office,
    seen: tokio::sync::Mutex<Option<Arc<Seen>>>,
}

/// What there was when the audit record ended with an entry.
#[derive(Debug)]
struct Seen {
    audit: u64,
    facts: Arc<Facts>,
}

/// What lists follow from, and the revisions that were computed of them.
#[derive(Debug)]
struct Facts {
    graph: TrustGraph,
    material: Material,
    revisions: Mutex<BTreeMap<String, String>>,
}

impl OfficeLists {
    /// Of the applications of an office.
    #[must_use]
    pub fn new(office: Office) -> Self {
        Self { office, seen: tokio::sync::Mutex::default() }
    }

    async fn facts(&self) -> Result<Arc<Facts>> {
        let mut seen = self.seen.lock().await;
        let (audit, _) = self.office.store.audit_head().await?;
        if let Some(seen) = seen.as_ref().filter(|seen| seen.audit == audit) {
            return Ok(Arc::clone(&seen.facts));
        }
        let graph = graph(&self.office).await?;
        let material = self.office.authorities.material(Purpose::Application).await?;
        let facts = match seen.as_ref() {
            // Most entries of the audit record change no list.
            Some(seen) if seen.facts.material == material && seen.facts.graph == graph => Arc::clone(&seen.facts),
            _ => Arc::new(Facts { graph, material, revisions: Mutex::default() }),
        };
        *seen = Some(Arc::new(Seen { audit, facts: Arc::clone(&facts) }));
        Ok(facts)
    }
}

#[async_trait]
impl ApplicationLists for OfficeLists {
    async fn lists(&self, application: &str) -> Result<PushedLists> {
        Ok(self.facts().await?.lists(application).into())
    }

    async fn revision(&self, application: &str) -> Result<String> {
        let facts = self.facts().await?;
        if let Some(known) = facts.revisions.lock().get(application) {
            return Ok(known.clone());
        }
        let revision = lists_revision(&facts.lists(application).into());
        facts.revisions.lock().insert(application.to_owned(), revision.clone());
        Ok(revision)
    }
}

impl Facts {
    fn lists(&self, application: &str) -> TrustLists {
        TrustPlan::new(&self.graph, &self.material).lists(application)
    }
}

/// The trust relations on record; none where nobody has put any.
async fn graph(office: &Office) -> Result<TrustGraph> {
    let kept: Option<document::Kept<TrustGraph>> = document::load(&*office.store, TRUST_GRAPH, PLANT).await?;
    Ok(kept.map(|kept| kept.value).unwrap_or_default())
}

/// The kind of the document that holds the trust relations.
pub(crate) const TRUST_GRAPH: &str = "trustGraph";
/// Its id.
pub(crate) const PLANT: &str = "plant";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_of_the_content_and_not_of_its_order() {
        let lists = |trusted: &[u8], issuers: &[u8]| {
            let entries = |list: &[u8]| list.iter().map(|byte| Der(vec![*byte])).collect();
            lists_revision(&PushedLists {
                trusted_certificates: entries(trusted),
                issuer_certificates: entries(issuers),
                ..PushedLists::default()
            })
        };
        assert_eq!(lists(&[1, 2], &[3]), lists(&[2, 1, 1], &[3]));
        for other in [lists(&[1], &[2, 3]), lists(&[1, 2], &[]), lists(&[1, 2, 3], &[])] {
            assert_ne!(other, lists(&[1, 2], &[3]));
        }
    }
}
