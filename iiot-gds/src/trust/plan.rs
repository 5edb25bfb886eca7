//! The trust lists of each application.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::trust::TrustLists;

use super::TrustGraph;

/// The authorities and certificates that there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Material {
    /// Every authority that has issued one of the certificates or is about to issue some, and theirs up to the roots.
    pub authorities: Vec<TrustAuthority>,
    /// Every certificate that is valid: all that an application has, an old one beside its new one too.
    pub certificates: Vec<HeldCertificate>,
}

/// An authority, as trust lists need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustAuthority {
    /// Its id.
    pub id: String,
    /// Its certificates (DER); several if more than one authority has issued it one.
    pub certificates: Vec<Vec<u8>>,
    /// Its newest revocation list (DER).
    pub revocation_list: Option<Vec<u8>>,
    /// The authorities that have issued its certificates; none for a root.
    pub issuers: Vec<String>,
    /// The group for whose members alone it issues certificates; `None` if it issues some for others.
    pub group: Option<String>,
    /// The authority that takes its place: known to everybody before it issues anything.
    pub successor: Option<String>,
}

/// A certificate of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCertificate {
    /// Whose it is.
    pub application: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// The authority; `None` for one that it has signed itself.
    pub issuer: Option<String>,
}

/// Tells the trust lists of each application.
///
/// Where an application must trust a group as a whole, and the group has an authority of its own, it trusts the authority,
/// so that members that come later or get new certificates are trusted at once. It does not if a certificate of that
/// authority is still in other hands, as of an application that has left the group: then, and where it must trust some
/// members only, it trusts their certificates, one by one.
///
/// The lists are complete: every authority up to the roots is there with its revocation list, those of the application's
/// own certificates too, and every authority that takes another one's place beside that one. Their order says nothing and
/// is always the same.
#[derive(Debug)]
pub struct TrustPlan<'a> {
    graph: &'a TrustGraph,
    authorities: BTreeMap<&'a str, &'a TrustAuthority>,
    held: BTreeMap<&'a str, Vec<&'a HeldCertificate>>,
    /// The applications with certificates of an authority or of one below it.
    holders: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> TrustPlan<'a> {
    /// Puts together what may be and what there is.
    #[must_use]
    pub fn new(graph: &'a TrustGraph, material: &'a Material) -> Self {
        let authorities = material.authorities.iter().map(|authority| (authority.id.as_str(), authority)).collect();
        let mut plan = Self { graph, authorities, held: BTreeMap::new(), holders: BTreeMap::new() };
        for certificate in &material.certificates {
            plan.held.entry(&certificate.application).or_default().push(certificate);
            for authority in plan.upwards(certificate.issuer.as_deref()) {
                plan.holders.entry(authority).or_default().insert(&certificate.application);
            }
        }
        plan
    }

    /// The trust lists of an application.
    #[must_use]
    pub fn lists(&self, application: &str) -> TrustLists {
        let peers = self.graph.peers(application);
        let trusted = self.trusted_authorities(application, &peers);
        let of = |application: &str| self.held.get(application).into_iter().flatten().copied();
        let single: Vec<&HeldCertificate> =
            peers.iter().flat_map(|peer| of(peer)).filter(|one| self.is_single(one, &trusted)).collect();
        let used = single.iter().copied().chain(of(application)).filter_map(|one| one.issuer.as_deref());
        let known = self.known(used.chain(trusted.iter().copied()));
        let issuers = known.difference(&trusted).copied().collect();
        TrustLists {
            trusted_certificates: sorted(single.iter().map(|one| &one.certificate).chain(self.certificates(&trusted))),
            trusted_crls: sorted(self.revocation_lists(&trusted)),
            issuer_certificates: sorted(self.certificates(&issuers)),
            issuer_crls: sorted(self.revocation_lists(&issuers)),
        }
    }

    fn trusted_authorities(&self, application: &str, peers: &BTreeSet<&str>) -> BTreeSet<&'a str> {
        let wanted = |authority: &TrustAuthority| {
            authority.group.as_ref().is_some_and(|group| self.graph.trusts_group(application, group))
        };
        let in_good_hands = |authority: &str| {
            let mut holders = self.holders.get(authority).into_iter().flatten();
            holders.all(|holder| *holder == application || peers.contains(holder))
        };
        let all = self.authorities.iter();
        all.filter(|(id, authority)| wanted(authority) && in_good_hands(id)).map(|(id, _)| *id).collect()
    }

    /// Whether no authority that is trusted vouches for it.
    fn is_single(&self, held: &HeldCertificate, trusted: &BTreeSet<&str>) -> bool {
        self.upwards(held.issuer.as_deref()).is_disjoint(trusted)
    }

    /// An authority and all above it.
    fn upwards(&self, authority: Option<&str>) -> BTreeSet<&'a str> {
        self.closure(authority, |authority| authority.issuers.iter().map(String::as_str).collect())
    }

    /// Authorities, all above them, and all that take their places.
    fn known<'b>(&self, authorities: impl IntoIterator<Item = &'b str>) -> BTreeSet<&'a str> {
        self.closure(authorities, |authority| {
            authority.issuers.iter().chain(&authority.successor).map(String::as_str).collect()
        })
    }

    fn closure<'b>(
        &self,
        first: impl IntoIterator<Item = &'b str>,
        next: impl Fn(&'a TrustAuthority) -> Vec<&'a str>,
    ) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = first.into_iter().collect();
        while let Some(id) = open.pop() {
            let Some((id, authority)) = self.authorities.get_key_value(id) else { continue };
            if found.insert(*id) {
                open.extend(next(authority));
            }
        }
        found
    }

    fn certificates<'s>(&'s self, authorities: &'s BTreeSet<&str>) -> impl Iterator<Item = &'s Vec<u8>> {
        authorities.iter().filter_map(|id| self.authorities.get(id)).flat_map(|authority| &authority.certificates)
    }

    fn revocation_lists<'s>(&'s self, authorities: &'s BTreeSet<&str>) -> impl Iterator<Item = &'s Vec<u8>> {
        authorities.iter().filter_map(|id| self.authorities.get(id)).filter_map(|one| one.revocation_list.as_ref())
    }
}

fn sorted<'a>(entries: impl Iterator<Item = &'a Vec<u8>>) -> Vec<Vec<u8>> {
    entries.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}
