//! Ports that JavaScript implements: each call goes to a function of `host.js`, which answers with a promise.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use iiot::core::registry::Registry;
use iiot::{Error, ErrorKind, Result, Transport};
use iiot_bindings::{Host, HostRegistry, HostTransport, Parcel, Ports};
use napi::Status;
use napi::bindgen_prelude::{Buffer, FnArgs, Promise};
use napi::threadsafe_function::ThreadsafeFunction;
use napi_derive::napi;

/// Method, members as JSON, payload.
pub type Asked = FnArgs<(String, String, Buffer)>;

/// What asks an object of JavaScript. It does not keep the process alive.
pub type Ask = ThreadsafeFunction<Asked, Promise<Told>, Asked, Status, false, true>;

/// What it says.
#[allow(missing_debug_implementations, reason = "buffers have none")]
#[napi(object, js_name = "NativeTold")]
pub struct Told {
    /// JSON.
    pub members: Option<String>,
    /// The content of a message.
    pub payload: Option<Buffer>,
    /// It failed.
    pub error: Option<Failed>,
}

/// Why it failed.
#[derive(Debug)]
#[napi(object, js_name = "NativeFailed")]
pub struct Failed {
    /// The kind.
    pub code: String,
    /// What it says.
    pub message: String,
    /// Whether the same can succeed later.
    pub retryable: Option<bool>,
}

struct NodeHost(Ask);

impl fmt::Debug for NodeHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeHost")
    }
}

#[async_trait]
impl Host for NodeHost {
    async fn call(&self, method: &'static str, Parcel { members, payload }: Parcel) -> Result<Parcel> {
        let members = String::from_utf8(members).map_err(|cause| gone(method).because(cause))?;
        let asked = (method.to_owned(), members, Vec::from(payload).into()).into();
        let promise = self.0.call_async_catch(asked).await.map_err(|cause| gone(method).because(cause))?;
        let told = promise.await.map_err(|cause| gone(method).because(cause))?;
        told.error.map_or(Ok(()), |failed| Err(failed.error(method)))?;
        let payload = told.payload.map(Vec::from).unwrap_or_default().into();
        Ok(Parcel { members: told.members.unwrap_or_default().into(), payload })
    }
}

impl Failed {
    fn error(self, method: &'static str) -> Error {
        let kind = ErrorKind::from_code(&self.code).unwrap_or(ErrorKind::Internal);
        let error = Error::new(kind, CALL, self.message).with("method", method);
        let retryable = self.retryable.unwrap_or_else(|| error.is_retryable());
        error.retryable(retryable)
    }
}

/// What options name as `host:KEY`, and the registry.
pub(crate) async fn ports(transports: HashMap<String, Ask>, registry: Option<Ask>) -> Result<Ports> {
    let registry = registry.map(|ask| Arc::new(HostRegistry::new(Arc::new(NodeHost(ask)))) as Arc<dyn Registry>);
    let mut ports = Ports { registry, ..Ports::default() };
    for (key, ask) in transports {
        let transport: Arc<dyn Transport> = Arc::new(HostTransport::new(Arc::new(NodeHost(ask))).await?);
        ports.transports.insert(key, transport);
    }
    Ok(ports)
}

fn gone(method: &'static str) -> Error {
    Error::new(ErrorKind::Closed, CALL, "nobody answers: its process or thread ends").with("method", method)
}

const CALL: &str = "call JavaScript";
