//! A simulated plant on the stock OPC UA server, and the processes that need it.
