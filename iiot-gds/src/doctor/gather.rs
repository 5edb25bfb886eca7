//! Finds out what can be found out from the client's side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::session::{ConnectOptions, Session};
use iiot_core::trust::MemoryTrustStore;
use iiot_core::ua::client::{
    Address, DiscoveryClient, DiscoveryOptions, Greeting, UaConnector, UaConnectorOptions, greet,
};
use iiot_core::ua::secure::SecurityPolicy;
use iiot_core::ua::{ApplicationDescription, ApplicationType, EndpointDescription};
use iiot_core::{Error, Result};

use super::{Attempt, ClientFacts, Judge, Party, Reach, ServerFacts};

/// How long each question may take.
const STEP: Duration = Duration::from_secs(10);
/// Hosts that a server reports and that are tried.
const MAX_HOSTS: usize = 4;

/// Says Hello, asks for endpoints, and attempts to connect as this client would. Nothing is changed: a certificate that is
/// refused goes into no folder.
///
/// What the server thinks of others cannot be asked for: put what is known of it into [`ServerFacts`], from a
/// [`PkiFolder`](super::PkiFolder) or its TrustList.
///
/// # Errors
/// `InvalidArgument` if the URL is none; those of the client's trust store.
pub async fn gather(client: &UaConnectorOptions, options: &ConnectOptions) -> Result<(ClientFacts, ServerFacts)> {
    let address = Address::parse(&options.endpoint_url)?;
    let mut facts = own(client, options).await?;
    let mut server = ServerFacts::default();
    let reach = reach(client, &address).await;
    let is_there = reach == Reach::Greeted(Greeting::OpcUa);
    facts.reach = Some(reach);
    if is_there {
        ask(client, options, &mut server).await;
        facts.unreachable = unreachable(client, &address, &server).await;
        facts.attempt = Some(attempt(client, options, &facts).await);
    }
    Ok((facts, server))
}

/// What our client knows of itself.
async fn own(client: &UaConnectorOptions, options: &ConnectOptions) -> Result<ClientFacts> {
    let mut facts = ClientFacts::new(&options.endpoint_url, client.clock.utc());
    let is_named = |policy: &SecurityPolicy| {
        options.security.policy.as_deref().is_some_and(|named| named == policy.uri() || named == policy.name())
    };
    let legacy = SecurityPolicy::ALL.iter().filter(|policy| policy.is_legacy());
    let allowed = legacy.filter(|policy| client.allow_legacy_policies || is_named(policy));
    facts.policies.splice(1..1, allowed.map(|policy| policy.uri().to_owned()));
    facts.security = options.security.clone();
    facts.user = (&options.identity).into();
    facts.keep_dialled_host = options.keep_dialled_host;
    facts.party = Party {
        description: Some(ApplicationDescription {
            application_uri: client.application_uri.as_str().into(),
            application_name: client.application_name.as_str().into(),
            application_type: ApplicationType::Client,
            ..Default::default()
        }),
        certificate: Some(client.certificate.as_ref().map(|own| own.current().chain).unwrap_or_default()),
        trust: Some(Judge {
            lists: client.trust.lists().await?,
            unreadable: Vec::new(),
            policy: Some(client.trust_policy),
        }),
    };
    Ok(facts)
}

async fn reach(client: &UaConnectorOptions, address: &Address) -> Reach {
    let clock = client.clock.as_ref();
    let looked_up = tokio::select! {
        found = tokio::net::lookup_host((address.host(), address.port())) => found.map_err(|cause| cause.to_string()),
        () = clock.sleep_until(clock.now() + STEP) => Err("no name server answered in time".into()),
    };
    let addresses: Vec<SocketAddr> = match looked_up {
        Ok(found) => found.take(8).collect(),
        Err(why) => return Reach::NoAddress(why),
    };
    let mut last = Reach::NoAddress("it has no address".into());
    for place in addresses {
        let greeting = greet(place, &address.to_string(), STEP, clock).await;
        if greeting == Greeting::OpcUa {
            return Reach::Greeted(greeting);
        }
        last = Reach::Greeted(greeting);
    }
    last
}

async fn ask(client: &UaConnectorOptions, options: &ConnectOptions, server: &mut ServerFacts) {
    let asked = DiscoveryOptions { clock: Arc::clone(&client.clock), ..DiscoveryOptions::new(&options.endpoint_url) };
    let discovery = match DiscoveryClient::open(asked).await {
        Ok(discovery) => discovery,
        Err(error) => {
            server.endpoints = Some(Err(Arc::new(error)));
            return;
        }
    };
    let told = discovery.endpoints().await;
    server.clock = discovery.server_time();
    let uri = told.as_ref().ok().and_then(|told| told.items.first()).map(|one| one.server.application_uri.clone());
    server.endpoints = Some(told.map(|told| told.items).map_err(Arc::new));
    let servers = discovery.servers(&[]).await.map(|servers| servers.items).unwrap_or_default();
    let itself = servers.iter().find(|one| uri.as_ref() == Some(&one.application_uri));
    let alone = servers.first().filter(|_| servers.len() == 1);
    server.party.description = itself.or(alone).cloned();
    discovery.close().await;
}

/// The hosts that endpoints report and that do not answer from here.
async fn unreachable(client: &UaConnectorOptions, dialled: &Address, server: &ServerFacts) -> Vec<(String, String)> {
    let told = server.endpoints.iter().flatten().flatten();
    let mut places: Vec<Address> = Vec::new();
    for place in told.filter_map(|endpoint: &EndpointDescription| Address::parse(endpoint.endpoint_url.as_ref()).ok()) {
        let is_new = (place.host(), place.port()) != (dialled.host(), dialled.port()) && !places.contains(&place);
        if is_new && places.len() < MAX_HOSTS {
            places.push(place);
        }
    }
    let mut found = Vec::new();
    for place in places {
        match reach(client, &place).await {
            Reach::NoAddress(why) => found.push((place.host().to_owned(), why)),
            Reach::Greeted(Greeting::OpcUa) => {}
            Reach::Greeted(greeting) => found.push((place.host().to_owned(), greeting.advice(place.port()).detail)),
        }
    }
    found
}

/// With a copy of the trust lists, so that nothing is written.
async fn attempt(client: &UaConnectorOptions, options: &ConnectOptions, facts: &ClientFacts) -> Attempt {
    let lists = facts.party.trust.as_ref().map(|trust| trust.lists.clone()).unwrap_or_default();
    let parts = UaConnectorOptions { trust: Arc::new(MemoryTrustStore::new(lists)), ..client.clone() };
    let failed = |error: Error| Attempt::Failed(Arc::new(error));
    match UaConnector::new(parts).open(options.clone()).await {
        Ok(session) => {
            session.close().await;
            Attempt::Connected
        }
        Err(error) => failed(error),
    }
}
