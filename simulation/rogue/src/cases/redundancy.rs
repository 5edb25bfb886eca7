//! Case 43: sets of redundant servers that are none.

use iiot_core::ua::{
    ApplicationDescription, ApplicationType, DataValue, FindServersResponse, NodeId, ReadRequest, ReadResponse,
    Request, UAString, VariableId, Variant,
};

use super::{Case, Task};
use crate::attack::{Act, Attack, On};
use crate::honest::{texts, value_of};

/// Clients that come back more often are sent away for good.
const PATIENCE: usize = 12;

/// Long enough for a client to ask the others.
const LONG: Task = Task::Subscribe { values: 200, lost: None };

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(43, "a redundant set that is the server itself under other names", || {
            set(3, |url, at| url.replace("127.0.0.1", &format!("127.0.0.{}", at + 2)), |_| false)
        }),
        Case::new(43, "a redundant set whose other servers are this one and say nothing", || {
            set(3, |url, _| url.replace("127.0.0.1", "localhost"), |connection| connection > 1)
        }),
        Case::new(43, "a redundant set of 100,000 servers", || {
            set(100_000, |_, at| format!("opc.tcp://127.0.0.1:{}", at % 1000 + 1), |_| false)
        })
        .megabytes(96),
    ]
    .into_iter()
    .map(|case| case.task(LONG))
    .collect()
}

/// Says that it is one of so many redundant servers, which are at these URLs; on a connection it says
/// once that it is healthy, and then never again.
fn set(count: usize, url: fn(&str, usize) -> String, is_silent: fn(usize) -> bool) -> Attack {
    let mut healthy = Vec::new();
    Attack::new(move |turn| {
        let connection = turn.connection;
        match &turn.on {
            _ if connection > PATIENCE || is_silent(connection) => Act::Silence,
            On::Request(Request::FindServers(request)) => {
                let own: &str = request.endpoint_url.as_ref();
                let servers = (0..count).map(|at| server(at, &url(own, at))).collect();
                Act::Answer(FindServersResponse { servers: Some(servers), ..Default::default() }.into())
            }
            On::Request(Request::Read(read)) if about_the_set(read) => {
                let is_new = !healthy.contains(&connection);
                healthy.push(connection);
                Act::Answer(answer(read, count, is_new && connection > 1).into())
            }
            _ => Act::Honest,
        }
    })
}

fn server(at: usize, url: &str) -> ApplicationDescription {
    ApplicationDescription {
        application_uri: uri(at).as_str().into(),
        application_type: ApplicationType::Server,
        discovery_urls: Some(vec![UAString::from(url)]),
        ..Default::default()
    }
}

fn uri(at: usize) -> String {
    format!("urn:rogue:other:{at}")
}

const SUPPORT: VariableId = VariableId::Server_ServerRedundancy_RedundancySupport;
const URIS: VariableId = VariableId::Server_ServerRedundancy_ServerUriArray;
const LEVEL: VariableId = VariableId::Server_ServiceLevel;

fn about_the_set(read: &ReadRequest) -> bool {
    read.nodes_to_read.iter().flatten().any(|node| [SUPPORT, URIS, LEVEL].iter().any(|id| node.node_id == *id))
}

fn answer(read: &ReadRequest, count: usize, is_healthy: bool) -> ReadResponse {
    let value = |node: &NodeId| {
        if *node == SUPPORT {
            const HOT: i32 = 3;
            DataValue::new_now(HOT)
        } else if *node == URIS {
            let uris: Vec<String> = (0..count).map(uri).collect();
            DataValue::new_now(texts(&uris.iter().map(String::as_str).collect::<Vec<_>>()))
        } else if *node == LEVEL {
            DataValue::new_now(Variant::from(if is_healthy { 255_u8 } else { 10 }))
        } else {
            value_of(node, 1.0)
        }
    };
    let results = read.nodes_to_read.iter().flatten().map(|node| value(&node.node_id)).collect();
    ReadResponse { results: Some(results), ..Default::default() }
}
