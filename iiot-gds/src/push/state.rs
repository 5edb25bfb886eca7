//! One push to one device, as it is kept.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Channel, Deviation, Issued, Order, PushedLists};
use crate::model::Der;

/// A push to a device: what is wanted, how far it is, what came of it. [`step`](Self::step) takes it on.
///
/// ```
/// use iiot_core::time::UtcTime;
/// use iiot_gds::push::{Action, Event, Order, Push, Step};
///
/// let now = UtcTime::UNIX_EPOCH;
/// let push = Push::new("press", 1, Order::new(b"its certificate (DER)".to_vec()), now);
/// assert_eq!(push.next(now), Action::Connect);
///
/// let away = Event::Failed {
///     is_retryable: true,
///     is_lost: true,
///     status: "BadTimeout".into(),
///     message: "nobody answers".into(),
/// };
/// let (push, action) = push.step(away, now);
/// assert_eq!(push.step, Step::Connect);
/// assert!(matches!(action, Action::Wait { until, .. } if until > now));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// The device.
    pub device: String,
    /// Which of its pushes: 1, 2, 3 …
    pub number: u64,
    /// What is wanted.
    pub order: Order,
    /// What comes next.
    pub step: Step,
    /// Since when it has been at this step.
    pub since: UtcTime,
    /// Nothing happens before.
    pub not_before: Option<UtcTime>,
    /// Failures in a row.
    pub failures: u32,
    /// How often the device was looked at without showing what was pushed.
    pub looks: u32,
    /// The trust list as the device had it before the first change.
    pub saved: Option<PushedLists>,
    /// The signing request that the certificate is for.
    pub signing_request: Option<Der>,
    /// The key that it is for (SubjectPublicKeyInfo, DER).
    pub request_key: Option<Der>,
    /// The certificate that was issued for the device.
    pub issued: Option<Issued>,
    /// Certificates that were issued for this push and can no longer be used: to be revoked.
    pub orphaned: Vec<Der>,
    /// Whether the device wants ApplyChanges; unknown where it did not say.
    pub apply_required: Option<bool>,
    /// The session was lost at a moment when it is not known whether the device has applied what it had.
    pub is_uncertain: bool,
    /// What the device did otherwise than it should. Where there is any, it is never managed.
    pub deviations: Vec<Deviation>,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// What became of the saved trust list after a failed read-back.
    pub roll_back: Option<RollBack>,
    /// Who works on it.
    pub claim: Option<Claim>,
    /// The channel of the session that is open now.
    #[serde(skip)]
    pub(super) channel: Option<Channel>,
}

/// A step of a push. All but the last three are work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Connect to the device with the pinned certificate, on a channel that is strong enough.
    Connect,
    /// Read its trust list and keep it.
    SaveTrustList,
    /// Write the new trust list.
    WriteTrustList,
    /// Have the device make a signing request.
    RequestCertificate,
    /// Have the certificate issued.
    Issue,
    /// Give it to the device.
    UpdateCertificate,
    /// Have the device apply all of it.
    ApplyChanges,
    /// Connect again and compare what the device shows.
    ReadBack,
    /// Done: the device has shown what was pushed.
    Managed,
    /// Over: the device shows something else. See the deviations.
    Deviating,
    /// Over: it did not work. See the trouble.
    Failed,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// At which step.
    pub step: Step,
    /// The status code, by name.
    pub status: String,
    /// What happened and what to do, for people.
    pub message: String,
    /// When.
    pub at: UtcTime,
}

/// What became of the saved trust list after a failed read-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum RollBack {
    /// It is being written.
    UnderWay,
    /// The device shows it again.
    Done,
    /// The device does not show it.
    Failed {
        /// Why.
        because: String,
    },
}

/// Who works on a push; others keep away until it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The name of the worker.
    pub by: String,
    /// Until when, unless it says so again.
    pub until: UtcTime,
}

impl Step {
    /// The steps that are work, in order.
    pub const WORK: [Self; 8] = [
        Self::Connect,
        Self::SaveTrustList,
        Self::WriteTrustList,
        Self::RequestCertificate,
        Self::Issue,
        Self::UpdateCertificate,
        Self::ApplyChanges,
        Self::ReadBack,
    ];

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Managed | Self::Deviating | Self::Failed)
    }
}

impl Push {
    /// A push that has not begun.
    #[must_use]
    pub fn new(device: impl Into<String>, number: u64, order: Order, now: UtcTime) -> Self {
        Self {
            device: device.into(),
            number,
            order,
            step: Step::Connect,
            since: now,
            not_before: None,
            failures: 0,
            looks: 0,
            saved: None,
            signing_request: None,
            request_key: None,
            issued: None,
            orphaned: Vec::new(),
            apply_required: None,
            is_uncertain: false,
            deviations: Vec::new(),
            trouble: None,
            roll_back: None,
            claim: None,
            channel: None,
        }
    }

    /// Whether the device has what was ordered, as it showed itself.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.step == Step::Managed
    }

    /// The certificate that the device has in the end, if all goes well.
    #[must_use]
    pub fn wanted_certificate(&self) -> &Der {
        self.issued.as_ref().map_or(&self.order.pin, |issued| &issued.certificate)
    }

    /// The trust list that the device has in the end: the ordered one, or while rolling back the saved one.
    #[must_use]
    pub fn wanted_lists(&self) -> Option<&PushedLists> {
        if self.is_rolling_back() { self.saved.as_ref() } else { self.order.lists.as_ref() }
    }

    /// Whether a session is open, as far as the push knows.
    pub(super) fn has_session(&self) -> bool {
        self.channel.is_some()
    }

    /// Whether the saved trust list is being written back.
    #[must_use]
    pub fn is_rolling_back(&self) -> bool {
        self.roll_back == Some(RollBack::UnderWay)
    }
}
