//! Words and records of certificate management; no I/O.

mod applicant;
mod authority;
mod certificate_type;
mod der;

pub use applicant::Applicant;
pub use authority::{AuthorityKey, Stage};
pub use certificate_type::{CertificateType, Curve, KeyAlgorithm};
pub use der::Der;
