//! What matters in trust lists, apart from the dates of revocation lists.

use std::collections::{BTreeMap, BTreeSet};

use iiot_core::time::UtcTime;
use iiot_core::ua::trust::RevocationList;

use crate::model::Der;
use crate::push::PushedLists;

/// What matters in trust lists: certificates, and what is revoked. A revocation list that was only made anew has the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Essence {
    trusted: BTreeSet<Der>,
    issuers: BTreeSet<Der>,
    /// The serial numbers that each authority has revoked, by its name.
    revoked: BTreeMap<String, BTreeSet<Vec<u8>>>,
    refresh_at: Option<UtcTime>,
}

/// What is different between trust lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Something that was trusted is so no longer.
    Withdraws,
    /// Something else.
    Extends,
}

impl Essence {
    /// Of these lists.
    #[must_use]
    pub fn of(lists: &PushedLists) -> Self {
        let mut essence = Self {
            trusted: lists.trusted_certificates.iter().cloned().collect(),
            issuers: lists.issuer_certificates.iter().cloned().collect(),
            ..Self::default()
        };
        for list in lists.trusted_crls.iter().chain(&lists.issuer_crls) {
            essence.take(list);
        }
        essence
    }

    /// What changes if these take the place of what there is; nothing if both are the same.
    #[must_use]
    pub fn change(&self, before: &Self) -> Option<Change> {
        if !before.trusted.is_subset(&self.trusted) || self.revokes_more(before) {
            return Some(Change::Withdraws);
        }
        let authorities = |essence: &Self| essence.revoked.keys().cloned().collect::<Vec<_>>();
        let same = self.trusted == before.trusted
            && self.issuers == before.issuers
            && authorities(self) == authorities(before);
        (!same).then_some(Change::Extends)
    }

    /// When its revocation lists have had a third of their lives: time for new ones, if nothing else brings them before.
    #[must_use]
    pub fn refresh_at(&self) -> Option<UtcTime> {
        self.refresh_at
    }

    fn revokes_more(&self, before: &Self) -> bool {
        let mut known = before.revoked.iter();
        known.any(|(issuer, serials)| self.revoked.get(issuer).is_some_and(|now| !now.is_subset(serials)))
    }

    fn take(&mut self, der: &Der) {
        // What is no list is told apart by its bytes.
        let Ok(list) = RevocationList::parse(&der.0) else {
            self.revoked.insert(der.sha256(), BTreeSet::new());
            return;
        };
        self.revoked.entry(list.issuer()).or_default().extend(list.serials().map(<[u8]>::to_vec));
        let (from, until) = (list.this_update(), list.next_update());
        let third = until.map(|until| from + until.since(from) / 3);
        self.refresh_at = [self.refresh_at, third].into_iter().flatten().min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(trusted: &[u8], issuers: &[u8]) -> Essence {
        let entries = |list: &[u8]| list.iter().map(|byte| Der(vec![*byte])).collect();
        Essence::of(&PushedLists {
            trusted_certificates: entries(trusted),
            issuer_certificates: entries(issuers),
            ..PushedLists::default()
        })
    }

    fn revoking(serials: &[u8]) -> Essence {
        let serials = serials.iter().map(|serial| vec![*serial]).collect();
        Essence { revoked: [("CN=works".to_owned(), serials)].into(), ..lists(&[1], &[2]) }
    }

    #[test]
    fn what_is_taken_away_is_told_from_what_is_added() {
        assert_eq!(lists(&[1, 2], &[3]).change(&lists(&[2, 1], &[3])), None);
        assert_eq!(lists(&[1, 2], &[]).change(&lists(&[1], &[])), Some(Change::Extends));
        assert_eq!(lists(&[1, 3], &[]).change(&lists(&[1, 2], &[])), Some(Change::Withdraws));
        assert_eq!(lists(&[1], &[2]).change(&lists(&[1], &[3])), Some(Change::Extends));
        assert_eq!(revoking(&[]).change(&lists(&[1], &[2])), Some(Change::Extends), "a first revocation list");
    }

    #[test]
    fn more_that_is_revoked_withdraws_and_less_is_no_change() {
        assert_eq!(revoking(&[7, 8]).change(&revoking(&[7])), Some(Change::Withdraws));
        assert_eq!(revoking(&[7]).change(&revoking(&[7, 8])), None, "it has expired, and leaves the list");
        assert_eq!(revoking(&[7]).change(&revoking(&[7])), None);
    }
}
