//! Servers that a responder of somebody else announces.

use std::time::Duration;

use iiot_core::clock::SystemClock;
use iiot_core::testing::{Peers, Process};
use iiot_discovery::local::multicast::{AnnouncedTransport, LISTEN, listen};
use tokio_util::sync::CancellationToken;

use crate::{network, on_host};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn what_a_foreign_responder_announces_is_heard() {
    let Some(mut network) = network() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    network.host("edge", &["10.77.0.1/24"]).unwrap();
    let announced = [
        ("press", "10.77.0.12", ["Press", "/UA/Press", "LDS,DA", "_opcua-tcp._tcp"]),
        ("web", "10.77.0.13", ["Web", "/web", "NA", "_opcua-tls._tcp"]),
    ];
    let mut responders = Vec::new();
    for (host, address, [name, path, capabilities, kind]) in announced {
        network.host(host, &[&format!("{address}/24")]).unwrap();
        let mut command = peers.python_script("announce.py");
        command.args(["--address", address, "--port", "4850", "--name", name, "--path", path]);
        command.args(["--caps", capabilities, "--type", kind]);
        responders.push(Process::start(&mut network.on(host, &command)).unwrap());
    }
    for responder in &responders {
        responder.expect_line("READY ", PATIENCE).unwrap();
    }
    on_host(&network, "edge", "multicast::here_it_is_heard", &[]);
}

#[tokio::test]
#[ignore = "runs on a host that another test makes"]
async fn here_it_is_heard() {
    let heard = listen(LISTEN, &SystemClock, &CancellationToken::new()).await.unwrap();
    let of = |name: &str| heard.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name}: {heard:?}"));
    let press = of("Press");
    assert_eq!(press.url().unwrap(), "opc.tcp://press.local:4850/UA/Press");
    assert_eq!(press.capabilities, ["LDS", "DA"]);
    assert_eq!(press.addresses, ["10.77.0.12".parse::<std::net::IpAddr>().unwrap()]);
    let web = of("Web");
    assert_eq!((web.transport, web.url(), web.port), (AnnouncedTransport::Tls, None, 4850));
    assert_eq!(heard.len(), 2, "{heard:?}");
}
