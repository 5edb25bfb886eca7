//! Values in masses: each column crosses as one buffer.

use bytes::Bytes;
use iiot_bindings::Columns;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};

use crate::error::to_python;

/// The columns of PublishResponses as they were received; for benches.
#[pyfunction]
pub(crate) fn columns_of(py: Python<'_>, bodies: Vec<Vec<u8>>) -> PyResult<Py<PyAny>> {
    let bodies: Vec<Bytes> = bodies.into_iter().map(Bytes::from).collect();
    let columns = py.detach(|| Columns::of_publish_responses(&bodies));
    buffers(py, columns.map_err(|error| to_python(py, &error))?)
}

/// What `iiot.Columns` is made of, in its order.
pub(crate) fn buffers(py: Python<'_>, columns: Columns) -> PyResult<Py<PyAny>> {
    let buffers = (
        buffer(py, &columns.node, u32::to_ne_bytes)?,
        buffer(py, &columns.source_timestamp, i64::to_ne_bytes)?,
        buffer(py, &columns.server_timestamp, i64::to_ne_bytes)?,
        buffer(py, &columns.status, u32::to_ne_bytes)?,
        buffer(py, &columns.value, f64::to_ne_bytes)?,
        buffer(py, &columns.arrays.rows, u32::to_ne_bytes)?,
        buffer(py, &columns.arrays.ends, u32::to_ne_bytes)?,
        buffer(py, &columns.arrays.elements, f64::to_ne_bytes)?,
        buffer(py, &columns.other_rows, u32::to_ne_bytes)?,
        PyBytes::new(py, &columns.others),
        PyBytes::new(py, &columns.told),
    );
    buffers.into_pyobject(py).map(|tuple| tuple.into_any().unbind())
}

/// As `buffers`; `None` at the end of a stream.
pub(crate) fn next_buffers(py: Python<'_>, columns: Option<Columns>) -> PyResult<Py<PyAny>> {
    columns.map_or_else(|| Ok(py.None()), |columns| buffers(py, columns))
}

/// A column as the machine has it in memory, which numpy takes as it is.
fn buffer<'py, T: Copy, const N: usize>(
    py: Python<'py>,
    column: &[T],
    bytes: fn(T) -> [u8; N],
) -> PyResult<Bound<'py, PyByteArray>> {
    PyByteArray::new_with(py, column.len() * N, |out| {
        out.as_chunks_mut::<N>().0.iter_mut().zip(column).for_each(|(place, value)| *place = bytes(*value));
        Ok(())
    })
}
