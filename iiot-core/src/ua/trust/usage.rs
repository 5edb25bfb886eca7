//! What a certificate may be used for (OPC 10000-6 §6.2.2).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};

use crate::ua::StatusCode;
use crate::ua::trust::chain::Link;
use crate::ua::trust::key::KeyKind;
use crate::ua::trust::{Certificate, Check, Finding, Role, UsageRule};

/// What forbids to authenticate an application of this role with the certificate.
pub(super) fn leaf_usage(leaf: &Certificate, rule: UsageRule, role: Option<Role>) -> Vec<Finding> {
    let complete = rule == UsageRule::Complete;
    let wrong = |what: &str, critical: bool| {
        let problem = format!("the certificate of {} {what}", leaf.subject());
        let status = StatusCode::BadCertificateUseNotAllowed;
        let finding = Finding::new(Check::Usage, status, problem, "have it reissued for an application");
        if critical { finding.mandatory() } else { finding }
    };
    let key = match leaf.stated::<KeyUsage>() {
        Some((critical, usage)) => {
            (!allows(&usage, leaf, complete)).then(|| wrong("has a key that must not authenticate", critical))
        }
        None => complete.then(|| wrong("does not say what its key is for", false)),
    };
    let extended = match leaf.stated::<ExtendedKeyUsage>() {
        Some((critical, usage)) => (!serves(&usage, role)).then(|| wrong(&wrong_role(role), critical)),
        None => complete.then(|| wrong("does not say whether it is for servers or clients", false)),
    };
    // One that an application signed itself may say so: OPC 10000-6 wanted that once.
    let authority = (complete && leaf.is_authority() && !leaf.is_self_issued())
        .then(|| wrong("is one of an authority, which an application must not have", false));
    key.into_iter().chain(extended).chain(authority).collect()
}

/// What forbids the authority at this place of the chain to issue the certificate below it.
pub(super) fn issuer_usage(links: &[Link<'_>], place: usize) -> Option<Finding> {
    let issuer = links[place].certificate;
    let wrong = |what: &str| {
        let problem = format!("{} issued {}, but {what}", issuer.subject(), links[place - 1].certificate.subject());
        let status = StatusCode::BadCertificateIssuerUseNotAllowed;
        Finding::new(Check::Usage, status, problem, "have the certificate issued by an authority that may")
    };
    if !issuer.is_authority() {
        return Some(wrong("is no authority").mandatory());
    }
    // RFC 5280 §4.2.1.9: self-issued ones come from a change of key and do not count.
    let below = links[1..place].iter().filter(|link| !link.certificate.is_self_issued()).count();
    if issuer.path_length().is_some_and(|length| below > usize::from(length)) {
        return Some(wrong("may only stand at the head of a shorter chain").mandatory());
    }
    let (critical, usage) = issuer.stated::<KeyUsage>()?;
    let finding = (!usage.key_cert_sign()).then(|| wrong("its key must not sign certificates"))?;
    Some(if critical { finding.mandatory() } else { finding })
}

fn allows(usage: &KeyUsage, leaf: &Certificate, complete: bool) -> bool {
    let is_rsa = matches!(leaf.key_kind(), Some(KeyKind::Rsa { .. }));
    let all = usage.non_repudiation() && usage.key_encipherment() && usage.data_encipherment();
    usage.digital_signature() && (!complete || !is_rsa || all)
}

fn serves(usage: &ExtendedKeyUsage, role: Option<Role>) -> bool {
    let wanted: &[ObjectIdentifier] = match role {
        Some(Role::Server) => &[ID_KP_SERVER_AUTH],
        Some(Role::Client) => &[ID_KP_CLIENT_AUTH],
        None => &[ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH],
    };
    usage.0.iter().any(|stated| *stated == ANY_EXTENDED_KEY_USAGE || wanted.contains(stated))
}

fn wrong_role(role: Option<Role>) -> String {
    match role {
        Some(Role::Server) => "is not for servers".into(),
        Some(Role::Client) => "is not for clients".into(),
        None => "is neither for servers nor for clients".into(),
    }
}
