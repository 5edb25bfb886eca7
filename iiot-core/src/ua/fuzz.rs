//! What the fuzz target of service responses runs.

#![allow(clippy::unwrap_used)]

use crate::json::fuzz::variants;
use crate::ua::codec::decode_response;
pub(crate) use crate::ua::subscribe::fuzz::{publish, publish_seeds};
use crate::ua::{
    ApplicationDescription, BrowseResponse, BrowseResult, CallMethodResult, CallResponse, ContextOwned,
    CreateMonitoredItemsResponse, CreateSessionResponse, DataValue, DiagnosticInfo, EndpointDescription,
    GetEndpointsResponse, MonitoredItemCreateResult, NodeId, ReadResponse, ReferenceDescription, Response, StatusCode,
    UserTokenPolicy, WriteResponse,
};

/// What decodes can be encoded, and what was encoded can be looked at again. Both coders are those of the
/// vocabulary and need not agree: they read a structure as long as its fields are, not as long as it says.
pub(crate) fn response(data: &[u8]) {
    if let Some(once) = trip(data) {
        trip(&once);
    }
}

fn trip(body: &[u8]) -> Option<Vec<u8>> {
    encoded(&decode_response("fuzz", body).ok()?)
}

pub(crate) fn response_seeds() -> Vec<Vec<u8>> {
    let status = Some(vec![StatusCode::Good, StatusCode::BadNodeIdUnknown]);
    let why = DiagnosticInfo { additional_info: Some("why".into()), ..Default::default() };
    let endpoint = EndpointDescription {
        endpoint_url: "opc.tcp://plc:4840".into(),
        server: ApplicationDescription { application_uri: "urn:plc".into(), ..Default::default() },
        user_identity_tokens: Some(vec![UserTokenPolicy::default()]),
        ..Default::default()
    };
    let reference = ReferenceDescription { node_id: NodeId::new(1, "Boiler").into(), ..Default::default() };
    let call = CallMethodResult { output_arguments: Some(variants()), ..Default::default() };
    let results = Some(variants().into_iter().map(DataValue::from).collect());
    let responses: [Response; 8] = [
        ReadResponse { results, diagnostic_infos: Some(vec![why]), ..Default::default() }.into(),
        WriteResponse { results: status, ..Default::default() }.into(),
        BrowseResponse {
            results: Some(vec![BrowseResult { references: Some(vec![reference]), ..Default::default() }]),
            ..Default::default()
        }
        .into(),
        CallResponse { results: Some(vec![call]), ..Default::default() }.into(),
        CreateMonitoredItemsResponse {
            results: Some(vec![MonitoredItemCreateResult::default(); 2]),
            ..Default::default()
        }
        .into(),
        GetEndpointsResponse { endpoints: Some(vec![endpoint.clone()]), ..Default::default() }.into(),
        CreateSessionResponse { server_endpoints: Some(vec![endpoint]), ..Default::default() }.into(),
        Response::Fault(Box::default()),
    ];
    responses.iter().filter_map(encoded).collect()
}

fn encoded(response: &Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    response.encode(&mut body, &ContextOwned::default().context()).ok()?;
    Some(body)
}
