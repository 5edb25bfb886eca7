//! Stories across crates, each told with other people's servers, brokers and clients.
//!
//! They need node-opcua, asyncua, paho-mqtt, Schemathesis (`simulation/peers/README.md`), curl and mosquitto; `cargo
//! xtask test` sets them up. `IIOT_SEEDS` is the number of seeds of the fault story, 2 where unset;
//! with `IIOT_SECONDS` the faults of each go on for so long, with `IIOT_BROKER_AWAY` and `IIOT_DISK_FULL` (seconds) these
//! two last longer.

mod alarms;
mod change;
mod factory;
mod faults;
mod http;
mod identities;
mod interop;
mod ledger;
mod status;
mod wrong_input;
