//! Certificates of tests.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::executor::block_on;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PrivateKey};
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{CertificateProfile, self_signed};

/// When the certificates of [`sound`] begin to be valid.
pub(crate) fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// So many days later.
pub(crate) fn day(days: u64) -> UtcTime {
    start() + Duration::from_secs(days * 86_400)
}

/// A certificate (DER) with nothing wrong, valid for 365 days, of an application with this URI.
pub(crate) fn sound(uri: &str) -> Vec<u8> {
    for_days(uri, start(), 365)
}

pub(crate) fn for_days(uri: &str, valid_from: UtcTime, valid_days: u32) -> Vec<u8> {
    // Making a key is slow.
    static KEY: LazyLock<Arc<dyn PrivateKey>> =
        LazyLock::new(|| block_on(MemoryKeyStore::default().generate("rsa", KeySpec::Rsa(2048))).unwrap());
    let profile = CertificateProfile {
        application_uri: uri.into(),
        common_name: "plc".into(),
        organization: String::new(),
        dns_names: vec!["plc".into()],
        ip_addresses: Vec::new(),
        valid_from,
        valid_days,
    };
    block_on(self_signed(KEY.as_ref(), &profile)).unwrap()
}
