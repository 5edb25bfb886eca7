//! Why a client cannot talk to a server: which check fails, on which side, and what to do.
//!
//! [`diagnose`] takes what is known of both ([`ClientFacts`], [`ServerFacts`]) through every step of the way, from the name
//! of the host to the user, without asking anybody. Certificates are judged as our own client judges them (OPC 10000-4
//! §6.1.3). Where something is not known, as mostly the trust list of the server, it says what that leaves open, what is
//! likely by the error that an attempt ended with, and how to find out.
//!
//! [`gather`] finds out what can be found out from here: by asking the server, by an attempt to connect, and in folders of
//! certificates ([`PkiFolder`]).
//!
//! ```no_run
//! use std::sync::Arc;
//! use iiot_core::session::ConnectOptions;
//! use iiot_core::trust::FsTrustStore;
//! use iiot_core::ua::client::UaConnectorOptions;
//! use iiot_gds::doctor::{PkiFolder, diagnose, gather};
//!
//! # async fn examine() -> iiot_core::Result<()> {
//! let client = UaConnectorOptions::new("urn:works:reader", Arc::new(FsTrustStore::new("pki")));
//! let (client, mut server) = gather(&client, &ConnectOptions::new("opc.tcp://plc-7:4840")).await?;
//! server.party.trust = Some(PkiFolder::read("/mnt/plc-7/pki").await?.judge());
//! println!("{}", diagnose(&client, &server).sentence);
//! # Ok(()) }
//! ```

mod diagnosis;
mod examine;
mod facts;
mod folder;
mod gather;

pub use diagnosis::{CheckName, Codes, Connects, Diagnosis, Fix, Outcome, Side, Step, StepName};
pub use examine::diagnose;
pub use facts::{Attempt, ClientFacts, Judge, Party, Reach, ServerFacts, User};
pub use folder::PkiFolder;
pub use gather::gather;
