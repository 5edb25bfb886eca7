//! The Node.js face of `iiot`.
//!
//! Here will live thin classes: convert, call, map the error. One file per capability, named as in the
//! Python binding, so that a diff of the two is readable.
