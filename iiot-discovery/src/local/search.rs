//! What searches, as the queue of searches sees it.

use std::fmt::Debug;

use async_trait::async_trait;
use iiot_core::Result;
use tokio_util::sync::CancellationToken;

use super::report::Report;
use crate::explanation::{ExplainRequest, Explanation};
use crate::found::Scope;
use crate::plan::ScanPlan;

/// Searches networks.
#[async_trait]
pub trait Search: Debug + Send + Sync + 'static {
    /// Fills in what the preset and the defaults say, and counts.
    ///
    /// # Errors
    /// `InvalidArgument` if the plan names nothing, or what cannot be read.
    async fn prepare(&self, plan: ScanPlan) -> Result<Prepared>;

    /// Searches as a prepared plan says until all is done, or `stop` is cancelled; then within a second.
    async fn search(&self, plan: &ScanPlan, report: &Report, stop: &CancellationToken) -> Result<()>;

    /// Why there is or is not a server somewhere.
    async fn explain(&self, request: ExplainRequest) -> Result<Explanation>;
}

/// A plan that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// With everything filled in.
    pub plan: ScanPlan,
    /// Addresses and ports that will be tried.
    pub planned: u64,
    /// What it will have covered.
    pub scope: Scope,
    /// What it is, in a line: `254 addresses, port 4840`.
    pub what: String,
}
