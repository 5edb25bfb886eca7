//! The one way to a signature.

use std::fmt;
use std::sync::Arc;

use iiot_core::keys::{KeyStore, PrivateKey};
use iiot_core::{ErrorKind, Result};

use super::error;
use crate::pki::{Issuer, ToBeSigned};
use crate::store::{ArtefactName, Committed, Reservation, Reserved, Store, Transaction};

/// What is to be signed and is on record as such. It comes out of a transaction that took place, or out of what was
/// left unfinished on record, and from nowhere else: to sign something that is not on record does not compile.
///
/// ```compile_fail,E0451
/// use iiot_gds::authority::TbsRecord;
/// use iiot_gds::pki::ToBeSigned;
/// use iiot_gds::store::Reservation;
///
/// fn forge(reservation: Reservation, content: ToBeSigned) -> TbsRecord {
///     TbsRecord { reservation, content }
/// }
/// ```
///
/// ```compile_fail,E0308
/// use iiot_gds::authority::SigningKey;
///
/// async fn sign(key: SigningKey, bytes: &[u8]) {
///     let _ = key.sign(bytes).await;
/// }
/// ```
///
/// ```
/// use iiot_gds::authority::{SigningKey, TbsRecord};
///
/// async fn sign(key: SigningKey, record: &TbsRecord) {
///     let _ = key.sign(record).await;
/// }
/// ```
#[derive(Debug)]
pub struct TbsRecord {
    reservation: Reservation,
    content: ToBeSigned,
}

impl TbsRecord {
    /// What it will be called.
    #[must_use]
    pub fn name(&self) -> &ArtefactName {
        &self.reservation.name
    }

    /// What is on record.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        &self.reservation
    }

    /// Carries out a transaction; then its reservations may be signed.
    pub(super) async fn reserve(store: &dyn Store, transaction: Transaction) -> Result<(Vec<Self>, Committed)> {
        let records = transaction.reservations.iter().map(Self::of).collect::<Result<Vec<_>>>()?;
        let committed = store.commit(transaction).await?;
        Ok((records, committed))
    }

    /// What was reserved, if it is still to be signed.
    pub(super) fn left(reserved: &Reserved) -> Result<Self> {
        match reserved.outcome {
            None => Self::of(&reserved.reservation),
            Some(_) => Err(error(ErrorKind::Conflict, "sign", "it was signed or voided already")),
        }
    }

    fn of(reservation: &Reservation) -> Result<Self> {
        Ok(Self { reservation: reservation.clone(), content: ToBeSigned::read(&reservation.to_be_signed)? })
    }
}

/// The key of an authority: it signs what is on record and nothing else.
pub struct SigningKey {
    /// Its name in the key store.
    name: String,
    key: Arc<dyn PrivateKey>,
    /// The authority; none before a root has its own certificate.
    issuer: Option<Issuer>,
}

impl SigningKey {
    /// Signs; returns the certificate or revocation list (DER), after a look at the signature.
    ///
    /// # Errors
    /// Those of the key; `Security` if it is not the key of the authority.
    pub async fn sign(&self, record: &TbsRecord) -> Result<Vec<u8>> {
        let content = &record.content;
        let signature = self.key.sign(content.algorithm(), content.bytes()).await?;
        let signed = content.signed(&signature)?;
        match &self.issuer {
            Some(issuer) => issuer.check(content, &signature)?,
            None => Issuer::of(&signed)?.check(content, &signature)?,
        }
        Ok(signed)
    }

    /// The key of this name.
    pub(super) async fn open(keys: &dyn KeyStore, name: &str, issuer: Option<Issuer>) -> Result<Self> {
        let key = keys.open(name).await?.ok_or_else(|| {
            let message = "the key of the authority is not there: restore it, or roll the authority over";
            error(ErrorKind::NotFound, "open key", message).with("key", name)
        })?;
        Ok(Self { name: name.to_owned(), key, issuer })
    }

    /// Its name in the key store.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the key of the authority with this certificate (DER).
    pub(super) fn is_of(&self, certificate: &[u8]) -> bool {
        self.issuer.as_ref().is_some_and(|issuer| issuer.certificate().der() == certificate)
    }

    /// The public half (DER).
    pub(super) fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("issuer", &self.issuer.as_ref().map(|one| one.certificate().subject()))
            .finish()
    }
}
