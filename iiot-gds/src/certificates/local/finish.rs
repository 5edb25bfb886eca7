//! What was made, delivered.

use iiot_core::operation::{POINTER, Principal, Role};
use iiot_core::ua::StatusCode;
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::authorities::ders;
use super::held::KeyNote;
use super::{LocalCertificates, error, event};
use crate::authority::Issued;
use crate::certificates::Password;
use crate::certificates::proposals::Progress;
use crate::certificates::requests::{FinishRequest, FinishResponse, RecordedRequest};
use crate::document::Kept;
use crate::model::Der;
use crate::pki::{Pfx, encrypted_pem};
use crate::policy::{CertificateRequest, PrivateKeyFormat, Wanted};

impl LocalCertificates {
    /// The certificate, as often as it is asked for; the key too, to the one who has asked for it, until it is accepted.
    ///
    /// While nothing is there yet, nothing is written: it may be asked as often as anybody likes.
    pub(super) async fn finish(&self, request: FinishRequest, principal: &Principal) -> Result<FinishResponse> {
        let FinishRequest { request: id, password } = request;
        let wanted = self.request_record(&id).await?.request;
        let Wanted::NewKeyPair { format, .. } = wanted.wanted else {
            self.finished(&wanted).await?;
            let issued = self.office.authorities.finish_request(&id).await?;
            return Ok(response(issued, None));
        };
        owned(&wanted, principal)?;
        self.finished(&wanted).await?;
        let issued = self.office.authorities.finish_request(&id).await?;
        let password = password.ok_or_else(no_password)?;
        password.check()?;
        let key = self.deliver(&wanted, &issued, format, password, principal).await?;
        Ok(response(issued, Some(Der(key))))
    }

    /// Fails while there is nothing to fetch, and says how many have approved so far.
    async fn finished(&self, request: &CertificateRequest) -> Result<()> {
        let Err(cause) = request.finish() else { return Ok(()) };
        match self.one_request(&request.id).await?.progress {
            Some(Progress { by, needed, .. }) => Err(cause.with("approvals", format!("{} of {needed}", by.len()))),
            None => Err(cause),
        }
    }

    /// Encrypts the key, once it is on record that it is delivered: a key of which that is not known would be taken for one
    /// that nobody has.
    async fn deliver(
        &self,
        request: &CertificateRequest,
        issued: &Issued,
        format: PrivateKeyFormat,
        password: Password,
        principal: &Principal,
    ) -> Result<Vec<u8>> {
        let _turn = self.held.turn.lock().await;
        let note = self.note_of(&request.id).await?;
        let key = self.held.keys.lock().get(&request.id).cloned();
        let (Some(key), Some(Kept { value: note, revision })) = (key, note.clone()) else {
            return Err(self.no_key(&request.id, note.map(|note| note.value)));
        };
        let now = self.now();
        if note.until <= now {
            return Err(self.no_key(&request.id, Some(note)));
        }
        let first = note.delivered.unwrap_or(now);
        let until = if note.delivered.is_some() { note.until } else { now + self.options.key_stays };
        let told = event("keyPair.delivered", &principal.name, &request.id, json!({ "format": format.name() }));
        self.put_note(&KeyNote { until, delivered: Some(first), ..note }, Some(revision), told).await?;
        let (name, issued) = (request.applicant.application_name.clone(), issued.clone());
        let encrypt = move || {
            let key = key.to_pkcs8()?;
            match format {
                PrivateKeyFormat::Pem => encrypted_pem(&key, password.expose()),
                PrivateKeyFormat::Pfx => {
                    let (certificate, issuers) = (&issued.certificate, &issued.issuers);
                    Pfx { name: &name, key: &key, certificate, issuers }.encrypted(password.expose())
                }
            }
        };
        let ended = |cause| error(ErrorKind::Internal, "finish request", "a thread ended").because(cause);
        tokio::task::spawn_blocking(encrypt).await.map_err(ended)?
    }

    fn no_key(&self, request: &str, note: Option<KeyNote>) -> Error {
        let elsewhere = note.as_ref().filter(|note| note.holder != self.options.holder && note.until > self.now());
        if let Some(note) = elsewhere {
            let message = "another process holds the key: ask there";
            return error(ErrorKind::Unavailable, "finish request", message).with("holder", &note.holder);
        }
        let message = "its key was delivered before and is kept no longer: make a new request";
        let gone = error(ErrorKind::NotFound, "finish request", message).with("request", request);
        gone.with_status(StatusCode::BadRequestNotAllowed)
    }

    /// The certificate has arrived, and the key with it: it is destroyed here.
    pub(super) async fn accept(&self, id: &str, principal: &Principal) -> Result<RecordedRequest> {
        let request = self.request_record(id).await?.request;
        owned(&request, principal)?;
        if let Wanted::NewKeyPair { .. } = request.wanted {
            let _turn = self.held.turn.lock().await;
            let note = self.note_of(id).await?;
            if note.as_ref().is_some_and(|note| note.value.delivered.is_none()) {
                let message = "its key was not fetched yet: finish the request first";
                return Err(error(ErrorKind::InvalidArgument, "accept certificate", message).with("request", id));
            }
            self.office.authorities.accept(id, &principal.name).await?;
            self.forget_key(id, "keyPair.forgotten", &principal.name).await?;
        } else {
            self.office.authorities.accept(id, &principal.name).await?;
        }
        self.one_request(id).await
    }
}

/// Whether somebody may have what was made for a request.
fn owned(request: &CertificateRequest, principal: &Principal) -> Result<()> {
    if request.requester == principal.name || principal.role >= Role::Administrator {
        return Ok(());
    }
    let message = "only the one who has asked, or an administrator, does this";
    let refused = error(ErrorKind::Forbidden, "finish request", message).with("request", &request.id);
    Err(refused.with_status(StatusCode::BadUserAccessDenied))
}

fn no_password() -> Error {
    let message = "a key was made, and goes only into a file with a password: give one";
    error(ErrorKind::InvalidArgument, "finish request", message).with(POINTER, "#/password")
}

fn response(issued: Issued, private_key: Option<Der>) -> FinishResponse {
    FinishResponse {
        issuer: issued.issuer,
        serial: issued.serial,
        certificate: Der(issued.certificate),
        issuers: ders(issued.issuers),
        private_key,
    }
}
