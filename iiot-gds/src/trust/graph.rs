//! Which client may talk to which server.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which client may talk to which server: what no relation allows is not allowed, and an exception stands above all that
/// allow.
///
/// ```
/// use iiot_gds::trust::{Party, Relation, TrustGraph};
///
/// let mut graph = TrustGraph::default();
/// graph.groups.insert("line 1".into(), ["press".to_owned(), "oven".to_owned()].into());
/// graph.relations.push(Relation::allow(Party::application("mes"), Party::group("line 1")));
/// graph.relations.push(Relation::except(Party::application("mes"), Party::application("oven")));
/// assert!(graph.allows("mes", "press"));
/// assert!(!graph.allows("mes", "oven") && !graph.allows("press", "mes"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustGraph {
    /// Groups of applications, each by its members. An application may be in several.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// What is allowed, and what is not after all, in any order.
    pub relations: Vec<Relation>,
}

/// Whether clients may talk to servers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relation {
    /// Who talks.
    pub client: Party,
    /// To whom.
    pub server: Party,
    /// Whether they may.
    pub effect: Effect,
}

/// One application or several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Party {
    /// This one.
    Application(String),
    /// Every member of this group, also those that come later.
    Group(String),
}

/// What a relation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// They may talk.
    Allow,
    /// They may not, whatever else allows it.
    Except,
}

/// Whether a client may talk to a server, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling<'a> {
    /// It may, by this relation.
    Allowed(&'a Relation),
    /// It may not, by this relation.
    Excepted(&'a Relation),
    /// Nothing says that it may.
    Unrelated,
}

impl Party {
    /// One application.
    #[must_use]
    pub fn application(id: impl Into<String>) -> Self {
        Self::Application(id.into())
    }

    /// Every member of a group.
    #[must_use]
    pub fn group(id: impl Into<String>) -> Self {
        Self::Group(id.into())
    }
}

impl Relation {
    /// The client may talk to the server.
    #[must_use]
    pub const fn allow(client: Party, server: Party) -> Self {
        Self { client, server, effect: Effect::Allow }
    }

    /// The client must not talk to the server.
    #[must_use]
    pub const fn except(client: Party, server: Party) -> Self {
        Self { client, server, effect: Effect::Except }
    }
}

impl TrustGraph {
    /// Whether this client may talk to this server.
    #[must_use]
    pub fn allows(&self, client: &str, server: &str) -> bool {
        matches!(self.ruling(client, server), Ruling::Allowed(_))
    }

    /// Whether this client may talk to this server, and the first relation that says so.
    #[must_use]
    pub fn ruling(&self, client: &str, server: &str) -> Ruling<'_> {
        let mut speak =
            self.relations.iter().filter(|one| self.means(&one.client, client) && self.means(&one.server, server));
        let Some(first) = speak.next() else { return Ruling::Unrelated };
        let exception = std::iter::once(first).chain(speak).find(|one| one.effect == Effect::Except);
        exception.map_or(Ruling::Allowed(first), Ruling::Excepted)
    }

    /// Whether either may talk to the other, so that both must trust each other.
    #[must_use]
    pub fn connects(&self, one: &str, other: &str) -> bool {
        self.allows(one, other) || self.allows(other, one)
    }

    /// Whom an application must trust: all that it may talk to, and all that may talk to it.
    #[must_use]
    pub fn peers(&self, application: &str) -> BTreeSet<&str> {
        let related = self.relations.iter().filter(|one| one.effect == Effect::Allow);
        let parties = related.flat_map(|one| self.across(one, application));
        let members = parties.flat_map(|party| self.members(party));
        members.filter(|other| *other != application && self.connects(application, other)).collect()
    }

    /// Whether an application must trust a group as a whole: members that come later too, and all that there are now.
    #[must_use]
    pub fn trusts_group(&self, application: &str, group: &str) -> bool {
        let related = self.relations.iter().filter(|one| one.effect == Effect::Allow);
        let mut parties = related.flat_map(|one| self.across(one, application));
        let named = parties.any(|party| matches!(party, Party::Group(id) if id == group));
        let members = self.groups.get(group).into_iter().flatten();
        named && members.filter(|other| *other != application).all(|other| self.connects(application, other))
    }

    /// The applications that it names, in groups or relations.
    #[must_use]
    pub fn applications(&self) -> BTreeSet<&str> {
        let parties = self.relations.iter().flat_map(|one| [&one.client, &one.server]);
        let groups = self.groups.values().flatten().map(String::as_str);
        parties.flat_map(|party| self.members(party)).chain(groups).collect()
    }

    /// The other side of a relation, for each side that an application is on.
    fn across<'a>(&'a self, relation: &'a Relation, application: &str) -> impl Iterator<Item = &'a Party> + use<'a> {
        let Relation { client, server, .. } = relation;
        let of_client = self.means(client, application).then_some(server);
        of_client.into_iter().chain(self.means(server, application).then_some(client))
    }

    fn means(&self, party: &Party, application: &str) -> bool {
        match party {
            Party::Application(id) => id == application,
            Party::Group(group) => self.groups.get(group).is_some_and(|members| members.contains(application)),
        }
    }

    fn members<'a>(&'a self, party: &'a Party) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match party {
            Party::Application(id) => Box::new(std::iter::once(id.as_str())),
            Party::Group(group) => Box::new(self.groups.get(group).into_iter().flatten().map(String::as_str)),
        }
    }
}
