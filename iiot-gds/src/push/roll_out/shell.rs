//! Carries a roll-out on.

use std::collections::HashMap;

use futures::StreamExt;
use iiot_core::{Error, ErrorKind, Result};

use super::{FleetMember, RollOut, RollOutAction};
use crate::push::{Access, Order, Push, Pusher};

/// Carries a roll-out on until it rests. Pushes that are under way end before it stops; `kept` is told of every change and
/// stores it, so that whoever comes back after a crash goes on with it.
///
/// Taking back means the trust list that the device had; a certificate that it was given stays, since the one before it may
/// be for a key that is gone.
///
/// # Errors
/// `InvalidArgument` if there is no access or order for a device; those of `kept`. A push that cannot be made is a failure of
/// its device.
pub async fn roll_out<K>(
    pusher: &Pusher,
    mut state: RollOut,
    devices: &HashMap<String, (Access, Order)>,
    mut kept: K,
) -> Result<RollOut>
where
    K: AsyncFnMut(&RollOut) -> Result<()>,
{
    loop {
        let (names, is_back) = match state.next() {
            RollOutAction::Push(names) => (names, false),
            RollOutAction::TakeBack(names) => (names, true),
            RollOutAction::Rest => return Ok(state),
        };
        let limit = state.plan.parallel.max(1);
        for some in names.chunks(limit) {
            let pushes = some.iter().map(|name| one(pusher, devices, name, is_back));
            let mut results = futures::stream::iter(pushes).buffer_unordered(limit);
            while let Some(result) = results.next().await {
                let (name, member) = result?;
                state = state.finished(name, member);
                kept(&state).await?;
            }
            if !is_back && state.has_stopped() {
                break;
            }
        }
    }
}

async fn one<'n>(
    pusher: &Pusher,
    devices: &HashMap<String, (Access, Order)>,
    name: &'n str,
    is_back: bool,
) -> Result<(&'n str, FleetMember)> {
    let (access, order) = devices.get(name).ok_or_else(|| unknown(name))?;
    let done = if is_back { taken_back(pusher, access).await } else { pushed(pusher, access, order).await };
    let is_managed = done.as_ref().is_ok_and(Push::is_managed);
    if let Err(error) = done {
        tracing::warn!(device = name, "the roll-out goes on without it: {}", error.report());
    }
    let member = match (is_back, is_managed) {
        (false, true) => FleetMember::Managed,
        (false, false) => FleetMember::Failed,
        (true, true) => FleetMember::TakenBack,
        (true, false) => FleetMember::NotTakenBack,
    };
    Ok((name, member))
}

/// Begins the push, unless an earlier life has done so.
async fn pushed(pusher: &Pusher, access: &Access, order: &Order) -> Result<Push> {
    match pusher.push(&access.device).await {
        Ok(push) if push.order == *order && (push.is_managed() || !push.step.is_over()) => {}
        _ => drop(pusher.begin(&access.device, order.clone()).await?),
    }
    pusher.run(access).await
}

/// Another push, of the trust list that the device had before the last one.
async fn taken_back(pusher: &Pusher, access: &Access) -> Result<Push> {
    let last = pusher.push(&access.device).await?;
    if !last.order.takes_back {
        let pin_issuers = last.issued.as_ref().map_or(&last.order.pin_issuers, |issued| &issued.issuers);
        let order = Order {
            pin: last.wanted_certificate().clone(),
            pin_issuers: pin_issuers.clone(),
            lists: last.saved.clone(),
            certificate: None,
            takes_back: true,
            ..last.order.clone()
        };
        pusher.begin(&access.device, order).await?;
    }
    pusher.run(access).await
}

fn unknown(device: &str) -> Error {
    let message = "there is no access or order for it";
    Error::new(ErrorKind::InvalidArgument, "roll out", message).with("device", device)
}
