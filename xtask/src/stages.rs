//! The stages of a long task: each is timed, a failure stops the task, a summary ends it.

use std::time::{Duration, Instant};

use crate::run::Failure;

/// What ran so far.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<(&'static str, Duration)>,
    failed: Option<(&'static str, Failure)>,
}

impl Stages {
    /// Runs a stage unless one before it has failed.
    pub(crate) fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<(), Failure>) {
        if self.failed.is_some() {
            return;
        }
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = stage();
        self.done.push((name, start.elapsed()));
        if let Err(failure) = outcome {
            self.failed = Some((name, failure));
        }
    }

    /// Prints the time of each stage and the outcome.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        println!("\n=== summary");
        for (name, time) in &self.done {
            println!("{name:<24}{:>8.1} s", time.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, time)| *time).sum();
        println!("{:<24}{:>8.1} s", "total", total.as_secs_f64());
        match self.failed {
            None => {
                println!("all {} stages passed", self.done.len());
                Ok(())
            }
            Some((name, failure)) => Err(Failure::new(format!("stage `{name}` failed: {failure}"))),
        }
    }
}
