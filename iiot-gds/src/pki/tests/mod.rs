//! Certificates, revocation lists and requests against other people's programs.

#![allow(clippy::unwrap_used)]

mod chains;
mod corpus;
mod key_files;
mod profile;
mod random;
mod text;
mod tools;
