//! The parameters of a subscription, as they are asked for and as the server revises them.

use std::time::Duration;

use crate::session::{SubscriptionOptions, SubscriptionRevised};
use crate::ua::{
    CreateSubscriptionRequest, CreateSubscriptionResponse, ModifySubscriptionRequest, ModifySubscriptionResponse,
};

/// A subscription lives this long without a Publish request unless asked otherwise.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

pub(super) fn create_request(options: &SubscriptionOptions, publishing_enabled: bool) -> CreateSubscriptionRequest {
    CreateSubscriptionRequest {
        requested_publishing_interval: options.publishing_interval.as_secs_f64() * 1000.0,
        requested_lifetime_count: lifetime_count(options),
        requested_max_keep_alive_count: options.max_keep_alive_count,
        max_notifications_per_publish: options.max_notifications_per_publish,
        publishing_enabled,
        priority: options.priority,
        ..Default::default()
    }
}

pub(super) fn modify_request(options: &SubscriptionOptions, subscription_id: u32) -> ModifySubscriptionRequest {
    ModifySubscriptionRequest {
        subscription_id,
        requested_publishing_interval: options.publishing_interval.as_secs_f64() * 1000.0,
        requested_lifetime_count: lifetime_count(options),
        requested_max_keep_alive_count: options.max_keep_alive_count,
        max_notifications_per_publish: options.max_notifications_per_publish,
        priority: options.priority,
        ..Default::default()
    }
}

pub(super) fn revised(response: &CreateSubscriptionResponse) -> SubscriptionRevised {
    SubscriptionRevised {
        subscription_id: response.subscription_id,
        publishing_interval: milliseconds(response.revised_publishing_interval),
        lifetime_count: response.revised_lifetime_count,
        max_keep_alive_count: response.revised_max_keep_alive_count,
    }
}

pub(super) fn revised_by_modify(subscription_id: u32, response: &ModifySubscriptionResponse) -> SubscriptionRevised {
    SubscriptionRevised {
        subscription_id,
        publishing_interval: milliseconds(response.revised_publishing_interval),
        lifetime_count: response.revised_lifetime_count,
        max_keep_alive_count: response.revised_max_keep_alive_count,
    }
}

fn lifetime_count(options: &SubscriptionOptions) -> u32 {
    // At least three keep-alive intervals (OPC 10000-4 §5.14.2.2).
    let least = options.max_keep_alive_count.saturating_mul(3).max(3);
    match options.lifetime_count {
        0 => {
            let cycles = DEFAULT_LIFETIME.as_secs_f64() / options.publishing_interval.as_secs_f64().max(0.001);
            (cycles.ceil() as u32).max(least)
        }
        count => count.max(least),
    }
}

/// What a server says, as far as it can be: nothing is timed by centuries.
fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1000.0).unwrap_or(Duration::from_secs(1)).min(LONGEST_INTERVAL)
}

const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_that_are_none_are_a_second_and_none_is_longer_than_a_day() {
        for senseless in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
            assert_eq!(milliseconds(senseless), Duration::from_secs(1), "{senseless}");
        }
        assert_eq!(milliseconds(1e18), LONGEST_INTERVAL);
        assert_eq!(milliseconds(0.0), Duration::ZERO);
        assert_eq!(milliseconds(250.5), Duration::from_micros(250_500));
    }
}
