//! What a device shows after a push, and how it differs from what it should.

use iiot_core::ua::trust::leaf_of_chain;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PushedLists, Step};
use crate::model::Der;

/// The certificate that a device presents at one of its endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The name of the security policy.
    pub policy: String,
    /// The certificate, the leaf alone.
    pub certificate: Der,
}

/// What a device shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    /// The endpoints with security that use this kind of certificate.
    pub endpoints: Vec<Presented>,
    /// The certificate of the channel over which all of this was read: its key was proved.
    pub proved: Der,
    /// The trust list; `None` if it could not be read because the device presents neither the old certificate nor the new.
    pub lists: Option<PushedLists>,
}

/// Where a device differs from what was pushed to it, or did not do what it must.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deviation {
    /// The step that tells.
    pub step: Step,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Deviation {
    pub(super) fn new(step: Step, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { step, expected: expected.into(), found: found.into() }
    }
}

impl ReadBack {
    /// How it differs from this certificate and these lists.
    #[must_use]
    pub fn deviations(&self, certificate: &Der, lists: Option<&PushedLists>) -> Vec<Deviation> {
        let certificate = leaf(certificate);
        let expected = name(&certificate);
        let mut found: Vec<Deviation> = Vec::new();
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.certificate != certificate) {
            let presented = format!("{} presents {}", endpoint.policy, name(&endpoint.certificate));
            found.push(Deviation::new(Step::ReadBack, &expected, presented));
        }
        if leaf(&self.proved) != certificate {
            let proved = format!("the channel is made with {}", name(&self.proved));
            found.push(Deviation::new(Step::ReadBack, &expected, proved));
        }
        found.extend(self.list_deviations(lists));
        found
    }

    /// How its trust list differs from these lists.
    #[must_use]
    pub fn list_deviations(&self, wanted: Option<&PushedLists>) -> Vec<Deviation> {
        match (wanted, &self.lists) {
            (Some(wanted), Some(found)) => differences(wanted, found),
            (Some(_), None) => vec![Deviation::new(Step::ReadBack, "a trust list", "none that could be read")],
            (None, _) => Vec::new(),
        }
    }

    /// Whether all endpoints and the channel use this certificate.
    pub(super) fn presents(&self, certificate: &Der) -> bool {
        self.deviations(certificate, None).is_empty()
    }
}

/// The first certificate of a chain; what does not parse stays as it is.
pub(super) fn leaf(chain: &Der) -> Der {
    leaf_of_chain(&chain.0).map_or_else(|_| chain.clone(), |(leaf, _)| Der(leaf.der().to_vec()))
}

/// A certificate, for people.
fn name(certificate: &Der) -> String {
    if certificate.0.is_empty() {
        return "no certificate".into();
    }
    format!("the certificate with SHA-256 {}", leaf(certificate).sha256())
}

fn differences(wanted: &PushedLists, found: &PushedLists) -> Vec<Deviation> {
    let pairs = wanted.named().into_iter().zip(found.named());
    let lengths: Vec<(usize, usize)> = pairs.map(|((_, wanted), (_, found))| (wanted.len(), found.len())).collect();
    let told = |difference: super::Difference| {
        let (wanted, found) = lengths[difference.list as usize];
        let expected = format!("{wanted} entries in {:?}", difference.list);
        let found = format!("{found}, missing {:?}, unexpected {:?}", difference.missing, difference.unexpected);
        Deviation::new(Step::ReadBack, expected, found)
    };
    wanted.differences(found).into_iter().map(told).collect()
}
