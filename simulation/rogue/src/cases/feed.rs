//! Attacks on whoever subscribes: what the attack must know to answer Publish itself.

use iiot_core::ua::{
    DataChangeNotification, NotificationMessage, PublishRequest, PublishResponse, Request, ResponseHeader,
};

use crate::attack::{Act, Attack};
use crate::honest::{data, message};
use crate::wire::Channel;

/// A subscription as the attack sees it.
#[derive(Debug, Default)]
pub(super) struct Feed {
    pub(super) subscription_id: u32,
    pub(super) handles: Vec<u32>,
    pub(super) sequence: u32,
    /// Publish requests answered.
    pub(super) answered: u32,
}

impl Feed {
    /// Answers Publish as the function says, once there are items; everything else is honest.
    pub(super) fn attack(
        mut publish: impl FnMut(&mut Self, &PublishRequest) -> Option<Act> + Send + 'static,
    ) -> Attack {
        Self::attack_on(move |feed, request, _| match request {
            Request::Publish(request) => publish(feed, request),
            _ => None,
        })
    }

    /// Answers whatever the function wants to answer, once there are items.
    pub(super) fn attack_on(
        mut script: impl FnMut(&mut Self, &Request, &mut Channel) -> Option<Act> + Send + 'static,
    ) -> Attack {
        let mut feed = Self::default();
        Attack::on_request(move |request, channel, _| {
            if let Request::CreateMonitoredItems(create) = request {
                feed.subscription_id = create.subscription_id;
                let items = create.items_to_create.iter().flatten();
                feed.handles.extend(items.map(|item| item.requested_parameters.client_handle));
            }
            if feed.handles.is_empty() {
                return None;
            }
            script(&mut feed, request, channel)
        })
    }

    /// The same value for every item.
    pub(super) fn values(&self, value: impl Into<iiot_core::ua::Variant>) -> DataChangeNotification {
        data(self.handles.iter().copied(), value)
    }

    /// The next message, in order.
    pub(super) fn next(&mut self, data: DataChangeNotification) -> NotificationMessage {
        self.sequence += 1;
        message(self.sequence, Some(data))
    }

    /// The answer that carries a message.
    pub(super) fn answer(&mut self, request: &PublishRequest, message: NotificationMessage) -> PublishResponse {
        self.answered += 1;
        let request_handle = request.request_header.request_handle;
        PublishResponse {
            response_header: ResponseHeader { request_handle, ..Default::default() },
            subscription_id: self.subscription_id,
            notification_message: message,
            ..Default::default()
        }
    }
}
