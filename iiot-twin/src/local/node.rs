//! All that is known of nodes.

use iiot_core::Result;
use iiot_core::session::{SessionExt, attribute};
use iiot_core::ua::{
    self, BrowseDescription, BrowseDirection, NodeId, ReferenceTypeId, StatusCode, Variant, ViewDescription,
};

use super::batch::{one_each, sendable};
use super::visit::{Visit, at_most};
use crate::Status;
use crate::attribute::Attribute;
use crate::browse::NodeClass;
use crate::node::{NodeDescription, NodeRequest, NodeResponse};
use crate::read::DataValue;

const MAX_NODES: usize = 1_000;

pub(super) async fn node(visit: &Visit, request: &NodeRequest) -> Result<NodeResponse> {
    at_most(MAX_NODES, request.nodes.len(), "#/nodes")?;
    let (nodes, places) = sendable(request.nodes.iter().map(|node| visit.node(node)).collect());
    let described = visit.describe_nodes(&nodes, request).await?;
    let bad = |(result, node): (Result<NodeDescription, Status>, &String)| {
        result.unwrap_or_else(|status| NodeDescription { status, node: node.clone(), ..Default::default() })
    };
    let results = places.fill(described)?.into_iter().zip(&request.nodes).map(bad).collect();
    Ok(NodeResponse { results })
}

impl Visit {
    async fn describe_nodes(&self, nodes: &[NodeId], request: &NodeRequest) -> Result<Vec<NodeDescription>> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let raw = self.all_attributes(nodes).await?;
        let written = self.render_data(raw.clone(), request.encoding).await?;
        let type_definitions = self.type_definitions(nodes).await?;
        let have_children = self.have_children(nodes).await?;
        let data_types: Vec<NodeId> = raw.chunks(Attribute::ALL.len()).filter_map(data_type).collect();
        let described = self.describe_types(data_types).await?;
        let mut written = written.into_iter();
        let one = |(index, node): (usize, &NodeId)| {
            let raw = &raw[index * Attribute::ALL.len()..][..Attribute::ALL.len()];
            let attributes = Attribute::ALL.iter().zip(written.by_ref()).filter(|(_, value)| exists(value));
            NodeDescription {
                status: status(raw),
                node: self.text_of(node),
                node_class: class(raw),
                browse_name: self.browse_name(raw),
                display_name: display_name(raw),
                attributes: attributes.map(|(attribute, value)| (attribute.name().to_owned(), value)).collect(),
                type_definition: type_definitions[index].clone(),
                has_children: have_children[index],
                data_type: data_type(raw).and_then(|id| described.get(&id).cloned()),
            }
        };
        Ok(nodes.iter().enumerate().map(one).collect())
    }

    /// Those of each node, in the order of [`Attribute::ALL`].
    async fn all_attributes(&self, nodes: &[NodeId]) -> Result<Vec<ua::DataValue>> {
        let of_node = |node| Attribute::ALL.iter().map(move |wanted| attribute(node, wanted.id()));
        let wanted: Vec<_> = nodes.iter().flat_map(of_node).collect();
        let asked = wanted.len();
        let values = self.session.read(wanted).await?;
        one_each(asked, &values)?;
        Ok(values)
    }

    async fn type_definitions(&self, nodes: &[NodeId]) -> Result<Vec<Option<String>>> {
        let pages = self
            .first_pages(&ViewDescription::default(), &forward(nodes, ReferenceTypeId::HasTypeDefinition), 0)
            .await?;
        let first =
            |page: &super::browse::Page| page.references.first().map(|found| self.text_of_expanded(&found.node_id));
        Ok(pages.iter().map(first).collect())
    }

    async fn have_children(&self, nodes: &[NodeId]) -> Result<Vec<bool>> {
        let mut pages = self
            .first_pages(&ViewDescription::default(), &forward(nodes, ReferenceTypeId::HierarchicalReferences), 1)
            .await?;
        let open = pages.iter_mut().filter_map(|page| page.next.take()).collect();
        self.next_pages(open, true).await?;
        // A server without room for a continuation point had more than one.
        let had_more = StatusCode::BadNoContinuationPoints.bits();
        Ok(pages.iter().map(|page| !page.references.is_empty() || page.status.code == had_more).collect())
    }

    fn browse_name(&self, attributes: &[ua::DataValue]) -> String {
        match &attributes[place(Attribute::BrowseName)].value {
            Some(Variant::QualifiedName(name)) => self.text_of_name(name),
            _ => String::new(),
        }
    }
}

fn forward(nodes: &[NodeId], reference_type: ReferenceTypeId) -> Vec<BrowseDescription> {
    let description = |node: &NodeId| BrowseDescription {
        node_id: node.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: reference_type.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: 0,
    };
    nodes.iter().map(description).collect()
}

/// Where an attribute stands among all.
fn place(wanted: Attribute) -> usize {
    Attribute::ALL.iter().position(|attribute| *attribute == wanted).expect("all attributes are listed")
}

/// Nodes that exist have a class.
fn status(attributes: &[ua::DataValue]) -> Status {
    attributes[place(Attribute::NodeClass)].status.unwrap_or(StatusCode::Good).into()
}

fn class(attributes: &[ua::DataValue]) -> Option<NodeClass> {
    match attributes[place(Attribute::NodeClass)].value {
        Some(Variant::Int32(class)) => NodeClass::of(class),
        _ => None,
    }
}

fn display_name(attributes: &[ua::DataValue]) -> String {
    match &attributes[place(Attribute::DisplayName)].value {
        Some(Variant::LocalizedText(text)) => text.text.as_ref().to_owned(),
        _ => String::new(),
    }
}

fn data_type(attributes: &[ua::DataValue]) -> Option<NodeId> {
    match &attributes[place(Attribute::DataType)].value {
        Some(Variant::NodeId(id)) => Some((**id).clone()),
        _ => None,
    }
}

/// Whether the node has such an attribute at all, as far as the server tells.
fn exists(value: &DataValue) -> bool {
    let absent = [StatusCode::BadAttributeIdInvalid, StatusCode::BadNodeIdUnknown, StatusCode::BadNodeIdInvalid];
    !absent.iter().any(|absent| absent.bits() == value.status.code)
}
