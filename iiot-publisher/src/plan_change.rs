//! What differs between two plans.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::plan::{FieldPlan, FieldSettings, Plan, Shared, WriterGroupPlan, WriterPlan};

/// What has to be done to get from one plan to another. Groups and writers are known by their names,
/// fields by their client handles; what is the same in both does not occur.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanChange {
    /// Groups of the new plan only.
    pub added: Vec<String>,
    /// Groups of the old plan only.
    pub removed: Vec<String>,
    /// Groups that are in both and differ.
    pub changed: Vec<GroupChange>,
}

/// What differs in a writer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange {
    /// Its name.
    pub group: String,
    /// Whether what concerns the group as a whole differs, as its topic.
    pub settings: bool,
    /// Writers of the new plan only, by id.
    pub added: Vec<u16>,
    /// Writers of the old plan only, by id.
    pub removed: Vec<u16>,
    /// Writers that are in both and differ.
    pub changed: Vec<WriterChange>,
}

/// What differs in a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterChange {
    /// Its id.
    pub id: u16,
    /// Whether it has to begin anew: it reads another server, in another way, or other events.
    pub anew: bool,
    /// Whether the subscription as a whole differs, as its interval.
    pub subscription: bool,
    /// Whether what only concerns messages differs.
    pub messages: bool,
    /// Fields of the new plan only, by client handle.
    pub added: Vec<u32>,
    /// Fields of the old plan only, by client handle.
    pub removed: Vec<u32>,
    /// Fields of which something differs that their server has to be told.
    pub modified: Vec<u32>,
}

impl PlanChange {
    /// Compares two plans whose writers have the same id, and whose fields the same handle, where they
    /// are the same.
    #[must_use]
    pub fn between(old: &Plan, new: &Plan) -> Self {
        let known: HashMap<&str, &WriterGroupPlan> = by_name(old);
        let wanted: HashMap<&str, &WriterGroupPlan> = by_name(new);
        let names = |plan: &Plan, other: &HashMap<&str, &WriterGroupPlan>| {
            let only = plan.writer_groups.iter().filter(|group| !other.contains_key(group.name.as_str()));
            only.map(|group| group.name.clone()).collect()
        };
        let both = new.writer_groups.iter().filter_map(|group| Some((*known.get(group.name.as_str())?, group)));
        Self {
            added: names(new, &known),
            removed: names(old, &wanted),
            changed: both.filter_map(|(old, new)| GroupChange::between(old, new)).collect(),
        }
    }

    /// Whether the plans are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// For the log.
impl fmt::Display for PlanChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing that is published differs");
        }
        let writers = |of: fn(&GroupChange) -> usize| self.changed.iter().map(of).sum::<usize>();
        let fields = |of: fn(&WriterChange) -> usize| {
            self.changed.iter().flat_map(|group| &group.changed).map(of).sum::<usize>()
        };
        write!(f, "groups +{} -{} ~{}", self.added.len(), self.removed.len(), self.changed.len())?;
        let (added, removed) = (writers(|group| group.added.len()), writers(|group| group.removed.len()));
        write!(f, ", writers +{added} -{removed} ~{}", writers(|group| group.changed.len()))?;
        let (added, removed) = (fields(|writer| writer.added.len()), fields(|writer| writer.removed.len()));
        write!(f, ", fields +{added} -{removed} ~{}", fields(|writer| writer.modified.len()))
    }
}

fn by_name(plan: &Plan) -> HashMap<&str, &WriterGroupPlan> {
    plan.writer_groups.iter().map(|group| (group.name.as_str(), group)).collect()
}

impl GroupChange {
    /// `None` where the groups are the same.
    fn between(old: &WriterGroupPlan, new: &WriterGroupPlan) -> Option<Self> {
        let known: HashMap<u16, &WriterPlan> = old.writers.iter().map(|writer| (writer.id, writer)).collect();
        let wanted: HashSet<u16> = new.writers.iter().map(|writer| writer.id).collect();
        let both = new.writers.iter().filter_map(|writer| Some((*known.get(&writer.id)?, writer)));
        let change = Self {
            group: new.name.clone(),
            settings: !same_settings(old, new),
            added: wanted_only(new, &known),
            removed: old.writers.iter().map(|writer| writer.id).filter(|id| !wanted.contains(id)).collect(),
            changed: both.filter_map(|(old, new)| WriterChange::between(old, new)).collect(),
        };
        let nothing = change.added.is_empty() && change.removed.is_empty() && change.changed.is_empty();
        (change.settings || !nothing).then_some(change)
    }
}

fn wanted_only(plan: &WriterGroupPlan, known: &HashMap<u16, &WriterPlan>) -> Vec<u16> {
    plan.writers.iter().map(|writer| writer.id).filter(|id| !known.contains_key(id)).collect()
}

fn same_settings(old: &WriterGroupPlan, new: &WriterGroupPlan) -> bool {
    let bare = |group: &WriterGroupPlan| WriterGroupPlan { writers: Vec::new(), ..group.clone() };
    bare(old) == bare(new)
}

impl WriterChange {
    /// `None` where the writers are the same.
    fn between(old: &WriterPlan, new: &WriterPlan) -> Option<Self> {
        let order = |plan: &WriterPlan| -> Vec<u32> { (0..plan.fields.len()).map(|at| plan.handle(at)).collect() };
        let (known, wanted) = (fields(old), fields(new));
        let only = |plan: &WriterPlan, other: &HashMap<u32, &FieldPlan>| -> Vec<u32> {
            order(plan).into_iter().filter(|handle| !other.contains_key(handle)).collect()
        };
        let (added, removed) = (only(new, &known), only(old, &wanted));
        let (before, after) = (bare(old), bare(new));
        let differs = |handle: &u32| known.get(handle).is_some_and(|field| !same_item(field, wanted[handle]));
        let change = Self {
            id: new.id,
            anew: old.connection != new.connection || old.reading != new.reading || !same_events(old, new),
            subscription: subscription(old) != subscription(new),
            messages: before != after
                || order(old) != order(new)
                || wanted.iter().any(|(handle, field)| known.get(handle).is_some_and(|known| known != field)),
            modified: order(new).into_iter().filter(differs).collect(),
            added,
            removed,
        };
        (old != new).then_some(change)
    }
}

fn fields(plan: &WriterPlan) -> HashMap<u32, &FieldPlan> {
    plan.fields.iter().enumerate().map(|(at, field)| (plan.handle(at), field)).collect()
}

/// The writer but for its fields.
fn bare(writer: &WriterPlan) -> WriterPlan {
    WriterPlan { fields: Shared::default(), handles: Vec::new(), ..writer.clone() }
}

fn subscription(writer: &WriterPlan) -> (std::time::Duration, u8, Option<u32>) {
    (writer.publishing_interval, writer.priority, writer.max_keep_alive_count)
}

/// What events report is by position.
fn same_events(old: &WriterPlan, new: &WriterPlan) -> bool {
    old.event == new.event && (new.event.is_none() || old.fields == new.fields)
}

/// Whether the server need not be told of a change of a field.
fn same_item(old: &FieldPlan, new: &FieldPlan) -> bool {
    let FieldSettings { skip_first, heartbeat, heartbeat_behavior, named_by_server, .. } = *new.settings;
    let same = || FieldSettings {
        skip_first,
        heartbeat,
        heartbeat_behavior,
        named_by_server,
        ..FieldSettings::clone(&old.settings)
    };
    new.node == old.node && (new.settings.is_same(&old.settings) || *new.settings == same())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::config;

    fn plan(entries: &Value) -> Plan {
        config::load(&entries.to_string()).unwrap().plan
    }

    fn entry(group: &str, writer: &str, nodes: &[Value]) -> Value {
        json!({ "EndpointUrl": "opc.tcp://plc", "DataSetWriterGroup": group, "DataSetWriterId": writer, "OpcNodes": nodes })
    }

    fn node(id: &str) -> Value {
        json!({ "Id": format!("ns=1;s={id}"), "OpcSamplingInterval": 100 })
    }

    fn changed(old: &Value, new: &Value) -> PlanChange {
        PlanChange::between(&plan(old), &plan(new))
    }

    fn writer_change(old: &Value, new: &Value) -> WriterChange {
        let mut change = changed(&json!([old]), &json!([new]));
        assert_eq!((change.added.len(), change.removed.len(), change.changed.len()), (0, 0, 1), "{change:?}");
        let mut group = change.changed.remove(0);
        assert_eq!((group.settings, group.added.len(), group.removed.len()), (false, 0, 0));
        group.changed.remove(0)
    }

    const NOTHING: WriterChange = WriterChange {
        id: 1,
        anew: false,
        subscription: false,
        messages: false,
        added: Vec::new(),
        removed: Vec::new(),
        modified: Vec::new(),
    };

    #[test]
    fn the_same_plan_is_no_change() {
        let entries = json!([entry("G", "W", &[node("a")])]);
        assert!(changed(&entries, &entries).is_empty());
    }

    #[test]
    fn groups_and_writers_come_and_go() {
        let (v, w) = (entry("G", "V", &[node("a")]), entry("G", "W", &[node("a")]));
        let change = changed(&json!([v, entry("H", "W", &[node("a")])]), &json!([v, w, entry("I", "X", &[node("a")])]));
        assert_eq!((&change.added[..], &change.removed[..]), (&["I".to_owned()][..], &["H".to_owned()][..]));
        let group = &change.changed[0];
        assert_eq!((group.group.as_str(), &group.added[..], group.settings), ("G", &[2][..], false));
        let change = changed(&json!([v, w]), &json!([v]));
        assert_eq!((change.changed[0].removed.as_slice(), change.changed.len()), (&[2][..], 1));
    }

    #[test]
    fn settings_of_a_group_leave_its_writers_alone() {
        let old = entry("G", "W", &[node("a")]);
        let mut new = old.clone();
        new["WriterGroupQueueName"] = json!("elsewhere");
        let change = changed(&json!([old]), &json!([new]));
        assert_eq!((change.changed[0].settings, change.changed[0].changed.len()), (true, 0));
    }

    #[test]
    fn fields_come_go_and_change() {
        let old = entry("G", "W", &[node("a"), node("b")]);
        let more = writer_change(&old, &entry("G", "W", &[node("a"), node("b"), node("c")]));
        assert_eq!(more, WriterChange { messages: true, added: vec![2], ..NOTHING });
        let fewer = writer_change(&old, &entry("G", "W", &[node("a")]));
        assert_eq!(fewer, WriterChange { messages: true, removed: vec![1], ..NOTHING });
        let mut faster = node("b");
        faster["OpcSamplingInterval"] = json!(50);
        let modified = writer_change(&old, &entry("G", "W", &[node("a"), faster]));
        assert_eq!(modified, WriterChange { messages: true, modified: vec![1], ..NOTHING });
        let mut beating = node("b");
        beating["HeartbeatInterval"] = json!(50);
        let messages = writer_change(&old, &entry("G", "W", &[node("a"), beating]));
        assert_eq!(messages, WriterChange { messages: true, ..NOTHING });
    }

    #[test]
    fn a_writer_of_another_server_begins_anew_and_another_cycle_changes_the_subscription() {
        let old = entry("G", "W", &[node("a")]);
        let (mut elsewhere, mut slower) = (old.clone(), old.clone());
        elsewhere["EndpointUrl"] = json!("opc.tcp://other");
        assert!(writer_change(&old, &elsewhere).anew);
        slower["DataSetPublishingInterval"] = json!(5000);
        let slower = writer_change(&old, &slower);
        assert_eq!((slower.subscription, slower.anew), (true, false));
    }
}
