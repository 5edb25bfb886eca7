//! Values in masses: read and subscribed as columns, without JSON in between.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use iiot_core::clock::Clock;
use iiot_core::operation::POINTER;
use iiot_core::session::{
    DataBatch, EncodedValue, Gap, Lease, Number, Subscription, SubscriptionEvent, SubscriptionOptions,
};
use iiot_core::{Error, ErrorKind, Result, json};

use super::LocalTwin;
use super::read::ask;
use super::values::{check, item, state_of};
use super::visit::Visit;
use crate::columns::ColumnBatch;
use crate::connection::Connectivity;
use crate::read::ReadRequest;
use crate::value::{WatchValuesRequest, WatchedState};
use crate::watch::{StreamGap, StreamState};
use crate::{Header, ValueEncoding};

impl LocalTwin {
    /// As [`read`](crate::Twin::read), the values in columns.
    ///
    /// # Errors
    /// Those of [`read`](crate::Twin::read).
    pub async fn read_columns(&self, request: ReadRequest) -> Result<ColumnBatch> {
        let visit = self.visit(&request.endpoint, &request.header).await?;
        let (values, _, places) = ask(&visit, &request, self.lately(&request, &visit)).await?;
        let mut batch = ColumnBatch::default();
        let mut others = Vec::new();
        for (item, value) in (0..).zip(places.fill(values)?) {
            let known = batch.columns.others.len();
            match value {
                Ok(value) => {
                    batch.columns.push_value(item, &value);
                    let other = value.value.filter(|_| batch.columns.others.len() > known);
                    others.extend(other.map(|value| {
                        json::to_binary(&value).unwrap_or_else(|error| {
                            batch.columns.status[item as usize] = error.status().bits();
                            Vec::new()
                        })
                    }));
                }
                Err(status) => batch.columns.add(item, status.code(), [None; 2], Number::None),
            }
        }
        let others: Vec<_> = others.iter().map(|bytes| EncodedValue::from_checked(bytes)).collect();
        batch.write_others(&visit, &others, request.encoding).await?;
        Ok(batch)
    }

    /// As [`watch_values`](crate::Twin::watch_values), the values in columns, with a subscription of its own: the server keeps
    /// what was not taken yet, and what it has to drop is told.
    ///
    /// # Errors
    /// Those of [`watch_values`](crate::Twin::watch_values); `InvalidArgument` for `after`, since nothing is kept for others.
    pub async fn watch_columns(&self, request: WatchValuesRequest) -> Result<ColumnStream> {
        let interval = check(&request)?;
        if request.after.is_some() {
            let message = "columns begin with the present values";
            return Err(Error::new(ErrorKind::InvalidArgument, "watch values", message).with(POINTER, "#/after"));
        }
        let (options, deadline) = self.approach_to_watch(&request.endpoint, &request.header).await?;
        let (mut items, mut pending) = (Vec::new(), ColumnBatch::default());
        for (place, watched) in (0..).zip(&request.nodes) {
            match item(place, watched) {
                Ok(item) => items.push(item),
                Err(status) => pending.items.push(WatchedState { item: place, status, ..Default::default() }),
            }
        }
        let lease = self.pool.stay(&options, deadline).await.map_err(|e| e.with("endpoint", &request.endpoint))?;
        let publishing_interval = Duration::from_millis(interval.into());
        let options = SubscriptionOptions { publishing_interval, ..Default::default() };
        let subscription = lease.session().subscribe(options, items).await?;
        let (lease, clock) = (Arc::new(lease), Arc::clone(&self.clock));
        Ok(ColumnStream {
            lease,
            clock,
            subscription,
            encoding: request.encoding,
            batch: pending,
            taken: Vec::new(),
            next: None,
        })
    }
}

/// Values as they change, in columns. Dropped, it ends the subscription.
#[derive(Debug)]
pub struct ColumnStream {
    lease: Arc<Lease>,
    clock: Arc<dyn Clock>,
    subscription: Box<dyn Subscription>,
    encoding: ValueEncoding,
    /// What has come and was not given out yet.
    batch: ColumnBatch,
    /// The batches whose values are in it.
    taken: Vec<Taken>,
    /// What belongs behind it.
    next: Option<SubscriptionEvent>,
}

/// A batch whose values are in columns.
#[derive(Debug)]
struct Taken {
    batch: Arc<DataBatch>,
    /// The row of its first value.
    row: usize,
}

impl ColumnStream {
    /// What comes next: the first as soon as it is there, with what is at hand behind it up to about `most` values. `None` at the
    /// end. The server may forget the values then. Nothing is lost when the future is dropped before it is ready.
    ///
    /// # Errors
    /// Why values cannot be written as JSON that are no numbers.
    pub async fn next(&mut self, most: usize) -> Result<Option<ColumnBatch>> {
        while self.batch.says_nothing() {
            let event = match self.next.take() {
                Some(event) => event,
                None => match self.subscription.next().await {
                    Some(event) => event,
                    None => return Ok(None),
                },
            };
            self.take_in(event);
        }
        while self.batch.len() < most && self.next.is_none() {
            let Some(Some(event)) = self.subscription.next().now_or_never() else { break };
            self.take_in(event);
        }
        self.write_others().await?;
        self.taken.drain(..).for_each(|taken| self.subscription.acknowledge(taken.batch.token));
        Ok(Some(std::mem::take(&mut self.batch)))
    }

    /// Ends the subscription.
    pub async fn close(mut self) {
        self.subscription.close().await;
    }

    fn take_in(&mut self, event: SubscriptionEvent) {
        if !self.batch.says_nothing() && begins_anew(&event) {
            self.next = Some(event);
            return;
        }
        let batch = &mut self.batch;
        match event {
            SubscriptionEvent::Data(data) => {
                self.taken.push(Taken { row: batch.len(), batch: Arc::clone(&data) });
                batch.columns.extend(&data);
            }
            SubscriptionEvent::Events(events) => self.subscription.acknowledge(events.token),
            SubscriptionEvent::Items(states) => {
                batch.items.extend(states.iter().filter_map(|(item, state)| state_of(*item, state)));
            }
            SubscriptionEvent::Gap(gap) => batch.gap = Some(gap.into()),
            SubscriptionEvent::Created(_) | SubscriptionEvent::Resumed(_) => {
                batch.state = Some(StreamState { state: Connectivity::Connected, reason: None });
            }
            SubscriptionEvent::Interrupted(reason) => {
                batch.state = Some(StreamState { state: Connectivity::Reconnecting, reason: Some(reason) });
            }
            SubscriptionEvent::Modified(_) | SubscriptionEvent::Late(_) | SubscriptionEvent::KeepAlive => {}
        }
    }

    /// Takes what is no number from where it came, at the names that held when it came.
    async fn write_others(&mut self) -> Result<()> {
        while let Some(row) = self.batch.columns.others.get(self.batch.others.len()) {
            let place = self.taken.partition_point(|taken| taken.row <= *row as usize) - 1;
            let Taken { batch, row: first } = &self.taken[place];
            let rows = self.batch.columns.others[self.batch.others.len()..].iter().map(|row| *row as usize - first);
            let of_batch = rows.take_while(|row| *row < batch.len());
            let values: Vec<_> = of_batch.map(|row| batch.row(row).value).collect();
            let visit = self.visit(batch);
            self.batch.write_others(&visit, &values, self.encoding).await?;
        }
        Ok(())
    }

    fn visit(&self, batch: &DataBatch) -> Visit {
        let deadline = self.clock.now() + TO_ASK;
        let visit = Visit::new(Arc::clone(&self.lease), &Header::default(), deadline, Arc::clone(&self.clock));
        Visit { namespaces: Arc::clone(&batch.namespaces), ..visit }
    }
}

impl ColumnBatch {
    /// Writes the values of the next rows that are named in `others`; a status says of which one that was impossible.
    async fn write_others(
        &mut self,
        visit: &Visit,
        values: &[EncodedValue<'_>],
        encoding: ValueEncoding,
    ) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let Self { columns, others, .. } = self;
        let known = others.len();
        visit
            .with_types(|types| {
                others.truncate(known);
                for (row, value) in columns.others[known..].iter().zip(values) {
                    if let Err(error) = others.push_with(|out| visit.write(out, *value, encoding, types)) {
                        columns.status[*row as usize] = error.status().bits();
                    }
                }
            })
            .await
    }
}

/// Whether something may be missing before it.
fn begins_anew(event: &SubscriptionEvent) -> bool {
    use SubscriptionEvent::{Created, Gap, Interrupted, Resumed};
    matches!(event, Created(_) | Gap(_) | Interrupted(_) | Resumed(_))
}

impl From<Gap> for StreamGap {
    fn from(gap: Gap) -> Self {
        Self { reason: gap.reason.into(), after: gap.after, before: gap.before, items: gap.items }
    }
}

/// For types that are asked for beside.
const TO_ASK: Duration = Duration::from_secs(30);
