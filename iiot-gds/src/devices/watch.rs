//! The states of devices as they change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::DeviceView;

/// Asks for the states of devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WatchDevicesRequest {
    /// The sequence up to which all is known. If nothing has changed since, the present states are not told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Of this device alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub device: Option<String>,
}

/// The state of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceUpdate {
    /// The entry of the audit record up to which it holds, for `after`: it rises.
    pub sequence: u64,
    /// The device.
    pub change: DeviceChange,
}

/// What is to be said of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum DeviceChange {
    /// It is so.
    State {
        /// The device.
        view: Box<DeviceView>,
    },
    /// It was forgotten.
    Removed {
        /// Its id.
        device: String,
    },
}
