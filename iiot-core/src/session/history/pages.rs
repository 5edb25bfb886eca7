//! History as pages, fetched one by one to the end.

use std::collections::VecDeque;
use std::fmt;

use futures::FutureExt;

use crate::error::{Error, ErrorKind, Result};
use crate::session::{Session, SessionExt};
use crate::ua::{
    ByteString, DataValue, ExtensionObject, HistoryData, HistoryEvent, HistoryModifiedData, HistoryReadRequest,
    HistoryReadResult, HistoryReadValueId, ModificationInfo, NodeId, TimestampsToReturn, Variant,
};

/// The history of one node, one answer of the server at a time.
///
/// Pages that are dropped before their end tell the server to forget where it was; they do not wait
/// for the answer.
pub struct HistoryPages<'a, S: Session + ?Sized, T: HistoricalValue> {
    session: &'a S,
    node: NodeId,
    details: ExtensionObject,
    place: Place,
    progress: Progress<T>,
}

/// Where the server goes on.
#[derive(Debug, PartialEq)]
enum Place {
    Start,
    Behind(ByteString),
    End,
}

/// What can be read from history.
pub trait HistoricalValue: Clone + PartialEq + Send + Sync + Sized {
    /// Takes the values out of the server's answer; `None` if it is of another type.
    fn take(answer: ExtensionObject) -> Option<Vec<Self>>;
}

/// A value that was changed after it had been stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ModifiedValue {
    /// The value: the new one if it was inserted, else the old one.
    pub value: DataValue,
    /// Who changed it how and when; `None` if the server does not tell.
    pub modification: Option<ModificationInfo>,
}

impl<'a, S: Session + ?Sized, T: HistoricalValue> HistoryPages<'a, S, T> {
    pub(super) fn new(session: &'a S, node: &NodeId, details: ExtensionObject) -> Self {
        Self { session, node: node.clone(), details, place: Place::Start, progress: Progress::default() }
    }

    /// The next page, which may be empty; `None` behind the last.
    ///
    /// # Errors
    /// The server's refusal; `Protocol` if it gives the same page again and again or nothing but empty
    /// ones. Nothing follows an error.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>> {
        let point = match std::mem::replace(&mut self.place, Place::End) {
            Place::Start => ByteString::null(),
            Place::Behind(point) => point,
            Place::End => return Ok(None),
        };
        // Should this be dropped before the answer comes, the point is still to be released.
        self.place = Place::Behind(point.clone());
        let request = self.request(point.clone(), false);
        let answer = self.session.service(request).await.map(|response| response.results);
        let page = answer.and_then(|results| self.page(results, point));
        page.inspect_err(|_| self.release()).map(Some)
    }

    /// All values to the end.
    ///
    /// # Errors
    /// As [`next`](Self::next); `LimitExceeded` if there are more than `limit`.
    pub async fn collect(mut self, limit: usize) -> Result<Vec<T>> {
        let mut values = Vec::new();
        while let Some(page) = self.next().await? {
            if values.len() + page.len() > limit {
                return Err(self.error(ErrorKind::LimitExceeded, format!("there are over {limit} values")));
            }
            values.extend(page);
        }
        Ok(values)
    }

    fn request(&self, continuation_point: ByteString, release: bool) -> HistoryReadRequest {
        let node_id = self.node.clone();
        HistoryReadRequest {
            history_read_details: self.details.clone(),
            timestamps_to_return: TimestampsToReturn::Both,
            release_continuation_points: release,
            nodes_to_read: Some(vec![HistoryReadValueId { node_id, continuation_point, ..Default::default() }]),
            ..Default::default()
        }
    }

    fn page(&mut self, results: Option<Vec<HistoryReadResult>>, asked: ByteString) -> Result<Vec<T>> {
        let result = match <[_; 1]>::try_from(results.unwrap_or_default()) {
            Ok([result]) => result,
            Err(results) => {
                let message = format!("the server answered {} results to one operation", results.len());
                return Err(self.error(ErrorKind::Protocol, message));
            }
        };
        let HistoryReadResult { status_code, continuation_point, history_data } = result;
        self.place = match continuation_point.is_null_or_empty() {
            true => Place::End,
            false => Place::Behind(continuation_point.clone()),
        };
        if status_code.is_bad() {
            return Err(Error::from_status("HistoryRead", status_code).with("node", &self.node));
        }
        let values = match history_data.is_null() {
            true => Vec::new(),
            false => T::take(history_data).ok_or_else(|| self.error(ErrorKind::Protocol, UNEXPECTED))?,
        };
        if self.place != Place::End && !self.progress.advances(&values, asked == continuation_point) {
            return Err(self.error(ErrorKind::Protocol, "the server does not come to an end"));
        }
        Ok(values)
    }

    fn error(&self, kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(kind, "HistoryRead", message).with("node", &self.node)
    }

    /// Tells the server to forget where it was.
    fn release(&mut self) {
        if let Place::Behind(point) = std::mem::replace(&mut self.place, Place::End)
            && !point.is_null_or_empty()
        {
            // The first poll sends it; nobody needs the answer.
            let _ = self.session.call(self.request(point, true).into(), None).now_or_never();
        }
    }
}

impl<S: Session + ?Sized, T: HistoricalValue> Drop for HistoryPages<'_, S, T> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<S: Session + ?Sized, T: HistoricalValue> fmt::Debug for HistoryPages<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistoryPages").field("node", &self.node).field("place", &self.place).finish_non_exhaustive()
    }
}

const UNEXPECTED: &str = "the answer holds something else than was asked for";

/// Whether a server gets anywhere. A server may keep one continuation point for all pages, so the
/// point alone tells nothing.
struct Progress<T> {
    /// The ends of the last page.
    last: Option<(usize, Option<T>, Option<T>)>,
    repeated: u32,
    empty: u32,
}

/// An answer may be empty because it took long (OPC 10000-11 §6.5.3.2).
const MAX_EMPTY: u32 = 100;
/// Values may well repeat, times of them hardly; this often in a row they do not.
const MAX_REPEATED: u32 = 3;

impl<T> Default for Progress<T> {
    fn default() -> Self {
        Self { last: None, repeated: 0, empty: 0 }
    }
}

impl<T: HistoricalValue> Progress<T> {
    fn advances(&mut self, page: &[T], same_point: bool) -> bool {
        if page.is_empty() {
            self.empty += 1;
            return self.empty < MAX_EMPTY;
        }
        self.empty = 0;
        let ends = (page.len(), page.first().cloned(), page.last().cloned());
        let repeats = same_point && self.last.as_ref() == Some(&ends);
        self.repeated = if repeats { self.repeated + 1 } else { 0 };
        self.last = Some(ends);
        self.repeated < MAX_REPEATED
    }
}

impl HistoricalValue for DataValue {
    fn take(answer: ExtensionObject) -> Option<Vec<Self>> {
        if let Some(data) = answer.inner_as::<HistoryModifiedData>() {
            return data.data_values.clone().or_else(|| Some(Vec::new()));
        }
        answer.into_inner_as::<HistoryData>().map(|data| data.data_values.unwrap_or_default())
    }
}

impl HistoricalValue for ModifiedValue {
    fn take(answer: ExtensionObject) -> Option<Vec<Self>> {
        let data = answer.into_inner_as::<HistoryModifiedData>()?;
        let mut infos = VecDeque::from(data.modification_infos.unwrap_or_default());
        let values = data.data_values.unwrap_or_default().into_iter();
        Some(values.map(|value| Self { value, modification: infos.pop_front() }).collect())
    }
}

impl HistoricalValue for Vec<Variant> {
    fn take(answer: ExtensionObject) -> Option<Vec<Self>> {
        let events = answer.into_inner_as::<HistoryEvent>()?.events.unwrap_or_default();
        Some(events.into_iter().map(|event| event.event_fields.unwrap_or_default()).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use futures::executor::block_on;
    use parking_lot::Mutex;

    use super::*;
    use crate::session::{
        Concern, HistoryExt, HistoryRange, Item, ResumeRevision, ResumeState, ServerLimits, SessionState, Subscription,
        SubscriptionOptions,
    };
    use crate::time::UtcTime;
    use crate::ua::{HistoryReadResponse, Request, Response, StatusCode};

    type Answer = Box<dyn Fn(&ByteString, u32) -> HistoryReadResult + Send + Sync>;

    /// Answers HistoryRead alone.
    struct Historian {
        answer: Answer,
        asked: Mutex<Vec<(ByteString, bool)>>,
    }

    impl fmt::Debug for Historian {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Historian")
        }
    }

    #[async_trait]
    impl Session for Historian {
        async fn call(&self, request: Request, _: Option<Duration>) -> Result<Response> {
            let Request::HistoryRead(request) = request else { panic!("{}", request.service()) };
            let point = request.nodes_to_read.unwrap().remove(0).continuation_point;
            let count = {
                let mut asked = self.asked.lock();
                asked.push((point.clone(), request.release_continuation_points));
                asked.len() as u32
            };
            let results = Some(vec![(self.answer)(&point, count)]);
            Ok(HistoryReadResponse { results, ..Default::default() }.into())
        }

        async fn subscribe(&self, _: SubscriptionOptions, _: Vec<Item>) -> Result<Box<dyn Subscription>> {
            unreachable!()
        }

        fn namespaces(&self) -> Arc<Vec<String>> {
            Arc::default()
        }

        fn limits(&self) -> Arc<ServerLimits> {
            Arc::default()
        }

        fn concerns(&self) -> Arc<Vec<Concern>> {
            Arc::default()
        }

        fn state(&self) -> SessionState {
            SessionState::Connected
        }

        async fn state_changed(&self, _: &SessionState) -> SessionState {
            unreachable!()
        }

        async fn resume_state(&self) -> Result<Option<ResumeState>> {
            Ok(None)
        }

        async fn resume_state_changed(&self, _: ResumeRevision) -> ResumeRevision {
            std::future::pending().await
        }

        async fn suspend(&self) -> Result<Option<ResumeState>> {
            self.close().await;
            Ok(None)
        }

        async fn close(&self) {}
    }

    fn historian(answer: impl Fn(&ByteString, u32) -> HistoryReadResult + Send + Sync + 'static) -> Historian {
        Historian { answer: Box::new(answer), asked: Mutex::default() }
    }

    fn page(values: &[i32], point: Option<u8>) -> HistoryReadResult {
        let data = HistoryData { data_values: Some(values.iter().map(|value| DataValue::from(*value)).collect()) };
        HistoryReadResult {
            status_code: StatusCode::Good,
            continuation_point: point.map_or_else(ByteString::null, |point| vec![point].into()),
            history_data: ExtensionObject::from_message(data),
        }
    }

    fn range() -> HistoryRange {
        HistoryRange::between(UtcTime::UNIX_EPOCH, UtcTime::UNIX_EPOCH + Duration::from_secs(9))
    }

    fn node() -> NodeId {
        NodeId::new(1, 1)
    }

    fn releases(server: &Historian) -> Vec<ByteString> {
        server.asked.lock().iter().filter(|(_, release)| *release).map(|(point, _)| point.clone()).collect()
    }

    #[test]
    fn pages_are_fetched_to_the_end() {
        let server = historian(|_, count| match count {
            1 => page(&[1, 2], Some(9)),
            2 => page(&[], Some(9)),
            3 => page(&[1, 2], Some(9)),
            _ => page(&[3], None),
        });
        let values = block_on(server.history_raw(&node(), range()).unwrap().collect(10)).unwrap();
        assert_eq!(values, [1, 2, 1, 2, 3].map(DataValue::from));
        assert!(releases(&server).is_empty(), "the server has forgotten its place by itself");
    }

    #[test]
    fn a_server_that_never_comes_to_an_end_is_stopped() {
        for values in [&[][..], &[1, 2]] {
            let server = historian(move |_, _| page(values, Some(9)));
            let error = block_on(server.history_raw(&node(), range()).unwrap().collect(1_000_000)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert_eq!(releases(&server).len(), 1);
        }
        let server = historian(|_, count| page(&[count as i32], Some(count as u8)));
        let error = block_on(server.history_raw(&node(), range()).unwrap().collect(50)).unwrap_err();
        assert_eq!((error.kind(), releases(&server).len()), (ErrorKind::LimitExceeded, 1));
    }

    #[test]
    fn what_is_left_early_is_released() {
        let server = historian(|_, _| page(&[1], Some(9)));
        let mut pages = server.history_raw(&node(), range()).unwrap();
        block_on(pages.next()).unwrap();
        drop(pages);
        assert_eq!(releases(&server), [ByteString::from(vec![9])]);
        drop(server.history_raw(&node(), range()).unwrap());
        assert_eq!(releases(&server).len(), 1, "there is nothing to release before the first page");
    }

    #[test]
    fn a_refusal_ends_the_pages() {
        let refused = StatusCode::BadHistoryOperationUnsupported;
        let server = historian(move |_, _| HistoryReadResult { status_code: refused, ..Default::default() });
        let mut pages = server.history_raw(&node(), range()).unwrap();
        assert_eq!(block_on(pages.next()).unwrap_err().status(), refused);
        assert_eq!(block_on(pages.next()).unwrap(), None);
        let wrong = historian(|_, _| HistoryReadResult {
            history_data: ExtensionObject::from_message(HistoryEvent::default()),
            ..Default::default()
        });
        let error = block_on(wrong.history_raw(&node(), range()).unwrap().next()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }

    #[test]
    fn a_range_must_say_enough() {
        let server = historian(|_, _| page(&[], None));
        let start = Some(UtcTime::UNIX_EPOCH);
        assert!(server.history_raw(&node(), HistoryRange { start, ..Default::default() }).is_err());
        assert!(server.history_raw(&node(), HistoryRange { start, page: 5, ..Default::default() }).is_ok());
    }
}
