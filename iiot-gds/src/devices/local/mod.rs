//! The capability on a store and its authorities.

mod desk;
mod devices;
mod rehearse;
mod roll_outs;
mod trust;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Result;
use iiot_core::keys::SecretBox;
use iiot_core::operation::{Acting, Operation, Principal};
use iiot_core::session::{Identity, Secret};
use iiot_core::time::UtcTime;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::book::StorePushBook;
use super::device::{DeviceIdentity, DeviceState, DeviceView};
use super::issuing::AuthorityIssuing;
use super::operations::{Devices, OPERATIONS};
use super::records::Known;
use super::survey::{DeviceFigures, Survey, figures};
use super::upkeep::{KeeperRules, Upkeep};
use crate::office::Office;
use crate::push::{Access, Dial, Issuing, PushBook, Pusher, PusherParts, Rules};
pub(super) use devices::write_state;

use desk::Desk;

/// What devices are reached with, and by which rules.
#[derive(Debug, Clone)]
pub struct DevicesParts {
    /// How devices are reached.
    pub dial: Arc<dyn Dial>,
    /// What the passwords of devices are sealed with on record.
    pub secrets: SecretBox,
    /// Tells this process from others on the same store; the same after a restart.
    pub name: String,
    /// When the keeper does what.
    pub rules: KeeperRules,
    /// When a push that is under way tries again and when it gives up; the keeper comes back later then.
    pub push_rules: Rules,
}

impl DevicesParts {
    /// With the usual rules.
    #[must_use]
    pub fn new(dial: Arc<dyn Dial>, secrets: SecretBox, name: impl Into<String>) -> Self {
        let push_rules = Rules { attempts: 3, settling: 4, first_pause_ms: 500, longest_pause_ms: 5000 };
        Self { dial, secrets, name: name.into(), rules: KeeperRules::default(), push_rules }
    }
}

/// Keeps the devices of a plant in trust. What must happen by itself is done by a [`Keeper`](super::Keeper).
///
/// Faces offer it with [`PerPrincipal`](iiot_core::operation::PerPrincipal).
#[derive(Debug)]
pub struct LocalDevices {
    pub(super) office: Office,
    pub(super) parts: DevicesParts,
    pub(super) book: Arc<StorePushBook>,
    pub(super) issuing: AuthorityIssuing,
    pub(super) pusher: Pusher,
    pub(super) upkeep: Upkeep,
    /// Something has changed: the keeper is to look.
    pub(super) wake: Notify,
    last: Mutex<Last>,
    /// One survey at a time; others want the same.
    surveying: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Last {
    survey: Option<Arc<Survey>>,
    /// Since when each device that is out of date has been seen to be so.
    since: BTreeMap<String, UtcTime>,
    figures: DeviceFigures,
}

/// Certificates get old, and people lose roles, without a word in the records.
const FRESH: Duration = Duration::from_secs(60);

impl LocalDevices {
    /// On this office.
    #[must_use]
    pub fn new(office: Office, parts: DevicesParts) -> Self {
        let book = Arc::new(StorePushBook::new(Arc::clone(&office.store), Arc::clone(&office.clock)));
        let issuing = AuthorityIssuing::new(office.clone());
        let pusher = Pusher::new(PusherParts {
            name: parts.name.clone(),
            dial: Arc::clone(&parts.dial),
            issuing: Arc::new(issuing.clone()) as Arc<dyn Issuing>,
            book: Arc::clone(&book) as Arc<dyn PushBook>,
            clock: Arc::clone(&office.clock),
        });
        let upkeep = Upkeep::new(parts.rules);
        let (wake, last, surveying) = (Notify::new(), Mutex::default(), tokio::sync::Mutex::default());
        Self { office, parts, book, issuing, pusher, upkeep, wake, last, surveying }
    }

    /// Says that certificates, authorities or revocation lists have changed: the keeper looks at once. Without a word it
    /// finds out when it [polls](KeeperRules::poll).
    pub fn notify(&self) {
        self.wake.notify_one();
    }

    /// Figures of all devices as they were last looked at.
    #[must_use]
    pub fn figures(&self) -> DeviceFigures {
        self.last.lock().figures.clone()
    }

    /// How it stands with all devices; the last survey if nothing has changed on record since.
    pub(super) async fn survey(&self) -> Result<Arc<Survey>> {
        let _one_at_a_time = self.surveying.lock().await;
        let (head, _) = self.office.store.audit_head().await?;
        let now = self.office.clock.utc();
        let is_current =
            |survey: &&Arc<Survey>| survey.head == head && survey.at <= now && now.since(survey.at) < FRESH;
        if let Some(survey) = self.last.lock().survey.as_ref().filter(is_current) {
            return Ok(Arc::clone(survey));
        }
        let survey = Arc::new(Survey::make(&self.office, self.parts.dial.own_certificate()?).await?);
        self.take_in(&survey);
        Ok(survey)
    }

    /// The devices as people see them.
    pub(super) async fn views(&self) -> Result<(u64, BTreeMap<String, DeviceView>)> {
        let survey = self.survey().await?;
        let since = self.last.lock().since.clone();
        Ok((survey.head, survey.views(&self.upkeep, &since)))
    }

    fn take_in(&self, survey: &Arc<Survey>) {
        let mut last = self.last.lock();
        let is_current = |id: &str| {
            let state = survey.devices.get(id).map(|one| one.state(&self.upkeep, survey.at));
            state.is_none_or(|state| state == DeviceState::Managed)
        };
        last.since.retain(|id, _| !is_current(id));
        for id in survey.devices.keys().filter(|id| !is_current(id)) {
            last.since.entry(id.clone()).or_insert(survey.at);
        }
        last.figures = figures(&survey.views(&self.upkeep, &last.since));
        last.survey = Some(Arc::clone(survey));
    }

    /// Since when a device has been seen to be out of date.
    pub(super) fn out_of_date_since(&self, device: &str) -> Option<UtcTime> {
        self.last.lock().since.get(device).copied()
    }

    /// How a device is reached, with its password opened.
    pub(super) async fn access(&self, known: &Known) -> Result<Access> {
        let (device, settings) = (known.record.device.clone(), &known.record.settings);
        let password = match &known.record.password {
            None => Secret::default(),
            Some(sealed) => {
                let opened = self.parts.secrets.open(&secret_name(&device), &sealed.0).await?;
                Secret::from(String::from_utf8_lossy(&opened).as_ref())
            }
        };
        let identity = match &settings.identity {
            DeviceIdentity::Anonymous => Identity::Anonymous,
            DeviceIdentity::UserName { user } => Identity::UserName { user: user.clone(), password },
            DeviceIdentity::Certificate { subject } => Identity::Stored { subject: subject.clone(), password },
        };
        Ok(Access { device, endpoint_url: settings.endpoint_url.clone(), identity })
    }
}

/// Under this name the password of a device is sealed.
fn secret_name(device: &str) -> String {
    format!("device {device}")
}

impl Acting for LocalDevices {
    type Capability = dyn Devices;

    const OPERATIONS: &'static [Operation] = OPERATIONS;

    fn acting_as(self: &Arc<Self>, principal: Principal) -> Arc<dyn Devices> {
        Arc::new(Desk { devices: Arc::clone(self), principal })
    }
}
