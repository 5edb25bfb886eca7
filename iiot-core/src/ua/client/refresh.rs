//! Shows the server a new token or certificate before the old one expires.

use std::sync::Arc;
use std::time::Duration;

use super::channel::Channel;
use super::dialer::Dialer;
use super::handshake::Established;
use crate::ua::secure::ApplicationCertificate;

/// Activates the session again whenever its issued token is about to expire. Never returns; other identities have
/// nothing that expires.
pub(super) async fn keep_identity(dialer: Arc<Dialer>, channel: Channel, session: Established) {
    let clock = &dialer.parts.clock;
    while let Some(expires) = session.identity_expires() {
        clock.sleep_until(clock.now() + pause(expires.since(clock.utc()))).await;
        let deadline = clock.now() + dialer.options.request_timeout;
        let handshake = dialer.handshake(&channel, &session.endpoint, session.own.as_ref(), deadline);
        match handshake.activate(&session).await {
            Ok(()) => tracing::debug!("the server has a new token of ours"),
            Err(error) => {
                tracing::warn!(%error, endpoint = dialer.options.endpoint_url, "the server has no new token of ours");
            }
        }
    }
    std::future::pending().await
}

/// Returns when the session's certificate is about to expire and there is a newer one: servers refuse the one that has
/// expired at the next renewal of the channel at the latest.
pub(super) async fn outlived(dialer: Arc<Dialer>, held: Option<ApplicationCertificate>) {
    let (Some(own), Some(held)) = (&dialer.parts.certificate, held) else { return std::future::pending().await };
    own.newer_than(&held).await;
    let Ok(last) = held.last_call() else { return std::future::pending().await };
    let clock = &dialer.parts.clock;
    while clock.utc() < last {
        // The time of day may be set meanwhile.
        clock.sleep_until(clock.now() + last.since(clock.utc()).min(LONGEST_SLEEP)).await;
    }
}

/// How long to wait with a token that lives for `remaining`: three quarters, so that a token source that fails is
/// asked several times before it matters.
fn pause(remaining: Duration) -> Duration {
    if remaining.is_zero() { AFTER_EXPIRY } else { (remaining * 3 / 4).max(SHORTEST_PAUSE) }
}

/// A token source that has failed up to the end is not asked in a storm.
const AFTER_EXPIRY: Duration = Duration::from_secs(10);
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_replaced_before_it_expires_and_a_failing_source_is_not_hammered() {
        assert_eq!(pause(Duration::from_secs(3600)), Duration::from_secs(2700));
        let mut remaining = Duration::from_secs(3600);
        let mut attempts = 0;
        while !remaining.is_zero() {
            remaining = remaining.saturating_sub(pause(remaining));
            attempts += 1;
        }
        assert!((5..12).contains(&attempts), "{attempts} attempts before the token expires");
        assert_eq!(pause(remaining), AFTER_EXPIRY);
    }
}
