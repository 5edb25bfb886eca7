//! Searches of this process.

use std::path::PathBuf;
use std::sync::Arc;

use iiot::app::App;
use iiot::records::{self, Records};
use iiot::{Result, SystemClock};
use serde::Deserialize;

use super::settings::{KeyOptions, client};
use super::{Assembled, Ports};
use crate::reach::clock;

/// How this process searches.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DiscoveryOptions {
    /// Folder for what outlasts the process. Without it, what was found is forgotten with the process.
    data: Option<PathBuf>,
    /// Where servers that were found are kept on record: `memory:`, `sqlite:PATH` or `postgres://…`. Default SQLite below the
    /// data, else memory.
    database: Option<String>,
    /// Folder of certificates, by which explanations say whom we trust. Without one they say nothing of trust.
    pki: Option<PathBuf>,
    /// Our name. Default `iiot`.
    name: Option<String>,
    /// The site where this process is.
    site: Option<String>,
}

pub(crate) async fn assemble(options: DiscoveryOptions, ports: &Ports) -> Result<Assembled> {
    let name = options.name.as_deref().unwrap_or("iiot");
    let search = match &options.pki {
        Some(folder) => records::search(&client(folder, name, &KeyOptions::default(), false).await?.0, clock()),
        None => records::search_without_trust(Arc::new(SystemClock)),
    };
    let registry = ports.registry(options.database.as_deref(), options.data.as_deref()).await?;
    let records = Records::with_registry(registry, name, options.site.as_deref(), Some(search), clock()).await?;
    let capabilities = records.capabilities();
    Ok(Assembled { app: App::new().with(records), capabilities, values: None, http: None })
}
