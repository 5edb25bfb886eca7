//! From Rust's futures to Python's, and back.
//!
//! Python may end while work is under way. What then calls into an interpreter that is being taken down crashes the process.
//! So our threads leave what is done to the event loop, and the few calls into Python that remain are made by one thread behind a
//! gate, which `atexit` closes.

use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use iiot::{Error, ErrorKind, Result};
use iiot_bindings::runtime;
use parking_lot::{Mutex, RwLock};
use pyo3::intern;
use pyo3::prelude::*;
use tokio::task::AbortHandle;

use crate::error::to_python;
use crate::mailbox::Mailbox;

/// Whether Python can still be called.
static IS_OPEN: RwLock<bool> = RwLock::new(true);

/// Python ends: whoever calls into it is waited for, and nobody does afterwards.
#[pyfunction]
pub(crate) fn leave(py: Python<'_>) {
    py.detach(|| *IS_OPEN.write() = false);
}

/// Something to be done in Python.
pub(crate) type Act = Box<dyn FnOnce(Python<'_>) + Send>;

/// Has the one thread do it that may wait for Python, in the order in which it is told. Dropped where Python has ended.
pub(crate) fn tell(act: Act) {
    static ACTS: LazyLock<Sender<Act>> = LazyLock::new(|| {
        let (sender, acts) = channel();
        // Without the thread nobody takes what is sent, as at the end.
        let _ = std::thread::Builder::new().name("iiot python".into()).spawn(move || carry_out(&acts));
        sender
    });
    let _ = ACTS.send(act);
}

fn carry_out(acts: &Receiver<Act>) {
    for act in acts {
        let is_open = IS_OPEN.read();
        if !*is_open {
            return;
        }
        Python::attach(act);
    }
}

/// An awaitable of the running loop. Cancelled, it ends the work.
pub(crate) fn awaitable<'py, T: Send + 'static>(
    py: Python<'py>,
    work: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let runtime = runtime().map_err(|error| to_python(py, &error))?;
    let (event_loop, mailbox) = Mailbox::of_running_loop(py)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    let told = future.clone().unbind();
    let task = runtime.spawn(async move {
        let outcome = work.await;
        mailbox.post(Box::new(move |py| settle(told.bind(py), outcome, convert)));
    });
    future.call_method1(intern!(py, "add_done_callback"), (Done(task.abort_handle()),))?;
    Ok(future)
}

/// Tells a future how it went, unless it was cancelled meanwhile.
fn settle<T>(
    future: &Bound<'_, PyAny>,
    outcome: Result<T>,
    convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>>,
) {
    let py = future.py();
    let settled = future.call_method0(intern!(py, "done")).and_then(|done| {
        if done.is_truthy()? {
            return Ok(());
        }
        match outcome.map_err(|error| to_python(py, &error)).and_then(|value| convert(py, value)) {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,)),
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),)),
        }
        .map(drop)
    });
    if let Err(error) = settled {
        error.write_unraisable(py, Some(future));
    }
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

/// Ends the work of a future that was cancelled.
#[pyclass(frozen)]
struct Done(AbortHandle);

#[pymethods]
impl Done {
    fn __call__(&self, py: Python<'_>, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0(intern!(py, "cancelled"))?.is_truthy()? {
            self.0.abort();
        }
        Ok(())
    }
}

/// So long Ctrl-C takes at most.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);
