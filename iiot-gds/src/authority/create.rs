//! Roots, and authorities below them.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{ErrorKind, Result};
use serde_json::json;

use super::{Authorities, AuthorityRecord, AuthoritySpec, SigningKey, Stage, TbsRecord, error, event};
use crate::document::{self, AUTHORITY, Kept};
use crate::pki::{CertificateContent, Issuer, Kind, Serial, Subject, ToBeSigned, certificate};
use crate::policy::{Approved, Validity};
use crate::store::{ArtefactName, Reservation, Transaction};

impl Authorities {
    /// Makes an authority: its key, its certificate and its first revocation list, which is empty.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one with this id or name, `InvalidArgument` if it cannot be one, `NotFound` if its
    /// issuer or the one that it replaces does not exist; those of the key store and the store. If it is on record and
    /// only its signatures are missing, [`recover`](Self::recover) makes them.
    pub async fn create(&self, approved: Approved<AuthoritySpec>) -> Result<AuthorityRecord> {
        let (spec, now) = (approved.get(), self.now()?);
        spec.check()?;
        self.is_new(spec).await?;
        let above = self.above(spec).await?;
        let replaced = self.replaced(spec).await?;
        let key = self.new_key(spec).await?;
        let serial = Serial::random()?;
        let content = content(spec, above.as_ref(), &key, now)?;
        let issuer = above.as_ref().map(|(_, issuer)| issuer);
        let to_be_signed = certificate(&content, issuer, &serial, spec.key.algorithm())?;
        let record = record(spec, &serial);
        let reservation = reservation(&record, &content, &to_be_signed);
        let details = json!({ "commonName": spec.common_name, "issuer": spec.issuer, "serial": serial.to_string(),
            "replaces": spec.replaces, "digest": approved.digest(), "approvedBy": approved.by() });
        let mut transaction = Transaction::new(event("authority.created", &spec.requester, &spec.id, details), now);
        transaction.documents.push(document::write((AUTHORITY, &spec.id), &record, &[], None)?);
        transaction.documents.extend(replaced);
        transaction.reservations.push(reservation);
        for to_sign in TbsRecord::reserve(self.store(), transaction).await?.0 {
            let signing = self.key_of(above.as_ref().map_or(&record, |(above, _)| above)).await?;
            self.sign_and_finish(&to_sign, &signing, None).await?;
        }
        self.authority(&spec.id).await
    }

    async fn is_new(&self, spec: &AuthoritySpec) -> Result<()> {
        let same = self.all().await?.into_iter().find(|one| {
            one.id == spec.id || (&one.common_name, &one.organization) == (&spec.common_name, &spec.organization)
        });
        let taken = |one: AuthorityRecord| {
            let message =
                "there is one with this id or this name, and devices tell them apart by names: take another one";
            Err(error(ErrorKind::AlreadyExists, "create authority", message).with("authority", one.id))
        };
        same.map_or(Ok(()), taken)
    }

    async fn above(&self, spec: &AuthoritySpec) -> Result<Option<(AuthorityRecord, Issuer)>> {
        let Some(id) = &spec.issuer else { return Ok(None) };
        let above = self.authority(id).await?;
        if !matches!(above.stage, Stage::Prepared | Stage::Active) {
            let message = "its issuer issues nothing any more: take the one that took its place";
            return Err(error(ErrorKind::InvalidArgument, "create authority", message).with("issuer", id));
        }
        let issuer = Issuer::of(above.der()?)?;
        Ok(Some((above, issuer)))
    }

    /// The one that it replaces, told of it.
    async fn replaced(&self, spec: &AuthoritySpec) -> Result<Option<crate::store::Write>> {
        let Some(id) = &spec.replaces else { return Ok(None) };
        let Kept { mut value, revision } = self.kept(id).await?;
        if value.stage != Stage::Active || value.successor.is_some() || value.group != spec.group {
            let message = "only an active authority of the same group that has no successor yet can be replaced";
            return Err(error(ErrorKind::InvalidArgument, "create authority", message).with("replaces", id));
        }
        value.successor = Some(spec.id.clone());
        document::write((AUTHORITY, id), &value, &[], Some(revision)).map(Some)
    }

    /// A new key; or the one that was made for it when this was tried before.
    async fn new_key(&self, spec: &AuthoritySpec) -> Result<SigningKey> {
        let name = key_name(&spec.id);
        match self.parts.keys.generate(&name, spec.key.spec()).await {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => SigningKey::open(&*self.parts.keys, &name, None).await,
        }
    }
}

fn key_name(id: &str) -> String {
    format!("authority-{id}")
}

fn content(
    spec: &AuthoritySpec,
    above: Option<&(AuthorityRecord, Issuer)>,
    key: &SigningKey,
    now: UtcTime,
) -> Result<CertificateContent> {
    let lifetime = Duration::from_secs(86_400) * spec.valid_days;
    let validity = match above {
        None => Validity::of_root(now, lifetime),
        Some((_, issuer)) => Validity::of(now, lifetime, validity_of(issuer))?,
    };
    // A root may have authorities below it, and those issue to applications only.
    let path_len = above.map(|_| 0);
    let urls =
        |urls: fn(&AuthorityRecord) -> &Vec<String>| above.map(|(above, _)| urls(above).clone()).unwrap_or_default();
    Ok(CertificateContent {
        subject: Subject::new(&spec.common_name, &spec.organization)?,
        kind: Kind::Authority { path_len },
        application_uri: None,
        hosts: Vec::new(),
        public_key: key.public_key().to_vec(),
        from: validity.from,
        until: validity.until,
        crl_urls: urls(|above| &above.crl_urls),
        issuer_urls: urls(|above| &above.issuer_urls),
    })
}

/// From when until when an issuer's certificate is valid.
pub(super) fn validity_of(issuer: &Issuer) -> Validity {
    Validity { from: issuer.certificate().not_before(), until: issuer.certificate().not_after() }
}

fn record(spec: &AuthoritySpec, serial: &Serial) -> AuthorityRecord {
    AuthorityRecord {
        id: spec.id.clone(),
        common_name: spec.common_name.clone(),
        organization: spec.organization.clone(),
        key: key_name(&spec.id),
        issuer: spec.issuer.clone(),
        serial: serial.to_string(),
        certificate: None,
        group: spec.group.clone(),
        stage: Stage::Making,
        replaces: spec.replaces.clone(),
        successor: None,
        crl: spec.crl,
        crl_urls: spec.crl_urls.clone(),
        issuer_urls: spec.issuer_urls.clone(),
    }
}

fn reservation(record: &AuthorityRecord, content: &CertificateContent, to_be_signed: &ToBeSigned) -> Reservation {
    let issuer = record.issuer.as_ref().unwrap_or(&record.id).clone();
    Reservation {
        name: ArtefactName::Certificate { issuer, serial: record.serial.clone() },
        to_be_signed: to_be_signed.bytes().to_vec(),
        from: content.from,
        until: content.until,
        application: String::new(),
        group: String::new(),
        request: String::new(),
    }
}
