//! How many transactions a store makes last in a second: `cargo test --test store throughput -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use iiot_core::testing::PostgresServer;
use iiot_gds::store::{Store, open};

use crate::conformance::{finish, reserve, serial, signed};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn of_one_and_of_many_callers() {
    let folder = tempfile::tempdir().unwrap();
    let server = PostgresServer::start().await;
    let addresses = [format!("sqlite:{}", folder.path().join("gds.db").display()), server.url("postgres")];
    for address in addresses {
        let name = address.split(':').next().unwrap();
        for callers in [1, 8, 64] {
            let store = open(&address).await.unwrap();
            let begun = Instant::now();
            let work = (0..callers).map(|caller| tokio::spawn(call(Arc::clone(&store), callers, caller, begun)));
            let done: u64 = join_all(work).await.into_iter().map(Result::unwrap).sum();
            let second = begun.elapsed().as_secs_f64();
            println!(
                "{name}, {callers} callers: {:.0} certificates/s (a reservation and an outcome each)",
                done as f64 / second
            );
        }
    }
}

/// Reserves and signs for three seconds; returns how often.
async fn call(store: Arc<dyn Store>, callers: u64, caller: u64, begun: Instant) -> u64 {
    let (issuer, mut done) = (format!("ca-{callers}-{caller}"), 0);
    while begun.elapsed() < Duration::from_secs(3) {
        let name = serial(&issuer, done);
        reserve(&*store, name.clone()).await.unwrap();
        finish(&*store, &name, signed(&name)).await.unwrap();
        done += 1;
    }
    done
}
