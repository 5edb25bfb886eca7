//! The services that the server in memory answers.

use super::{MemoryServer, Node, NodeKind, State, objects_folder};
use crate::error::{Error, Result};
use crate::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseNextRequest, BrowseNextResponse, BrowsePath,
    BrowsePathResult, BrowsePathTarget, BrowseRequest, BrowseResponse, BrowseResult, ByteString, CallMethodRequest,
    CallMethodResult, CallRequest, CallResponse, DataValue, LocalizedText, NodeClass, NodeId, ReadRequest,
    ReadResponse, ReadValueId, ReferenceDescription, ReferenceTypeId, Request, Response, StatusCode,
    TranslateBrowsePathsToNodeIdsRequest, TranslateBrowsePathsToNodeIdsResponse, Variant, WriteRequest, WriteResponse,
    WriteValue,
};

impl MemoryServer {
    /// Answers a request, or fails as a server that does not know the service.
    pub(super) fn answer(&self, request: Request) -> Result<Response> {
        match request {
            Request::Read(request) => Ok(self.read(*request).into()),
            Request::Write(request) => Ok(self.write(*request).into()),
            Request::Browse(request) => Ok(self.browse(*request).into()),
            Request::BrowseNext(request) => Ok(self.browse_next(*request).into()),
            Request::TranslateBrowsePathsToNodeIds(request) => Ok(self.translate(*request).into()),
            Request::Call(request) => Ok(self.call(*request).into()),
            other => Err(Error::from_status(other.service(), StatusCode::BadServiceUnsupported)),
        }
    }

    fn read(&self, request: ReadRequest) -> ReadResponse {
        let state = self.state.lock();
        let nodes = request.nodes_to_read.unwrap_or_default();
        ReadResponse { results: Some(nodes.iter().map(|node| state.read(node)).collect()), ..Default::default() }
    }

    fn write(&self, request: WriteRequest) -> WriteResponse {
        let values = request.nodes_to_write.unwrap_or_default();
        let results = values.into_iter().map(|value| self.write_one(value)).collect();
        WriteResponse { results: Some(results), ..Default::default() }
    }

    fn write_one(&self, value: WriteValue) -> StatusCode {
        let checked = self.state.lock().check_write(&value);
        if checked.is_good() {
            self.set(&value.node_id, value.value);
        }
        checked
    }

    fn browse(&self, request: BrowseRequest) -> BrowseResponse {
        let page = request.requested_max_references_per_node as usize;
        let mut state = self.state.lock();
        let nodes = request.nodes_to_browse.unwrap_or_default();
        let results = nodes.iter().map(|node| state.browse(node, page)).collect();
        BrowseResponse { results: Some(results), ..Default::default() }
    }

    fn browse_next(&self, request: BrowseNextRequest) -> BrowseNextResponse {
        let mut state = self.state.lock();
        let points = request.continuation_points.unwrap_or_default();
        let results = points.iter().map(|point| state.browse_next(point, request.release_continuation_points));
        BrowseNextResponse { results: Some(results.collect()), ..Default::default() }
    }

    fn translate(&self, request: TranslateBrowsePathsToNodeIdsRequest) -> TranslateBrowsePathsToNodeIdsResponse {
        let state = self.state.lock();
        let paths = request.browse_paths.unwrap_or_default();
        let results = paths.iter().map(|path| state.translate(path)).collect();
        TranslateBrowsePathsToNodeIdsResponse { results: Some(results), ..Default::default() }
    }

    fn call(&self, request: CallRequest) -> CallResponse {
        let calls = request.methods_to_call.unwrap_or_default();
        CallResponse { results: Some(calls.iter().map(|call| self.call_one(call)).collect()), ..Default::default() }
    }

    fn call_one(&self, call: &CallMethodRequest) -> CallMethodResult {
        let method = match self.state.lock().nodes.get(&call.method_id).map(|node| &node.kind) {
            Some(NodeKind::Method(method)) => std::sync::Arc::clone(method),
            _ => return CallMethodResult { status_code: StatusCode::BadMethodInvalid, ..Default::default() },
        };
        match method(call.input_arguments.as_deref().unwrap_or_default()) {
            Ok(outputs) => CallMethodResult { output_arguments: Some(outputs), ..Default::default() },
            Err(status_code) => CallMethodResult { status_code, ..Default::default() },
        }
    }
}

impl State {
    fn read(&self, what: &ReadValueId) -> DataValue {
        if what.node_id == crate::ua::VariableId::Server_NamespaceArray {
            let uris: Vec<Variant> = self.namespaces.iter().map(|uri| Variant::from(uri.as_str())).collect();
            return Variant::from((crate::ua::VariantScalarTypeId::String, uris)).into();
        }
        let Some(node) = self.nodes.get(&what.node_id) else { return bad(StatusCode::BadNodeIdUnknown) };
        node.attribute(what.attribute_id, &what.node_id)
    }

    fn check_write(&self, value: &WriteValue) -> StatusCode {
        match self.nodes.get(&value.node_id).map(|node| &node.kind) {
            None => StatusCode::BadNodeIdUnknown,
            Some(NodeKind::Variable(_)) if value.attribute_id == AttributeId::Value as u32 => StatusCode::Good,
            Some(_) => StatusCode::BadNotWritable,
        }
    }

    fn browse(&mut self, what: &BrowseDescription, page: usize) -> BrowseResult {
        if what.node_id == objects_folder() && what.browse_direction != BrowseDirection::Inverse {
            let references = self.order.iter().map(|id| self.nodes[id].reference(id)).collect();
            return self.page(references, page);
        }
        let known = what.node_id == objects_folder() || self.nodes.contains_key(&what.node_id);
        let status_code = if known { StatusCode::Good } else { StatusCode::BadNodeIdUnknown };
        BrowseResult { status_code, references: known.then(Vec::new), ..Default::default() }
    }

    /// The first `page` references (0: all), the rest behind a continuation point.
    fn page(&mut self, mut references: Vec<ReferenceDescription>, page: usize) -> BrowseResult {
        let mut continuation_point = ByteString::null();
        if page > 0 && references.len() > page {
            let id = self.next_continuation;
            self.next_continuation += 1;
            let mut rest = references.split_off(page);
            rest.shrink_to_fit();
            self.continuations.insert(id, rest);
            let encoded = [id.to_le_bytes(), (page as u32).to_le_bytes()].concat();
            continuation_point = ByteString::from(encoded);
        }
        BrowseResult { status_code: StatusCode::Good, continuation_point, references: Some(references) }
    }

    fn browse_next(&mut self, point: &ByteString, release: bool) -> BrowseResult {
        let number = |at: usize| {
            let bytes = point.value.as_ref()?.get(at..at + 4)?;
            bytes.try_into().ok().map(u32::from_le_bytes)
        };
        let known = number(0).and_then(|id| self.continuations.remove(&id)).zip(number(4));
        match known {
            Some(_) if release => BrowseResult::default(),
            Some((references, page)) => self.page(references, page as usize),
            None => BrowseResult { status_code: StatusCode::BadContinuationPointInvalid, ..Default::default() },
        }
    }

    fn translate(&self, path: &BrowsePath) -> BrowsePathResult {
        let elements = path.relative_path.elements.as_deref().unwrap_or_default();
        let target = match elements {
            [element] if path.starting_node == objects_folder() => {
                self.order.iter().find(|id| self.nodes[*id].browse_name == element.target_name)
            }
            _ => None,
        };
        match target {
            Some(id) => BrowsePathResult {
                status_code: StatusCode::Good,
                targets: Some(vec![BrowsePathTarget { target_id: id.clone().into(), remaining_path_index: u32::MAX }]),
            },
            None => BrowsePathResult { status_code: StatusCode::BadNoMatch, targets: None },
        }
    }
}

impl Node {
    fn attribute(&self, attribute: u32, id: &NodeId) -> DataValue {
        match (AttributeId::from_u32(attribute), &self.kind) {
            (Ok(AttributeId::Value), NodeKind::Variable(value)) => value.clone(),
            (Ok(AttributeId::DataType), NodeKind::Variable(value)) => Variant::from(data_type(value)).into(),
            (Ok(AttributeId::ValueRank), NodeKind::Variable(value)) => Variant::from(value_rank(value)).into(),
            (Ok(AttributeId::NodeId), _) => Variant::from(id.clone()).into(),
            (Ok(AttributeId::NodeClass), _) => Variant::from(self.class() as i32).into(),
            (Ok(AttributeId::BrowseName), _) => Variant::from(self.browse_name.clone()).into(),
            (Ok(AttributeId::DisplayName), _) => Variant::from(self.display_name()).into(),
            _ => bad(StatusCode::BadAttributeIdInvalid),
        }
    }

    fn class(&self) -> NodeClass {
        match self.kind {
            NodeKind::Variable(_) => NodeClass::Variable,
            NodeKind::Method(_) => NodeClass::Method,
        }
    }

    fn display_name(&self) -> LocalizedText {
        LocalizedText::new("", self.browse_name.name.as_ref())
    }

    fn reference(&self, id: &NodeId) -> ReferenceDescription {
        ReferenceDescription {
            reference_type_id: ReferenceTypeId::HasComponent.into(),
            is_forward: true,
            node_id: id.clone().into(),
            browse_name: self.browse_name.clone(),
            display_name: self.display_name(),
            node_class: self.class(),
            type_definition: NodeId::null().into(),
        }
    }
}

/// The built-in type of the present value.
fn data_type(value: &DataValue) -> NodeId {
    let built_in = value.value.as_ref().and_then(Variant::scalar_type_id);
    NodeId::new(0, built_in.map_or(24, |built_in| built_in as u32))
}

fn value_rank(value: &DataValue) -> i32 {
    if value.value.as_ref().is_some_and(Variant::is_array) { 1 } else { -1 }
}

fn bad(status: StatusCode) -> DataValue {
    DataValue { value: None, status: Some(status), ..DataValue::null() }
}
