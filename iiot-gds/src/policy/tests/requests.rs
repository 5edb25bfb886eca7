//! What becomes of a request, and what FinishRequest says of it.

use iiot_core::ua::StatusCode;

use super::*;

fn issued() -> RequestEvent {
    RequestEvent::Issued { issuer: "works".into(), serial: "0a".into() }
}

fn rejected() -> RequestEvent {
    RequestEvent::Rejected { by: "anna".into(), reason: "no such press".into() }
}

fn failed() -> RequestEvent {
    RequestEvent::Failed { status: StatusCode::BadConfigurationError, reason: "the authority has no key".into() }
}

fn after(events: &[RequestEvent]) -> CertificateRequest {
    let mut request = request();
    for event in events {
        request.handle(event.clone()).unwrap();
    }
    request
}

#[test]
fn each_state_has_its_answer() {
    let status = |events: &[RequestEvent]| {
        after(events).finish().map(drop).map_err(|error| (error.status(), error.is_retryable()))
    };
    assert_eq!(status(&[]), Err((StatusCode::BadNothingToDo, true)));
    assert_eq!(status(&[RequestEvent::Approved]), Err((StatusCode::BadNothingToDo, true)));
    assert_eq!(status(&[rejected()]), Err((StatusCode::BadRequestNotAllowed, false)));
    assert_eq!(status(&[RequestEvent::Withdrawn]), Err((StatusCode::BadRequestNotAllowed, false)));
    assert_eq!(status(&[RequestEvent::Approved, failed()]), Err((StatusCode::BadConfigurationError, false)));
    let accepted = [RequestEvent::Approved, issued(), RequestEvent::Accepted];
    assert_eq!(status(&accepted), Err((StatusCode::BadInvalidArgument, false)));
    let request = after(&[RequestEvent::Approved, issued()]);
    assert_eq!((request.finish().unwrap(), request.finish().unwrap()), (("works", "0a"), ("works", "0a")));
}

#[test]
fn a_decision_stands() {
    let ends = [vec![rejected()], vec![failed()], vec![RequestEvent::Approved, issued(), RequestEvent::Accepted]];
    for events in ends {
        for event in [RequestEvent::Approved, rejected(), failed(), issued(), RequestEvent::Accepted] {
            let mut request = after(&events);
            let (before, repeated) = (request.clone(), events.last() == Some(&event));
            assert_eq!(request.handle(event.clone()).is_ok(), repeated, "{events:?} {event:?}");
            assert_eq!(request, before);
        }
    }
}

#[test]
fn nothing_is_issued_without_approval_and_nothing_accepted_before_it_is_issued() {
    assert!(request().handle(issued()).is_err());
    assert!(request().handle(RequestEvent::Accepted).is_err());
    assert!(after(&[RequestEvent::Approved]).handle(RequestEvent::Withdrawn).is_err(), "it may be signed already");
    let other = RequestEvent::Issued { issuer: "works".into(), serial: "0b".into() };
    assert!(after(&[RequestEvent::Approved, issued()]).handle(other).is_err(), "one request, one certificate");
}

#[test]
fn it_outlasts_a_restart() {
    let pair = Wanted::NewKeyPair {
        subject_name: "CN=Press".into(),
        domain_names: vec!["press.local".into()],
        format: PrivateKeyFormat::Pfx,
    };
    for events in [vec![], vec![rejected()], vec![failed()], vec![RequestEvent::Approved, issued()]] {
        for wanted in [request().wanted, pair.clone()] {
            let request = CertificateRequest { wanted, ..after(&events) };
            let text = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<CertificateRequest>(&text).unwrap(), request, "{text}");
        }
    }
}

#[test]
fn formats_are_written_as_the_standard_does() {
    assert_eq!(PrivateKeyFormat::named("PFX").unwrap(), PrivateKeyFormat::Pfx);
    assert_eq!(PrivateKeyFormat::named("PEM").unwrap(), PrivateKeyFormat::Pem);
    assert_eq!(PrivateKeyFormat::named("pem").unwrap_err().status(), StatusCode::BadInvalidArgument);
}
