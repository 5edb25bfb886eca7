//! The trust lists that there should be.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::Result;
use iiot_core::ua::trust::leaf_of_chain;

use super::records;
use crate::authority::{AuthorityRecord, Stage};
use crate::model::Der;
use crate::office::Office;
use crate::policy::{CertificateGroup, Purpose};
use crate::push::PushedLists;
use crate::trust::{HeldCertificate, Material, TrustAuthority, TrustGraph, TrustPlan};

/// The trust list of an application as it should be now. With a certificate group, the authority of the group is in it also
/// before the application has a certificate of its.
///
/// # Errors
/// `NotFound` if there is no such group; those of the store.
pub async fn trust_list(office: &Office, application: &str, certificate_group: Option<&str>) -> Result<PushedLists> {
    let mut ground = Ground::load(office, Vec::new()).await?;
    if let Some(group) = certificate_group {
        ground.add_group(office, group).await?;
    }
    Ok(ground.lists(&ground.plan(), application, certificate_group, false))
}

/// What trust lists are computed from.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) graph: TrustGraph,
    pub(super) material: Material,
    pub(super) authorities: BTreeMap<String, AuthorityRecord>,
    /// The certificate groups that were asked for.
    groups: BTreeMap<String, CertificateGroup>,
    /// The manager's own chain (DER, leaf first).
    own: Vec<Der>,
}

impl Ground {
    /// `own` is the manager's own chain (DER, leaf first): devices must let it in again.
    pub(super) async fn load(office: &Office, own: Vec<u8>) -> Result<Self> {
        let graph = records::graph(&*office.store).await?.graph;
        let material = office.authorities.material(Purpose::Application).await?;
        let all = office.authorities.all().await?;
        let authorities = all.into_iter().map(|one| (one.id.clone(), one)).collect();
        Ok(Self { graph, material, authorities, groups: BTreeMap::new(), own: chain(&own) })
    }

    pub(super) async fn add_group(&mut self, office: &Office, id: &str) -> Result<()> {
        if !self.groups.contains_key(id) {
            self.groups.insert(id.to_owned(), office.authorities.group(id).await?);
        }
        Ok(())
    }

    pub(super) fn group(&self, id: &str) -> Option<&CertificateGroup> {
        self.groups.get(id)
    }

    pub(super) fn plan(&self) -> TrustPlan<'_> {
        TrustPlan::new(&self.graph, &self.material)
    }

    /// The lists of an application; `for_push` with what the manager needs to be let in.
    pub(super) fn lists(
        &self,
        plan: &TrustPlan<'_>,
        application: &str,
        group: Option<&str>,
        for_push: bool,
    ) -> PushedLists {
        let mut lists = PushedLists::from(plan.lists(application));
        let issuing = group.and_then(|group| self.groups.get(group)).map(|group| group.authority.clone());
        self.add_authorities(&mut lists, issuing);
        if for_push {
            self.add_manager(&mut lists);
        }
        for list in [&mut lists.trusted_certificates, &mut lists.issuer_certificates, &mut lists.issuer_crls] {
            list.sort();
            list.dedup();
        }
        lists
    }

    /// The authority that issues for a group now.
    pub(super) fn issuing(&self, group: &str) -> Option<&AuthorityRecord> {
        let mut record = self.authorities.get(&self.groups.get(group)?.authority)?;
        for _ in 0..self.authorities.len() {
            match (record.stage, &record.successor) {
                (Stage::Retiring | Stage::Retired, Some(successor)) => record = self.authorities.get(successor)?,
                _ => break,
            }
        }
        Some(record)
    }

    /// A certificate that is valid and not revoked.
    pub(super) fn held(&self, application: &str, certificate: &Der) -> Option<&HeldCertificate> {
        let all = self.material.certificates.iter();
        all.filter(|held| held.application == application).find(|held| held.certificate == certificate.0)
    }

    /// The certificates of the authorities behind one (DER), its own first.
    pub(super) fn chain_of(&self, authority: Option<&str>) -> Vec<Der> {
        let (mut chain, mut next) = (Vec::new(), authority);
        while let Some(record) = next.and_then(|id| self.authorities.get(id)).filter(|_| chain.len() < LONGEST_CHAIN) {
            chain.extend(record.certificate.clone());
            next = record.issuer.as_deref();
        }
        chain
    }

    /// These authorities, those above them and those that take their places, as issuers.
    fn add_authorities(&self, lists: &mut PushedLists, first: impl IntoIterator<Item = String>) {
        let mut open: Vec<String> = first.into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(authority) = self.trusted(&id).filter(|_| seen.insert(id.clone())) else {
                // One that is retired is in no list; the one that has its place may be.
                let successor = self.authorities.get(&id).and_then(|record| record.successor.clone());
                open.extend(successor.filter(|next| seen.insert(id) && !seen.contains(next)));
                continue;
            };
            open.extend(authority.issuers.iter().chain(&authority.successor).cloned());
            let certificates = authority.certificates.iter().cloned().map(Der);
            let is_trusted = |der: &Der| lists.trusted_certificates.contains(der);
            let new: Vec<Der> = certificates.filter(|der| !is_trusted(der)).collect();
            if !new.is_empty() {
                lists.issuer_crls.extend(authority.revocation_list.clone().map(Der));
                lists.issuer_certificates.extend(new);
            }
        }
    }

    fn add_manager(&self, lists: &mut PushedLists) {
        let Some((leaf, issuers)) = self.own.split_first() else { return };
        lists.trusted_certificates.push(leaf.clone());
        let ours = |der: &Der| self.material.authorities.iter().find(|one| one.certificates.contains(&der.0));
        let known: Vec<String> = issuers.iter().filter_map(ours).map(|one| one.id.clone()).collect();
        self.add_authorities(lists, known);
        let foreign = issuers.iter().filter(|der| ours(der).is_none() && !lists.trusted_certificates.contains(der));
        let foreign: Vec<Der> = foreign.cloned().collect();
        lists.issuer_certificates.extend(foreign);
        self.add_issuers_of(lists, leaf);
    }

    /// The authority of a certificate that came without its chain.
    fn add_issuers_of(&self, lists: &mut PushedLists, leaf: &Der) {
        let held = self.material.certificates.iter().find(|held| held.certificate == leaf.0);
        self.add_authorities(lists, held.and_then(|held| held.issuer.clone()));
    }

    fn trusted(&self, id: &str) -> Option<&TrustAuthority> {
        self.material.authorities.iter().find(|authority| authority.id == id)
    }
}

const LONGEST_CHAIN: usize = 8;

fn chain(own: &[u8]) -> Vec<Der> {
    let Ok((leaf, issuers)) = leaf_of_chain(own) else { return Vec::new() };
    std::iter::once(leaf).chain(issuers).map(|one| Der(one.der().to_vec())).collect()
}
