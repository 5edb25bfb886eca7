//! A child process that a test starts, listens to, talks to and surely ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::error::{Error, ErrorKind, Result};

/// A running child; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Arc<Lines>,
    stderr: Arc<Lines>,
}

impl Process {
    /// Starts `command` with its three streams connected to us.
    ///
    /// # Errors
    /// If the program cannot be started; the error names it.
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed("cannot be started").with("program", &name).because(error))?;
        let stdin = child.stdin.take();
        let stdout = Lines::of(child.stdout.take());
        let stderr = Lines::of(child.stderr.take());
        Ok(Self { name, child, stdin, stdout, stderr })
    }

    /// Its number at the operating system.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of standard output, from the first one on, that begins with `prefix`, without
    /// the prefix.
    ///
    /// # Errors
    /// If the process ends or `patience` runs out before; the error holds what it said instead.
    pub fn expect_line(&self, prefix: &str, patience: Duration) -> Result<String> {
        let found = self.stdout.wait(Instant::now() + patience, |lines| {
            lines.iter().find_map(|line| line.strip_prefix(prefix)).map(|rest| rest.trim().to_owned())
        });
        found.ok_or_else(|| failed(format!("did not print `{prefix}`:\n{}", self.said())).with("program", &self.name))
    }

    /// Returns what `look` finds in the lines of standard output as soon as it finds something,
    /// `None` when the stream ends or `patience` runs out before.
    pub fn wait_for<T>(&self, patience: Duration, look: impl FnMut(&[String]) -> Option<T>) -> Option<T> {
        self.stdout.wait(Instant::now() + patience, look)
    }

    /// Like [`wait_for`](Self::wait_for) for standard error.
    pub fn wait_for_error<T>(&self, patience: Duration, look: impl FnMut(&[String]) -> Option<T>) -> Option<T> {
        self.stderr.wait(Instant::now() + patience, look)
    }

    /// The lines of standard output so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.state.lock().lines.clone()
    }

    /// The lines of standard output since the last call, which are forgotten here; waits for one. `None` when the
    /// stream has ended.
    #[must_use]
    pub fn take_lines(&self) -> Option<Vec<String>> {
        self.stdout.take()
    }

    /// The lines of standard error so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.state.lock().lines.clone()
    }

    /// Writes one line to its standard input.
    ///
    /// # Errors
    /// If it no longer reads.
    pub fn send(&mut self, line: &str) -> Result<()> {
        let written = self.stdin.as_mut().map(|stdin| writeln!(stdin, "{line}").and_then(|()| stdin.flush()));
        match written {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(failed("does not read").with("program", &self.name).because(error)),
            None => Err(failed("does not read").with("program", &self.name)),
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM; how it ended, or `None` if it had not within `patience`.
    pub fn terminate(&mut self, patience: Duration) -> Option<ExitStatus> {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        self.wait(patience)
    }

    /// How it ended by itself, or `None` if it had not within `patience`.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        // Both streams end with the process, unless it left children behind.
        self.stdout.wait(deadline, |_| None::<()>);
        self.stderr.wait(deadline, |_| None::<()>);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                _ if Instant::now() >= deadline => return None,
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// The last words, for a failing test.
    #[must_use]
    pub fn said(&self) -> String {
        let tail = |lines: Vec<String>| lines[lines.len().saturating_sub(30)..].join("\n");
        format!("--- standard output\n{}\n--- standard error\n{}", tail(self.stdout()), tail(self.stderr()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The lines of a stream as they come.
#[derive(Debug, Default)]
struct Lines {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    fn of(stream: Option<impl Read + Send + 'static>) -> Arc<Self> {
        let lines = Arc::new(Self::default());
        let ours = Arc::clone(&lines);
        std::thread::spawn(move || {
            stream.into_iter().for_each(|stream| ours.read(stream));
            ours.state.lock().ended = true;
            ours.changed.notify_all();
        });
        lines
    }

    fn read(&self, stream: impl Read) {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            self.state.lock().lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            self.changed.notify_all();
            line.clear();
        }
    }

    fn take(&self) -> Option<Vec<String>> {
        let mut state = self.state.lock();
        while state.lines.is_empty() && !state.ended {
            self.changed.wait(&mut state);
        }
        Some(std::mem::take(&mut state.lines)).filter(|lines| !lines.is_empty())
    }

    fn wait<T>(&self, deadline: Instant, mut look: impl FnMut(&[String]) -> Option<T>) -> Option<T> {
        let mut state = self.state.lock();
        loop {
            let found = look(&state.lines);
            if found.is_some() || state.ended || self.changed.wait_until(&mut state, deadline).timed_out() {
                return found.or_else(|| look(&state.lines));
            }
        }
    }
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unavailable, "run a child process", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_child_answers_and_ends_with_its_code() {
        let mut child = Process::start(Command::new("sh").args(["-c", "read a; echo GOT $a; exit 3"])).unwrap();
        child.send("it").unwrap();
        assert_eq!(child.expect_line("GOT ", PATIENCE).unwrap(), "it");
        assert_eq!(child.wait(PATIENCE).unwrap().code(), Some(3));
    }

    #[test]
    fn lines_are_taken_once_until_the_stream_ends() {
        let child = Process::start(Command::new("sh").args(["-c", "echo a; echo b"])).unwrap();
        let taken: Vec<_> = std::iter::from_fn(|| child.take_lines()).flatten().collect();
        assert_eq!(taken, ["a", "b"]);
    }

    #[test]
    fn a_child_that_says_nothing_is_an_error_with_its_last_words() {
        let child = Process::start(Command::new("sh").args(["-c", "echo no port >&2"])).unwrap();
        let error = child.expect_line("READY", PATIENCE).unwrap_err();
        child.wait_for_error(PATIENCE, |lines| lines.first().cloned()).unwrap();
        assert!(error.report().contains("did not print `READY`"), "{error}");
        assert!(child.said().contains("no port"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Process::start(&mut Command::new("/no/such/program")).unwrap_err();
        assert!(error.report().contains("/no/such/program"), "{error}");
    }

    #[test]
    fn terminate_asks_and_kill_does_not() {
        let mut child = Process::start(
            Command::new("sh").args(["-c", "trap 'exit 7' TERM; echo UP; while :; do sleep 0.05; done"]),
        )
        .unwrap();
        child.expect_line("UP", PATIENCE).unwrap();
        assert_eq!(child.terminate(PATIENCE).unwrap().code(), Some(7));
        let mut child = Process::start(Command::new("sleep").arg("60")).unwrap();
        child.kill();
        assert_eq!(child.wait(PATIENCE).unwrap().code(), None);
    }
}
