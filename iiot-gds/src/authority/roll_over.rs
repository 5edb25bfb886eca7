//! One authority takes the place of another one, and everybody trusts both in between.
//!
//! An authority that [replaces](super::AuthoritySpec::replaces) another one is trusted as soon as it is made. Once all have
//! the new trust lists it is activated and issues from then on; the old one is still trusted, and publishes revocation
//! lists, until no certificate of its is in use any more and it is retired.

use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::{Authorities, AuthorityRecord, Stage, error, event};
use crate::document::{self, AUTHORITY, Kept};
use crate::store::{CertificateQuery, Transaction};

impl Authorities {
    /// A prepared authority takes the place of the one that it replaces: call it when all trust lists hold it. Groups of the
    /// old one are served by the new one.
    ///
    /// # Errors
    /// `NotFound` if there is none, `InvalidArgument` if it is not prepared; those of the store.
    pub async fn activate(&self, id: &str, by: &str) -> Result<()> {
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept(id).await?;
        let Some(old) = value.replaces.clone().filter(|_| value.stage == Stage::Prepared) else {
            return Err(refused("it is not one that is prepared to take another one's place", id));
        };
        let mut before = self.kept(&old).await?;
        value.stage = Stage::Active;
        before.value.stage = before.value.stage.max(Stage::Retiring);
        let mut transaction = Transaction::new(event("authority.activated", by, id, json!({ "replaces": old })), now);
        transaction.documents.push(document::write((AUTHORITY, id), &value, &[], Some(revision))?);
        transaction.documents.push(document::write((AUTHORITY, &old), &before.value, &[], Some(before.revision))?);
        self.store().commit(transaction).await.map(drop)
    }

    /// An authority whose place was taken is no longer trusted, and publishes no more lists.
    ///
    /// # Errors
    /// `InvalidArgument` if nobody took its place, or certificates of its are still in use; `NotFound` if there is none;
    /// those of the store.
    pub async fn retire(&self, id: &str, by: &str) -> Result<()> {
        let now = self.now()?;
        let Kept { mut value, revision } = self.kept(id).await?;
        if value.stage != Stage::Retiring {
            return Err(refused("no other one has taken its place", id));
        }
        let used = self.used(&value).await?;
        if used > 0 {
            return Err(
                refused("certificates of its are still in use: have them renewed first", id).with("certificates", used)
            );
        }
        value.stage = Stage::Retired;
        let mut transaction = Transaction::new(event("authority.retired", by, id, json!({})), now);
        transaction.documents.push(document::write((AUTHORITY, id), &value, &[], Some(revision))?);
        self.store().commit(transaction).await.map(drop)
    }

    /// Its certificates that are valid and not revoked, without its own.
    async fn used(&self, record: &AuthorityRecord) -> Result<usize> {
        let until_after = Some(self.now()?);
        let query = CertificateQuery {
            issuer: Some(record.id.clone()),
            revoked: Some(false),
            until_after,
            ..Default::default()
        };
        let all = self.store().certificates(&query).await?;
        let unused = self.all().await?.into_iter().filter(|one| one.stage == Stage::Retired);
        let unused: Vec<String> = unused.map(|one| one.serial).chain([record.serial.clone()]).collect();
        Ok(all.iter().filter(|one| !unused.contains(&one.serial)).count())
    }
}

fn refused(message: &'static str, id: &str) -> iiot_core::Error {
    error(ErrorKind::InvalidArgument, "roll authority over", message).with("authority", id)
}
