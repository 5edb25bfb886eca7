//! What events of a server have, as the server describes their types (OPC 10000-3 §6.2).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use iiot_core::session::{BrowseName, Condition, EventField, EventQuery, ItemNode, Session, SessionExt};
use iiot_core::ua::types::TypeLibrary;
use iiot_core::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseRequest, NodeClass, NodeId, ObjectTypeId, QualifiedName,
    ReferenceDescription, ReferenceTypeId, StatusCode,
};
use iiot_core::{Error, ErrorKind, Result};

use super::types;
use crate::plan::{EventLayout, EventPlan, EventSelection, Shared};
use crate::writer_group::FieldMetaData;

/// What an event item asks the server for, and what that means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selected {
    pub(super) query: EventQuery,
    pub(super) layout: Arc<EventLayout>,
}

/// A field of an event type.
#[derive(Debug, Clone)]
struct Declared {
    /// The type that declares it.
    owner: NodeId,
    path: Vec<QualifiedName>,
    node: NodeId,
}

/// Finds out what to ask for.
pub(super) async fn select(session: &dyn Session, plan: &EventPlan) -> Result<Selected> {
    let (names, query) = match &plan.selection {
        EventSelection::Query { names, query, .. } => (names.clone(), query.clone()),
        EventSelection::Type(event_type) => whole(session, event_type).await?,
    };
    let query = plan.complete(query);
    Ok(Selected { layout: Arc::new(EventLayout::of(names, &query)), query })
}

/// Every field of a type, and their names.
async fn whole(session: &dyn Session, event_type: &ItemNode) -> Result<(Vec<String>, EventQuery)> {
    let namespaces = session.namespaces();
    let unknown = || Error::from_status("read an event type", StatusCode::BadNodeIdUnknown).with("type", event_type);
    let node = event_type.resolve(&namespaces).ok_or_else(unknown)?;
    let chain = supertypes(session, node).await?;
    let declared = fields(session, &chain).await?;
    let is_condition = chain.contains(&ObjectTypeId::ConditionType.into());
    let condition = is_condition.then(EventField::condition_id);
    let fields: Vec<EventField> = condition.into_iter().chain(declared.iter().map(|d| d.field(&namespaces))).collect();
    let query = EventQuery::new(fields).matching(Condition::of_type_node(event_type.clone()));
    Ok((unique(query.fields.iter().map(ToString::to_string)), query))
}

/// The names, those that are there already with a number behind them.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut unique = |name: String| {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| taken.insert(name.clone())).expect("numbers do not end")
    };
    names.map(&mut unique).collect()
}

/// The types of the published fields, with the structures among them in the library. What cannot be found has the
/// default: any value.
pub(super) async fn describe(
    session: &dyn Session,
    selected: &Selected,
    library: &TypeLibrary,
    again: bool,
) -> Result<Vec<Shared<FieldMetaData>>> {
    let namespaces = session.namespaces();
    let published = &selected.query.fields[..selected.layout.names.len().min(selected.query.fields.len())];
    let owner = |field: &EventField| field.type_definition.resolve(&namespaces);
    let mut known: HashMap<NodeId, Vec<Declared>> = HashMap::new();
    for event_type in published.iter().filter_map(owner).collect::<HashSet<_>>() {
        let declared = of_type(session, &event_type).await?;
        known.insert(event_type, declared);
    }
    let node = |field: &EventField| {
        let (declared, path) = (known.get(&owner(field)?)?, path(field, &namespaces)?);
        let declared = declared.iter().find(|declared| declared.path == path);
        declared.filter(|_| field.attribute_id == AttributeId::Value as u32).map(|declared| declared.node.clone())
    };
    let nodes: Vec<Option<NodeId>> = published.iter().map(node).collect();
    let mut described = types::read(session, &nodes, library, again).await?;
    for (field, described) in published.iter().zip(&mut described) {
        if field.attribute_id == AttributeId::NodeId as u32 {
            *described = node_id().into();
        }
    }
    Ok(described)
}

/// The fields of a type; none where the server does not know it.
async fn of_type(session: &dyn Session, event_type: &NodeId) -> Result<Vec<Declared>> {
    match supertypes(session, event_type.clone()).await {
        Ok(chain) => fields(session, &chain).await,
        Err(error) if error.status() == StatusCode::BadNodeIdUnknown => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn node_id() -> FieldMetaData {
    FieldMetaData { built_in_type: 17, data_type: NodeId::new(0, 17_u32), value_rank: -1, ..FieldMetaData::default() }
}

/// From BaseEventType down to a type.
async fn supertypes(session: &dyn Session, event_type: NodeId) -> Result<Vec<NodeId>> {
    let base: NodeId = ObjectTypeId::BaseEventType.into();
    let mut chain = vec![event_type];
    while chain.last() != Some(&base) {
        let last = &chain[chain.len() - 1];
        let above = types::supertypes(session, vec![last]).await?.pop().flatten();
        match above.filter(|above| chain.len() < MAX_DEPTH && !chain.contains(above)) {
            Some(above) => chain.push(above),
            None => {
                let what = "read an event type";
                let error = Error::new(ErrorKind::NotFound, what, "the server has no event type with this id");
                return Err(error.with_status(StatusCode::BadNodeIdUnknown).with("type", &chain[0]));
            }
        }
    }
    chain.reverse();
    Ok(chain)
}

/// What the types of a chain declare, those of supertypes first. Where a type declares what its supertype has, the
/// supertype's counts.
async fn fields(session: &dyn Session, chain: &[NodeId]) -> Result<Vec<Declared>> {
    let (mut fields, mut seen) = (Vec::new(), HashSet::new());
    let mut level: Vec<Declared> =
        chain.iter().map(|node| Declared { owner: node.clone(), path: Vec::new(), node: node.clone() }).collect();
    while !level.is_empty() {
        let mut below = Vec::new();
        for (parent, children) in level.iter().zip(children(session, &level).await?) {
            for child in children {
                let declared = parent.with(&child);
                if is_declaration(&child) && declared.path.len() <= MAX_PATH && seen.insert(declared.path.clone()) {
                    fields.extend((child.node_class == NodeClass::Variable).then(|| declared.clone()));
                    below.push(declared);
                }
            }
            if fields.len() > MAX_FIELDS {
                let message = format!("the type has more than {MAX_FIELDS} fields; select those that matter");
                return Err(Error::new(ErrorKind::LimitExceeded, "read an event type", message));
            }
        }
        level = below;
    }
    Ok(fields)
}

impl Declared {
    fn with(&self, child: &ReferenceDescription) -> Self {
        let path = self.path.iter().cloned().chain([child.browse_name.clone()]).collect();
        Self { owner: self.owner.clone(), path, node: child.node_id.node_id.clone() }
    }

    /// How it is selected, whatever becomes of the server's namespace table.
    fn field(&self, namespaces: &[String]) -> EventField {
        let name = |name: &QualifiedName| match namespaces.get(usize::from(name.namespace_index)) {
            Some(uri) if name.namespace_index > 1 => BrowseName::Uri(uri.clone(), name.name.to_string()),
            _ => BrowseName::Indexed(name.clone()),
        };
        let owner = ItemNode::Indexed(self.owner.clone()).anchored(namespaces);
        self.path.iter().map(name).fold(EventField::default(), EventField::then).of_type(owner)
    }
}

/// The browse names of a field in the server's own namespaces.
fn path(field: &EventField, namespaces: &[String]) -> Option<Vec<QualifiedName>> {
    let name = |name: &BrowseName| match name {
        BrowseName::Indexed(name) => Some(name.clone()),
        BrowseName::Uri(uri, name) => {
            let index = namespaces.iter().position(|namespace| namespace == uri)?;
            Some(QualifiedName::new(u16::try_from(index).ok()?, name.as_str()))
        }
    };
    field.path.iter().map(name).collect()
}

/// Placeholders stand for what only instances have; methods are no fields.
fn is_declaration(child: &ReferenceDescription) -> bool {
    let is_named = !child.browse_name.name.as_ref().starts_with('<');
    is_named && matches!(child.node_class, NodeClass::Variable | NodeClass::Object)
}

/// What lies below each node.
async fn children(session: &dyn Session, parents: &[Declared]) -> Result<Vec<Vec<ReferenceDescription>>> {
    let browse = |parent: &Declared| BrowseDescription {
        node_id: parent.node.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::Aggregates.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: NODE_CLASS | BROWSE_NAME,
    };
    let nodes_to_browse = Some(parents.iter().map(browse).collect());
    let response = session.service(BrowseRequest { nodes_to_browse, ..Default::default() }).await?;
    let mut results = response.results.unwrap_or_default();
    results.resize_with(parents.len(), Default::default);
    let mut children = Vec::with_capacity(parents.len());
    for result in results {
        let (mut found, mut point) = (result.references.unwrap_or_default(), result.continuation_point);
        while !point.is_null_or_empty() && found.len() <= MAX_FIELDS {
            let page = session.browse_next(point, false).await?.and_then(|mut pages| pages.pop()).unwrap_or_default();
            found.extend(page.references.unwrap_or_default());
            point = page.continuation_point;
        }
        children.push(found);
    }
    Ok(children)
}

/// Types above each other.
const MAX_DEPTH: usize = 20;
/// Names in a path.
const MAX_PATH: usize = 4;
const MAX_FIELDS: usize = 500;
/// OPC 10000-4 Table 31.
const NODE_CLASS: u32 = 4;
const BROWSE_NAME: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_there_twice_get_a_number() {
        let names = ["A", "B", "A", "A_2", "A"].map(String::from).into_iter();
        assert_eq!(unique(names), ["A", "B", "A_2", "A_2_2", "A_3"]);
    }

    #[test]
    fn a_declared_field_is_found_again_where_its_namespace_lies_elsewhere() {
        let declared = Declared {
            owner: NodeId::new(2, "PumpEventType"),
            path: vec![QualifiedName::new(2, "Pressure"), QualifiedName::new(0, "Id")],
            node: NodeId::new(2, 7_u32),
        };
        let uris = ["http://opcfoundation.org/UA/", "urn:server", "urn:pump"].map(String::from);
        let field = declared.field(&uris);
        assert_eq!(path(&field, &uris).as_ref(), Some(&declared.path));
        let later = ["http://opcfoundation.org/UA/", "urn:server", "urn:other", "urn:pump"].map(String::from);
        let moved = vec![QualifiedName::new(3, "Pressure"), QualifiedName::new(0, "Id")];
        assert_eq!(path(&field, &later), Some(moved));
        assert_eq!(field.type_definition, ItemNode::Uri("urn:pump".into(), NodeId::new(2, "PumpEventType")));
    }
}
