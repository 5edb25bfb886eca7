//! Entries become writer groups and writers.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use iiot_core::session::ItemNode;

use super::entry::{Entry, read};
use super::finding::{FindingKind, Findings, Place};
use super::json::{Json, Located};
use super::node::{Node, Wants};
use super::object::Object;
use super::property::ENTRY;
use crate::plan::{FieldPlan, FieldSettings, Plan, WriterGroupPlan, WriterPlan, unique};
use crate::profile::Dialect;
use crate::shared::Interner;

/// Builds the plan. Entries that name the same group share it; entries with the same writer name,
/// server and wants of their nodes share a writer. What the first entry says of them counts.
pub(super) fn assemble<'a>(entries: &'a [Located], dialect: Dialect, findings: &'a Findings) -> Plan {
    let mut assembly = Assembly { groups: Vec::new(), writers: 0, findings };
    for (index, entry) in entries.iter().enumerate() {
        let place = Place { path: format!("[{index}]"), at: entry.at };
        let Json::Object(members) = &entry.json else {
            let message = format!("it is {}, not an object; it is left out", entry.json.type_name());
            findings.add(&place, "", FindingKind::InvalidValue, message);
            continue;
        };
        let object = Object::new(place, members, ENTRY, findings);
        let entry = read(&object, dialect, findings);
        object.check_unseen();
        if let Some(entry) = entry {
            assembly.add(Rc::new(object), entry);
        }
    }
    assembly.finish()
}

#[derive(Debug)]
struct Assembly<'a> {
    groups: Vec<Group<'a>>,
    writers: u16,
    findings: &'a Findings,
}

#[derive(Debug)]
struct Group<'a> {
    first: Rc<Object<'a>>,
    plan: WriterGroupPlan,
    writers: Vec<Writer<'a>>,
}

#[derive(Debug)]
struct Writer<'a> {
    first: Rc<Object<'a>>,
    requested_name: String,
    names: HashSet<String>,
    sources: HashSet<Source>,
    settings: Interner<FieldSettings>,
    uris: HashSet<Arc<str>>,
    plan: WriterPlan,
    wants: Wants,
}

/// What makes two fields the same: name, node, path, attribute and range.
type Source = (String, Arc<ItemNode>, Option<Box<str>>, u32, String);

impl<'a> Assembly<'a> {
    fn add(&mut self, object: Rc<Object<'a>>, entry: Entry) {
        let Entry { group, writer, nodes } = entry;
        let group = self.group(&object, group);
        let mut seen = HashSet::new();
        for node in nodes {
            let Some(index) = self.writer(group, &object, &writer, &node) else { return };
            let writer = &mut self.groups[group].writers[index];
            if seen.insert(index) {
                report_overridden(&writer.first, &object, WRITER_PROPERTIES, "writer");
            }
            writer.add(node, self.findings);
        }
    }

    /// The group's index, whether it was there or not.
    fn group(&mut self, object: &Rc<Object<'a>>, plan: WriterGroupPlan) -> usize {
        if let Some(index) = self.groups.iter().position(|group| group.plan.name == plan.name) {
            report_overridden(&self.groups[index].first, object, GROUP_PROPERTIES, "group");
            return index;
        }
        self.groups.push(Group { first: Rc::clone(object), plan, writers: Vec::new() });
        self.groups.len() - 1
    }

    /// The index of the writer for a node; `None` when there are too many.
    fn writer(&mut self, group: usize, object: &Rc<Object<'a>>, plan: &WriterPlan, node: &Node) -> Option<usize> {
        let writers = &mut self.groups[group].writers;
        let same = |writer: &Writer<'_>| {
            writer.requested_name == plan.name
                && writer.wants == node.wants
                && writer.plan.connection == plan.connection
                && writer.is_of(node)
        };
        if let Some(index) = writers.iter().position(same) {
            return Some(index);
        }
        let Some(id) = self.writers.checked_add(1) else {
            object.report("", FindingKind::InvalidValue, "there are more than 65535 writers; the rest is left out");
            return None;
        };
        self.writers = id;
        let name = unique(&plan.name, |name| writers.iter().any(|writer| writer.plan.name == name));
        let writer = WriterPlan { id, name, ..node.writer(plan) };
        writers.push(Writer::new(object, writer, &plan.name, &node.wants));
        Some(writers.len() - 1)
    }

    fn finish(self) -> Plan {
        let with_writers = self.groups.into_iter().filter(|group| !group.writers.is_empty());
        let writer_groups = with_writers.map(|group| WriterGroupPlan {
            writers: group.writers.into_iter().map(Writer::finish).collect(),
            ..group.plan
        });
        Plan { writer_groups: writer_groups.collect() }
    }
}

impl<'a> Writer<'a> {
    fn new(first: &Rc<Object<'a>>, plan: WriterPlan, requested_name: &str, wants: &Wants) -> Self {
        Self {
            first: Rc::clone(first),
            requested_name: requested_name.into(),
            names: HashSet::new(),
            sources: HashSet::new(),
            settings: Interner::default(),
            uris: HashSet::new(),
            plan: wants.writer(plan),
            wants: wants.clone(),
        }
    }

    /// Whether a node's values, or its events, are what it publishes.
    fn is_of(&self, node: &Node) -> bool {
        let same = |field: &FieldPlan| field.node == node.field.node && field.path == node.field.path;
        let notifier = |field: &FieldPlan| node.event.is_none() || same(field);
        self.plan.event == node.event && self.plan.fields.first().is_none_or(notifier)
    }

    /// Namespace URIs are long, and few.
    fn share_uri(&mut self, field: &mut FieldPlan) {
        if let ItemNode::Uri(uri, _) = Arc::make_mut(&mut field.node)
            && !self.uris.insert(Arc::clone(uri))
            && let Some(known) = self.uris.get(&**uri)
        {
            *uri = Arc::clone(known);
        }
    }

    fn finish(mut self) -> WriterPlan {
        self.plan.fields.shrink_to_fit();
        self.plan
    }

    /// Adds a field and those that it triggers.
    fn add(&mut self, node: Node, findings: &Findings) {
        if let Some(expansion) = node.expansion {
            return self.plan.expansions.push(expansion);
        }
        let Some(trigger) = self.add_field(node.field, &node.place, findings) else { return };
        for Node { mut field, place, .. } in node.triggered {
            field.triggered_by = Some(trigger.as_str().into());
            self.add_field(field, &place, findings);
        }
    }

    /// Adds a field; returns its name, or `None` if it is left out.
    fn add_field(&mut self, mut field: FieldPlan, place: &Place, findings: &Findings) -> Option<String> {
        self.share_uri(&mut field);
        let path = field.path.as_ref().map(|path| path.to_string().into());
        let source = (field.name.clone(), Arc::clone(&field.node), path, field.attribute_id, field.index_range.clone());
        if !self.sources.insert(source) {
            let message = format!("the writer {} has this node already; it is left out", self.plan.name);
            findings.add(place, "", FindingKind::Duplicate, message);
            return None;
        }
        let name = unique(&field.name, |name| self.names.contains(name));
        if name != field.name {
            let message = format!("another field is called {}; this one is published as {name}", field.name);
            findings.add(place, "", FindingKind::Duplicate, message);
            field.name = name;
        }
        self.names.insert(field.name.clone());
        field.settings = self.settings.share(field.settings);
        let name = field.name.clone();
        self.plan.fields.push(field);
        Some(name)
    }
}

fn report_overridden(first: &Rc<Object<'_>>, later: &Rc<Object<'_>>, properties: &[&str], what: &str) {
    if Rc::ptr_eq(first, later) {
        return;
    }
    for property in properties {
        if later.get(property).is_some_and(|value| first.get(property) != Some(value)) {
            let message = format!("the {what} is already described by {}; that value is used", first.place.path);
            later.report(property, FindingKind::Overridden, message);
        }
    }
}

const GROUP_PROPERTIES: &[&str] = &[
    "PublisherId",
    "WriterGroupQueueName",
    "WriterGroupQualityOfService",
    "WriterGroupMessageTtlTimepan",
    "WriterGroupMessageRetention",
    "MessagingMode",
    "MessageEncoding",
    "BatchSize",
    "BatchTriggerInterval",
    "BatchTriggerIntervalTimespan",
    "WriterGroupPartitions",
    "MaxDataSetMessagesPerPublish",
    "MaxNetworkMessageSize",
];

const WRITER_PROPERTIES: &[&str] = &[
    "DataSetName",
    "DataSetDescription",
    "DataSetClassId",
    "DataSetKeyFrameCount",
    "MetaDataUpdateTime",
    "MetaDataUpdateTimeTimespan",
    "OpcNodeWatchdogTimespan",
    "OpcNodeWatchdogCondition",
    "DataSetWriterWatchdogBehavior",
    "SendKeepAliveDataSetMessages",
    "SendKeepAliveAsKeyFrameMessages",
    "DataSetExtensionFields",
    "QueueName",
    "QualityOfService",
    "MessageTtlTimespan",
    "MessageRetention",
    "MetaDataQueueName",
    "MetaDataRetention",
    "MetaDataTtlTimespan",
    "DataSetRouting",
    "DataSetSourceUri",
    "DataSetSubject",
    "DataSetType",
    "MaxKeepAliveCount",
    "Priority",
];
