//! How it stands, as it is found on record.

use std::collections::BTreeMap;

use iiot_core::Result;
use iiot_core::keys::KeyStore;
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::Certificate;
use iiot_gds::authority::{Authorities, AuthorityRecord};
use iiot_gds::policy::CrlDates;
use iiot_gds::policy::CrlSchedule;
use iiot_gds::store::{ArtefactName, CertificateQuery, DocumentQuery, Store};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Survey {
    /// The authorities that are trusted, by id.
    pub(super) authorities: BTreeMap<String, Authority>,
    /// Certificates of applications, by group.
    pub(super) groups: BTreeMap<String, Group>,
    /// Requests that nobody has decided.
    pub(super) requests_waiting: u64,
    /// Changes and revocations that nobody has decided.
    pub(super) proposals_waiting: u64,
    /// Entries of the audit record.
    pub(super) audit_entries: u64,
    /// What is on record and not signed yet.
    pub(super) unfinished: u64,
}

/// An authority that is trusted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Authority {
    /// Until when its certificate is valid; none while it is being made.
    pub(super) until: Option<UtcTime>,
    /// Its newest revocation list; none before the first.
    pub(super) list: Option<List>,
    /// Whether that is late.
    pub(super) late: bool,
}

/// A revocation list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct List {
    pub(super) number: u64,
    pub(super) this_update: UtcTime,
    pub(super) next_update: UtcTime,
}

/// The certificates of a group that are valid and not revoked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Group {
    pub(super) certificates: u64,
    /// When the first application has none any more.
    pub(super) first_end: Option<UtcTime>,
}

impl Survey {
    /// Looks at everything.
    pub(super) async fn take(authorities: &Authorities, store: &dyn Store, now: UtcTime) -> Result<Self> {
        let mut survey = Self {
            groups: groups(store, now).await?,
            requests_waiting: waiting(store, "request").await?,
            proposals_waiting: waiting(store, "proposal").await?,
            audit_entries: store.audit_head().await?.0,
            unfinished: store.unfinished().await?.len() as u64,
            ..Self::default()
        };
        for record in authorities.all().await?.into_iter().filter(AuthorityRecord::is_trusted) {
            survey.authorities.insert(record.id.clone(), Authority::of(&record, store, now).await?);
        }
        Ok(survey)
    }
}

impl Authority {
    async fn of(record: &AuthorityRecord, store: &dyn Store, now: UtcTime) -> Result<Self> {
        let list = store.revocation_list(&record.id).await?.and_then(|reserved| {
            let ArtefactName::RevocationList { number, .. } = reserved.reservation.name else { return None };
            Some(List { number, this_update: reserved.reservation.from, next_update: reserved.reservation.until })
        });
        let dates = list.map(|list| CrlDates { this_update: list.this_update, next_update: list.next_update });
        let late = CrlSchedule::new(record.crl, dates).alarm(now).is_some();
        let certificate = record.certificate.as_ref().map(|der| Certificate::parse(&der.0)).transpose()?;
        Ok(Self { until: certificate.map(|certificate| certificate.not_after()), list, late })
    }
}

/// The authorities whose keys cannot be used.
pub(super) async fn keys_gone(authorities: &Authorities, keys: &dyn KeyStore) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    for record in authorities.all().await?.into_iter().filter(AuthorityRecord::is_trusted) {
        match keys.open(&record.key).await {
            Ok(Some(_)) => {}
            Ok(None) => gone.push(record.id),
            Err(error) => {
                tracing::warn!(authority = record.id, "its key cannot be used: {}", error.report());
                gone.push(record.id);
            }
        }
    }
    Ok(gone)
}

async fn groups(store: &dyn Store, now: UtcTime) -> Result<BTreeMap<String, Group>> {
    let mut query =
        CertificateQuery { revoked: Some(false), until_after: Some(now), limit: PAGE, ..CertificateQuery::default() };
    let (mut newest, mut groups): (BTreeMap<_, UtcTime>, BTreeMap<String, Group>) = Default::default();
    loop {
        let page = store.certificates(&query).await?;
        query.after = page.last().map(|last| (last.issuer.clone(), last.serial.clone()));
        let is_last = page.len() < PAGE;
        for one in page.into_iter().filter(|one| !one.application.is_empty()) {
            groups.entry(one.group.clone()).or_default().certificates += 1;
            let until = newest.entry((one.group, one.application)).or_insert(one.until);
            *until = one.until.max(*until);
        }
        if is_last {
            break;
        }
    }
    for ((group, _), until) in newest {
        let group = groups.entry(group).or_default();
        group.first_end = Some(group.first_end.map_or(until, |first| first.min(until)));
    }
    Ok(groups)
}

async fn waiting(store: &dyn Store, kind: &str) -> Result<u64> {
    let labels = vec![("state".to_owned(), "new".to_owned())];
    let mut query = DocumentQuery { kind: kind.into(), labels, after: None, limit: PAGE };
    let mut count = 0;
    loop {
        let page = store.documents(&query).await?;
        count += page.len() as u64;
        query.after = page.last().map(|last| last.id.clone());
        if page.len() < PAGE {
            return Ok(count);
        }
    }
}

const PAGE: usize = 1_000;
