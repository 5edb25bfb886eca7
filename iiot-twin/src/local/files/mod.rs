//! Files of a server.

mod change;
mod handle;
mod list;

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use iiot_core::operation::POINTER;
use iiot_core::session::SessionExt;
use iiot_core::ua::{
    self, CallMethodRequest, NodeId, QualifiedName, ReferenceTypeId, RelativePath, RelativePathElement, StatusCode,
    Variant,
};
use iiot_core::{Error, ErrorKind, Result};

use super::batch::one_each;
use super::visit::Visit;
use crate::Status;
use crate::files::{FileReadRequest, FileReadResponse, FileWriteRequest, FileWriteResponse, MAX_BYTES, WritePlace};
pub(super) use change::change;
use handle::{Mode, OpenFile};
pub(super) use list::list;

pub(super) async fn read(visit: &Visit, request: &FileReadRequest) -> Result<FileReadResponse> {
    let length = request.length.unwrap_or(MAX_BYTES).min(MAX_BYTES) as usize;
    let mut data = Vec::new();
    let read = visit.read_file(request, length, &mut data).await;
    let (status, end) = match read {
        Ok(end) => (Status::good(), end),
        Err(status) => (status, false),
    };
    Ok(FileReadResponse { status, data: STANDARD.encode(data), end })
}

pub(super) async fn write(visit: &Visit, request: &FileWriteRequest) -> Result<FileWriteResponse> {
    let invalid = |message| Error::new(ErrorKind::InvalidArgument, "write a file", message).with(POINTER, "#/data");
    let data = STANDARD.decode(&request.data).map_err(|cause| invalid("it is no base64").because(cause))?;
    if data.len() > MAX_BYTES as usize {
        return Err(invalid("it is longer than 8 MiB; write in parts, with append or at an offset"));
    }
    let mut written = 0;
    let status = visit.write_file(request, &data, &mut written).await.err().unwrap_or_default();
    Ok(FileWriteResponse { status, written })
}

impl Visit {
    /// Adds what is read, and says whether nothing follows.
    async fn read_file(&self, request: &FileReadRequest, length: usize, data: &mut Vec<u8>) -> Result<bool, Status> {
        let file = OpenFile::open(self, &self.node(&request.file)?, Mode::Read).await?;
        let read = async {
            if request.offset > 0 {
                file.seek(request.offset).await?;
            }
            file.read(length, data).await
        };
        let read = read.await;
        let closed = file.close().await;
        read.and_then(|end| closed.map(|()| end))
    }

    async fn write_file(&self, request: &FileWriteRequest, data: &[u8], written: &mut u64) -> Result<(), Status> {
        let mode = match request.place {
            WritePlace::Replace => Mode::Replace,
            WritePlace::Append => Mode::Append,
            WritePlace::At { .. } => Mode::Write,
        };
        let file = OpenFile::open(self, &self.node(&request.file)?, mode).await?;
        let write = async {
            if let WritePlace::At { offset } = request.place {
                file.seek(offset).await?;
            }
            file.write(data, written).await
        };
        let wrote = write.await;
        // What a server has not closed may not be on its disk.
        let closed = file.close().await;
        wrote.and(closed)
    }

    /// The children of nodes with these names of the standard, as far as there are any.
    async fn children(&self, nodes: &[NodeId], names: &[&str]) -> Result<Vec<HashMap<String, NodeId>>> {
        let paths: Vec<_> = nodes.iter().flat_map(|node| names.iter().map(|name| child(node, name))).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let asked = paths.len();
        let found = self.session.translate(paths).await?;
        one_each(asked, &found)?;
        let target = |found: &ua::BrowsePathResult| {
            let targets = found.targets.as_deref().unwrap_or_default();
            targets.first().map(|target| target.target_id.node_id.clone())
        };
        let of_node = |found: &[ua::BrowsePathResult]| {
            let named = names.iter().zip(found).filter_map(|(name, found)| Some(((*name).to_owned(), target(found)?)));
            named.collect()
        };
        Ok(found.chunks(names.len()).map(of_node).collect())
    }

    /// Calls a method of an object.
    async fn invoke(&self, object: &NodeId, method: &NodeId, inputs: Vec<Variant>) -> Result<Vec<Variant>, Status> {
        let call = CallMethodRequest {
            object_id: object.clone(),
            method_id: method.clone(),
            input_arguments: Some(inputs).filter(|inputs| !inputs.is_empty()),
        };
        let result = self.session.call_methods(vec![call]).await.map_err(|error| Status::from(&error))?.remove(0);
        if result.status_code.is_bad() {
            return Err(result.status_code.into());
        }
        Ok(result.output_arguments.unwrap_or_default())
    }
}

fn child(node: &NodeId, name: &str) -> ua::BrowsePath {
    let element = RelativePathElement {
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        is_inverse: false,
        include_subtypes: true,
        target_name: QualifiedName::new(0, name),
    };
    ua::BrowsePath { starting_node: node.clone(), relative_path: RelativePath { elements: Some(vec![element]) } }
}

/// A method that an object should have.
fn method<'m>(methods: &'m HashMap<String, NodeId>, name: &str) -> Result<&'m NodeId, Status> {
    methods.get(name).ok_or_else(|| Status::because(StatusCode::BadMethodInvalid, format!("it has no method {name}")))
}
