//! The registrar over a registry in memory, with edges that are made up.

#![allow(clippy::unwrap_used)]

mod audited;
mod conflicts;
mod failover;
mod hostile;
mod merging;
mod operations;
mod paging;
mod plant;
mod properties;
mod rules;
