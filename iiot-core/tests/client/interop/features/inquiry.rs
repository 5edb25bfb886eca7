//! What is asked of the packages of a stack whose server cannot be told to connect to anybody.

use std::path::Path;
use std::process::Command;

use iiot_core::testing::{Peers, Stack, repository};

/// The Python sources that know the message with which a server introduces itself.
const KNOW_REVERSE_HELLO: &str = "\
import asyncua, pathlib, re
sources = pathlib.Path(asyncua.__file__).parent.rglob('*.py')
print(sorted(str(file) for file in sources if re.search(r'ReverseHello|\\bRHEF?\\b', file.read_text('utf-8'))))";
/// What a server of Milo listens with; there is nothing else to give it.
const TRANSPORT: &str = "org.eclipse.milo.opcua.stack.transport.server.OpcServerTransport";

/// What the packages say; the first words tell whether they know reverse connections.
pub(super) fn inquire(stack: Stack) -> String {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let answer = match stack {
        Stack::Asyncua => asyncua(peers.libraries()),
        Stack::Milo => milo(peers.libraries()),
        Stack::Gopcua => gopcua(),
        Stack::NodeOpcua | Stack::Open62541 => unreachable!("these are told to connect"),
    };
    answer.unwrap_or_else(|why| format!("it may know reverse connections by now: {why}"))
}

fn asyncua(libraries: &Path) -> Result<String, String> {
    let found = said(Command::new(libraries.join("python/bin/python")).args(["-c", KNOW_REVERSE_HELLO]))?;
    if found.trim() == "[]" { Ok("no source of the package knows ReverseHello".into()) } else { Err(found) }
}

fn milo(libraries: &Path) -> Result<String, String> {
    let found = said(Command::new("javap").arg("-cp").arg(jars(libraries)).arg(TRANSPORT))?;
    let methods = found.lines().filter_map(|line| line.split_once('(')?.0.rsplit(' ').next()).collect::<Vec<_>>();
    if methods == ["bind", "unbind"] {
        Ok("its OpcServerTransport can bind and unbind only".into())
    } else {
        Err(found)
    }
}

/// The libraries of Milo; `javap` takes no wildcard.
fn jars(libraries: &Path) -> std::ffi::OsString {
    let jars = std::fs::read_dir(libraries.join("java/lib")).unwrap().map(|entry| entry.unwrap().path());
    std::env::join_paths(jars).unwrap()
}

/// The package reads such messages, but its server has no function to send one.
fn gopcua() -> Result<String, String> {
    let peer = repository().join("simulation/peers/go");
    let found = said(Command::new("go").args(["doc", "-all", "github.com/gopcua/opcua/server"]).current_dir(peer))?;
    match found.lines().find(|line| line.contains("Reverse")) {
        None if found.contains("func New(") => Ok("`go doc` of its server names nothing with Reverse".into()),
        None => Err(found),
        Some(line) => Err(line.into()),
    }
}

fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
