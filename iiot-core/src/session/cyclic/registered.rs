//! Nodes under the handles that a server hands out for reading them again and again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::session::{Session, SessionExt};
use crate::ua::{NodeId, ReadValueId};

/// The handles of one connection.
#[derive(Debug, Default)]
pub(super) struct Registered {
    /// The session has another namespace table after every reconnect.
    connection: Option<Arc<Vec<String>>>,
    handles: HashMap<NodeId, NodeId>,
    /// The server does not do it.
    refused: bool,
}

impl Registered {
    /// Replaces nodes by their handles, which are asked for where they are not known.
    pub(super) async fn replace<S: Session + ?Sized>(&mut self, session: &S, targets: &mut [ReadValueId]) {
        let connection = session.namespaces();
        if self.connection.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &connection)) {
            *self = Self { connection: Some(connection), ..Self::default() };
        }
        let mut unknown: Vec<NodeId> = targets.iter().map(|target| target.node_id.clone()).collect();
        unknown.retain(|node| !self.handles.contains_key(node));
        if !unknown.is_empty() && !self.refused {
            self.register(session, unknown).await;
        }
        for target in targets {
            if let Some(handle) = self.handles.get(&target.node_id) {
                target.node_id = handle.clone();
            }
        }
    }

    async fn register<S: Session + ?Sized>(&mut self, session: &S, nodes: Vec<NodeId>) {
        match session.register_nodes(nodes.clone()).await {
            Ok(handles) => self.handles.extend(nodes.into_iter().zip(handles)),
            Err(error) => {
                tracing::debug!(%error, "nodes are read without being registered");
                self.refused = true;
            }
        }
    }

    /// Gives the handles back, as far as they still hold.
    pub(super) async fn release<S: Session + ?Sized>(&mut self, session: &S) {
        let handles: Vec<NodeId> = std::mem::take(&mut self.handles).into_values().collect();
        let holds = self.connection.as_ref().is_some_and(|known| Arc::ptr_eq(known, &session.namespaces()));
        if holds && !handles.is_empty() {
            // The session ends them too.
            let _ = session.unregister_nodes(handles).await;
        }
    }
}
