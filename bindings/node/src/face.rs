//! Capabilities and streams.

use std::collections::HashMap;
use std::sync::Arc;

use iiot::core::operation::Shape;
use iiot_bindings::{Face, Items, Reach};
use napi::Env;
use napi::bindgen_prelude::{AsyncBlock, Buffer};
use napi_derive::napi;
use serde_json::{Value, json};

use crate::columns::{NodeColumnItems, NodeColumns};
use crate::error::{ToNode, promised};
use crate::host::{Ask, ports};

/// A capability; requests and answers are JSON.
#[derive(Debug)]
#[napi(js_name = "NativeFace")]
pub struct NodeFace(Arc<Face>);

/// The answers of a stream, in batches.
#[derive(Debug)]
#[napi(js_name = "NativeItems")]
pub struct NodeItems(Arc<Items>);

/// The operations of all capabilities, as JSON: of each its capability, its name and whether it is a stream.
#[napi]
pub fn operations() -> String {
    let tables = iiot_bindings::TABLES.iter().copied().flatten();
    let told = tables.map(|one| json!([one.capability, one.name, one.shape == Shape::Stream]));
    Value::Array(told.collect()).to_string()
}

/// Reaches a capability; `options` are JSON, and `transports` what they name as `host:KEY`.
#[napi]
pub async fn reach(capability: String, options: String, transports: HashMap<String, Ask>) -> Result<NodeFace, ToNode> {
    let reach = Reach::read(options.as_bytes())?;
    let face = reach.face_among(&capability, &ports(transports, None).await?).await?;
    Ok(NodeFace::new(face))
}

impl NodeFace {
    pub(crate) fn new(face: Face) -> Self {
        Self(Arc::new(face))
    }
}

#[napi]
impl NodeFace {
    /// Calls an operation.
    #[napi]
    pub fn call(&self, env: &Env, name: String, request: String) -> napi::Result<AsyncBlock<Buffer>> {
        let face = Arc::clone(&self.0);
        promised(env, async move { Ok(face.call(&name, request.into_bytes()).await?.into()) })
    }

    /// Opens a stream.
    #[napi]
    pub fn open(&self, env: &Env, name: String, request: String) -> napi::Result<AsyncBlock<NodeItems>> {
        let face = Arc::clone(&self.0);
        promised(env, async move { Ok(NodeItems(Arc::new(face.open(&name, request.into_bytes()).await?))) })
    }

    /// Reads into columns.
    #[napi]
    pub fn read_columns(&self, env: &Env, request: String) -> napi::Result<AsyncBlock<NodeColumns>> {
        let face = Arc::clone(&self.0);
        promised(env, async move { Ok(face.read_columns(request.into_bytes()).await?.into()) })
    }

    /// Opens a stream of columns.
    #[napi]
    pub fn open_columns(&self, env: &Env, request: String) -> napi::Result<AsyncBlock<NodeColumnItems>> {
        let face = Arc::clone(&self.0);
        promised(env, async move { Ok(face.open_columns(request.into_bytes()).await?.into()) })
    }

    /// Says good-bye.
    #[napi]
    pub fn close(&self, env: &Env) -> napi::Result<AsyncBlock<()>> {
        let face = Arc::clone(&self.0);
        promised(env, async move {
            face.close().await;
            Ok(())
        })
    }
}

#[napi]
impl NodeItems {
    /// The next items, `most` at most; nothing at the end.
    #[napi]
    pub fn next(&self, env: &Env, most: u32) -> napi::Result<AsyncBlock<Option<Buffer>>> {
        let items = Arc::clone(&self.0);
        promised(env, async move { Ok(items.next(most as usize).await?.map(Into::into)) })
    }

    /// Ends the operation.
    #[napi]
    pub fn close(&self, env: &Env) -> napi::Result<AsyncBlock<()>> {
        let items = Arc::clone(&self.0);
        promised(env, async move {
            items.close().await;
            Ok(())
        })
    }
}
