//! How it stands.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use iiot_core::Result;
use iiot_core::time::UtcTime;
use parking_lot::Mutex;

use super::LocalCertificates;
use super::proposals::PROPOSAL;
use crate::certificates::status::{CertificatesStatus, Expiring};
use crate::document::{self, REQUEST};
use crate::policy::{Due, RenewalSchedule, Validity};
use crate::store::{CertificateQuery, CertificateRecord};

/// What was found out a moment ago: it is asked for by whoever measures, and reads all certificates.
#[derive(Debug, Default)]
pub(super) struct KnownStatus {
    last: Mutex<Option<(Instant, CertificatesStatus)>>,
    turn: tokio::sync::Mutex<()>,
}

impl LocalCertificates {
    pub(super) async fn how_it_stands(&self) -> Result<CertificatesStatus> {
        let _turn = self.status.turn.lock().await;
        let now = self.office.clock.now();
        let known = self.status.last.lock().clone();
        if let Some((_, status)) = known.filter(|(at, _)| now.saturating_duration_since(*at) < FRESH) {
            return Ok(status);
        }
        let status = self.look().await?;
        *self.status.last.lock() = Some((now, status.clone()));
        Ok(status)
    }

    async fn look(&self) -> Result<CertificatesStatus> {
        let at = self.now();
        let mut authorities = Vec::new();
        for record in self.office.authorities.all().await? {
            authorities.push(self.shown_authority(record).await?);
        }
        let (valid, newest) = self.newest_certificates(at).await?;
        let to_renew = newest.values().filter(|held| held.is_to_be_renewed(at)).count() as u64;
        let mut soonest: Vec<Expiring> = newest.into_iter().map(|(key, held)| held.expiring(key, at)).collect();
        soonest.sort_by_key(|one| one.until);
        soonest.truncate(SHOWN);
        let keys_held = self.held.keys.lock().len() as u64;
        let new = [("state", "new")];
        Ok(CertificatesStatus {
            at,
            authorities,
            valid,
            soonest,
            to_renew,
            requests_waiting: document::count(self.store(), REQUEST, &new, usize::MAX).await? as u64,
            proposals_waiting: document::count(self.store(), PROPOSAL, &new, usize::MAX).await? as u64,
            keys_held,
            keys_ahead: self.pool.len() as u64,
            unfinished: self.store().unfinished().await?.len() as u64,
        })
    }

    /// How many certificates of applications are valid, and the one of each application and group that ends last.
    async fn newest_certificates(&self, now: UtcTime) -> Result<(u64, BTreeMap<(String, String), Held>)> {
        let (mut valid, mut newest) = (0, BTreeMap::<(String, String), Held>::new());
        let mut query = CertificateQuery {
            revoked: Some(false),
            until_after: Some(now),
            limit: PAGE,
            ..CertificateQuery::default()
        };
        loop {
            let page = self.store().certificates(&query).await?;
            query.after = page.last().map(|last| (last.issuer.clone(), last.serial.clone()));
            let full = page.len() == PAGE;
            for one in page.into_iter().filter(|one| !one.application.is_empty()) {
                valid += 1;
                let key = (one.application.clone(), one.group.clone());
                let held = Held::from(one);
                let known = newest.entry(key).or_insert_with(|| held.clone());
                if known.validity.until < held.validity.until {
                    *known = held;
                }
            }
            if !full {
                return Ok((valid, newest));
            }
        }
    }
}

/// A certificate, without its bytes.
#[derive(Debug, Clone)]
struct Held {
    issuer: String,
    serial: String,
    validity: Validity,
}

impl From<CertificateRecord> for Held {
    fn from(one: CertificateRecord) -> Self {
        Self { issuer: one.issuer, serial: one.serial, validity: Validity { from: one.from, until: one.until } }
    }
}

impl Held {
    fn is_to_be_renewed(&self, now: UtcTime) -> bool {
        RenewalSchedule::new(self.validity).next(now) == Due::Now
    }

    fn expiring(self, (application, group): (String, String), now: UtcTime) -> Expiring {
        let until = self.validity.until;
        let days_left = (until.ticks() - now.ticks()).div_euclid(TICKS_PER_DAY);
        Expiring { application, group, issuer: self.issuer, serial: self.serial, until, days_left }
    }
}

const FRESH: Duration = Duration::from_secs(10);
const PAGE: usize = 1_000;
const SHOWN: usize = 20;
const TICKS_PER_DAY: i64 = 86_400 * 10_000_000;
