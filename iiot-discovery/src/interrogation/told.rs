//! What a server tells of an application, in our words: printable, bounded, and where it lies that is noted.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iiot_core::model::{ApplicationDescription, ApplicationType, EndpointDescription, UserTokenPolicy};
use iiot_core::text::{MAX_NAME, MAX_URI, clean};
use iiot_core::ua;
use iiot_core::ua::trust::leaf_of_chain;

use super::place::Location;

/// An application as one place tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) description: ApplicationDescription,
    pub(crate) endpoints: Vec<EndpointDescription>,
    /// What could not be taken as it came, for people.
    pub(crate) flaws: BTreeSet<String>,
}

/// Endpoints of one application; more than that nobody can use.
const MAX_ENDPOINTS: usize = 200;
/// URLs, capabilities and ways to log in.
const MAX_LIST: usize = 100;
/// Bytes of a chain of certificates.
const MAX_CHAIN: usize = 48 << 10;
const MAX_LOCALE: usize = 64;

impl Told {
    /// An application that says this of itself.
    pub(crate) fn new(said: &ua::ApplicationDescription) -> Self {
        let mut taking = Taking::default();
        let description = taking.application(said);
        Self { description, endpoints: Vec::new(), flaws: taking.flaws }
    }

    /// Adds what it says elsewhere: URLs that are not known yet, and whatever was left out here.
    pub(crate) fn learn(&mut self, other: Self) {
        let (known, more) = (&mut self.description, other.description);
        merge(&mut known.discovery_urls, more.discovery_urls);
        merge(&mut known.capabilities, more.capabilities);
        for (here, there) in
            [(&mut known.application_name, more.application_name), (&mut known.product_uri, more.product_uri)]
        {
            if here.is_empty() {
                *here = there;
            }
        }
        known.locale = known.locale.take().or(more.locale);
        known.gateway_server_uri = known.gateway_server_uri.take().or(more.gateway_server_uri);
        known.discovery_profile_uri = known.discovery_profile_uri.take().or(more.discovery_profile_uri);
        self.flaws.extend(other.flaws);
        for endpoint in other.endpoints {
            self.add(endpoint);
        }
    }

    /// Takes an endpoint, with the URL that reaches it from here.
    pub(crate) fn take(&mut self, said: &ua::EndpointDescription, dialled: &Location) {
        let mut taking = Taking::default();
        let endpoint = taking.endpoint(said, dialled);
        self.flaws.extend(taking.flaws);
        self.add(endpoint);
    }

    fn add(&mut self, endpoint: EndpointDescription) {
        if self.endpoints.iter().any(|known| is_same_way(known, &endpoint)) {
            return;
        }
        if self.endpoints.len() < MAX_ENDPOINTS {
            self.endpoints.push(endpoint);
        } else {
            self.flaws.insert(format!("it has more than {MAX_ENDPOINTS} endpoints; the others are left out"));
        }
    }
}

/// Whether both are the same endpoint, as far as the server is concerned.
pub(crate) fn is_same_way(one: &EndpointDescription, other: &EndpointDescription) -> bool {
    one.reported_url == other.reported_url
        && one.security_mode == other.security_mode
        && one.security_policy_uri == other.security_policy_uri
        && one.transport_profile_uri == other.transport_profile_uri
}

/// Adds what is not there yet, as far as there is room.
pub(crate) fn merge(known: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if known.len() < MAX_LIST && !known.contains(&one) {
            known.push(one);
        }
    }
}

/// Takes over texts and lists, and notes what was wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Taking {
    pub(crate) flaws: BTreeSet<String>,
}

impl Taking {
    fn application(&mut self, said: &ua::ApplicationDescription) -> ApplicationDescription {
        ApplicationDescription {
            application_uri: self.text("ApplicationUri", &said.application_uri, MAX_URI),
            application_name: self.text("name", &said.application_name.text, MAX_NAME),
            locale: self.optional("locale", &said.application_name.locale, MAX_LOCALE),
            product_uri: self.text("ProductUri", &said.product_uri, MAX_URI),
            application_type: kind(said.application_type),
            gateway_server_uri: self.optional("GatewayServerUri", &said.gateway_server_uri, MAX_URI),
            discovery_profile_uri: self.optional("DiscoveryProfileUri", &said.discovery_profile_uri, MAX_URI),
            discovery_urls: self.list("discovery URL", said.discovery_urls.as_deref()),
            capabilities: Vec::new(),
        }
    }

    fn endpoint(&mut self, said: &ua::EndpointDescription, dialled: &Location) -> EndpointDescription {
        let chain = said.server_certificate.value.as_deref().unwrap_or_default();
        let reported_url = self.text("endpoint URL", &said.endpoint_url, MAX_URI);
        EndpointDescription {
            url: self.reachable(&reported_url, dialled),
            reported_url,
            security_mode: mode(said.security_mode).to_owned(),
            security_policy_uri: self.text("SecurityPolicyUri", &said.security_policy_uri, MAX_URI),
            security_level: said.security_level,
            transport_profile_uri: self.text("TransportProfileUri", &said.transport_profile_uri, MAX_URI),
            certificate_thumbprint: leaf_of_chain(chain).ok().map(|(leaf, _)| leaf.thumbprint()),
            certificate: self.certificate(chain),
            user_tokens: self.user_tokens(said.user_identity_tokens.as_deref().unwrap_or_default()),
        }
    }

    /// The path that the server reports at the host and port that answered; other schemes are reached elsewhere.
    fn reachable(&mut self, reported: &str, dialled: &Location) -> String {
        match Location::parse(reported) {
            Ok(location) => location.at(dialled).to_string(),
            Err(_) if is_other_scheme(reported) => reported.to_owned(),
            Err(_) => {
                self.flaws.insert("an endpoint URL cannot be read".into());
                dialled.to_string()
            }
        }
    }

    fn certificate(&mut self, chain: &[u8]) -> Option<String> {
        if chain.len() > MAX_CHAIN {
            self.flaws.insert(format!("a certificate of {} bytes is left out", chain.len()));
            return None;
        }
        (!chain.is_empty()).then(|| BASE64_STANDARD.encode(chain))
    }

    fn user_tokens(&mut self, said: &[ua::UserTokenPolicy]) -> Vec<UserTokenPolicy> {
        if said.len() > MAX_LIST {
            self.flaws.insert(format!("{} ways to log in, of which {MAX_LIST} are taken", said.len()));
        }
        let take = |token: &ua::UserTokenPolicy| UserTokenPolicy {
            policy_id: self.text("name of a way to log in", &token.policy_id, MAX_NAME),
            token_type: token_type(token.token_type).to_owned(),
            security_policy_uri: self.optional("SecurityPolicyUri", &token.security_policy_uri, MAX_URI),
        };
        said.iter().take(MAX_LIST).map(take).collect()
    }

    /// Printable texts, each once.
    pub(crate) fn list(&mut self, what: &str, said: Option<&[ua::UAString]>) -> Vec<String> {
        let said = said.unwrap_or_default();
        if said.len() > MAX_LIST {
            self.flaws.insert(format!("a list of {} with {} entries, of which {MAX_LIST} are taken", what, said.len()));
        }
        let mut taken = Vec::new();
        merge(&mut taken, said.iter().take(MAX_LIST).map(|text| self.text(what, text, MAX_URI)).collect());
        taken.retain(|text| !text.is_empty());
        taken
    }

    fn text(&mut self, what: &str, said: &ua::UAString, most: usize) -> String {
        let (text, changed) = clean(said.as_ref(), most);
        if changed {
            self.flaws.insert(format!("its {what} has control characters or more than {most} bytes"));
        }
        text
    }

    fn optional(&mut self, what: &str, said: &ua::UAString, most: usize) -> Option<String> {
        Some(self.text(what, said, most)).filter(|text| !text.is_empty())
    }
}

fn is_other_scheme(url: &str) -> bool {
    url.split_once("://")
        .is_some_and(|(scheme, _)| matches!(scheme, "opc.https" | "https" | "http" | "opc.wss" | "opc.ws"))
}

fn kind(kind: ua::ApplicationType) -> ApplicationType {
    match kind {
        ua::ApplicationType::Server => ApplicationType::Server,
        ua::ApplicationType::Client => ApplicationType::Client,
        ua::ApplicationType::ClientAndServer => ApplicationType::ClientAndServer,
        ua::ApplicationType::DiscoveryServer => ApplicationType::DiscoveryServer,
    }
}

fn mode(mode: ua::MessageSecurityMode) -> &'static str {
    match mode {
        ua::MessageSecurityMode::Invalid => "Invalid",
        ua::MessageSecurityMode::None => "None",
        ua::MessageSecurityMode::Sign => "Sign",
        ua::MessageSecurityMode::SignAndEncrypt => "SignAndEncrypt",
    }
}

fn token_type(kind: ua::UserTokenType) -> &'static str {
    match kind {
        ua::UserTokenType::Anonymous => "Anonymous",
        ua::UserTokenType::UserName => "UserName",
        ua::UserTokenType::Certificate => "Certificate",
        ua::UserTokenType::IssuedToken => "IssuedToken",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn dialled() -> Location {
        Location::parse("opc.tcp://10.0.0.7:14840").unwrap()
    }

    fn said(url: &str) -> ua::EndpointDescription {
        ua::EndpointDescription { endpoint_url: url.into(), ..Default::default() }
    }

    #[test]
    fn the_reported_and_the_reachable_url_stand_side_by_side() {
        let mut told = Told::new(&ua::ApplicationDescription::default());
        for url in ["opc.tcp://plc-7:4840/UA", "opc.https://plc-7:443/UA", "rubbish"] {
            told.take(&said(url), &dialled());
        }
        let urls: Vec<_> = told.endpoints.iter().map(|one| (one.reported_url.as_str(), one.url.as_str())).collect();
        assert_eq!(
            urls,
            [
                ("opc.tcp://plc-7:4840/UA", "opc.tcp://10.0.0.7:14840/UA"),
                ("opc.https://plc-7:443/UA", "opc.https://plc-7:443/UA"),
                ("rubbish", "opc.tcp://10.0.0.7:14840"),
            ]
        );
        assert_eq!(told.flaws.iter().collect::<Vec<_>>(), ["an endpoint URL cannot be read"]);
    }

    #[test]
    fn what_is_hostile_is_cut_replaced_and_noted() {
        let mut told = Told::new(&ua::ApplicationDescription {
            application_uri: "urn:\u{1b}[2Jplc".into(),
            application_name: "x".repeat(64 << 10).as_str().into(),
            discovery_urls: Some(vec!["opc.tcp://a".into(); 5000]),
            ..Default::default()
        });
        let certificate = ua::ByteString::from(vec![0x30; 100_000]);
        let tokens = vec![ua::UserTokenPolicy::default(); 1000];
        let hostile = ua::EndpointDescription {
            server_certificate: certificate,
            user_identity_tokens: Some(tokens),
            ..said("opc.tcp://plc")
        };
        told.take(&hostile, &dialled());
        for number in 0..1000 {
            told.take(&said(&format!("opc.tcp://plc/{number}")), &dialled());
        }
        let Told { description, endpoints, flaws } = told;
        assert_eq!(description.application_uri, "urn:\u{fffd}[2Jplc");
        assert_eq!((description.application_name.len(), description.discovery_urls.len()), (MAX_NAME, 1));
        assert_eq!((endpoints.len(), endpoints[0].user_tokens.len()), (MAX_ENDPOINTS, MAX_LIST));
        assert_eq!(endpoints[0].certificate, None);
        assert_eq!(flaws.len(), 6, "{flaws:?}");
    }

    #[test]
    fn the_same_endpoint_is_taken_once() {
        let mut told = Told::new(&ua::ApplicationDescription::default());
        for _ in 0..3 {
            told.take(&said("opc.tcp://plc"), &dialled());
        }
        assert_eq!(told.endpoints.len(), 1);
    }
}
