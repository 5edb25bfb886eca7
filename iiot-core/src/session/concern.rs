//! What is not as it should be with a server that we are connected to.

use std::fmt;

use crate::ua::StatusCode;

/// Something that is wrong with the server's certificate and was let pass by the trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// The StatusCode of the check that failed (OPC 10000-4 §6.1.3).
    pub status: StatusCode,
    /// What is wrong, for people.
    pub problem: String,
    /// What to do about it, for people.
    pub remedy: String,
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem, self.remedy)
    }
}
