//! Stories across crates, each told with other people's servers, brokers and clients.
//!
//! They need node-opcua, asyncua, paho-mqtt, Schemathesis, generators of clients (`simulation/peers/README.md`), curl and mosquitto; `cargo
//! xtask test` sets them up. The proof that nothing is lost goes on for as long as `proof/plant.rs` is told to.

mod alarms;
mod browse;
mod change;
mod clients;
mod cloud;
mod commands;
mod core_dumps;
mod cores;
mod discovery;
mod disk;
mod enrolled_files;
mod enrolment;
mod factory;
mod gds;
mod guard;
mod http;
mod identities;
mod interop;
mod ledger;
mod made_up;
mod otlp;
mod proof;
mod random;
mod status;
mod topics;
mod twin;
mod wrong_input;
