//! Host names of a plan become addresses.

use std::net::IpAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use iiot_core::clock::Clock;
use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};
use tokio::net::lookup_host;

use crate::range::{HostName, Targets, Written};

/// What a plan covers, and the names that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// What may be contacted.
    pub targets: Targets,
    /// Names among the addresses without an address: they are not searched.
    pub unresolved: Vec<Unresolved>,
}

/// A name without an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The name.
    pub name: HostName,
    /// Why.
    pub message: String,
}

/// Addresses of a name that are searched.
pub const MAX_ADDRESSES: usize = 16;
/// Addresses of a denied name; with more, not all of it could be left alone for sure.
const MAX_DENIED: usize = 1024;
/// Names that are asked for at a time.
const AT_A_TIME: usize = 16;

/// Asks the system's resolver for the names of a plan, each for at most `timeout`.
///
/// A name among the addresses that has none is told and left out. At most [`MAX_ADDRESSES`] of each are searched, and none
/// that is denied.
///
/// # Errors
/// `Unavailable` if a denied name cannot be resolved: it would not be known what to leave alone.
pub async fn resolve(mut written: Written, timeout: Duration, clock: &dyn Clock) -> Result<Resolved> {
    for (name, found) in lookups(&written.denied_names, timeout, clock).await {
        let addresses = found.and_then(all).map_err(|message| unknown_denial(&name, message))?;
        written.deny(addresses);
    }
    let mut unresolved = Vec::new();
    for (name, found) in lookups(&written.names, timeout, clock).await {
        match found {
            Ok(addresses) => written.add(addresses.into_iter().take(MAX_ADDRESSES)),
            Err(message) => unresolved.push(Unresolved { name, message }),
        }
    }
    Ok(Resolved { targets: Targets::of(&written), unresolved })
}

/// The addresses of a name, one at least, or why there are none.
///
/// # Errors
/// A sentence that says why.
pub async fn lookup(name: &str, timeout: Duration, clock: &dyn Clock) -> Result<Vec<IpAddr>, String> {
    let late = || format!("the name has no answer within {} ms; check the name servers", timeout.as_millis());
    let found = tokio::select! {
        biased;
        found = lookup_host((name, 0)) => found.map_err(|cause| format!("the name is not known: {cause}"))?,
        () = clock.sleep_until(clock.now() + timeout) => return Err(late()),
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|found| found.ip().to_canonical()).filter(|address| !is_link_local(*address)) {
        if addresses.len() <= MAX_DENIED && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err("the name has no address".into()) } else { Ok(addresses) }
}

type Lookup = Result<Vec<IpAddr>, String>;

async fn lookups(names: &[HostName], timeout: Duration, clock: &dyn Clock) -> Vec<(HostName, Lookup)> {
    let one = |name: HostName| async move {
        let found = lookup(&name.name, timeout, clock).await;
        (name, found)
    };
    stream::iter(names.to_vec()).map(one).buffered(AT_A_TIME).collect().await
}

fn all(addresses: Vec<IpAddr>) -> Lookup {
    if addresses.len() <= MAX_DENIED { Ok(addresses) } else { Err("it has more than 1,024 addresses".into()) }
}

fn unknown_denial(name: &HostName, message: String) -> Error {
    let message =
        format!("a denied name must be known, so that it is left alone, and {message}; deny its addresses instead");
    Error::new(ErrorKind::Unavailable, "resolve the names of the plan", message)
        .with("name", &name.name)
        .with(POINTER, &name.pointer)
}

const fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use iiot_core::clock::SystemClock;

    use super::*;
    use crate::plan::ScanPlan;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn written(addresses: &[&str], deny: &[&str]) -> Written {
        let texts = |list: &[&str]| list.iter().copied().map(String::from).collect();
        Written::of(&ScanPlan { addresses: texts(addresses), deny: texts(deny), ..ScanPlan::default() }).unwrap()
    }

    #[tokio::test]
    async fn names_become_addresses_and_unknown_ones_are_told() {
        let plan = written(&["localhost", "nobody.invalid", "10.0.0.7"], &[]);
        let resolved = resolve(plan, PATIENCE, &SystemClock).await.unwrap();
        assert!(
            resolved.targets.contains("127.0.0.1".parse().unwrap())
                && resolved.targets.contains("10.0.0.7".parse().unwrap())
        );
        assert_eq!(resolved.unresolved[0].name.pointer, "#/plan/addresses/1");
        assert!(!resolved.unresolved[0].message.is_empty());
    }

    #[tokio::test]
    async fn an_address_that_is_denied_stays_so_under_its_name() {
        let by_address =
            resolve(written(&["localhost"], &["127.0.0.0/8", "::1"]), PATIENCE, &SystemClock).await.unwrap();
        assert_eq!(by_address.targets.count(), 0);
        let by_name = resolve(written(&["127.0.0.0/30"], &["localhost"]), PATIENCE, &SystemClock).await.unwrap();
        assert!(by_name.targets.is_denied("127.0.0.1".parse().unwrap()));
        assert_eq!(by_name.targets.count(), 3);
    }

    #[tokio::test]
    async fn a_denied_name_that_is_unknown_lets_nothing_begin() {
        let error = resolve(written(&["10.0.0.0/24"], &["nobody.invalid"]), PATIENCE, &SystemClock).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.context().contains(&(POINTER.into(), "#/plan/deny/0".into())), "{error}");
    }
}
