//! Values in masses, as typed arrays.

use std::sync::Arc;

use iiot::core::session::Arrays;
use iiot_bindings::{ColumnItems, Columns};
use napi::Env;
use napi::bindgen_prelude::{AsyncBlock, BigInt64Array, Buffer, Float64Array, Uint32Array};
use napi_derive::napi;

use crate::error::{ToNode, promised};

/// Columns of equal length; each array has the memory that Rust filled.
#[allow(missing_debug_implementations, reason = "typed arrays have none")]
#[napi(object, object_from_js = false, js_name = "NativeColumns")]
pub struct NodeColumns {
    /// The node, by its place in the request.
    pub node: Uint32Array,
    /// Nanoseconds since 1970.
    pub source_timestamp: BigInt64Array,
    /// Nanoseconds since 1970.
    pub server_timestamp: BigInt64Array,
    /// The StatusCode.
    pub status: Uint32Array,
    /// Numbers.
    pub value: Float64Array,
    /// Values that are arrays of numbers.
    pub arrays: Option<NodeArrays>,
    /// The rows whose values doubles do not hold.
    pub other_rows: Uint32Array,
    /// Their values as a JSON array.
    pub others: Option<Buffer>,
    /// What else was told, as JSON.
    pub told: Option<Buffer>,
}

/// Arrays of numbers, one behind the other.
#[allow(missing_debug_implementations, reason = "typed arrays have none")]
#[napi(object, object_from_js = false, js_name = "NativeArrays")]
pub struct NodeArrays {
    /// The row of each.
    pub rows: Uint32Array,
    /// Where each ends.
    pub ends: Uint32Array,
    /// All of them.
    pub elements: Float64Array,
}

impl From<Arrays> for NodeArrays {
    fn from(Arrays { rows, ends, elements }: Arrays) -> Self {
        Self { rows: rows.into(), ends: ends.into(), elements: elements.into() }
    }
}

impl From<Columns> for NodeColumns {
    fn from(columns: Columns) -> Self {
        let json = |bytes: Vec<u8>| (!bytes.is_empty()).then(|| bytes.into());
        Self {
            node: columns.node.into(),
            source_timestamp: columns.source_timestamp.into(),
            server_timestamp: columns.server_timestamp.into(),
            status: columns.status.into(),
            value: columns.value.into(),
            arrays: (!columns.arrays.is_empty()).then(|| columns.arrays.into()),
            other_rows: columns.other_rows.into(),
            others: json(columns.others),
            told: json(columns.told),
        }
    }
}

/// Values as they change, in columns.
#[derive(Debug)]
#[napi(js_name = "NativeColumnItems")]
pub struct NodeColumnItems(Arc<ColumnItems>);

impl From<ColumnItems> for NodeColumnItems {
    fn from(items: ColumnItems) -> Self {
        Self(Arc::new(items))
    }
}

#[napi]
impl NodeColumnItems {
    /// The next rows, about `most`; nothing at the end.
    #[napi]
    pub fn next(&self, env: &Env, most: u32) -> napi::Result<AsyncBlock<Option<NodeColumns>>> {
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

/// The columns of PublishResponses as they were received, each beginning with its encoding id.
#[napi]
pub fn columns_of(bodies: Vec<Buffer>) -> napi::Result<NodeColumns> {
    let bodies: Vec<_> = bodies.iter().map(|body| body.to_vec().into()).collect();
    Ok(Columns::of_publish_responses(&bodies).map_err(ToNode::from)?.into())
}
