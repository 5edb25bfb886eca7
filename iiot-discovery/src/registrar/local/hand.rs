//! Applications that are entered by hand.

use std::collections::BTreeSet;

use iiot_core::model::{Application, Approval, Endpoint, EndpointDescription, Field, Record};
use iiot_core::operation::POINTER;
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt, Write};
use iiot_core::{Error, ErrorKind, Result};

use super::queries::recorded_application;
use super::{LocalRegistrar, refused};
use crate::registrar::applications::{AddApplicationRequest, ApplicationWithEndpoints, RecordedApplication};
use crate::registrar::cover::{place, place_of_url};
use crate::registrar::id;

impl LocalRegistrar {
    pub(super) async fn enter_by_hand(&self, request: AddApplicationRequest) -> Result<ApplicationWithEndpoints> {
        check(&request)?;
        let application = self.entered(&request)?;
        let _turn = self.entering.lock().await;
        self.is_new(&application).await?;
        let id = self.free_id(&application).await?;
        let writes = writes(&id, application, request.endpoints);
        self.registry.commit(writes).await?;
        self.whole_application(&id).await
    }

    fn entered(&self, request: &AddApplicationRequest) -> Result<Application> {
        let site = request.site.clone().or_else(|| self.options.site.clone());
        let edge = request.edge.clone().or_else(|| self.options.edge.clone());
        if site.is_none() && edge.is_none() {
            return Err(refused(ADD, "say at which site it stands, or which edge reaches it").with(POINTER, "#/site"));
        }
        let of_urls = request.endpoints.iter().filter_map(|endpoint| place_of_url(&endpoint.url));
        let given = request.addresses.iter().filter_map(|address| place(address));
        let addresses: BTreeSet<String> = given.chain(of_urls).map(|at| at.to_string()).collect();
        let thumbprints = request.endpoints.iter().filter_map(|endpoint| endpoint.certificate_thumbprint.as_ref());
        let thumbprints: BTreeSet<String> = thumbprints.map(|one| one.to_lowercase()).collect();
        Ok(Application {
            addresses: addresses.into_iter().collect(),
            thumbprints: thumbprints.into_iter().collect(),
            site,
            edge,
            approval: Approval::Approved,
            ..Application::new(request.description.clone())
        })
    }

    /// Whether nobody has its ApplicationUri at one of its addresses.
    async fn is_new(&self, application: &Application) -> Result<()> {
        let uri = &application.description.application_uri;
        let query = Query::of(RecordKind::Application).with(Field::ApplicationUri, uri);
        let known = self.registry.all(query).await?.into_iter().filter_map(recorded_application);
        match known.into_iter().find(|known| is_same(&known.application, application)) {
            None => Ok(()),
            Some(RecordedApplication { id, .. }) => {
                let message = "there is one with this ApplicationUri there already";
                Err(Error::new(ErrorKind::AlreadyExists, ADD, message).with("application", id))
            }
        }
    }

    async fn free_id(&self, application: &Application) -> Result<String> {
        let place = application.site.as_deref().or(application.edge.as_deref()).unwrap_or_default();
        let address = application.addresses.first().map(String::as_str).unwrap_or_default();
        let mut salt = 0;
        loop {
            let id = id::of_application(place, &application.description.application_uri, address, salt);
            if self.registry.get(&RecordKey::new(RecordKind::Application, &*id)).await?.is_none() {
                return Ok(id);
            }
            salt += 1;
        }
    }
}

/// At the same place, with a common address or none at all.
fn is_same(one: &Application, other: &Application) -> bool {
    let place = |application: &Application| application.site.clone().or_else(|| application.edge.clone());
    let unplaced = one.addresses.is_empty() && other.addresses.is_empty();
    place(one) == place(other) && (unplaced || one.addresses.iter().any(|address| other.addresses.contains(address)))
}

fn check(request: &AddApplicationRequest) -> Result<()> {
    for (index, address) in request.addresses.iter().enumerate() {
        if place(address).is_none() {
            let message = "it is no address with a port: 10.0.0.7:4840, [fd00::17]:4840";
            return Err(refused(ADD, message).with(POINTER, format!("#/addresses/{index}")));
        }
    }
    let mut keys = BTreeSet::new();
    for (index, endpoint) in request.endpoints.iter().enumerate() {
        let wrong =
            |member: &str, message| refused(ADD, message).with(POINTER, format!("#/endpoints/{index}/{member}"));
        if !endpoint.url.starts_with("opc.") || !endpoint.url.contains("://") {
            return Err(wrong("url", "it is no URL of a server: opc.tcp://plc-7:4840"));
        }
        if !MODES.contains(&endpoint.security_mode.as_str()) {
            return Err(wrong("securityMode", "it is none of None, Sign and SignAndEncrypt"));
        }
        if !keys.insert(key(endpoint)) {
            return Err(wrong("url", "an endpoint before it has the same URL, mode and policy"));
        }
    }
    Ok(())
}

fn key(endpoint: &EndpointDescription) -> (String, &str, &str) {
    (endpoint.url.to_lowercase(), &endpoint.security_mode, &endpoint.security_policy_uri)
}

fn writes(id: &str, application: Application, endpoints: Vec<EndpointDescription>) -> Vec<Write> {
    let site = application.site.clone();
    let endpoint = |description: EndpointDescription| {
        let EndpointDescription { url, security_mode, security_policy_uri, .. } = &description;
        let key = id::of_endpoint(id, url, security_mode, security_policy_uri, 0);
        let endpoint = Endpoint { site: site.clone(), ..Endpoint::new(id, description) };
        (RecordKey::new(RecordKind::Endpoint, key), Record::Endpoint(endpoint))
    };
    let own = (RecordKey::new(RecordKind::Application, id), Record::Application(application));
    let records = std::iter::once(own).chain(endpoints.into_iter().map(endpoint));
    records.map(|(key, record)| Write { key, record: Some(record), expected: Expected::Absent }).collect()
}

const ADD: &str = "add an application";
const MODES: [&str; 3] = ["None", "Sign", "SignAndEncrypt"];
