//! Items against a server with little room.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::ua::NodeId;

/// A server that has room for some items and refuses calls with too many.
#[derive(Default)]
struct Server {
    room: usize,
    call: usize,
    /// A node that spoils the call it is in.
    poison: Option<u32>,
    has: Vec<u32>,
    calls: Vec<usize>,
}

impl Server {
    /// Serves until nothing is due at `now`.
    fn serve(&mut self, items: &mut Items, now: Instant) {
        items.handle_timeout(now);
        while let Some(request) = items.next_request(1, &[], now) {
            match request {
                Request::CreateMonitoredItems(request) => self.create(items, &request, now),
                Request::DeleteMonitoredItems(request) => {
                    let ids = request.monitored_item_ids.unwrap();
                    self.has.retain(|id| !ids.contains(id));
                    items.deleted(None);
                }
                other => panic!("{}", other.service()),
            }
        }
    }

    fn create(&mut self, items: &mut Items, request: &CreateMonitoredItemsRequest, now: Instant) {
        let wanted = request.items_to_create.as_deref().unwrap();
        let handles: Vec<u32> = wanted.iter().map(|item| item.requested_parameters.client_handle).collect();
        self.calls.push(handles.len());
        if handles.len() > self.call {
            return items.failed(StatusCode::BadTooManyOperations, now);
        }
        if self.poison.is_some_and(|bad| handles.contains(&bad)) {
            return items.failed(StatusCode::BadInternalError, now);
        }
        let results = handles.into_iter().map(|handle| self.create_one(handle)).collect();
        assert!(items.created(results, now));
    }

    fn create_one(&mut self, handle: u32) -> MonitoredItemCreateResult {
        if self.has.len() >= self.room {
            let status_code = StatusCode::BadTooManyMonitoredItems;
            return MonitoredItemCreateResult { status_code, ..Default::default() };
        }
        self.has.push(handle);
        MonitoredItemCreateResult { monitored_item_id: handle, ..Default::default() }
    }
}

fn wanted(handles: std::ops::Range<u32>) -> Vec<Item> {
    handles.map(|handle| Item::new(handle, NodeId::new(1, handle))).collect()
}

fn failures(items: &mut Items, status: StatusCode) -> Vec<u32> {
    let changes = items.take_changes().into_iter();
    let failed = changes.filter(|(_, state)| matches!(state, ItemState::Failed { status: s, .. } if *s == status));
    failed.map(|(handle, _)| handle).collect()
}

#[test]
fn what_a_server_has_no_room_for_waits_and_asks_rarely() {
    let mut server = Server { room: 100, call: 20, ..Server::default() };
    let (mut items, start) = (Items::new(wanted(0..500)), Instant::now());
    items.limit(Some(20));
    server.serve(&mut items, start);
    assert_eq!(server.calls, [20; 6]);
    assert_eq!(failures(&mut items, StatusCode::BadTooManyMonitoredItems), (100..500).collect::<Vec<_>>());
    assert!(items.settled());
    let mut now = start;
    while now < start + Duration::from_secs(3600) {
        now = items.poll_timeout().unwrap();
        server.serve(&mut items, now);
    }
    assert!(server.calls[6..].iter().all(|size| *size == 1), "{:?}", server.calls);
    assert!(server.calls.len() < 6 + 20, "{} calls in an hour", server.calls.len());
    assert!(items.take_changes().is_empty(), "nothing is told twice");
}

#[test]
fn room_is_used_when_it_appears() {
    let mut server = Server { room: 100, call: 1000, ..Server::default() };
    let (mut items, start) = (Items::new(wanted(0..500)), Instant::now());
    server.serve(&mut items, start);
    server.room = 450;
    let later = items.poll_timeout().unwrap();
    server.serve(&mut items, later);
    assert_eq!(server.has.len(), 450);
    // What we give up ourselves is used at once.
    items.set(wanted(100..500));
    server.serve(&mut items, start);
    assert_eq!(server.has.len(), 400);
    assert_eq!(items.poll_timeout(), None);
}

#[test]
fn one_bad_item_does_not_spoil_the_call_it_is_in() {
    let mut server = Server { room: 1000, call: 300, poison: Some(123), ..Server::default() };
    let (mut items, now) = (Items::new(wanted(0..500)), Instant::now());
    server.serve(&mut items, now);
    assert_eq!(server.has.len(), 499);
    assert_eq!(failures(&mut items, StatusCode::BadInternalError), [123]);
    assert!(server.calls.len() < 30, "{:?}", server.calls);
}
