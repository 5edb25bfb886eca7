//! When the server is asked for all retained conditions.

use std::time::Duration;

use iiot_core::clock::Clock;
use iiot_core::session::{Session, SessionExt};
use iiot_core::ua::{CallMethodRequest, MethodId, ObjectTypeId, StatusCode};
use iiot_core::{Error, Result};

/// Says when (OPC 10000-9 §5.5.7): for each new subscription and after each reconnect, once the item reports, after
/// events were lost, and when the server says so.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    subscription: Option<u32>,
    reporting: bool,
    wanted: bool,
    under_way: bool,
}

impl Refresh {
    /// The server has made a subscription.
    pub(super) fn created(&mut self, subscription: u32) {
        *self = Self { subscription: Some(subscription), reporting: false, wanted: true, under_way: false };
    }

    /// The connection is back and the subscription is the one it was.
    pub(super) fn resumed(&mut self, subscription: u32) {
        *self = Self { subscription: Some(subscription), reporting: true, wanted: true, under_way: false };
    }

    /// The connection is away.
    pub(super) fn interrupted(&mut self) {
        *self = Self { wanted: true, ..Self::default() };
    }

    /// The server reports events.
    pub(super) const fn reporting(&mut self) {
        self.reporting = true;
    }

    /// The server says so, or something is missing.
    pub(super) const fn required(&mut self) {
        self.wanted = true;
    }

    /// The subscription to ask for, if it is time; said once.
    pub(super) fn take(&mut self) -> Option<u32> {
        let subscription = self.subscription.filter(|_| self.wanted && self.reporting && !self.under_way)?;
        (self.wanted, self.under_way) = (false, true);
        Some(subscription)
    }

    pub(super) const fn done(&mut self) {
        self.under_way = false;
    }
}

/// Calls ConditionRefresh, some times if the server is at it already.
pub(super) async fn refresh(session: &dyn Session, subscription: u32, clock: &dyn Clock) -> Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        let status = call(session, subscription).await?;
        if status != StatusCode::BadRefreshInProgress || pause > LAST_PAUSE {
            let refused = || Error::from_status("ask for the retained conditions", status);
            return if status.is_good() { Ok(()) } else { Err(refused()) };
        }
        clock.sleep_until(clock.now() + pause).await;
        pause *= 2;
    }
}

/// Whether this answer says that the server does not know the method, or does not let us call it.
pub(super) const fn is_unknown(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadMethodInvalid
            | StatusCode::BadNodeIdUnknown
            | StatusCode::BadNodeIdInvalid
            | StatusCode::BadNotSupported
            | StatusCode::BadNotImplemented
            | StatusCode::BadNothingToDo
            | StatusCode::BadNotExecutable
            | StatusCode::BadServiceUnsupported
            | StatusCode::BadUserAccessDenied
    )
}

async fn call(session: &dyn Session, subscription: u32) -> Result<StatusCode> {
    let request = CallMethodRequest {
        object_id: ObjectTypeId::ConditionType.into(),
        method_id: MethodId::ConditionType_ConditionRefresh.into(),
        input_arguments: Some(vec![subscription.into()]),
    };
    let result = session.call_methods(vec![request]).await?.pop();
    Ok(result.map_or(StatusCode::BadUnexpectedError, |result| result.status_code))
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subscription_and_every_reconnect_is_refreshed_once() {
        let mut refresh = Refresh::default();
        refresh.created(7);
        assert_eq!(refresh.take(), None, "the item does not report yet");
        refresh.reporting();
        assert_eq!((refresh.take(), refresh.take()), (Some(7), None));
        refresh.done();
        assert_eq!(refresh.take(), None);
        refresh.interrupted();
        assert_eq!(refresh.take(), None, "there is nobody to ask");
        refresh.resumed(7);
        assert_eq!(refresh.take(), Some(7));
        refresh.done();
        refresh.created(8);
        refresh.reporting();
        assert_eq!(refresh.take(), Some(8));
    }

    #[test]
    fn what_is_required_meanwhile_is_asked_for_afterwards() {
        let mut refresh = Refresh::default();
        refresh.created(7);
        refresh.reporting();
        assert_eq!(refresh.take(), Some(7));
        refresh.required();
        assert_eq!(refresh.take(), None, "one is under way");
        refresh.done();
        assert_eq!(refresh.take(), Some(7));
        refresh.interrupted();
        refresh.resumed(7);
        assert_eq!(refresh.take(), Some(7), "what was cut off is asked for again");
    }
}
