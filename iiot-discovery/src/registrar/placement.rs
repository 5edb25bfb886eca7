//! Which edge uses an endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use iiot_core::model::{Application, Approval, Edge, Endpoint};
use iiot_core::time::UtcTime;

use super::id::spread;

/// The edges that there are.
#[derive(Debug, Clone)]
pub enum Fleet {
    /// This process alone, under this name.
    Alone(String),
    /// Those on record, by their ids.
    Many(BTreeMap<String, Edge>),
}

impl Fleet {
    /// Whether something can be sent to an edge now.
    #[must_use]
    pub fn can_be_asked(&self, edge: &str) -> bool {
        match self {
            Self::Alone(name) => name == edge,
            Self::Many(edges) => edges.get(edge).is_some_and(|edge| is_approved(edge) && edge.presence.connected),
        }
    }

    /// Whether others should do the work of an edge: it is no longer on record or approved, or has been away for so long.
    #[must_use]
    pub fn is_lost(&self, edge: &str, now: UtcTime, patience: Duration) -> bool {
        match self {
            Self::Alone(name) => name != edge,
            Self::Many(edges) => edges.get(edge).is_none_or(|edge| !is_approved(edge) || is_away(edge, now, patience)),
        }
    }

    /// Whether an edge can ever be asked again.
    pub(super) fn knows(&self, edge: &str) -> bool {
        match self {
            Self::Alone(name) => name == edge,
            Self::Many(edges) => edges.contains_key(edge),
        }
    }

    /// The edges that can be asked to use an endpoint, the best first: who uses it, whose search found it, others of the site.
    fn candidates(&self, id: &str, endpoint: &Endpoint, application: &Application) -> Vec<String> {
        let own = endpoint.edge.iter().chain(&application.edge).cloned();
        let mut candidates: Vec<String> = Vec::new();
        for edge in own.chain(self.others(id, endpoint.site.as_deref())) {
            if self.can_be_asked(&edge) && !candidates.contains(&edge) {
                candidates.push(edge);
            }
        }
        candidates
    }

    fn others(&self, id: &str, site: Option<&str>) -> Vec<String> {
        match self {
            Self::Alone(name) => vec![name.clone()],
            Self::Many(edges) => {
                let there = |edge: &Edge| site.is_some() && edge.site.as_deref() == site;
                let mut others: Vec<String> =
                    edges.iter().filter(|(_, edge)| there(edge)).map(|(name, _)| name.clone()).collect();
                others.sort_by_cached_key(|edge| spread(id, edge));
                others
            }
        }
    }
}

fn is_approved(edge: &Edge) -> bool {
    edge.approval == Approval::Approved && edge.problem.is_none()
}

fn is_away(edge: &Edge, now: UtcTime, patience: Duration) -> bool {
    !edge.presence.connected && now.since(edge.presence.since) >= patience
}

/// What has to be done about an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// All is as it should be.
    Keep,
    /// One of these is to use it, the first that does.
    Use(Vec<String>),
    /// Nobody is to use it; why, where somebody wants it to be used.
    Stop(Option<String>),
    /// Nothing can be done now, for this reason.
    Wait(String),
}

/// What has to be done about an endpoint.
pub(super) fn decide(
    id: &str,
    endpoint: &Endpoint,
    application: Option<&Application>,
    fleet: &Fleet,
    now: UtcTime,
    patience: Duration,
) -> Step {
    let application = match wanted(endpoint, application) {
        Ok(application) => application,
        Err(reason) => return stop(endpoint, reason),
    };
    let holder = endpoint.edge.as_deref().filter(|edge| !fleet.is_lost(edge, now, patience));
    match holder {
        Some(_) if endpoint.problem.is_none() => return Step::Keep,
        Some(holder) if !fleet.can_be_asked(holder) => return Step::Keep,
        _ => {}
    }
    match fleet.candidates(id, endpoint, application) {
        candidates if !candidates.is_empty() => Step::Use(candidates),
        _ => wait(endpoint),
    }
}

/// The application, if an endpoint is to be used; else why not, as far as somebody wants it to be.
fn wanted<'a>(endpoint: &Endpoint, application: Option<&'a Application>) -> Result<&'a Application, Option<String>> {
    if !endpoint.activated {
        return Err(None);
    }
    let Some(application) = application else { return Err(Some("its application is not on record".to_owned())) };
    may_be_used(application).map_err(|reason| Some(reason.to_owned()))?;
    let gone = [application.seen, endpoint.seen].into_iter().flatten().find_map(|seen| seen.gone_since);
    match gone {
        Some(since) => Err(Some(format!("it is gone: searches do not find it any more since {since}"))),
        None => Ok(application),
    }
}

/// Whether endpoints of an application may be activated, and why not.
pub(super) fn may_be_used(application: &Application) -> Result<(), &'static str> {
    match application {
        Application { approval: Approval::Discovered, .. } => Err("its application is not approved; approve it first"),
        Application { approval: Approval::Rejected, .. } => Err("its application is rejected; approve it first"),
        Application { enabled: false, .. } => Err("its application is disabled; enable it first"),
        _ => Ok(()),
    }
}

fn stop(endpoint: &Endpoint, reason: Option<String>) -> Step {
    if endpoint.edge.is_none() && endpoint.problem == reason { Step::Keep } else { Step::Stop(reason) }
}

fn wait(endpoint: &Endpoint) -> Step {
    let reason = match &endpoint.edge {
        Some(edge) => format!("the edge {edge} is away, and no other one of its site is there"),
        None => "no edge that could use it is there".to_owned(),
    };
    if endpoint.problem.as_ref() == Some(&reason) { Step::Keep } else { Step::Wait(reason) }
}
