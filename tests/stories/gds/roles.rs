//! Who may do what at a certificate manager, by its tables.

use std::collections::BTreeSet;

use iiot_core::http::ACCESS_OPERATIONS;
use iiot_core::operation::{Operation, Role, Shape};
use serde_json::Value;

use super::{Gds, Site};
use crate::http::{curl, curl_body};

fn tables() -> Vec<Operation> {
    let tables = [
        ACCESS_OPERATIONS,
        iiot_discovery::registrar::OPERATIONS,
        iiot_gds::certificates::OPERATIONS,
        iiot_gds::devices::OPERATIONS,
        iiot_gds::enrolment::OPERATIONS,
    ];
    tables.concat()
}

#[test]
fn every_operation_is_for_the_roles_that_its_table_says() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let site = Site::new(folder.path());
    site.set_up("p256", &[]);
    let keys = Role::ALL.map(|role| site.key(role.name(), role.name()));
    let gds = site.start();
    all_of_the_document(&gds);
    let mut asked = 0;
    for operation in tables() {
        let path = format!("/v1/{}/{}", operation.capability, operation.name);
        assert_eq!(status(&gds, &path, None, operation.shape), "401", "{path}");
        for (role, key) in Role::ALL.into_iter().zip(&keys) {
            let (status, refused) = (status(&gds, &path, Some(key), operation.shape), role < operation.role);
            assert_eq!(status == "403 needs", refused, "{path} as {role:?}: {status}");
            assert!(!status.starts_with("401") && !status.starts_with("5"), "{path} as {role:?}: {status}");
            asked += 1;
        }
    }
    assert_eq!(asked, tables().len() * Role::ALL.len());
    eprintln!("{asked} questions were answered as the tables say");
    gds.stop();
}

/// What is served is what stands in the tables, no more and no less.
fn all_of_the_document(gds: &Gds) {
    let document: Value = serde_json::from_str(&curl_body(&[&format!("{}/openapi.json", gds.url)])).expect("JSON");
    let served: BTreeSet<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    let path = |operation: &Operation| format!("/v1/{}/{}", operation.capability, operation.name);
    assert_eq!(served, tables().iter().map(path).collect());
}

/// The status of an empty request; behind 403 whether it is for want of the role. Streams are left at once.
fn status(gds: &Gds, path: &str, key: Option<&str>, shape: Shape) -> String {
    let (url, header) = (format!("{}{path}", gds.url), format!("Authorization: Bearer {}", key.unwrap_or_default()));
    let patience = if shape == Shape::Stream { "1" } else { "20" };
    let mut arguments = vec!["--globoff", "--max-time", patience, "--json", "{}", &url];
    if key.is_some() {
        arguments.extend(["--header", &header]);
    }
    let answer = curl(&arguments);
    let (body, status) = answer.rsplit_once(' ').expect("the status is behind the body");
    if body.contains("needs the role") { format!("{status} needs") } else { status.to_owned() }
}
