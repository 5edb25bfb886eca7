#![no_main]

iiot_fuzz::fuzz!("remote_call");
