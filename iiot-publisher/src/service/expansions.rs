//! The expansions of the plan that is configured, and what they stand for as far as that is known.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iiot_core::Error;
use iiot_core::session::ConnectOptions;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::DropGuard;

use super::expander::{Expander, News};
use super::live::{Live, options};
use super::spool::hash;
use super::status::Shared;
use super::store::Store;
use crate::diagnostics::ExpansionDiagnostics;
use crate::expand::{Search, Variable, expanded};
use crate::plan::{Connection, Plan};

/// Paths and nodes that searches found, by server and search.
pub(super) type Remembered = BTreeMap<String, Vec<(String, String)>>;

/// Keeps what is configured, and what servers said of it.
#[derive(Debug)]
pub(super) struct Expansions {
    configured: Plan,
    servers: Vec<Server>,
    /// They end when the publisher stops.
    pub(super) tasks: JoinSet<()>,
    sender: mpsc::Sender<News>,
    /// What was known when the process before ended.
    legacy: Remembered,
    /// Servers are never numbered alike.
    next: usize,
}

#[derive(Debug)]
struct Server {
    number: usize,
    connection: Connection,
    searches: Vec<Known>,
    /// Ends its task with it.
    _end: DropGuard,
}

/// A search, how often it is made, and what it has found.
#[derive(Debug)]
struct Known {
    search: Search,
    again: Duration,
    variables: Vec<Variable>,
    error: Option<String>,
}

impl Expansions {
    /// Nothing is expanded yet; news come to the receiver.
    pub(super) fn new(store: Option<&Arc<Store>>) -> (Self, mpsc::Receiver<News>) {
        let (sender, news) = mpsc::channel(NEWS);
        let legacy = store.map(|store| store.expansions()).unwrap_or_default();
        let (configured, servers, tasks) = (Plan::default(), Vec::new(), JoinSet::new());
        (Self { configured, servers, tasks, sender, legacy, next: 0 }, news)
    }

    /// Expands this plan from now on; returns what is known of it at once.
    pub(super) fn configure(&mut self, plan: &Plan, shared: &Arc<Shared>) -> Plan {
        let mut before = std::mem::take(&mut self.servers);
        for (connection, wanted) in by_server(plan) {
            let same = |server: &Server| server.connection == connection;
            let old = before.iter().position(same).map(|index| before.swap_remove(index));
            let server = self.server(connection, wanted, old, shared);
            self.servers.push(server);
        }
        self.configured = plan.clone();
        while self.tasks.try_join_next().is_some() {}
        self.tell(shared);
        self.expanded()
    }

    /// Goes on with a server that is asked the same; asks it anew otherwise.
    fn server(
        &mut self,
        connection: Connection,
        wanted: Vec<(Search, Duration)>,
        old: Option<Server>,
        shared: &Arc<Shared>,
    ) -> Server {
        let known = match old {
            Some(server) if server.is_asked(&wanted) => return server,
            Some(server) => server.searches,
            None => Vec::new(),
        };
        self.next += 1;
        let expander = Expander {
            options: options(&connection, &shared.parts.publisher_id),
            server: self.next,
            searches: wanted.clone(),
            connector: Arc::clone(&shared.parts.connector),
            clock: Arc::clone(shared.clock()),
            news: self.sender.clone(),
        };
        let end = shared.quiesce.child_token();
        self.tasks.spawn(expander.run(end.clone()));
        let search = |(search, again): (Search, Duration)| {
            let known = known.iter().find(|known| known.search == search).map(|known| known.variables.clone());
            let legacy = || self.legacy.get(&key(&connection, &search)).map(|legacy| variables_of(legacy));
            Known { variables: known.or_else(legacy).unwrap_or_default(), search, again, error: None }
        };
        let searches = wanted.into_iter().map(search).collect();
        Server { number: self.next, connection, searches, _end: end.drop_guard() }
    }

    /// Takes news in; returns the plan as it is now, or `None` if it is no other.
    pub(super) fn learn(&mut self, News { server, search, found }: News, shared: &Shared) -> Option<Plan> {
        let server = self.servers.iter_mut().find(|known| known.number == server)?;
        let known = server.searches.get_mut(search)?;
        known.error = found.as_ref().err().map(Error::report);
        let changed =
            found.is_ok_and(|variables| std::mem::replace(&mut known.variables, variables) != known.variables);
        self.tell(shared);
        changed.then(|| self.expanded())
    }

    /// Shows how the searches stand.
    fn tell(&self, shared: &Shared) {
        let of_server =
            |server: &Server| server.searches.iter().map(|known| known.diagnostics(server)).collect::<Vec<_>>();
        *shared.expansions.lock() = self.servers.iter().flat_map(of_server).collect();
    }

    /// Tells the next process, which begins with the fields that this one had.
    async fn remember(&self, shared: &Shared) {
        let Some(store) = shared.parts.store.clone() else { return };
        let remembered = self.remembered();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || store.save_expansions(&remembered)).await {
            tracing::warn!("{}", error.report());
        }
    }

    fn remembered(&self) -> Remembered {
        let of_server = |server: &Server| {
            let entry = |known: &Known| {
                let pairs =
                    known.variables.iter().map(|variable| (variable.path.to_string(), variable.node.to_string()));
                (key(&server.connection, &known.search), pairs.collect())
            };
            server.searches.iter().map(entry).collect::<Vec<_>>()
        };
        self.servers.iter().flat_map(of_server).collect()
    }

    fn expanded(&self) -> Plan {
        expanded(&self.configured, |connection, search| {
            let server = self.servers.iter().find(|server| server.connection == *connection);
            let known = server.and_then(|server| server.searches.iter().find(|known| known.search == *search));
            known.map_or(&[] as &[Variable], |known| &known.variables)
        })
    }
}

impl Server {
    fn is_asked(&self, wanted: &[(Search, Duration)]) -> bool {
        self.searches.iter().map(|known| (&known.search, known.again)).eq(wanted.iter().map(|(s, again)| (s, *again)))
    }
}

impl Known {
    fn diagnostics(&self, server: &Server) -> ExpansionDiagnostics {
        ExpansionDiagnostics {
            endpoint_url: server.connection.options.endpoint_url.clone(),
            node: self.search.node.to_string(),
            path: self.search.path.as_ref().map(ToString::to_string),
            variables: self.variables.len() as u32,
            error: self.error.clone(),
        }
    }
}

/// Changes what is published when a server has other nodes below those that are expanded, until the publisher is gone.
pub(super) fn follow(
    mut news: mpsc::Receiver<News>,
    expansions: &Arc<Mutex<Expansions>>,
    live: &Arc<Mutex<Live>>,
    shared: &Arc<Shared>,
) -> impl Future<Output = ()> + use<> {
    let (expansions, live, shared) = (Arc::downgrade(expansions), Arc::downgrade(live), Arc::clone(shared));
    async move {
        while let Some(news) = news.recv().await {
            let (Some(expansions), Some(live)) = (expansions.upgrade(), live.upgrade()) else { return };
            let mut expansions = expansions.lock().await;
            let Some(plan) = expansions.learn(news, &shared) else { continue };
            match live.lock().await.apply(plan, &shared).await {
                Ok(change) => tracing::info!("servers have other nodes below those that are expanded: {change}"),
                Err(error) => tracing::warn!("what is below expanded nodes is not published: {}", error.report()),
            }
            expansions.remember(&shared).await;
        }
    }
}

/// Names a search over restarts. What the identity holds is not printed.
fn key(connection: &Connection, search: &Search) -> String {
    let ConnectOptions { endpoint_url, security, identity, .. } = &connection.options;
    format!("{:016x}", hash(&format!("{endpoint_url} {security:?} {identity:?} {search:?}")))
}

/// Those whose nodes can be read.
fn variables_of(remembered: &[(String, String)]) -> Vec<Variable> {
    let variable = |(path, node): &(String, String)| {
        Some(Variable { path: path.as_str().into(), node: Arc::new(node.parse().ok()?) })
    };
    remembered.iter().filter_map(variable).collect()
}

/// The searches of each server, each once; the most impatient says how often.
fn by_server(plan: &Plan) -> Vec<(Connection, Vec<(Search, Duration)>)> {
    let mut servers: Vec<(Connection, Vec<(Search, Duration)>)> = Vec::new();
    for writer in plan.writer_groups.iter().flat_map(|group| &group.writers) {
        for expansion in &writer.expansions {
            let at = servers.iter().position(|(connection, _)| *connection == writer.connection).unwrap_or_else(|| {
                servers.push((writer.connection.clone(), Vec::new()));
                servers.len() - 1
            });
            let searches = &mut servers[at].1;
            match searches.iter_mut().find(|(search, _)| *search == expansion.search) {
                Some((_, again)) => *again = expansion.again.min(*again),
                None => searches.push((expansion.search.clone(), expansion.again)),
            }
        }
    }
    servers
}

/// On their way.
const NEWS: usize = 16;
