#![no_main]

iiot_fuzz::fuzz!("csr");
