//! What a server says of fields beside their values: where their paths lead, and how it calls their nodes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use iiot_core::session::{ItemNode, ItemState};
use iiot_core::ua::StatusCode;

use crate::plan::{FieldPlan, NodePath, WriterPlan, unique};

/// A path and where it begins.
pub(super) type Way = (Arc<ItemNode>, NodePath);

/// Where each of some paths leads, or why it leads nowhere.
pub(super) type Ends = HashMap<Way, Result<Arc<ItemNode>, StatusCode>>;

/// What is known of the fields of a writer.
#[derive(Debug, Default)]
pub(super) struct Learned {
    ends: Ends,
    names: HashMap<Arc<ItemNode>, String>,
}

impl Learned {
    /// Where paths lead.
    pub(super) const fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Paths lead there now.
    pub(super) fn set_ends(&mut self, ends: Ends) {
        self.ends = ends;
    }

    /// The server calls nodes so.
    pub(super) fn add_names(&mut self, names: Vec<(Arc<ItemNode>, String)>) {
        self.names.extend(names);
    }

    /// Forgets what no field of this plan needs.
    pub(super) fn retain(&mut self, configured: &WriterPlan) {
        let ways: HashSet<Way> = configured.fields.iter().filter_map(way).collect();
        self.ends.retain(|way, _| ways.contains(way));
        let nodes: HashSet<&Arc<ItemNode>> =
            configured.fields.iter().map(|field| &field.node).chain(self.ends.values().flatten()).collect();
        self.names.retain(|node, _| nodes.contains(node));
    }

    /// The plan with what is known: a field whose path was followed has none any more.
    pub(super) fn applied(&self, configured: &Arc<WriterPlan>) -> Arc<WriterPlan> {
        if !configured.fields.iter().any(|field| field.path.is_some() || field.named_by_server) {
            return Arc::clone(configured);
        }
        let mut plan = WriterPlan::clone(configured);
        for field in plan.fields.iter_mut() {
            if let Some(Ok(node)) = way(field).and_then(|way| self.ends.get(&way)) {
                field.node = Arc::clone(node);
                field.path = None;
            }
        }
        self.rename(&mut plan);
        Arc::new(plan)
    }

    fn rename(&self, plan: &mut WriterPlan) {
        let name_of = |field: &FieldPlan| self.names.get(&field.node).filter(|_| field.named_by_server);
        let unnamed = plan.fields.iter().filter(|field| name_of(field).is_none());
        let mut taken: HashSet<String> = unnamed.map(|field| field.name.clone()).collect();
        let mut renamed: HashMap<Box<str>, Box<str>> = HashMap::new();
        for field in plan.fields.iter_mut() {
            if let Some(name) = name_of(field) {
                let before = std::mem::replace(&mut field.name, unique(name, |name| taken.contains(name)));
                taken.insert(field.name.clone());
                renamed.insert(before.into(), field.name.as_str().into());
            }
        }
        for field in plan.fields.iter_mut() {
            if let Some(name) = field.triggered_by.as_ref().and_then(|trigger| renamed.get(trigger)) {
                field.triggered_by = Some(name.clone());
            }
        }
    }

    /// Fields whose path leads nowhere, by client handle.
    pub(super) fn missing(&self, configured: &WriterPlan) -> Vec<(u32, ItemState)> {
        let failed = |status| ItemState::Failed { status, will_retry: true, filter: None };
        let status = |field: &FieldPlan| self.ends.get(&way(field)?)?.as_ref().err().copied();
        let fields = configured.fields.iter().enumerate();
        fields.filter_map(|(at, field)| Some((configured.handle(at), failed(status(field)?)))).collect()
    }
}

/// The way of a field that has one.
pub(super) fn way(field: &FieldPlan) -> Option<Way> {
    Some((Arc::clone(&field.node), field.path.clone()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use iiot_core::session::ConnectOptions;

    use super::*;
    use crate::plan::Connection;

    fn node(text: &str) -> Arc<ItemNode> {
        Arc::new(text.parse().unwrap())
    }

    fn field(name: &str, id: &str, path: Option<&str>, named_by_server: bool) -> FieldPlan {
        let mut field = FieldPlan::of_node(node(id), Duration::from_secs(1));
        field.name = name.into();
        field.path = path.map(|path| path.parse().unwrap());
        field.named_by_server = named_by_server;
        field
    }

    fn plan(fields: Vec<FieldPlan>) -> Arc<WriterPlan> {
        let plan = WriterPlan::new(1, "W", Connection::new(ConnectOptions::new("opc.tcp://a")));
        Arc::new(WriterPlan { fields: fields.into(), ..plan })
    }

    #[test]
    fn a_plan_without_paths_and_names_of_the_server_stays_what_it_is() {
        let plan = plan(vec![field("a", "i=1", None, false)]);
        assert!(Arc::ptr_eq(&Learned::default().applied(&plan), &plan));
    }

    #[test]
    fn fields_get_the_nodes_and_names_that_the_server_tells() {
        let configured = plan(vec![
            field("Speed", "i=1", None, false),
            field("i=2", "i=2", None, true),
            field("/A", "i=85", Some("/A"), true),
            field("/B", "i=85", Some("/B"), true),
        ]);
        let mut learned = Learned::default();
        let end = |at: usize, end| (way(&configured.fields[at]).unwrap(), end);
        learned.set_ends([end(2, Ok(node("i=7"))), end(3, Err(StatusCode::BadNoMatch))].into());
        learned.add_names(vec![
            (node("i=1"), "X".into()),
            (node("i=2"), "Speed".into()),
            (node("i=7"), "Speed".into()),
        ]);
        let applied = learned.applied(&configured);
        let known: Vec<_> =
            applied.fields.iter().map(|f| format!("{} {} {}", f.name, f.node, f.path.is_some())).collect();
        assert_eq!(known, ["Speed i=1 false", "Speed_2 i=2 false", "Speed_3 i=7 false", "/B i=85 true"]);
        let failed = ItemState::Failed { status: StatusCode::BadNoMatch, will_retry: true, filter: None };
        assert_eq!(learned.missing(&configured), [(3, failed)]);
        learned.retain(&plan(vec![field("i=2", "i=2", None, true)]));
        assert_eq!((learned.ends.len(), learned.names.len()), (0, 1));
    }
}
