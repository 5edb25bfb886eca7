//! Whose certificate it is: an application on record, or one that comes and is entered.

use iiot_core::model::{Application, ApplicationDescription, Approval, Field, Record};
use iiot_core::registry::{Expected, Query, RecordKey, RecordKind, RegistryExt};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::LocalEnrolment;
use super::record::{InvitationRecord, principal_name};
use crate::document::Kept;
use crate::policy::Digester;

impl LocalEnrolment {
    /// The application of an invitation, with its id. One that is not on record yet is so once [`enter`](Self::enter) is done.
    pub(super) async fn application_of(
        &self,
        record: &InvitationRecord,
        described: Option<&ApplicationDescription>,
    ) -> Result<(String, Application)> {
        match (&record.invitation.application, &record.entering) {
            (Some(id), Some(entering)) => Ok((id.clone(), approved(entering.clone()))),
            (Some(id), None) => Ok((id.clone(), self.office.admitted(id).await?)),
            (None, _) => {
                let described = described.ok_or_else(|| {
                    invalid("the invitation is for nobody on record: say who comes, in `application`")
                })?;
                check(described)?;
                self.nobody_has(&described.application_uri, None).await?;
                Ok((id_of(&record.invitation.id, &described.application_uri), approved(described.clone())))
            }
        }
    }

    /// Enters the application of an invitation into the record, if that is still to be done.
    pub(super) async fn enter(&self, mut kept: Kept<InvitationRecord>) -> Result<Kept<InvitationRecord>> {
        let Some(described) = kept.value.entering.take() else { return Ok(kept) };
        let id = kept.value.invitation.application.clone().unwrap_or_default();
        let uri = described.application_uri.clone();
        {
            let _one = self.entering.lock().await;
            self.nobody_has(&uri, Some(&id)).await?;
            let key = RecordKey::new(RecordKind::Application, &id);
            let record = Record::Application(approved(described));
            match self.office.registry.put(&key, record, Expected::Absent).await {
                // It was entered before, and then we were interrupted.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                entered => drop(entered?),
            }
        }
        let by = principal_name(&kept.value.invitation.id);
        let details = json!({ "application": id, "applicationUri": uri });
        self.save(kept, ("invitation.applicationEntered", &by), details).await
    }

    /// Whether no other application is known by this ApplicationUri: who comes must not pass for it.
    async fn nobody_has(&self, uri: &str, own: Option<&str>) -> Result<()> {
        let query = Query::of(RecordKind::Application).with(Field::ApplicationUri, uri);
        let found = self.office.registry.query(&query).await?.records;
        match found.iter().find(|other| Some(other.key.id.as_str()) != own) {
            None => Ok(()),
            Some(other) => {
                let message = "another application has this ApplicationUri: have an invitation made for that one, or take \
                               another URI";
                let error = Error::new(ErrorKind::AlreadyExists, "enroll", message).with("application", &other.key.id);
                Err(error.with("applicationUri", uri).retryable(false))
            }
        }
    }
}

/// Whoever was invited belongs here.
fn approved(description: ApplicationDescription) -> Application {
    Application { approval: Approval::Approved, ..Application::new(description) }
}

/// It is made of the invitation too, so that an application with this id was entered by it.
fn id_of(invitation: &str, uri: &str) -> String {
    format!("app-{}", &Digester::new("iiot enrolled application").part(invitation).part(uri).finish().as_str()[..32])
}

/// Not every face looks at sizes.
fn check(described: &ApplicationDescription) -> Result<()> {
    let ApplicationDescription { application_uri: uri, application_name: name, discovery_urls: urls, .. } = described;
    let more = [&described.product_uri];
    let texts = more.into_iter().chain(urls).chain(&described.capabilities);
    let texts =
        texts.chain(&described.locale).chain(&described.gateway_server_uri).chain(&described.discovery_profile_uri);
    let fits = |text: &String| text.len() <= MAX_TEXT && !text.contains(char::is_control);
    if !uri.contains(':') {
        return Err(invalid("an application needs an ApplicationUri, as in urn:HOST:NAME"));
    }
    if !texts.chain([uri, name]).all(fits) || urls.len() > MAX_ENTRIES || described.capabilities.len() > MAX_ENTRIES {
        return Err(invalid("a text has more than 1,024 bytes or control characters, or a list more than 100 entries"));
    }
    Ok(())
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "enroll", message).with(iiot_core::operation::POINTER, "#/application")
}

const MAX_TEXT: usize = 1024;
const MAX_ENTRIES: usize = 100;
