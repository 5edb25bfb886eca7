//! Watching a publisher at work: a sink that looks on, and a table for people.

mod table;
mod tap;

use std::io::{IsTerminal, Write, stdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iiot::publisher::service::Publisher;

pub use table::{Table, summary};
pub use tap::Tap;

/// Shows how the publisher stands, every second, until it is dropped.
pub async fn show(publisher: Arc<Publisher>, tap: Arc<Tap>) {
    let mut table = Table::new(stdout().is_terminal());
    let started = Instant::now();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.tick().await;
    loop {
        seconds.tick().await;
        let text = table.render(started.elapsed(), &publisher.diagnostics(), &tap.last_values());
        // Whoever read the table may have gone; the factory goes on.
        let _ = stdout().write_all(text.as_bytes()).and_then(|()| stdout().flush());
    }
}
