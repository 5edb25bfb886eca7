//! How the nodes of a running publisher stand.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};
use tokio::sync::{mpsc, oneshot};

use super::Publisher;
use super::status::Shared;
use crate::nodes::{Node, NodesRequest, NodesResponse};
use crate::plan::WriterPlan;

/// Asks a writer how its nodes stand; the answer is in the order of its fields.
pub(super) type Question = oneshot::Sender<Vec<Node>>;

/// A writer that can be asked.
pub(super) struct Asked {
    pub(super) group: String,
    pub(super) plan: Arc<WriterPlan>,
    pub(super) questions: mpsc::Sender<Question>,
}

impl Publisher {
    /// How nodes stand.
    ///
    /// # Errors
    /// `InvalidArgument` if the limit is out of range.
    pub async fn nodes(&self, request: NodesRequest) -> Result<NodesResponse> {
        let limit = request.limit.unwrap_or(1000);
        if !(1..=10_000).contains(&limit) {
            let error = Error::new(ErrorKind::InvalidArgument, "list nodes", "the limit must be 1 to 10000");
            return Err(error.with(POINTER, "#/limit"));
        }
        let writers = self.live.lock().await.asked(&request);
        let (mut skip, mut nodes) = (request.from as usize, Vec::new());
        for writer in writers {
            let fields = writer.plan.fields.len();
            if !request.failed_only && skip >= fields {
                skip -= fields;
                continue;
            }
            let mut found = writer.ask(&self.shared).await;
            found.retain(|node| !request.failed_only || node.reason.is_some());
            let skipped = skip.min(found.len());
            skip -= skipped;
            nodes.extend(found.drain(..).skip(skipped));
            if nodes.len() > limit as usize {
                nodes.truncate(limit as usize);
                return Ok(NodesResponse { nodes, next: Some(request.from.saturating_add(limit)) });
            }
        }
        Ok(NodesResponse { nodes, next: None })
    }
}

impl Asked {
    async fn ask(&self, shared: &Shared) -> Vec<Node> {
        let (question, answer) = oneshot::channel();
        let clock = shared.clock();
        let answered = async {
            self.questions.send(question).await.ok()?;
            answer.await.ok()
        };
        let answer = tokio::select! {
            answer = answered => answer,
            () = clock.sleep_until(clock.now() + PATIENCE) => None,
        };
        answer.unwrap_or_else(|| unknown(&self.group, &self.plan))
    }
}

/// The nodes of a writer of which nothing is known.
pub(super) fn unknown(group: &str, plan: &WriterPlan) -> Vec<Node> {
    (0..plan.fields.len()).map(|field| node(group, plan, field)).collect()
}

/// A node of which nothing is known.
pub(super) fn node(group: &str, plan: &WriterPlan, field: usize) -> Node {
    let field = &plan.fields[field];
    Node {
        writer_group: group.into(),
        writer: plan.name.clone(),
        field: field.name.clone(),
        node: field.node.to_string(),
        state: Default::default(),
        last_value_time: None,
        last_status: None,
        reason: None,
    }
}

/// A writer that has no room for what it received cannot answer.
const PATIENCE: Duration = Duration::from_secs(2);
