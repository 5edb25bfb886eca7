//! Who must agree, and whether enough do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use iiot_core::operation::Role;
use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Digest;

/// Something that must be approved before it is done.
pub trait Approvable {
    /// What it is, to the last bit that matters.
    fn digest(&self) -> Digest;

    /// Who wants it: he never approves it.
    fn requester(&self) -> &str;
}

/// Who must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ApprovalPolicy {
    /// Nobody: the checks of the request itself are enough.
    Automatic,
    /// Several people.
    Votes(VotePolicy),
}

/// How many people must agree, and which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VotePolicy {
    /// So many. The one who asks never counts.
    pub needed: NonZeroU32,
    /// Who have this role or a higher one, when the votes are counted.
    pub role: Role,
    /// Only these people; all with the role if it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 256)))]
    pub people: Vec<String>,
    /// A vote counts for so many hours.
    pub valid_hours: u32,
}

impl VotePolicy {
    /// Whether enough people can meet it; else what is wrong.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let people: BTreeSet<&String> = self.people.iter().collect();
        if self.valid_hours == 0 {
            return Err("its votes must be valid for an hour at least");
        }
        if !people.is_empty() && people.len() < self.needed.get() as usize {
            return Err("it asks fewer people than must agree");
        }
        Ok(())
    }
}

/// What somebody thinks of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    /// Who.
    pub by: String,
    /// What he thinks.
    pub choice: Choice,
    /// Of what: the [digest](Approvable::digest) of what he has seen.
    pub digest: Digest,
    /// When.
    pub at: UtcTime,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Choice {
    /// It may be done.
    Approve,
    /// It must not be done.
    Reject,
}

/// Something that was approved. Only [`decide`] makes one, so what takes one cannot be called without.
///
/// It cannot be put together from its parts:
///
/// ```compile_fail,E0451
/// use iiot_gds::policy::{ApprovalPolicy, Approved, Digester};
///
/// let (subject, digest) = ("anything", Digester::new("").finish());
/// let approved = Approved { subject, digest, by: vec![], policy: ApprovalPolicy::Automatic };
/// ```
///
/// Nor can it be read from anywhere:
///
/// ```compile_fail,E0277
/// let approved: iiot_gds::policy::Approved<String> = serde_json::from_str("{}")?;
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Nor can what was approved be changed, or be done twice:
///
/// ```compile_fail,E0596
/// # use iiot_gds::policy::{Approved, CertificateRequest};
/// fn swap(mut approved: Approved<CertificateRequest>) {
///     approved.get().group.clear();
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use iiot_gds::policy::{Approved, CertificateRequest};
/// fn twice(approved: Approved<CertificateRequest>) -> [Approved<CertificateRequest>; 2] {
///     [approved.clone(), approved]
/// }
/// ```
///
/// It can be looked at:
///
/// ```
/// # use iiot_gds::policy::{Approved, CertificateRequest};
/// fn group(approved: &Approved<CertificateRequest>) -> &str {
///     &approved.get().group
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Approved<T> {
    subject: T,
    digest: Digest,
    by: Vec<String>,
    policy: ApprovalPolicy,
}

/// Whether something may be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision<T> {
    /// It may.
    Approved(Approved<T>),
    /// Not yet.
    Pending(Pending),
    /// It must not: this vote counts, and it says no.
    Rejected(Vote),
}

/// How far an approval is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Who have approved.
    pub by: Vec<String>,
    /// How many must.
    pub needed: u32,
    /// The votes that do not count, and why.
    pub uncounted: Vec<Uncounted>,
}

/// A vote that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncounted {
    /// The vote.
    pub vote: Vote,
    /// Why.
    pub because: Discounted,
}

/// Why a vote does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discounted {
    /// It is for something else, or what it is for was changed since.
    OtherContent,
    /// It is of the one who asks.
    Requester,
    /// It is of somebody who is not asked.
    NotAsked,
    /// He has not the role, or no longer.
    RoleMissing,
    /// It is too old.
    Expired,
    /// It is of the future: the clock was set.
    Future,
    /// He has voted again since.
    Replaced,
}

/// Counts the votes, in the order in which they were cast. `role_of` tells the role that somebody has now; `None` if he
/// has none any more.
///
/// A vote counts if it is for exactly this content, not of the one who asks, of somebody who is asked and still has the
/// role, and not expired. Of each person the last vote counts. One that says no is enough to reject.
pub fn decide<T: Approvable + Clone>(
    policy: &ApprovalPolicy,
    subject: &T,
    votes: &[Vote],
    role_of: impl Fn(&str) -> Option<Role>,
    now: UtcTime,
) -> Decision<T> {
    let approved = |by| {
        let (subject, digest, policy) = (subject.clone(), subject.digest(), policy.clone());
        Decision::Approved(Approved { subject, digest, by, policy })
    };
    let rules = match policy {
        ApprovalPolicy::Automatic => return approved(Vec::new()),
        ApprovalPolicy::Votes(rules) => rules,
    };
    let count = Count { rules, requester: subject.requester(), digest: &subject.digest(), role_of: &role_of, now };
    let (counted, uncounted) = count.of(votes);
    if let Some(no) = counted.iter().find(|vote| vote.choice == Choice::Reject) {
        return Decision::Rejected((*no).clone());
    }
    let by: Vec<String> = counted.into_iter().map(|vote| vote.by.clone()).collect();
    if by.len() >= rules.needed.get() as usize {
        return approved(by);
    }
    Decision::Pending(Pending { by, needed: rules.needed.get(), uncounted })
}

impl<T: Approvable> Approved<T> {
    /// What is on record as approved; or what is a part of something that was, in whose words it was shown to those who
    /// agreed.
    #[cfg(feature = "local")]
    pub(crate) fn on_record(subject: T, by: Vec<String>, policy: ApprovalPolicy) -> Self {
        Self { digest: subject.digest(), subject, by, policy }
    }
}

impl ApprovalPolicy {
    /// Whether nobody is asked.
    #[must_use]
    pub const fn is_automatic(&self) -> bool {
        matches!(self, Self::Automatic)
    }
}

impl<T> Approved<T> {
    /// What was approved.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.subject
    }

    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// By whom; nobody where nobody had to be asked.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// The policy that it met.
    #[must_use]
    pub fn policy(&self) -> &ApprovalPolicy {
        &self.policy
    }
}

/// The clocks of two faces may differ by so much.
const SKEW: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

struct Count<'a, F> {
    rules: &'a VotePolicy,
    requester: &'a str,
    digest: &'a Digest,
    role_of: &'a F,
    now: UtcTime,
}

impl<F: Fn(&str) -> Option<Role>> Count<'_, F> {
    /// The votes that count, by person, and those that do not.
    fn of<'v>(&self, votes: &'v [Vote]) -> (Vec<&'v Vote>, Vec<Uncounted>) {
        let mut counted: BTreeMap<&str, &Vote> = BTreeMap::new();
        let (mut voted, mut uncounted) = (BTreeSet::new(), Vec::new());
        for vote in votes.iter().rev() {
            match self.fault(vote, &mut voted) {
                None => drop(counted.insert(&vote.by, vote)),
                Some(because) => uncounted.push(Uncounted { vote: vote.clone(), because }),
            }
        }
        uncounted.reverse();
        (counted.into_values().collect(), uncounted)
    }

    /// What is wrong with a vote; `voted` holds who has voted after it. A vote that no longer counts still replaces those
    /// before it: whoever said no does not say yes again when his no expires.
    fn fault<'v>(&self, vote: &'v Vote, voted: &mut BTreeSet<&'v str>) -> Option<Discounted> {
        if vote.digest != *self.digest {
            return Some(Discounted::OtherContent);
        }
        if !voted.insert(&vote.by) {
            return Some(Discounted::Replaced);
        }
        self.not_entitled(&vote.by).or_else(|| self.out_of_time(vote.at))
    }

    fn not_entitled(&self, person: &str) -> Option<Discounted> {
        let people = &self.rules.people;
        if person == self.requester {
            return Some(Discounted::Requester);
        }
        if !people.is_empty() && !people.iter().any(|asked| asked == person) {
            return Some(Discounted::NotAsked);
        }
        let has_role = (self.role_of)(person).is_some_and(|has| has >= self.rules.role);
        (!has_role).then_some(Discounted::RoleMissing)
    }

    fn out_of_time(&self, at: UtcTime) -> Option<Discounted> {
        if at > self.now + SKEW {
            return Some(Discounted::Future);
        }
        (self.now.since(at) >= HOUR * self.rules.valid_hours).then_some(Discounted::Expired)
    }
}

impl fmt::Display for Discounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherContent => "it is for another content than the one that is asked for now",
            Self::Requester => "whoever asks does not approve it himself",
            Self::NotAsked => "it is of somebody who is not asked",
            Self::RoleMissing => "he has not the role, or no longer",
            Self::Expired => "it has expired",
            Self::Future => "it was cast later than now: the clock was set",
            Self::Replaced => "he has voted again since",
        })
    }
}
