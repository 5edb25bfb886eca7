//! What is on record of an edge, given what is announced.

use super::announcement::Announcement;
use crate::model::{Approval, Edge, Presence};
use crate::time::UtcTime;

/// What is to be on record of an edge of which this is known and that is announced; `None` forgets it.
///
/// What was decided on keeps its topic, key and site. An announcement with others is no sign of it.
#[must_use]
pub fn judged(known: Option<&Edge>, voices: &[&Announcement], now: UtcTime) -> Option<Edge> {
    let Some(known) = known else { return voices.first().map(|first| with_problem(new(first, now), voices)) };
    let is_open = known.approval == Approval::Discovered;
    let own = voices.iter().copied().find(|voice| is_of(known, voice));
    let heard = own.or_else(|| voices.first().copied().filter(|_| is_open));
    let connected = heard.is_some();
    if is_open && !connected {
        return None;
    }
    let mut edge = known.clone();
    if connected != known.presence.connected {
        edge.presence = Presence { connected, since: now };
    }
    if let Some(heard) = heard {
        take_over(&mut edge, heard);
    }
    Some(with_problem(edge, voices))
}

fn new(first: &Announcement, now: UtcTime) -> Edge {
    let mut edge = Edge {
        site: None,
        root: String::new(),
        place_key: String::new(),
        approval: Approval::Discovered,
        presence: Presence { connected: true, since: now },
        version: String::new(),
        capabilities: Vec::new(),
        first_seen: now,
        problem: None,
    };
    take_over(&mut edge, first);
    edge
}

fn take_over(edge: &mut Edge, heard: &Announcement) {
    let Announcement { root, place_key, site, version, capabilities, .. } = heard.clone();
    (edge.root, edge.place_key, edge.site) = (root, place_key, site);
    (edge.version, edge.capabilities) = (version, capabilities);
}

fn is_of(edge: &Edge, voice: &Announcement) -> bool {
    (&edge.root, &edge.place_key, &edge.site) == (&voice.root, &voice.place_key, &voice.site)
}

fn with_problem(mut edge: Edge, voices: &[&Announcement]) -> Edge {
    let other = voices.iter().find(|voice| !is_of(&edge, voice));
    edge.problem = other.map(|other| match other {
        _ if other.place_key != edge.place_key => {
            let key = &other.place_key;
            format!("it is also announced with the key {key}, which is not used: another process has its name, or its key was lost")
        }
        _ if other.site != edge.site => {
            let (other, own) = (other.site.as_deref().unwrap_or("none"), edge.site.as_deref().unwrap_or("none"));
            format!("it announces the site {other} instead of {own}, which is not used until somebody decides on it again")
        }
        _ => format!("it is also announced at the topic {}, which is not used", other.root),
    });
    edge
}

#[cfg(test)]
mod unit_tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    const NOW: UtcTime = UtcTime::UNIX_EPOCH;

    fn says(key: char) -> Announcement {
        Announcement {
            root: "iiot/a".into(),
            place_key: key.to_string().repeat(43),
            site: Some("berlin".into()),
            version: "1".into(),
            capabilities: vec!["twin".into()],
            interval_ms: 2000,
        }
    }

    #[test]
    fn an_edge_that_nobody_decided_on_is_what_it_says_and_forgotten_when_it_goes() {
        let (first, other) = (says('A'), says('E'));
        let known = judged(None, &[&first], NOW).unwrap();
        assert_eq!(
            (known.approval, known.presence.connected, known.problem.as_deref()),
            (Approval::Discovered, true, None)
        );
        assert_eq!(
            judged(Some(&known), &[&first], NOW + Duration::from_secs(1)),
            Some(known.clone()),
            "nothing is new"
        );
        let disputed = judged(Some(&known), &[&other, &first], NOW).unwrap();
        assert_eq!(disputed.place_key, known.place_key, "who came first stays");
        assert!(disputed.problem.unwrap().contains(&other.place_key));
        assert_eq!(judged(Some(&known), &[&other], NOW).unwrap().place_key, other.place_key);
        assert_eq!(judged(Some(&known), &[], NOW), None);
        assert_eq!(judged(None, &[], NOW), None);
    }

    #[test]
    fn what_was_approved_stays_as_it_was_approved() {
        let first = says('A');
        let approved = Edge { approval: Approval::Approved, ..judged(None, &[&first], NOW).unwrap() };
        let later = NOW + Duration::from_secs(60);
        let other = says('E');
        let refused = judged(Some(&approved), &[&other], later).unwrap();
        assert_eq!(
            (&refused.place_key, refused.presence),
            (&approved.place_key, Presence { connected: false, since: later })
        );
        assert!(refused.problem.as_ref().unwrap().contains(&other.place_key));
        let both = judged(Some(&refused), &[&other, &first], later).unwrap();
        assert!(both.presence.connected && both.problem.is_some(), "the stranger does not keep it from work");
        let moved = Announcement { site: Some("paris".into()), ..first.clone() };
        let told = judged(Some(&approved), &[&moved], later).unwrap();
        assert_eq!(told.site.as_deref(), Some("berlin"));
        assert!(told.problem.unwrap().contains("paris"));
        let lured = Announcement { root: "mallory".into(), ..first.clone() };
        assert_eq!(judged(Some(&approved), &[&lured, &first], later).unwrap().root, "iiot/a");
        let newer = Announcement { version: "2".into(), ..first };
        assert_eq!(judged(Some(&approved), &[&newer], later).unwrap().version, "2");
        let away = judged(Some(&approved), &[], later).unwrap();
        assert_eq!((away.presence.connected, away.presence.since, away.problem), (false, later, None));
    }
}
