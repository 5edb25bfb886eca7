//! Parts of the platform that run in this process.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use iiot_bindings::{Process, command};
use napi::Env;
use napi::bindgen_prelude::AsyncBlock;
use napi_derive::napi;

use crate::error::{ToNode, promised};
use crate::face::NodeFace;
use crate::host::{Ask, ports};

/// Something that runs until it is stopped.
#[derive(Debug)]
#[napi(js_name = "NativeProcess")]
pub struct NodeProcess(Arc<Process>);

/// Starts what options say, which are JSON.
#[napi]
pub async fn start(
    options: String,
    transports: HashMap<String, Ask>,
    registry: Option<Ask>,
) -> Result<NodeProcess, ToNode> {
    let process = Process::start(options.as_bytes(), ports(transports, registry).await?).await?;
    Ok(NodeProcess(Arc::new(process)))
}

#[napi]
impl NodeProcess {
    /// What can be asked of it.
    #[napi]
    pub fn face(&self, capability: String) -> napi::Result<NodeFace> {
        Ok(NodeFace::new(self.0.face(&capability).map_err(ToNode::from)?))
    }

    /// Publishes values, which are JSON.
    #[napi]
    pub fn publish(&self, env: &Env, values: String) -> napi::Result<AsyncBlock<()>> {
        let process = Arc::clone(&self.0);
        promised(env, async move { process.publish(values.as_bytes()).await })
    }

    /// How it stands, as JSON.
    #[napi]
    pub fn status(&self) -> String {
        String::from_utf8_lossy(&self.0.status()).into_owned()
    }

    /// Until it has ended.
    #[napi]
    pub fn ended(&self, env: &Env) -> napi::Result<AsyncBlock<()>> {
        let process = Arc::clone(&self.0);
        promised(env, async move { process.ended().await })
    }

    /// Ends it.
    #[napi]
    pub fn stop(&self, env: &Env) -> napi::Result<AsyncBlock<()>> {
        let process = Arc::clone(&self.0);
        promised(env, async move { process.stop().await })
    }
}

/// Carries out a command on the data folder of an edge, and gives what to print.
#[napi]
pub async fn edge_command(data: String, words: Vec<String>) -> Result<String, ToNode> {
    Ok(command(Path::new(&data), &words)?)
}
