#![allow(clippy::unwrap_used)]

mod approval;
mod clocks;
mod groups;
mod requests;

use std::num::NonZeroU32;
use std::time::Duration;

use iiot_core::model::ApplicationType;
use iiot_core::operation::Role;
use iiot_core::time::UtcTime;

use super::*;
use crate::model::Der;
use crate::model::{Applicant, CertificateType};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// 2026-01-01 or so.
fn start() -> UtcTime {
    UtcTime::UNIX_EPOCH + DAY * 365 * 56
}

fn request() -> CertificateRequest {
    CertificateRequest {
        id: "r1".into(),
        applicant: Applicant {
            application: "press".into(),
            application_uri: "urn:works:press".into(),
            application_name: "Press".into(),
            application_type: ApplicationType::Server,
            hosts: vec!["press.local".into()],
        },
        group: "DefaultApplicationGroup".into(),
        certificate_type: CertificateType::RsaSha256,
        requester: "rita".into(),
        at: start(),
        wanted: Wanted::SigningRequest { csr: Der(vec![0x30, 0x03, 0x02, 0x01, 0x05]) },
        state: RequestState::New,
    }
}

fn votes_of(needed: u32) -> VotePolicy {
    VotePolicy { needed: NonZeroU32::new(needed).unwrap(), role: Role::Approver, people: Vec::new(), valid_hours: 48 }
}

fn yes(by: &str, of: &CertificateRequest, at: UtcTime) -> Vote {
    Vote { by: by.into(), choice: Choice::Approve, digest: of.digest(), at, reason: String::new() }
}

/// `anna`, `ben` and `rita` approve, `root` administers, `olga` operates; nobody else has a role.
fn role_of(person: &str) -> Option<Role> {
    match person {
        "anna" | "ben" | "rita" => Some(Role::Approver),
        "root" => Some(Role::Administrator),
        "olga" => Some(Role::Operator),
        _ => None,
    }
}
