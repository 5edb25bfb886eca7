#![no_main]

iiot_fuzz::fuzz!("node_id");
