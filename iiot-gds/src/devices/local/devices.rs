//! Devices as people enter, see and change them.

use std::collections::BTreeSet;
use std::time::Duration;

use iiot_core::ua::trust::leaf_of_chain;
use iiot_core::ua::{EndpointDescription, MessageSecurityMode};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use super::{LocalDevices, secret_name};
use crate::devices::device::{
    CertificateView, ConfirmDeviceRequest, DeviceIdentity, DeviceSettings, DeviceView, DevicesRequest, DevicesResponse,
    PresentedResponse, PushRequest, PutDeviceRequest, RemoveDeviceRequest, RemovedDevice,
};
use crate::devices::records::{
    Asked, DEVICE, DeviceRecord, Known, PUSH, STATE, StateRecord, event, known, missing, refused,
};
use crate::devices::survey::certificate_view;
use crate::document;
use crate::model::Der;
use crate::policy::Purpose;
use crate::push::{Order, Push, PushedLists, Step};
use crate::store::{Transaction, Write};

const PUT: &str = "put device";
/// How long a device may take to tell its endpoints.
const LOOKING: Duration = Duration::from_secs(20);
const PAGE: u32 = 100;

impl LocalDevices {
    pub(super) async fn list(&self, request: DevicesRequest) -> Result<DevicesResponse> {
        let (_, views) = self.views().await?;
        let limit = request.limit.unwrap_or(PAGE).clamp(1, 1000) as usize;
        let after = request.after.unwrap_or_default();
        let behind = views.into_values().filter(|view| view.device > after);
        let mut found = behind.filter(|view| request.state.is_none_or(|state| view.state == state));
        let devices: Vec<DeviceView> = found.by_ref().take(limit).collect();
        let next = found.next().and_then(|_| devices.last()).map(|last| last.device.clone());
        Ok(DevicesResponse { devices, next })
    }

    pub(super) async fn view(&self, device: &str) -> Result<DeviceView> {
        let (_, mut views) = self.views().await?;
        views.remove(device).ok_or_else(|| missing("find device", "device", device))
    }

    pub(super) async fn put(&self, request: PutDeviceRequest, by: &str) -> Result<DeviceView> {
        self.check(&request.device, &request.settings).await?;
        let before = match known(&*self.office.store, &request.device).await {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            found => Some(found?),
        };
        let mut state = match &before {
            Some(known) => known.state.clone(),
            None => self.fresh_state(&request.device).await?,
        };
        if let Some(pin) = &request.pin {
            pin_to(&mut state, pin, by)?;
        }
        let password = self.password(&request, before.as_ref()).await?;
        let record = DeviceRecord { device: request.device, settings: request.settings, password };
        let details = json!({ "settings": record.settings, "hasPassword": record.password.is_some(),
            "newPassword": request.password.is_some(), "pin": request.pin.as_ref().map(Der::sha256) });
        let documents = vec![
            document::write((DEVICE, &record.device), &record, &[], request.revision)?,
            write_state(&state, before.and_then(|known| known.state_revision))?,
        ];
        self.change("device.put", by, &record.device, details, documents).await?;
        self.view(&record.device).await
    }

    pub(super) async fn confirm(&self, request: ConfirmDeviceRequest, by: &str) -> Result<DeviceView> {
        let known = known(&*self.office.store, &request.device).await?;
        let fingerprint: String = request.fingerprint.chars().filter(char::is_ascii_hexdigit).collect();
        let fingerprint = fingerprint.to_ascii_lowercase();
        let presented = self.look(&known.record.settings.endpoint_url).await?;
        let Some(chain) = presented.iter().find(|chain| is_printed_as(chain, &fingerprint)) else {
            let found: Vec<String> =
                presented.iter().filter_map(certificate_view).map(|view| view.fingerprint).collect();
            let message = "the device presents another certificate: compare again, and find out why it differs";
            return Err(Error::new(ErrorKind::Conflict, "confirm device", message)
                .with("device", &request.device)
                .with("presents", found.join(", "))
                .retryable(false));
        };
        let mut state = known.state;
        pin_to(&mut state, chain, by)?;
        let write = write_state(&state, known.state_revision)?;
        let details = json!({ "fingerprint": fingerprint });
        self.change("device.confirmed", by, &request.device, details, vec![write]).await?;
        self.view(&request.device).await
    }

    pub(super) async fn presented_by(&self, device: &str) -> Result<PresentedResponse> {
        let known = known(&*self.office.store, device).await?;
        let chains = self.look(&known.record.settings.endpoint_url).await?;
        let certificates: Vec<CertificateView> = chains.iter().filter_map(certificate_view).collect();
        Ok(PresentedResponse { certificates })
    }

    pub(super) async fn ask_for_push(&self, request: PushRequest, by: &str) -> Result<DeviceView> {
        let known = self.free(&request.device).await?;
        if known.state.pin.is_none() {
            let message = "nobody has confirmed its certificate yet: compare its fingerprint and confirm it first";
            return Err(refused("push to device", message).with("device", &request.device));
        }
        let mut state = known.state;
        state.asked = Some(Asked { by: by.to_owned(), at: self.office.clock.utc(), renew: request.renew });
        state.retry_at = None;
        let details = json!({ "renew": request.renew });
        let write = write_state(&state, known.state_revision)?;
        self.change("device.pushAsked", by, &request.device, details, vec![write]).await?;
        self.view(&request.device).await
    }

    pub(super) async fn ask_to_retry(&self, device: &str, by: &str) -> Result<DeviceView> {
        let known = self.free(device).await?;
        let state = StateRecord { retry_at: None, tried: None, ..known.state };
        let write = write_state(&state, known.state_revision)?;
        self.change("device.retryAsked", by, device, json!({}), vec![write]).await?;
        self.view(device).await
    }

    pub(super) async fn remove(&self, request: RemoveDeviceRequest, by: &str) -> Result<RemovedDevice> {
        let RemoveDeviceRequest { device, revision } = request;
        let known = self.free(&device).await?;
        let deleted = |kind: &str, revision| Write {
            kind: kind.into(),
            id: device.clone(),
            content: None,
            labels: Vec::new(),
            expected: Some(revision),
        };
        let mut documents = vec![deleted(DEVICE, revision.unwrap_or(known.revision))];
        documents.extend(known.state_revision.map(|revision| deleted(STATE, revision)));
        if let Some(entry) = known.push {
            documents.push(document::write(
                (PUSH, &device),
                &forgotten(entry.push, self.office.clock.utc()),
                &[],
                Some(entry.revision),
            )?);
        }
        self.change("device.removed", by, &device, json!({}), documents).await?;
        Ok(RemovedDevice { device })
    }

    /// A device that no roll-out has.
    async fn free(&self, device: &str) -> Result<Known> {
        let known = known(&*self.office.store, device).await?;
        match self.view(device).await?.roll_out {
            None => Ok(known),
            Some(roll_out) => {
                let message = "a roll-out has it: stop and release that first";
                Err(Error::new(ErrorKind::Conflict, "change device", message)
                    .with("device", device)
                    .with("rollOut", roll_out)
                    .retryable(false))
            }
        }
    }

    async fn check(&self, device: &str, settings: &DeviceSettings) -> Result<()> {
        let wrong = |message: &'static str| Err(refused(PUT, message).with("device", device));
        let url = url::Url::parse(&settings.endpoint_url);
        if !url.is_ok_and(|url| url.scheme() == "opc.tcp" && url.has_host()) {
            return wrong("its address must be like opc.tcp://press:4840");
        }
        if !settings.manages_certificate && !settings.manages_trust_list {
            return wrong("it must get certificates, trust lists or both");
        }
        self.office.application(device).await?;
        if settings.manages_certificate {
            let group = self.office.authorities.group(&settings.certificate_group).await?;
            if group.purpose != Purpose::Application || !group.certificate_types.contains(&settings.certificate_type) {
                return wrong("its certificate group must be one of applications, with certificates of its type");
            }
        }
        Ok(())
    }

    /// The password to keep, sealed.
    async fn password(&self, request: &PutDeviceRequest, before: Option<&Known>) -> Result<Option<Der>> {
        if request.settings.identity == DeviceIdentity::Anonymous {
            return Ok(None);
        }
        if let Some(password) = &request.password {
            let secret = password.0.expose().as_bytes();
            let sealed = self.parts.secrets.seal(&secret_name(&request.device), secret).await?;
            return Ok(Some(Der(sealed)));
        }
        let Some(before) = before else { return no_password(&request.settings.identity) };
        let (old, new) = (&before.record.settings, &request.settings);
        let is_same = (&old.endpoint_url, &old.identity) == (&new.endpoint_url, &new.identity) && request.pin.is_none();
        if !is_same && before.record.password.is_some() {
            let message = "the password must be given again where the address, the user or the certificate change, so that \
                           nobody has it sent elsewhere";
            return Err(refused(PUT, message).with("device", &request.device));
        }
        Ok(before.record.password.clone())
    }

    /// What is known of a device that was forgotten before, or never there: its pushes go on counting.
    async fn fresh_state(&self, device: &str) -> Result<StateRecord> {
        let last = crate::push::PushBook::load(&*self.book, device).await?;
        let settled = last.map_or(0, |entry| entry.push.number);
        Ok(StateRecord { device: device.to_owned(), settled, ..StateRecord::default() })
    }

    /// The chains that a device presents at its endpoints with encryption, each once.
    pub(in crate::devices) async fn look(&self, url: &str) -> Result<BTreeSet<Der>> {
        let connector = self.parts.dial.pinned(&PushedLists::default());
        let late = |_| Error::new(ErrorKind::Timeout, "look at device", "it does not answer in time").with("url", url);
        let endpoints = tokio::time::timeout(LOOKING, connector.endpoints(url)).await.map_err(late)??;
        let is_secure = |endpoint: &&EndpointDescription| endpoint.security_mode == MessageSecurityMode::SignAndEncrypt;
        let chains =
            endpoints.iter().filter(is_secure).filter_map(|endpoint| endpoint.server_certificate.value.as_ref());
        Ok(chains.map(|bytes| Der(bytes.to_vec())).collect())
    }

    /// Puts a change on record and has the keeper look.
    pub(in crate::devices) async fn change(
        &self,
        action: &str,
        by: &str,
        subject: &str,
        details: Value,
        documents: Vec<Write>,
    ) -> Result<Vec<u64>> {
        let mut transaction = Transaction::new(event(action, by, subject, details), self.office.clock.utc());
        transaction.documents = documents;
        let committed = self.office.store.commit(transaction).await?;
        self.notify();
        Ok(committed.revisions)
    }
}

pub(in crate::devices) fn write_state(state: &StateRecord, expected: Option<u64>) -> Result<Write> {
    document::write((STATE, &state.device), state, &[], expected)
}

fn no_password(identity: &DeviceIdentity) -> Result<Option<Der>> {
    match identity {
        DeviceIdentity::UserName { user } => {
            Err(refused(PUT, "the password of the user is missing").with("user", user))
        }
        _ => Ok(None),
    }
}

/// From now on the device is the one with this certificate.
fn pin_to(state: &mut StateRecord, chain: &Der, by: &str) -> Result<()> {
    let (leaf, issuers) = leaf_of_chain(&chain.0)
        .map_err(|cause| refused("pin certificate", "what was given is no certificate (DER)").because(cause))?;
    state.pin = Some(Der(leaf.der().to_vec()));
    state.pin_issuers = issuers.iter().map(|issuer| Der(issuer.der().to_vec())).collect();
    state.confirmed_by = Some(by.to_owned());
    (state.retry_at, state.maybe) = (None, None);
    Ok(())
}

fn is_printed_as(chain: &&Der, fingerprint: &str) -> bool {
    certificate_view(chain).is_some_and(|view| view.fingerprint == fingerprint)
}

/// What stays of the last push of a device that is forgotten: its number, so that no later one is taken for it.
fn forgotten(push: Push, now: iiot_core::time::UtcTime) -> Push {
    let mut left = Push::new(push.device, push.number, Order::new(Vec::new()), now);
    left.step = Step::Failed;
    left
}
