//! The trust lists of applications that ask for them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::trust::TrustLists;
use iiot_core::{Error, ErrorKind, Result};
use parking_lot::Mutex;

use crate::document::{self, THE_GRAPH, TRUST_GRAPH};
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
/// the audit record has grown, since nothing changes without; at most once in a second.
#[derive(Debug)]
pub struct OfficeLists {
    office: Office,
    seen: tokio::sync::Mutex<Option<Seen>>,
}

/// What there was when the audit record ended with an entry.
#[derive(Debug)]
struct Seen {
    audit: u64,
    at: Instant,
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
        let now = self.office.clock.now();
        if let Some(seen) = seen.as_ref().filter(|seen| now < seen.at + PAUSE) {
            return Ok(Arc::clone(&seen.facts));
        }
        let (audit, _) = self.office.store.audit_head().await?;
        let before = seen.take();
        let facts = match before {
            Some(before) if before.audit == audit => before.facts,
            before => self.read(before.map(|before| before.facts)).await?,
        };
        *seen = Some(Seen { audit, at: now, facts: Arc::clone(&facts) });
        Ok(facts)
    }

    async fn read(&self, before: Option<Arc<Facts>>) -> Result<Arc<Facts>> {
        let graph = graph(&self.office).await?;
        let material = self.office.authorities.material(Purpose::Application).await?;
        let applications = match before {
            // Most entries of the audit record change no list.
            Some(before) if before.material == material && before.graph == graph => return Ok(before),
            Some(before) => before.revisions.lock().keys().cloned().collect(),
            None => Vec::new(),
        };
        // With thousands of applications it takes a while.
        let facts = tokio::task::spawn_blocking(move || Facts::new(graph, material, applications)).await;
        facts.map(Arc::new).map_err(|cause| {
            Error::new(ErrorKind::Internal, "compute trust lists", "the work ended by a defect").because(cause)
        })
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
    /// All who have asked before ask again soon: their revisions are computed together, which costs far less.
    fn new(graph: TrustGraph, material: Material, applications: Vec<String>) -> Self {
        let plan = TrustPlan::new(&graph, &material);
        let revision = |application: String| {
            let revision = lists_revision(&plan.lists(&application).into());
            (application, revision)
        };
        let revisions = Mutex::new(applications.into_iter().map(revision).collect());
        Self { graph, material, revisions }
    }

    fn lists(&self, application: &str) -> TrustLists {
        TrustPlan::new(&self.graph, &self.material).lists(application)
    }
}

/// The trust relations on record; none where nobody has put any.
async fn graph(office: &Office) -> Result<TrustGraph> {
    let kept: Option<document::Kept<TrustGraph>> = document::load(&*office.store, TRUST_GRAPH, THE_GRAPH).await?;
    Ok(kept.map(|kept| kept.value).unwrap_or_default())
}

/// So long what was read is good enough.
const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{HeldCertificate, Party, Relation, TrustAuthority};

    #[test]
    fn the_lists_of_ten_thousand_applications_are_compared_together() {
        let count = 10_000_u32;
        let id = |number: u32| format!("app-{number:05}");
        let mut graph = TrustGraph::default();
        graph.groups.insert("edges".into(), (1..count).map(id).collect());
        graph.relations.push(Relation::allow(Party::group("edges"), Party::application(id(0))));
        let held = |number: u32| HeldCertificate {
            application: id(number),
            certificate: number.to_be_bytes().repeat(250),
            issuer: Some("plant".into()),
        };
        let authority = |id: &str, issuer: Option<&str>| TrustAuthority {
            id: id.into(),
            certificates: vec![id.as_bytes().to_vec()],
            revocation_list: Some(vec![1; 1000]),
            issuers: issuer.into_iter().map(Into::into).collect(),
            ..TrustAuthority::default()
        };
        let material = Material {
            authorities: vec![authority("root", None), authority("plant", Some("root"))],
            certificates: (0..count).map(held).collect(),
        };
        let started = Instant::now();
        let facts = Facts::new(graph, material, (0..count).map(id).collect());
        println!("the revisions of {count} applications take {:?}", started.elapsed());
        let revisions = facts.revisions.lock();
        assert_eq!(revisions.len(), count as usize);
        assert_eq!(revisions["app-00001"], revisions["app-09999"], "both trust one server");
        assert_ne!(revisions["app-00000"], revisions["app-00001"]);
    }

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
