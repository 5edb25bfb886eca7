//! How many sockets this process may open.

use std::fs;

/// Descriptors that are left to whatever else the process does.
const RESERVE: u64 = 64;
/// Where the system does not tell: the least that systems allow, without what a process usually has open.
const UNKNOWN: u64 = 128;

/// As many sockets as are wanted, or as the descriptor limit leaves, which is then logged.
pub(super) fn affordable(wanted: u32) -> u32 {
    let room = limit().zip(open()).map_or(UNKNOWN, |(limit, open)| room(limit, open));
    let affordable = u32::try_from(room).unwrap_or(u32::MAX).clamp(1, wanted.max(1));
    if affordable < wanted {
        tracing::warn!(
            wanted,
            affordable,
            "fewer connections at a time: the limit of open files leaves no more (ulimit -n)"
        );
    }
    affordable
}

/// Sockets that fit below a limit, if so many descriptors are open.
fn room(limit: u64, open: u64) -> u64 {
    let free = limit.saturating_sub(open);
    free.saturating_sub(RESERVE).max(free / 2)
}

/// The soft RLIMIT_NOFILE, where the system tells it in a file.
fn limit() -> Option<u64> {
    soft_limit(&fs::read_to_string("/proc/self/limits").ok()?)
}

fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

fn open() -> Option<u64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_leaves_something_to_others() {
        assert_eq!(room(1024, 24), 936);
        assert_eq!(room(100, 60), 20, "where little is left it is shared");
        assert_eq!(room(10, 60), 0);
        assert_eq!(affordable(0), 1);
        assert_eq!(affordable(1), 1);
    }

    #[test]
    fn the_limit_is_read_from_what_the_system_says() {
        let said = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             31000                31000                processes \n\
                    Max open files            1024                 1048576              files     \n";
        assert_eq!(soft_limit(said), Some(1024));
        assert_eq!(soft_limit("Max open files            unlimited            unlimited   files"), Some(u64::MAX));
        assert_eq!(soft_limit("Max processes 1 1"), None);
    }
}
