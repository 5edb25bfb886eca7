//! Which versions of the peers are installed, out of the files that pin them.

use iiot_core::testing::Stack;

const NODE: &str = include_str!("../../../../simulation/peers/node/package.json");
const PYTHON: &str = include_str!("../../../../simulation/peers/python/requirements.txt");
const JAVA: &str = include_str!("../../../../simulation/peers/java/pom.xml");
const GO: &str = include_str!("../../../../simulation/peers/go/go.mod");
const C: &str = include_str!("../../../../simulation/peers/c/Cargo.toml");

/// As the stack counts.
pub(super) fn version(stack: Stack) -> String {
    let after = |text: &'static str, mark: &str| {
        let rest = text.split_once(mark).unwrap_or_else(|| panic!("no `{mark}` is pinned")).1;
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect::<String>()
    };
    match stack {
        Stack::NodeOpcua => after(NODE, "\"node-opcua\": \""),
        Stack::Asyncua => after(PYTHON, "asyncua=="),
        Stack::Milo => after(JAVA, "<artifactId>milo-sdk-server</artifactId>\n      <version>"),
        Stack::Gopcua => after(GO, "github.com/gopcua/opcua v"),
        Stack::Open62541 => format!("of open62541-sys {}", after(C, "open62541-sys = \"=")),
    }
}

#[test]
fn every_peer_is_pinned() {
    for stack in Stack::ALL {
        assert!(version(stack).contains('.'), "{stack:?}: {}", version(stack));
    }
}
