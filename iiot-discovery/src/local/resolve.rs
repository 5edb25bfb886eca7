//! Host names of a plan become addresses.

use std::net::IpAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use iiot_core::clock::Clock;
use iiot_core::operation::POINTER;
use iiot_core::{Error, ErrorKind, Result};

use crate::interrogation::Resolve;
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

/// Asks a resolver for the names of a plan, each for at most `timeout`.
///
/// A name among the addresses that has none is told and left out. At most [`MAX_ADDRESSES`] of each are searched, and none
/// that is denied.
///
/// # Errors
/// `Unavailable` if a denied name cannot be resolved: it would not be known what to leave alone.
pub async fn resolve(
    mut written: Written,
    resolver: &dyn Resolve,
    timeout: Duration,
    clock: &dyn Clock,
) -> Result<Resolved> {
    for (name, found) in lookups(&written.denied_names, resolver, timeout, clock).await {
        let addresses = found.and_then(all).map_err(|message| unknown_denial(&name, message))?;
        written.deny(addresses);
    }
    let mut unresolved = Vec::new();
    for (name, found) in lookups(&written.names, resolver, timeout, clock).await {
        match found {
            Ok(addresses) => written.add(addresses.into_iter().take(MAX_ADDRESSES)),
            Err(message) => unresolved.push(Unresolved { name, message }),
        }
    }
    Ok(Resolved { targets: Targets::of(&written), unresolved })
}

type Lookup = Result<Vec<IpAddr>, String>;

/// The addresses of a name, one at least, or a sentence that says why there are none.
pub(super) async fn lookup(name: &str, resolver: &dyn Resolve, timeout: Duration, clock: &dyn Clock) -> Lookup {
    let late = || format!("the name has no answer within {} ms; check the name servers", timeout.as_millis());
    let found = tokio::select! {
        biased;
        found = resolver.resolve(name) => found.map_err(|cause| format!("the name is not known: {cause}"))?,
        () = clock.sleep_until(clock.now() + timeout) => return Err(late()),
    };
    let addresses: Vec<IpAddr> = found.into_iter().filter(|address| !is_link_local(*address)).collect();
    if addresses.is_empty() { Err("the name has no address".into()) } else { Ok(addresses) }
}

async fn lookups(
    names: &[HostName],
    resolver: &dyn Resolve,
    timeout: Duration,
    clock: &dyn Clock,
) -> Vec<(HostName, Lookup)> {
    let one = |name: HostName| async move {
        let found = lookup(&name.name, resolver, timeout, clock).await;
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

    use std::io;

    use async_trait::async_trait;
    use iiot_core::clock::SystemClock;

    use super::*;
    use crate::plan::ScanPlan;

    /// Knows `twins`, `many` with as many addresses as it is told, and `late`, which never has an answer.
    #[derive(Debug)]
    struct Names(u32);

    #[async_trait]
    impl Resolve for Names {
        async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
            match host {
                "twins" => Ok(vec![[10, 0, 0, 1].into(), [10, 0, 0, 2].into(), "fe80::1".parse().unwrap()]),
                "many" => Ok((0..self.0).map(|last| IpAddr::from((0x0a01_0000 + last).to_be_bytes())).collect()),
                "late" => std::future::pending().await,
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    async fn resolved(addresses: &[&str], deny: &[&str]) -> Result<Resolved> {
        let texts = |list: &[&str]| list.iter().copied().map(String::from).collect();
        let plan = ScanPlan { addresses: texts(addresses), deny: texts(deny), ..ScanPlan::default() };
        resolve(Written::of(&plan).unwrap(), &Names(1025), Duration::from_millis(100), &SystemClock).await
    }

    #[tokio::test]
    async fn names_become_addresses_and_unknown_ones_are_told() {
        let found = resolved(&["twins", "nobody", "10.0.0.7", "late", "many"], &[]).await.unwrap();
        let entries = ["10.0.0.1-10.0.0.2", "10.0.0.7", "10.1.0.0/28"];
        assert_eq!(found.targets.addresses().to_entries(), entries, "no link-local address, and 16 of the many");
        let places: Vec<&str> = found.unresolved.iter().map(|one| one.name.pointer.as_str()).collect();
        assert_eq!(places, ["#/plan/addresses/1", "#/plan/addresses/3"]);
        assert!(found.unresolved[1].message.contains("no answer within 100 ms"));
    }

    #[tokio::test]
    async fn an_address_that_is_denied_stays_so_under_its_name() {
        let by_address = resolved(&["twins"], &["10.0.0.0/31"]).await.unwrap();
        assert_eq!(by_address.targets.addresses().to_entries(), ["10.0.0.2"]);
        let by_name = resolved(&["10.0.0.0/30"], &["twins"]).await.unwrap();
        assert_eq!(by_name.targets.addresses().to_entries(), ["10.0.0.0", "10.0.0.3"]);
        assert!(by_name.targets.is_denied("::ffff:10.0.0.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_denied_name_that_is_not_known_in_full_lets_nothing_begin() {
        for name in ["nobody", "late", "many"] {
            let error = resolved(&["10.0.0.0/24"], &[name]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.context().contains(&(POINTER.into(), "#/plan/deny/0".into())), "{error}");
        }
    }
}
