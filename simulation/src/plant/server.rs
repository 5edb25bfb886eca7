//! One server of the plant: the stock server, and a task that gives its variables new values.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use iiot::core::{Error, ErrorKind, Result};
use stock::crypto::SecurityPolicy;
use stock::server::diagnostics::NamespaceMetadata;
use stock::server::node_manager::memory::{SimpleNodeManager, simple_node_manager};
use stock::server::{ANONYMOUS_USER_TOKEN_ID, Server, ServerBuilder, ServerHandle, ServerUserToken};
use stock::types::{DataValue, DateTime, MessageSecurityMode, NodeId};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::address_space::{node_names, populate};
use super::station::{SIGNALS, Station};
use super::{PlantOptions, Security};

/// A server that listens.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) number: u16,
    pub(super) url: String,
    pub(super) node_names: Vec<String>,
    handle: Handle,
    server: JoinHandle<()>,
    values: JoinHandle<()>,
}

/// The stock handle, which does not tell about itself.
struct Handle(ServerHandle);

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerHandle")
    }
}

const NAMESPACE: &str = "urn:iiot:plant";
/// Ten thousand notifications of a hundred bytes each find room.
const MAX_MESSAGE_SIZE: usize = 4 << 20;
const STOP_PATIENCE: Duration = Duration::from_secs(3);

impl Running {
    pub(super) async fn start(options: &PlantOptions, number: u16, listener: TcpListener) -> Result<Self> {
        let port = listener.local_addr().map_err(|cause| failed("no port".into()).because(cause))?.port();
        let options = options.clone();
        // Making keys and nodes takes a moment of computing.
        let made = tokio::task::spawn_blocking(move || build(&options, number, port).map(|made| (made, options)));
        let ((server, handle), options) = made.await.map_err(|cause| failed(cause.to_string()))??;
        let node_names = node_names(options.nodes);
        let resets = Arc::new(AtomicU64::new(0));
        let manager = handle.node_managers().get_of_type::<SimpleNodeManager>().expect("the builder was given one");
        let namespace = handle.get_namespace_index(NAMESPACE).expect("the node manager brought it");
        populate(&manager, namespace, &node_names, &resets);
        let ids = node_names.iter().map(|name| NodeId::new(namespace, name.as_str())).collect();
        let values = Values { stations: stations(&options, number), ids, resets, seen_resets: 0 };
        let values = tokio::spawn(values.run(manager, handle.clone(), options.interval));
        let server = tokio::spawn(async move {
            if let Err(cause) = server.run_with(listener).await {
                tracing::error!(number, cause, "a server of the plant stopped");
            }
        });
        Ok(Self {
            number,
            url: format!("opc.tcp://127.0.0.1:{port}"),
            node_names,
            handle: Handle(handle),
            server,
            values,
        })
    }

    /// The id of a variable that needs no namespace table.
    pub(super) fn expanded(&self, name: &str) -> String {
        format!("nsu={NAMESPACE};s={name}")
    }

    pub(super) async fn stop(self) {
        self.values.abort();
        self.handle.0.cancel();
        let _ = tokio::time::timeout(STOP_PATIENCE, self.server).await;
    }
}

/// Gives every variable its next value.
struct Values {
    stations: Vec<Station>,
    ids: Vec<NodeId>,
    resets: Arc<AtomicU64>,
    seen_resets: u64,
}

impl Values {
    async fn run(mut self, manager: Arc<SimpleNodeManager>, handle: ServerHandle, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let values = self.step();
            let written = self.ids.iter().zip(values).map(|(id, value)| (id, None, value));
            if let Err(status) = manager.set_values(handle.subscriptions(), written) {
                tracing::error!(%status, "the plant could not write its values");
            }
        }
    }

    fn step(&mut self) -> Vec<DataValue> {
        let resets = self.resets.load(Relaxed);
        if std::mem::replace(&mut self.seen_resets, resets) != resets {
            self.stations.iter_mut().for_each(Station::reset);
        }
        let now = DateTime::now();
        let readings = self.stations.iter_mut().flat_map(Station::step);
        readings.map(|reading| DataValue::new_at_status(reading.value, now, reading.status)).collect()
    }
}

fn stations(options: &PlantOptions, number: u16) -> Vec<Station> {
    let count = options.nodes.div_ceil(SIGNALS.len()) as u64;
    (0..count).map(|station| Station::new(options.seed, u64::from(number) * 100_000 + station)).collect()
}

fn build(options: &PlantOptions, number: u16, port: u16) -> Result<(Server, ServerHandle)> {
    let namespace = NamespaceMetadata { namespace_uri: NAMESPACE.into(), ..NamespaceMetadata::default() };
    let uri = format!("urn:iiot:plant:{number}");
    let builder = ServerBuilder::new()
        .application_name(format!("iiot plant {number}"))
        .application_uri(uri.clone())
        .product_uri("urn:iiot:plant")
        .host("127.0.0.1")
        .port(port)
        .discovery_urls(vec![format!("opc.tcp://127.0.0.1:{port}/")])
        .pki_dir(options.data.join(format!("server-{number}")))
        .trust_client_certs(true)
        .max_array_length(100_000)
        .with_node_manager(simple_node_manager(namespace, "plant"));
    secured(limited(builder), options.security).build().map_err(failed)
}

/// The stock limits are meant for a handful of items.
fn limited(mut builder: ServerBuilder) -> ServerBuilder {
    let limits = &mut builder.limits_mut().subscriptions;
    limits.max_monitored_items_per_sub = 0;
    limits.max_monitored_item_queue_size = 1000;
    limits.max_publish_requests_per_subscription = 20;
    limits.max_notifications_per_publish = 10_000;
    limits.min_sampling_interval_ms = 10.0;
    limits.min_publishing_interval_ms = 50.0;
    builder
        .subscription_poll_interval_ms(50)
        .max_session_timeout_ms(300_000)
        .max_message_size(MAX_MESSAGE_SIZE)
        .max_chunk_count(MAX_MESSAGE_SIZE / 65_535)
}

fn secured(builder: ServerBuilder, security: Security) -> ServerBuilder {
    use MessageSecurityMode as Mode;
    let users = [ANONYMOUS_USER_TOKEN_ID, "user"];
    let builder = builder
        .add_user_token("user", ServerUserToken::user_pass("user", "secret"))
        .add_endpoint("none", ("/", SecurityPolicy::None, Mode::None, &users as &[&str]));
    if security == Security::None {
        return builder;
    }
    builder
        .create_sample_keypair(true)
        .certificate_path("own/cert.der")
        .private_key_path("private/private.pem")
        .add_endpoint("sign", ("/", SecurityPolicy::Basic256Sha256, Mode::Sign, &users as &[&str]))
        .add_endpoint("encrypt", ("/", SecurityPolicy::Basic256Sha256, Mode::SignAndEncrypt, &users as &[&str]))
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::Internal, "start a server of the plant", message)
}
