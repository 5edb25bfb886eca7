//! What a server says about itself once a session is active.

use super::handshake::{Established, Handshake};
use crate::error::{Error, ErrorKind, Result};
use crate::session::attribute;
use crate::ua::{AttributeId, DataValue, NodeId, ReadRequest, StatusCode, VariableId, Variant};

/// Read after every activation: a server may have restarted, and then nearly all of it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The namespace table.
    pub(crate) namespaces: Vec<String>,
    /// When the server started, in ticks, if it tells. The same time means the same run, in which
    /// ids of subscriptions keep their meaning.
    pub(crate) started: Option<i64>,
}

/// Reads it all at once; only the namespace table must be there.
pub(crate) async fn read(handshake: &Handshake<'_>, session: &Established) -> Result<Standing> {
    let nodes: [NodeId; 2] =
        [VariableId::Server_NamespaceArray.into(), VariableId::Server_ServerStatus_StartTime.into()];
    let request = ReadRequest {
        nodes_to_read: Some(nodes.iter().map(|node| attribute(node, AttributeId::Value)).collect()),
        ..Default::default()
    };
    let response =
        handshake.call(request, &session.authentication_token, |request| &mut request.request_header).await?;
    let results = response.results.unwrap_or_default();
    let told = results.first().and_then(|value| value.status).filter(|status| status.is_bad());
    let mut values = results.into_iter().map(good);
    let namespaces =
        strings(values.next().flatten()).ok_or_else(|| none(told.unwrap_or(StatusCode::BadUnknownResponse)))?;
    let started = match values.next().flatten() {
        Some(Variant::DateTime(time)) => Some(time.ticks()).filter(|ticks| *ticks > 0),
        _ => None,
    };
    Ok(Standing { namespaces, started })
}

fn none(status: StatusCode) -> Error {
    Error::new(ErrorKind::Protocol, "read the namespace array", "the server has none that can be read")
        .with_status(status)
}

/// A NamespaceIndex has 16 bits: nothing can refer to what stands behind.
const MAX_NAMESPACES: usize = 1 << 16;

fn good(value: DataValue) -> Option<Variant> {
    value.value.filter(|_| !value.status.is_some_and(|status| status.is_bad()))
}

fn strings(value: Option<Variant>) -> Option<Vec<String>> {
    let Some(Variant::Array(array)) = value else { return None };
    let text = |value| match value {
        Variant::String(text) => text.value().clone().unwrap_or_default(),
        _ => String::new(),
    };
    Some(array.values.into_iter().take(MAX_NAMESPACES).map(text).collect())
}
