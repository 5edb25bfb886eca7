//! Capabilities and streams.

use std::sync::Arc;

use iiot_bindings::{ColumnItems, Face, Items, Reach};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bridge::{awaitable, wait};
use crate::columns::{buffers, next_buffers};
use crate::host::{Objects, ports};

/// A capability; requests and answers are JSON.
#[pyclass(frozen, name = "Face")]
pub(crate) struct NativeFace(Arc<Face>);

/// The answers of a stream, in batches.
#[pyclass(frozen, name = "Items")]
pub(crate) struct NativeItems(Arc<Items>);

/// Values as they change, in columns.
#[pyclass(frozen, name = "ColumnItems")]
pub(crate) struct NativeColumnItems(Arc<ColumnItems>);

/// Methods in their two faces: what one does stands once, as a future.
macro_rules! both {
    ($class:ident { $($more:tt)* } $(
        fn $name:ident / $waiting:ident($held:ident $(, $argument:ident: $kind:ty)*) => $work:expr, $convert:expr;
    )*) => {
        #[pymethods]
        impl $class {
            $($more)*
            $(
                fn $name<'py>(&self, py: Python<'py> $(, $argument: $kind)*) -> PyResult<Bound<'py, PyAny>> {
                    let $held = Arc::clone(&self.0);
                    awaitable(py, async move { $work }, $convert)
                }

                fn $waiting(&self, py: Python<'_> $(, $argument: $kind)*) -> PyResult<Py<PyAny>> {
                    let $held = Arc::clone(&self.0);
                    let value = wait(py, async move { $work })?;
                    $convert(py, value)
                }
            )*
        }
    };
}

pub(crate) use both;

both! {
    NativeFace {
        /// Reaches a capability; `options` are JSON, `transports` hubs that Python implements.
        #[staticmethod]
        fn reach<'py>(
            py: Python<'py>,
            capability: String,
            options: Vec<u8>,
            transports: Objects,
        ) -> PyResult<Bound<'py, PyAny>> {
            awaitable(py, reached(capability, options, transports), face)
        }

        /// As `reach`.
        #[staticmethod]
        fn reach_sync(
            py: Python<'_>,
            capability: String,
            options: Vec<u8>,
            transports: Objects,
        ) -> PyResult<Py<PyAny>> {
            let reached = wait(py, reached(capability, options, transports))?;
            face(py, reached)
        }
    }
    fn call / call_sync(held, name: String, request: Vec<u8>) => held.call(&name, request).await, bytes;
    fn open / open_sync(held, name: String, request: Vec<u8>) => held.open(&name, request).await, items;
    fn read_columns / read_columns_sync(held, request: Vec<u8>) => held.read_columns(request).await, buffers;
    fn open_columns / open_columns_sync(held, request: Vec<u8>) => held.open_columns(request).await, column_items;
    fn close / close_sync(held) => { held.close().await; Ok(()) }, none;
}

both! {
    NativeItems {}
    fn next / next_sync(held, most: usize) => held.next(most).await, batch;
    fn close / close_sync(held) => { held.close().await; Ok(()) }, none;
}

both! {
    NativeColumnItems {}
    fn next / next_sync(held, most: usize) => held.next(most).await, next_buffers;
    fn close / close_sync(held) => { held.close().await; Ok(()) }, none;
}

async fn reached(capability: String, options: Vec<u8>, transports: Objects) -> iiot::Result<Face> {
    Reach::read(&options)?.face_among(&capability, &ports(transports, None).await?).await
}

fn bytes(py: Python<'_>, json: Vec<u8>) -> PyResult<Py<PyAny>> {
    Ok(PyBytes::new(py, &json).into_any().unbind())
}

fn batch(py: Python<'_>, json: Option<Vec<u8>>) -> PyResult<Py<PyAny>> {
    json.map_or_else(|| Ok(py.None()), |json| bytes(py, json))
}

pub(crate) fn face(py: Python<'_>, face: Face) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeFace(Arc::new(face)))?.into_any())
}

fn items(py: Python<'_>, items: Items) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeItems(Arc::new(items)))?.into_any())
}

fn column_items(py: Python<'_>, items: ColumnItems) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeColumnItems(Arc::new(items)))?.into_any())
}

pub(crate) fn none(py: Python<'_>, (): ()) -> PyResult<Py<PyAny>> {
    Ok(py.None())
}
