//! Browsing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iiot_core::operation::POINTER;
use iiot_core::session::SessionExt;
use iiot_core::ua::{
    self, BrowseDescription, BrowseNextRequest as Next, BrowseResultMask, ByteString, DateTime, ExpandedNodeId, NodeId,
    ReferenceDescription, ReferenceTypeId, StatusCode, Variant, ViewDescription,
};
use iiot_core::{Error, ErrorKind, Result, json};

use super::batch::{one_each, sendable};
use super::visit::{Visit, at_least_one, at_most};
use crate::browse::{
    BrowseNextRequest, BrowseRequest, BrowseResponse, BrowseResult, Direction, NodeClass, Reference, View,
};
use crate::{MAX_ITEMS, Status};

/// References in one answer, of all nodes.
const MAX_REFERENCES: usize = 100_000;
/// A server may need time and say so by empty pages, but not for ever.
const MAX_EMPTY_ROUNDS: usize = 1_000;

pub(super) async fn browse(visit: &Visit, request: &BrowseRequest) -> Result<BrowseResponse> {
    at_most(MAX_ITEMS, request.nodes.len(), "#/nodes")?;
    at_least_one(request.max_references.unwrap_or(1) as usize, "#/maxReferences")?;
    let like = description(visit, request)?;
    let of_node = |node: &String| Ok(BrowseDescription { node_id: visit.node(node)?, ..like.clone() });
    let (nodes, places) = sendable(request.nodes.iter().map(of_node).collect());
    let page = request.max_references.unwrap_or(0);
    let view = visit.view(request.view.as_ref())?;
    let mut pages = visit.first_pages(&view, &nodes, page).await?;
    if page == 0 {
        visit.complete(&view, &nodes, &mut pages).await?;
    }
    let results = pages.into_iter().map(|page| visit.result(page)).collect();
    let results = places.fill(results)?.into_iter().map(|result| result.unwrap_or_else(BrowseResult::from)).collect();
    Ok(BrowseResponse { results })
}

pub(super) async fn browse_next(visit: &Visit, request: &BrowseNextRequest) -> Result<BrowseResponse> {
    at_most(MAX_ITEMS, request.tokens.len(), "#/tokens")?;
    let (points, places) = sendable(request.tokens.iter().map(|token| visit.continuation_point(token)).collect());
    let pages = visit.next_pages(points, request.release).await?;
    let results = pages.into_iter().map(|page| visit.result(page)).collect();
    let results = places.fill(results)?.into_iter().map(|result| result.unwrap_or_else(BrowseResult::from)).collect();
    Ok(BrowseResponse { results })
}

fn description(visit: &Visit, request: &BrowseRequest) -> Result<BrowseDescription> {
    let reference_type_id = match &request.reference_type {
        Some(reference_type) => visit.node_at(reference_type, "#/referenceType")?,
        None => ReferenceTypeId::HierarchicalReferences.into(),
    };
    Ok(BrowseDescription {
        node_id: NodeId::null(),
        browse_direction: request.direction.into(),
        reference_type_id,
        include_subtypes: !request.without_subtypes,
        node_class_mask: request.node_classes.iter().fold(0, |mask, class| mask | *class as u32),
        result_mask: BrowseResultMask::All as u32,
    })
}

/// References of a node as far as they have come, and where the server goes on.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: Status,
    pub(super) references: Vec<ReferenceDescription>,
    pub(super) next: Option<ByteString>,
}

impl From<ua::BrowseResult> for Page {
    fn from(result: ua::BrowseResult) -> Self {
        Self {
            status: result.status_code.into(),
            references: result.references.unwrap_or_default(),
            next: Some(result.continuation_point).filter(|point| !point.is_null_or_empty()),
        }
    }
}

impl From<Status> for BrowseResult {
    fn from(status: Status) -> Self {
        Self { status, ..Self::default() }
    }
}

impl From<Direction> for ua::BrowseDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self::Forward,
            Direction::Inverse => Self::Inverse,
            Direction::Both => Self::Both,
        }
    }
}

impl Visit {
    /// The view that a request names, else all of the address space.
    pub(super) fn view(&self, view: Option<&View>) -> Result<ViewDescription> {
        let Some(View { node, timestamp, version }) = view else { return Ok(ViewDescription::default()) };
        if timestamp.is_some() && version.is_some() {
            let message = "a view is as it was at a time, or of a version, and not both";
            return Err(Error::new(ErrorKind::InvalidArgument, "browse", message).with(POINTER, "#/view"));
        }
        Ok(ViewDescription {
            view_id: self.node_at(node, "#/view/node")?,
            timestamp: timestamp.map_or_else(DateTime::null, Into::into),
            view_version: version.unwrap_or(0),
        })
    }

    pub(super) async fn first_pages(
        &self,
        view: &ViewDescription,
        nodes: &[BrowseDescription],
        page: u32,
    ) -> Result<Vec<Page>> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let request = ua::BrowseRequest {
            view: view.clone(),
            requested_max_references_per_node: page,
            nodes_to_browse: Some(nodes.to_vec()),
            ..Default::default()
        };
        let results = self.session.service(request).await?.results.unwrap_or_default();
        one_each(nodes.len(), &results)?;
        Ok(results.into_iter().map(Page::from).collect())
    }

    pub(super) async fn next_pages(&self, points: Vec<ByteString>, release: bool) -> Result<Vec<Page>> {
        if points.is_empty() {
            return Ok(Vec::new());
        }
        let asked = points.len();
        let request =
            Next { release_continuation_points: release, continuation_points: Some(points), ..Default::default() };
        let results = self.session.service(request).await?.results.unwrap_or_default();
        one_each(asked, &results)?;
        Ok(results.into_iter().map(Page::from).collect())
    }

    /// Fetches what is left of each node.
    pub(super) async fn complete(
        &self,
        view: &ViewDescription,
        nodes: &[BrowseDescription],
        pages: &mut [Page],
    ) -> Result<()> {
        self.follow(pages).await?;
        // Servers keep few places; whom they had none for comes alone.
        let refused = StatusCode::BadNoContinuationPoints.bits();
        for (node, page) in nodes.iter().zip(pages).filter(|(_, page)| page.status.code == refused) {
            let mut alone = self.first_pages(view, std::slice::from_ref(node), 0).await?;
            self.follow(&mut alone).await?;
            *page = alone.remove(0);
        }
        Ok(())
    }

    async fn follow(&self, pages: &mut [Page]) -> Result<()> {
        let mut empty_rounds = 0;
        loop {
            let open: Vec<usize> = (0..pages.len()).filter(|index| pages[*index].next.is_some()).collect();
            let points: Vec<ByteString> = open.iter().filter_map(|index| pages[*index].next.take()).collect();
            if points.is_empty() {
                return Ok(());
            }
            if pages.iter().map(|page| page.references.len()).sum::<usize>() > MAX_REFERENCES {
                self.next_pages(points, true).await?;
                open.into_iter().for_each(|index| pages[index].status = too_many());
                return Ok(());
            }
            let more = self.next_pages(points, false).await?;
            let is_empty = more.iter().all(|page| page.references.is_empty() && page.next.is_some());
            empty_rounds = if is_empty { empty_rounds + 1 } else { 0 };
            if empty_rounds > MAX_EMPTY_ROUNDS {
                return Err(Error::new(ErrorKind::Protocol, "browse", "the server does not come to an end"));
            }
            open.into_iter().zip(more).for_each(|(index, page)| pages[index].append(page));
        }
    }

    fn result(&self, page: Page) -> BrowseResult {
        BrowseResult {
            status: page.status,
            references: page.references.iter().map(|reference| self.reference(reference)).collect(),
            next: page.next.map(|point| self.token(&point)),
        }
    }

    pub(super) fn reference(&self, reference: &ReferenceDescription) -> Reference {
        let type_definition = Some(&reference.type_definition).filter(|id| !id.node_id.is_null());
        Reference {
            reference_type: self.text_of(&reference.reference_type_id),
            forward: reference.is_forward,
            node: self.text_of_expanded(&reference.node_id),
            browse_name: self.text_of_name(&reference.browse_name),
            display_name: reference.display_name.text.as_ref().to_owned(),
            node_class: NodeClass::of(reference.node_class as i32),
            type_definition: type_definition.map(|id| self.text_of_expanded(id)),
        }
    }

    pub(super) fn text_of_expanded(&self, id: &ExpandedNodeId) -> String {
        if id.server_index == 0 && id.namespace_uri.is_null() {
            return self.text_of(&id.node_id);
        }
        let format = json::Format::compact(&self.namespaces);
        let text = json::variant_to_string(&Variant::from(id.clone()), &format).unwrap_or_default();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        value["Value"].as_str().unwrap_or_default().to_owned()
    }

    /// A continuation point, and the connection that it belongs to.
    fn token(&self, point: &ByteString) -> String {
        let point = URL_SAFE_NO_PAD.encode(point.value.as_deref().unwrap_or_default());
        format!("{}.{point}", self.lease.connection().simple())
    }

    fn continuation_point(&self, token: &str) -> Result<ByteString, Status> {
        let invalid = |reason| Status::because(StatusCode::BadContinuationPointInvalid, reason);
        let (connection, point) = token.split_once('.').ok_or_else(|| invalid("it is no token of a browse"))?;
        if connection != self.lease.connection().simple().to_string() {
            return Err(invalid("the connection is another one since then; browse again"));
        }
        let point = URL_SAFE_NO_PAD.decode(point).map_err(|_| invalid("it is no token of a browse"))?;
        Ok(ByteString::from(point))
    }
}

impl Page {
    fn append(&mut self, more: Self) {
        self.references.extend(more.references);
        (self.status, self.next) = (more.status, more.next);
    }
}

fn too_many() -> Status {
    let reason = format!("there are over {MAX_REFERENCES} references in all; ask for pages (maxReferences)");
    Status::because(StatusCode::BadResponseTooLarge, reason)
}
