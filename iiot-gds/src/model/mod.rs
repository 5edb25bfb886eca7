//! Words and records of certificate management; no I/O.

mod applicant;
mod certificate_type;
mod der;

pub use applicant::Applicant;
pub use certificate_type::{CertificateType, Curve, KeyAlgorithm};
pub use der::Der;
