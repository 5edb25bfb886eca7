//! Words and records of certificate management; no I/O.

mod applicant;
mod certificate_type;

pub use applicant::Applicant;
pub use certificate_type::{CertificateType, Curve, KeyAlgorithm};
