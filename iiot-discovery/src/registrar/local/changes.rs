//! How records are changed: by compare-and-swap, repeated where nobody has said which revision he means.

use iiot_core::model::{Application, Endpoint, Record};
use iiot_core::registry::{Expected, RecordKey, RecordKind, Revision, Write};
use iiot_core::{Error, ErrorKind, Result};

use super::LocalRegistrar;
use crate::registrar::applications::RecordedApplication;
use crate::registrar::endpoints::RecordedEndpoint;

impl LocalRegistrar {
    /// Changes an application and its endpoints together, then has edges told. `change` gets them as they are.
    pub(super) async fn change_application(
        &self,
        operation: &'static str,
        id: &str,
        revision: Option<Revision>,
        mut change: impl FnMut(&mut Application, &mut [Endpoint]) -> Result<()> + Send,
    ) -> Result<()> {
        let mut attempt = 0;
        loop {
            let before = self.one_application(id).await?;
            expect(operation, revision, before.revision, "application", id)?;
            let recorded = self.endpoints_of(id).await?;
            let mut application = before.application.clone();
            let mut endpoints: Vec<Endpoint> = recorded.iter().map(|one| one.endpoint.clone()).collect();
            change(&mut application, &mut endpoints)?;
            let writes = writes(before, application, recorded, endpoints);
            let changed: Vec<String> = writes
                .iter()
                .filter(|write| write.key.kind == RecordKind::Endpoint)
                .map(|write| write.key.id.clone())
                .collect();
            match self.registry.commit(writes).await {
                Ok(_) => return self.settle_all(changed).await,
                Err(error) if goes_on(&error, revision, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Changes an endpoint, then has edges told.
    pub(super) async fn change_endpoint(
        &self,
        operation: &'static str,
        id: &str,
        revision: Option<Revision>,
        activated: bool,
    ) -> Result<()> {
        let mut attempt = 0;
        loop {
            let RecordedEndpoint { revision: found, endpoint, .. } = self.one_endpoint(id).await?;
            expect(operation, revision, found, "endpoint", id)?;
            if endpoint.activated == activated {
                break;
            }
            let problem = if activated { None } else { endpoint.problem.clone() };
            let record = Record::Endpoint(Endpoint { activated, problem, ..endpoint });
            let key = RecordKey::new(RecordKind::Endpoint, id);
            let write = Write { key, record: Some(record), expected: Expected::Revision(found) };
            match self.registry.commit(vec![write]).await {
                Ok(_) => break,
                Err(error) if goes_on(&error, revision, &mut attempt) => {}
                Err(error) => return Err(error),
            }
        }
        self.settle_all(vec![id.to_owned()]).await
    }
}

/// Nobody uses the endpoints any more.
pub(super) fn deactivate_all(endpoints: &mut [Endpoint]) {
    endpoints.iter_mut().for_each(|endpoint| endpoint.activated = false);
}

/// Whether a record is the one that somebody has looked at.
pub(super) fn expect(
    operation: &'static str,
    asked: Option<Revision>,
    found: Revision,
    what: &'static str,
    id: &str,
) -> Result<()> {
    if asked.is_none_or(|asked| asked == found) {
        return Ok(());
    }
    let message = format!("it was changed meanwhile and has the revision {}; read it again", found.0);
    Err(Error::new(ErrorKind::Conflict, operation, message).with(what, id))
}

/// Whether a change that met another one is tried again.
pub(super) fn goes_on(error: &Error, revision: Option<Revision>, attempt: &mut usize) -> bool {
    *attempt += 1;
    let met = matches!(error.kind(), ErrorKind::Conflict | ErrorKind::AlreadyExists);
    met && revision.is_none() && *attempt < ATTEMPTS
}

fn writes(
    before: RecordedApplication,
    application: Application,
    recorded: Vec<RecordedEndpoint>,
    endpoints: Vec<Endpoint>,
) -> Vec<Write> {
    let mut writes = Vec::new();
    if before.application != application {
        let key = RecordKey::new(RecordKind::Application, before.id);
        let record = Some(Record::Application(application));
        writes.push(Write { key, record, expected: Expected::Revision(before.revision) });
    }
    for (before, endpoint) in recorded.into_iter().zip(endpoints).filter(|(before, after)| before.endpoint != *after) {
        let key = RecordKey::new(RecordKind::Endpoint, before.id);
        let record = Some(Record::Endpoint(endpoint));
        writes.push(Write { key, record, expected: Expected::Revision(before.revision) });
    }
    writes
}

/// How often a change is tried that meets others.
pub(super) const ATTEMPTS: usize = 100;
