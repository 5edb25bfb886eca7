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

/// What decodes can be encoded. The encoders are not ours: what they write need not decode again, but if
/// it does, it means the same from then on.
pub(crate) fn response(data: &[u8]) {
    let once = trip(data);
    // Times beyond the calendar are drawn back into it, and rest there from the second trip on.
    let twice = once.and_then(|once| trip(&once));
    let thrice = twice.as_ref().and_then(|twice| trip(twice));
    assert!(thrice.is_none() || thrice == twice, "a further trip changes nothing");
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
