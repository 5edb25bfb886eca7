//! What the error of an attempt to connect says of steps that cannot be seen.

use iiot_core::text::cleaned;
use iiot_core::ua::StatusCode;
use iiot_core::ua::trust::{Certificate, ParsedLists, leaf_of_chain};
use iiot_core::{Error, ErrorKind};

use super::words::at;
use crate::doctor::{Attempt, CheckName, ClientFacts, Codes, Fix, Outcome, ServerFacts, Side, Step, StepName, User};

/// How far an attempt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// Our client did not go on by itself, at this step.
    Ours(StepName),
    /// The server ended it while the channel was opened or the session made.
    Channel,
    /// The server did not let the user in.
    User,
    /// Somewhere.
    Somewhere,
}

/// Corrects the steps by what came of an attempt.
pub(super) fn weigh(steps: &mut Vec<Step>, attempt: &Attempt, client: &ClientFacts, server: &ServerFacts) {
    match attempt {
        Attempt::Connected => passed_before(steps, None),
        // It asked for endpoints too, and got no further.
        Attempt::Failed(_) if is_untold(steps) => {}
        Attempt::Failed(error) => {
            let halt = halt(error);
            passed_before(steps, Some(bound(halt)));
            blame(steps, halt, error, (client, server));
        }
    }
    steps.sort_by_key(|step| (step.step, step.check));
}

fn is_untold(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.step <= StepName::Endpoints && step.outcome == Outcome::Failed)
}

/// Who got past a step was not stopped by it, whatever was thought of it.
fn passed_before(steps: &mut [Step], bound: Option<StepName>) {
    for step in steps.iter_mut().filter(|step| bound.is_none_or(|bound| step.step < bound)) {
        match step.outcome {
            Outcome::Unknown => {
                *step = Step { fix: None, ..step.clone() };
                (step.outcome, step.detail) = (Outcome::Passed, "the attempt to connect got past it".into());
                step.codes = Codes::default();
            }
            Outcome::Failed | Outcome::Likely => {
                step.outcome = Outcome::Doubtful;
                step.detail = format!(
                    "{}; yet the attempt to connect got past it, so what is known may be out of date",
                    step.detail
                );
            }
            Outcome::Passed | Outcome::Doubtful => {}
        }
    }
}

/// The step that was reached at least; those before it went well.
const fn bound(halt: Halt) -> StepName {
    match halt {
        Halt::Ours(step) => step,
        Halt::Channel => StepName::ClientCertificate,
        Halt::User => StepName::UserToken,
        Halt::Somewhere => StepName::Name,
    }
}

fn halt(error: &Error) -> Halt {
    if is_of_user(error.status()) {
        return Halt::User;
    }
    match error.operation() {
        "choose an endpoint" => Halt::Ours(StepName::SecurityMode),
        "verify the server's certificate" | "check certificate" => Halt::Ours(StepName::ServerCertificate),
        "identify to the server" => Halt::Ours(StepName::UserToken),
        "create session" if error.kind() == ErrorKind::Security => Halt::Ours(StepName::Session),
        "ActivateSession" | "activate session" => Halt::User,
        "secure conversation" | "open secure channel" | "keep the connection" | "CreateSession" | "create session" => {
            Halt::Channel
        }
        _ => Halt::Somewhere,
    }
}

const fn is_of_user(status: StatusCode) -> bool {
    use StatusCode as S;
    matches!(
        status,
        S::BadUserAccessDenied | S::BadIdentityTokenRejected | S::BadIdentityTokenInvalid | S::BadUserSignatureInvalid
    )
}

fn blame(steps: &mut Vec<Step>, halt: Halt, error: &Error, (client, server): (&ClientFacts, &ServerFacts)) {
    match (halt, check_of(error.status())) {
        (Halt::Channel | Halt::Somewhere, Some(check)) => told(steps, check, error),
        (Halt::User, _) => user(steps, error, client),
        _ if steps.iter().any(|step| step.outcome == Outcome::Failed) => {}
        (Halt::Ours(step), _) => steps.push(ours(step, error)),
        (Halt::Channel, None) if is_refusal(error) => refused(steps, error, indirect(client, server)),
        _ => steps.push(other(error)),
    }
}

/// The server says which check failed.
fn told(steps: &mut Vec<Step>, check: CheckName, error: &Error) {
    let found = steps.iter_mut().find(|step| step.step == StepName::ClientCertificate && step.check == Some(check));
    let detail = format!("the server says {}", error.status().sub_code());
    let Some(step) = found else {
        let fix = at(Side::Server, "look into the server's log for what it has against the client's certificate");
        let step = Step::failed(StepName::ClientCertificate, Side::Server, detail, fix).with_check(check);
        steps.push(step.with_status(error.status()));
        return;
    };
    let fix = step.fix.take().unwrap_or_else(|| advice(check));
    let known = matches!(step.outcome, Outcome::Failed | Outcome::Doubtful | Outcome::Likely);
    let detail = if known { format!("{detail}: {}", step.detail) } else { detail };
    *step = Step { outcome: Outcome::Failed, detail, fix: Some(fix), ..step.clone() }.with_status(error.status());
}

/// What to do about a check that passes by all that is known here.
fn advice(check: CheckName) -> Fix {
    match check {
        CheckName::ValidityPeriod => {
            at(Side::Server, "set the clock of the server, and see that its certificates of authorities are valid")
        }
        CheckName::RevocationList => {
            at(Side::Server, "put a current revocation list of every issuer of the client's certificate there")
        }
        CheckName::TrustList => {
            at(Side::Server, "trust the client's certificate there; it may lie among the rejected ones")
        }
        CheckName::Uri => at(Side::Client, "have the client call itself as its certificate does"),
        _ => at(Side::Server, "look into the server's log for what it has against the client's certificate"),
    }
}

/// The server refuses without a word why: most likely by what cannot be seen from here.
fn refused(steps: &mut Vec<Step>, error: &Error, indirect: Option<Fix>) {
    let said = format!("the server refused with {}, and does not say why", error.status().sub_code());
    let of_client = |step: &&mut Step| step.step == StepName::ClientCertificate;
    let unseen = steps.iter_mut().filter(of_client).filter(|step| match step.outcome {
        Outcome::Doubtful => true,
        Outcome::Unknown => step.fix.is_some(),
        _ => false,
    });
    let mut any = false;
    for step in unseen {
        any = true;
        step.detail = format!("{said}; {}", step.detail);
        step.outcome = Outcome::Likely;
    }
    if !any {
        let log =
            || at(Side::Server, "look into the server's log, which says more, and among its rejected certificates");
        let step = Step::new(StepName::ClientCertificate, Side::Server, Outcome::Likely, said);
        steps.push(step.with_fix(indirect.unwrap_or_else(log)).with_status(error.status()));
    }
}

/// By OPC 10000-4 §6.1.3 any trusted certificate of the chain will do; some servers want the leaf or its issuer to be it.
fn indirect(client: &ClientFacts, server: &ServerFacts) -> Option<Fix> {
    let trusted = ParsedLists::from(&server.party.trust.as_ref()?.lists);
    let (leaf, _) = leaf_of_chain(client.party.certificate.as_deref()?).ok()?;
    let is_direct = |one: &Certificate| *one == leaf || one.may_have_issued(&leaf);
    if trusted.trusted().iter().any(is_direct) {
        return None;
    }
    let (subject, thumbprint, issuer) = (leaf.subject(), leaf.thumbprint(), leaf.issuer());
    let action = format!(
        "an authority above the issuer is trusted there, which should do; some servers want {issuer}, or {subject} \
         (thumbprint {thumbprint}), among the trusted certificates itself: put it there, and look into the log"
    );
    Some(at(Side::Server, action))
}

/// The server does not let the user in.
fn user(steps: &mut Vec<Step>, error: &Error, client: &ClientFacts) {
    if steps.iter().any(|step| step.step >= StepName::UserToken && step.outcome == Outcome::Failed) {
        return;
    }
    steps.retain(|step| step.step != StepName::User);
    if !suspects_certificate(steps) {
        steps.push(not_let_in(error, &client.user));
    }
}

/// Whether the lists of users are not known, and the certificate may be what fails.
fn suspects_certificate(steps: &mut [Step]) -> bool {
    let of_user = |step: &&mut Step| step.step == StepName::UserCertificate && step.outcome == Outcome::Unknown;
    let unseen = steps.iter_mut().filter(of_user).filter(|step| step.fix.is_some());
    unseen.map(|step| step.outcome = Outcome::Likely).count() > 0
}

fn not_let_in(error: &Error, user: &User) -> Step {
    let (side, action) = match user {
        User::Anonymous => (Side::Client, "say who the user is, or let anonymous users in at the server"),
        User::UserName(_) => {
            (Side::Client, "see that user name and password are right, and that the server lets this user in")
        }
        User::Certificate(_) => {
            (Side::Server, "trust the user's certificate at the server, among its certificates of users")
        }
        User::Issued(_) => (Side::Client, "get a new token, and see that the server trusts who issues it"),
    };
    let detail = format!("the server does not let the user in: {}", error.status().sub_code());
    Step::failed(StepName::User, Side::Server, detail, at(side, action)).with_status(error.status())
}

/// What our own client did not accept.
fn ours(step: StepName, error: &Error) -> Step {
    let fix = match step {
        StepName::Session => {
            at(Side::Server, "restart it; if that does not help, see whether something else answers in its place")
        }
        StepName::ServerCertificate => at(Side::Client, "see that its trust lists are those that were looked at here"),
        _ => at(Side::Unknown, "see what the message says"),
    };
    Step::failed(step, Side::Client, report(error), fix).with_status(error.status())
}

fn other(error: &Error) -> Step {
    use StatusCode as S;
    let (step, side, action) = match error.status() {
        S::BadSecurityPolicyRejected => {
            (StepName::SecurityPolicy, Side::Server, "switch this security policy on at the server, or take another")
        }
        S::BadSecurityModeRejected => {
            (StepName::SecurityMode, Side::Server, "switch this security mode on at the server, or take another")
        }
        S::BadTcpEndpointUrlInvalid | S::BadServerUriInvalid => {
            (StepName::EndpointUrl, Side::Server, "dial the URL that is in the server's configuration")
        }
        S::BadInvalidTimestamp => (StepName::Clock, Side::Unknown, "set the clocks of both sides"),
        S::BadTooManySessions | S::BadMaxConnectionsReached | S::BadTcpNotEnoughResources | S::BadServerTooBusy => {
            (StepName::Session, Side::Server, "close sessions of other clients, or wait until they end")
        }
        _ => (StepName::Session, Side::Unknown, "look into the server's log for this time"),
    };
    Step::failed(step, side, report(error), at(side, action)).with_status(error.status())
}

fn report(error: &Error) -> String {
    cleaned(&error.report(), 1000)
}

/// Servers end a connection that they do not like, many of them without ERR.
fn is_refusal(error: &Error) -> bool {
    use StatusCode as S;
    let said =
        [S::BadSecurityChecksFailed, S::BadConnectionClosed, S::BadSecureChannelClosed, S::BadCommunicationError];
    error.kind() == ErrorKind::Unavailable || said.contains(&error.status())
}

fn check_of(status: StatusCode) -> Option<CheckName> {
    use StatusCode as S;
    Some(match status {
        S::BadCertificateInvalid => CheckName::Structure,
        S::BadCertificateChainIncomplete => CheckName::Chain,
        S::BadCertificatePolicyCheckFailed => CheckName::SecurityPolicy,
        S::BadCertificateUntrusted => CheckName::TrustList,
        S::BadCertificateTimeInvalid | S::BadCertificateIssuerTimeInvalid => CheckName::ValidityPeriod,
        S::BadCertificateHostNameInvalid => CheckName::HostName,
        S::BadCertificateUriInvalid => CheckName::Uri,
        S::BadCertificateUseNotAllowed | S::BadCertificateIssuerUseNotAllowed => CheckName::Usage,
        S::BadCertificateRevocationUnknown | S::BadCertificateIssuerRevocationUnknown => CheckName::RevocationList,
        S::BadCertificateRevoked | S::BadCertificateIssuerRevoked => CheckName::Revocation,
        _ => return None,
    })
}
