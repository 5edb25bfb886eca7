//! NodeIds by namespace URI.

use std::fmt;
use std::sync::Arc;

use crate::json::node_id_to_string;
use crate::ua::{Identifier, NodeId};

/// A NodeId that keeps its meaning when the server's namespace table changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GlobalNodeId {
    /// The namespace.
    pub namespace_uri: Arc<str>,
    /// The identifier in it.
    pub identifier: Identifier,
}

/// The namespace of OPC UA itself, always at index 0.
pub(crate) const UA_NAMESPACE: &str = "http://opcfoundation.org/UA/";

impl GlobalNodeId {
    /// An id in a namespace.
    #[must_use]
    pub fn new(namespace_uri: impl Into<Arc<str>>, identifier: impl Into<Identifier>) -> Self {
        Self { namespace_uri: namespace_uri.into(), identifier: identifier.into() }
    }

    /// A node that the specification defines.
    #[must_use]
    pub fn standard(identifier: impl Into<Identifier>) -> Self {
        Self::new(UA_NAMESPACE, identifier)
    }

    /// Whether the specification defines it.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        &*self.namespace_uri == UA_NAMESPACE
    }

    /// The id of a node whose index refers to this table; `None` if the table lacks it.
    #[must_use]
    pub fn of(node: &NodeId, namespaces: &[String]) -> Option<Self> {
        let uri = namespace_uri(node.namespace, namespaces)?;
        Some(Self { namespace_uri: uri.into(), identifier: node.identifier.clone() })
    }

    /// The node in a server with this table; `None` if the table lacks the namespace.
    #[must_use]
    pub fn in_table(&self, namespaces: &[String]) -> Option<NodeId> {
        let index = match &*self.namespace_uri {
            UA_NAMESPACE => 0,
            uri => namespaces.iter().position(|known| known == uri)?,
        };
        Some(NodeId { namespace: u16::try_from(index).ok()?, identifier: self.identifier.clone() })
    }
}

/// The URI at an index.
pub(crate) fn namespace_uri(index: u16, namespaces: &[String]) -> Option<&str> {
    match index {
        0 => Some(UA_NAMESPACE),
        _ => namespaces.get(usize::from(index)).map(String::as_str),
    }
}

impl fmt::Display for GlobalNodeId {
    /// As in JSON: `nsu=<uri>;i=…`, without a namespace for those of OPC UA.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = u16::from(&*self.namespace_uri != UA_NAMESPACE);
        let id = NodeId { namespace, identifier: self.identifier.clone() };
        f.write_str(&node_id_to_string(&id, &[UA_NAMESPACE.to_owned(), (*self.namespace_uri).to_owned()]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_means_the_same_node_in_every_table() {
        let table = |uris: [&str; 3]| uris.map(str::to_owned).to_vec();
        let (before, after) = (table([UA_NAMESPACE, "urn:a", "urn:b"]), table([UA_NAMESPACE, "urn:b", "urn:a"]));
        let id = GlobalNodeId::of(&NodeId::new(2, "x"), &before).unwrap();
        assert_eq!(id.to_string(), "nsu=urn:b;s=x");
        assert_eq!(id.in_table(&after), Some(NodeId::new(1, "x")));
        assert_eq!(id.in_table(&after[..1]), None);
        let standard = GlobalNodeId::of(&NodeId::new(0, 12_u32), &[]).unwrap();
        assert_eq!((standard.to_string().as_str(), standard.in_table(&[])), ("i=12", Some(NodeId::new(0, 12_u32))));
        assert_eq!(GlobalNodeId::of(&NodeId::new(3, 12_u32), &before), None);
    }
}
