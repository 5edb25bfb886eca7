//! A network of hosts for a test, in namespaces of its own, which nothing outside can see.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Hosts on one Ethernet; dropping it takes all of them away. Linux only, with the right to make network namespaces and
/// Debian's `iproute2` and `nftables`.
#[derive(Debug)]
pub struct Network {
    prefix: String,
    hosts: Vec<String>,
}

impl Network {
    /// A network without hosts.
    ///
    /// # Errors
    /// `Unsupported` where this machine does not let us, with the reason.
    pub fn new() -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut network = Self { prefix: format!("iiot{}x{number}", std::process::id()), hosts: Vec::new() };
        let made = network.add(SWITCH).and_then(|()| {
            network.ip(SWITCH, &["link", "add", "br0", "type", "bridge", "mcast_snooping", "0"])?;
            network.ip(SWITCH, &["link", "set", "br0", "up"])
        });
        made.map_err(|error| {
            let message = "network namespaces cannot be made here; it takes root and Debian's iproute2";
            Error::new(ErrorKind::Unsupported, "make a network", message).because(error)
        })?;
        Ok(network)
    }

    /// Adds a host with addresses as `ip address add` takes them: `10.77.0.11/24`, `fd77::14/112`.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn host(&mut self, name: &str, addresses: &[&str]) -> Result<()> {
        self.add(name)?;
        self.wire(name, "eth0", SWITCH, addresses)
    }

    /// Adds a host behind another one, which is reached through that alone; `inside` are the addresses of the wire between
    /// them, its own first.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn host_behind(&mut self, router: &str, name: &str, inside: [&str; 2]) -> Result<()> {
        self.add(name)?;
        run(self.command(router, "sh").args(["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]))?;
        let [own, gateway] = inside;
        self.wire(name, "eth0", router, &[own])?;
        self.ip(router, &["address", "add", gateway, "dev", &port_of(name)])?;
        let gateway = gateway.split('/').next().unwrap_or_default();
        self.ip(name, &["route", "add", "default", "via", gateway])
    }

    /// Loads rules of nftables on a host.
    ///
    /// # Errors
    /// If `nft` does not take them.
    pub fn rules(&self, host: &str, rules: &str) -> Result<()> {
        run(self.command(host, "nft").arg(rules))
    }

    /// A command that runs on a host.
    #[must_use]
    pub fn command(&self, host: &str, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space(host)]).arg(program);
        command
    }

    /// The same command, on a host.
    #[must_use]
    pub fn on(&self, host: &str, command: &Command) -> Command {
        let mut there = self.command(host, command.get_program());
        there.args(command.get_args());
        command.get_envs().filter_map(|(name, value)| Some((name, value?))).for_each(|(name, value)| {
            there.env(name, value);
        });
        there
    }

    fn add(&mut self, name: &str) -> Result<()> {
        run(Command::new("ip").args(["netns", "add", &self.space(name)]))?;
        self.hosts.push(name.to_owned());
        self.ip(name, &["link", "set", "lo", "up"])
    }

    /// A wire between a host and a port of the switch, or of a router, that is called as the host.
    fn wire(&self, name: &str, device: &str, other: &str, addresses: &[&str]) -> Result<()> {
        let (port, there) = (port_of(name), self.space(other));
        self.ip(name, &["link", "add", device, "type", "veth", "peer", "name", &port, "netns", &there])?;
        if other == SWITCH {
            self.ip(other, &["link", "set", &port, "master", "br0"])?;
        }
        self.ip(other, &["link", "set", &port, "up"])?;
        self.ip(name, &["link", "set", device, "up"])?;
        // IPv6 addresses are of use at once, without looking for others that have them.
        addresses.iter().try_for_each(|address| match address.contains(':') {
            true => self.ip(name, &["address", "add", address, "dev", device, "nodad"]),
            false => self.ip(name, &["address", "add", address, "dev", device]),
        })
    }

    fn ip(&self, host: &str, words: &[&str]) -> Result<()> {
        run(Command::new("ip").args(["-netns", &self.space(host)]).args(words))
    }

    fn space(&self, host: &str) -> String {
        format!("{}-{host}", self.prefix)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in &self.hosts {
            // What does not go now goes with the machine.
            let _ = Command::new("ip").args(["netns", "delete", &self.space(host)]).output();
        }
    }
}

fn run(command: &mut Command) -> Result<()> {
    let failed = |message: String| Error::new(ErrorKind::Io, "make a network", message);
    let shown = format!("{command:?}");
    let output = command
        .output()
        .map_err(|cause| failed("it cannot be started".into()).with("command", &shown).because(cause))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()).with("command", shown))
}

/// Names of devices have 15 bytes.
fn port_of(host: &str) -> String {
    host.chars().take(15).collect()
}

const SWITCH: &str = "switch";
static NEXT: AtomicU32 = AtomicU32::new(0);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn hosts_reach_each_other_and_nobody_else() {
        let mut network = match Network::new() {
            Ok(network) => network,
            Err(reason) => return eprintln!("skipped: {}", reason.report()),
        };
        network.host("one", &["10.77.0.1/24", "fd77::1/112"]).unwrap();
        network.host("other", &["10.77.0.2/24", "fd77::2/112"]).unwrap();
        network.host_behind("other", "behind", ["192.168.9.2/24", "192.168.9.1/24"]).unwrap();
        let route = |host: &str, to: &str| network.command(host, "ip").args(["route", "get", to]).output().unwrap();
        assert!(route("one", "10.77.0.2").status.success());
        assert!(route("one", "fd77::2").status.success());
        assert!(route("behind", "10.77.0.1").status.success(), "by its gateway");
        assert!(!route("one", "192.0.2.1").status.success(), "there is no way out");
    }
}
