//! Why a client can or cannot talk to a server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a client can or cannot talk to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The URL that the client dials.
    pub url: String,
    /// Whether it can.
    pub connects: Connects,
    /// The whole of it in a sentence, with what to do.
    pub sentence: String,
    /// Step by step, in the order in which they are taken.
    pub steps: Vec<Step>,
}

impl Diagnosis {
    /// What keeps them apart, or most likely does: the first step that fails.
    #[must_use]
    pub fn cause(&self) -> Option<&Step> {
        let first = |outcome| self.steps.iter().find(|step| step.outcome == outcome);
        match self.connects {
            Connects::No => first(Outcome::Failed),
            Connects::Unlikely => first(Outcome::Likely),
            Connects::Yes | Connects::Unknown => None,
        }
    }
}

/// Whether a client can talk to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Connects {
    /// It can.
    Yes,
    /// It cannot, for certain.
    No,
    /// It cannot, and why is only likely, because something is not known.
    Unlikely,
    /// Nothing that is known keeps them apart, and not everything is known.
    Unknown,
}

/// One step of the way from a client to a session with a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which.
    pub step: StepName,
    /// Which check of OPC 10000-4 §6.1.3, of steps that judge a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckName>,
    /// Who takes it: whose log tells of it, who refuses.
    pub side: Side,
    /// How it goes.
    pub outcome: Outcome,
    /// What was seen, or why nothing can be said.
    pub detail: String,
    /// What to do, where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// What shows of it when it fails.
    #[serde(default, skip_serializing_if = "Codes::is_empty")]
    pub codes: Codes,
}

/// The steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepName {
    /// The host's name becomes addresses.
    Name,
    /// The client's machine has a way to the address.
    Route,
    /// Something listens at the port.
    Port,
    /// It speaks OPC UA: Hello and Acknowledge.
    Hello,
    /// The server tells its endpoints, and has some.
    Endpoints,
    /// The client accepts the security mode of one of them.
    SecurityMode,
    /// Client and server have a security policy in common, and keys for it.
    SecurityPolicy,
    /// The URL of the endpoint leads to the server.
    EndpointUrl,
    /// Both clocks say the same.
    Clock,
    /// The client judges the server's certificate.
    ServerCertificate,
    /// The server judges the client's certificate.
    ClientCertificate,
    /// A session is made, with the application whose certificate was judged.
    Session,
    /// The server takes users of this kind, and the secret can be protected.
    UserToken,
    /// The server judges the user's certificate.
    UserCertificate,
    /// The server lets this user in.
    User,
}

/// The checks of a certificate (OPC 10000-4 §6.1.3), in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckName {
    /// It is well formed.
    Structure,
    /// Its issuers are known up to a root.
    Chain,
    /// Each was signed by the next.
    Signature,
    /// Algorithms and key lengths will do.
    SecurityPolicy,
    /// One of them is trusted.
    TrustList,
    /// It is the time for all of them.
    ValidityPeriod,
    /// It is for the host that was dialled.
    HostName,
    /// It is for the application that presents it.
    Uri,
    /// It is for this use.
    Usage,
    /// There are revocation lists of the issuers.
    RevocationList,
    /// None was revoked.
    Revocation,
}

/// Who takes a step, or where something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The client, or its machine.
    Client,
    /// The server, or its machine.
    Server,
    /// What lies between them.
    Network,
    /// It is not known which.
    Unknown,
}

/// How a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Well.
    Passed,
    /// It goes on, and something is not as it should be; others may refuse.
    Doubtful,
    /// It fails.
    Failed,
    /// It fails most likely: something points there, and what would prove it is not known.
    Likely,
    /// Nothing can be said.
    Unknown,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// Where.
    pub side: Side,
    /// What.
    pub action: String,
}

/// StatusCodes that show where a step fails. A server tells a client that it refuses little, so that nobody learns from
/// it (OPC 10000-4 §6.1.3); its log tells more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Codes {
    /// What the other side is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<String>,
    /// In the log of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_log: Option<String>,
    /// In the log of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_log: Option<String>,
}

impl Codes {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wire.is_none() && self.client_log.is_none() && self.server_log.is_none()
    }
}
