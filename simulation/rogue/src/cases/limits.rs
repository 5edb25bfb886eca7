//! Case 38: operation limits that lie.

use iiot_core::ua::{DataValue, NodeId, ReadRequest, ReadResponse, Request, StatusCode, VariableId, Variant};

use super::{Case, Task};
use crate::attack::{Act, Attack, On};
use crate::honest::value_of;

pub(super) fn cases() -> Vec<Case> {
    let nodes: Vec<NodeId> = (1..=20).map(|number| NodeId::new(1, number)).collect();
    let case = |name, lie: fn() -> Variant| Case::new(38, name, move || claiming(lie)).task(Task::Read(nodes.clone()));
    vec![
        case("operation limits of 0", || Variant::from(0_u32)),
        case("operation limits of 1", || Variant::from(1_u32)),
        case("operation limits of 4 billion", || Variant::from(u32::MAX)),
        case("operation limits that are texts", || Variant::from("many")),
        case("operation limits that are negative", || Variant::from(-1_i64)),
        Case::new(38, "every call of more than nothing is too much", || {
            Attack::on_request(|request, _, _| {
                let Request::Read(_) = request else { return None };
                let service_result = StatusCode::BadTooManyOperations;
                let response_header = iiot_core::ua::ResponseHeader { service_result, ..Default::default() };
                Some(Act::Answer(ReadResponse { response_header, ..Default::default() }.into()))
            })
        })
        .task(Task::Read(nodes.clone()))
        .fails(&[StatusCode::BadTooManyOperations]),
    ]
}

/// Answers every limit with the same value.
fn claiming(lie: fn() -> Variant) -> Attack {
    Attack::new(move |turn| match turn.on {
        On::Request(Request::Read(read)) if read.nodes_to_read.iter().flatten().any(|node| is_limit(&node.node_id)) => {
            Act::Answer(answers(read, lie).into())
        }
        _ => Act::Honest,
    })
}

fn answers(read: &ReadRequest, lie: fn() -> Variant) -> ReadResponse {
    let value = |node: &NodeId| if is_limit(node) { DataValue::value_only(lie()) } else { value_of(node, 1.0) };
    let results = read.nodes_to_read.iter().flatten().map(|node| value(&node.node_id)).collect();
    ReadResponse { results: Some(results), ..Default::default() }
}

fn is_limit(node: &NodeId) -> bool {
    use VariableId as V;
    let limits = [
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerMethodCall,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerRegisterNodes,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData,
        V::Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadEvents,
        V::Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    ];
    limits.iter().any(|limit| *node == *limit)
}
