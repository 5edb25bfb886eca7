//! What a push would change, before anything is touched.

use iiot_core::Result;
use iiot_core::ua::trust::TrustPolicy;

use super::LocalDevices;
use crate::devices::device::RehearsalResponse;
use crate::devices::records::missing;
use crate::devices::survey::{Survey, Surveyed, leaf};
use crate::model::Der;
use crate::push::{PushedLists, Refusal, Rehearsal, RehearsalPeer, rehearse};

const MAX_CHANGES: usize = 1000;

impl LocalDevices {
    /// What a push to a device would bring about.
    ///
    /// A certificate that is still to be made is stood in for by the present one, if that is of the same authority; else
    /// whether peers take it is not told.
    pub(super) async fn rehearsal(&self, survey: &Survey, device: &str) -> Result<RehearsalResponse> {
        let one = survey.devices.get(device).ok_or_else(|| missing("rehearse push", "device", device))?;
        let application = self.office.application(device).await?;
        let mut changes = one.changes();
        changes.truncate(MAX_CHANGES);
        let chain = chain(survey, one);
        let rehearsal = Rehearsal {
            application_uri: application.description.application_uri,
            chain: chain.clone(),
            lists: one.known.record.settings.manages_trust_list.then(|| one.wanted.clone()),
            lists_now: one.have.clone(),
            chain_now: chain,
        };
        let peers = self.peers(survey, device).await?;
        let refusals: Vec<Refusal> = rehearse(&rehearsal, &peers, &TrustPolicy::default(), survey.at);
        Ok(RehearsalResponse { changes, new_certificate: one.certificate.clone(), refusals })
    }

    /// All that talk to a device and have a certificate, with the trust lists that they have.
    async fn peers(&self, survey: &Survey, device: &str) -> Result<Vec<RehearsalPeer>> {
        let (ground, plan) = (&survey.ground, survey.ground.plan());
        let mut peers = Vec::new();
        for peer in ground.graph.peers(device) {
            // One that is no longer on record is in nobody's way.
            let Ok(application) = self.office.application(peer).await else { continue };
            let had = survey.devices.get(peer).map(|one| one.have.clone().unwrap_or_default());
            let lists: PushedLists = had.unwrap_or_else(|| ground.lists(&plan, peer, None, false));
            for held in ground.material.certificates.iter().filter(|held| held.application == peer) {
                let mut chain = vec![Der(held.certificate.clone())];
                chain.extend(ground.chain_of(held.issuer.as_deref()));
                peers.push(RehearsalPeer {
                    name: peer.to_owned(),
                    is_client: ground.graph.allows(peer, device),
                    application_uri: application.description.application_uri.clone(),
                    chain,
                    lists: Some(lists.clone()),
                    takes: None,
                });
            }
        }
        Ok(peers)
    }
}

/// The certificate of a device with those above it.
fn chain(survey: &Survey, one: &Surveyed) -> Vec<Der> {
    let Some(pin) = &one.known.state.pin else { return Vec::new() };
    let leaf = leaf(pin);
    let held = survey.ground.held(&one.known.record.device, &leaf);
    let above = match held {
        Some(held) => survey.ground.chain_of(held.issuer.as_deref()),
        None => one.known.state.pin_issuers.clone(),
    };
    std::iter::once(leaf).chain(above).collect()
}
