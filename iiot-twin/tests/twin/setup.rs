//! A twin of one server, and how it is asked.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iiot_core::clock::SystemClock;
use iiot_core::operation::{Dispatch, Principal, Reply, Role};
use iiot_core::session::{ConnectOptions, Connector, ModeChoice, PoolOptions, SessionPool};
use iiot_core::testing::{Mosquitto, MosquittoOptions, Offered};
use iiot_core::transport::{MemoryTransport, MqttOptions, MqttTransport, Transport};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::MessageSecurityMode;
use iiot_core::ua::client::{UaConnector, UaConnectorOptions};
use iiot_core::{Error, Result};
use iiot_twin::{EndpointMap, LocalTwin, RemoteTwin, Twin};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
pub(crate) const ENDPOINT: &str = "server";

/// The twin of what this connector reaches.
pub(crate) fn twin(connector: Arc<dyn Connector>, endpoints: EndpointMap) -> Arc<dyn Twin> {
    let pool = SessionPool::new(connector, Arc::new(SystemClock), PoolOptions::default());
    Arc::new(LocalTwin::new(Arc::new(pool), Arc::new(endpoints), Arc::new(SystemClock)))
}

/// The twin of a server, without security.
pub(crate) fn twin_of(url: &str) -> Arc<dyn Twin> {
    let endpoints = EndpointMap::new();
    endpoints.insert(ENDPOINT, plain(url));
    twin(Arc::new(connector()), endpoints)
}

/// The same behind a hub.
pub(crate) struct Remote {
    pub(crate) twin: Arc<dyn Twin>,
    _offered: Offered,
    _folder: TempDir,
}

/// The twin behind a hub, of which both sides are given.
pub(crate) async fn remote(twin: &Arc<dyn Twin>, [near, far]: [Arc<dyn Transport>; 2]) -> Remote {
    let folder = tempfile::tempdir().unwrap();
    let offered = Offered::start(far, folder.path(), vec![Arc::new(Arc::clone(twin))]).await.unwrap();
    let caller = offered.caller(near, Role::Operator).await.unwrap().with_timeout(PATIENCE);
    Remote { twin: Arc::new(RemoteTwin::new(Arc::new(caller))), _offered: offered, _folder: folder }
}

/// Both sides of a hub in memory.
pub(crate) fn in_memory() -> [Arc<dyn Transport>; 2] {
    let hub = MemoryTransport::new();
    [Arc::new(hub.clone()), Arc::new(hub)]
}

/// The twin behind a broker of other people.
pub(crate) struct Behind {
    pub(crate) remote: Remote,
    _broker: Mosquitto,
}

pub(crate) async fn over_a_broker(twin: &Arc<dyn Twin>) -> Behind {
    let broker = Mosquitto::start(MosquittoOptions::default()).await;
    let options = || MqttOptions::from_url(&broker.url()).unwrap();
    let near = Arc::new(MqttTransport::connect(options()).await.unwrap());
    let far = Arc::new(MqttTransport::connect(options()).await.unwrap());
    Behind { remote: remote(twin, [near, far]).await, _broker: broker }
}

pub(crate) fn connector() -> UaConnector {
    UaConnector::new(UaConnectorOptions::new("urn:iiot:test:twin", Arc::new(MemoryTrustStore::default())))
}

pub(crate) fn plain(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.security.mode = ModeChoice::Exactly(MessageSecurityMode::None);
    options
}

/// The answer to a request, of a stream all its items, to the server unless the request names another endpoint.
pub(crate) async fn ask(twin: &Arc<dyn Twin>, operation: &str, mut request: Value) -> Result<Value> {
    let members = request.as_object_mut().unwrap();
    members.entry("endpoint").or_insert_with(|| ENDPOINT.into());
    match twin.dispatch(operation, &operator(), &serde_json::to_vec(&request).unwrap()).await? {
        Reply::One(json) => Ok(serde_json::from_slice(&json).unwrap()),
        Reply::Many(items) => {
            let items: Vec<Value> = items.map_ok(|item| serde_json::from_slice(&item).unwrap()).try_collect().await?;
            Ok(items.into())
        }
    }
}

/// The items of a stream, as [`ask`] asks for them.
pub(crate) async fn open(
    twin: &Arc<dyn Twin>,
    operation: &str,
    mut request: Value,
) -> Result<BoxStream<'static, Result<Value>>> {
    let members = request.as_object_mut().unwrap();
    members.entry("endpoint").or_insert_with(|| ENDPOINT.into());
    match twin.dispatch(operation, &operator(), &serde_json::to_vec(&request).unwrap()).await? {
        Reply::Many(items) => Ok(items.map(|item| Ok(serde_json::from_slice(&item?).unwrap())).boxed()),
        Reply::One(_) => panic!("{operation} is no stream"),
    }
}

/// As [`ask`]; every item must be good.
pub(crate) async fn good(twin: &Arc<dyn Twin>, operation: &str, request: Value) -> Vec<Value> {
    let mut answer = ask(twin, operation, request).await.map_err(|error: Error| error.report()).unwrap();
    let results = answer["results"].as_array_mut().map(std::mem::take).unwrap();
    let bad: Vec<_> = results.iter().filter(|result| result["status"]["code"] != 0).collect();
    assert!(bad.is_empty(), "{operation}: {bad:?}");
    results
}

fn operator() -> Principal {
    Principal::new("test", Role::Operator)
}
