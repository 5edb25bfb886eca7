//! Who may talk to whom.

use iiot_core::Result;
use serde_json::json;

use super::LocalDevices;
use crate::devices::graph::{
    ExplainRequest, Explanation, PutTrustGraphRequest, RecordedTrustGraph, TrustListRequest, TrustListResponse,
};
use crate::devices::records::{self, event, refused};
use crate::devices::survey::digest;
use crate::devices::wanted::trust_list;
use crate::document::{self, THE_GRAPH, TRUST_GRAPH};
use crate::policy::Digester;
use crate::store::Transaction;
use crate::trust::{Effect, Party, Relation, Ruling, TrustGraph};

const PUT: &str = "put trust graph";
const MAX_RELATIONS: usize = 10_000;
const MAX_GROUPS: usize = 1000;
const MAX_MEMBERS: usize = 10_000;
const MAX_NAME: usize = 256;

impl LocalDevices {
    pub(super) async fn put_graph(&self, request: PutTrustGraphRequest, by: &str) -> Result<RecordedTrustGraph> {
        let PutTrustGraphRequest { graph, revision } = request;
        check(&graph)?;
        let before = records::graph(&*self.office.store).await?;
        let write = document::write((TRUST_GRAPH, THE_GRAPH), &graph, &[], (revision > 0).then_some(revision))?;
        let (gone, new) = differences(&before.graph, &graph);
        let digest = Digester::new("iiot trust graph").part(write.content.as_deref().unwrap_or_default()).finish();
        let details = json!({ "digest": digest, "relations": graph.relations.len(), "groups": graph.groups.len(),
            "removed": gone, "added": new });
        let mut transaction =
            Transaction::new(event("trustGraph.put", by, THE_GRAPH, details), self.office.clock.utc());
        transaction.documents.push(write);
        let committed = self.office.store.commit(transaction).await?;
        self.notify();
        Ok(RecordedTrustGraph { revision: committed.revisions.first().copied().unwrap_or_default(), graph })
    }

    pub(super) async fn explain_ruling(&self, request: &ExplainRequest) -> Result<Explanation> {
        let graph = records::graph(&*self.office.store).await?.graph;
        let ExplainRequest { client, server } = request;
        let told = |allowed, relation: &Relation, verb: &str| Explanation {
            allowed,
            relation: Some(relation.clone()),
            sentence: format!("{client} {verb} talk to {server}: {}", sentence(relation)),
        };
        Ok(match graph.ruling(client, server) {
            Ruling::Allowed(relation) => told(true, relation, "may"),
            Ruling::Excepted(relation) => told(false, relation, "must not"),
            Ruling::Unrelated => Explanation {
                allowed: false,
                relation: None,
                sentence: format!("{client} must not talk to {server}: no relation allows it"),
            },
        })
    }

    pub(super) async fn trust_list_of(&self, request: &TrustListRequest) -> Result<TrustListResponse> {
        self.office.application(&request.application).await?;
        let lists = trust_list(&self.office, &request.application, request.certificate_group.as_deref()).await?;
        Ok(TrustListResponse { digest: digest(&lists), lists })
    }
}

fn check(graph: &TrustGraph) -> Result<()> {
    let members: usize = graph.groups.values().map(std::collections::BTreeSet::len).sum();
    if graph.relations.len() > MAX_RELATIONS || graph.groups.len() > MAX_GROUPS || members > MAX_MEMBERS {
        let message = "it has more than 10,000 relations, 1,000 groups or 10,000 members of groups";
        return Err(refused(PUT, message));
    }
    let parties = graph.relations.iter().flat_map(|one| [&one.client, &one.server]);
    let names = parties.clone().map(|party| match party {
        Party::Application(id) | Party::Group(id) => id,
    });
    let is_name = |name: &&String| (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    let mut names = names.chain(graph.groups.keys()).chain(graph.groups.values().flatten());
    if let Some(wrong) = names.find(|name| !is_name(name)) {
        return Err(refused(PUT, "a name has not 1 to 256 bytes, or holds a control character")
            .with("name", format!("{wrong:.300?}")));
    }
    let unknown = parties.into_iter().find_map(|party| match party {
        Party::Group(id) if !graph.groups.contains_key(id) => Some(id),
        _ => None,
    });
    match unknown {
        Some(group) => Err(refused(PUT, "a relation names a group that the graph has not").with("group", group)),
        None => Ok(()),
    }
}

/// The relations that go and that come, for the audit record; the first of them.
fn differences(before: &TrustGraph, after: &TrustGraph) -> (Vec<String>, Vec<String>) {
    let only = |one: &TrustGraph, other: &TrustGraph| {
        let other: std::collections::BTreeSet<&Relation> = other.relations.iter().collect();
        let only = one.relations.iter().filter(|relation| !other.contains(relation));
        only.take(MAX_TOLD).map(sentence).collect()
    };
    (only(before, after), only(after, before))
}

const MAX_TOLD: usize = 100;

/// `all of line 1 may talk to oven`.
fn sentence(relation: &Relation) -> String {
    let name = |party: &Party| match party {
        Party::Application(id) => id.clone(),
        Party::Group(id) => format!("all of {id}"),
    };
    let verb = match relation.effect {
        Effect::Allow => "may talk to",
        Effect::Except => "must not talk to",
    };
    format!("{} {verb} {}", name(&relation.client), name(&relation.server))
}
