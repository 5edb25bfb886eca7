//! What the peers cannot, with the words by which they say so.
//!
//! A gap that closes, or that shows in other words, is a failure: then this list is out of date.

use iiot_core::testing::{Stack, WayIn};

use super::features::{Feature, Outcome};
use super::matrix::Cell;

struct Gap {
    stack: Stack,
    feature: Feature,
    evidence: &'static str,
}

const GAPS: [Gap; 6] = [
    Gap { stack: Stack::Gopcua, feature: Feature::Call, evidence: "BadServiceUnsupported" },
    Gap {
        stack: Stack::Gopcua,
        feature: Feature::Events,
        evidence: "EventNotifier of the Server object is Some(Byte(0))",
    },
    Gap { stack: Stack::Gopcua, feature: Feature::History, evidence: "BadServiceUnsupported" },
    Gap { stack: Stack::Gopcua, feature: Feature::Reverse, evidence: "names nothing with Reverse" },
    Gap { stack: Stack::Asyncua, feature: Feature::Reverse, evidence: "knows ReverseHello" },
    Gap { stack: Stack::Milo, feature: Feature::Reverse, evidence: "can bind and unbind only" },
];

/// Whether an outcome is as it should be for this stack.
pub(super) fn judge(stack: Stack, feature: Feature, outcome: Outcome) -> Cell {
    let gap = GAPS.iter().find(|gap| gap.stack == stack && gap.feature == feature);
    match (gap, outcome) {
        (None, Ok(())) => Cell::Works,
        (None, Err(why)) => Cell::Fails(why),
        (Some(gap), Err(why)) if why.contains(gap.evidence) => Cell::Gap(why),
        (Some(gap), outcome) => Cell::Fails(format!("was known to say {}, but: {outcome:?}", gap.evidence)),
    }
}

/// What reading the stack's source shows; another client, asyncua's, waits as well.
const NEVER_DECRYPTS: &str = "it takes the first OpenSecureChannel request as clear text (`uasc`, `verifyAndDecrypt`)";

/// The same for a way in.
pub(super) fn judge_way(stack: Stack, way: &WayIn, outcome: Outcome) -> Cell {
    match (ways_gap(stack, way), outcome) {
        (None, Ok(())) => Cell::Works,
        (None, Err(why)) => Cell::Fails(why),
        (Some(evidence), Err(why)) if why.contains(evidence) => Cell::Gap(format!("{evidence}; {NEVER_DECRYPTS}")),
        (Some(evidence), outcome) => Cell::Fails(format!("was known to say {evidence}, but: {outcome:?}")),
    }
}

fn ways_gap(stack: Stack, way: &WayIn) -> Option<&'static str> {
    match stack {
        Stack::Gopcua if way.policy != "None" => Some("the server did not answer in time"),
        _ => None,
    }
}
