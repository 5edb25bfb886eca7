//! Every operation as every role, here and elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use iiot_core::operation::{Dispatch, Invoke, Operation, PerPrincipal, Principal, Reply, Role};
use iiot_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use super::works::*;
use crate::certificates::authorities::AuthoritiesRequest;
use crate::certificates::requests::{FinishRequest, RequestRequest};
use crate::certificates::{Certificates, LocalCertificates, OPERATIONS, RemoteCertificates};
use crate::policy::Choice;

/// A request that parses, and of which nothing comes for want of what it names.
fn example(operation: &str) -> Value {
    let digest = "0".repeat(64);
    match operation {
        "authority" | "revocation_list" | "publish" | "activate_authority" | "retire_authority" => {
            json!({ "authority": "none" })
        }
        "group" => json!({ "group": "none" }),
        "request" | "finish_request" | "accept" | "withdraw" => json!({ "request": "none" }),
        "proposal" | "withdraw_proposal" => json!({ "proposal": "none" }),
        "certificate" => json!({ "issuer": "plant", "serial": "00" }),
        "start_signing_request" => json!({ "application": "none", "certificateRequest": "" }),
        "start_new_key_pair_request" => json!({ "application": "none", "privateKeyFormat": "pem" }),
        "vote" => json!({ "of": "proposal", "id": "none", "choice": "approve", "digest": digest }),
        "revoke" => json!({ "issuer": "plant", "serial": "00", "because": "unspecified" }),
        "revoke_application" => json!({ "application": "none", "because": "unspecified" }),
        "create_authority" => json!({ "authority": {
            "id": "works", "commonName": "x", "organization": "x", "key": "nistP256", "issuer": "none", "validDays": 90 } }),
        "put_group" => json!({ "group": { "id": "g", "purpose": "application", "certificateTypes": ["nistP256"],
            "validDays": 9, "keys": { "leastRsaBits": 2048, "mostRsaBits": 4096, "curves": [] },
            "approval": { "kind": "automatic" }, "authority": "none" } }),
        "put_policy" => json!({ "policy": { "changes": { "kind": "automatic" },
            "revocations": { "kind": "automatic" } }, "revision": 99_999 }),
        "believe_clock" => json!({ "time": "1999-01-01T00:00:00Z" }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let process = Process::set_up().await;
    let face: Arc<dyn Dispatch> = Arc::new(PerPrincipal(Arc::clone(&process.certificates)));
    assert_eq!(face.operations().len(), OPERATIONS.len());
    for operation in OPERATIONS {
        let request = example(operation.name).to_string();
        for role in Role::ALL {
            let outcome = face.dispatch(operation.name, &Principal::new("walker", role), request.as_bytes()).await;
            let kind = outcome.as_ref().err().map(Error::kind);
            let forbidden = kind == Some(ErrorKind::Forbidden);
            assert_eq!(forbidden, role < operation.role, "{operation:?} as {role:?}: {outcome:?}");
            // Nothing is wrong with the request but that it names nothing; of one that reads all, something comes.
            let fine = matches!(kind, None | Some(ErrorKind::NotFound));
            let told = matches!(operation.name, "put_policy" | "believe_clock");
            assert!(forbidden || fine || told, "{operation:?} as {role:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_refused() {
    let process = Process::set_up().await;
    let face = PerPrincipal(Arc::clone(&process.certificates));
    let ada = Principal::new("ada", Role::Administrator);
    for operation in OPERATIONS {
        let mut request = example(operation.name);
        request["requester"] = json!("somebody else");
        let error = face.dispatch(operation.name, &ada, request.to_string().as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{operation:?}");
    }
}

#[tokio::test]
async fn odd_ids_name_nothing() {
    let process = Process::set_up().await;
    let face = PerPrincipal(Arc::clone(&process.certificates));
    let ada = Principal::new("ada", Role::Administrator);
    for operation in OPERATIONS {
        let before = example(operation.name).to_string();
        for (from, to) in [("\"none\"", "\"a\\u0000b\""), ("\"none\"", "\"\""), ("\"00\"", "\"\\u0000\"")] {
            let request = before.replace(from, to);
            if request == before {
                continue;
            }
            let outcome = face.dispatch(operation.name, &ada, request.as_bytes()).await;
            let kind = outcome.unwrap_err().kind();
            assert!(matches!(kind, ErrorKind::NotFound | ErrorKind::InvalidArgument), "{operation:?}: {kind:?}");
        }
    }
}

/// As a face would: JSON in, JSON out.
#[derive(Debug)]
struct Wire(PerPrincipal<LocalCertificates>, Principal);

#[async_trait]
impl Invoke for Wire {
    async fn call(&self, operation: &'static Operation, request: Vec<u8>) -> Result<Vec<u8>> {
        match self.0.dispatch(operation.name, &self.1, &request).await? {
            Reply::One(json) => Ok(json),
            Reply::Many(_) => panic!("it is a call"),
        }
    }

    async fn open(
        &self,
        operation: &'static Operation,
        request: Vec<u8>,
    ) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        match self.0.dispatch(operation.name, &self.1, &request).await? {
            Reply::Many(items) => Ok(items),
            Reply::One(_) => panic!("it is a stream"),
        }
    }
}

#[tokio::test]
async fn it_is_the_same_from_elsewhere() {
    let process = Process::set_up().await;
    let remote = |name: &str, role| {
        let face = PerPrincipal(Arc::clone(&process.certificates));
        RemoteCertificates::new(Arc::new(Wire(face, Principal::new(name, role))))
    };
    let (otto, anna) = (remote("otto", Role::Operator), remote("anna", Role::Approver));
    let folder = tempfile::tempdir().unwrap();
    let asked = otto.start_signing_request(signing("press", csr(folder.path(), "urn:works:press"))).await.unwrap();
    assert_eq!(asked.request.requester, "otto");
    let id = asked.request.id.clone();
    let seen = anna.request(RequestRequest { request: id.clone() }).await.unwrap();
    assert_eq!(seen.asked.as_ref().unwrap().unrecorded_hosts, ["elsewhere.local"]);
    let vote = vote(crate::certificates::proposals::Votable::Request, &id, seen.digest.as_str(), Choice::Approve);
    anna.vote(vote).await.unwrap();
    let finished = otto.finish_request(FinishRequest { request: id, password: None }).await.unwrap();
    assert_eq!((finished.issuer.as_str(), finished.issuers.len()), ("plant", 2));
    assert_eq!(otto.authorities(AuthoritiesRequest::default()).await.unwrap().authorities.len(), 2);
    let exported: Vec<_> = anna.export_audit(Default::default()).await.unwrap().collect().await;
    assert!(exported.len() > 10 && exported.iter().all(Result::is_ok));
}
