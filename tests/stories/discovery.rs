//! What somebody finds with the example `discover` on a network with all that there is in plants.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use iiot_core::testing::{Network, Peers, Process};
use iiot_stories::example;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);
/// Servers that have registered with a discovery server.
const REGISTERED: usize = 20;

/// Small servers by host: its addresses, its ApplicationUri, and the host that it reports.
const SMALL: [(&str, &str, &str, Option<&str>); 6] = [
    ("press", "10.77.0.11", "urn:plant:press", None),
    ("oven", "fd77::14", "urn:plant:oven", None),
    ("mute", "10.77.0.15", "urn:plant:mute", None),
    ("clone1", "10.77.0.21", "urn:vendor:plc", None),
    ("clone2", "10.77.0.22", "urn:vendor:plc", None),
    ("clone3", "10.77.0.23", "urn:vendor:plc", None),
];

/// What listens at 4840 and is no server.
const OTHERS: [(&str, &str, &str); 3] =
    [("web", "10.77.0.31", "http"), ("stalled", "10.77.0.32", "silent"), ("rude", "10.77.0.33", "reset")];

/// A plant in a network of its own; dropping it ends everything.
struct Plant {
    processes: Vec<Process>,
    network: Network,
}

impl Plant {
    /// `None` where this machine does not let us have a network.
    fn start(folder: &Path) -> Option<Self> {
        let network = match Network::new() {
            Ok(network) => network,
            Err(reason) => {
                eprintln!("skipped: {}", reason.report());
                return None;
            }
        };
        let peers = Peers::in_folder(folder).expect("the peers are installed");
        let mut plant = Self { processes: Vec::new(), network };
        plant.network.host("edge", &["10.77.0.1/24", "fd77::1/112"]).expect("a host");
        for (host, address, uri, reported) in SMALL {
            plant.add_host(host, address);
            plant.small(&peers, host, address, uri, reported);
        }
        plant.network.rules("mute", DROPS_ICMP).expect("nft takes the rules");
        plant.behind_translation(&peers);
        for (host, address, kind) in OTHERS {
            plant.add_host(host, address);
            let mut command = peers.python_script("bystander.py");
            command.args(["--host", address, "--port", "4840", "--kind", kind]);
            plant.run(host, &command);
        }
        plant.add_host("idle", "10.77.0.34");
        plant.of_node(&peers, folder);
        plant.processes.iter().for_each(|process| {
            process.expect_line("READY", PATIENCE).expect("it comes up");
        });
        Some(plant)
    }

    fn add_host(&mut self, host: &str, address: &str) {
        let length = if address.contains(':') { 112 } else { 24 };
        self.network.host(host, &[&format!("{address}/{length}")]).expect("a host");
    }

    fn small(&mut self, peers: &Peers, host: &str, address: &str, uri: &str, reported: Option<&str>) {
        let mut command = peers.python_script("plain_server.py");
        command.args(["--host", address, "--port", "4840", "--uri", uri, "--name", host]);
        reported.iter().for_each(|reported| {
            command.args(["--reported", reported]);
        });
        self.run(host, &command);
    }

    /// A server behind a router that lets one port through to it, and that reports where it is itself.
    fn behind_translation(&mut self, peers: &Peers) {
        self.add_host("router", "10.77.0.16");
        self.network.host_behind("router", "pump", ["192.168.9.2/24", "192.168.9.1/24"]).expect("a host");
        self.network.rules("router", TRANSLATES).expect("nft takes the rules");
        self.small(peers, "pump", "192.168.9.2", "urn:plant:pump", Some("192.168.9.2"));
    }

    /// A PLC and a discovery server with the servers that have registered there, of another stack.
    fn of_node(&mut self, peers: &Peers, folder: &Path) {
        for (host, address, script, more) in [
            ("plc", "10.77.0.12", "small_plc.mjs", &["--tags", "10"][..]),
            ("registry", "10.77.0.17", "lds.mjs", &["--host", "10.77.0.17", "--servers", "20"]),
        ] {
            self.add_host(host, address);
            let data = folder.join(host);
            std::fs::create_dir_all(&data).expect("the test's folder is writable");
            let mut command = peers.node_script(script);
            command.args(["--port", "4840", "--data"]).arg(data).args(more);
            self.run(host, &command);
        }
    }

    fn run(&mut self, host: &str, command: &Command) {
        let mut there = self.network.on(host, command);
        self.processes.push(Process::start(&mut there).expect("the script is there"));
    }

    /// What `discover` prints on the edge, by line.
    fn discover(&self, words: &[&str]) -> Vec<Value> {
        let mut command = self.network.command("edge", example("discover"));
        let output = command.args(words).arg("--json").output().expect("the example was built");
        let (said, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // Where it explains why there is nothing, it fails.
        assert!(output.status.success() || words[0] == "--explain", "{words:?}: {complaint}");
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        said.lines().map(parse).collect()
    }
}

const DROPS_ICMP: &str = "table inet silence {
    chain in {
        type filter hook input priority 0;
        ip protocol icmp drop;
    }
}";
const TRANSLATES: &str = "table ip nat {
    chain in {
        type nat hook prerouting priority -100;
        ip daddr 10.77.0.16 tcp dport 4840 dnat to 192.168.9.2:4840;
    }
    chain out {
        type nat hook postrouting priority 100;
        oifname \"pump\" masquerade;
    }
}";

#[test]
fn every_server_of_a_plant_is_found_and_everything_else_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(plant) = Plant::start(folder.path()) else { return };
    let ranges = ["--addresses", "10.77.0.0/24", "--addresses", "fd77::10-fd77::1f"];
    let settings = ["--ports", "4840", "--follow", "inside", "--rate", "2000", "--deny", "10.77.0.1"];
    let results = plant.discover(&[&ranges[..], &settings[..]].concat());
    let servers: Vec<&Value> = results.iter().filter(|result| result["is"] == "server").collect();
    every_server_is_there(&servers);
    clones_are_told_apart(&servers);
    what_is_behind_translation_is_reached(&plant, &servers);
    what_is_no_server_is_none(&results);
    every_other_address_is_explained(&plant);
}

fn every_server_is_there(servers: &[&Value]) {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for server in servers {
        let uri = server["description"]["applicationUri"].as_str().expect("a URI");
        *found.entry(uri.to_owned()).or_default() += 1;
    }
    for (uri, count) in [
        ("urn:plant:press", 1),
        ("urn:plant:oven", 1),
        ("urn:plant:mute", 1),
        ("urn:plant:pump", 1),
        ("urn:iiot:peer:small-plc", 1),
        ("urn:vendor:plc", 3),
    ] {
        assert_eq!(found.remove(uri), Some(count), "{uri}: {found:?}");
    }
    let lds = servers.iter().filter(|server| server["description"]["applicationType"] == "discoveryServer").count();
    assert_eq!(lds, 1, "{found:?}");
    // The discovery server and those that it tells of.
    assert_eq!(found.values().sum::<usize>(), REGISTERED + 1, "{found:?}");
}

fn clones_are_told_apart(servers: &[&Value]) {
    let clones: Vec<_> =
        servers.iter().filter(|server| server["description"]["applicationUri"] == "urn:vendor:plc").collect();
    let addresses: BTreeSet<&str> = clones.iter().filter_map(|clone| clone["addresses"][0].as_str()).collect();
    assert_eq!(addresses.len(), 3, "{clones:#?}");
    for clone in clones {
        assert!(has_finding(clone, "sharedApplicationUri"), "{clone:#}");
    }
}

/// Where it says that it is may be looked at only with leave to go everywhere, and is then told to lead nowhere.
fn what_is_behind_translation_is_reached(plant: &Plant, servers: &[&Value]) {
    let pump = servers.iter().find(|server| server["description"]["applicationUri"] == "urn:plant:pump");
    let pump = pump.expect("it was there a moment ago");
    let everywhere = plant.discover(&["--url", "opc.tcp://10.77.0.16:4840", "--follow", "everywhere"]);
    assert!(has_finding(&everywhere[0], "unreachableUrl"), "{everywhere:#?}");
    assert_eq!(pump["endpoints"][0]["description"]["url"], "opc.tcp://10.77.0.16:4840/plain");
    assert_eq!(pump["endpoints"][0]["description"]["reportedUrl"], "opc.tcp://192.168.9.2:4840/plain");
}

fn has_finding(server: &Value, code: &str) -> bool {
    let findings = |value: &Value| {
        value["findings"].as_array().is_some_and(|findings| findings.iter().any(|finding| finding["code"] == code))
    };
    findings(server) || server["endpoints"].as_array().is_some_and(|endpoints| endpoints.iter().any(findings))
}

fn what_is_no_server_is_none(results: &[Value]) {
    let text: Vec<String> = results.iter().filter(|one| one["is"] == "server").map(Value::to_string).collect();
    for (_, address, _) in OTHERS {
        assert!(!text.iter().any(|server| server.contains(&format!("{address}:"))), "{address}");
    }
}

fn every_other_address_is_explained(plant: &Plant) {
    for (target, step, words) in [
        ("10.77.0.31", "hello", "HTTP"),
        ("10.77.0.32", "hello", "nothing"),
        ("10.77.0.33", "hello", "ends it"),
        ("10.77.0.34", "port", "refuses"),
        ("10.77.0.99", "route", "No route to host"),
        ("192.0.2.1", "route", ""),
        ("opc.tcp://nowhere.invalid:4840", "name", ""),
    ] {
        let explanation = &plant.discover(&["--explain", target])[0];
        let last = explanation["steps"].as_array().and_then(|steps| steps.last()).cloned().unwrap_or_default();
        let told = explanation.to_string();
        assert_eq!((&last["step"], &last["verdict"]), (&step.into(), &"bad".into()), "{target}: {explanation:#}");
        assert!(told.contains(words) && last["fix"].is_string(), "{target}: {explanation:#}");
    }
    let press = &plant.discover(&["--explain", "10.77.0.11"])[0];
    assert_eq!(press["reachable"], true, "{press:#}");
    let pump = &plant.discover(&["--explain", "10.77.0.16"])[0];
    assert!(pump.to_string().contains("192.168.9.2"), "{pump:#}");
}
