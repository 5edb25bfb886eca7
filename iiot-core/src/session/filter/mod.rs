//! What a monitored item is asked to report, and what the server made of that.

use std::sync::Arc;

use crate::session::ItemNode;
use crate::ua::{
    AggregateFilterResult, DataChangeFilter, EventFilterResult, ExtensionObject, NodeId, QualifiedName, StatusCode,
};

mod condition;
mod data;
mod events;

pub use condition::{Comparable, Condition, Operand};
pub(crate) use data::of_server;
pub use data::{Aggregate, Deadband};
pub use events::{EventField, EventQuery};

/// What of a node's changes or events is reported (OPC 10000-4 §7.22).
#[derive(Debug, Clone, PartialEq)]
pub enum ItemFilter {
    /// Which changes of a value count.
    DataChange(DataChangeFilter),
    /// Values computed from those of an interval.
    Aggregate(Aggregate),
    /// Which events, and which of their fields.
    Events(EventQuery),
    /// As it goes over the wire, its namespaces as indices.
    Encoded(ExtensionObject),
}

impl ItemFilter {
    /// The filter for a server with this namespace table.
    ///
    /// # Errors
    /// `BadNodeIdUnknown` if the server lacks a namespace, `BadIndexRangeInvalid`.
    pub fn resolve(&self, namespaces: &[String]) -> Result<ExtensionObject, StatusCode> {
        Ok(match self {
            Self::DataChange(filter) => ExtensionObject::from_message(filter.clone()),
            Self::Aggregate(aggregate) => ExtensionObject::from_message(aggregate.resolve(namespaces)?),
            Self::Events(query) => ExtensionObject::from_message(query.resolve(namespaces)?),
            Self::Encoded(filter) => filter.clone(),
        })
    }
}

impl From<DataChangeFilter> for ItemFilter {
    fn from(filter: DataChangeFilter) -> Self {
        Self::DataChange(filter)
    }
}

impl From<EventQuery> for ItemFilter {
    fn from(query: EventQuery) -> Self {
        Self::Events(query)
    }
}

/// What the server said to a filter, clause by clause.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterResult {
    /// A result for every field and every element of the condition. A field with a bad result is
    /// null in every event.
    Events(EventFilterResult),
    /// What was made of the interval and the configuration.
    Aggregate(AggregateFilterResult),
}

impl FilterResult {
    /// The result in an answer, if there is one.
    #[must_use]
    pub fn of(answer: &ExtensionObject) -> Option<Arc<Self>> {
        let events = || answer.inner_as::<EventFilterResult>().cloned().map(Self::Events);
        let aggregate = || answer.inner_as::<AggregateFilterResult>().cloned().map(Self::Aggregate);
        events().or_else(aggregate).map(Arc::new)
    }

    /// What the server refused of an event filter, each with its status.
    #[must_use]
    pub fn refused(&self) -> Vec<(Clause, StatusCode)> {
        let Self::Events(result) = self else { return Vec::new() };
        let fields = result.select_clause_results.iter().flatten().copied();
        let fields = fields.enumerate().map(|(index, status)| (Clause::Field(index), status));
        let elements = result.where_clause_result.element_results.iter().flatten().map(|element| element.status_code);
        let elements = elements.enumerate().map(|(index, status)| (Clause::Element(index), status));
        fields.chain(elements).filter(|(_, status)| status.is_bad()).collect()
    }
}

/// A part of an event filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clause {
    /// The field with this index.
    Field(usize),
    /// The operator with this index, counted as [`Condition::elements`] does.
    Element(usize),
}

/// A browse name, with its namespace as an index of the session's table or as a URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BrowseName {
    /// The namespace index holds in the session's namespace table.
    Indexed(QualifiedName),
    /// Namespace URI and name. The URI is resolved again after every reconnect.
    Uri(String, String),
}

impl BrowseName {
    fn resolve(&self, namespaces: &[String]) -> Result<QualifiedName, StatusCode> {
        match self {
            Self::Indexed(name) => Ok(name.clone()),
            Self::Uri(uri, name) => {
                let index = namespaces.iter().position(|namespace| namespace == uri);
                let index = index.and_then(|index| u16::try_from(index).ok());
                Ok(QualifiedName::new(index.ok_or(StatusCode::BadNodeIdUnknown)?, name.as_str()))
            }
        }
    }
}

/// A name of namespace 0.
impl From<&str> for BrowseName {
    fn from(name: &str) -> Self {
        Self::Indexed(QualifiedName::new(0, name))
    }
}

impl From<QualifiedName> for BrowseName {
    fn from(name: QualifiedName) -> Self {
        Self::Indexed(name)
    }
}

impl From<(&str, &str)> for BrowseName {
    fn from((uri, name): (&str, &str)) -> Self {
        Self::Uri(uri.into(), name.into())
    }
}

fn resolve_node(node: &ItemNode, namespaces: &[String]) -> Result<NodeId, StatusCode> {
    node.resolve(namespaces).ok_or(StatusCode::BadNodeIdUnknown)
}
