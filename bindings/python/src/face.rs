//! Capabilities and streams.

use std::sync::Arc;

use iiot_bindings::{Face, Items, Reach};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bridge::{awaitable, wait};
use crate::error::to_python;

/// A capability; requests and answers are JSON.
#[pyclass(frozen, name = "Face")]
pub(crate) struct NativeFace(Arc<Face>);

/// The answers of a stream, in batches.
#[pyclass(frozen, name = "Items")]
pub(crate) struct NativeItems(Arc<Items>);

/// A method in its two faces: what it does stands once, as a future.
macro_rules! both {
    ($(fn $name:ident / $waiting:ident(&$this:ident $(, $argument:ident: $kind:ty)*) => $work:expr, $convert:expr;)*) => {
        #[pymethods]
        impl NativeFace {
            /// Reaches a capability; `options` are JSON.
            #[staticmethod]
            fn reach<'py>(py: Python<'py>, capability: String, options: Vec<u8>) -> PyResult<Bound<'py, PyAny>> {
                awaitable(py, async move { Reach::read(&options)?.face(&capability).await }, face)
            }

            /// As `reach`.
            #[staticmethod]
            fn reach_sync(py: Python<'_>, capability: String, options: Vec<u8>) -> PyResult<Py<PyAny>> {
                let reached = wait(py, async move { Reach::read(&options)?.face(&capability).await })?;
                face(py, reached)
            }
            $(
                fn $name<'py>(&self, py: Python<'py> $(, $argument: $kind)*) -> PyResult<Bound<'py, PyAny>> {
                    let $this = Arc::clone(&self.0);
                    awaitable(py, async move { $work }, $convert)
                }

                fn $waiting(&self, py: Python<'_> $(, $argument: $kind)*) -> PyResult<Py<PyAny>> {
                    let $this = Arc::clone(&self.0);
                    let value = wait(py, async move { $work })?;
                    $convert(py, value)
                }
            )*
        }
    };
}

both! {
    fn call / call_sync(&held, name: String, request: Vec<u8>) => held.call(&name, request).await, bytes;
    fn open / open_sync(&held, name: String, request: Vec<u8>) => held.open(&name, request).await, items;
    fn close / close_sync(&held) => { held.close().await; Ok(()) }, none;
}

#[pymethods]
impl NativeItems {
    /// The next items, `most` at most; `None` at the end.
    fn next<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Bound<'py, PyAny>> {
        let held = Arc::clone(&self.0);
        awaitable(py, async move { held.next(most).await }, batch)
    }

    fn next_sync(&self, py: Python<'_>, most: usize) -> PyResult<Py<PyAny>> {
        let held = Arc::clone(&self.0);
        let next = wait(py, async move { held.next(most).await })?;
        batch(py, next)
    }

    /// Ends the operation.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let held = Arc::clone(&self.0);
        let runtime = iiot_bindings::runtime().map_err(|error| to_python(py, &error))?;
        runtime.spawn(async move { held.close().await });
        Ok(())
    }
}

fn bytes(py: Python<'_>, json: Vec<u8>) -> PyResult<Py<PyAny>> {
    Ok(PyBytes::new(py, &json).into_any().unbind())
}

fn batch(py: Python<'_>, json: Option<Vec<u8>>) -> PyResult<Py<PyAny>> {
    json.map_or_else(|| Ok(py.None()), |json| bytes(py, json))
}

fn face(py: Python<'_>, face: Face) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeFace(Arc::new(face)))?.into_any())
}

fn items(py: Python<'_>, items: Items) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeItems(Arc::new(items)))?.into_any())
}

fn none(py: Python<'_>, (): ()) -> PyResult<Py<PyAny>> {
    Ok(py.None())
}
