//! CPU time as Linux counts it.

use std::collections::HashMap;
use std::time::Duration;

/// What each thread of this process has used so far, by its id.
pub struct Used(HashMap<String, u64>);

impl Used {
    pub fn now() -> Self {
        let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists threads").flatten();
        let nanoseconds = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            let used = text.split_whitespace().next()?.parse().ok()?;
            Some((task.file_name().to_string_lossy().into_owned(), used))
        });
        Self(nanoseconds.collect())
    }

    /// What all threads have used since `before`. Threads that have ended meanwhile count for nothing:
    /// they have made the keys.
    pub fn since(&self, before: &Self) -> Duration {
        let each = self.0.iter().map(|(task, used)| used - before.0.get(task).unwrap_or(&0));
        Duration::from_nanos(each.sum())
    }
}
