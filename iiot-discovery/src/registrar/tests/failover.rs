//! Edges that go and come.

use std::time::Duration;

use super::plant::Plant;

const PATIENCE: u64 = 30;

async fn used() -> Plant {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await;
    plant.step("approve urn:press").await;
    plant.step("activate urn:press").await;
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"]);
    plant
}

#[tokio::test]
async fn another_edge_of_the_site_takes_over_when_one_has_been_away_for_long() {
    let mut plant = used().await;
    plant.step("lose east").await;
    plant.clock.advance(Duration::from_secs(PATIENCE - 1));
    assert_eq!(plant.registrar.rebalance().await.unwrap().moved, 0);
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"]);
    plant.clock.advance(Duration::from_secs(1));
    assert_eq!(plant.registrar.rebalance().await.unwrap().moved, 1);
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>west"]);
    assert_eq!((plant.edges.used_by("east").len(), plant.edges.used_by("west").len()), (1, 1), "nobody can tell east");

    plant.step("find east").await;
    assert_eq!(plant.registrar.rebalance().await.unwrap().moved, 0, "it stays where it is");
    assert_eq!((plant.edges.used_by("east").len(), plant.edges.used_by("west").len()), (0, 1), "east was told");
    let (before, told) = (plant.dump().await, plant.edges.told());
    assert_eq!(plant.registrar.rebalance().await.unwrap().unused, 0);
    assert_eq!((plant.dump().await, plant.edges.told()), (before, told), "there is nothing more to do");
}

#[tokio::test]
async fn an_edge_that_is_back_in_time_goes_on() {
    let mut plant = used().await;
    let told = plant.edges.told();
    plant.step("lose east").await;
    plant.registrar.rebalance().await.unwrap();
    plant.step("find east").await;
    plant.registrar.rebalance().await.unwrap();
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>east"]);
    assert_eq!(plant.edges.told(), told);
}

#[tokio::test]
async fn an_endpoint_that_no_edge_can_use_says_why_and_is_tried_again() {
    let mut plant = used().await;
    plant.step("lose west").await;
    plant.step("lose east").await;
    plant.clock.advance(Duration::from_secs(PATIENCE));
    let told = plant.registrar.rebalance().await.unwrap();
    assert_eq!((told.moved, told.unused), (0, 1));
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>east!"]);
    let problem = plant.endpoints().await.into_iter().find_map(|one| one.endpoint.problem).unwrap();
    assert_eq!(problem, "the edge east is away, and no other one of its site is there");
    plant.step("find west").await;
    plant.edges.set_deaf("west", true);
    assert_eq!(plant.registrar.rebalance().await.unwrap().unused, 1);
    let problem = plant.endpoints().await.into_iter().find_map(|one| one.endpoint.problem).unwrap();
    assert!(problem.contains("west: call an edge") && problem.contains("no answer"), "{problem}");
    plant.edges.set_deaf("west", false);
    assert_eq!(plant.registrar.rebalance().await.unwrap().moved, 1);
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>west"]);
}

#[tokio::test]
async fn an_edge_of_another_site_is_never_asked() {
    let mut plant = used().await;
    plant.step("north 10.0.0.0/24: urn:saw@10.0.0.9 S").await;
    plant.step("approve urn:saw").await;
    plant.step("lose north").await;
    plant.step("activate urn:saw").await;
    assert_eq!(plant.told().await[1], "urn:saw 10.0.0.9 S north approved *SignAndEncrypt>-!");
    plant.clock.advance(Duration::from_secs(PATIENCE));
    plant.registrar.rebalance().await.unwrap();
    assert!(plant.edges.used_by("north").is_empty() && plant.edges.used_by("alone").is_empty());
    plant.step("find north").await;
    plant.registrar.rebalance().await.unwrap();
    assert_eq!(plant.told().await[1], "urn:saw 10.0.0.9 S north approved *SignAndEncrypt>north");
}

#[tokio::test]
async fn activation_asks_the_next_edge_where_one_does_not_answer() {
    let mut plant = Plant::new().await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.1 A").await;
    plant.step("approve urn:press").await;
    plant.edges.set_deaf("east", true);
    plant.step("activate urn:press").await;
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved *SignAndEncrypt>west"]);
    let unreleased = |plant: &Plant| {
        let endpoints = futures::executor::block_on(plant.endpoints());
        endpoints.into_iter().flat_map(|one| one.endpoint.unreleased).collect::<Vec<_>>()
    };
    assert_eq!(unreleased(&plant), ["east"], "it may have heard");
    plant.edges.set_deaf("east", false);
    plant.registrar.rebalance().await.unwrap();
    assert!(unreleased(&plant).is_empty());
}

#[tokio::test]
async fn a_server_that_has_moved_is_used_at_its_new_address() {
    let mut plant = used().await;
    plant.step("east 10.0.0.0/24: urn:press@10.0.0.9 A").await;
    assert_eq!(plant.edges.used_by("east"), ["opc.tcp://10.0.0.9:4840"]);
}

#[tokio::test]
async fn deactivation_reaches_an_edge_when_it_is_back() {
    let mut plant = used().await;
    plant.edges.set_deaf("east", true);
    plant.step("deactivate urn:press").await;
    assert_eq!(plant.told().await, ["urn:press 10.0.0.1 A east approved"]);
    assert_eq!(plant.edges.used_by("east").len(), 1);
    plant.edges.set_deaf("east", false);
    plant.registrar.rebalance().await.unwrap();
    assert!(plant.edges.used_by("east").is_empty());
}
