//! What a push is to bring about.

use std::time::Duration;

use iiot_core::time::UtcTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PushedLists;
use crate::model::{CertificateType, Der};

/// What one device is to have in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The certificate that the device presents now (DER): nothing is pushed to whoever presents another one.
    pub pin: Der,
    /// The authorities behind it, where it is not self-signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pin_issuers: Vec<Der>,
    /// The browse name of the certificate group.
    #[serde(default = "default_group")]
    pub group: String,
    /// What the trust list of the group is to hold, all of it; `None` leaves it alone. The device judges its new
    /// certificate by it: its issuers and their revocation lists belong in.
    pub lists: Option<PushedLists>,
    /// The certificate that it is to get; `None` leaves it the one it has.
    pub certificate: Option<CertificateOrder>,
    /// Whether it brings back what an earlier push had changed.
    #[serde(default)]
    pub takes_back: bool,
    /// When to try again and when to give up.
    #[serde(default)]
    pub rules: Rules,
}

/// Which certificate a device is to get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateOrder {
    /// Its type, which must be one of those that the group takes.
    pub certificate_type: CertificateType,
    /// Its subject (`CN=press/O=works`); empty for that of the certificate that the device has.
    #[serde(default)]
    pub subject: String,
    /// Have the device make a new key. Some devices lose a key that they made when they restart; with the key that it has,
    /// a push can be resumed after a crash without a second certificate.
    #[serde(default)]
    pub new_key: bool,
}

/// When a push tries again and when it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    /// Failures in a row after which it gives up. Default 8.
    pub attempts: u32,
    /// How often a device that does not show yet what was pushed is looked at again. Default 3.
    pub settling: u32,
    /// The first pause in milliseconds; it doubles with every failure. Default 1,000.
    pub first_pause_ms: u64,
    /// The longest pause in milliseconds. Default 300,000.
    pub longest_pause_ms: u64,
}

impl Order {
    /// An order that changes nothing yet, for a device that presents this certificate.
    #[must_use]
    pub fn new(pin: Vec<u8>) -> Self {
        Self {
            pin: Der(pin),
            pin_issuers: Vec::new(),
            group: default_group(),
            lists: None,
            certificate: None,
            takes_back: false,
            rules: Rules::default(),
        }
    }
}

impl Rules {
    /// When to try again after so many failures in a row, at least one.
    #[must_use]
    pub fn again(&self, failures: u32, now: UtcTime) -> UtcTime {
        let factor = 2_u64.saturating_pow(failures.saturating_sub(1));
        now + Duration::from_millis(self.first_pause_ms.saturating_mul(factor).min(self.longest_pause_ms))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self { attempts: 8, settling: 3, first_pause_ms: 1000, longest_pause_ms: 300_000 }
    }
}

fn default_group() -> String {
    "DefaultApplicationGroup".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let now = UtcTime::UNIX_EPOCH;
        let pauses = |failures| Rules::default().again(failures, now).since(now).as_secs();
        assert_eq!([1, 2, 3, 9, 10, 64, u32::MAX].map(pauses), [1, 2, 4, 256, 300, 300, 300]);
    }
}
