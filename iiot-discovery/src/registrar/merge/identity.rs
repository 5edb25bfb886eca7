//! Which server that was found is which application on record.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use iiot_core::model::{Application, Approval};

use super::server::Server;
use super::{Draft, Drafts, Index, Search, application, uri_of};

/// For each server, the application on record that it is; an application is one server at most.
pub(super) fn matches(drafts: &Drafts, servers: &[Server], search: &Search<'_>) -> Vec<Option<String>> {
    let mut matching = Matching { drafts, servers, matches: vec![None; servers.len()], taken: BTreeSet::new() };
    matching.by_address();
    matching.by_certificate(search);
    matching.by_uri_alone();
    matching.matches
}

struct Matching<'a> {
    drafts: &'a Drafts,
    servers: &'a [Server],
    matches: Vec<Option<String>>,
    taken: BTreeSet<String>,
}

impl Matching<'_> {
    /// Same ApplicationUri, and a common address.
    fn by_address(&mut self) {
        let drafts = self.drafts;
        let mut at: HashMap<(String, &str), Vec<&String>> = HashMap::new();
        for (id, draft) in drafts {
            let uri = uri_of(&draft.application);
            for address in &draft.application.addresses {
                at.entry((uri.clone(), address)).or_default().push(id);
            }
        }
        for (index, server) in self.servers.iter().enumerate() {
            let places = server.addresses.iter().map(|address| (server.uri.clone(), address.as_str()));
            let candidates: BTreeSet<&String> = places.filter_map(|place| at.get(&place)).flatten().copied().collect();
            let free = candidates.into_iter().filter(|id| !self.taken.contains(*id));
            let best = free.min_by_key(|id| rank(id, &drafts[*id]));
            self.take(index, best.cloned());
        }
    }

    /// Same ApplicationUri and a common certificate, and nobody any more where it was: it has moved. Where that can be said of
    /// several, of none.
    fn by_certificate(&mut self, search: &Search<'_>) {
        let (mut left, mut gone) = (Index::<(String, String)>::new(), BTreeMap::<_, Vec<usize>>::new());
        for (id, draft) in self.free_drafts().filter(|(_, draft)| has_left(&draft.application, search)) {
            let uri = uri_of(&draft.application);
            for thumbprint in &draft.application.thumbprints {
                left.entry((uri.clone(), thumbprint.to_lowercase())).or_default().push(id.clone());
            }
        }
        for (index, server) in self.free_servers() {
            for thumbprint in &server.thumbprints {
                gone.entry((server.uri.clone(), thumbprint.clone())).or_default().push(index);
            }
        }
        for (certificate, servers) in gone {
            if let ([index], Some([id])) = (servers.as_slice(), left.get(&certificate).map(Vec::as_slice)) {
                self.take(*index, Some(id.clone()));
            }
        }
    }

    /// Entered by hand with a name where the address would be, and found once.
    fn by_uri_alone(&mut self) {
        let (mut entered, mut found) = (Index::<String>::new(), BTreeMap::<&str, Vec<usize>>::new());
        for (id, draft) in self.free_drafts() {
            if draft.application.seen.is_none() && draft.application.addresses.is_empty() {
                entered.entry(uri_of(&draft.application)).or_default().push(id.clone());
            }
        }
        for (index, server) in self.servers.iter().enumerate() {
            found.entry(&server.uri).or_default().push(index);
        }
        for (uri, ids) in entered {
            if let ([id], Some([index])) = (ids.as_slice(), found.get(uri.as_str()).map(Vec::as_slice)) {
                self.take(*index, Some(id.clone()));
            }
        }
    }

    fn take(&mut self, server: usize, id: Option<String>) {
        let Some(id) = id.filter(|_| self.matches[server].is_none()) else { return };
        if self.taken.insert(id.clone()) {
            self.matches[server] = Some(id);
        }
    }

    fn free_drafts(&self) -> impl Iterator<Item = (&String, &Draft)> {
        self.drafts.iter().filter(|(id, _)| !self.taken.contains(*id))
    }

    fn free_servers(&self) -> impl Iterator<Item = (usize, &Server)> {
        self.servers.iter().enumerate().filter(|(index, _)| self.matches[*index].is_none())
    }
}

/// Whether an application, which was not found where it was, is there no more for sure.
fn has_left(application: &Application, search: &Search<'_>) -> bool {
    let Some(seen) = application.seen.filter(|_| search.speaks_for(application)) else { return false };
    let silent = || application.addresses.iter().all(|address| search.covers(address));
    seen.gone_since.is_some() || silent()
}

/// Takes addresses from applications that others with the same ApplicationUri have by a better right.
pub(super) fn tell_apart(drafts: &mut Drafts, search: &Search<'_>) {
    let mut at = Index::<(String, String)>::new();
    for (id, draft) in drafts.iter() {
        for address in &draft.application.addresses {
            at.entry((uri_of(&draft.application), address.clone())).or_default().push(id.clone());
        }
    }
    let mut losses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((_, address), ids) in at.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let best = ids.iter().min_by_key(|id| (drafts[*id].verdict.is_none(), rank(id, &drafts[*id]))).cloned();
        for id in ids.into_iter().filter(|id| Some(id) != best.as_ref()) {
            losses.entry(id).or_default().insert(address.clone());
        }
    }
    for (id, addresses) in losses {
        if let Some(draft) = drafts.get_mut(&id) {
            application::lose(draft, &addresses, search);
        }
    }
}

/// Orders those of which one is kept: who is used, who was decided about, who is there, who came first.
fn rank<'a>(id: &'a str, draft: &Draft) -> (bool, u8, bool, i64, &'a str) {
    let is_used = draft.endpoints.values().filter_map(|one| one.endpoint.as_ref()).any(|endpoint| endpoint.activated);
    let decision = match draft.application.approval {
        Approval::Approved => 0,
        Approval::Rejected => 1,
        Approval::Discovered => 2,
    };
    let seen = draft.application.seen;
    let is_gone = seen.is_some_and(|seen| seen.gone_since.is_some());
    (!is_used, decision, is_gone, seen.map_or(i64::MAX, |seen| seen.first.ticks()), id)
}
