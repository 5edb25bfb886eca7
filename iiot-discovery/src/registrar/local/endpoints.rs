//! Endpoints that are used, or no longer.

use iiot_core::Result;
use iiot_core::model::{Application, Approval, Endpoint, Record};
use iiot_core::registry::{Expected, RecordKey, RecordKind, Write};

use super::changes::goes_on;
use super::queries::{recorded_application, recorded_endpoint};
use super::{LocalRegistrar, refused};
use crate::registrar::applications::AdoptRequest;
use crate::registrar::endpoints::{ChangeEndpointRequest, RecordedEndpoint, ReleaseRequest, ReleaseResponse};
use crate::registrar::placement::may_be_used;

impl LocalRegistrar {
    pub(super) async fn set_activated(
        &self,
        request: ChangeEndpointRequest,
        activated: bool,
    ) -> Result<RecordedEndpoint> {
        let ChangeEndpointRequest { endpoint: id, revision } = request;
        let operation = if activated { "activate an endpoint" } else { "deactivate an endpoint" };
        if activated {
            let application = self.one_endpoint(&id).await?.endpoint.application;
            let found = self.one_application(&application).await?;
            let refusal = |reason| refused(operation, reason).with("endpoint", &id).with("application", &application);
            may_be_used(&found.application).map_err(refusal)?;
        }
        self.change_endpoint(operation, &id, revision, activated).await?;
        self.one_endpoint(&id).await
    }

    pub(super) async fn take_over(&self, request: AdoptRequest) -> Result<RecordedEndpoint> {
        let mut attempt = 0;
        loop {
            let writes = self.adoption(&request).await?;
            if writes.is_empty() {
                break;
            }
            match self.registry.commit(writes).await {
                Ok(_) => break,
                Err(error) if goes_on(&error, None, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        }
        self.settle_all(vec![request.endpoint.clone()]).await?;
        self.one_endpoint(&request.endpoint).await
    }

    /// What has to change so that both are on record, and used.
    async fn adoption(&self, request: &AdoptRequest) -> Result<Vec<Write>> {
        let key = RecordKey::new(RecordKind::Application, &*request.application);
        let before = self.registry.get(&key).await?.and_then(recorded_application);
        let known = before.as_ref().map(|found| found.application.clone());
        let application = self.adopted_application(request, known);
        let mut writes = Vec::new();
        if before.as_ref().map(|found| &found.application) != Some(&application) {
            let expected = before.map_or(Expected::Absent, |found| Expected::Revision(found.revision));
            writes.push(Write { key, record: Some(Record::Application(application.clone())), expected });
        }
        let key = RecordKey::new(RecordKind::Endpoint, &*request.endpoint);
        let before = self.registry.get(&key).await?.and_then(recorded_endpoint);
        let known = before.as_ref().map(|found| found.endpoint.clone());
        let endpoint = adopted_endpoint(request, known, &application)?;
        if before.as_ref().map(|found| &found.endpoint) != Some(&endpoint) {
            let expected = before.map_or(Expected::Absent, |found| Expected::Revision(found.revision));
            writes.push(Write { key, record: Some(Record::Endpoint(endpoint)), expected });
        }
        Ok(writes)
    }

    fn adopted_application(&self, request: &AdoptRequest, known: Option<Application>) -> Application {
        let mut application = known.unwrap_or_else(|| Application {
            edge: self.options.edge.clone(),
            site: self.options.site.clone(),
            ..Application::new(request.application_description.clone())
        });
        application.description = request.application_description.clone();
        application.addresses = request.addresses.clone();
        application.approval = Approval::Approved;
        application.enabled = true;
        application
    }

    pub(super) async fn let_go(&self, request: ReleaseRequest) -> Result<ReleaseResponse> {
        let key = RecordKey::new(RecordKind::Endpoint, &*request.endpoint);
        let Some(found) = self.registry.get(&key).await?.and_then(recorded_endpoint) else {
            return Ok(ReleaseResponse { released: false });
        };
        self.change_endpoint("release an endpoint", &found.id, None, false).await?;
        Ok(ReleaseResponse { released: found.endpoint.activated })
    }
}

fn adopted_endpoint(request: &AdoptRequest, known: Option<Endpoint>, application: &Application) -> Result<Endpoint> {
    let description = request.endpoint_description.clone();
    let mut endpoint = known.unwrap_or_else(|| Endpoint::new(&*request.application, description.clone()));
    if endpoint.application != request.application {
        let error = refused("adopt an endpoint", "the endpoint belongs to another application here");
        return Err(error.with("endpoint", &request.endpoint).with("application", endpoint.application));
    }
    if endpoint.description != description && endpoint.edge.is_some() {
        endpoint.problem = Some("it is no longer as it was".to_owned());
    }
    endpoint.description = description;
    endpoint.site.clone_from(&application.site);
    endpoint.activated = true;
    Ok(endpoint)
}
