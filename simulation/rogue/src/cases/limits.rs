//! Case 38: limits that lie and revised values that are none. Case 42: namespace tables without end.

use iiot_core::ua::{DataValue, NodeId, ReadRequest, ReadResponse, Request, Response, StatusCode, VariableId, Variant};

use super::{Case, Task};
use crate::attack::{Act, Attack, On};
use crate::honest::{NAMESPACES, texts, value_of};

pub(super) fn cases() -> Vec<Case> {
    [operation_limits(), revised_values(), tables()].into_iter().flatten().collect()
}

fn operation_limits() -> Vec<Case> {
    let nodes: Vec<NodeId> = (1..=20).map(|number| NodeId::new(1, number)).collect();
    let case = |name, lie: fn() -> Variant| Case::new(38, name, move || claiming(lie)).task(Task::Read(nodes.clone()));
    vec![
        case("operation limits of 0", || Variant::from(0_u32)),
        case("operation limits of 1", || Variant::from(1_u32)),
        case("operation limits of 4 billion", || Variant::from(u32::MAX)),
        case("operation limits of 1 when items are made", || Variant::from(1_u32)).task(SOME),
        case("operation limits of 4 billion when items are made", || Variant::from(u32::MAX)).task(SOME),
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

const SOME: Task = Task::Subscribe { values: 50, lost: Some(0) };

fn revised_values() -> Vec<Case> {
    let subscription = |name, interval: f64, counts: u32| {
        Case::new(38, name, move || {
            changing(move |response| {
                if let Response::CreateSubscription(created) = response {
                    created.revised_publishing_interval = interval;
                    created.revised_lifetime_count = counts;
                    created.revised_max_keep_alive_count = counts;
                }
            })
        })
        .task(SOME)
    };
    let item = |name, interval: f64, queue: u32| {
        Case::new(38, name, move || {
            changing(move |response| {
                if let Response::CreateMonitoredItems(created) = response {
                    for item in created.results.iter_mut().flatten() {
                        item.revised_sampling_interval = interval;
                        item.revised_queue_size = queue;
                    }
                }
            })
        })
        .task(SOME)
    };
    let session = |name, timeout: f64| {
        Case::new(38, name, move || {
            changing(move |response| {
                if let Response::CreateSession(created) = response {
                    created.revised_session_timeout = timeout;
                }
            })
        })
        .task(SOME)
    };
    vec![
        subscription("a publishing interval that is not a number", f64::NAN, 10),
        subscription("a publishing interval below 0, and counts of 0", -1.0, 0),
        subscription("a publishing interval of 0, and counts of 0", 0.0, 0),
        subscription("a publishing interval without end, and counts of 4 billion", f64::INFINITY, u32::MAX),
        subscription("a publishing interval of 1e300, and counts of 4 billion", 1e300, u32::MAX),
        subscription("a publishing interval of 30 million years, and counts of 4 billion", 1e18, u32::MAX),
        item("a sampling interval that is not a number, and a queue of 0", f64::NAN, 0),
        item("a sampling interval of 1e300, and a queue of 4 billion", 1e300, u32::MAX),
        session("a session timeout that is not a number", f64::NAN),
        session("a session timeout of 0", 0.0),
        session("a session timeout below 0", -1e300),
        session("a session timeout of 30 million years", 1e18),
        lifetime("a token that lives for 0 ms", 0),
        lifetime("a token that lives for 4 billion ms", u32::MAX),
    ]
}

/// Grants a token for so long.
fn lifetime(name: &'static str, milliseconds: u32) -> Case {
    Case::new(38, name, move || {
        Attack::new(move |turn| match turn.on {
            On::Open { renew } => {
                turn.channel.token += u32::from(renew);
                Act::Bytes(turn.channel.open(turn.request_id, milliseconds))
            }
            _ => Act::Honest,
        })
    })
    .task(SOME)
}

fn tables() -> Vec<Case> {
    let table = |name, count: usize| {
        Case::new(42, name, move || {
            changing(move |response| {
                let Response::Read(read) = response else { return };
                let is_table = |value: &&mut DataValue| matches!(value.value, Some(Variant::Array(_)));
                if let Some(value) = read.results.iter_mut().flatten().find(is_table) {
                    let mut uris = vec!["u"; count];
                    uris[0] = NAMESPACES[0];
                    uris[1] = NAMESPACES[1];
                    *value = DataValue::new_now(texts(&uris));
                }
            })
        })
        .task(SOME)
    };
    vec![
        table("a namespace table of 65,536 URIs", 65_536).megabytes(24),
        table("a namespace table of a million URIs", 1_000_000).megabytes(160),
        table("a namespace table of two million URIs", 2_000_000)
            .task(Task::Connect)
            .fails(&[StatusCode::BadDecodingError])
            .megabytes(32),
    ]
}

/// Answers what an honest server would, but for what the function changes.
fn changing(change: impl Fn(&mut Response) + Clone + Send + 'static) -> Attack {
    Attack::new(move |turn| match turn.on {
        On::Request(Request::Publish(_)) => Act::Honest,
        On::Request(_) => Act::Change(Box::new(change.clone())),
        _ => Act::Honest,
    })
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
