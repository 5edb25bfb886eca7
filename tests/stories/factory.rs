//! `factory`.
