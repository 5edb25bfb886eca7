//! The checks of OPC 10000-4 §6.1.3, by whoever judges a certificate.

use iiot_core::time::UtcTime;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, Check, Finding, ParsedLists, TrustPolicy, Verdict};

use super::clock::are_apart;
use super::remedy::fix;
use super::words::{at, name};
use crate::doctor::{CheckName, Judge, Outcome, Side, Step, StepName};

/// A certificate before a judge.
pub(super) struct Trial<'a> {
    pub(super) step: StepName,
    /// Who judges.
    pub(super) judge: Side,
    /// Whose certificate it is.
    pub(super) owner: Side,
    /// Leaf first.
    pub(super) chain: &'a [Certificate],
    /// What is known of the judge.
    pub(super) knows: Option<&'a Judge>,
    /// What the judge's clock says.
    pub(super) now: UtcTime,
    /// What the other clock says.
    pub(super) other: Option<UtcTime>,
    /// The ApplicationUri by which its owner describes itself, where that is not the one that it is judged for.
    pub(super) described_as: Option<&'a str>,
    pub(super) verdict: &'a dyn Fn(&ParsedLists, UtcTime, &TrustPolicy) -> Verdict,
}

/// How a trial ended.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) steps: Vec<Step>,
    /// The judge would not refuse if its clock were that of the other side.
    pub(super) blames_clock: bool,
}

/// The checks in their order.
const CHECKS: [CheckName; 11] = {
    use CheckName as C;
    [
        C::Structure,
        C::Chain,
        C::Signature,
        C::SecurityPolicy,
        C::TrustList,
        C::ValidityPeriod,
        C::HostName,
        C::Uri,
        C::Usage,
        C::RevocationList,
        C::Revocation,
    ]
};

impl Trial<'_> {
    pub(super) fn hold(&self) -> Judged {
        match self.knows {
            Some(judge) => self.by(judge),
            None => self.by_nobody_known(),
        }
    }

    /// By lists that are known.
    fn by(&self, judge: &Judge) -> Judged {
        let lists = ParsedLists::from(&judge.lists);
        let told = (self.verdict)(&lists, self.now, &judge.policy.unwrap_or_default());
        let mut steps = self.passed_until(told.refusal.as_ref().map(|refusal| refusal.check));
        for finding in &told.suppressed {
            let doubt = self.found(finding, Outcome::Doubtful, &lists, judge);
            replace(&mut steps, doubt);
        }
        let Some(refusal) = told.refusal else {
            if judge.policy.is_none() {
                self.by_the_strict(judge, &lists, &mut steps);
            }
            return Judged { steps, blames_clock: false };
        };
        let blames_clock = self.blames_clock(&lists, judge, &refusal);
        let mut failed = self.found(&refusal, Outcome::Failed, &lists, judge);
        if blames_clock {
            failed.fix = Some(at(self.judge, format!("set the clock of {}", name(self.judge))));
        }
        steps.push(failed);
        steps.extend(self.not_reached(refusal.check));
        Judged { steps, blames_clock }
    }

    /// What applications that judge more strictly than all must would refuse.
    fn by_the_strict(&self, judge: &Judge, lists: &ParsedLists, steps: &mut Vec<Step>) {
        let strict = (self.verdict)(lists, self.now, &TrustPolicy::strict());
        if let Some(finding) = strict.refusal {
            let mut doubt = self.found(&finding, Outcome::Doubtful, lists, judge);
            doubt.detail = format!("{}; some applications refuse that, others let it pass", doubt.detail);
            replace(steps, doubt);
        }
    }

    /// By a judge whose lists are not known: what needs none is judged, the rest is left open.
    fn by_nobody_known(&self) -> Judged {
        let nobody = Judge::default();
        let lists = ParsedLists::from(&nobody.lists);
        let told = (self.verdict)(&lists, self.now, &TrustPolicy::danger_accept_untrusted());
        let by_lists = |check| matches!(check, Check::Chain | Check::TrustList);
        let found = told.suppressed.iter().chain(&told.refusal).find(|finding| !by_lists(finding.check));
        let mut steps = self.passed_until(found.map(|finding| finding.check));
        for check in [CheckName::Chain, CheckName::TrustList, CheckName::RevocationList, CheckName::Revocation] {
            let is_issued = self.chain.first().is_some_and(|leaf| !leaf.is_self_issued());
            if (is_issued || check == CheckName::TrustList) && steps.iter().any(|step| step.check == Some(check)) {
                replace(&mut steps, self.open(check));
            }
        }
        if let Some(finding) = found {
            steps.push(self.found(finding, Outcome::Failed, &lists, &nobody));
            steps.extend(self.not_reached(finding.check));
        }
        Judged { steps, blames_clock: found.is_some_and(|finding| self.blames_clock(&lists, &nobody, finding)) }
    }

    /// Whether the other clock would lead past this finding.
    fn blames_clock(&self, lists: &ParsedLists, judge: &Judge, finding: &Finding) -> bool {
        let timely = matches!(finding.check, Check::ValidityPeriod | Check::RevocationList);
        let Some(other) = self.other.filter(|other| timely && are_apart(self.now, *other)) else { return false };
        let policy = match self.knows {
            Some(_) => judge.policy.unwrap_or_default(),
            None => TrustPolicy::danger_accept_untrusted(),
        };
        let then = (self.verdict)(lists, other, &policy).refusal;
        then.is_none_or(|then| then.check > finding.check)
    }

    /// Servers do not know the host of a client, and users have no ApplicationUri.
    fn checks(&self) -> impl Iterator<Item = CheckName> {
        let of_application = self.step != StepName::UserCertificate;
        let is_made = move |check: &CheckName, by_client| match check {
            CheckName::HostName => by_client,
            CheckName::Uri => of_application,
            _ => true,
        };
        let by_client = self.judge == Side::Client;
        CHECKS.into_iter().filter(move |check| is_made(check, by_client))
    }

    fn passed_until(&self, check: Option<Check>) -> Vec<Step> {
        let end = check.map(check_name);
        let passed = self.checks().take_while(|check| Some(*check) != end);
        passed.map(|check| Step::passed(self.step, self.judge, said(check)).with_check(check)).collect()
    }

    fn not_reached(&self, check: Check) -> Vec<Step> {
        let after = self.checks().filter(|later| *later > check_name(check));
        let why = "not checked before the one that fails is repaired";
        after.map(|later| Step::unknown(self.step, self.judge, why).with_check(later)).collect()
    }

    fn found(&self, finding: &Finding, outcome: Outcome, lists: &ParsedLists, judge: &Judge) -> Step {
        let step = Step::new(self.step, self.judge, outcome, &finding.problem).with_check(check_name(finding.check));
        step.with_fix(fix(self, lists, judge, finding)).with_status(finding.status)
    }

    /// A check that needs lists which are not known.
    fn open(&self, check: CheckName) -> Step {
        let (what, status, action) = match check {
            CheckName::Chain => (
                "whom it knows",
                StatusCode::BadCertificateChainIncomplete,
                "see that it has every issuer of the certificate",
            ),
            CheckName::TrustList => (
                "whom it trusts",
                StatusCode::BadCertificateUntrusted,
                "look among its rejected certificates: if this one is there, trust it",
            ),
            CheckName::RevocationList => (
                "which revocation lists it has",
                StatusCode::BadCertificateRevocationUnknown,
                "see that it has a current revocation list of every issuer",
            ),
            _ => (
                "what its revocation lists say",
                StatusCode::BadCertificateRevoked,
                "see whether a revocation list names the certificate",
            ),
        };
        let subject = self.chain.first().map(|leaf| format!("{} (thumbprint {})", leaf.subject(), leaf.thumbprint()));
        let action = format!("{action} ({})", subject.unwrap_or_default());
        let step = Step::unknown(self.step, self.judge, format!("{what} cannot be seen from here"));
        step.with_check(check).with_fix(at(self.judge, action)).with_status(status)
    }
}

/// A step in place of the one of the same check; behind all where there is none.
fn replace(steps: &mut Vec<Step>, by: Step) {
    match steps.iter_mut().find(|step| step.check == by.check) {
        Some(step) => *step = by,
        None => steps.push(by),
    }
}

const fn check_name(check: Check) -> CheckName {
    match check {
        Check::Structure => CheckName::Structure,
        Check::Chain => CheckName::Chain,
        Check::Signature => CheckName::Signature,
        Check::SecurityPolicy => CheckName::SecurityPolicy,
        Check::TrustList => CheckName::TrustList,
        Check::ValidityPeriod => CheckName::ValidityPeriod,
        Check::HostName => CheckName::HostName,
        Check::Uri => CheckName::Uri,
        Check::Usage => CheckName::Usage,
        Check::RevocationList => CheckName::RevocationList,
        _ => CheckName::Revocation,
    }
}

const fn said(check: CheckName) -> &'static str {
    match check {
        CheckName::Structure => "it is well formed",
        CheckName::Chain => "its issuers are known up to a root",
        CheckName::Signature => "every signature holds",
        CheckName::SecurityPolicy => "its algorithms and keys will do",
        CheckName::TrustList => "it or one of its issuers is trusted",
        CheckName::ValidityPeriod => "it is valid now",
        CheckName::HostName => "it is for the host that was dialled",
        CheckName::Uri => "it is for the application that presents it",
        CheckName::Usage => "it may be used for this",
        CheckName::RevocationList => "revocation lists are there where they are needed",
        CheckName::Revocation => "none was revoked",
    }
}
