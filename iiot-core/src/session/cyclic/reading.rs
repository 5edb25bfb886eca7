//! One request for the values of items.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::lock::Mutex;

use super::registered::Registered;
use crate::error::Result;
use crate::session::{Item, Session, SessionExt};
use crate::ua::{DataValue, NodeId, ReadValueId, StatusCode};

/// A request under way, which goes on however often whoever waits for it is interrupted.
pub(super) struct Reading {
    pub(super) asked: Instant,
    pub(super) items: Arc<Vec<Item>>,
    pub(super) work: BoxFuture<'static, Values>,
}

/// What came of a request; items by their position.
pub(super) struct Values {
    pub(super) due: Vec<usize>,
    /// Items that cannot be asked for.
    pub(super) refused: Vec<(usize, StatusCode)>,
    pub(super) read: Result<Vec<(usize, DataValue)>>,
    /// Of the connection for which the request was made.
    pub(super) namespaces: Arc<Vec<String>>,
}

impl Reading {
    pub(super) fn begin(
        session: Arc<dyn Session>,
        registered: Option<Arc<Mutex<Registered>>>,
        (items, due): (Arc<Vec<Item>>, Vec<usize>),
        max_age: Duration,
        asked: Instant,
    ) -> Self {
        let of = Arc::clone(&items);
        let work = async move { read(session.as_ref(), registered.as_deref(), &of, due, max_age).await };
        Self { asked, items, work: work.boxed() }
    }
}

async fn read(
    session: &dyn Session,
    registered: Option<&Mutex<Registered>>,
    items: &[Item],
    due: Vec<usize>,
    max_age: Duration,
) -> Values {
    let namespaces = session.namespaces();
    let (mut refused, mut readable, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    for index in &due {
        match target(&items[*index], &namespaces) {
            Ok(target) => {
                readable.push(*index);
                targets.push(target);
            }
            Err(status) => refused.push((*index, status)),
        }
    }
    if let Some(registered) = registered {
        registered.lock().await.replace(session, &mut targets).await;
    }
    let values = if targets.is_empty() { Ok(Vec::new()) } else { session.read_aged(targets, max_age).await };
    let read = values.map(|values| readable.into_iter().zip(values).collect());
    Values { due, refused, read, namespaces }
}

fn target(item: &Item, namespaces: &[String]) -> Result<ReadValueId, StatusCode> {
    if item.filter.is_some() {
        return Err(StatusCode::BadFilterNotAllowed);
    }
    let node_id: NodeId = item.node.resolve(namespaces).ok_or(StatusCode::BadNodeIdUnknown)?;
    let index_range = item.index_range.parse().map_err(|_| StatusCode::BadIndexRangeInvalid)?;
    Ok(ReadValueId { node_id, attribute_id: item.attribute_id, index_range, ..Default::default() })
}
