//! Everything that can be asked, by principals of every role.

#![allow(clippy::unwrap_used)]

mod abuses;
mod changes;
mod key_pairs;
mod life;
mod record;
mod roles;
mod works;
