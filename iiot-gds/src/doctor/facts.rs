//! What is known of a client and a server that cannot talk.

use std::sync::Arc;

use iiot_core::Error;
use iiot_core::session::{Identity, SecurityChoice};
use iiot_core::time::UtcTime;
use iiot_core::trust::TrustLists;
use iiot_core::ua::client::Greeting;
use iiot_core::ua::secure::SecurityPolicy;
use iiot_core::ua::trust::TrustPolicy;
use iiot_core::ua::{ApplicationDescription, EndpointDescription};

/// What is known of an application. What is `None` is not known, and a diagnosis says what that leaves open.
#[derive(Debug, Clone, Default)]
pub struct Party {
    /// How it describes itself: of a client in CreateSession, of a server in FindServers.
    pub description: Option<ApplicationDescription>,
    /// The certificate that it presents: DER, leaf first, with the issuers that it sends.
    pub certificate: Option<Vec<u8>>,
    /// Whom it trusts.
    pub trust: Option<Judge>,
}

/// How an application judges others.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    /// Its trust lists.
    pub lists: TrustLists,
    /// Names of entries that could not even be read.
    pub unreadable: Vec<String>,
    /// How strictly it judges. Where that is not known, the default is taken for what every application wants, and
    /// [`TrustPolicy::strict`] for what it may want.
    pub policy: Option<TrustPolicy>,
}

/// What is known of the application that connects.
#[derive(Debug, Clone)]
pub struct ClientFacts {
    /// Who it is and whom it trusts.
    pub party: Party,
    /// What its clock says.
    pub clock: UtcTime,
    /// The URL that it dials.
    pub url: String,
    /// Which endpoints it takes.
    pub security: SecurityChoice,
    /// URIs of the security policies that it takes, the weakest first.
    pub policies: Vec<String>,
    /// Who it is to the server.
    pub user: User,
    /// Whether it stays with the host that it dialled where the server reports another.
    pub keep_dialled_host: bool,
    /// How far it got before anything of OPC UA was said.
    pub reach: Option<Reach>,
    /// Hosts that endpoints report and that cannot be reached from its machine, each with the reason.
    pub unreachable: Vec<(String, String)>,
    /// What came of an attempt to connect.
    pub attempt: Option<Attempt>,
}

/// What is known of the application that is connected to.
#[derive(Debug, Clone, Default)]
pub struct ServerFacts {
    /// Who it is and whom it trusts. Its certificate is the one that it presents when a session is made.
    pub party: Party,
    /// What its clock says at the time of the client's.
    pub clock: Option<UtcTime>,
    /// What it answers to GetEndpoints, or why it does not.
    pub endpoints: Option<Result<Vec<EndpointDescription>, Arc<Error>>>,
    /// How it judges certificates of users.
    pub users: Option<Judge>,
}

/// Who a client is to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum User {
    /// Nobody in particular.
    #[default]
    Anonymous,
    /// Somebody with a password.
    UserName(String),
    /// Somebody with this certificate (DER), or with one that is not known here.
    Certificate(Option<Vec<u8>>),
    /// Somebody with a token of this kind.
    Issued(String),
}

/// How far a client got before anything of OPC UA was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The host has no address there, for this reason.
    NoAddress(String),
    /// What the address and port turned out to be.
    Greeted(Greeting),
}

/// What came of an attempt to connect.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// A session.
    Connected,
    /// An error.
    Failed(Arc<Error>),
}

impl ClientFacts {
    /// A client of this build that dials a URL, of which nothing else is known.
    #[must_use]
    pub fn new(url: impl Into<String>, clock: UtcTime) -> Self {
        let sound = SecurityPolicy::ALL.iter().filter(|policy| !policy.is_legacy());
        Self {
            party: Party::default(),
            clock,
            url: url.into(),
            security: SecurityChoice::default(),
            policies: sound.map(|policy| policy.uri().to_owned()).collect(),
            user: User::Anonymous,
            keep_dialled_host: true,
            reach: None,
            unreachable: Vec::new(),
            attempt: None,
        }
    }
}

impl From<TrustLists> for Judge {
    fn from(lists: TrustLists) -> Self {
        Self { lists, ..Self::default() }
    }
}

impl From<&Identity> for User {
    fn from(identity: &Identity) -> Self {
        match identity {
            Identity::Anonymous => Self::Anonymous,
            Identity::UserName { user, .. } => Self::UserName(user.clone()),
            Identity::Certificate { certificate, .. } => Self::Certificate(Some(certificate.clone())),
            Identity::Stored { .. } => Self::Certificate(None),
            Identity::Issued { token_type, .. } => Self::Issued(token_type.clone()),
        }
    }
}
