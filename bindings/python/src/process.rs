//! Parts of the platform that run in this process.

use std::path::PathBuf;
use std::sync::Arc;

use iiot::{Error, ErrorKind};
use iiot_bindings::{Process, runtime_of_processes};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bridge::{awaitable, wait};
use crate::error::to_python;
use crate::face::{both, face, none};
use crate::host::{Objects, ports};

/// An edge, a publisher or searches, until it is stopped.
#[pyclass(frozen, name = "Process")]
pub(crate) struct NativeProcess(Arc<Process>);

both! {
    NativeProcess {
        /// Starts what `options`, which are JSON, say, with ports that Python implements.
        #[staticmethod]
        fn start<'py>(
            py: Python<'py>,
            options: Vec<u8>,
            transports: Objects,
            registry: Option<Py<PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            awaitable(py, started(options, transports, registry), process)
        }

        /// As `start`.
        #[staticmethod]
        fn start_sync(
            py: Python<'_>,
            options: Vec<u8>,
            transports: Objects,
            registry: Option<Py<PyAny>>,
        ) -> PyResult<Py<PyAny>> {
            let started = wait(py, started(options, transports, registry))?;
            process(py, started)
        }

        /// A capability of it.
        fn face(&self, py: Python<'_>, capability: &str) -> PyResult<Py<PyAny>> {
            let found = self.0.face(capability).map_err(|error| to_python(py, &error))?;
            face(py, found)
        }

        /// How it stands, as JSON.
        fn status<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
            PyBytes::new(py, &self.0.status())
        }
    }
    fn publish / publish_sync(held, values: Vec<u8>) => held.publish(&values).await, none;
    fn ended / ended_sync(held) => held.ended().await, none;
    fn stop / stop_sync(held) => held.stop().await, none;
}

/// Keys and the audit record of an edge, on its data folder; returns what to print.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, data: PathBuf, words: Vec<String>) -> PyResult<String> {
    py.detach(|| iiot_bindings::command(&data, &words)).map_err(|error| to_python(py, &error))
}

async fn started(options: Vec<u8>, transports: Objects, registry: Option<Py<PyAny>>) -> iiot::Result<Process> {
    let ports = ports(transports, registry).await?;
    let started = runtime_of_processes()?.spawn(async move { Process::start(&options, ports).await });
    started.await.unwrap_or_else(|cause| Err(Error::new(ErrorKind::Internal, "start a process", cause.to_string())))
}

fn process(py: Python<'_>, process: Process) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, NativeProcess(Arc::new(process)))?.into_any())
}
