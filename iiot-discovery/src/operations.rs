//! What can be asked of whoever searches.

use iiot_core::model::{DiscoveryRun, RunState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::explanation::{ExplainRequest, Explanation};
use crate::found::{ResultsRequest, ResultsResponse};
use crate::plan::ScanPlan;
use crate::progress::{Progress, ProgressRequest};

iiot_core::operations! {
    /// Finds OPC UA servers on networks, and says why others were not found.
    pub trait Discovery / RemoteDiscovery = "discovery" {
        calls {
            /// Begins a search; searches take place one after the other.
            start(StartRequest) -> StartResponse, Approver, Changes;
            /// Ends a search, within a second. What it had found stays.
            cancel(RunRequest) -> RunResponse, Approver, Changes;
            /// How a search stands.
            run(RunRequest) -> RunResponse, Reader, Reads;
            /// Searches, the newest first.
            runs(RunsRequest) -> RunsResponse, Reader, Reads;
            /// What a search found, page by page, also while it goes on.
            results(ResultsRequest) -> ResultsResponse, Reader, Reads;
            /// Why there is or is not a server at an address or URL, step by step. It connects there.
            explain(ExplainRequest) -> Explanation, Operator, Reads;
        }
        streams {
            /// How a search gets on, to its end.
            progress(ProgressRequest) -> Progress, Reader;
        }
    }
}

/// Begins a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRequest {
    /// What is searched, and how quickly.
    pub plan: ScanPlan,
}

/// A search that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartResponse {
    /// Its id.
    pub run: String,
    /// The plan with what the preset and the defaults have put into it.
    pub plan: ScanPlan,
    /// Addresses and ports that will be tried.
    pub planned: u64,
    /// Searches that come first.
    pub position: u32,
}

/// Names a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRequest {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    pub run: String,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunResponse {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub run: DiscoveryRun,
}

/// Asks for searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunsRequest {
    /// Only those that are so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    /// The id behind which the page begins, from `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub after: Option<String>,
    /// Searches in the page. Default 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Searches, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsResponse {
    /// Those of the page.
    pub runs: Vec<RunResponse>,
    /// Where the next page begins, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
