//! Certificates of an authority, from the signing request to the certificate on record.
//!
//! ```text
//! cargo bench -p iiot-gds --bench gds
//! cargo bench -p iiot-gds --bench gds -- issue 10
//! ```
//!
//! Parts: `raw`, `issue`, `stages`, `peers`, `token`, `list`; all of them unless some are named. A number is the seconds
//! that each figure is taken for. The keys of the authorities are RSA-2048 in files, sealed with a passphrase; the records
//! are in SQLite (`synchronous=FULL`) in the folder of temporary files, with high-water marks beside them. `openssl`, Python's
//! `cryptography` and SoftHSM2 are on the machine, or their lines are missing.

mod issue;
mod list;
mod peers;
mod plant;
mod stages;
mod token;

use std::time::Duration;

use iiot_core::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let seconds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let wanted =
        |part: &str| words.iter().all(|word| word.parse::<u64>().is_ok()) || words.iter().any(|word| word == part);
    let time = Duration::from_secs(seconds);
    if wanted("raw") {
        issue::raw(time).await?;
    }
    if wanted("peers") {
        peers::peers(time);
    }
    if wanted("issue") {
        issue::issue(time).await?;
    }
    if wanted("stages") {
        stages::stages().await?;
    }
    if wanted("token") {
        token::token(time).await?;
    }
    if wanted("list") {
        list::list().await?;
    }
    Ok(())
}
