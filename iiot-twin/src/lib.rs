//! A server in your hands: browse, read, write, call, history, files and alarms.
//!
//! Here will live: the `Twin` operations, their local implementation over a pool of sessions, and theirn//! remote one over any transport. Until then use the services of [`iiot_core::session::SessionExt`].
