//! A client and a server that get on with each other, as facts; and what a diagnosis of a fault must say.

use std::time::Duration;

use iiot_core::clock::{Clock, SystemClock};
use iiot_core::trust::TrustLists;
use iiot_core::ua::client::Greeting;
use iiot_core::ua::trust::TrustPolicy;
use iiot_core::ua::{
    ApplicationDescription, ApplicationType, EndpointDescription, MessageSecurityMode, UserTokenPolicy, UserTokenType,
};
use iiot_gds::doctor::{
    CheckName, ClientFacts, Connects, Diagnosis, Judge, Party, Reach, ServerFacts, Side, Step, StepName, diagnose,
};

use crate::workshop::{CLIENT_URI, SERVER_URI, WORKSHOP};

pub(crate) const URL: &str = "opc.tcp://plc:4840";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Both sides.
pub(crate) struct Scene {
    pub(crate) client: ClientFacts,
    pub(crate) server: ServerFacts,
}

impl Scene {
    /// Both have certificates of one authority, trust its root, and judge as strictly as can be.
    pub(crate) fn sound() -> Self {
        let now = SystemClock.utc();
        let mut client = ClientFacts::new(URL, now);
        client.reach = Some(Reach::Greeted(Greeting::OpcUa));
        client.party = party(CLIENT_URI, ApplicationType::Client, &["client", "issuing"]);
        let party = party(SERVER_URI, ApplicationType::Server, &["server", "issuing"]);
        let server = ServerFacts { party, clock: Some(now), endpoints: None, users: Some(judge()) };
        let mut scene = Self { client, server };
        scene.offer(&[
            ("Basic256Sha256", MessageSecurityMode::Sign),
            ("Basic256Sha256", MessageSecurityMode::SignAndEncrypt),
        ]);
        scene
    }

    pub(crate) fn diagnose(&self) -> Diagnosis {
        diagnose(&self.client, &self.server)
    }

    /// The server offers these and no others, with its certificate and every user token.
    pub(crate) fn offer(&mut self, offers: &[(&str, MessageSecurityMode)]) {
        let certificate = self.server.party.certificate.clone().unwrap();
        let endpoint = |(policy, mode): &(&str, MessageSecurityMode)| endpoint(policy, *mode, &certificate);
        self.server.endpoints = Some(Ok(offers.iter().map(endpoint).collect()));
    }

    pub(crate) fn endpoints(&mut self) -> &mut Vec<EndpointDescription> {
        self.server.endpoints.as_mut().unwrap().as_mut().unwrap()
    }

    pub(crate) fn each_endpoint(&mut self, change: impl FnMut(&mut EndpointDescription)) {
        self.endpoints().iter_mut().for_each(change);
    }

    /// The server presents this, and its endpoints tell of it.
    pub(crate) fn server_has(&mut self, chain: &[&str]) {
        let chain = WORKSHOP.chain(chain);
        self.server.party.certificate = Some(chain.clone());
        self.each_endpoint(|endpoint| endpoint.server_certificate = chain.clone().into());
    }

    pub(crate) fn client_has(&mut self, chain: &[&str]) {
        self.client.party.certificate = Some(WORKSHOP.chain(chain));
    }

    pub(crate) fn client_lists(&mut self) -> &mut TrustLists {
        &mut self.client.party.trust.as_mut().unwrap().lists
    }

    pub(crate) fn server_lists(&mut self) -> &mut TrustLists {
        &mut self.server.party.trust.as_mut().unwrap().lists
    }

    pub(crate) fn user_lists(&mut self) -> &mut TrustLists {
        &mut self.server.users.as_mut().unwrap().lists
    }

    pub(crate) fn tokens(&mut self, tokens: &[UserTokenPolicy]) {
        self.each_endpoint(|endpoint| endpoint.user_identity_tokens = Some(tokens.to_vec()));
    }
}

/// Whom everybody in the works trusts.
pub(crate) fn judge() -> Judge {
    let lists = TrustLists {
        trusted_certificates: WORKSHOP.all(&["root"]),
        trusted_crls: WORKSHOP.lists(&["root"]),
        issuer_certificates: WORKSHOP.all(&["issuing"]),
        issuer_crls: WORKSHOP.lists(&["issuing"]),
    };
    Judge { lists, unreadable: Vec::new(), policy: Some(TrustPolicy::strict()) }
}

fn party(uri: &str, kind: ApplicationType, chain: &[&str]) -> Party {
    let description = Some(description(uri, kind));
    Party { description, certificate: Some(WORKSHOP.chain(chain)), trust: Some(judge()) }
}

pub(crate) fn description(uri: &str, kind: ApplicationType) -> ApplicationDescription {
    ApplicationDescription { application_uri: uri.into(), application_type: kind, ..Default::default() }
}

pub(crate) fn policy_uri(name: &str) -> String {
    format!("http://opcfoundation.org/UA/SecurityPolicy#{name}")
}

fn endpoint(policy: &str, mode: MessageSecurityMode, certificate: &[u8]) -> EndpointDescription {
    let tokens = [UserTokenType::Anonymous, UserTokenType::UserName, UserTokenType::Certificate];
    EndpointDescription {
        endpoint_url: URL.into(),
        server: description(SERVER_URI, ApplicationType::Server),
        server_certificate: certificate.to_vec().into(),
        security_mode: mode,
        security_policy_uri: policy_uri(policy).into(),
        user_identity_tokens: Some(tokens.map(|kind| token(kind, "")).to_vec()),
        transport_profile_uri: "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary".into(),
        ..Default::default()
    }
}

pub(crate) fn token(kind: UserTokenType, policy: &str) -> UserTokenPolicy {
    let uri = if policy.is_empty() { String::new() } else { policy_uri(policy) };
    UserTokenPolicy { token_type: kind, security_policy_uri: uri.into(), ..Default::default() }
}

/// What the diagnosis of a fault must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) connects: Connects,
    pub(crate) step: StepName,
    pub(crate) check: Option<CheckName>,
    /// Who refuses.
    pub(crate) side: Side,
    /// Where something is to be done.
    pub(crate) at: Side,
    /// A part of what is to be done.
    pub(crate) fix: &'static str,
}

impl Answer {
    /// For certain, at a step that checks no certificate.
    pub(crate) const fn step(step: StepName, side: Side, at: Side, fix: &'static str) -> Self {
        Self { connects: Connects::No, step, check: None, side, at, fix }
    }

    /// The client refuses the server's certificate.
    pub(crate) const fn server_certificate(check: CheckName, at: Side, fix: &'static str) -> Self {
        Self { check: Some(check), ..Self::step(StepName::ServerCertificate, Side::Client, at, fix) }
    }

    /// The server refuses the client's certificate.
    pub(crate) const fn client_certificate(check: CheckName, at: Side, fix: &'static str) -> Self {
        Self { check: Some(check), ..Self::step(StepName::ClientCertificate, Side::Server, at, fix) }
    }

    /// The server refuses the user's certificate.
    pub(crate) const fn user_certificate(check: CheckName, at: Side, fix: &'static str) -> Self {
        Self { check: Some(check), ..Self::step(StepName::UserCertificate, Side::Server, at, fix) }
    }

    pub(crate) const fn likely(self) -> Self {
        Self { connects: Connects::Unlikely, ..self }
    }

    /// What is wrong with a diagnosis, if anything.
    pub(crate) fn held_against(&self, told: &Diagnosis) -> Result<(), String> {
        let Some(cause) = told.cause() else { return Err(format!("no cause: {told:#?}")) };
        let Step { step, check, side, fix: Some(fix), .. } = cause else { return Err(format!("no fix: {told:#?}")) };
        let said = (told.connects, *step, *check, *side, fix.side);
        let wanted = (self.connects, self.step, self.check, self.side, self.at);
        let is_right = said == wanted && fix.action.contains(self.fix) && told.sentence.contains(&fix.action);
        if is_right { Ok(()) } else { Err(format!("wanted {self:?}, told {said:?}: {}", told.sentence)) }
    }
}
