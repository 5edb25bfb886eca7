//! Authorities and their revocation lists.

use iiot_core::operation::Principal;
use iiot_core::ua::trust::Certificate;
use iiot_core::{ErrorKind, Result};

use super::{LocalCertificates, error, id};
use crate::authority::AuthorityRecord;
use crate::certificates::authorities::{
    AuthoritiesRequest, AuthoritiesResponse, AuthorityWithChain, RecordedAuthority, RecordedRevocationList,
    RevocationListState,
};
use crate::model::Der;
use crate::policy::{CrlDates, CrlSchedule};
use crate::store::{ArtefactName, Outcome, Reserved};

impl LocalCertificates {
    pub(super) async fn list_authorities(&self, request: AuthoritiesRequest) -> Result<AuthoritiesResponse> {
        let all = self.office.authorities.all().await?;
        let wanted = all.into_iter().filter(|one| request.stage.is_none_or(|stage| one.stage == stage));
        let mut authorities = Vec::new();
        for record in wanted {
            authorities.push(self.shown_authority(record).await?);
        }
        Ok(AuthoritiesResponse { authorities })
    }

    pub(super) async fn one_authority(&self, authority: &str) -> Result<AuthorityWithChain> {
        id("authority", authority)?;
        let record = self.office.authorities.authority(authority).await?;
        let chain = match record.certificate {
            Some(_) => self.office.authorities.chain(authority).await?,
            None => Vec::new(),
        };
        Ok(AuthorityWithChain { authority: self.shown_authority(record).await?, chain: ders(chain) })
    }

    pub(super) async fn newest_list(&self, authority: &str) -> Result<RecordedRevocationList> {
        id("authority", authority)?;
        let record = self.office.authorities.authority(authority).await?;
        let newest = self.store().revocation_list(authority).await?;
        let found = newest.and_then(|newest| {
            let state = self.state_of(&record, &newest)?;
            let Some(Outcome::Signed(list)) = newest.outcome else { return None };
            Some(RecordedRevocationList { authority: authority.to_owned(), state, revocation_list: Der(list) })
        });
        let none = "its first revocation list is not signed yet";
        found.ok_or_else(|| error(ErrorKind::Unavailable, "get revocation list", none).with("authority", authority))
    }

    pub(super) async fn publish(&self, authority: &str, principal: &Principal) -> Result<RecordedRevocationList> {
        id("authority", authority)?;
        let record = self.office.authorities.authority(authority).await?;
        if !record.is_trusted() {
            let message = "it is retired, and publishes nothing any more";
            return Err(error(ErrorKind::InvalidArgument, "publish", message).with("authority", authority));
        }
        self.office.authorities.publish(authority, &principal.name).await?;
        self.newest_list(authority).await
    }

    pub(super) async fn shown_authority(&self, record: AuthorityRecord) -> Result<RecordedAuthority> {
        let newest = self.store().revocation_list(&record.id).await?;
        let revocation_list = newest.and_then(|newest| self.state_of(&record, &newest));
        let certificate = record.certificate.as_ref().map(|der| Certificate::parse(&der.0)).transpose()?;
        Ok(RecordedAuthority {
            id: record.id,
            common_name: record.common_name,
            organization: record.organization,
            issuer: record.issuer,
            group: record.group,
            stage: record.stage,
            replaces: record.replaces,
            successor: record.successor,
            serial: record.serial,
            from: certificate.as_ref().map(Certificate::not_before),
            until: certificate.as_ref().map(Certificate::not_after),
            crl: record.crl,
            crl_urls: record.crl_urls,
            issuer_urls: record.issuer_urls,
            revocation_list,
        })
    }

    fn state_of(&self, record: &AuthorityRecord, newest: &Reserved) -> Option<RevocationListState> {
        let ArtefactName::RevocationList { number, .. } = newest.reservation.name else { return None };
        let dates = CrlDates { this_update: newest.reservation.from, next_update: newest.reservation.until };
        let alarm = CrlSchedule::new(record.crl, Some(dates)).alarm(self.now()).filter(|_| record.is_trusted());
        let CrlDates { this_update, next_update } = dates;
        Some(RevocationListState { number, this_update, next_update, alarm: alarm.map(|alarm| alarm.percent) })
    }
}

pub(super) fn ders(all: Vec<Vec<u8>>) -> Vec<Der> {
    all.into_iter().map(Der).collect()
}
