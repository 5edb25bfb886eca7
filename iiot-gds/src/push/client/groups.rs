//! The certificate groups of a server (OPC 10000-12 §7.8.3).

use std::collections::HashMap;

use iiot_core::session::SessionExt;
use iiot_core::ua::{
    BrowseDescription, BrowseDirection, BrowsePath, BrowseResultMask, NodeClass, NodeId, ObjectId, QualifiedName,
    ReferenceDescription, ReferenceTypeId, RelativePath, RelativePathElement, Variant,
};
use iiot_core::{Error, ErrorKind, Result};

use super::PushClient;

/// A certificate group of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateGroup {
    /// Its node.
    pub id: NodeId,
    /// Its browse name: `DefaultApplicationGroup`.
    pub name: String,
    /// Its trust list.
    pub trust_list: NodeId,
    /// The types of certificates that it takes; empty where the server does not tell.
    pub certificate_types: Vec<NodeId>,
    /// The methods of the trust list by name.
    pub(super) methods: HashMap<&'static str, NodeId>,
}

/// The methods of a trust list that we use.
const METHODS: [&str; 6] = ["Open", "OpenWithMasks", "Close", "Read", "Write", "CloseAndUpdate"];
/// More groups than any server has.
const MAX_GROUPS: usize = 100;

impl PushClient {
    /// The certificate groups of the server. One without a trust list is left out.
    ///
    /// # Errors
    /// If it has no push management, or does not answer.
    pub async fn groups(&self) -> Result<Vec<CertificateGroup>> {
        let mut groups = Vec::new();
        for found in self.session.browse(objects_below(groups_folder())).await?.into_iter().take(MAX_GROUPS) {
            groups.extend(self.group_of(found).await?);
        }
        Ok(groups)
    }

    /// The group with this browse name.
    ///
    /// # Errors
    /// `NotFound` with the names that there are; as [`groups`](Self::groups).
    pub async fn group(&self, name: &str) -> Result<CertificateGroup> {
        let groups = self.groups().await?;
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        let message = format!("the server has no certificate group {name}, only: {}", names.join(", "));
        let missing = Error::new(ErrorKind::NotFound, "find the certificate group", message);
        groups.into_iter().find(|group| group.name == name).ok_or(missing)
    }

    async fn group_of(&self, found: ReferenceDescription) -> Result<Option<CertificateGroup>> {
        let id = found.node_id.node_id;
        let [trust_list, types] = ["TrustList", "CertificateTypes"].map(|name| path(&id, name));
        let mut targets = self.targets(vec![trust_list, types]).await?;
        let (types, trust_list) = (targets.pop().flatten(), targets.pop().flatten());
        let Some(trust_list) = trust_list else { return Ok(None) };
        let paths = METHODS.map(|name| path(&trust_list, name)).to_vec();
        let methods = METHODS.into_iter().zip(self.targets(paths).await?);
        Ok(Some(CertificateGroup {
            id,
            name: found.browse_name.name.as_ref().to_owned(),
            methods: methods.filter_map(|(name, node)| Some((name, node?))).collect(),
            certificate_types: self.types(types).await?,
            trust_list,
        }))
    }

    async fn types(&self, node: Option<NodeId>) -> Result<Vec<NodeId>> {
        let Some(node) = node else { return Ok(Vec::new()) };
        let value = self.session.read_values(&[node]).await?.pop().and_then(|value| value.value);
        let Some(Variant::Array(array)) = value else { return Ok(Vec::new()) };
        let node = |value| if let Variant::NodeId(node) = value { Some(*node) } else { None };
        Ok(array.values.into_iter().filter_map(node).collect())
    }

    async fn targets(&self, paths: Vec<BrowsePath>) -> Result<Vec<Option<NodeId>>> {
        let results = self.session.translate(paths).await?.into_iter();
        let first = |targets: Option<Vec<_>>| targets.unwrap_or_default().into_iter().next();
        Ok(results.map(|result| first(result.targets).map(|target| target.target_id.node_id)).collect())
    }
}

fn groups_folder() -> NodeId {
    ObjectId::ServerConfiguration_CertificateGroups.into()
}

fn objects_below(node_id: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: NodeClass::Object as u32,
        result_mask: BrowseResultMask::All as u32,
    }
}

fn path(from: &NodeId, name: &str) -> BrowsePath {
    let element = RelativePathElement {
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, name),
    };
    BrowsePath { starting_node: from.clone(), relative_path: RelativePath { elements: Some(vec![element]) } }
}
