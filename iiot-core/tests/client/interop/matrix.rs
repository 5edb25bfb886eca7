//! The whole matrix, stack by stack.

use std::path::PathBuf;

use std::time::Duration;

use iiot_core::session::{ConnectOptions, Identity};
use iiot_core::testing::{Stack, WayIn, ways_in};

use super::Server;
use super::features::Feature;
use super::gaps;
use super::page;
use crate::setup::{someone, user};

/// How one cell of the matrix ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Works,
    /// The peer cannot; its own words.
    Gap(String),
    Fails(String),
}

/// What was tried on one stack.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) stack: Stack,
    pub(super) features: Vec<(Feature, Cell)>,
    pub(super) ways: Vec<(WayIn, Cell)>,
}

/// The columns of the second table.
pub(super) const IDENTITIES: [&str; 3] = ["anonymous", "user name", "certificate"];

impl Column {
    async fn of(stack: Stack) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path(), stack).await;
        let mut features = Vec::new();
        for feature in Feature::ALL {
            let session = server.session().await;
            let outcome = feature.try_on(&server, &session).await;
            session.close().await;
            features.push((feature, gaps::judge(stack, feature, outcome)));
        }
        Self { stack, features, ways: ways(&server).await }
    }

    fn failures(&self) -> Vec<String> {
        let features = self.features.iter().map(|(feature, cell)| (format!("{feature:?}"), cell));
        let ways =
            self.ways.iter().map(|(way, cell)| (format!("{} {:?} {}", way.policy, way.mode, way.identity), cell));
        let failed = features.chain(ways).filter_map(|(what, cell)| match cell {
            Cell::Fails(why) => Some(format!("{}, {what}: {why}", self.stack.name())),
            _ => None,
        });
        failed.collect()
    }
}

/// Each endpoint that the server offers, as each of the identities.
async fn ways(server: &Server) -> Vec<(WayIn, Cell)> {
    let certificate = someone("user").await;
    let certificate = Identity::Certificate { certificate: certificate.chain, key: certificate.key };
    let identities = [Identity::Anonymous, user("secret"), certificate];
    let identities: Vec<(&str, Identity)> = IDENTITIES.into_iter().zip(identities).collect();
    let mut options = ConnectOptions::new(&server.url);
    if server.stack == Stack::Gopcua {
        options.connect_timeout = Duration::from_secs(2); // it lets us wait wherever it cannot
    }
    let ways = ways_in(&server.connector, &options, &identities, None).await.unwrap();
    let judged = ways.into_iter().map(|way| {
        let outcome = way.outcome.as_ref().copied().map_err(|error| error.report());
        let cell = gaps::judge_way(server.stack, &way, outcome);
        (way, cell)
    });
    judged.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_matrix() {
    let Some(path) = std::env::var_os("IIOT_INTEROP").map(PathBuf::from) else {
        return; // a quarter of an hour of handshakes: `cargo xtask interop`
    };
    if cfg!(not(feature = "legacy-policies")) {
        panic!("each way in is tried, so build it as `cargo xtask interop` does");
    }
    let mut columns = Vec::new();
    for stack in Stack::ALL {
        columns.push(Column::of(stack).await);
    }
    std::fs::write(path, page::render(&columns)).unwrap();
    let failures: Vec<String> = columns.iter().flat_map(Column::failures).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
