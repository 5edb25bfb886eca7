//! Everything that can be asked, by principals of every role.

#![allow(clippy::unwrap_used)]
