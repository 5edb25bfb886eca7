//! Applications that enrol.
