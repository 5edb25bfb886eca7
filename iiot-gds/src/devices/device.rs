//! Requests about devices, and their states.

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Password;
use crate::model::{CertificateType, Der};
use crate::push::{Deviation, Refusal, RollBack, Step, Trouble};

/// Names a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceRequest {
    /// Its id, which is that of its application.
    #[schemars(length(min = 1, max = 256))]
    pub device: String,
}

/// Enters a device, or changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutDeviceRequest {
    /// Its id: the id of an application on record.
    #[schemars(length(min = 1, max = 256))]
    pub device: String,
    /// The revision that was looked at; `conflict` if it was changed since. None for a new device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// How it is reached and what it is given.
    pub settings: DeviceSettings,
    /// The password of the user, or what opens the key of his certificate. Without one the password on record stays, unless
    /// the address, the user or the certificate of the device change: then it must be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// The certificate that the device presents now (DER), if it is known for sure. Else the present one is fetched, and
    /// somebody must confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Der>,
}

/// How a device is reached and what it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceSettings {
    /// Where it listens: `opc.tcp://press:4840`.
    #[schemars(length(min = 1, max = 4096))]
    pub endpoint_url: String,
    /// Who administrates it.
    pub identity: DeviceIdentity,
    /// The certificate group that its certificates come from. Default `DefaultApplicationGroup`.
    #[serde(default = "default_group")]
    #[schemars(length(min = 1, max = 256))]
    pub certificate_group: String,
    /// The browse name of the certificate group at the device. Default `DefaultApplicationGroup`.
    #[serde(default = "default_group")]
    #[schemars(length(min = 1, max = 256))]
    pub device_group: String,
    /// The type of its certificate.
    pub certificate_type: CertificateType,
    /// Whether it gets certificates. Default true.
    #[serde(default = "yes")]
    pub manages_certificate: bool,
    /// Whether it gets trust lists. Default true.
    #[serde(default = "yes")]
    pub manages_trust_list: bool,
    /// Whether it makes a new key for each certificate. Not where people vote on certificates: the key lives no longer than
    /// the session, and some devices lose it when they restart. Default false.
    #[serde(default)]
    pub new_key: bool,
    /// Whether it is given what it should have by itself; else only when somebody asks for it. Default true.
    #[serde(default = "yes")]
    pub automatic: bool,
}

/// Who administrates a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum DeviceIdentity {
    /// Nobody in particular: the certificate of the manager is enough for the device.
    Anonymous,
    /// A user with a password.
    UserName {
        /// The name.
        #[schemars(length(min = 1, max = 256))]
        user: String,
    },
    /// A user with a certificate, which the manager holds with its key.
    Certificate {
        /// The name in the certificate.
        #[schemars(length(min = 1, max = 256))]
        subject: String,
    },
}

/// Says that a certificate is the device's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmDeviceRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub device: String,
    /// SHA-256 of the certificate (DER), hexadecimal, as it was compared; colons and spaces do not matter. `conflict` if the
    /// device presents another one.
    #[schemars(length(min = 64, max = 128))]
    pub fingerprint: String,
}

/// Forgets a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveDeviceRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub device: String,
    /// The revision that was looked at; `conflict` if it was changed since. Any where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// A device that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedDevice {
    /// Its id.
    pub device: String,
}

/// Has a device given what it should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PushRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub device: String,
    /// Whether it gets a new certificate also where its present one is not due yet.
    #[serde(default)]
    pub renew: bool,
}

/// Asks for devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DevicesRequest {
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeviceState>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Devices in the page. Default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Devices, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicesResponse {
    /// Those of the page.
    pub devices: Vec<DeviceView>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How it stands with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeviceState {
    /// Nobody has said yet which certificate is the device's own; nothing is pushed.
    Unconfirmed,
    /// It has shown that it has what it should have.
    Managed,
    /// It should have something else.
    OutOfDate,
    /// People must vote on its certificate.
    WaitingForVotes,
    /// It is being pushed to.
    Pushing,
    /// The last push has failed.
    Failed,
    /// It shows something else than what was pushed.
    Deviating,
}

impl DeviceState {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Unconfirmed,
        Self::Managed,
        Self::OutOfDate,
        Self::WaitingForVotes,
        Self::Pushing,
        Self::Failed,
        Self::Deviating,
    ];

    /// As it is written: `outOfDate`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Managed => "managed",
            Self::OutOfDate => "outOfDate",
            Self::WaitingForVotes => "waitingForVotes",
            Self::Pushing => "pushing",
            Self::Failed => "failed",
            Self::Deviating => "deviating",
        }
    }
}

/// A device and how it stands with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    /// Its id.
    pub device: String,
    /// The revision of its settings.
    pub revision: u64,
    /// How it is reached and what it is given.
    pub settings: DeviceSettings,
    /// How it stands.
    pub state: DeviceState,
    /// What it should have and has not, or what is wrong, as sentences; the first 50.
    pub differences: Vec<String>,
    /// Since when it should have something else than it has, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_date_since: Option<UtcTime>,
    /// Pushes in a row that have failed.
    pub failures: u32,
    /// When it is tried again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<UtcTime>,
    /// The certificate that is known to be its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<CertificateView>,
    /// Who has confirmed its first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// When its certificate is to be renewed; none where it gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew_at: Option<UtcTime>,
    /// The last push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushView>,
    /// The roll-out that it belongs to: nothing else is pushed to it meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_out: Option<String>,
}

/// A certificate, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateView {
    /// SHA-256 of the certificate (DER), hexadecimal.
    pub fingerprint: String,
    /// SHA-1 of it, as many devices show it.
    pub thumbprint: String,
    /// Whom it names.
    pub subject: String,
    /// Who has issued it.
    pub issuer: String,
    /// Its ApplicationUri.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_uri: Option<String>,
    /// From when on it is valid.
    pub from: UtcTime,
    /// Until when it is valid.
    pub until: UtcTime,
    /// The certificate.
    pub certificate: Der,
}

/// What a device presents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresentedResponse {
    /// The certificates at its endpoints with encryption, each once; most devices have one.
    pub certificates: Vec<CertificateView>,
}

/// A push, as far as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushView {
    /// Which of the device's.
    pub number: u64,
    /// What comes next, or how it ended.
    pub step: Step,
    /// Since when.
    pub since: UtcTime,
    /// Whether it brings a trust list.
    pub brings_trust_list: bool,
    /// Whether it brings a certificate.
    pub brings_certificate: bool,
    /// The request on which people must vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// What the device did otherwise than it should.
    pub deviations: Vec<Deviation>,
    /// What became of its old trust list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_back: Option<RollBack>,
}

/// What a push would bring about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalResponse {
    /// What would change in its trust list, as sentences; the first 1,000.
    pub changes: Vec<String>,
    /// Whether it would get a new certificate, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_certificate: Option<String>,
    /// Connections that would not come about, by the trust lists that are known: those that were pushed, and for others
    /// those that they should have.
    pub refusals: Vec<Refusal>,
}

fn default_group() -> String {
    "DefaultApplicationGroup".into()
}

const fn yes() -> bool {
    true
}
