//! What goes on until it is stopped.

use futures::TryStreamExt;
use iiot::core::Result;
use iiot::twin::ValueEncoding;
use iiot::twin::alarm::{AlarmUpdate, WatchAlarmsRequest};
use iiot::twin::value::{ValueUpdate, WatchValuesRequest, WatchedItem};
use iiot::twin::watch::{StreamGap, StreamState};

use crate::Server;
use crate::print::{alarm, json, line, status, with_time};

impl Server {
    pub(crate) async fn watch(&self, nodes: Vec<String>, count: Option<u64>) -> Result<()> {
        let items = nodes.iter().map(|node| WatchedItem { node: node.clone(), ..WatchedItem::default() }).collect();
        let (endpoint, encoding) = (self.endpoint.clone(), ValueEncoding::Raw);
        let request = WatchValuesRequest { endpoint, encoding, nodes: items, ..WatchValuesRequest::default() };
        let mut updates = self.twin.watch_values(request).await?;
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0
            && let Some(update) = updates.try_next().await?
        {
            if self.json {
                json(serde_json::to_value(&update))?;
            } else {
                print_values(&nodes, &update, left)?;
            }
            left = left.saturating_sub(update.values.len() as u64);
        }
        Ok(())
    }

    pub(crate) async fn watch_alarms(&self) -> Result<()> {
        let request = WatchAlarmsRequest { endpoint: self.endpoint.clone(), ..WatchAlarmsRequest::default() };
        let mut updates = self.twin.watch_alarms(request).await?;
        while let Some(update) = updates.try_next().await? {
            if self.json {
                json(serde_json::to_value(&update))?;
            } else {
                print_alarms(&update)?;
            }
        }
        Ok(())
    }
}

/// So many values at most.
fn print_values(nodes: &[String], update: &ValueUpdate, most: u64) -> Result<()> {
    warn(update.gap.as_ref(), update.state.as_ref());
    let name = |item: u32| nodes.get(item as usize).map_or("?", String::as_str);
    for item in update.items.iter().filter(|item| item.status.is_bad()) {
        eprintln!("{}: {}", name(item.item), status(&item.status));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut values = update.values.iter().take(most);
    values.try_for_each(|value| line(format!("{}  {}", name(value.item), with_time(&value.value))))
}

fn print_alarms(update: &AlarmUpdate) -> Result<()> {
    warn(update.gap.as_ref(), update.state.as_ref());
    if let Some(wrong) = update.status.as_ref().filter(|status| status.is_bad()) {
        eprintln!("the server reports no events: {}", status(wrong));
    }
    update.changed.iter().try_for_each(|one| line(alarm(one)))?;
    update.removed.iter().try_for_each(|name| line(format!("gone  {}", name.condition)))
}

fn warn(gap: Option<&StreamGap>, state: Option<&StreamState>) {
    if let Some(gap) = gap {
        eprintln!("something is missing here: {:?}", gap.reason);
    }
    if let Some(state) = state {
        eprintln!("the connection: {:?} {}", state.state, state.reason.as_deref().unwrap_or_default());
    }
}
