//! Core files: the memory of a process that has crashed, on the disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use iiot_core::testing::Process;

/// A folder in which whoever crashes may leave a core file.
pub(crate) struct Cores {
    pub(crate) folder: PathBuf,
}

impl Cores {
    pub(crate) fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("the test's folder is writable");
        Self { folder: folder.to_owned() }
    }

    /// The same command, which begins there and with leave to write a core file of any size.
    pub(crate) fn allowed(&self, command: &Command) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""]).current_dir(&self.folder);
        shell.arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    }

    /// That a process has forbidden itself to write one, or does so now; and that it leaves none when it crashes, whatever limit
    /// somebody sets from outside.
    pub(crate) fn are_not_left_by(&self, process: &mut Process) {
        let limits = format!("/proc/{}/limits", process.id());
        let begun = Instant::now();
        while !std::fs::read_to_string(&limits).is_ok_and(|limits| forbids(&limits)) {
            assert!(begun.elapsed() < PATIENCE, "it may still leave one\n{}", process.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        // What root may do at any time, and what a program that takes cores does not even need.
        let raised = ["--pid", &process.id().to_string(), "--core=unlimited"];
        if !Command::new("prlimit").args(raised).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            println!("nobody here can raise the limit of a process that runs: this is left out");
        }
        crash(process);
        assert_eq!(self.found(), Vec::<PathBuf>::new(), "{}", process.said());
    }

    /// What a process that forbids nothing leaves, after it has read a file; none where this machine keeps cores elsewhere.
    pub(crate) fn of_whoever_reads(&self, file: &Path) -> Option<Vec<u8>> {
        let mut careless = Command::new("sh");
        careless.args(["-c", "read -r secret < \"$0\"; kill -ABRT $$"]).arg(file);
        let mut process = Process::start(&mut self.allowed(&careless)).expect("there is a shell");
        assert!(process.wait(PATIENCE).is_some_and(|status| !status.success()), "{}", process.said());
        let core = self.found().into_iter().next();
        if core.is_none() {
            let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
            println!("cores of this machine go elsewhere, to {}: only limits are compared", pattern.trim());
        }
        core.map(|core| {
            let content = std::fs::read(&core).expect("a core file can be read");
            std::fs::remove_file(core).expect("a core file can be removed");
            content
        })
    }

    fn found(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(&self.folder).expect("the test's folder is there");
        let paths = files.map(|file| file.expect("the test's folder can be read").path());
        let is_core = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("core"));
        paths.filter(is_core).collect()
    }
}

/// Soft and hard limit.
fn forbids(limits: &str) -> bool {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    line.is_some_and(|line| line.split_whitespace().take(2).eq(["0", "0"]))
}

fn crash(process: &mut Process) {
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-ABRT", &id]).status().is_ok_and(|status| status.success()));
    let ended = process.wait(PATIENCE).unwrap_or_else(|| panic!("it goes on\n{}", process.said()));
    assert_eq!(ended.code(), None, "a signal ends it: {ended}");
}

const PATIENCE: Duration = Duration::from_secs(60);
