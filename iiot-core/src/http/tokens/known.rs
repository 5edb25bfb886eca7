//! Who has come with a token.

use std::collections::HashMap;
use std::time::Duration;

use super::Grant;
use crate::operation::Role;
use crate::time::UtcTime;

/// The roles of those who have come with tokens, for a while. Only who has a valid token gets in here.
#[derive(Debug, Default)]
pub(super) struct People(HashMap<String, Known>);

#[derive(Debug, Clone, Copy)]
struct Known {
    role: Role,
    until: UtcTime,
}

impl People {
    /// Somebody has shown a token; the latest one counts.
    pub(super) fn came(&mut self, grant: &Grant, now: UtcTime) {
        if self.0.len() >= MAX_PEOPLE && !self.0.contains_key(&grant.name) {
            self.make_room(now);
        }
        let until = grant.expires.unwrap_or(now) + REMEMBERED;
        self.0.insert(grant.name.clone(), Known { role: grant.role, until });
    }

    pub(super) fn role_of(&self, name: &str, now: UtcTime) -> Option<Role> {
        self.0.get(name).filter(|known| now < known.until).map(|known| known.role)
    }

    fn make_room(&mut self, now: UtcTime) {
        self.0.retain(|_, known| now < known.until);
        let first = self.0.iter().min_by_key(|(_, known)| known.until).map(|(name, _)| name.clone());
        if let Some(first) = first.filter(|_| self.0.len() >= MAX_PEOPLE) {
            self.0.remove(&first);
        }
    }
}

/// A shift.
const REMEMBERED: Duration = Duration::from_secs(8 * 3600);
const MAX_PEOPLE: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::keys::Proof;

    fn grant(name: String, role: Role, expires: UtcTime) -> Grant {
        Grant { id: format!("jwt:{name}"), name, role, expires: Some(expires), by: Proof::Token }
    }

    #[test]
    fn who_came_is_known_for_a_shift_after_his_token() {
        let (mut people, now) = (People::default(), UtcTime::UNIX_EPOCH);
        let minute = Duration::from_secs(60);
        people.came(&grant("ann".into(), Role::Administrator, now + minute), now);
        people.came(&grant("ann".into(), Role::Approver, now + 2 * minute), now);
        assert_eq!(people.role_of("ann", now + minute + REMEMBERED), Some(Role::Approver), "the latest one counts");
        assert_eq!(people.role_of("ann", now + 2 * minute + REMEMBERED), None);
        assert_eq!(people.role_of("bob", now), None);
    }

    #[test]
    fn the_list_is_bounded() {
        let (mut people, now) = (People::default(), UtcTime::UNIX_EPOCH);
        for index in 0..MAX_PEOPLE as u64 + 2 {
            people.came(&grant(index.to_string(), Role::Reader, now + Duration::from_secs(index)), now);
        }
        assert_eq!(people.0.len(), MAX_PEOPLE);
        assert!(people.role_of("1", now).is_none() && people.role_of("2", now).is_some(), "who came first goes first");
    }
}
