//! A subscription that passes from one session, or one life of ours, to the next.

use std::time::{Duration, Instant};

use super::{Continuity, Delivery, Env, Live, Phase, Slot, Transfer};
use crate::session::resume::SavedSubscription;
use crate::session::{Item, SubscriptionOptions, SubscriptionRevised};
use crate::ua::StatusCode;

impl Slot {
    /// Takes over a subscription that an earlier life of ours has left on the server.
    pub(in crate::ua::subscribe) fn resumed(
        options: SubscriptionOptions,
        items: Vec<Item>,
        saved: &SavedSubscription,
        continuity: Continuity,
        first_tag: u64,
        now: Instant,
    ) -> Self {
        let max_unacknowledged = options.max_unacknowledged;
        let mut slot = Self::new(options, items, now);
        if continuity == Continuity::Nothing || saved.subscription_id == 0 {
            slot.delivery = Delivery::bereft(max_unacknowledged, saved, true);
            return slot;
        }
        slot.delivery = Delivery::resumed(max_unacknowledged, saved);
        slot.items.adopt(&saved.items);
        let transfer = if continuity == Continuity::Subscriptions { Transfer::Wanted } else { Transfer::No };
        slot.phase = Phase::Live(Live {
            revised: SubscriptionRevised {
                subscription_id: saved.subscription_id,
                publishing_interval: Duration::from_micros(saved.publishing_interval_us),
                lifetime_count: saved.lifetime_count,
                max_keep_alive_count: saved.max_keep_alive_count,
            },
            publishing: false,
            verified: false,
            transfer,
            mode_in_flight: false,
            first_tag,
            heard: now,
            created: now,
        });
        slot
    }

    /// What a next life needs to go on, under the name to go on by.
    pub(in crate::ua::subscribe) fn saved(&self) -> Option<(String, SavedSubscription)> {
        if self.options.resume_as.is_empty() {
            return None;
        }
        let mut saved = SavedSubscription::default();
        // Items that may exist or not cannot be taken over.
        if let Some(live) = self.live().filter(|_| !self.items.uncertain()) {
            saved.subscription_id = live.revised.subscription_id;
            saved.publishing_interval_us = live.revised.publishing_interval.as_micros() as u64;
            saved.lifetime_count = live.revised.lifetime_count;
            saved.max_keep_alive_count = live.revised.max_keep_alive_count;
            saved.items = self.items.saved();
        }
        self.delivery.save(&mut saved);
        Some((self.options.resume_as.clone(), saved))
    }

    /// The id of a subscription that is to be transferred, once.
    pub(in crate::ua::subscribe) fn next_transfer(&mut self) -> Option<u32> {
        let live = self.live_mut().filter(|live| live.transfer == Transfer::Wanted)?;
        live.transfer = Transfer::Asked;
        Some(live.revised.subscription_id)
    }

    /// The server has transferred the subscription and names the messages that it still holds, or
    /// says why not.
    pub(in crate::ua::subscribe) fn transferred(&mut self, result: Result<Vec<u32>, StatusCode>, env: Env<'_>) {
        let uncertain = self.items.uncertain();
        let Some(live) = self.live_mut().filter(|live| live.transfer == Transfer::Asked) else { return };
        live.transfer = Transfer::No;
        match result {
            Ok(_) if uncertain => self.abandon(env),
            Ok(available) => self.delivery.offered(&available),
            // It may be in this session now or not.
            Err(StatusCode::BadRequestTimeout | StatusCode::BadDecodingError) => self.abandon(env),
            Err(status) => {
                tracing::info!(%status, "the subscription could not be transferred");
                self.lose(env);
            }
        }
    }
}
