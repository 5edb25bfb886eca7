//! Ports that Python implements: each call goes to an object of `iiot._host`, which answers when it can.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use iiot::core::registry::Registry;
use iiot::{Error, ErrorKind, Result, Transport};
use iiot_bindings::{Host, HostRegistry, HostTransport, Parcel, Ports};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::sync::oneshot;

use crate::bridge::tell;

/// An object with a method `ask(method, members, payload, answer)` that may be called in any thread and returns at once.
#[derive(Debug)]
pub(crate) struct PythonHost(Arc<Py<PyAny>>);

#[async_trait]
impl Host for PythonHost {
    async fn call(&self, method: &'static str, request: Parcel) -> Result<Parcel> {
        let (sender, receiver) = oneshot::channel();
        let host = Arc::clone(&self.0);
        tell(Box::new(move |py| {
            if let Err(error) = ask(py, &host, method, &request, Answer(Mutex::new(Some(sender)))) {
                error.write_unraisable(py, Some(host.bind(py)));
            }
        }));
        receiver.await.unwrap_or_else(|_| Err(gone(method)))
    }
}

/// Whoever cannot be asked has not answered: the answer says why.
fn ask(py: Python<'_>, host: &Py<PyAny>, method: &'static str, request: &Parcel, answer: Answer) -> PyResult<()> {
    let (members, payload) = (PyBytes::new(py, &request.members), PyBytes::new(py, &request.payload));
    let answer = Bound::new(py, answer)?;
    if let Err(error) = host.call_method1(py, "ask", (method, members, payload, &answer)) {
        answer.get().tell(Err(gone(method).because(error.to_string())));
    }
    Ok(())
}

fn gone(method: &'static str) -> Error {
    Error::new(ErrorKind::Closed, "call Python", "nobody answers: its event loop has ended").with("method", method)
}

/// Where the answer goes; the first counts.
#[pyclass(frozen)]
pub(crate) struct Answer(Mutex<Option<oneshot::Sender<Result<Parcel>>>>);

#[pymethods]
impl Answer {
    /// It went well: JSON, and the content of a message.
    fn give(&self, members: Vec<u8>, payload: Vec<u8>) {
        self.tell(Ok(Parcel { members, payload: payload.into() }));
    }

    /// It failed, with an error of this kind.
    fn fail(&self, method: String, code: &str, message: String, retryable: bool) {
        let kind = ErrorKind::from_code(code).unwrap_or(ErrorKind::Internal);
        self.tell(Err(Error::new(kind, "call Python", message).with("method", method).retryable(retryable)));
    }
}

impl Answer {
    fn tell(&self, outcome: Result<Parcel>) {
        // Whoever has asked may have left.
        let _ = self.0.lock().take().map(|sender| sender.send(outcome));
    }
}

/// Objects of Python, by the keys that options name.
pub(crate) type Objects = HashMap<String, Py<PyAny>>;

/// What options name as `host:KEY`, and the registry.
pub(crate) async fn ports(transports: Objects, registry: Option<Py<PyAny>>) -> Result<Ports> {
    let mut ports = Ports { registry: registry.map(of_registry), ..Ports::default() };
    for (key, object) in transports {
        let transport: Arc<dyn Transport> = Arc::new(HostTransport::new(Arc::new(PythonHost(Arc::new(object)))).await?);
        ports.transports.insert(key, transport);
    }
    Ok(ports)
}

fn of_registry(object: Py<PyAny>) -> Arc<dyn Registry> {
    Arc::new(HostRegistry::new(Arc::new(PythonHost(Arc::new(object)))))
}
