//! Which events are published, and what of them.

use std::collections::BTreeMap;
use std::time::Duration;

use iiot_core::session::{EventQuery, ItemNode};

use crate::event_layout::{self, EventLayout};

/// Events of one notifier, which is the node of the writer's only field.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPlan {
    /// Which events are published, and what of them.
    pub selection: EventSelection,
    /// Conditions are sent as they are now, instead of each event.
    pub conditions: Option<ConditionPlan>,
    /// The server is asked for the retained conditions at the start (ConditionRefresh).
    pub refresh_on_start: bool,
}

impl EventPlan {
    /// Whether conditions have to be told apart.
    pub(crate) fn tracks_conditions(&self) -> bool {
        self.conditions.is_some() || self.refresh_on_start
    }

    /// What an event has, where that is known without asking the server.
    pub(crate) fn layout(&self) -> Option<EventLayout> {
        let EventSelection::Query { names, .. } = &self.selection else { return None };
        Some(EventLayout::of(names.clone(), &self.query()?))
    }

    /// What the server is asked for, where that is known without asking it first.
    pub(crate) fn query(&self) -> Option<EventQuery> {
        let EventSelection::Query { query, .. } = &self.selection else { return None };
        Some(self.complete(query.clone()))
    }

    /// The query with what has to be looked at.
    pub(crate) fn complete(&self, query: EventQuery) -> EventQuery {
        if self.tracks_conditions() { event_layout::with_watched(query) } else { query }
    }
}

/// Which events of a notifier are published, and what of them.
#[derive(Debug, Clone, PartialEq)]
pub enum EventSelection {
    /// Events of this type and its subtypes, with every field that the server says the type has; of a
    /// type of conditions also the `ConditionId`.
    Type(ItemNode),
    /// The fields of a query, each under the name in the same place.
    Query {
        /// Unique names.
        names: Vec<String>,
        /// As many fields as names.
        query: EventQuery,
        /// DataSetFieldId of some of them, by name.
        class_field_ids: BTreeMap<String, uuid::Uuid>,
    },
}

/// Snapshots of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionPlan {
    /// All retained conditions are sent each time this has passed.
    pub snapshot_interval: Duration,
    /// They are also sent this long after a change.
    pub update_interval: Duration,
}
