//! Certificates and trust lists for the life of OPC UA applications.
//!
//! Here will live: the certificate profile, requests and their approval, the authority that issues andn//! revokes with a durable record before every signature, trust lists, pull and push managementn//! (OPC 10000-12), and the audit log.
