//! Who will refuse whom once a push is done, told before anything is touched.

use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, Finding, ParsedLists, Purpose, Role, TrustPolicy, verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PushedLists, key_of};
use crate::model::{CertificateType, Der};

/// What a device will have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Its ApplicationUri.
    pub application_uri: String,
    /// The certificate that it will present, and the authorities that it sends behind it. Empty where it gets no new one.
    pub chain: Vec<Der>,
    /// Its trust list; `None` where it stays as it is.
    pub lists: Option<PushedLists>,
    /// Its trust list as it is now, where that is known: whom it refuses already is then told as such.
    pub lists_now: Option<PushedLists>,
    /// The certificate that it presents now, and what it sends behind it.
    pub chain_now: Vec<Der>,
}

/// Somebody who talks to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsalPeer {
    /// Its name.
    pub name: String,
    /// What it is in the connection.
    pub is_client: bool,
    /// Its ApplicationUri.
    pub application_uri: String,
    /// Its certificate, and the authorities that it sends behind it.
    pub chain: Vec<Der>,
    /// Its trust list, where that is known.
    pub lists: Option<PushedLists>,
    /// The types of certificates that it can deal with, where that is known.
    pub takes: Option<Vec<CertificateType>>,
}

/// Who refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RefusedBy {
    /// The device will refuse the peer.
    Device,
    /// The peer will refuse the device.
    Peer,
}

/// A connection that will not come about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The peer.
    pub peer: String,
    /// Who refuses.
    pub by: RefusedBy,
    /// The status code, by name.
    pub status: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
    /// Whether it is so already.
    pub is_so_already: bool,
}

/// Judges each peer by the lists that the device will have, and the device by the lists that each peer has (OPC 10000-4
/// §6.1.3), both as strictly as `policy`.
#[must_use]
pub fn rehearse(device: &Rehearsal, peers: &[RehearsalPeer], policy: &TrustPolicy, now: UtcTime) -> Vec<Refusal> {
    let judge = Judge { policy, now };
    let lists = device.lists.as_ref().map(parsed);
    let lists_now = device.lists_now.as_ref().map(parsed);
    let mut refusals = Vec::new();
    for peer in peers {
        if let Some(finding) = lists.as_ref().and_then(|lists| judge.peer(peer, lists)) {
            let before = lists_now.as_ref().is_some_and(|lists| judge.peer(peer, lists).is_some());
            refusals.push(refusal(peer, RefusedBy::Device, finding, before));
        }
        if let Some(refused) = judge.device(device, peer) {
            refusals.push(refused);
        }
    }
    refusals
}

struct Judge<'a> {
    policy: &'a TrustPolicy,
    now: UtcTime,
}

impl Judge<'_> {
    /// Why the device refuses the peer.
    fn peer(&self, peer: &RehearsalPeer, lists: &ParsedLists) -> Option<Finding> {
        let role = if peer.is_client { Role::Client } else { Role::Server };
        self.judge(&peer.chain, lists, &peer.application_uri, role)
    }

    /// Why the peer refuses the device.
    fn device(&self, device: &Rehearsal, peer: &RehearsalPeer) -> Option<Refusal> {
        let leaf = device.chain.first()?;
        if let Some(problem) = unknown_key(leaf, peer) {
            return Some(Refusal {
                peer: peer.name.clone(),
                by: RefusedBy::Peer,
                status: "BadSecurityPolicyRejected".into(),
                problem,
                remedy: "give the device a certificate of a type that the peer knows too".into(),
                is_so_already: device.chain_now.first().is_some_and(|now| unknown_key(now, peer).is_some()),
            });
        }
        let lists = parsed(peer.lists.as_ref()?);
        let role = if peer.is_client { Role::Server } else { Role::Client };
        let finding = self.judge(&device.chain, &lists, &device.application_uri, role)?;
        let before = !device.chain_now.is_empty()
            && self.judge(&device.chain_now, &lists, &device.application_uri, role).is_some();
        Some(refusal(peer, RefusedBy::Peer, finding, before))
    }

    fn judge(&self, chain: &[Der], lists: &ParsedLists, uri: &str, role: Role) -> Option<Finding> {
        let sent: Vec<Certificate> = chain.iter().filter_map(|der| Certificate::parse(&der.0).ok()).collect();
        let purpose = Purpose { host: None, application_uri: Some(uri), role: Some(role) };
        verdict(&sent, lists, self.now, &purpose, self.policy).refusal
    }
}

fn unknown_key(leaf: &Der, peer: &RehearsalPeer) -> Option<String> {
    let takes = peer.takes.as_ref()?;
    let key = Certificate::parse(&leaf.0).ok().and_then(|leaf| key_of(leaf.public_key()))?;
    let is_known = takes.iter().any(|kind| kind.allows(key));
    (!is_known).then(|| format!("the peer cannot deal with a key of {key:?}, only with {takes:?}"))
}

fn refusal(peer: &RehearsalPeer, by: RefusedBy, finding: Finding, is_so_already: bool) -> Refusal {
    Refusal {
        peer: peer.name.clone(),
        by,
        status: finding.status.to_string(),
        problem: finding.problem,
        remedy: finding.remedy,
        is_so_already,
    }
}

fn parsed(lists: &PushedLists) -> ParsedLists {
    ParsedLists::from(&TrustLists::from(lists))
}
