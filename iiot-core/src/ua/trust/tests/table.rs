//! Every row of OPC 10000-4 §6.1.3 and every pair of them.

use x509_cert::ext::pkix::KeyUsages;

use super::made::{Crl, HOST, Holder, Signer, URI, Wish, at, authority, damaged, leaf, rsa_key, unknown_extension};
use crate::trust::TrustLists;
use crate::ua::StatusCode;
use crate::ua::trust::{
    Certificate, Check, Finding, ParsedLists, Purpose, Role, Suppressions, TrustPolicy, Verdict, verdict,
};

/// What can be wrong, in the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Structure,
    Chain,
    Signature,
    SecurityPolicy,
    TrustList,
    Time,
    IssuerTime,
    HostName,
    Uri,
    Usage,
    IssuerUsage,
    RevocationUnknown,
    IssuerRevocationUnknown,
    Revoked,
    IssuerRevoked,
}

use Fault as F;

pub(super) const ALL: [Fault; 15] = [
    F::Structure,
    F::Chain,
    F::Signature,
    F::SecurityPolicy,
    F::TrustList,
    F::Time,
    F::IssuerTime,
    F::HostName,
    F::Uri,
    F::Usage,
    F::IssuerUsage,
    F::RevocationUnknown,
    F::IssuerRevocationUnknown,
    F::Revoked,
    F::IssuerRevoked,
];

impl Fault {
    /// The row of the table: its step and StatusCode.
    fn row(self) -> (Check, StatusCode) {
        use StatusCode as S;
        match self {
            Self::Structure => (Check::Structure, S::BadCertificateInvalid),
            Self::Chain => (Check::Chain, S::BadCertificateChainIncomplete),
            Self::Signature => (Check::Signature, S::BadCertificateInvalid),
            Self::SecurityPolicy => (Check::SecurityPolicy, S::BadCertificatePolicyCheckFailed),
            Self::TrustList => (Check::TrustList, S::BadCertificateUntrusted),
            Self::Time => (Check::ValidityPeriod, S::BadCertificateTimeInvalid),
            Self::IssuerTime => (Check::ValidityPeriod, S::BadCertificateIssuerTimeInvalid),
            Self::HostName => (Check::HostName, S::BadCertificateHostNameInvalid),
            Self::Uri => (Check::Uri, S::BadCertificateUriInvalid),
            Self::Usage => (Check::Usage, S::BadCertificateUseNotAllowed),
            Self::IssuerUsage => (Check::Usage, S::BadCertificateIssuerUseNotAllowed),
            Self::RevocationUnknown => (Check::RevocationList, S::BadCertificateRevocationUnknown),
            Self::IssuerRevocationUnknown => (Check::RevocationList, S::BadCertificateIssuerRevocationUnknown),
            Self::Revoked => (Check::Revocation, S::BadCertificateRevoked),
            Self::IssuerRevoked => (Check::Revocation, S::BadCertificateIssuerRevoked),
        }
    }

    /// Whether the table lets this row be suppressed.
    fn is_suppressible(self) -> bool {
        !matches!(
            self,
            Self::Structure
                | Self::Chain
                | Self::Signature
                | Self::TrustList
                | Self::Uri
                | Self::Revoked
                | Self::IssuerRevoked
        )
    }

    fn suppressed_alone(self) -> Option<Suppressions> {
        let none = Suppressions::default();
        match self {
            Self::SecurityPolicy => Some(Suppressions { security_policy: true, ..none }),
            Self::Time => Some(Suppressions { certificate_time: true, ..none }),
            Self::IssuerTime => Some(Suppressions { issuer_time: true, ..none }),
            Self::HostName => Some(Suppressions { host_name: true, ..none }),
            Self::Usage | Self::IssuerUsage => Some(Suppressions { usage: true, ..none }),
            Self::RevocationUnknown => Some(Suppressions { revocation_unknown: true, ..none }),
            Self::IssuerRevocationUnknown => Some(Suppressions { issuer_revocation_unknown: true, ..none }),
            _ => None,
        }
    }
}

/// Three authorities: the root, those of the works and of the hall.
pub(super) struct Plant {
    root: Signer,
    works: Signer,
    hall: Signer,
}

/// A certificate with these faults and no others, as it meets its judge.
pub(super) struct Scene {
    pub(super) sent: Vec<Certificate>,
    pub(super) lists: TrustLists,
    pub(super) root: Holder,
    host: &'static str,
    uri: &'static str,
}

impl Plant {
    pub(super) fn new() -> Self {
        Self { root: Signer::p256(), works: Signer::p384(), hall: Signer::p256() }
    }

    pub(super) fn scene(&self, faults: &[Fault]) -> Scene {
        let has = |fault| faults.contains(&fault);
        let old = |is_old| if is_old { (0, 10) } else { (0, 365) };
        let root = Holder::root(&authority("Root"), self.root.clone());
        let works = root.issue(&authority("Works"), self.works.clone());
        let no_signing = (false, KeyUsages::CRLSign.into());
        let hall_usage = if has(F::IssuerUsage) { Some(no_signing) } else { authority("").usage };
        let hall_wish = Wish { days: old(has(F::IssuerTime)), usage: hall_usage, ..authority("Hall") };
        let hall = works.issue(&hall_wish, self.hall.clone());
        let boiler = hall.leaf(&Wish {
            days: old(has(F::Time)),
            usage: has(F::Usage).then(|| (false, KeyUsages::KeyAgreement.into())),
            key: has(F::SecurityPolicy).then(|| rsa_key(1024, &[1, 0, 1])),
            more: has(F::Structure).then(|| unknown_extension(true)).into_iter().collect(),
            ..leaf("Boiler")
        });
        let sent = if has(F::Signature) { damaged(boiler.der()) } else { boiler.der().to_vec() };
        Scene {
            sent: vec![Certificate::parse(&sent).unwrap(), hall.certificate.clone()],
            lists: lists(&has, &root, &works, &hall, &boiler),
            root,
            host: if has(F::HostName) { "elsewhere" } else { HOST },
            uri: if has(F::Uri) { "urn:other" } else { URI },
        }
    }
}

fn lists(
    has: &dyn Fn(Fault) -> bool,
    root: &Holder,
    works: &Holder,
    hall: &Holder,
    boiler: &Certificate,
) -> TrustLists {
    // A list that has expired is of no use, but still tells of a revocation.
    let crl = |issuer: &Holder, missing: bool, revoked: Option<&Certificate>| {
        let mut crl = Crl::of(issuer).naming(revoked.as_slice());
        crl.updates = if missing { (0, Some(10)) } else { crl.updates };
        crl.made()
    };
    let of_hall = crl(hall, has(F::RevocationUnknown), Some(boiler).filter(|_| has(F::Revoked)));
    let of_works =
        crl(works, has(F::IssuerRevocationUnknown), Some(&hall.certificate).filter(|_| has(F::IssuerRevoked)));
    let mut issuers = vec![works.der()];
    if !has(F::Chain) {
        issuers.push(root.der());
    }
    TrustLists {
        trusted_certificates: if has(F::TrustList) { Vec::new() } else { vec![works.der()] },
        trusted_crls: vec![of_works],
        issuer_certificates: issuers,
        issuer_crls: vec![of_hall, crl(root, false, None)],
    }
}

impl Scene {
    fn judge(&self, policy: &TrustPolicy) -> Verdict {
        let purpose = Purpose { host: Some(self.host), application_uri: Some(self.uri), role: Some(Role::Server) };
        verdict(&self.sent, &ParsedLists::from(&self.lists), at(30), &purpose, policy)
    }
}

/// Nothing suppressed, all lists required.
pub(super) fn required() -> TrustPolicy {
    TrustPolicy { leaf_crl_required: true, issuer_crls_required: true, ..TrustPolicy::default() }
}

fn everything_suppressed() -> TrustPolicy {
    let suppress = Suppressions {
        security_policy: true,
        certificate_time: true,
        issuer_time: true,
        host_name: true,
        usage: true,
        revocation_unknown: true,
        issuer_revocation_unknown: true,
    };
    TrustPolicy { suppress, ..required() }
}

fn row(finding: &Finding) -> (Check, StatusCode) {
    assert!(!finding.problem.is_empty() && !finding.remedy.is_empty(), "{finding:?}");
    (finding.check, finding.status)
}

/// Of faults in order, those that are let pass come first, up to the one that is not.
#[track_caller]
fn expect(verdict: &Verdict, faults: &[Fault], suppressed: impl Fn(Fault) -> bool) {
    let passed: Vec<_> = faults.iter().copied().take_while(|fault| suppressed(*fault)).collect();
    let refusal = faults.get(passed.len()).map(|fault| fault.row());
    assert_eq!(verdict.refusal.as_ref().map(row), refusal, "{faults:?}");
    let found: Vec<_> = verdict.suppressed.iter().map(row).collect();
    assert_eq!(found, passed.iter().map(|fault| fault.row()).collect::<Vec<_>>(), "{faults:?}");
}

/// A policy that suppresses what a row needs and nothing else.
fn suppressing(fault: Fault) -> Option<(TrustPolicy, Vec<Fault>)> {
    let policy = match fault {
        F::Chain | F::TrustList => TrustPolicy { danger_accept_untrusted: true, ..required() },
        _ => TrustPolicy { suppress: fault.suppressed_alone()?, ..required() },
    };
    let passed = match fault {
        F::Chain | F::TrustList => vec![F::Chain, F::TrustList, F::HostName],
        F::Usage | F::IssuerUsage => vec![F::Usage, F::IssuerUsage],
        one => vec![one],
    };
    Some((policy, passed))
}

#[test]
fn nothing_wrong_means_trusted() {
    expect(&Plant::new().scene(&[]).judge(&required()), &[], |_| false);
}

#[test]
fn every_row_is_found_and_suppressed_only_where_the_table_allows_it() {
    let plant = Plant::new();
    for fault in ALL {
        let scene = plant.scene(&[fault]);
        expect(&scene.judge(&required()), &[fault], |_| false);
        expect(&scene.judge(&everything_suppressed()), &[fault], Fault::is_suppressible);
        if let Some((policy, passed)) = suppressing(fault) {
            expect(&scene.judge(&policy), &[fault], |one| passed.contains(&one));
        }
    }
}

#[test]
fn of_every_pair_the_earlier_row_is_told_and_suppressing_it_shows_the_later() {
    let plant = Plant::new();
    let pairs =
        ALL.iter().enumerate().flat_map(|(place, first)| ALL[place + 1..].iter().map(move |later| [*first, *later]));
    let mut count = 0;
    for pair in pairs {
        let scene = plant.scene(&pair);
        expect(&scene.judge(&required()), &pair, |_| false);
        expect(&scene.judge(&everything_suppressed()), &pair, Fault::is_suppressible);
        for (policy, passed) in pair.into_iter().filter_map(suppressing) {
            expect(&scene.judge(&policy), &pair, |one| passed.contains(&one));
        }
        count += 1;
    }
    assert_eq!(count, 105);
}

#[test]
fn any_set_of_faults_is_told_in_order() {
    let plant = Plant::new();
    let mut random = 0x9e37_79b9_u32;
    for _ in 0..200 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let bits = random >> 17;
        let faults: Vec<Fault> =
            ALL.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, f)| f).collect();
        let scene = plant.scene(&faults);
        expect(&scene.judge(&required()), &faults, |_| false);
        expect(&scene.judge(&everything_suppressed()), &faults, Fault::is_suppressible);
        let danger = TrustPolicy { danger_accept_untrusted: true, ..everything_suppressed() };
        let passed = |fault: Fault| fault.is_suppressible() || matches!(fault, F::Chain | F::TrustList);
        expect(&scene.judge(&danger), &faults, passed);
    }
}

#[test]
fn what_is_marked_critical_is_not_suppressed() {
    let root = Holder::root(&authority("Root"), Signer::p256());
    let boiler = root.leaf(&Wish { usage: Some((true, KeyUsages::KeyAgreement.into())), ..leaf("Boiler") });
    let lists = TrustLists {
        trusted_certificates: vec![root.der()],
        trusted_crls: vec![root.revoke(&[])],
        ..TrustLists::default()
    };
    let scene = Scene { sent: vec![boiler], lists, root, host: HOST, uri: URI };
    expect(&scene.judge(&everything_suppressed()), &[F::Usage], |_| false);
}
