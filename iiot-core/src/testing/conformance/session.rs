//! What every [`Connector`] and its [`Session`]s keep.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{ErrorKind, Result};
use crate::session::{
    ConnectOptions, Connector, DataBatch, Item, ItemState, Session, SessionExt, SessionState, Subscription,
    SubscriptionEvent, SubscriptionOptions, attribute,
};
use crate::testing::within;
use crate::ua::{
    AttributeId, BrowseDescription, BrowsePath, BrowseRequest, NodeId, ObjectId, QualifiedName, ReferenceTypeId,
    RelativePath, RelativePathElement, StatusCode,
};

/// A server that a connector reaches, and what it has.
#[derive(Debug)]
pub struct SessionFixture {
    /// How to reach it.
    pub options: ConnectOptions,
    /// Variables below the Objects folder, at least two.
    pub variables: Vec<NodeId>,
    /// The browse name of the first of them.
    pub browse_name: QualifiedName,
    /// A URL that nobody listens on.
    pub nobody: String,
}

/// Runs the contract of [`Connector`] and [`Session`]. `change` gives every variable another value.
///
/// # Panics
/// Where the contract is broken.
pub async fn session(connector: &dyn Connector, fixture: &SessionFixture, mut change: impl FnMut()) {
    endpoints_are_told(connector, fixture).await;
    nobody_there_is_unavailable(connector, fixture).await;
    let session = connector.connect(fixture.options.clone()).await.expect("the server can be reached");
    assert_eq!(session.state(), SessionState::Connected);
    assert_eq!(session.namespaces().first().map(String::as_str), Some("http://opcfoundation.org/UA/"));
    results_come_one_by_one(session.as_ref(), fixture).await;
    a_failed_service_is_an_error_with_its_status(session.as_ref()).await;
    browsing_goes_to_the_end(session.as_ref(), fixture).await;
    paths_are_translated(session.as_ref(), fixture).await;
    values_arrive_in_order(session.as_ref(), fixture, &mut change).await;
    acknowledging_opens_the_way(session.as_ref(), fixture, &mut change).await;
    items_can_be_replaced(session.as_ref(), fixture, &mut change).await;
    closing_ends_everything(session.as_ref(), fixture).await;
}

const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for several publishing cycles.
const SEVERAL_CYCLES: Duration = Duration::from_millis(400);

async fn endpoints_are_told(connector: &dyn Connector, fixture: &SessionFixture) {
    let endpoints = connector.endpoints(&fixture.options.endpoint_url).await.expect("the server tells its endpoints");
    assert!(!endpoints.is_empty());
    assert!(endpoints.iter().all(|endpoint| !endpoint.endpoint_url.is_empty()));
}

async fn nobody_there_is_unavailable(connector: &dyn Connector, fixture: &SessionFixture) {
    let options = ConnectOptions { endpoint_url: fixture.nobody.clone(), ..fixture.options.clone() };
    let error = connector.connect(options).await.expect_err("nobody listens there");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.report().contains(&fixture.nobody), "the error names the place: {error}");
}

async fn results_come_one_by_one(session: &dyn Session, fixture: &SessionFixture) {
    let mut nodes = fixture.variables.clone();
    nodes.insert(1, unknown());
    let values = session.read_values(&nodes).await.expect("the service succeeds");
    let bad: Vec<bool> = values.iter().map(|value| value.status() == StatusCode::BadNodeIdUnknown).collect();
    let expected: Vec<bool> = (0..nodes.len()).map(|index| index == 1).collect();
    assert_eq!(bad, expected, "one result each, in order");
    let wrong_attribute = session.read(vec![attribute(&fixture.variables[0], AttributeId::Executable)]).await;
    assert!(wrong_attribute.expect("the service succeeds")[0].status().is_bad());
}

async fn a_failed_service_is_an_error_with_its_status(session: &dyn Session) {
    let error = session.browse(below(unknown())).await.expect_err("the node does not exist");
    assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, StatusCode::BadNodeIdUnknown));
    let error = session.browse_next(vec![9, 9].into(), false).await.map(|results| results.unwrap_or_default());
    let refused = match error {
        Ok(results) => results.iter().all(|result| result.status_code.is_bad()),
        Err(error) => error.status().is_bad(),
    };
    assert!(refused, "an invented continuation point");
}

async fn browsing_goes_to_the_end(session: &dyn Session, fixture: &SessionFixture) {
    let folder = || below(ObjectId::ObjectsFolder.into());
    let all = session.browse(folder()).await.expect("the folder can be browsed");
    for variable in &fixture.variables {
        assert!(all.iter().any(|reference| reference.node_id.node_id == *variable), "{variable}");
    }
    let request = BrowseRequest {
        requested_max_references_per_node: 1,
        nodes_to_browse: Some(vec![folder()]),
        ..Default::default()
    };
    let first = session.service(request).await.expect("the service succeeds").results.unwrap_or_default().remove(0);
    assert_eq!(first.references.map(|references| references.len()), Some(1));
    let next = session.browse_next(first.continuation_point, false).await.expect("there is a next page");
    assert!(next.is_some_and(|pages| pages[0].status_code.is_good()));
}

async fn paths_are_translated(session: &dyn Session, fixture: &SessionFixture) {
    let path = |name: QualifiedName| BrowsePath {
        starting_node: ObjectId::ObjectsFolder.into(),
        relative_path: RelativePath {
            elements: Some(vec![RelativePathElement {
                reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
                is_inverse: false,
                include_subtypes: true,
                target_name: name,
            }]),
        },
    };
    let paths = vec![path(fixture.browse_name.clone()), path(QualifiedName::new(0, "there is none"))];
    let results = session.translate(paths).await.expect("the service succeeds");
    let targets = results[0].targets.as_deref().unwrap_or_default();
    assert_eq!(targets.first().map(|target| &target.target_id.node_id), fixture.variables.first());
    assert!(results[1].status_code.is_bad());
}

async fn values_arrive_in_order(session: &dyn Session, fixture: &SessionFixture, change: &mut impl FnMut()) {
    let mut items = items(fixture);
    items.push(Item::new(UNKNOWN_HANDLE, unknown()));
    let mut watched = Watched::new(session, options(32), items).await.expect("the session subscribes");
    watched.until("every item is told of", |seen| seen.states.len() == fixture.variables.len() + 1).await;
    for (handle, state) in &watched.states {
        let expected = matches!(state, ItemState::Reporting { .. });
        assert_eq!(expected, *handle != UNKNOWN_HANDLE, "{handle}: {state:?}");
    }
    watched.until("initial values come", |seen| seen.values.len() == fixture.variables.len()).await;
    let batches = watched.batches;
    change();
    watched.until("changes come", |seen| seen.batches > batches).await;
    watched.subscription.close().await;
    within("the end", PATIENCE, async { while watched.subscription.next().await.is_some() {} }).await;
}

async fn acknowledging_opens_the_way(session: &dyn Session, fixture: &SessionFixture, change: &mut impl FnMut()) {
    let mut watched = Watched::new(session, options(1), items(fixture)).await.expect("the session subscribes");
    watched.acknowledges = false;
    watched.until("a first batch comes", |seen| seen.batches == 1).await;
    change();
    let more = watched.until("no second one", |seen| seen.batches > 1);
    assert!(
        tokio::time::timeout(SEVERAL_CYCLES, more).await.is_err(),
        "a batch came before the first was acknowledged"
    );
    watched.acknowledge_all();
    watched.until("a second batch comes", |seen| seen.batches == 2).await;
    watched.subscription.close().await;
}

async fn items_can_be_replaced(session: &dyn Session, fixture: &SessionFixture, change: &mut impl FnMut()) {
    let mut watched = Watched::new(session, options(32), items(fixture)).await.expect("the session subscribes");
    watched.until("initial values come", |seen| seen.values.len() == fixture.variables.len()).await;
    let other = Item::new(1000, fixture.variables[0].clone());
    watched.subscription.set_items(vec![other]).await.expect("the items are taken");
    watched.until("the new item reports", |seen| seen.values.contains_key(&1000)).await;
    let before: BTreeMap<u32, u32> = watched.values.clone();
    change();
    watched.until("it goes on", |seen| seen.values[&1000] > before[&1000]).await;
    watched.subscription.close().await;
}

async fn closing_ends_everything(session: &dyn Session, fixture: &SessionFixture) {
    let mut watched = Watched::new(session, options(32), items(fixture)).await.expect("the session subscribes");
    let seen = session.state();
    session.close().await;
    let now = within("the state changes", PATIENCE, session.state_changed(&seen)).await;
    assert_eq!(now, SessionState::Closed);
    within("the subscription ends", PATIENCE, async { while watched.subscription.next().await.is_some() {} }).await;
    let error = session.read_values(&fixture.variables).await.expect_err("the session is closed");
    assert_eq!(error.kind(), ErrorKind::Closed);
    session.close().await;
}

/// A subscription and what it has told.
struct Watched {
    subscription: Box<dyn Subscription>,
    acknowledges: bool,
    states: BTreeMap<u32, ItemState>,
    /// How many values each item has reported.
    values: BTreeMap<u32, u32>,
    batches: u32,
    created: bool,
    unacknowledged: Vec<u64>,
    last_sequence_number: u32,
}

impl Watched {
    async fn new(session: &dyn Session, options: SubscriptionOptions, items: Vec<Item>) -> Result<Self> {
        Ok(Self {
            subscription: session.subscribe(options, items).await?,
            acknowledges: true,
            states: BTreeMap::new(),
            values: BTreeMap::new(),
            batches: 0,
            created: false,
            unacknowledged: Vec::new(),
            last_sequence_number: 0,
        })
    }

    /// Takes events until the condition holds.
    async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        within(what, PATIENCE, async {
            while !condition(self) {
                let event = self.subscription.next().await.expect("the subscription lives");
                self.take(event);
            }
        })
        .await;
    }

    fn take(&mut self, event: SubscriptionEvent) {
        match event {
            SubscriptionEvent::Created(_) => self.created = true,
            SubscriptionEvent::Items(states) => self.states.extend(states),
            SubscriptionEvent::Data(batch) => self.batch(&batch),
            SubscriptionEvent::KeepAlive => {}
            other => panic!("nothing was injected, but {other:?}"),
        }
    }

    fn batch(&mut self, batch: &Arc<DataBatch>) {
        assert!(self.created, "values come after the subscription is told of");
        assert!(batch.sequence_number > self.last_sequence_number, "in order");
        self.last_sequence_number = batch.sequence_number;
        self.batches += 1;
        for row in batch.rows() {
            *self.values.entry(row.client_handle).or_default() += 1;
        }
        self.unacknowledged.push(batch.token);
        if self.acknowledges {
            self.acknowledge_all();
        }
    }

    fn acknowledge_all(&mut self) {
        for token in self.unacknowledged.drain(..) {
            self.subscription.acknowledge(token);
        }
    }
}

const UNKNOWN_HANDLE: u32 = 999;

fn unknown() -> NodeId {
    NodeId::new(1, "there is no such node")
}

fn items(fixture: &SessionFixture) -> Vec<Item> {
    fixture.variables.iter().zip(0..).map(|(node, handle)| Item::new(handle, node.clone())).collect()
}

fn options(max_unacknowledged: usize) -> SubscriptionOptions {
    let publishing_interval = Duration::from_millis(100);
    SubscriptionOptions { publishing_interval, max_unacknowledged, ..Default::default() }
}

fn below(node_id: NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        result_mask: 63,
        ..Default::default()
    }
}
