//! What every [`Registry`] keeps.

mod commits;
mod queries;
mod watching;

use std::time::Duration;

use crate::error::ErrorKind;
use crate::model::{Application, ApplicationDescription, ApplicationType, Record};
use crate::registry::{Change, Expected, RecordKey, RecordKind, Registry, RegistryExt, Revision, Write};

/// Runs the contract of [`Registry`] on an empty one. `other` leads to the same records: opened a second time where the
/// store can be, else a clone.
///
/// # Panics
/// Where the contract is broken.
pub async fn registry(registry: &dyn Registry, other: &dyn Registry) {
    commits::changes_need_what_they_expect(registry).await;
    commits::revisions_rise_for_ever(registry).await;
    commits::of_many_writers_one_wins_each_round(registry, other).await;
    commits::wrong_changes_are_refused(registry).await;
    commits::all_changes_take_place_or_none(registry).await;
    commits::a_commit_can_be_large(registry).await;
    queries::pages_hold_every_record_once(registry).await;
    queries::pages_hold_every_record_once_while_others_come(registry, other).await;
    queries::filters_find_what_has_their_value(registry).await;
    queries::texts_are_found_whatever_they_hold(registry).await;
    queries::what_changed_or_went_is_not_found_any_more(registry).await;
    watching::watchers_see_changes_in_order(registry).await;
    watching::watchers_see_what_others_change(registry, other).await;
    watching::watchers_come_back(registry).await;
    watching::who_was_never_here_missed_everything(registry).await;
    watching::slow_watchers_learn_that_they_missed_something(registry, other).await;
}

async fn put(registry: &dyn Registry, key: &RecordKey, name: &str, expected: Expected) -> Revision {
    registry.put(key, application(name), expected).await.expect("put succeeds")
}

async fn refusal(registry: &dyn Registry, key: &RecordKey, expected: Expected) -> ErrorKind {
    registry.put(key, application("x"), expected).await.expect_err("put is refused").kind()
}

fn write(id: &str, name: &str, expected: Expected) -> Write {
    Write { key: key(id), record: Some(application(name)), expected }
}

fn key(id: &str) -> RecordKey {
    RecordKey::new(RecordKind::Application, id)
}

fn application(name: &str) -> Record {
    Record::Application(Application::new(described(name)))
}

fn described(name: &str) -> ApplicationDescription {
    ApplicationDescription {
        application_uri: "urn:conformance".to_owned(),
        application_name: name.to_owned(),
        locale: None,
        product_uri: "urn:conformance".to_owned(),
        application_type: ApplicationType::Server,
        gateway_server_uri: None,
        discovery_profile_uri: None,
        discovery_urls: vec!["opc.tcp://localhost:4840".to_owned()],
        capabilities: vec!["DA".to_owned()],
    }
}

fn name(record: &Record) -> &str {
    match record {
        Record::Application(application) => &application.description.application_name,
        other => panic!("an application, not {other:?}"),
    }
}

fn revision(change: &Change) -> Revision {
    match change {
        Change::Put(record) => record.revision,
        Change::Deleted(_, revision) => *revision,
        Change::Missed => panic!("nothing was missed"),
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
