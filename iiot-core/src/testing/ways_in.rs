//! Every way into a server: each of its endpoints with each identity.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::session::{ConnectOptions, Connector, Identity, ModeChoice, SecurityChoice, Session, SessionExt};
use crate::ua::{
    AttributeId, DataValue, EndpointDescription, MessageSecurityMode, NodeId, StatusCode, VariableId, Variant,
    WriteValue,
};

/// One way into a server, tried.
#[derive(Debug)]
pub struct WayIn {
    /// The name of the security policy.
    pub policy: String,
    /// The mode of the channel.
    pub mode: MessageSecurityMode,
    /// Who we were, as the caller calls it.
    pub identity: String,
    /// Nothing, or what failed.
    pub outcome: Result<()>,
}

/// Tries each endpoint that `connector` is told of with each identity: connects, reads, and, if there is a variable
/// for it (Int32), writes and reads back. What differs from `options` is the choice of endpoint and identity.
///
/// # Errors
/// If the server does not tell its endpoints. What fails later is the outcome of its way.
pub async fn ways_in(
    connector: &dyn Connector,
    options: &ConnectOptions,
    identities: &[(&str, Identity)],
    scratch: Option<&NodeId>,
) -> Result<Vec<WayIn>> {
    let mut ways = Vec::new();
    for (number, (mode, policy)) in securities(&connector.endpoints(&options.endpoint_url).await?).iter().enumerate() {
        for (index, (name, identity)) in identities.iter().enumerate() {
            let security = SecurityChoice { mode: ModeChoice::Exactly(*mode), policy: Some(policy.clone()) };
            let options = ConnectOptions { security, identity: identity.clone(), ..options.clone() };
            let number = i32::try_from(number * identities.len() + index).expect("no server has so many endpoints");
            let outcome = enter(connector, options, scratch.map(|node| (node, number + 1))).await;
            let policy = policy.rsplit('#').next().unwrap_or_default().to_owned();
            ways.push(WayIn { policy, mode: *mode, identity: (*name).to_owned(), outcome });
        }
    }
    Ok(ways)
}

/// The different securities of endpoints over `opc.tcp`, weakest first.
fn securities(endpoints: &[EndpointDescription]) -> Vec<(MessageSecurityMode, String)> {
    let binary = endpoints.iter().filter(|endpoint| endpoint.endpoint_url.as_ref().starts_with("opc.tcp:"));
    let mut found: Vec<_> =
        binary.map(|endpoint| (endpoint.security_mode, endpoint.security_policy_uri.as_ref().to_owned())).collect();
    found.sort_by_key(|(mode, policy)| (*mode as i32, policy.clone()));
    found.dedup();
    found
}

async fn enter(connector: &dyn Connector, options: ConnectOptions, scratch: Option<(&NodeId, i32)>) -> Result<()> {
    let session = connector.connect(options).await?;
    let outcome = use_session(&session, scratch).await;
    session.close().await;
    outcome
}

async fn use_session(session: &Arc<dyn Session>, scratch: Option<(&NodeId, i32)>) -> Result<()> {
    let uris = read(session, &VariableId::Server_NamespaceArray.into()).await?;
    if !matches!(uris, Variant::Array(_)) {
        return Err(unexpected(format!("the namespace array is {uris:?}")));
    }
    let Some((node, number)) = scratch else { return Ok(()) };
    let value = WriteValue {
        node_id: node.clone(),
        attribute_id: AttributeId::Value as u32,
        value: DataValue { value: Some(Variant::Int32(number)), ..Default::default() },
        ..Default::default()
    };
    match session.write(vec![value]).await?[..] {
        [StatusCode::Good] => {}
        ref other => return Err(unexpected(format!("the write answered {other:?}"))),
    }
    match read(session, node).await? {
        Variant::Int32(read) if read == number => Ok(()),
        other => Err(unexpected(format!("wrote {number} and read back {other:?}"))),
    }
}

async fn read(session: &Arc<dyn Session>, node: &NodeId) -> Result<Variant> {
    let value = session.read_values(std::slice::from_ref(node)).await?.swap_remove(0);
    value.value.ok_or_else(|| unexpected(format!("the value of {node} is missing: {:?}", value.status)))
}

fn unexpected(message: String) -> Error {
    Error::new(ErrorKind::Protocol, "use the session", message)
}

/// The outcome in a word, for tables.
impl fmt::Display for WayIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(()) => f.write_str("yes"),
            Err(error) => write!(f, "no: {}", error.report()),
        }
    }
}

/// A table in Markdown: a row for each security, a column for each identity.
#[must_use]
pub fn ways_in_table(ways: &[WayIn]) -> String {
    let mut identities: Vec<&str> = Vec::new();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for way in ways {
        if !identities.contains(&way.identity.as_str()) {
            identities.push(&way.identity);
        }
        let security = format!("{:?} {}", way.mode, way.policy);
        match rows.last_mut() {
            Some((last, outcomes)) if *last == security => outcomes.push(way.to_string()),
            _ => rows.push((security, vec![way.to_string()])),
        }
    }
    let mut table = format!("| security | {} |\n|---|{}\n", identities.join(" | "), "---|".repeat(identities.len()));
    for (security, outcomes) in rows {
        table += &format!("| {security} | {} |\n", outcomes.join(" | "));
    }
    table
}
