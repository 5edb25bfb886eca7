//! From objects, folders and types to the variables below them.
//!
//! An entry may name a node that is no variable and ask for all that is below it. [`find`] asks a server what there is,
//! [`expanded`] makes of a plan with [`ExpansionPlan`]s one with fields. The running publisher asks again in an interval,
//! after a reconnect, and when the server tells that its nodes have changed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{ItemNode, Session, SessionExt, attribute};
use iiot_core::ua::{AttributeId, BrowsePath, NodeClass, NodeId, ObjectId, StatusCode, Variant};
use iiot_core::{Error, Result};

use crate::plan::{Connection, FieldPlan, FieldSettings, NodePath, Plan, Shared, WriterGroupPlan, WriterPlan, unique};

mod filter;
#[cfg(test)]
mod tests;
mod walk;

pub use filter::PathFilter;

use walk::{Found, Wanted};

/// What is below a node becomes fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpansionPlan {
    /// What is looked for.
    pub search: Search,
    /// Stands before the path in names of fields.
    pub prefix: String,
    /// How each variable is published.
    pub settings: Shared<FieldSettings>,
    /// How often the server is asked again.
    pub again: Duration,
}

/// Variables below a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where to begin, or where the path to that begins. A type stands for its instances below the Objects folder.
    pub node: Arc<ItemNode>,
    /// The way from there to where to begin.
    pub path: Option<NodePath>,
    /// Which variables, by path.
    pub filter: PathFilter,
    /// Only variables of this type and its subtypes, or below objects of them.
    pub of_type: Option<ItemNode>,
    /// Levels below the node.
    pub max_depth: u32,
    /// Whether properties count.
    pub properties: bool,
}

/// A variable that an expansion stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// BrowseNames on the way from where the search began, a `/` between them; a `/` of a name is written `&/`.
    pub path: Box<str>,
    /// Its node.
    pub node: Arc<ItemNode>,
}

impl Search {
    /// Every variable below a node.
    #[must_use]
    pub fn below(node: ItemNode) -> Self {
        Self {
            node: node.into(),
            path: None,
            filter: PathFilter::default(),
            of_type: None,
            max_depth: MAX_DEPTH,
            properties: false,
        }
    }
}

/// The variables that a search finds now, by path.
///
/// # Errors
/// What the server says of the node, those of the connection, and `LimitExceeded` beyond 100,000 nodes.
pub async fn find(session: &dyn Session, search: &Search) -> Result<Vec<Variable>> {
    let root = root(session, search).await?;
    let is_type = is_type(session, &root).await?;
    let of_type = search.of_type.as_ref().map(|node| resolve(session, node)).transpose()?;
    let types = match (is_type, of_type) {
        (_, Some(node)) => Some(walk::subtypes(session, &node).await?),
        (true, None) => Some(walk::subtypes(session, &root).await?),
        (false, None) => None,
    };
    let root = if is_type { ObjectId::ObjectsFolder.into() } else { root };
    let wanted = Wanted { types, max_depth: search.max_depth, properties: search.properties };
    let mut found = walk::variables(session, &root, &wanted).await?;
    found.retain(|found| search.filter.wants(&found.path));
    found.sort_by_cached_key(|found| (found.path.clone(), found.node.to_string()));
    let anchors = Anchors::of(&session.namespaces());
    let variable = |Found { path, node }| Variable { path: path.into(), node: anchors.anchored(node).into() };
    Ok(found.into_iter().map(variable).collect())
}

/// The URIs of namespaces, each once: a hundred thousand nodes refer to them.
struct Anchors(Vec<Option<Arc<str>>>);

impl Anchors {
    fn of(namespaces: &[String]) -> Self {
        let uri = |index: usize| {
            let node = ItemNode::Indexed(NodeId::new(u16::try_from(index).unwrap_or(0), 0_u32));
            match node.anchored(namespaces) {
                ItemNode::Uri(uri, _) => Some(uri),
                ItemNode::Indexed(_) => None,
            }
        };
        Self((0..namespaces.len()).map(uri).collect())
    }

    fn anchored(&self, node: NodeId) -> ItemNode {
        match self.0.get(usize::from(node.namespace)) {
            Some(Some(uri)) => ItemNode::Uri(Arc::clone(uri), node),
            _ => ItemNode::Indexed(node),
        }
    }
}

/// A plan whose writers have fields for what `known` says of their expansions. Fields are named by path: what comes or
/// goes does not rename the others, unless two have the same path.
#[must_use]
pub fn expanded<'a>(plan: &Plan, known: impl Fn(&Connection, &Search) -> &'a [Variable]) -> Plan {
    let writer = |writer: &WriterPlan| {
        let found = writer.expansions.iter().map(|expansion| (expansion, known(&writer.connection, &expansion.search)));
        if writer.expansions.is_empty() { writer.clone() } else { with_fields(writer, found) }
    };
    let group = |group: &WriterGroupPlan| WriterGroupPlan {
        writers: group.writers.iter().map(writer).collect(),
        ..group.clone()
    };
    Plan { writer_groups: plan.writer_groups.iter().map(group).collect() }
}

fn with_fields<'a>(
    writer: &WriterPlan,
    found: impl Iterator<Item = (&'a ExpansionPlan, &'a [Variable])>,
) -> WriterPlan {
    let mut plan = WriterPlan { expansions: Vec::new(), ..writer.clone() };
    let mut fields = Vec::clone(&plan.fields);
    let mut names: HashSet<String> = fields.iter().map(|field| field.name.clone()).collect();
    let mut nodes: HashSet<Arc<ItemNode>> = fields.iter().map(|field| Arc::clone(&field.node)).collect();
    for (expansion, variables) in found {
        for Variable { path, node } in variables {
            if fields.len() >= MAX_FIELDS || !nodes.insert(Arc::clone(node)) {
                continue;
            }
            let name = unique(&format!("{}{path}", expansion.prefix), |name| names.contains(name));
            names.insert(name.clone());
            fields.push(FieldPlan { name, node: Arc::clone(node), settings: expansion.settings.clone() });
        }
    }
    plan.fields = fields.into();
    plan
}

/// Where to begin.
async fn root(session: &dyn Session, search: &Search) -> Result<NodeId> {
    let start = resolve(session, &search.node)?;
    let Some(path) = &search.path else { return Ok(start) };
    let relative_path = path.resolve(&session.namespaces()).ok_or_else(|| unknown(&path.to_string()))?;
    let results = session.translate(vec![BrowsePath { starting_node: start, relative_path }]).await?;
    let target = results.into_iter().flat_map(|result| result.targets.unwrap_or_default()).next();
    let target = target.ok_or_else(|| Error::from_status(EXPAND, StatusCode::BadNoMatch).with("path", path))?;
    Ok(target.target_id.node_id)
}

/// A node that does not say what it is may still say what is below it.
async fn is_type(session: &dyn Session, node: &NodeId) -> Result<bool> {
    let class = session.read(vec![attribute(node, AttributeId::NodeClass)]).await?.remove(0);
    let types = [NodeClass::ObjectType as i32, NodeClass::VariableType as i32];
    Ok(matches!(class.value, Some(Variant::Int32(class)) if types.contains(&class)))
}

fn resolve(session: &dyn Session, node: &ItemNode) -> Result<NodeId> {
    node.resolve(&session.namespaces()).ok_or_else(|| unknown(&node.to_string()))
}

fn unknown(what: &str) -> Error {
    Error::from_status(EXPAND, StatusCode::BadNodeIdUnknown).with("node", what)
}

const EXPAND: &str = "expand node";
/// Levels of any search.
pub(crate) const MAX_DEPTH: u32 = 100;
/// Of one writer.
const MAX_FIELDS: usize = 100_000;
