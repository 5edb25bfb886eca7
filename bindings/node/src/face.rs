//! Capabilities and streams.

use std::sync::Arc;

use iiot::core::operation::Shape;
use iiot_bindings::{Face, Items, Reach};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use serde_json::{Value, json};

use crate::columns::{NodeColumnItems, NodeColumns};
use crate::error::ToNode;

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

/// Reaches a capability; `options` are JSON.
#[napi]
pub async fn reach(capability: String, options: String) -> Result<NodeFace, ToNode> {
    let face = Reach::read(options.as_bytes())?.face(&capability).await?;
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
    pub async fn call(&self, name: String, request: String) -> Result<Buffer, ToNode> {
        Ok(self.0.call(&name, request.into_bytes()).await?.into())
    }

    /// Opens a stream.
    #[napi]
    pub async fn open(&self, name: String, request: String) -> Result<NodeItems, ToNode> {
        Ok(NodeItems(Arc::new(self.0.open(&name, request.into_bytes()).await?)))
    }

    /// Reads into columns.
    #[napi]
    pub async fn read_columns(&self, request: String) -> Result<NodeColumns, ToNode> {
        Ok(self.0.read_columns(request.into_bytes()).await?.into())
    }

    /// Opens a stream of columns.
    #[napi]
    pub async fn open_columns(&self, request: String) -> Result<NodeColumnItems, ToNode> {
        Ok(self.0.open_columns(request.into_bytes()).await?.into())
    }

    /// Says good-bye.
    #[napi]
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[napi]
impl NodeItems {
    /// The next items, `most` at most; nothing at the end.
    #[napi]
    pub async fn next(&self, most: u32) -> Result<Option<Buffer>, ToNode> {
        Ok(self.0.next(most as usize).await?.map(Into::into))
    }

    /// Ends the operation.
    #[napi]
    pub async fn close(&self) {
        self.0.close().await;
    }
}
