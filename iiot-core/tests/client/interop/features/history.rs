//! The counter's history, a few values an answer.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{Session, SessionExt};
use iiot_core::testing::Stack;
use iiot_core::ua::{
    ByteString, DateTime, ExtensionObject, HistoryData, HistoryReadRequest, HistoryReadValueId, NodeId,
    ReadRawModifiedDetails, TimestampsToReturn, Variant,
};
use tokio::time::sleep;

use super::super::node;
use super::{Outcome, good};

/// More than fit into one answer.
const VALUES: usize = 10;
const PER_ANSWER: u32 = 4;

/// asyncua gives no continuation point where the client's number ends an answer, only where its own does.
fn per_answer(stack: Stack) -> u32 {
    if stack == Stack::Asyncua { 0 } else { PER_ANSWER }
}

/// Reads the last minute until the counter has counted far enough: every number, once, in order.
pub(super) async fn read(stack: Stack, session: &Arc<dyn Session>) -> Outcome {
    let counter = node(session.as_ref(), "Counter");
    loop {
        let counts = last_minute(session, &counter, per_answer(stack)).await?;
        if let Some(wrong) = counts.windows(2).find(|pair| pair[1] != pair[0] + 1) {
            return Err(format!("after {} comes {}", wrong[0], wrong[1]));
        }
        if counts.len() >= VALUES {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn last_minute(session: &Arc<dyn Session>, node: &NodeId, per_answer: u32) -> Result<Vec<u32>, String> {
    let now = DateTime::now();
    let details = ReadRawModifiedDetails {
        is_read_modified: false,
        start_time: DateTime::from(now.ticks() - 600_000_000),
        end_time: now,
        num_values_per_node: per_answer,
        return_bounds: false,
    };
    let mut counts = Vec::new();
    let mut point = ByteString::null();
    loop {
        point = page(session, node, &details, point, &mut counts).await?;
        if point.is_null_or_empty() {
            return Ok(counts);
        }
    }
}

async fn page(
    session: &Arc<dyn Session>,
    node: &NodeId,
    details: &ReadRawModifiedDetails,
    continuation_point: ByteString,
    counts: &mut Vec<u32>,
) -> Result<ByteString, String> {
    let request = HistoryReadRequest {
        history_read_details: ExtensionObject::from_message(details.clone()),
        timestamps_to_return: TimestampsToReturn::Both,
        nodes_to_read: Some(vec![HistoryReadValueId {
            node_id: node.clone(),
            continuation_point,
            ..Default::default()
        }]),
        ..Default::default()
    };
    let response = session.service(request).await.map_err(|error| error.report())?;
    let result = response.results.unwrap_or_default().pop().ok_or("no result for the node")?;
    good(result.status_code)?;
    let data = result.history_data.into_inner_as::<HistoryData>().ok_or("no HistoryData came")?;
    for value in data.data_values.unwrap_or_default() {
        match value.value {
            Some(Variant::UInt32(count)) => counts.push(count),
            other => return Err(format!("the history holds {other:?}")),
        }
    }
    Ok(result.continuation_point)
}
