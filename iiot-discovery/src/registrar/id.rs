//! Ids of records: made of what tells them apart, so that whoever finds a thing first gives it the same one.

use sha2::{Digest, Sha256};

/// An application of a place (a site, else an edge), by where it was first found. `salt` tells those apart that came there
/// one after the other.
pub(super) fn of_application(place: &str, uri: &str, address: &str, salt: usize) -> String {
    digest("app", &[place, &uri.to_lowercase(), address, &salt.to_string()])
}

/// An endpoint of an application.
pub(super) fn of_endpoint(application: &str, url: &str, mode: &str, policy: &str, salt: usize) -> String {
    digest("ep", &[application, &url.to_lowercase(), mode, policy, &salt.to_string()])
}

/// The first of the ids for rising salts that is not taken.
pub(super) fn free(id: impl Fn(usize) -> String, taken: impl Fn(&str) -> bool) -> String {
    (0..).map(id).find(|id| !taken(id)).expect("there are more salts than records")
}

/// A number that spreads endpoints over edges: each edge is the first choice of as many as any other.
pub(super) fn spread(endpoint: &str, edge: &str) -> String {
    digest("", &[endpoint, edge])
}

/// What a server says of itself goes in and never comes out: nobody chooses an id.
fn digest(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    if kind.is_empty() { hex } else { format!("{kind}-{hex}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_what_tells_things_apart() {
        let id = of_application("berlin", "urn:PLC", "10.0.0.7:4840", 0);
        assert_eq!(id, of_application("berlin", "urn:plc", "10.0.0.7:4840", 0));
        assert_eq!(id.len(), "app-".len() + 32);
        for other in [
            of_application("berlin", "urn:plc", "10.0.0.8:4840", 0),
            of_application("berlin", "urn:plc", "10.0.0.7:4840", 1),
            of_application("berlinu", "rn:plc", "10.0.0.7:4840", 0),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn a_taken_id_gives_way() {
        let first = of_application("", "urn:a", "", 0);
        let free = free(|salt| of_application("", "urn:a", "", salt), |id| id == first);
        assert_eq!(free, of_application("", "urn:a", "", 1));
    }
}
