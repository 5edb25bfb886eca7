//! Authorities in memory and on disk, with faults at every step, judged by OpenSSL.

#![allow(clippy::unwrap_used)]

mod canary;
mod clocks;
mod desks;
mod faults;
mod faulty;
mod full;
mod invariants;
mod kill;
mod life;
mod lists;
mod restored;
mod roll_over;
mod steps;
mod token;
mod works;
