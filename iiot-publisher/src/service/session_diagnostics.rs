//! What the server itself says of our session (OPC 10000-5 §12.11), asked for again and again where that is wanted.

use std::borrow::Cow;
use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::session::{Session, SessionExt, SessionState};
use iiot_core::time::UtcTime;
use iiot_core::ua::{NodeId, SessionDiagnosticsDataType, StatusCode, VariableId, Variant};
use iiot_core::{Error, ErrorKind, Result};

use super::status::ConnectionStatus;
use crate::diagnostics::SessionDiagnostics;

/// Notes and logs it every ten seconds, while there is a connection.
pub(super) async fn follow(session: &dyn Session, name: &str, status: &ConnectionStatus, clock: &dyn Clock) {
    loop {
        if session.state() == SessionState::Connected {
            status.described(ask(session, name, clock.utc()).await);
        }
        clock.sleep_until(clock.now() + INTERVAL).await;
    }
}

async fn ask(session: &dyn Session, name: &str, taken: UtcTime) -> Result<SessionDiagnostics> {
    let node = VariableId::Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionDiagnosticsArray;
    let mut values = session.read_values(&[NodeId::from(node)]).await?;
    let value = values.pop().unwrap_or_default();
    if let Some(status) = value.status.filter(StatusCode::is_bad) {
        return Err(unknown(format!("the server does not tell of its sessions ({status})")));
    }
    let ours = structures(value.value).find(|session| session.session_name.as_ref() == name);
    let ours = ours.ok_or_else(|| unknown("the server's list of sessions lacks ours; are its diagnostics enabled?"))?;
    Ok(SessionDiagnostics {
        taken,
        connected: ours.client_connection_time.into(),
        last_contact: ours.client_last_contact_time.into(),
        subscriptions: ours.current_subscriptions_count,
        monitored_items: ours.current_monitored_items_count,
        publish_requests: ours.current_publish_requests_in_queue,
        requests: ours.total_request_count.total_count,
        failed_requests: ours.total_request_count.error_count,
        unauthorized_requests: ours.unauthorized_request_count,
        published: ours.publish_count.total_count,
        republished: ours.republish_count.total_count,
    })
}

fn structures(value: Option<Variant>) -> impl Iterator<Item = SessionDiagnosticsDataType> {
    let elements = match value {
        Some(Variant::Array(array)) => array.values,
        _ => Vec::new(),
    };
    elements.into_iter().filter_map(|element| match element {
        Variant::ExtensionObject(object) => object.into_inner_as::<SessionDiagnosticsDataType>().map(|known| *known),
        _ => None,
    })
}

fn unknown(cause: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Unsupported, "read the diagnostics of the session", cause)
}

const INTERVAL: Duration = Duration::from_secs(10);
