//! The states of devices as they change.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use iiot_core::Result;

use super::LocalDevices;
use crate::devices::device::DeviceView;
use crate::devices::watch::{DeviceChange, DeviceUpdate, WatchDevicesRequest};

/// How often it is looked whether anything has changed.
const PAUSE: Duration = Duration::from_secs(1);

/// Somebody who watches.
struct Watcher {
    devices: Arc<LocalDevices>,
    /// The device that is watched; all if there is none.
    only: Option<String>,
    /// The entry of the audit record up to which he said that he knows all.
    after: Option<u64>,
    /// What he was told, or will be.
    known: Option<BTreeMap<String, DeviceView>>,
    queue: VecDeque<DeviceUpdate>,
}

impl LocalDevices {
    pub(super) fn updates(self: &Arc<Self>, request: WatchDevicesRequest) -> BoxStream<'static, Result<DeviceUpdate>> {
        let WatchDevicesRequest { after, device: only } = request;
        let watcher = Watcher { devices: Arc::clone(self), only, after, known: None, queue: VecDeque::new() };
        stream::try_unfold(watcher, async |mut watcher| {
            let update = watcher.next().await?;
            Ok(Some((update, watcher)))
        })
        .boxed()
    }
}

impl Watcher {
    async fn next(&mut self) -> Result<DeviceUpdate> {
        loop {
            if let Some(update) = self.queue.pop_front() {
                return Ok(update);
            }
            if self.known.is_some() {
                let clock = &self.devices.office.clock;
                clock.sleep_until(clock.now() + PAUSE).await;
            }
            self.look().await?;
        }
    }

    async fn look(&mut self) -> Result<()> {
        let (sequence, mut views) = self.devices.views().await?;
        if let Some(only) = &self.only {
            views.retain(|id, _| id == only);
        }
        // Nothing has changed since he looked last, so he knows it.
        let is_known = self.known.is_none() && self.after == Some(sequence);
        let known = self.known.take().unwrap_or_default();
        let changed = views.values().filter(|view| known.get(&view.device).is_none_or(|old| differs(old, view)));
        let states = changed.map(|view| DeviceChange::State { view: Box::new(view.clone()) });
        let gone = known.keys().filter(|id| !views.contains_key(*id));
        let removed = gone.map(|id| DeviceChange::Removed { device: id.clone() });
        if !is_known {
            self.queue.extend(states.chain(removed).map(|change| DeviceUpdate { sequence, change }));
        }
        self.known = Some(views);
        Ok(())
    }
}

/// Whether there is something new; "now" as the time of the next attempt is not.
fn differs(old: &DeviceView, new: &DeviceView) -> bool {
    let without = |view: &DeviceView| DeviceView { next_attempt: None, ..view.clone() };
    without(old) != without(new)
}
