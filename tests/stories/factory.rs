//! The factory runs by itself, says what it did, and can be watched from outside.

use std::process::Command;
use std::time::Duration;

use iiot_core::testing::{Peers, Process, free_port};
use iiot_stories::{Messages, example};

const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn a_factory_ends_by_itself_and_tells_what_it_published_and_lost() {
    let mut factory = start(&["--exit-after", "20"]);
    let status = factory.wait(PATIENCE).unwrap_or_else(|| panic!("the factory did not end\n{}", factory.said()));
    assert!(status.success(), "{status}\n{}", factory.said());
    let told = factory.expect_line("published ", PATIENCE).expect("a summary");
    assert!(told.ends_with("; 0 losses declared"), "{told}\n{}", factory.said());
    let values =
        told.split(" messages with ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number of values");
    let values: u64 = values.replace(',', "").parse().expect("a number of values");
    assert!(values > 100_000, "{told}\n{}", factory.said());
}

#[test]
fn a_factory_can_be_watched_by_any_mqtt_client() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let peers = Peers::in_folder(folder.path()).expect("peers");
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let mut factory = start(&["--mqtt-broker", &address, "--servers", "1", "--nodes", "100"]);
    let messages = Messages::new(peers.subscriber("127.0.0.1", port, "#").expect("a subscriber"));
    let came = messages.wait_until(PATIENCE, |published| published.iter().any(|field| field.field == "Station01.Sine"));
    assert!(came, "nothing came\n{}", factory.said());
    let status = factory.terminate(Duration::from_secs(10));
    assert!(status.is_some_and(|status| status.success()), "{status:?}\n{}", factory.said());
}

fn start(arguments: &[&str]) -> Process {
    Process::start(Command::new(example("factory")).args(arguments)).expect("the example was built")
}
