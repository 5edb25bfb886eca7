//! What is on record of requests and groups, for whoever shows and changes it.

use iiot_core::ua::StatusCode;
use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::prepare::asked_early;
use super::{Authorities, RequestRecord, error, event};
use crate::document::{self, GROUP, Kept, REQUEST};
use crate::policy::{CertificateGroup, CertificateRequest, RequestEvent};
use crate::store::{DocumentQuery, Transaction};

impl Authorities {
    /// All certificate groups with their revisions, ordered by id.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn groups(&self) -> Result<Vec<(CertificateGroup, u64)>> {
        let all: Vec<Kept<CertificateGroup>> = document::all(self.store(), GROUP).await?;
        Ok(all.into_iter().map(|kept| (kept.value, kept.revision)).collect())
    }

    /// A certificate group with its revision; `None` if there is none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn group_on_record(&self, id: &str) -> Result<Option<(CertificateGroup, u64)>> {
        let kept: Option<Kept<CertificateGroup>> = document::load(self.store(), GROUP, id).await?;
        Ok(kept.map(|kept| (kept.value, kept.revision)))
    }

    /// Puts a certificate group on record in place of this revision of it; of none, if it is new.
    ///
    /// # Errors
    /// `InvalidArgument` if it makes no sense, `NotFound` if its authority does not exist, `Conflict` or `AlreadyExists` if
    /// it has another revision; those of the store.
    pub async fn replace_group(&self, group: &CertificateGroup, expected: Option<u64>, by: &str) -> Result<()> {
        let now = self.now()?;
        group.check()?;
        self.authority(&group.authority).await?;
        let details = serde_json::to_value(group).unwrap_or_default();
        let mut transaction = Transaction::new(event("group.put", by, &group.id, details), now);
        transaction.documents.push(document::write((GROUP, &group.id), group, &[], expected)?);
        self.store().commit(transaction).await.map(drop)
    }

    /// A page of requests with these labels (`state`, `application`, `group`), ordered by id.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn requests(
        &self,
        labels: Vec<(String, String)>,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<RequestRecord>> {
        let query = DocumentQuery { kind: REQUEST.into(), labels, after, limit };
        let page = self.store().documents(&query).await?;
        page.into_iter().map(|document| document::read(document).map(|kept| kept.value)).collect()
    }

    /// Whether a certificate could be made for a request, before anybody is asked: for whoever wants it hears at once what
    /// is wrong with it.
    ///
    /// # Errors
    /// `NotFound` if there is no such group; what [`issue`](Self::issue) would say.
    pub async fn judge(&self, request: &CertificateRequest) -> Result<()> {
        asked_early(request, &self.group(&request.group).await?)
    }

    /// The certificate of a request is of no use, since its key was lost before it was delivered.
    ///
    /// # Errors
    /// `NotFound` if there is no such request, `Conflict` if it has gone another way; those of the store.
    pub async fn key_lost(&self, id: &str, reason: String, by: &str) -> Result<()> {
        if reason.is_empty() {
            return Err(error(ErrorKind::InvalidArgument, "fail request", "say why").with("request", id));
        }
        let failed = RequestEvent::Failed { status: StatusCode::BadRequestNotAllowed, reason: reason.clone() };
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept_request(id).await?;
        value.request.handle(failed)?;
        let mut transaction = Transaction::new(event("request.failed", by, id, json!({ "reason": reason })), now);
        transaction.documents.push(value.write(Some(revision))?);
        self.store().commit(transaction).await.map(drop)
    }
}
