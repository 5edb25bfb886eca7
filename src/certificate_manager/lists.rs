//! Revocation lists and certificates of authorities, for everybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iiot_core::http::{PublicFile, PublicFiles};
use iiot_core::ua::trust::Certificate;
use iiot_core::{ErrorKind, Result};
use iiot_gds::authority::{Authorities, AuthorityRecord};
use iiot_gds::office::Office;
use iiot_gds::store::{ArtefactName, Outcome, Reserved, Store};
use parking_lot::Mutex;

/// `/crl/AUTHORITY.crl` and `/issuer/AUTHORITY.cer` of every authority on record, as certificates name them (RFC 5280 §4.2.1.13,
/// §4.2.2.1): DER, with media types of RFC 2585.
///
/// A cache may answer with a revocation list for a minute, so that a revocation is everywhere a minute after it took place.
#[derive(Debug)]
pub struct Lists {
    authorities: Arc<Authorities>,
    store: Arc<dyn Store>,
    /// The newest list of each authority with its number, so that a long one is not read anew for everybody.
    newest: Mutex<BTreeMap<String, (u64, PublicFile)>>,
}

impl Lists {
    /// Those of an office.
    #[must_use]
    pub fn new(office: &Office) -> Self {
        let (authorities, store) = (Arc::clone(&office.authorities), Arc::clone(&office.store));
        Self { authorities, store, newest: Mutex::default() }
    }

    /// Where the revocation list of an authority is, below a URL.
    #[must_use]
    pub fn crl_url(base: &str, authority: &str) -> String {
        format!("{}{CRL}{authority}{CRL_END}", base.trim_end_matches('/'))
    }

    /// Where the certificate of an authority is, below a URL.
    #[must_use]
    pub fn issuer_url(base: &str, authority: &str) -> String {
        format!("{}{ISSUER}{authority}{ISSUER_END}", base.trim_end_matches('/'))
    }

    async fn revocation_list(&self, id: &str) -> Result<Option<PublicFile>> {
        let last = self.store.last_number(id).await?;
        if let Some((_, file)) = self.newest.lock().get(id).filter(|(number, _)| *number == last) {
            return Ok(Some(file.clone()));
        }
        let Some((number, file)) = self.store.revocation_list(id).await?.and_then(list) else { return Ok(None) };
        self.newest.lock().insert(id.to_owned(), (number, file.clone()));
        Ok(Some(file))
    }

    async fn issuer(&self, id: &str) -> Result<Option<PublicFile>> {
        let certificate = self.authority(id).await?.and_then(|record| record.certificate);
        certificate
            .map(|der| {
                let made = Certificate::parse(&der.0)?.not_before();
                Ok(PublicFile::new("application/pkix-cert", der.0, made, ISSUER_FRESH))
            })
            .transpose()
    }

    async fn authority(&self, id: &str) -> Result<Option<AuthorityRecord>> {
        match self.authorities.authority(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }
}

#[async_trait]
impl PublicFiles for Lists {
    async fn file(&self, path: &str) -> Result<Option<PublicFile>> {
        if let Some(id) = named(path, CRL, CRL_END) {
            return self.revocation_list(id).await;
        }
        match named(path, ISSUER, ISSUER_END) {
            Some(id) => self.issuer(id).await,
            None => Ok(None),
        }
    }
}

/// The id of an authority in a path, if it can be one.
fn named<'a>(path: &'a str, folder: &str, end: &str) -> Option<&'a str> {
    let id = path.strip_prefix(folder)?.strip_suffix(end)?;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=64).contains(&id.len()) && id.bytes().all(is_id)).then_some(id)
}

/// The list with its number.
fn list(reserved: Reserved) -> Option<(u64, PublicFile)> {
    let Reserved { reservation, outcome: Some(Outcome::Signed(der)) } = reserved else { return None };
    let ArtefactName::RevocationList { number, .. } = reservation.name else { return None };
    Some((number, PublicFile::new("application/pkix-crl", der, reservation.from, CRL_FRESH)))
}

const CRL: &str = "/crl/";
const CRL_END: &str = ".crl";
const ISSUER: &str = "/issuer/";
const ISSUER_END: &str = ".cer";
const CRL_FRESH: Duration = Duration::from_secs(60);
/// The certificate of an authority never changes.
const ISSUER_FRESH: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_an_authority_is_looked_for() {
        assert_eq!(named("/crl/line-1.crl", CRL, CRL_END), Some("line-1"));
        assert_eq!(named("/issuer/root.cer", ISSUER, ISSUER_END), Some("root"));
        let long = format!("/crl/{}.crl", "x".repeat(65));
        for path in
            ["/crl/.crl", "/crl/a/b.crl", "/crl/a%20b.crl", "/crl/root.cer", "/crl/root", "/CRL/root.crl", &long]
        {
            assert_eq!(named(path, CRL, CRL_END), None, "{path}");
        }
    }

    #[test]
    fn urls_stand_below_the_one_that_is_told() {
        assert_eq!(Lists::crl_url("http://pki.plant/", "root"), "http://pki.plant/crl/root.crl");
        assert_eq!(Lists::issuer_url("http://pki.plant:81/gds", "a.b"), "http://pki.plant:81/gds/issuer/a.b.cer");
    }
}
