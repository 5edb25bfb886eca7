//! Browse paths: when they are followed, and how.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::session::{ItemNode, Session, SessionExt};
use iiot_core::ua::{BrowsePath, BrowsePathResult, StatusCode};

use super::learned::{Ends, Way, way};
use crate::plan::WriterPlan;

/// Follows the paths of a writer after every reconnect, and again and again while one leads nowhere.
///
/// Another run of the server may have other nodes under the same ids. Until it has said where the paths lead in this
/// one, values wait.
#[derive(Default)]
pub(super) struct Paths {
    due: Option<Instant>,
    following: Option<BoxFuture<'static, Result<Ends>>>,
    /// Attempts in vain since values wait; `None` while they do not.
    held: Option<u32>,
}

impl Paths {
    /// Whether values may be those of other nodes.
    pub(super) fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// The connection is another one, or other paths are configured.
    pub(super) fn follow_again(&mut self, plan: &WriterPlan, now: Instant) {
        let any = plan.fields.iter().any(|field| field.path.is_some());
        (self.due, self.following) = (any.then_some(now), None);
        self.held = self.held.filter(|_| any);
    }

    /// The server is another one.
    pub(super) fn follow_elsewhere(&mut self, plan: &WriterPlan, now: Instant) {
        self.follow_again(plan, now);
        self.held = self.due.map(|_| 0);
    }

    /// Whether values waited, and where the paths lead, when it is time to look; never returns where there are none. Nothing is lost when
    /// this is dropped.
    pub(super) async fn next(
        &mut self,
        session: &Arc<dyn Session>,
        plan: &WriterPlan,
        clock: &dyn Clock,
    ) -> (bool, Result<Ends>) {
        if self.following.is_none() {
            match self.due {
                Some(due) => clock.sleep_until(due).await,
                None => std::future::pending().await,
            }
            self.following = Some(follow(Arc::clone(session), ways(plan)).boxed());
        }
        let ends = match &mut self.following {
            Some(following) => following.await,
            None => std::future::pending().await,
        };
        let held = self.holds();
        self.following = None;
        self.settle(ends.as_ref().ok(), clock.now());
        (held, ends)
    }

    /// Takes note of an answer, or of none.
    pub(super) fn settle(&mut self, ends: Option<&Ends>, now: Instant) {
        let Some(ends) = ends else {
            self.held = self.held.map(|failures| failures + 1).filter(|failures| *failures < PATIENCE);
            self.due = Some(now + if self.holds() { SHORT_PAUSE } else { PAUSE });
            return;
        };
        self.held = None;
        self.due = ends.values().any(Result::is_err).then_some(now + PAUSE);
    }
}

/// The paths of a writer and where they begin.
pub(super) fn ways(plan: &WriterPlan) -> Vec<Way> {
    plan.fields.iter().filter_map(way).collect()
}

/// Asks the server for the node at the end of each path.
pub(super) async fn follow(session: Arc<dyn Session>, ways: Vec<Way>) -> Result<Ends> {
    let namespaces = session.namespaces();
    let (mut ends, mut asked, mut paths) = (Ends::new(), Vec::new(), Vec::new());
    for way in ways {
        match browse_path(&way, &namespaces) {
            Some(path) => {
                asked.push(way);
                paths.push(path);
            }
            None => drop(ends.insert(way, Err(StatusCode::BadNodeIdUnknown))),
        }
    }
    let results = if paths.is_empty() { Vec::new() } else { session.translate(paths).await? };
    ends.extend(asked.into_iter().zip(results.into_iter().map(|result| target(result, &namespaces))));
    Ok(ends)
}

fn browse_path((start, path): &Way, namespaces: &[String]) -> Option<BrowsePath> {
    Some(BrowsePath { starting_node: start.resolve(namespaces)?, relative_path: path.resolve(namespaces)? })
}

/// The first node at the end of a path; a path that ends at another server has none.
fn target(result: BrowsePathResult, namespaces: &[String]) -> Result<Arc<ItemNode>, StatusCode> {
    if result.status_code.is_bad() {
        return Err(result.status_code);
    }
    let whole = |target: &iiot_core::ua::BrowsePathTarget| {
        target.remaining_path_index == u32::MAX && target.target_id.server_index == 0
    };
    let node = result.targets.into_iter().flatten().find(whole).ok_or(StatusCode::BadNoMatch)?.target_id;
    let node = match node.namespace_uri.as_ref() {
        "" => ItemNode::Indexed(node.node_id).anchored(namespaces),
        uri => ItemNode::Uri(uri.into(), node.node_id),
    };
    Ok(node.into())
}

/// Between two attempts to find what is not there.
const PAUSE: Duration = Duration::from_secs(30);
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// Attempts after which values are taken for those of the nodes they were.
const PATIENCE: u32 = 30;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::session::{ConnectOptions, Connector, MemoryServer};
    use iiot_core::ua::NodeId;

    use super::*;
    use crate::plan::{Connection, FieldPlan};

    fn plan(paths: &[&str]) -> WriterPlan {
        let field = |path: &&str| {
            let mut field = FieldPlan::of_node("i=85".parse::<ItemNode>().unwrap(), Duration::from_secs(1));
            field.path = Some(path.parse().unwrap());
            field
        };
        let plan = WriterPlan::new(1, "W", Connection::new(ConnectOptions::new("opc.tcp://a")));
        WriterPlan { fields: paths.iter().map(field).collect(), ..plan }
    }

    #[tokio::test]
    async fn paths_end_at_nodes_or_say_why_not() {
        let server = MemoryServer::new();
        server.add_variable(NodeId::new(1, "A"), "A", 1);
        let session = server.connector().connect(ConnectOptions::new(server.url())).await.unwrap();
        let plan = plan(&["/1:A", "/1:B", "/nsu=urn:nowhere;A"]);
        let ends = follow(Arc::clone(&session), ways(&plan)).await.unwrap();
        let end = |at: usize| ends[&way(&plan.fields[at]).unwrap()].clone();
        assert_eq!(end(0).unwrap().resolve(&session.namespaces()), Some(NodeId::new(1, "A")));
        assert_eq!((end(1), end(2)), (Err(StatusCode::BadNoMatch), Err(StatusCode::BadNodeIdUnknown)));
    }

    #[test]
    fn what_leads_nowhere_is_followed_again_and_values_wait_for_another_server() {
        let (start, plan) = (Instant::now(), plan(&["/1:A"]));
        let mut paths = Paths::default();
        paths.follow_again(&WriterPlan { fields: Vec::new().into(), ..plan.clone() }, start);
        assert_eq!((paths.due, paths.holds()), (None, false));
        paths.follow_again(&plan, start);
        assert_eq!((paths.due, paths.holds()), (Some(start), false));
        paths.settle(Some(&[(way(&plan.fields[0]).unwrap(), Err(StatusCode::BadNoMatch))].into()), start);
        assert_eq!(paths.due, Some(start + PAUSE));
        paths.follow_elsewhere(&plan, start);
        for _ in 1..PATIENCE {
            paths.settle(None, start);
            assert_eq!((paths.due, paths.holds()), (Some(start + SHORT_PAUSE), true));
        }
        paths.settle(None, start);
        assert_eq!((paths.due, paths.holds()), (Some(start + PAUSE), false));
        paths.follow_elsewhere(&plan, start);
        paths.settle(Some(&[(way(&plan.fields[0]).unwrap(), Ok(Arc::clone(&plan.fields[0].node)))].into()), start);
        assert_eq!((paths.due, paths.holds()), (None, false));
    }
}
