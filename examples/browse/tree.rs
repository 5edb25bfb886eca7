//! The nodes below another as a tree.

use std::collections::HashMap;

use clap::Args;
use futures::TryStreamExt;
use iiot::core::Result;
use iiot::twin::browse::NodeClass;
use iiot::twin::crawl::{CrawlBatch, CrawlEnd, CrawlRequest, CrawledNode};
use iiot::twin::read::ReadItem;

use crate::Server;
use crate::print::{data_value, json, line, status};

#[derive(Args)]
pub(crate) struct TreeFlags {
    /// Where to start; i=85 is Objects
    #[arg(long, default_value = OBJECTS)]
    node: String,
    /// How many levels to go down
    #[arg(long, default_value_t = DEPTH)]
    depth: u32,
    /// So many nodes at most
    #[arg(long, default_value_t = MAX_NODES)]
    max_nodes: u32,
}

impl Default for TreeFlags {
    fn default() -> Self {
        Self { node: OBJECTS.into(), depth: DEPTH, max_nodes: MAX_NODES }
    }
}

/// What was found, by where it was found, in the order of the server; variables with their values.
#[derive(Default)]
struct Tree {
    below: HashMap<String, Vec<(CrawledNode, Option<String>)>>,
}

impl Server {
    /// A node that is reached twice is shown where it was found first.
    pub(crate) async fn tree(&self, flags: TreeFlags) -> Result<()> {
        let mut batches = self.twin.crawl(flags.request(&self.endpoint)).await?;
        let mut tree = Tree::default();
        while let Some(batch) = batches.try_next().await? {
            if self.json {
                json(serde_json::to_value(&batch))?;
            } else {
                warn(&batch);
                self.grow(&mut tree, batch.nodes).await?;
            }
        }
        // Of a start that is written otherwise than the server writes it, as with a namespace's number.
        let start = tree.below.values().flatten().find(|(node, _)| node.level == 1);
        let start = start.map_or_else(|| flags.node.clone(), |(node, _)| node.parent.clone());
        if self.json { Ok(()) } else { tree.print(&start, "") }
    }

    async fn grow(&self, tree: &mut Tree, nodes: Vec<CrawledNode>) -> Result<()> {
        let variables = nodes.iter().filter(|node| is_variable(node));
        let items: Vec<_> = variables.map(|node| ReadItem { node: node.node.clone(), ..ReadItem::default() }).collect();
        let read = if items.is_empty() { Vec::new() } else { self.twin.read(self.values(items)).await?.results };
        let mut values = read.iter().map(|read| shortened(data_value(read)));
        for node in nodes {
            let value = if is_variable(&node) { values.next() } else { None };
            tree.below.entry(node.parent.clone()).or_default().push((node, value));
        }
        Ok(())
    }
}

impl TreeFlags {
    fn request(&self, endpoint: &str) -> CrawlRequest {
        CrawlRequest {
            endpoint: endpoint.to_owned(),
            nodes: vec![self.node.clone()],
            max_depth: Some(self.depth),
            max_nodes: Some(self.max_nodes),
            ..CrawlRequest::default()
        }
    }
}

impl Tree {
    /// This ends: a crawl tells each node once, and where it began not at all.
    fn print(&self, parent: &str, margin: &str) -> Result<()> {
        let children = self.below.get(parent).map_or(&[][..], Vec::as_slice);
        for (index, (node, value)) in children.iter().enumerate() {
            let (branch, deeper) = if index + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            line(format!("{margin}{branch}{}", described(node, value.as_deref())))?;
            self.print(&node.node, &format!("{margin}{deeper}"))?;
        }
        Ok(())
    }
}

fn described(node: &CrawledNode, value: Option<&str>) -> String {
    let class = node.node_class.map_or_else(|| "elsewhere".to_owned(), |class| format!("{class:?}"));
    let value = value.map_or_else(String::new, |value| format!("  = {value}"));
    format!("{}  {}  {class}{value}", node.display_name, node.node)
}

fn warn(batch: &CrawlBatch) {
    batch.failures.iter().for_each(|failure| eprintln!("{}: {}", failure.node, status(&failure.status)));
    if batch.end == Some(CrawlEnd::MaxNodes) {
        eprintln!("there are more; see --max-nodes");
    }
}

fn is_variable(node: &CrawledNode) -> bool {
    node.node_class == Some(NodeClass::Variable)
}

/// So that it fits beside the name of its node.
fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

const OBJECTS: &str = "i=85";
const DEPTH: u32 = 2;
const MAX_NODES: u32 = 10_000;
const LONGEST: usize = 100;
