//! Our client beside the stock one: how long each takes to decode a PublishResponse, and how much CPU
//! a value of a live subscription costs each.
//!
//! ```text
//! cargo run --release --manifest-path benches/stock/Cargo.toml -- decode
//! cargo run --release --manifest-path benches/stock/Cargo.toml -- live PLANT
//! ```
//!
//! `PLANT` is the built example `plant`, which serves both clients.

mod cpu;
mod decode;
mod live;
mod ours;
mod peer;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["decode"] => decode::compare(),
        ["live", plant] => live::compare(plant),
        ["client", who, url, security, nodes] => live::client(who, url, security, nodes),
        _ => eprintln!("error: say `decode`, or `live` and the path of the example `plant`"),
    }
}
