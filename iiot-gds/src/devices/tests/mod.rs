//! Devices in memory, on real authorities.
