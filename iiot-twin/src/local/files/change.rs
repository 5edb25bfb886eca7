//! Making, deleting, moving and copying (OPC 10000-20 §4.3).

use iiot_core::Result;
use iiot_core::ua::Variant;

use super::method;
use crate::Status;
use crate::files::{FileChange, FileChangeRequest, FileChangeResponse, FileChangeResult};
use crate::local::visit::{Visit, at_most};

const MAX_CHANGES: usize = 100;

pub(in crate::local) async fn change(visit: &Visit, request: &FileChangeRequest) -> Result<FileChangeResponse> {
    at_most(MAX_CHANGES, request.changes.len(), "#/changes")?;
    let mut results = Vec::with_capacity(request.changes.len());
    // One after the other: a later one may build on an earlier one.
    for change in &request.changes {
        results.push(match visit.change_file(change).await {
            Ok(node) => FileChangeResult { status: Status::good(), node },
            Err(status) => FileChangeResult { status, node: None },
        });
    }
    Ok(FileChangeResponse { results })
}

impl Visit {
    /// What was made, if anything.
    async fn change_file(&self, change: &FileChange) -> Result<Option<String>, Status> {
        let (directory, name, inputs) = match change {
            FileChange::CreateFile { directory, name } => {
                // Not opened: a handle that nobody asked for would stay open.
                (directory, "CreateFile", vec![Variant::from(name.as_str()), Variant::from(false)])
            }
            FileChange::CreateDirectory { directory, name } => {
                (directory, "CreateDirectory", vec![Variant::from(name.as_str())])
            }
            FileChange::Delete { directory, node } => (directory, "Delete", vec![Variant::from(self.node(node)?)]),
            FileChange::Move { directory, node, target, name } => {
                (directory, "MoveOrCopy", self.moving(node, target, false, name)?)
            }
            FileChange::Copy { directory, node, target, name } => {
                (directory, "MoveOrCopy", self.moving(node, target, true, name)?)
            }
        };
        let directory = self.node(directory)?;
        let methods = self.children(std::slice::from_ref(&directory), &[name]).await;
        let methods = methods.map_err(|error| Status::from(&error))?.pop().unwrap_or_default();
        let outputs = self.invoke(&directory, method(&methods, name)?, inputs).await?;
        Ok(outputs.first().and_then(|output| match output {
            Variant::NodeId(node) => Some(self.text_of(node)),
            _ => None,
        }))
    }

    fn moving(&self, node: &str, target: &str, copy: bool, name: &str) -> Result<Vec<Variant>, Status> {
        let (node, target) = (self.node(node)?, self.node(target)?);
        Ok(vec![Variant::from(node), Variant::from(target), Variant::from(copy), Variant::from(name)])
    }
}
