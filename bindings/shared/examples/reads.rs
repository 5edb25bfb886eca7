//! How long a read takes in Rust, to be compared with the same read through a binding.
//!
//! ```text
//! reads URL COUNT NODES
//! ```
//!
//! `NODES` is a file with a JSON array of node ids; the first `COUNT` of them are read. Prints microseconds.

use std::sync::Arc;
use std::time::Instant;

use iiot::core::clock::{Clock, SystemClock};
use iiot::core::operation::parse_request;
use iiot::core::session::{ConnectOptions, PoolOptions, SessionPool};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::twin::{EndpointMap, LocalTwin, Twin};
use iiot::{Error, ErrorKind, Result};
use serde_json::{Value, json};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count, nodes] = arguments.as_slice() else { return Err(wrong("URL COUNT NODES are needed")) };
    let count: usize = count.parse().map_err(|_| wrong("COUNT is a number"))?;
    let text = std::fs::read(nodes).map_err(|_| wrong("NODES cannot be read"))?;
    let nodes: Vec<Value> = serde_json::from_slice(&text).map_err(|_| wrong("NODES is no JSON array"))?;
    let nodes: Vec<Value> = nodes.into_iter().take(count).map(|node| json!({ "node": node })).collect();
    println!("{}", measured(url, &json!({ "endpoint": url, "nodes": nodes })).await?);
    Ok(())
}

async fn measured(url: &str, request: &Value) -> Result<f64> {
    let twin = twin(url);
    let count = request["nodes"].as_array().map_or(1, Vec::len);
    let request = request.to_string();
    twin.read(parse_request("read", request.as_bytes())?).await?;
    let rounds = (5000 / count).max(50);
    let begun = Instant::now();
    for _ in 0..rounds {
        twin.read(parse_request("read", request.as_bytes())?).await?;
    }
    Ok(begun.elapsed().as_secs_f64() / rounds as f64 * 1e6)
}

fn twin(url: &str) -> LocalTwin {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let endpoints = EndpointMap::new();
    endpoints.insert(url, ConnectOptions::new(url));
    let options = UaConnectorOptions::new("urn:iiot:reads", Arc::new(MemoryTrustStore::default()));
    let connector = Arc::new(UaConnector::new(options));
    let pool = Arc::new(SessionPool::new(connector, Arc::clone(&clock), PoolOptions::default()));
    LocalTwin::new(pool, Arc::new(endpoints), clock)
}

fn wrong(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read arguments", message)
}
