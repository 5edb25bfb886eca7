//! Who must agree to what changes the office itself.

use iiot_core::operation::Role;
use iiot_core::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ApprovalPolicy;

/// Who must agree to changes of authorities, groups and this policy, and to revocations.
///
/// Nobody but the one who wants it, where nothing is said: otherwise nobody could set up the first authority. Whoever sets
/// a policy with votes cannot take it back alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfficePolicy {
    /// To changes of authorities and groups, to the end of an authority, and to changes of this policy.
    pub changes: ApprovalPolicy,
    /// To revocations of the certificates of applications. They are urgent: more than one vote costs the time in which a
    /// stolen key is good.
    pub revocations: ApprovalPolicy,
}

impl Default for OfficePolicy {
    /// One administrator changes, one approver revokes.
    fn default() -> Self {
        Self { changes: ApprovalPolicy::Automatic, revocations: ApprovalPolicy::Automatic }
    }
}

impl OfficePolicy {
    /// Whether its rules go together, and somebody can meet them: whoever may vote is at least an approver, and of those who
    /// are named enough have the role now.
    ///
    /// # Errors
    /// `InvalidArgument` with what is wrong.
    pub fn check(&self, role_of: impl Fn(&str) -> Option<Role>) -> Result<()> {
        for (name, policy) in [("changes", &self.changes), ("revocations", &self.revocations)] {
            let ApprovalPolicy::Votes(rules) = policy else { continue };
            let wrong = |message: &'static str| {
                Err(Error::new(ErrorKind::InvalidArgument, "check policy", message).with("policy", name))
            };
            rules.check().or_else(wrong)?;
            if rules.role < Role::Approver {
                return wrong("only approvers and administrators vote");
            }
            let can = rules.people.iter().filter(|person| role_of(person).is_some_and(|has| has >= rules.role)).count();
            // The one who proposes does not count.
            if !rules.people.is_empty() && can <= rules.needed.get() as usize {
                return wrong(
                    "it names so few people with the role that nothing could be approved if one of them asks",
                );
            }
        }
        Ok(())
    }
}
