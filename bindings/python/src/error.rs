//! Errors as exceptions: one class for each kind, all below `iiot.Error`.

use iiot::{Error, ErrorKind};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The code of every kind, and whether trying again can help.
#[pyfunction]
pub(crate) fn kinds() -> Vec<(&'static str, bool)> {
    ErrorKind::ALL.iter().map(|kind| (kind.code(), kind.is_retryable())).collect()
}

/// The exception of an error. The classes are those of `iiot.errors`.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    made(py, error).unwrap_or_else(|_| PyRuntimeError::new_err(error.report()))
}

fn made(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let context = PyDict::new(py);
    for (name, value) in error.context() {
        context.set_item(name.as_ref(), value)?;
    }
    let (code, status) = (error.kind().code(), error.status().to_string());
    let arguments = (code, error.report(), error.is_retryable(), error.operation(), status, context);
    let exception = py.import("iiot.errors")?.call_method1("error_of", arguments)?;
    Ok(PyErr::from_value(exception))
}
