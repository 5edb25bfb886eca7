//! Records on their way from what they were to what they will be.

use std::collections::BTreeMap;

use iiot_core::model::{Application, Endpoint, Record};
use iiot_core::registry::{Expected, RecordKey, RecordKind, Revision, Write};

use super::Verdict;

/// Applications by their ids.
pub(in crate::registrar) type Drafts = BTreeMap<String, Draft>;

/// An application, with its endpoints by their ids.
#[derive(Debug, Clone)]
pub(in crate::registrar) struct Draft {
    pub(in crate::registrar) before: Option<(Revision, Application)>,
    pub(in crate::registrar) application: Application,
    pub(in crate::registrar) endpoints: BTreeMap<String, EndpointDraft>,
    pub(in crate::registrar) verdict: Option<Verdict>,
}

/// An endpoint; none where it is to be deleted.
#[derive(Debug, Clone)]
pub(in crate::registrar) struct EndpointDraft {
    pub(in crate::registrar) before: Option<(Revision, Endpoint)>,
    pub(in crate::registrar) endpoint: Option<Endpoint>,
}

impl Draft {
    /// One that is not on record.
    pub(in crate::registrar) const fn new(application: Application) -> Self {
        Self { before: None, application, endpoints: BTreeMap::new(), verdict: None }
    }

    /// One as it stands on record.
    pub(in crate::registrar) fn on_record(revision: Revision, application: Application) -> Self {
        Self { before: Some((revision, application.clone())), ..Self::new(application) }
    }

    /// What has changed, the application first.
    pub(in crate::registrar) fn into_writes(self, id: &str) -> Vec<Write> {
        let own = write(
            RecordKey::new(RecordKind::Application, id),
            self.before.map(|(revision, application)| (revision, Record::Application(application))),
            Some(Record::Application(self.application)),
        );
        let endpoints = self.endpoints.into_iter().filter_map(|(id, draft)| draft.into_write(id));
        own.into_iter().chain(endpoints).collect()
    }
}

impl EndpointDraft {
    pub(in crate::registrar) const fn new(endpoint: Endpoint) -> Self {
        Self { before: None, endpoint: Some(endpoint) }
    }

    pub(in crate::registrar) fn on_record(revision: Revision, endpoint: Endpoint) -> Self {
        Self { before: Some((revision, endpoint.clone())), endpoint: Some(endpoint) }
    }

    fn into_write(self, id: String) -> Option<Write> {
        let before = self.before.map(|(revision, endpoint)| (revision, Record::Endpoint(endpoint)));
        write(RecordKey::new(RecordKind::Endpoint, id), before, self.endpoint.map(Record::Endpoint))
    }
}

fn write(key: RecordKey, before: Option<(Revision, Record)>, record: Option<Record>) -> Option<Write> {
    let (revision, before) = before.map_or((None, None), |(revision, record)| (Some(revision), Some(record)));
    let expected = revision.map_or(Expected::Absent, Expected::Revision);
    (before != record).then_some(Write { key, record, expected })
}
