//! Certificate groups and the policy of the office.

use iiot_core::{ErrorKind, Result};

use super::{LocalCertificates, error, id};
use crate::certificates::groups::{GroupsResponse, RecordedGroup, RecordedPolicy};
use crate::document;
use crate::policy::OfficePolicy;

pub(super) const POLICY: &str = "policy";

impl LocalCertificates {
    pub(super) async fn list_groups(&self) -> Result<GroupsResponse> {
        let all = self.office.authorities.groups().await?;
        Ok(GroupsResponse {
            groups: all.into_iter().map(|(group, revision)| RecordedGroup { group, revision }).collect(),
        })
    }

    pub(super) async fn one_group(&self, group: &str) -> Result<RecordedGroup> {
        id("group", group)?;
        let found = self.office.authorities.group_on_record(group).await?;
        let (group, revision) = found.ok_or_else(|| {
            error(ErrorKind::NotFound, "get certificate group", "there is none with this id").with("group", group)
        })?;
        Ok(RecordedGroup { group, revision })
    }

    /// The policy that holds now.
    pub(super) async fn policy(&self) -> Result<RecordedPolicy> {
        let kept = document::load::<OfficePolicy>(self.store(), POLICY, OFFICE).await?;
        let (policy, revision) = kept.map(|kept| (kept.value, Some(kept.revision))).unwrap_or_default();
        Ok(RecordedPolicy { policy, revision })
    }
}

/// The id of the one policy that there is.
pub(super) const OFFICE: &str = "office";
