//! What a server counts.

use iiot_core::Result;
use iiot_core::session::attribute;
use iiot_core::ua::{AttributeId, VariableId as Id};

use super::visit::Visit;
use crate::diagnostics::{DiagnosticsRequest, DiagnosticsResponse};
use crate::read::Timestamps;

const SESSIONS: Id = Id::Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray;
const SUBSCRIPTIONS: Id = Id::Server_ServerDiagnostics_SubscriptionDiagnosticsArray;

pub(super) async fn diagnostics(visit: &Visit, request: &DiagnosticsRequest) -> Result<DiagnosticsResponse> {
    let mut wanted =
        vec![Id::Server_ServerDiagnostics_EnabledFlag, Id::Server_ServerDiagnostics_ServerDiagnosticsSummary];
    wanted.extend(request.sessions.then_some(SESSIONS));
    wanted.extend(request.subscriptions.then_some(SUBSCRIPTIONS));
    let items = wanted.into_iter().map(|id| Ok(attribute(&id.into(), AttributeId::Value))).collect();
    let mut told = visit.read(items, 0, Timestamps::Both, request.encoding).await?.into_iter();
    let mut next = || told.next().unwrap_or_default();
    Ok(DiagnosticsResponse {
        enabled: next(),
        summary: next(),
        sessions: request.sessions.then(&mut next),
        subscriptions: request.subscriptions.then(next),
    })
}
