//! Certificates, revocation lists and requests against other people's programs.

#![allow(clippy::unwrap_used)]

mod profile;
mod random;
