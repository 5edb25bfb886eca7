//! Finds the OPC UA servers of a network.
//!
//! Here will live: the scan plan (ranges, rates, quiet hours) as a plain struct, the probe (TCP connect,n//! Hello, Acknowledge, classified outcome), mDNS and discovery servers, interrogation of endpoints withn//! findings on their security, the explanation of why a server was not found, and the merge of a runn//! into the registry.
