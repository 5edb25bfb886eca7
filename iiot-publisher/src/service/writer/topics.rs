//! The topics of fields that have one of their own.

use iiot_core::Result;
use iiot_core::session::Session;

use super::super::browse_path::browse_paths;
use super::super::outlet::{Event, Outlet};
use super::super::topics;
use super::Running;
use crate::plan::{FieldPlan, WriterPlan};

/// What stands behind the topic of a writer, by client handle.
pub(in crate::service) type FieldLevels = Vec<(u32, String)>;

/// Asks the server where the nodes lie, if that matters; what it does not know is left out.
pub(super) async fn read(session: &dyn Session, plan: &WriterPlan) -> Result<FieldLevels> {
    if !plan.is_routed() {
        return Ok(FieldLevels::new());
    }
    let namespaces = session.namespaces();
    // While its path was not followed yet, the node is where that begins.
    let node = |field: &FieldPlan| field.node.resolve(&namespaces).filter(|_| field.path.is_none());
    let nodes: Vec<_> = plan.fields.iter().map(node).collect();
    let paths = browse_paths(session, &nodes).await?.into_iter().enumerate();
    Ok(paths.filter_map(|(at, path)| Some((plan.handle(at), topics::levels(&path?, plan.routing)))).collect())
}

impl Running {
    /// Topics go before values, as types do.
    pub(super) async fn levels_read(&mut self, levels: Result<FieldLevels>, outlet: Option<&Outlet>) {
        match (levels, outlet) {
            (Ok(levels), Some(outlet)) if !levels.is_empty() => outlet.send(self.plan.id, Event::Levels(levels)).await,
            (Ok(_), _) => {}
            (Err(error), _) => {
                let (writer, url) = (&self.plan.name, &self.plan.connection.options.endpoint_url);
                tracing::warn!("topics of writer {writer} on {url} stay as they are known: {}", error.report());
            }
        }
    }
}
