//! Prints what an OPC UA server has below a node, with the values of variables.
//!
//! ```text
//! cargo run --example browse -- opc.tcp://127.0.0.1:4840 --depth 3
//! ```

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use iiot::app::exit_code;
use iiot::core::json::{self, Format};
use iiot::core::session::{ConnectOptions, Connector, ItemNode, Session, SessionExt};
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::client::{UaConnector, UaConnectorOptions};
use iiot::core::ua::{
    BrowseDescription, BrowseDirection, BrowseResultMask, NodeClass, NodeId, ReferenceDescription, ReferenceTypeId,
};
use iiot::core::{Error, ErrorKind, Result};

#[derive(Parser)]
#[command(about = "Prints what an OPC UA server has below a node")]
struct Flags {
    /// The server, as opc.tcp://HOST:PORT/PATH
    url: String,
    /// Where to start; i=85 is Objects
    #[arg(long, default_value = "i=85")]
    node: ItemNode,
    /// How many levels to go down
    #[arg(long, default_value_t = 2)]
    depth: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.report());
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn run(flags: Flags) -> Result<()> {
    let trust = Arc::new(MemoryTrustStore::default());
    let connector = UaConnector::new(UaConnectorOptions::new("urn:iiot:browse", trust));
    let session = connector.connect(ConnectOptions::new(flags.url)).await?;
    let start = flags.node.resolve(&session.namespaces()).ok_or_else(|| unknown(&flags.node))?;
    let printed = print_below(session.as_ref(), start, flags.depth).await;
    session.close().await;
    printed
}

/// Goes down depth first; a node that is reached twice is shown twice and entered once.
async fn print_below(session: &dyn Session, start: NodeId, depth: usize) -> Result<()> {
    let mut entered = HashSet::from([start.clone()]);
    let mut pending = children(session, start, 0).await?;
    while let Some((level, reference)) = pending.pop() {
        println!("{:indent$}{}", "", line(session, &reference).await?, indent = 2 * level);
        let node = reference.node_id.node_id;
        if level + 1 < depth && entered.insert(node.clone()) {
            pending.extend(children(session, node, level + 1).await?);
        }
    }
    Ok(())
}

/// What lies one level below, the first at the end.
async fn children(session: &dyn Session, node: NodeId, level: usize) -> Result<Vec<(usize, ReferenceDescription)>> {
    let description = BrowseDescription {
        node_id: node,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMask::All as u32,
    };
    let references = session.browse(description).await?;
    Ok(references.into_iter().rev().map(|reference| (level, reference)).collect())
}

async fn line(session: &dyn Session, reference: &ReferenceDescription) -> Result<String> {
    let node = &reference.node_id.node_id;
    let name = format!("{}  {node}  {:?}", reference.display_name.text, reference.node_class);
    if reference.node_class != NodeClass::Variable {
        return Ok(name);
    }
    let values = session.read_values(std::slice::from_ref(node)).await?;
    let texts = values.iter().map(|value| json::data_value_to_string(value, &Format::compact(&session.namespaces())));
    Ok(format!("{name}  {}", texts.collect::<Result<String>>()?))
}

fn unknown(node: &ItemNode) -> Error {
    Error::new(ErrorKind::NotFound, "browse", "the server does not have its namespace").with("node", node)
}
