//! From Rust's futures to Python's, and back.
//!
//! Python may end while work is under way. What then calls into an interpreter that is being taken down crashes the process.
//! So all calls into Python from our threads pass a gate, which `atexit` closes.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use iiot::{Error, ErrorKind, Result};
use iiot_bindings::runtime;
use parking_lot::{Mutex, RwLock};
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::error::to_python;

/// Whether Python can still be called.
static IS_OPEN: RwLock<bool> = RwLock::new(true);

/// Python ends: whoever calls into it is waited for, and nobody does afterwards.
#[pyfunction]
pub(crate) fn leave(py: Python<'_>) {
    py.detach(|| *IS_OPEN.write() = false);
}

/// Calls into Python, unless it has ended.
pub(crate) fn attached<T>(act: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let is_open = IS_OPEN.read();
    is_open.then(|| Python::attach(act))
}

/// An awaitable of the running loop. Cancelled, it ends the work.
pub(crate) fn awaitable<'py, T: Send + 'static>(
    py: Python<'py>,
    work: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
    let future = event_loop.call_method0("create_future")?;
    let told = Told { event_loop: event_loop.unbind(), future: future.clone().unbind() };
    let runtime = runtime().map_err(|error| to_python(py, &error))?;
    let task = runtime.spawn(async move { told.tell(work.await, convert) });
    future.call_method1("add_done_callback", (Done(task.abort_handle()),))?;
    Ok(future)
}

/// Waits for the work; signals are heard meanwhile, and end it.
pub(crate) fn wait<T: Send + 'static>(
    py: Python<'_>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    let runtime = runtime().map_err(|error| to_python(py, &error))?;
    let task = runtime.spawn(async move { drop(sender.send(work.await)) });
    // Only so that it may be waited for without Python.
    let receiver = Mutex::new(receiver);
    loop {
        match py.detach(|| receiver.lock().recv_timeout(BETWEEN_SIGNALS)) {
            Ok(outcome) => return outcome.map_err(|error| to_python(py, &error)),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
            Err(RecvTimeoutError::Disconnected) => {
                let error = Error::new(ErrorKind::Internal, "call operation", "its thread has ended");
                return Err(to_python(py, &error));
            }
        }
    }
}

/// The future that is told how it went, in the thread of its loop.
struct Told {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
}

impl Told {
    fn tell<T>(self, outcome: Result<T>, convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>>) {
        attached(|py| {
            let outcome = outcome.map_err(|error| to_python(py, &error)).and_then(|value| convert(py, value));
            let settle = match outcome {
                Ok(value) => Settle { value, is_error: false },
                Err(error) => Settle { value: error.into_value(py).into_any(), is_error: true },
            };
            // A loop that was closed meanwhile has nobody left who waits.
            let _ = self.event_loop.call_method1(py, "call_soon_threadsafe", (settle, self.future));
        });
    }
}

/// What a future becomes, unless it was cancelled meanwhile.
#[pyclass(frozen)]
struct Settle {
    value: Py<PyAny>,
    is_error: bool,
}

#[pymethods]
impl Settle {
    fn __call__(&self, py: Python<'_>, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0("done")?.is_truthy()? {
            return Ok(());
        }
        let method = if self.is_error { "set_exception" } else { "set_result" };
        future.call_method1(method, (self.value.bind(py),)).map(drop)
    }
}

/// Ends the work of a future that was cancelled.
#[pyclass(frozen)]
struct Done(AbortHandle);

#[pymethods]
impl Done {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0("cancelled")?.is_truthy()? {
            self.0.abort();
        }
        Ok(())
    }
}

/// So long Ctrl-C takes at most.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);
