//! How a search gets on, in one line of the terminal.

use std::io::{IsTerminal, Write, stderr};

use futures::StreamExt;
use iiot::core::Result;
use iiot::core::model::Counts;
use iiot::discovery::Discovery;
use iiot::discovery::progress::{Progress, ProgressRequest};

const WIDTH: u64 = 30;

/// Returns when the search is over. Nothing is shown where standard error is no terminal.
pub(crate) async fn show(discovery: &dyn Discovery, run: &str) -> Result<()> {
    let is_shown = stderr().is_terminal();
    let mut told = discovery.progress(ProgressRequest { run: run.to_owned(), after: 0 }).await?;
    while let Some(progress) = told.next().await {
        if is_shown {
            draw(&progress?);
        }
    }
    if is_shown {
        // Whoever closed standard error wants to see nothing.
        let _ = writeln!(stderr());
    }
    Ok(())
}

fn draw(progress: &Progress) {
    let Counts { planned, probed, answered, servers, .. } = progress.counts;
    let full = (probed.min(planned) * WIDTH).checked_div(planned).unwrap_or(0);
    let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '.' }).collect();
    let line = format!("[{bar}] {probed} of {planned} tried, {answered} speak OPC UA, {servers} servers");
    // From the line's beginning, and what is left of the line before goes.
    let _ = write!(stderr(), "\r{line}\x1b[K");
    let _ = stderr().flush();
}
