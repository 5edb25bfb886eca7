//! How it stands, for whoever watches over the process.

use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::http::{HttpParts, ReadyCheck};
use iiot_core::metrics::Exposition;
use iiot_core::time::UtcTime;
use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::devices::device::DeviceState;
use iiot_gds::devices::{DeviceFigures, LocalDevices};
use parking_lot::Mutex;

use super::survey::{Authority, Survey};
use super::{Foundation, Manager, WatchedStore};

/// How a certificate manager stands, as [`Rounds`](super::Rounds) have found it: figures, and what keeps it from its work.
#[derive(Debug)]
pub struct Standing {
    store: Arc<WatchedStore>,
    devices: Arc<LocalDevices>,
    clock: Arc<dyn Clock>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    survey: Survey,
    /// When that was; never yet, if it is none.
    at: Option<UtcTime>,
    keys_gone: Vec<String>,
    /// What could not be looked at or done, for the log.
    troubles: Vec<String>,
    clock_is_believed: bool,
}

impl Standing {
    /// Of a process that has found nothing yet.
    #[must_use]
    pub fn new(foundation: &Foundation, manager: &Manager) -> Self {
        let (store, clock) = (Arc::clone(foundation.store()), Arc::clone(&manager.office().clock));
        let devices = Arc::clone(manager.devices());
        let found = Found { clock_is_believed: true, ..Found::default() };
        Self { store, devices, clock, found: Mutex::new(found) }
    }

    /// Tells it at the HTTP face of a process: `/metrics` and `/readyz`.
    pub fn show(self: &Arc<Self>, parts: &mut HttpParts) {
        let measured = Arc::clone(self);
        parts.measures.push(Arc::new(move |out| measured.measure(out)));
        let checks: [fn(&Self) -> Result<()>; 4] =
            [Self::writes, Self::believes_clock, Self::has_keys, Self::lists_are_fresh];
        parts.ready.extend(checks.map(|check| -> ReadyCheck {
            let asked = Arc::clone(self);
            Arc::new(move || check(&asked))
        }));
    }

    /// Adds its figures.
    pub fn measure(&self, out: &mut Exposition) {
        let (found, now) = (self.found.lock(), self.clock.utc());
        for (id, authority) in &found.survey.authorities {
            measure_authority(id, authority, now, out);
        }
        for (id, group) in &found.survey.groups {
            let labels = [("group", id.as_str())];
            out.gauge("iiot_gds_certificates", "Certificates of applications that are valid and not revoked")
                .sample(&labels, group.certificates as f64);
            if let Some(first) = group.first_end {
                out.gauge(
                    "iiot_gds_first_certificate_expiry_days",
                    "Days until the first application has no certificate",
                )
                .sample(&labels, days(now, first));
            }
        }
        measure_devices(&self.devices.figures(), now, out);
        let mut gauge = |name, help, value: f64| {
            out.gauge(name, help).sample(&[], value);
        };
        let survey = &found.survey;
        gauge("iiot_gds_requests_waiting", "Requests that nobody has decided", survey.requests_waiting as f64);
        gauge(
            "iiot_gds_proposals_waiting",
            "Changes and revocations that nobody has decided",
            survey.proposals_waiting as f64,
        );
        gauge("iiot_gds_audit_entries", "Entries of the audit record", survey.audit_entries as f64);
        gauge("iiot_gds_unfinished", "What is on record and not signed yet", survey.unfinished as f64);
        gauge("iiot_gds_keys_gone", "Authorities whose keys cannot be used", found.keys_gone.len() as f64);
        gauge(
            "iiot_gds_clock_believed",
            "Whether the clock of the machine can be right",
            f64::from(u8::from(found.clock_is_believed)),
        );
        gauge(
            "iiot_gds_store_writes",
            "Whether the last write went well",
            f64::from(u8::from(self.store.trouble().is_none())),
        );
        let age = found.at.map_or(f64::INFINITY, |at| now.since(at).as_secs_f64());
        gauge("iiot_gds_survey_age_seconds", "Time since these figures were taken", age);
        let (certificates, lists) = self.store.signed();
        for (kind, count) in [("certificate", certificates), ("revocationList", lists)] {
            out.counter("iiot_gds_signatures_total", "What was signed by keys of authorities")
                .sample(&[("kind", kind)], count as f64);
        }
    }

    pub(super) fn surveyed(&self, survey: Survey, at: UtcTime) {
        let mut found = self.found.lock();
        (found.survey, found.at) = (survey, Some(at));
    }

    pub(super) fn found_keys_gone(&self, keys: Vec<String>) {
        self.found.lock().keys_gone = keys;
    }

    pub(super) fn judged_clock(&self, is_believed: bool) {
        self.found.lock().clock_is_believed = is_believed;
    }

    /// What went wrong in a round; what is new is logged.
    pub(super) fn met(&self, troubles: Vec<String>) {
        let mut found = self.found.lock();
        for trouble in troubles.iter().filter(|trouble| !found.troubles.contains(trouble)) {
            tracing::error!("{trouble}");
        }
        found.troubles = troubles;
    }

    pub(super) fn unfinished(&self) -> u64 {
        self.found.lock().survey.unfinished
    }

    /// Anybody reads these, so they say no more than whoever is called must know.
    fn writes(&self) -> Result<()> {
        refuse(self.store.trouble().is_some(), "the records cannot be written, so nothing is signed; see the log")
    }

    fn believes_clock(&self) -> Result<()> {
        let message = "the clock of the machine was set, so nothing is signed: set it right, or say that it is right";
        refuse(!self.found.lock().clock_is_believed, message)
    }

    fn has_keys(&self) -> Result<()> {
        refuse(!self.found.lock().keys_gone.is_empty(), "a key of an authority cannot be used; see the log")
    }

    fn lists_are_fresh(&self) -> Result<()> {
        let late = self.found.lock().survey.authorities.values().any(|authority| authority.late);
        refuse(late, "a revocation list is late: devices refuse connections when it ends; see the log")
    }
}

fn refuse(wrong: bool, message: &'static str) -> Result<()> {
    if wrong { Err(Error::new(ErrorKind::Unavailable, "keep certificates", message)) } else { Ok(()) }
}

fn measure_authority(id: &str, authority: &Authority, now: UtcTime, out: &mut Exposition) {
    let labels = [("authority", id)];
    let mut gauge = |name, help, value| {
        out.gauge(name, help).sample(&labels, value);
    };
    if let Some(until) = authority.until {
        gauge("iiot_gds_authority_expiry_days", "Days until the certificate of an authority ends", days(now, until));
    }
    if let Some(list) = authority.list {
        let (age, left) = (seconds(list.this_update, now), seconds(now, list.next_update));
        gauge("iiot_gds_crl_number", "Number of the newest revocation list", list.number as f64);
        gauge("iiot_gds_crl_age_seconds", "Age of the newest revocation list", age);
        gauge(
            "iiot_gds_crl_next_update_seconds",
            "Time until devices refuse connections for want of a newer one",
            left,
        );
    }
    gauge(
        "iiot_gds_crl_alarm",
        "Whether half of its time is over, or there is none",
        f64::from(u8::from(authority.late)),
    );
}

fn measure_devices(figures: &DeviceFigures, now: UtcTime, out: &mut Exposition) {
    for state in DeviceState::ALL {
        let count = figures.by_state.get(&state).copied().unwrap_or(0);
        out.gauge("iiot_gds_devices", "Devices in a state").sample(&[("state", state.name())], count as f64);
    }
    if let Some(since) = figures.oldest_out_of_date_since {
        out.gauge("iiot_gds_device_out_of_date_seconds", "How long a device at most has not what it should have")
            .sample(&[], seconds(since, now));
    }
    if let Some(first) = figures.earliest_expiry {
        out.gauge("iiot_gds_device_expiry_days", "Days until the first certificate of a device ends")
            .sample(&[], days(now, first));
    }
}

/// Negative if `to` is before `from`.
fn seconds(from: UtcTime, to: UtcTime) -> f64 {
    to.since(from).as_secs_f64() - from.since(to).as_secs_f64()
}

fn days(from: UtcTime, to: UtcTime) -> f64 {
    seconds(from, to) / 86_400.0
}
