#![no_main]

iiot_fuzz::fuzz!("pubsub_json");
