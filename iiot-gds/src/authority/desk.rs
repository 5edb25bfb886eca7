//! What certificates of a group are issued by, read once and used for as long as nobody has changed it.

use std::sync::Arc;

use iiot_core::{Error, ErrorKind, Result};

use super::{Authorities, AuthorityRecord, Stage, error};
use crate::document::{self, AUTHORITY, GROUP, Kept};
use crate::pki::Issuer;
use crate::policy::CertificateGroup;
use crate::store::Unchanged;

/// A group and the authority that issues for it.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) group: CertificateGroup,
    pub(super) authority: AuthorityRecord,
    pub(super) issuer: Issuer,
    /// The certificates (DER) of the authority and of those above it, the root last.
    pub(super) chain: Vec<Vec<u8>>,
    /// What it was read from. Every transaction that goes by it fails if that was changed since, by whatever process.
    pub(super) unchanged: Vec<Unchanged>,
}

impl Authorities {
    /// The desk of a group, as it was read last.
    pub(super) async fn desk(&self, group: &str) -> Result<Arc<Desk>> {
        let known = self.desks.lock().get(group).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let desk = Arc::new(self.read_desk(group).await?);
        self.desks.lock().insert(group.to_owned(), Arc::clone(&desk));
        Ok(desk)
    }

    /// It is read again when it is needed next.
    pub(super) fn forget_desk(&self, group: &str) {
        self.desks.lock().remove(group);
    }

    async fn read_desk(&self, id: &str) -> Result<Desk> {
        let Kept { value: group, revision } = self.kept_group(id).await?;
        let mut unchanged = vec![Unchanged { kind: GROUP.into(), id: id.into(), revision }];
        let authority = self.issuing_through(&group.authority, &mut unchanged).await?;
        let issuer = Issuer::of(authority.der()?)?;
        let chain = self.chain(&authority.id).await?;
        Ok(Desk { group, authority, issuer, chain, unchanged })
    }

    /// The authority that issues where this one is named: itself, or the one that has taken its place.
    pub(crate) async fn issuing(&self, named: &str) -> Result<AuthorityRecord> {
        self.issuing_through(named, &mut Vec::new()).await
    }

    /// As [`issuing`](Self::issuing); every record on the way to it is added to what must stay unchanged.
    async fn issuing_through(&self, named: &str, unchanged: &mut Vec<Unchanged>) -> Result<AuthorityRecord> {
        let mut next = named.to_owned();
        for _ in 0..=MAX_SUCCESSORS {
            let Kept { value, revision } = self.kept(&next).await?;
            unchanged.push(Unchanged { kind: AUTHORITY.into(), id: next, revision });
            next = match (value.stage, &value.successor) {
                (Stage::Active, _) => return Ok(value),
                (Stage::Retiring | Stage::Retired, Some(successor)) => successor.clone(),
                _ => break,
            };
        }
        Err(error(ErrorKind::Unavailable, "issue certificate", "its authority issues nothing: activate or replace it")
            .with("authority", named))
    }

    /// A certificate group.
    ///
    /// # Errors
    /// `NotFound` if there is none; those of the store.
    pub async fn group(&self, id: &str) -> Result<CertificateGroup> {
        Ok(self.kept_group(id).await?.value)
    }

    async fn kept_group(&self, id: &str) -> Result<Kept<CertificateGroup>> {
        let kept = document::load(self.store(), GROUP, id).await?;
        kept.ok_or_else(|| {
            error(ErrorKind::NotFound, "use certificate group", "there is none with this id").with("group", id)
        })
    }
}

/// Whether something that a desk was read from may have been changed, so that it pays to try again with what is there now.
pub(super) fn is_outdated(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict
}

/// So many times an authority is replaced while groups name the first one.
const MAX_SUCCESSORS: usize = 64;
