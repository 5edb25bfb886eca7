#![no_main]

iiot_fuzz::fuzz!("json");
