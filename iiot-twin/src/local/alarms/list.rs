//! The alarms of a server as they are now: what its condition events leave behind.

use std::collections::{BTreeMap, BTreeSet};

use super::super::feed::Subject;
use crate::Status;
use crate::alarm::{Alarm, AlarmName, AlarmUpdate, Basis};

/// The last event of each condition and branch that is retained (OPC 10000-9 §5.5.2).
#[derive(Debug, Default)]
pub(in crate::local) struct AlarmList {
    alarms: BTreeMap<AlarmName, Alarm>,
    /// What a refresh has brought so far, while there is one.
    refreshed: Option<BTreeSet<AlarmName>>,
    basis: Option<Basis>,
    left_out: u64,
    /// Why the server reports no events.
    refused: Option<Status>,
}

/// Alarms of a server that are kept.
const MAX_ALARMS: usize = 10_000;

impl AlarmList {
    /// An event came. What is to be told, if anything is other than before.
    pub(super) fn alarm(&mut self, alarm: Alarm) -> Option<AlarmUpdate> {
        if !alarm.retain {
            self.alarms.remove(&alarm.name)?;
            let removed = vec![alarm.name.clone()];
            return Some(AlarmUpdate { changed: vec![alarm], removed, ..Default::default() });
        }
        if self.alarms.len() >= MAX_ALARMS && !self.alarms.contains_key(&alarm.name) {
            self.left_out += 1;
            return None;
        }
        if let Some(refreshed) = &mut self.refreshed {
            refreshed.insert(alarm.name.clone());
        }
        let before = self.alarms.insert(alarm.name.clone(), alarm.clone());
        (before.as_ref() != Some(&alarm)).then(|| AlarmUpdate { changed: vec![alarm], ..Default::default() })
    }

    /// The connection is a new one: until the server has told all, something may be missing.
    pub(super) fn reconnected(&mut self) {
        (self.refreshed, self.basis) = (None, None);
    }

    /// Whether the server reports events, and why not.
    pub(super) fn stands(&mut self, refused: Option<Status>) {
        self.refused = refused;
    }

    /// The server begins to send all that it retains.
    pub(super) fn begin_refresh(&mut self) {
        self.refreshed = Some(BTreeSet::new());
        self.left_out = 0;
    }

    /// The server has sent all. What it did not send has ended.
    pub(super) fn end_refresh(&mut self) -> Option<AlarmUpdate> {
        let refreshed = self.refreshed.take()?;
        let gone = self.alarms.keys().filter(|name| !refreshed.contains(name)).cloned();
        let removed: Vec<AlarmName> = gone.collect();
        removed.iter().for_each(|name| drop(self.alarms.remove(name)));
        self.basis = Some(Basis::Refresh);
        Some(AlarmUpdate { removed, complete: self.basis, ..Default::default() })
    }

    /// The list was made in another way. What is to be told, change by change.
    pub(super) fn rebuild(&mut self, alarms: Vec<Alarm>, basis: Basis) -> Vec<AlarmUpdate> {
        self.begin_refresh();
        let changes: Vec<AlarmUpdate> = alarms.into_iter().filter_map(|alarm| self.alarm(alarm)).collect();
        let end = self.end_refresh().map(|end| AlarmUpdate { complete: Some(basis), ..end });
        self.basis = Some(basis);
        changes.into_iter().chain(end).collect()
    }

    /// The server has said nothing to a refresh: from now on the list is what its events leave behind.
    pub(super) fn settle(&mut self) -> Option<AlarmUpdate> {
        if self.basis.is_some() {
            return None;
        }
        self.basis = Some(Basis::Events);
        Some(AlarmUpdate { complete: self.basis, status: self.refused.clone(), ..Default::default() })
    }

    /// What it is made of, once it is complete.
    pub(super) const fn basis(&self) -> Option<Basis> {
        self.basis
    }

    pub(super) const fn refused(&self) -> Option<&Status> {
        self.refused.as_ref()
    }

    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(super) fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    /// The alarm of this condition and branch.
    pub(in crate::local) fn find(&self, name: &AlarmName) -> Option<&Alarm> {
        self.alarms.get(name)
    }
}

impl Subject for AlarmList {
    type Update = AlarmUpdate;

    fn snapshot(&self) -> AlarmUpdate {
        let changed = self.alarms().cloned().collect();
        AlarmUpdate { changed, complete: self.basis, status: self.refused.clone(), ..Default::default() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn alarm(condition: &str, branch: Option<&str>, event_id: &str) -> Alarm {
        let name = AlarmName { condition: condition.into(), branch: branch.map(Into::into) };
        Alarm { name, event_id: event_id.into(), retain: true, ..Default::default() }
    }

    fn names(list: &AlarmList) -> Vec<(String, Option<String>)> {
        list.alarms().map(|alarm| (alarm.name.condition.clone(), alarm.name.branch.clone())).collect()
    }

    #[test]
    fn the_last_event_of_each_condition_and_branch_counts() {
        let mut list = AlarmList::default();
        assert_eq!(list.alarm(alarm("Level", None, "1")).unwrap().changed[0].event_id, "1");
        assert_eq!(list.alarm(alarm("Level", None, "1")), None, "it is the same");
        assert!(list.alarm(alarm("Level", Some("b"), "1")).is_some());
        assert_eq!(list.alarm(alarm("Level", None, "2")).unwrap().changed[0].event_id, "2");
        assert_eq!(names(&list), [("Level".into(), None), ("Level".into(), Some("b".into()))]);
        let over = list.alarm(Alarm { retain: false, ..alarm("Level", Some("b"), "3") }).unwrap();
        assert_eq!((over.changed[0].event_id.as_str(), over.removed[0].branch.as_deref()), ("3", Some("b")));
        assert_eq!(list.alarm(Alarm { retain: false, ..alarm("Level", Some("b"), "3") }), None, "it was gone");
        assert_eq!(names(&list), [("Level".into(), None)]);
    }

    #[test]
    fn what_a_refresh_does_not_bring_has_ended() {
        let mut list = AlarmList::default();
        for name in ["Level", "Load", "Speed"] {
            list.alarm(alarm(name, None, "1"));
        }
        list.begin_refresh();
        assert_eq!(list.alarm(alarm("Level", None, "1")), None);
        assert!(list.alarm(alarm("Load", None, "2")).is_some());
        assert_eq!(list.basis(), None, "it may lack something still");
        let end = list.end_refresh().unwrap();
        assert_eq!((end.removed[0].condition.as_str(), end.removed.len()), ("Speed", 1));
        assert_eq!((end.complete, list.basis()), (Some(Basis::Refresh), Some(Basis::Refresh)));
        assert_eq!(list.end_refresh(), None, "none had begun");
    }

    #[test]
    fn a_refresh_that_is_cut_off_removes_nothing() {
        let mut list = AlarmList::default();
        list.alarm(alarm("Level", None, "1"));
        list.begin_refresh();
        list.reconnected();
        assert_eq!(list.end_refresh(), None);
        assert_eq!(names(&list).len(), 1);
    }

    #[test]
    fn a_list_from_nodes_replaces_what_was_known() {
        let mut list = AlarmList::default();
        list.alarm(alarm("Level", None, "1"));
        let updates = list.rebuild(vec![alarm("Load", None, "7")], Basis::Nodes);
        assert_eq!(updates[0].changed[0].name.condition, "Load");
        assert_eq!((updates[1].removed.len(), updates[1].complete), (1, Some(Basis::Nodes)));
        assert_eq!(list.settle(), None);
        assert_eq!(AlarmList::default().settle().unwrap().complete, Some(Basis::Events));
    }

    #[test]
    fn the_list_is_bounded_and_says_what_it_lacks() {
        let mut list = AlarmList::default();
        for number in 0..MAX_ALARMS + 3 {
            list.alarm(alarm(&number.to_string(), None, "1"));
        }
        assert_eq!((list.alarms().count(), list.left_out()), (MAX_ALARMS, 3));
        assert!(list.alarm(alarm("7", None, "2")).is_some(), "one that is known still changes");
    }
}
