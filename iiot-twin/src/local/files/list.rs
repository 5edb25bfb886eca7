//! What lies in directories.

use std::collections::HashMap;

use iiot_core::Result;
use iiot_core::session::SessionExt;
use iiot_core::ua::{
    BrowseDescription, BrowseDirection, BrowseResultMask, NodeClass, NodeId, ReferenceDescription, ReferenceTypeId,
    Variant,
};

use crate::Status;
use crate::files::{FileEntry, FileListRequest, FileListResponse, FileListResult};
use crate::local::visit::{Visit, at_most};

const MAX_DIRECTORIES: usize = 100;
/// What tells files, and directories, from other objects, and what is told of them.
const CHILDREN: [&str; 6] = ["Open", "CreateFile", "Size", "Writable", "UserWritable", "OpenCount"];

pub(in crate::local) async fn list(visit: &Visit, request: &FileListRequest) -> Result<FileListResponse> {
    at_most(MAX_DIRECTORIES, request.directories.len(), "#/directories")?;
    let mut results = Vec::with_capacity(request.directories.len());
    for directory in &request.directories {
        results.push(match visit.entries(directory).await {
            Ok(entries) => FileListResult { status: Status::good(), entries },
            Err(status) => FileListResult { status, entries: Vec::new() },
        });
    }
    Ok(FileListResponse { results })
}

impl Visit {
    async fn entries(&self, directory: &str) -> Result<Vec<FileEntry>, Status> {
        let failed = |error| Status::from(&error);
        let found = self.session.browse(objects_of(self.node(directory)?)).await.map_err(failed)?;
        let nodes: Vec<NodeId> = found.iter().map(|found| found.node_id.node_id.clone()).collect();
        let children = self.children(&nodes, &CHILDREN).await.map_err(failed)?;
        let properties =
            children.iter().flat_map(|children| CHILDREN[2..].iter().filter_map(|name| children.get(*name)));
        let properties: Vec<NodeId> = properties.cloned().collect();
        let values = match properties.is_empty() {
            true => Vec::new(),
            false => self.session.read_values(&properties).await.map_err(failed)?,
        };
        let known = properties.into_iter().zip(values).filter_map(|(node, value)| Some((node, value.value?)));
        let known: HashMap<NodeId, Variant> = known.collect();
        let entries = found.iter().zip(&children).filter_map(|(found, children)| self.entry(found, children, &known));
        Ok(entries.collect())
    }

    /// A file or directory; none for other objects.
    fn entry(
        &self,
        found: &ReferenceDescription,
        children: &HashMap<String, NodeId>,
        known: &HashMap<NodeId, Variant>,
    ) -> Option<FileEntry> {
        let is_file = children.contains_key("Open") && children.contains_key("Size");
        let directory = children.contains_key("CreateFile");
        let value = |name: &str| known.get(children.get(name)?);
        let boolean =
            |name: &str| value(name).and_then(|value| if let Variant::Boolean(is) = value { Some(*is) } else { None });
        (is_file || directory).then(|| FileEntry {
            node: self.text_of_expanded(&found.node_id),
            name: found.browse_name.name.as_ref().to_owned(),
            directory,
            size: value("Size").and_then(|size| if let Variant::UInt64(size) = size { Some(*size) } else { None }),
            writable: boolean("Writable"),
            user_writable: boolean("UserWritable"),
            open_count: value("OpenCount")
                .and_then(|count| if let Variant::UInt16(count) = count { Some(*count) } else { None }),
        })
    }
}

fn objects_of(node_id: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id,
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: NodeClass::Object as u32,
        result_mask: BrowseResultMask::All as u32,
    }
}
