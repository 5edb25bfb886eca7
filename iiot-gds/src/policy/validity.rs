//! From when until when a certificate is valid.

use std::time::Duration;

use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};

/// The validity period of a certificate, in whole seconds, as certificates have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`.
    pub from: UtcTime,
    /// `notAfter`.
    pub until: UtcTime,
}

/// What is signed begins so long before, since the clocks of devices differ from ours: 5 minutes.
pub const BACKDATE: Duration = Duration::from_secs(300);

impl Validity {
    /// From now on for a lifetime, but no longer than the certificate of the issuer.
    ///
    /// # Errors
    /// `Unsupported` if the issuer's certificate is not valid for a day more: it must be renewed first.
    pub fn of(now: UtcTime, lifetime: Duration, issuer: Self) -> Result<Self> {
        let from = seconds(before(now, BACKDATE)).max(issuer.from);
        let until = seconds(now + lifetime).min(issuer.until);
        if now < issuer.from || issuer.until < now + LEAST_REST {
            let message = "the certificate of the authority is not valid now, or ends within a day: roll it over";
            let error = Error::new(ErrorKind::Unsupported, "issue certificate", message);
            return Err(error.with("valid until", issuer.until).with("now", now));
        }
        Ok(Self { from, until })
    }

    /// From now on for a lifetime.
    #[must_use]
    pub fn of_root(now: UtcTime, lifetime: Duration) -> Self {
        Self { from: seconds(before(now, BACKDATE)), until: seconds(now + lifetime) }
    }
}

const LEAST_REST: Duration = Duration::from_secs(86_400);
const TICKS_PER_SECOND: i64 = 10_000_000;

/// A time so long ago.
pub(super) fn before(time: UtcTime, by: Duration) -> UtcTime {
    let ticks = i64::try_from(by.as_nanos() / 100).unwrap_or(i64::MAX);
    UtcTime::from_ticks(time.ticks().saturating_sub(ticks))
}

/// The whole second that has begun.
pub(super) fn seconds(time: UtcTime) -> UtcTime {
    UtcTime::from_ticks(time.ticks() - time.ticks().rem_euclid(TICKS_PER_SECOND))
}
