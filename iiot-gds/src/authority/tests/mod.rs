//! Authorities in memory and on disk, with faults at every step, judged by OpenSSL.

#![allow(clippy::unwrap_used)]

mod faults;
mod faulty;
mod invariants;
mod kill;
mod life;
mod roll_over;
mod works;
