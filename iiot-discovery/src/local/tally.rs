//! How many addresses and ports turned out to be what.

use crate::outcome::Outcome;

/// How far a scan is, and what it found, by [`Outcome`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Addresses and ports to be tried.
    pub planned: u64,
    /// [`Outcome::Closed`]
    pub closed: u64,
    /// [`Outcome::Filtered`]
    pub filtered: u64,
    /// [`Outcome::Unreachable`]
    pub unreachable: u64,
    /// [`Outcome::NotTried`]
    pub not_tried: u64,
    /// [`Outcome::Silent`]
    pub silent: u64,
    /// [`Outcome::Hangup`]
    pub hangup: u64,
    /// [`Outcome::Other`]
    pub other: u64,
    /// [`Outcome::Refused`]
    pub refused: u64,
    /// [`Outcome::OpcUa`]
    pub opc_ua: u64,
}

impl Tally {
    /// Those whose outcome is known.
    #[must_use]
    pub const fn probed(&self) -> u64 {
        let unanswered = self.closed + self.filtered + self.unreachable + self.not_tried;
        unanswered + self.silent + self.hangup + self.other + self.answered()
    }

    /// Those that speak OPC UA.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.refused + self.opc_ua
    }

    /// Whether all of the plan was tried: who was not found is not there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.probed() == self.planned && self.not_tried == 0
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        let kind = match outcome {
            Outcome::Closed => &mut self.closed,
            Outcome::Filtered => &mut self.filtered,
            Outcome::Unreachable { .. } => &mut self.unreachable,
            Outcome::NotTried { .. } => &mut self.not_tried,
            Outcome::Silent => &mut self.silent,
            Outcome::Hangup => &mut self.hangup,
            Outcome::Other { .. } => &mut self.other,
            Outcome::Refused { .. } => &mut self.refused,
            Outcome::OpcUa => &mut self.opc_ua,
        };
        *kind += 1;
    }
}
