//! The servers that show the same address space on five stacks.

use std::path::Path;
use std::process::Command;

use super::{Peers, Process};
use crate::error::Result;

/// A stack of somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stack {
    /// node-opcua, JavaScript.
    NodeOpcua,
    /// asyncua, Python.
    Asyncua,
    /// Eclipse Milo, Java.
    Milo,
    /// gopcua, Go.
    Gopcua,
    /// open62541, C.
    Open62541,
}

impl Stack {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NodeOpcua, Self::Asyncua, Self::Milo, Self::Gopcua, Self::Open62541];

    /// As its authors write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NodeOpcua => "node-opcua",
            Self::Asyncua => "asyncua",
            Self::Milo => "Eclipse Milo",
            Self::Gopcua => "gopcua",
            Self::Open62541 => "open62541",
        }
    }
}

impl Peers {
    /// Starts the interop server of a stack, whose address space `simulation/peers/README.md`
    /// tells, and returns it with the URL it listens on.
    ///
    /// # Errors
    /// If it is not installed or does not come up.
    pub fn interop(&self, stack: Stack, port: u16, arguments: &[&str]) -> Result<(Process, String)> {
        match stack {
            Stack::NodeOpcua => self.node("interop.mjs", port, arguments),
            Stack::Asyncua => self.python("interop_server.py", port, arguments),
            Stack::Milo => self.server(&mut self.java()?, "java", port, arguments),
            Stack::Gopcua => self.program("go/server", port, arguments),
            Stack::Open62541 => self.program("c/server", port, arguments),
        }
    }

    /// Starts the device under push management on open62541, and returns it with the URL it listens on. Started again with
    /// the same port, it is the same device.
    ///
    /// # Errors
    /// If it is not installed or does not come up.
    pub fn device(&self, port: u16, arguments: &[&str]) -> Result<(Process, String)> {
        self.program("c/device", port, arguments)
    }

    fn program(&self, path: &str, port: u16, arguments: &[&str]) -> Result<(Process, String)> {
        let program = self.installed(Path::new(path))?;
        self.server(&mut Command::new(program), &path.replace('/', "-"), port, arguments)
    }

    /// Starts quickly and stays small: the server answers one client for a few seconds.
    fn java(&self) -> Result<Command> {
        let mut command = Command::new("java");
        let class_path = [self.installed(Path::new("java/classes"))?, self.installed(Path::new("java/lib"))?.join("*")];
        command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"]);
        command.args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
        command.arg(std::env::join_paths(class_path).expect("a folder name holds no separator of paths"));
        command.arg("peer.Server");
        Ok(command)
    }
}
