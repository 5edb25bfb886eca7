//! Steps and fixes, made the same way everywhere.

use iiot_core::text::cleaned;
use iiot_core::ua::StatusCode;

use crate::doctor::{CheckName, Codes, Fix, Outcome, Side, Step, StepName};

/// What both sides say is text of strangers.
const MAX_TEXT: usize = 1000;

impl Step {
    pub(super) fn new(step: StepName, side: Side, outcome: Outcome, detail: impl AsRef<str>) -> Self {
        let detail = cleaned(detail.as_ref(), MAX_TEXT);
        Self { step, check: None, side, outcome, detail, fix: None, codes: Codes::default() }
    }

    pub(super) fn passed(step: StepName, side: Side, detail: impl AsRef<str>) -> Self {
        Self::new(step, side, Outcome::Passed, detail)
    }

    pub(super) fn failed(step: StepName, side: Side, detail: impl AsRef<str>, fix: Fix) -> Self {
        Self { fix: Some(fix), ..Self::new(step, side, Outcome::Failed, detail) }
    }

    pub(super) fn unknown(step: StepName, side: Side, detail: impl AsRef<str>) -> Self {
        Self::new(step, side, Outcome::Unknown, detail)
    }

    pub(super) fn with_check(self, check: CheckName) -> Self {
        Self { check: Some(check), ..self }
    }

    pub(super) fn with_fix(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    /// Shows this code where it is found.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { codes: codes(self.side, status), ..self }
    }
}

/// What is to be done somewhere.
pub(super) fn at(side: Side, action: impl AsRef<str>) -> Fix {
    Fix { side, action: cleaned(action.as_ref(), MAX_TEXT) }
}

/// Where a StatusCode shows that this side finds.
fn codes(side: Side, status: StatusCode) -> Codes {
    let symbol = |status: StatusCode| Some(status.sub_code().to_string());
    match side {
        Side::Client => Codes { client_log: symbol(status), ..Codes::default() },
        Side::Server => {
            let told = symbol(concealed(status));
            Codes { wire: told.clone(), client_log: told, server_log: symbol(status) }
        }
        Side::Network | Side::Unknown => Codes { wire: symbol(status), ..Codes::default() },
    }
}

/// What a server tells a client of a check that failed: of most nothing but that one did (OPC 10000-4 §6.1.3).
pub(super) fn concealed(status: StatusCode) -> StatusCode {
    use StatusCode as S;
    match status {
        S::BadCertificateInvalid
        | S::BadCertificateChainIncomplete
        | S::BadCertificatePolicyCheckFailed
        | S::BadCertificateUntrusted
        | S::BadCertificateRevoked
        | S::BadCertificateIssuerRevoked => S::BadSecurityChecksFailed,
        told => told,
    }
}

/// A side as a sentence names it.
pub(super) const fn name(side: Side) -> &'static str {
    match side {
        Side::Client => "the client",
        Side::Server => "the server",
        Side::Network => "the network",
        Side::Unknown => "either side",
    }
}
