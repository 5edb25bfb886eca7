//! Whether a server can be reached.

use std::sync::Arc;

use iiot_core::session::{Session, SessionExt, SessionState, attribute};
use iiot_core::ua::{AttributeId, StatusCode, VariableId, Variant};
use iiot_core::{Error, Result};

use super::LocalTwin;
use super::visit::Visit;
use crate::Status;
use crate::connection::{
    Connection, ConnectionRequest, ConnectionResponse, Connectivity, DisconnectResponse, TestConnectionRequest,
    TestConnectionResponse,
};

impl LocalTwin {
    pub(super) async fn test(&self, request: &TestConnectionRequest) -> Result<TestConnectionResponse> {
        let (options, deadline) = self.approach(&request.endpoint, &request.header).await?;
        match self.lease(&options, &request.header, deadline).await {
            Err(error) => Ok(failed(Connectivity::Unreachable, &error)),
            Ok(lease) => {
                Ok(self.ask(&Visit::new(Arc::new(lease), &request.header, deadline, Arc::clone(&self.clock))).await)
            }
        }
    }

    pub(super) async fn standing(&self, request: &ConnectionRequest) -> Result<ConnectionResponse> {
        let options = self.endpoints.connect_options(&request.endpoint).await?;
        let states = self.pool.states(&options.endpoint_url);
        let connections: Vec<Connection> = states.into_iter().map(connection).collect();
        let is = |wanted| connections.iter().any(|connection| connection.state == wanted);
        let known = [Connectivity::Connected, Connectivity::Reconnecting, Connectivity::Connecting];
        let state = known.into_iter().find(|state| is(*state)).unwrap_or(Connectivity::Disconnected);
        Ok(ConnectionResponse { state, connections })
    }

    pub(super) async fn part(&self, request: &ConnectionRequest) -> Result<DisconnectResponse> {
        let options = self.endpoints.connect_options(&request.endpoint).await?;
        let closed = self.pool.disconnect(&options.endpoint_url).await;
        Ok(DisconnectResponse { closed: u32::try_from(closed).unwrap_or(u32::MAX) })
    }

    async fn ask(&self, visit: &Visit) -> TestConnectionResponse {
        let state = attribute(&VariableId::Server_ServerStatus_State.into(), AttributeId::Value);
        let started = self.clock.now();
        let answer = visit.session.read(vec![state]).await;
        let took = self.clock.now().saturating_duration_since(started);
        match answer {
            Ok(values) => {
                let value = values.into_iter().next().unwrap_or_default();
                TestConnectionResponse {
                    state: Connectivity::Connected,
                    status: value.status.unwrap_or(StatusCode::Good).into(),
                    failure: None,
                    server_state: value.value.as_ref().and_then(number),
                    round_trip_ms: u32::try_from(took.as_millis()).ok(),
                }
            }
            Err(error) if visit.session.state() == SessionState::Connected => failed(Connectivity::Unreachable, &error),
            Err(error) => failed(Connectivity::Reconnecting, &error),
        }
    }
}

fn connection(state: Option<SessionState>) -> Connection {
    match state {
        None => Connection { state: Connectivity::Connecting, reason: None },
        Some(SessionState::Connected) => Connection { state: Connectivity::Connected, reason: None },
        Some(SessionState::Reconnecting { reason, .. }) => {
            Connection { state: Connectivity::Reconnecting, reason: Some(reason.to_string()) }
        }
        Some(_) => Connection { state: Connectivity::Disconnected, reason: None },
    }
}

fn failed(state: Connectivity, error: &Error) -> TestConnectionResponse {
    TestConnectionResponse {
        state,
        status: Status::from(error),
        failure: Some(error.kind().code().to_owned()),
        server_state: None,
        round_trip_ms: None,
    }
}

fn number(value: &Variant) -> Option<i32> {
    match value {
        Variant::Int32(state) => Some(*state),
        _ => None,
    }
}
