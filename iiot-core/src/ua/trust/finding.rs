//! What is wrong with a certificate, by the step of OPC 10000-4 §6.1.3 that finds it.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::session::Concern;
use crate::ua::StatusCode;

/// A step of OPC 10000-4 §6.1.3, in order. Where several fail, the first one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Certificate structure.
    Structure,
    /// Build the certificate chain.
    Chain,
    /// Signature.
    Signature,
    /// Security policy check: algorithms and key lengths.
    SecurityPolicy,
    /// Trust list check.
    TrustList,
    /// Validity period.
    ValidityPeriod,
    /// Host name.
    HostName,
    /// URI.
    Uri,
    /// Certificate usage.
    Usage,
    /// Find the revocation lists.
    RevocationList,
    /// Revocation check.
    Revocation,
}

/// One thing that is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The step that failed.
    pub check: Check,
    /// The StatusCode of the step.
    pub status: StatusCode,
    /// What is wrong, for people.
    pub problem: String,
    /// What to do about it, for people.
    pub remedy: String,
    /// Whether no policy can suppress it.
    pub(super) mandatory: bool,
}

/// What became of a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is not trusted; `None` if it is.
    pub refusal: Option<Finding>,
    /// What is wrong too and was let pass by the policy, up to the refusal.
    pub suppressed: Vec<Finding>,
}

impl Verdict {
    /// Whether the chain is trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.refusal.is_none()
    }

    /// The suppressed findings of a trusted chain, else the refusal.
    pub fn into_result(self) -> Result<Vec<Finding>, Finding> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.suppressed),
        }
    }
}

impl Finding {
    pub(super) fn new(check: Check, status: StatusCode, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, status, problem: problem.into(), remedy: remedy.into(), mandatory: false }
    }

    /// The same, to be suppressed by no policy.
    pub(super) fn mandatory(self) -> Self {
        Self { mandatory: true, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem, self.remedy)
    }
}

impl std::error::Error for Finding {}

impl From<Finding> for Concern {
    fn from(Finding { status, problem, remedy, .. }: Finding) -> Self {
        Self { status, problem, remedy }
    }
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Self {
        Self::new(ErrorKind::Untrusted, "check certificate", finding.to_string())
            .with("step", format!("{:?}", finding.check))
            .with_status(finding.status)
    }
}
