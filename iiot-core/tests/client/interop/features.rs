//! What is tried once on every stack.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{Item, Session, SessionExt, Subscription, SubscriptionEvent, SubscriptionOptions, attribute};
use iiot_core::ua::{
    AttributeId, BrowseDescription, BrowseDirection, CallMethodRequest, DataValue, NodeId, ObjectId, ReferenceTypeId,
    StatusCode, VariableId, Variant, WriteValue,
};
use tokio::time::{Instant, sleep, timeout};

use super::samples::samples;
use super::{Server, node};

mod events;
mod history;
mod inquiry;
mod reverse;

/// A row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    Read,
    Write,
    Browse,
    Call,
    Data,
    Events,
    History,
    /// The server connects to us.
    Reverse,
}

/// Why a feature did not work, in a sentence.
pub(super) type Outcome = Result<(), String>;

/// The longest that a feature may take on a busy machine, where open62541 connects to us every 15 s.
const PATIENCE: Duration = Duration::from_secs(90);

impl Feature {
    pub(super) const ALL: [Self; 8] =
        [Self::Read, Self::Write, Self::Browse, Self::Call, Self::Data, Self::Events, Self::History, Self::Reverse];

    pub(super) async fn try_on(self, server: &Server, session: &Arc<dyn Session>) -> Outcome {
        let outcome = timeout(PATIENCE, async {
            match self {
                Self::Read => read(server, session).await,
                Self::Write => write(server, session).await,
                Self::Browse => browse(server, session).await,
                Self::Call => call(session).await,
                Self::Data => data(server, session).await,
                Self::Events => events::receive(session).await,
                Self::History => history::read(server.stack, session).await,
                Self::Reverse => reverse::connect(server.stack).await,
            }
        });
        outcome.await.unwrap_or_else(|_| Err(format!("not within {PATIENCE:?}")))
    }
}

/// Every sample has the value that the stack was given.
async fn read(server: &Server, session: &Arc<dyn Session>) -> Outcome {
    for (name, expected) in samples(server.stack) {
        let value = value_of(session, &node(session.as_ref(), &name)).await?;
        same(&name, &value, &expected)?;
    }
    let state = value_of(session, &VariableId::Server_ServerStatus_State.into()).await?;
    same("the server's state", &state, &Variant::Int32(0))
}

/// What we wrote is what the server saw and what it shows.
async fn write(server: &Server, session: &Arc<dyn Session>) -> Outcome {
    let setpoint = node(session.as_ref(), "Setpoint");
    for number in [21.5, -0.0, f64::MIN_POSITIVE] {
        let value = WriteValue {
            node_id: setpoint.clone(),
            attribute_id: AttributeId::Value as u32,
            value: DataValue { value: Some(Variant::Double(number)), ..Default::default() },
            ..Default::default()
        };
        let results = session.write(vec![value]).await.map_err(|error| error.report())?;
        good(results[0])?;
        same("what was written", &value_of(session, &setpoint).await?, &Variant::Double(number))?;
        seen(server, number).await?;
    }
    Ok(())
}

/// The server has told its truth file of this number.
async fn seen(server: &Server, number: f64) -> Outcome {
    let bits = format!("\"{:016x}\"", number.to_bits());
    let deadline = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&server.truth).unwrap_or_default().lines().any(|line| line.contains(&bits)) {
        if Instant::now() > deadline {
            return Err(format!("the server never saw {number}"));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// From the Objects folder down to every variable.
async fn browse(server: &Server, session: &Arc<dyn Session>) -> Outcome {
    let folders = children(session, ObjectId::ObjectsFolder.into()).await?;
    if !folders.contains(&node(session.as_ref(), "Interop")) {
        return Err(format!("the folder Interop is missing among {folders:?}"));
    }
    let found = children(session, node(session.as_ref(), "Interop")).await?;
    let names = samples(server.stack).into_iter().map(|(name, _)| name);
    let mut wanted = names.chain(["Setpoint".to_owned(), "Counter".to_owned()]);
    match wanted.find(|name| !found.contains(&node(session.as_ref(), name))) {
        Some(missing) => Err(format!("{missing} is missing among {found:?}")),
        None => Ok(()),
    }
}

async fn children(session: &Arc<dyn Session>, node: NodeId) -> Result<Vec<NodeId>, String> {
    let description = BrowseDescription {
        node_id: node,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: 63,
    };
    let references = session.browse(description).await.map_err(|error| error.report())?;
    Ok(references.into_iter().map(|reference| reference.node_id.node_id).collect())
}

async fn call(session: &Arc<dyn Session>) -> Outcome {
    let request = CallMethodRequest {
        object_id: node(session.as_ref(), "Interop"),
        method_id: node(session.as_ref(), "Add"),
        input_arguments: Some(vec![Variant::Int32(2), Variant::Int32(40)]),
    };
    let results = session.call_methods(vec![request]).await.map_err(|error| error.report())?;
    good(results[0].status_code)?;
    match results[0].output_arguments.as_deref() {
        Some([Variant::Int32(42)]) => Ok(()),
        other => Err(format!("2 and 40 made {other:?}")),
    }
}

/// First values of everything, then the counter counts on.
async fn data(server: &Server, session: &Arc<dyn Session>) -> Outcome {
    let expected = samples(server.stack);
    let counter = u32::try_from(expected.len()).unwrap();
    let names = expected.iter().map(|(name, _)| name.as_str()).chain(["Counter"]);
    let items = names.zip(0..).map(|(name, handle)| Item::new(handle, node(session.as_ref(), name))).collect();
    let options = SubscriptionOptions { publishing_interval: Duration::from_millis(100), ..Default::default() };
    let mut subscription = session.subscribe(options, items).await.map_err(|error| error.report())?;
    let mut first = vec![None; expected.len()];
    let mut counts = Vec::new();
    while counts.len() < 5 || first.contains(&None) {
        for (handle, value) in next_values(subscription.as_mut()).await? {
            match (handle, value) {
                (handle, Variant::UInt32(count)) if handle == counter => counts.push(count),
                (handle, value) => first[handle as usize] = Some(value),
            }
        }
    }
    subscription.close().await;
    for ((name, expected), value) in expected.iter().zip(first) {
        same(name, &value.expect("all are there"), expected)?;
    }
    if counts.is_sorted() { Ok(()) } else { Err(format!("the counter went {counts:?}")) }
}

async fn next_values(subscription: &mut dyn Subscription) -> Result<Vec<(u32, Variant)>, String> {
    match subscription.next().await {
        Some(SubscriptionEvent::Data(batch)) => {
            subscription.acknowledge(batch.token);
            Ok(batch.rows().map(|row| (row.client_handle, decode(row.value.bytes()))).collect())
        }
        Some(SubscriptionEvent::Gap(gap)) => Err(format!("values are missing: {gap:?}")),
        Some(_) => Ok(Vec::new()),
        None => Err("the subscription ended".into()),
    }
}

fn decode(mut bytes: &[u8]) -> Variant {
    use iiot_core::ua::{BinaryDecodable, ContextOwned};
    Variant::decode(&mut bytes, &ContextOwned::default().context()).expect("a value that was checked on arrival")
}

pub(super) async fn value_of(session: &Arc<dyn Session>, node: &NodeId) -> Result<Variant, String> {
    let values = session.read(vec![attribute(node, AttributeId::Value)]).await.map_err(|error| error.report())?;
    good(values[0].status.unwrap_or(StatusCode::Good)).map_err(|why| format!("{node}: {why}"))?;
    values[0].value.clone().ok_or_else(|| format!("{node} has no value"))
}

fn good(status: StatusCode) -> Outcome {
    if status.is_good() { Ok(()) } else { Err(status.to_string()) }
}

/// Equal down to the bits: -0 is not 0.
fn same(what: &str, found: &Variant, expected: &Variant) -> Outcome {
    let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
    if found == expected { Ok(()) } else { Err(format!("{what} is {found} and not {expected}")) }
}
