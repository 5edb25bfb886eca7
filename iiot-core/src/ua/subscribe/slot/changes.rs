//! What changes while a subscription lives: its parameters, its items, and who of them is late.

use std::time::Instant;

use bytes::Bytes;

use super::{Modify, Op, Slot};
use crate::session::{SubscriptionEvent, SubscriptionOptions};
use crate::ua::subscribe::answer::answer;
use crate::ua::subscribe::parameters::{modify_request, revised_by_modify};
use crate::ua::{Request, Response, StatusCode};

/// Notifications in a message of a server that cannot send as many as it likes.
const FIRST_LIMIT: u32 = 4000;

impl Slot {
    /// Wants other parameters from now on.
    pub(in crate::ua::subscribe) fn modify(&mut self, options: SubscriptionOptions) {
        self.delivery.allow(options.max_unacknowledged);
        // The name to be resumed by stays; how much we hold is not the server's affair.
        let options = SubscriptionOptions { resume_as: self.options.resume_as.clone(), ..options };
        let held = self.options.max_unacknowledged;
        let same = SubscriptionOptions { max_unacknowledged: held, ..options.clone() } == self.options;
        self.options = options;
        if !same {
            self.modify = Modify::Wanted;
        }
    }

    /// Wants fewer notifications in a message: the server's messages grew too large for it.
    pub(in crate::ua::subscribe) fn shrink_messages(&mut self) {
        // Those that were on their way when it was asked for fewer say nothing new.
        if self.modify != Modify::No {
            return;
        }
        let fewer = match self.options.max_notifications_per_publish {
            0 => FIRST_LIMIT,
            limit => (limit / 2).max(1),
        };
        if fewer != self.options.max_notifications_per_publish {
            self.options.max_notifications_per_publish = fewer;
            self.modify = Modify::Wanted;
        }
    }

    pub(super) fn heard(&mut self, event: &SubscriptionEvent, now: Instant) {
        match event {
            SubscriptionEvent::Data(batch) => {
                batch.rows().for_each(|row| self.watchdog.heard(row.client_handle, now));
            }
            SubscriptionEvent::Events(batch) => {
                batch.columns.client_handles.iter().for_each(|handle| self.watchdog.heard(*handle, now));
            }
            _ => {}
        }
    }

    /// Tells of items that are late, unless it is us who takes nothing.
    pub(super) fn watch(&mut self, now: Instant) {
        if self.watchdog.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        if self.paused || self.delivery.room() == 0 {
            return self.watchdog.arm(now);
        }
        let late = self.watchdog.handle_timeout(now);
        if !late.is_empty() {
            self.delivery.tell(SubscriptionEvent::Late(late));
        }
    }

    pub(super) fn next_modify(&mut self) -> Option<(Op, Request)> {
        let id = self.live().filter(|live| live.verified && self.modify == Modify::Wanted)?.revised.subscription_id;
        self.modify = Modify::Asked;
        Some((Op::Modify, modify_request(&self.options, id).into()))
    }

    pub(super) fn items_changed(&mut self, op: Op, result: Result<Bytes, StatusCode>) {
        let response = answer("change the items", result, Some);
        match op {
            Op::ModifyItems => self.items.modified(response.and_then(|response| match response {
                Response::ModifyMonitoredItems(response) => Ok(response.results.unwrap_or_default()),
                _ => Err(StatusCode::BadUnknownResponse),
            })),
            Op::ItemModes => self.items.modes_set(response.and_then(|response| match response {
                Response::SetMonitoringMode(response) => Ok(response.results.unwrap_or_default()),
                _ => Err(StatusCode::BadUnknownResponse),
            })),
            _ => self.items.linked(response.and_then(|response| match response {
                Response::SetTriggering(response) => Ok(*response),
                _ => Err(StatusCode::BadUnknownResponse),
            })),
        }
    }

    /// Tells how the subscription stands now, whether the server followed or not.
    pub(super) fn modified(&mut self, result: Result<Bytes, StatusCode>) {
        if self.modify == Modify::Asked {
            self.modify = Modify::No;
        }
        let response = answer("ModifySubscription", result, |response| match response {
            Response::ModifySubscription(response) => Some(*response),
            _ => None,
        });
        let Some(live) = self.live_mut() else { return };
        match response {
            Ok(response) => live.revised = revised_by_modify(live.revised.subscription_id, &response),
            Err(status) => tracing::warn!(%status, "the server keeps the parameters of the subscription"),
        }
        let revised = live.revised;
        self.delivery.tell(SubscriptionEvent::Modified(revised));
    }
}
