//! Who may talk to whom, and the trust lists that follow from it; no I/O.
//!
//! A [`TrustGraph`] says which client may talk to which server, application by application or group by group. A
//! [`TrustPlan`] puts it together with the authorities and certificates that there are, and tells the trust lists of each
//! application.
//!
//! A trust list knows no direction: an application trusts another one if either may talk to the other. What keeps a server
//! from talking to its clients is that its certificate is for servers only.

#[cfg(feature = "local")]
mod diff;
mod graph;
mod plan;
#[cfg(all(test, feature = "local"))]
mod tests;

#[cfg(feature = "local")]
pub use diff::diff;
pub use graph::{Effect, Party, Relation, Ruling, TrustGraph};
pub use plan::{HeldCertificate, Material, TrustAuthority, TrustPlan};
