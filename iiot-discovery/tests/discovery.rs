//! Searches against real networks, hosts and servers of others.
