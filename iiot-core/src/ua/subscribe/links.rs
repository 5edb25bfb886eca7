//! Which items make the server report which others (OPC 10000-4 §5.13.1.6).

use std::collections::{BTreeMap, BTreeSet};

use crate::session::{Item, ItemState};
use crate::ua::{Request, SetTriggeringRequest, SetTriggeringResponse, StatusCode};

/// Client handles of the triggering and of the linked item.
type Link = (u32, u32);

/// The links as they are wanted, against those that the server has.
#[derive(Debug, Default)]
pub(super) struct Links {
    wanted: BTreeSet<Link>,
    /// With the server's ids at the time.
    made: BTreeMap<Link, (u32, u32)>,
    refused: BTreeSet<Link>,
    in_flight: Option<InFlight>,
    /// Whether there may be something to do.
    dirty: bool,
}

#[derive(Debug)]
struct InFlight {
    add: Vec<(Link, (u32, u32))>,
    remove: Vec<Link>,
}

impl Links {
    /// Wants the links that these items ask for.
    pub(super) fn set(&mut self, items: &[Item]) {
        let of = |item: &Item| {
            let linked = item.client_handle;
            item.triggered_by.iter().map(move |trigger| (*trigger, linked)).collect::<Vec<_>>()
        };
        self.wanted = items.iter().flat_map(of).collect();
        self.refused.retain(|link| self.wanted.contains(link));
        self.dirty = true;
    }

    /// The server has forgotten all items.
    pub(super) fn forget(&mut self) {
        self.made.clear();
        self.refused.clear();
        self.in_flight = None;
        self.dirty = true;
    }

    /// The server has one more item.
    pub(super) fn look_again(&mut self) {
        self.dirty |= !self.wanted.is_empty();
    }

    /// It is not known what the server did. Adding a link that exists does no harm.
    pub(super) fn repeat(&mut self) {
        if let Some(InFlight { add, .. }) = self.in_flight.take() {
            self.made.retain(|link, _| add.iter().all(|(added, _)| added != link));
        }
        self.dirty = true;
    }

    /// The next request, with at most `limit` links of one triggering item. `id` tells the server's
    /// id of an item that it has.
    pub(super) fn next_request(
        &mut self,
        subscription_id: u32,
        limit: usize,
        id: impl Fn(u32) -> Option<u32>,
    ) -> Option<Request> {
        if !self.dirty {
            return None;
        }
        let ids = |link: &Link| Some((id(link.0)?, id(link.1)?));
        // A link ends with either of its items.
        self.made.retain(|link, made| ids(link) == Some(*made));
        let missing = |link: &&Link| !self.made.contains_key(link) && !self.refused.contains(link);
        let to_add: Vec<_> = self.wanted.iter().filter(missing).filter_map(|link| Some((*link, ids(link)?))).collect();
        let too_many: Vec<_> =
            self.made.iter().filter(|(link, _)| !self.wanted.contains(link)).map(|(link, ids)| (*link, *ids)).collect();
        let trigger = too_many.first().or_else(|| to_add.first()).map(|(_, (trigger, _))| *trigger);
        let Some(triggering_item_id) = trigger else {
            self.dirty = false;
            return None;
        };
        let of_trigger = |links: Vec<(Link, (u32, u32))>| -> Vec<_> {
            links.into_iter().filter(|(_, (trigger, _))| *trigger == triggering_item_id).take(limit.max(1)).collect()
        };
        let (add, remove) = (of_trigger(to_add), of_trigger(too_many));
        let linked = |links: &[(Link, (u32, u32))]| Some(links.iter().map(|(_, (_, linked))| *linked).collect());
        let request = SetTriggeringRequest {
            subscription_id,
            triggering_item_id,
            links_to_add: linked(&add).filter(|ids: &Vec<u32>| !ids.is_empty()),
            links_to_remove: linked(&remove).filter(|ids: &Vec<u32>| !ids.is_empty()),
            ..Default::default()
        };
        self.in_flight = Some(InFlight { add, remove: remove.into_iter().map(|(link, _)| link).collect() });
        Some(request.into())
    }

    /// Takes the answer; returns which items the server did not link. That is final.
    pub(super) fn answered(&mut self, response: Result<SetTriggeringResponse, StatusCode>) -> Vec<(u32, ItemState)> {
        let Some(InFlight { add, remove }) = self.in_flight.take() else { return Vec::new() };
        // What could not be removed is gone, or cannot be helped.
        self.made.retain(|link, _| !remove.contains(link));
        let status = |index: usize| match &response {
            Ok(response) => {
                let result = response.add_results.as_ref().and_then(|results| results.get(index));
                result.copied().unwrap_or(StatusCode::BadUnknownResponse)
            }
            Err(status) => *status,
        };
        let mut refused = Vec::new();
        for (index, (link, ids)) in add.into_iter().enumerate() {
            let status = status(index);
            if status.is_bad() {
                self.refused.insert(link);
                refused.push((link.1, ItemState::Unlinked { trigger: link.0, status }));
            } else {
                self.made.insert(link, ids);
            }
        }
        refused
    }
}
