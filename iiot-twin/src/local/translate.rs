//! Browse paths.

use iiot_core::Result;
use iiot_core::session::SessionExt;
use iiot_core::ua::{self, BrowsePathResult, ObjectId, ReferenceTypeId, RelativePath, RelativePathElement};

use super::batch::sendable;
use super::visit::{Visit, at_least_one, at_most};
use crate::Status;
use crate::translate::{BrowsePath, PathElement, PathTarget, TranslateRequest, TranslateResponse, TranslateResult};

pub(super) async fn translate(visit: &Visit, request: &TranslateRequest) -> Result<TranslateResponse> {
    at_most(MAX_PATHS, request.paths.len(), "#/paths")?;
    for path in &request.paths {
        at_least_one(path.elements.len(), "#/paths")?;
        at_most(MAX_ELEMENTS, path.elements.len(), "#/paths")?;
    }
    let (paths, places) = sendable(request.paths.iter().map(|path| visit.browse_path(path)).collect());
    let found = if paths.is_empty() { Vec::new() } else { visit.session.translate(paths).await? };
    let found = found.into_iter().map(|found| visit.targets(found)).collect();
    let bad = |status| TranslateResult { status, targets: Vec::new() };
    let results = places.fill(found)?.into_iter().map(|result| result.unwrap_or_else(bad)).collect();
    Ok(TranslateResponse { results })
}

const MAX_PATHS: usize = 1_000;
const MAX_ELEMENTS: usize = 100;

impl Visit {
    fn browse_path(&self, path: &BrowsePath) -> Result<ua::BrowsePath, Status> {
        let starting_node = match &path.start {
            Some(start) => self.node(start)?,
            None => ObjectId::ObjectsFolder.into(),
        };
        let elements = path.elements.iter().map(|element| self.element(element)).collect::<Result<_, _>>()?;
        Ok(ua::BrowsePath { starting_node, relative_path: RelativePath { elements: Some(elements) } })
    }

    fn element(&self, element: &PathElement) -> Result<RelativePathElement, Status> {
        let reference_type_id = match &element.reference_type {
            Some(reference_type) => self.node(reference_type)?,
            None => ReferenceTypeId::HierarchicalReferences.into(),
        };
        Ok(RelativePathElement {
            reference_type_id,
            is_inverse: element.inverse,
            include_subtypes: !element.without_subtypes,
            target_name: self.name(&element.target_name)?,
        })
    }

    fn targets(&self, found: BrowsePathResult) -> TranslateResult {
        let target = |target: ua::BrowsePathTarget| PathTarget {
            node: self.text_of_expanded(&target.target_id),
            remaining_path_index: Some(target.remaining_path_index).filter(|index| *index != u32::MAX),
        };
        let targets = found.targets.unwrap_or_default().into_iter().map(target).collect();
        TranslateResult { status: found.status_code.into(), targets }
    }
}
