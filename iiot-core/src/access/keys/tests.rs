#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures::FutureExt;
use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::error::ErrorKind;

const NOW: UtcTime = UtcTime::UNIX_EPOCH;

fn keys() -> (TempDir, ApiKeys) {
    let folder = tempfile::tempdir().unwrap();
    let keys = ApiKeys::open(folder.path().join("http/keys.json")).unwrap();
    (folder, keys)
}

fn request(name: &str, role: Role) -> ApiKeyRequest {
    ApiKeyRequest { name: name.into(), role, expires: None }
}

#[test]
fn a_key_is_valid_until_it_expires_or_is_revoked() {
    let (_folder, keys) = keys();
    let hour = Duration::from_secs(3600);
    let new = keys.make(ApiKeyRequest { expires: Some(NOW + hour), ..request("bob", Role::Operator) }, NOW).unwrap();
    let grant = keys.check(&new.text, NOW).unwrap();
    assert_eq!((grant.name.as_str(), grant.role, &grant.id), ("bob", Role::Operator, &new.key.id));
    assert_eq!(keys.check(&new.text, NOW + hour).unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert_eq!(keys.revoke(&new.key.id).unwrap().name, "bob");
    assert_eq!(keys.check(&new.text, NOW).unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert_eq!(keys.revoke(&new.key.id).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn somebody_has_the_highest_role_of_his_valid_keys() {
    let (_folder, keys) = keys();
    let hour = Duration::from_secs(3600);
    keys.make(request("bob", Role::Reader), NOW).unwrap();
    let short = ApiKeyRequest { expires: Some(NOW + hour), ..request("bob", Role::Administrator) };
    keys.make(short, NOW).unwrap();
    let approver = keys.make(request("bob", Role::Approver), NOW).unwrap();
    assert_eq!(keys.role_of("bob", NOW), Some(Role::Administrator));
    assert_eq!(keys.role_of("bob", NOW + hour), Some(Role::Approver));
    keys.revoke(&approver.key.id).unwrap();
    assert_eq!(keys.role_of("bob", NOW + hour), Some(Role::Reader));
    assert_eq!(keys.role_of("Bob", NOW), None);
}

#[test]
fn the_file_holds_no_secret_and_is_its_owners() {
    let (folder, keys) = keys();
    let new = keys.make(request("bob", Role::Reader), NOW).unwrap();
    let path = folder.path().join("http/keys.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let secret = new.text.rsplit_once(&format!("{}_", new.key.id)).unwrap().1;
    assert!(text.contains(&new.key.id) && !text.contains(secret));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(ApiKeys::open(&path).unwrap_err().kind(), ErrorKind::Forbidden);
    }
}

#[test]
fn the_first_key_is_made_once() {
    let (_folder, keys) = keys();
    keys.make(request("reader", Role::Reader), NOW).unwrap();
    let first = keys.make_first("alice", NOW).unwrap();
    assert_eq!(first.key.role, Role::Administrator);
    assert_eq!(keys.make_first("mallory", NOW).unwrap_err().kind(), ErrorKind::AlreadyExists);
    keys.revoke(&first.key.id).unwrap();
    assert!(keys.make_first("alice", NOW).is_ok(), "the way back when the key is lost");
}

#[test]
fn what_one_process_changes_another_notices() {
    let (folder, keys) = keys();
    let new = keys.make(request("bob", Role::Reader), NOW).unwrap();
    let path = folder.path().join("http/keys.json");
    let other = ApiKeys::open(&path).unwrap();
    assert!(other.check(&new.text, NOW).is_ok());
    keys.revoke(&new.key.id).unwrap();
    other.refresh();
    assert!(other.check(&new.text, NOW).is_err());
    let next = keys.make(request("eve", Role::Reader), NOW).unwrap();
    other.refresh();
    std::fs::write(&path, "{").unwrap();
    other.refresh();
    assert!(other.check(&next.text, NOW).is_ok(), "a broken file changes nothing");
    assert_eq!(ApiKeys::open(&path).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn the_last_use_is_known_at_once_and_written_down() {
    let (folder, keys) = keys();
    let new = keys.make(request("bob", Role::Reader), NOW).unwrap();
    let later = NOW + Duration::from_secs(60);
    keys.check(&new.text, later).unwrap();
    assert_eq!(keys.list()[0].last_used, Some(later));
    keys.note_use().unwrap();
    let other = ApiKeys::open(folder.path().join("http/keys.json")).unwrap();
    assert_eq!(other.list()[0].last_used, Some(later));
}

#[tokio::test]
async fn the_end_of_a_grant_is_told_when_its_key_is_revoked_or_expires() {
    let (_folder, keys) = keys();
    let clock = ManualClock::new(NOW);
    let hour = Duration::from_secs(3600);
    let short = keys.make(ApiKeyRequest { expires: Some(NOW + hour), ..request("a", Role::Reader) }, NOW).unwrap();
    let long = keys.make(request("b", Role::Reader), NOW).unwrap();
    let (short, long) = (keys.check(&short.text, NOW).unwrap(), keys.check(&long.text, NOW).unwrap());
    let (mut short, mut long_ended) = (Box::pin(keys.ended(&short, &clock)), Box::pin(keys.ended(&long, &clock)));
    assert!((&mut short).now_or_never().is_none() && (&mut long_ended).now_or_never().is_none());
    clock.advance(hour);
    assert!(short.now_or_never().is_some());
    assert!((&mut long_ended).now_or_never().is_none());
    keys.revoke(&long.id).unwrap();
    assert!(long_ended.now_or_never().is_some());
    assert!(clock.utc() > NOW);
}

#[test]
fn names_that_could_spoil_a_log_are_refused() {
    let (_folder, keys) = keys();
    for name in ["", " ", "a\nb", "ä", &"x".repeat(65)] {
        let error = keys.make(request(name, Role::Reader), NOW).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
}
