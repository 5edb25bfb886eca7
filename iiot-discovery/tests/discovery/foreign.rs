//! Servers of other people are asked, and those that their discovery server knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream;
use iiot_core::model::{ApplicationType, FindingCode};
use iiot_core::testing::{Peers, Stack, free_port, within};
use iiot_discovery::explain::{ExplainParts, Explainer};
use iiot_discovery::explanation::ExplainRequest;
use iiot_discovery::found::{FoundServer, SearchResult, Via};
use iiot_discovery::interrogation::{Interrogation, InterrogationParts, Rules, Target};
use iiot_discovery::plan::{Follow, ScanPlan};

const PATIENCE: Duration = Duration::from_secs(120);

/// Whoever is found by asking at a URL.
async fn ask(url: &str) -> Vec<SearchResult> {
    let rules = Rules { inside: Arc::new(|ip| ip.is_loopback()), ..Rules::new(Follow::Inside) };
    let interrogation = Interrogation::new(InterrogationParts::new(&ScanPlan::default(), rules));
    let asking = async {
        interrogation.run(stream::iter([Target::url(url)]), &|_| {}).await;
        interrogation.settle().await;
    };
    within("an interrogation", PATIENCE, asking).await;
    interrogation.results()
}

fn server(results: &[SearchResult]) -> &FoundServer {
    match results {
        [SearchResult::Server(server)] => server,
        other => panic!("one server, not {other:#?}"),
    }
}

#[tokio::test]
async fn servers_on_every_stack_are_asked_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    for stack in Stack::ALL {
        let (_process, url) = peers.interop(stack, free_port(), &[]).unwrap();
        let results = ask(&url).await;
        let found = server(&results);
        let codes: Vec<FindingCode> = found.findings.iter().map(|finding| finding.code).collect();
        println!(
            "{:<12} {} with {} endpoints, findings {codes:?}",
            stack.name(),
            found.description.application_uri,
            found.endpoints.len()
        );
        // gopcua tells no ApplicationUri, neither in its endpoints nor in its description.
        let is_nameless = found.description.application_uri.starts_with("urn:unnamed");
        assert_eq!(is_nameless, stack == Stack::Gopcua, "{found:#?}");
        assert_eq!(codes.contains(&FindingCode::Malformed), is_nameless, "{found:#?}");
        assert_eq!(found.via, [Via::Url { url: url.clone() }]);
        let port = url.rsplit(':').next().unwrap().trim_end_matches('/');
        assert!(found.addresses.iter().all(|address| address.ends_with(port)), "{:?}", found.addresses);
        assert!(found.endpoints.iter().any(|one| one.description.security_mode == "None"));
        assert!(found.endpoints.iter().all(|one| one.description.url.starts_with("opc.tcp://127.0.0.1:")));

        let request = ExplainRequest { target: url, timeout_ms: None };
        let told = Explainer::new(ExplainParts::default()).explain(&request).await.unwrap();
        assert!(told.reachable, "{told:#?}");
    }
}

#[tokio::test]
async fn everybody_is_found_whom_a_foreign_discovery_server_knows() {
    const SERVERS: usize = 20;
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_process, url) = peers.node("lds.mjs", free_port(), &["--servers", &SERVERS.to_string()]).unwrap();
    let began = Instant::now();
    let results = ask(&url).await;
    let servers: Vec<&FoundServer> = results
        .iter()
        .map(|result| match result {
            SearchResult::Server(server) => server,
            SearchResult::Failed(failed) => panic!("{failed:?}"),
        })
        .collect();
    println!("a discovery server and {} servers found in {:?}", servers.len() - 1, began.elapsed());
    let mut uris: Vec<&str> = servers.iter().map(|server| server.description.application_uri.as_str()).collect();
    uris.sort_unstable();
    let mut expected: Vec<String> = (0..SERVERS).map(|number| format!("urn:iiot:peer:registered-{number}")).collect();
    expected.push("urn:iiot:peer:lds".into());
    expected.sort_unstable();
    assert_eq!(uris, expected);
    for server in servers {
        let is_directory = server.description.application_type == ApplicationType::DiscoveryServer;
        assert_eq!(is_directory, server.description.application_uri == "urn:iiot:peer:lds");
        assert!(!server.endpoints.is_empty());
        assert!(!server.findings.iter().any(|one| one.code == FindingCode::SharedCertificate), "{server:#?}");
    }
}
