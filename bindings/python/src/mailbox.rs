//! What is done, on its way to an event loop.
//!
//! A thread of ours that waited for Python's lock would keep connections waiting for as long as somebody holds it. So none does:
//! what is done is left in the mailbox of a loop, a byte in a socket wakes that loop, and its own thread takes the letters out.
//! Loops that cannot watch a socket are told by the thread that may wait.

use std::cell::RefCell;
#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::{fd::AsRawFd, unix::net::UnixStream};
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::bridge::{Act, tell};

/// The letters to an event loop.
pub(crate) struct Mailbox {
    letters: Mutex<Vec<Act>>,
    bell: Bell,
}

enum Bell {
    /// Both ends of a socket whose second one the loop watches.
    #[cfg(unix)]
    Socket(UnixStream, UnixStream),
    /// The loop itself.
    Loop(Py<PyAny>),
}

thread_local! {
    /// That of the loop which ran last in this thread.
    static LAST: RefCell<Option<(Py<PyAny>, Arc<Mailbox>)>> = const { RefCell::new(None) };
}

impl Mailbox {
    /// That of the running loop, and the loop.
    pub(crate) fn of_running_loop<'py>(py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Arc<Self>)> {
        static RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let event_loop = RUNNING_LOOP.import(py, "asyncio", "get_running_loop")?.call0()?;
        let known = LAST.with_borrow(|last| match last {
            Some((its, mailbox)) if its.is(&event_loop) => Some(Arc::clone(mailbox)),
            _ => None,
        });
        let mailbox = known.unwrap_or_else(|| {
            let mailbox = Self::of(&event_loop);
            LAST.replace(Some((event_loop.clone().unbind(), Arc::clone(&mailbox))));
            mailbox
        });
        Ok((event_loop, mailbox))
    }

    fn of(event_loop: &Bound<'_, PyAny>) -> Arc<Self> {
        #[cfg(unix)]
        if let Ok(watched) = Self::watched(event_loop) {
            return watched;
        }
        Arc::new(Self { letters: Mutex::default(), bell: Bell::Loop(event_loop.clone().unbind()) })
    }

    #[cfg(unix)]
    fn watched(event_loop: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        let (rung, heard) = UnixStream::pair()?;
        rung.set_nonblocking(true)?;
        heard.set_nonblocking(true)?;
        let socket = heard.as_raw_fd();
        let mailbox = Arc::new(Self { letters: Mutex::default(), bell: Bell::Socket(rung, heard) });
        event_loop.call_method1("add_reader", (socket, Postman(Arc::clone(&mailbox))))?;
        Ok(mailbox)
    }

    /// Has the loop do something; nothing comes of it if the loop has ended.
    pub(crate) fn post(self: Arc<Self>, letter: Act) {
        let mut letters = self.letters.lock();
        letters.push(letter);
        let is_first = letters.len() == 1;
        drop(letters);
        if is_first {
            self.ring();
        }
    }

    fn ring(self: Arc<Self>) {
        match &self.bell {
            // It is full only if the loop has not heard it for very long, and then it will.
            #[cfg(unix)]
            Bell::Socket(rung, _) => drop((&*rung).write_all(&[1])),
            Bell::Loop(_) => tell(Box::new(move |py| self.tell_loop(py))),
        }
    }

    fn tell_loop(self: Arc<Self>, py: Python<'_>) {
        if let Bell::Loop(event_loop) = &self.bell {
            // A loop that was closed meanwhile has nobody left who waits.
            let _ = event_loop.call_method1(py, intern!(py, "call_soon_threadsafe"), (Postman(Arc::clone(&self)),));
        }
    }
}

/// Takes the letters out, in the thread of the loop.
#[pyclass(frozen)]
struct Postman(Arc<Mailbox>);

#[pymethods]
impl Postman {
    fn __call__(&self, py: Python<'_>) {
        #[cfg(unix)]
        if let Bell::Socket(_, heard) = &self.0.bell {
            // What is rung once more while this goes on is heard again, and no letter may be there then.
            let _ = (&*heard).read(&mut [0; 64]);
        }
        let letters = std::mem::take(&mut *self.0.letters.lock());
        letters.into_iter().for_each(|letter| letter(py));
    }
}
