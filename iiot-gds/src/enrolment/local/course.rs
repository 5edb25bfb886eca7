//! Whether a request for a certificate is a new one, or goes on with the one before; no I/O.

use std::time::Duration;

use iiot_core::time::UtcTime;

use crate::model::{Applicant, CertificateType, Der};
use crate::policy::{CertificateRequest, RequestState, Wanted};
use crate::store::CertificateRecord;

/// What is asked for now.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) applicant: &'a Applicant,
    pub(super) certificate_type: CertificateType,
    pub(super) group: &'a str,
    pub(super) csr: &'a Der,
    /// The authority that issues for the group now.
    pub(super) authority: &'a str,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Answer what became of the request before.
    Same,
    /// Make a new request.
    New,
    /// Take the request before back, and make a new one.
    Replace,
}

/// Whoever asks again, since the answer was lost or since nobody has decided yet, must not make work for people or a second
/// certificate. So it is the same request as long as what is on record of the application is the same and
/// - nobody has decided yet;
/// - it was rejected, for a day since it was made;
/// - it has failed, and exactly this request for a certificate comes again;
/// - its certificate is [fresh](is_fresh).
pub(super) fn course(
    before: &CertificateRequest,
    issued: Option<&CertificateRecord>,
    asked: &Asked<'_>,
    now: UtcTime,
) -> Course {
    let same = is_of(before, asked);
    match &before.state {
        RequestState::New if !same => Course::Replace,
        RequestState::New | RequestState::Approved => Course::Same,
        RequestState::Rejected { .. } if same && now.since(before.at) < DAY => Course::Same,
        RequestState::Failed { .. } if same && brings(before, asked.csr) => Course::Same,
        RequestState::Issued { .. } | RequestState::Accepted { .. }
            if same && issued.is_some_and(|issued| is_fresh(issued, asked.authority, now)) =>
        {
            Course::Same
        }
        _ => Course::New,
    }
}

/// Whether a certificate is as good as a new one: not revoked, of the authority that issues now, and not half of its life is
/// over.
fn is_fresh(issued: &CertificateRecord, authority: &str, now: UtcTime) -> bool {
    issued.revoked.is_none() && issued.issuer == authority && now < part_of_life(issued, 1, 2)
}

/// Whether a certificate should be renewed now, for what it is and who has issued it.
pub(super) fn is_due(issued: &CertificateRecord, authority: &str, now: UtcTime) -> bool {
    issued.revoked.is_some() || issued.issuer != authority || now >= part_of_life(issued, 2, 3)
}

fn part_of_life(issued: &CertificateRecord, part: u32, of: u32) -> UtcTime {
    issued.from + issued.until.since(issued.from) / of * part
}

/// Whether it is for the same application, as it is on record now, and for the same kind of certificate.
fn is_of(before: &CertificateRequest, asked: &Asked<'_>) -> bool {
    before.applicant == *asked.applicant
        && before.certificate_type == asked.certificate_type
        && before.group == asked.group
}

fn brings(before: &CertificateRequest, csr: &Der) -> bool {
    matches!(&before.wanted, Wanted::SigningRequest { csr: brought } if brought == csr)
}

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::model::ApplicationType;
    use iiot_core::ua::StatusCode;

    use super::*;
    use crate::store::RevocationReason;

    fn at(days: u32) -> UtcTime {
        UtcTime::UNIX_EPOCH + DAY * (20_000 + days)
    }

    fn applicant(name: &str) -> Applicant {
        Applicant {
            application: "app".into(),
            application_uri: "urn:works:edge".into(),
            application_name: name.into(),
            application_type: ApplicationType::Client,
            hosts: Vec::new(),
        }
    }

    fn request(state: RequestState) -> CertificateRequest {
        CertificateRequest {
            id: "one".into(),
            applicant: applicant("Edge"),
            group: "default".into(),
            certificate_type: CertificateType::RsaSha256,
            requester: "invitation-x".into(),
            at: at(0),
            wanted: Wanted::SigningRequest { csr: Der(vec![1]) },
            state,
        }
    }

    /// Valid for 90 days.
    fn issued() -> CertificateRecord {
        CertificateRecord {
            issuer: "issuing".into(),
            serial: "01".into(),
            certificate: Vec::new(),
            from: at(0),
            until: at(90),
            application: "app".into(),
            group: "default".into(),
            request: "one".into(),
            revoked: None,
        }
    }

    /// What follows for the same application, and for one that was renamed on record.
    fn both(state: &RequestState, csr: u8, now: UtcTime) -> (Course, Course) {
        let (before, issued, csr) = (request(state.clone()), issued(), Der(vec![csr]));
        let of = |applicant: &Applicant| {
            let certificate_type = CertificateType::RsaSha256;
            let asked = Asked { applicant, certificate_type, group: "default", csr: &csr, authority: "issuing" };
            course(&before, Some(&issued), &asked, now)
        };
        (of(&applicant("Edge")), of(&applicant("Other")))
    }

    #[test]
    fn what_is_not_decided_is_the_same_until_the_record_changes() {
        assert_eq!(both(&RequestState::New, 2, at(80)), (Course::Same, Course::Replace));
        assert_eq!(both(&RequestState::Approved, 2, at(80)), (Course::Same, Course::Same));
    }

    #[test]
    fn a_rejection_holds_for_a_day() {
        let rejected = RequestState::Rejected { by: "rita".into(), reason: "no".into() };
        assert_eq!(both(&rejected, 2, at(0)), (Course::Same, Course::New));
        assert_eq!(both(&rejected, 1, at(1)), (Course::New, Course::New));
    }

    #[test]
    fn a_failure_holds_for_exactly_this_request() {
        let failed = RequestState::Failed { status: StatusCode::BadInvalidArgument, reason: "no host".into() };
        assert_eq!(both(&failed, 1, at(9)), (Course::Same, Course::New));
        assert_eq!(both(&failed, 2, at(9)), (Course::New, Course::New));
    }

    #[test]
    fn a_certificate_is_the_same_for_half_of_its_life_and_due_after_two_thirds() {
        let state = RequestState::Issued { issuer: "issuing".into(), serial: "01".into() };
        assert_eq!(both(&state, 2, at(44)), (Course::Same, Course::New));
        assert_eq!(both(&state, 1, at(45)), (Course::New, Course::New));
        assert!(!is_due(&issued(), "issuing", at(59)) && is_due(&issued(), "issuing", at(60)));
        assert!(is_due(&issued(), "next", at(1)), "another authority issues now");
    }

    #[test]
    fn a_revoked_certificate_is_none() {
        let revoked = CertificateRecord { revoked: Some((at(1), RevocationReason::Superseded)), ..issued() };
        assert!(!is_fresh(&revoked, "issuing", at(2)) && is_due(&revoked, "issuing", at(2)));
    }
}
