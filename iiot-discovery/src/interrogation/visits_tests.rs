#![allow(clippy::unwrap_used)]

use super::*;

/// The plan names 10.0.0.0/24 and denies 10.0.0.66.
fn visits(follow: Follow) -> Visits {
    let inside: AddressRule = Arc::new(|ip| ip.to_string().starts_with("10.0.0."));
    let denied: AddressRule = Arc::new(|ip| ip.to_string() == "10.0.0.66");
    Visits::new(Rules { inside, denied, most_reported: 5, ..Rules::new(follow) })
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn planned(visits: &mut Visits, url: &str, addresses: &[&str]) -> bool {
    let application = visits.application(None);
    let addresses = Ok(addresses.iter().map(|text| ip(text)).collect());
    let via = Via::Url { url: url.into() };
    visits.hear(Lead { url: url.into(), addresses, via, capabilities: Vec::new(), reporter: None, application })
}

fn reported_as(visits: &mut Visits, from: &Visit, application: usize, url: &str, address: Result<&str, &str>) -> bool {
    let addresses = address.map(|address| vec![ip(address)]).map_err(str::to_owned);
    let (via, reporter) = (Via::Reported { server: from.url.clone() }, Some(from.place.clone()));
    visits.hear(Lead { url: url.into(), addresses, via, capabilities: vec!["DA".into()], reporter, application })
}

fn reported(visits: &mut Visits, from: &Visit, url: &str, address: &str) -> bool {
    let application = visits.application(None);
    reported_as(visits, from, application, url, Ok(address))
}

/// A discovery server of the plan, which has answered.
fn directory(visits: &mut Visits) -> Visit {
    assert!(planned(visits, "opc.tcp://10.0.0.1:4840", &["10.0.0.1"]));
    let visit = visits.next().unwrap();
    visits.answered(&visit);
    visit
}

fn refused() -> Failure {
    Failure { outcome: Some(Outcome::Closed), message: "nothing listens there".into() }
}

fn due(visits: &mut Visits) -> Vec<String> {
    std::iter::from_fn(|| visits.next()).map(|visit| visit.url).collect()
}

#[test]
fn what_a_discovery_server_reports_is_visited_and_not_the_discovery_server_again() {
    let mut visits = visits(Follow::Inside);
    let lds = directory(&mut visits);
    for number in 2..5 {
        assert!(reported(&mut visits, &lds, &format!("opc.tcp://plc-{number}:4840"), &format!("10.0.0.{number}")));
    }
    let visited: Vec<Visit> = std::iter::from_fn(|| visits.next()).collect();
    let urls: Vec<&str> = visited.iter().map(|visit| visit.url.as_str()).collect();
    assert_eq!(urls, ["opc.tcp://plc-2:4840", "opc.tcp://plc-3:4840", "opc.tcp://plc-4:4840"]);
    assert_eq!(visits.capabilities(&visited[0].place), ["DA"], "what is told of a server belongs to that server");
    assert!(visits.capabilities(&lds.place).is_empty());
    assert_eq!(visits.via(&visited[0].place), [Via::Reported { server: lds.url }]);
}

#[test]
fn discovery_servers_that_point_at_each_other_are_visited_once() {
    let mut visits = visits(Follow::Everywhere);
    let one = directory(&mut visits);
    assert!(reported(&mut visits, &one, "opc.tcp://two:4840", "10.0.0.2"));
    let two = visits.next().unwrap();
    visits.answered(&two);
    for _ in 0..100 {
        assert!(!reported(&mut visits, &two, "opc.tcp://one:4840/", "10.0.0.1"));
        assert!(!reported(&mut visits, &two, "opc.tcp://two:4840", "10.0.0.2"));
        assert!(!reported(&mut visits, &one, "opc.tcp://TWO:4840", "10.0.0.2"));
    }
    assert_eq!(due(&mut visits), Vec::<String>::new());
    assert_eq!(visits.failures(), []);
}

#[test]
fn nobody_is_contacted_whom_the_plan_does_not_allow() {
    for (follow, address, allowed) in [
        (Follow::Never, "10.0.0.9", false),
        (Follow::Inside, "10.0.0.9", true),
        (Follow::Inside, "10.0.0.66", false),
        (Follow::Inside, "192.168.1.9", false),
        (Follow::Everywhere, "192.168.1.9", true),
        (Follow::Everywhere, "10.0.0.66", false),
        // What another machine calls itself is not this machine.
        (Follow::Everywhere, "127.0.0.1", false),
        (Follow::Everywhere, "0.0.0.0", false),
        (Follow::Everywhere, "::1", false),
        (Follow::Everywhere, "::ffff:127.0.0.1", false),
        (Follow::Everywhere, "169.254.169.254", false),
        (Follow::Everywhere, "224.0.0.251", false),
    ] {
        let mut visits = visits(follow);
        let lds = directory(&mut visits);
        assert_eq!(reported(&mut visits, &lds, "opc.tcp://other:4840", address), allowed, "{follow:?} {address}");
        assert_eq!(visits.next().is_some(), allowed);
        let failures = visits.failures();
        assert_eq!(failures.len(), usize::from(!allowed), "it is told and not dropped");
        assert!(allowed || failures[0].message.starts_with("not visited: "), "{failures:?}");
    }
}

#[test]
fn the_deny_list_goes_before_the_plan() {
    let mut visits = visits(Follow::Never);
    assert!(!planned(&mut visits, "opc.tcp://plc:4840", &["10.0.0.66"]));
    assert!(planned(&mut visits, "opc.tcp://plc2:4840", &["10.0.0.66", "10.0.0.7"]));
    assert_eq!(visits.next().unwrap().place.address.to_string(), "10.0.0.7:4840");
    assert!(visits.failures()[0].message.contains("denied"));
}

#[test]
fn a_place_where_nobody_answered_is_asked_again_by_another_name() {
    let mut visits = visits(Follow::Inside);
    let lds = directory(&mut visits);
    planned(&mut visits, "opc.tcp://10.0.0.7:4840", &["10.0.0.7"]);
    let first = visits.next().unwrap();
    assert!(!reported(&mut visits, &lds, "opc.tcp://plc-7:4840", "10.0.0.7"), "it is under way");
    visits.failed(first.clone(), refused());
    let second = visits.next().unwrap();
    assert_eq!((second.url.as_str(), &second.place), ("opc.tcp://plc-7:4840", &first.place));
    visits.answered(&second);
    assert_eq!(visits.failures(), []);
    let via = visits.via(&second.place);
    assert_eq!(via.len(), 2, "{via:?}");
}

#[test]
fn a_name_with_several_addresses_is_tried_at_each_until_somebody_answers() {
    let mut visits = visits(Follow::Inside);
    planned(&mut visits, "opc.tcp://plc:4840", &["fd00::7", "10.0.0.7"]);
    let six = visits.next().unwrap();
    visits.failed(six, refused());
    let four = visits.next().unwrap();
    assert_eq!(four.place.address.to_string(), "10.0.0.7:4840");
    visits.answered(&four);
    assert_eq!(visits.failures(), []);
    assert_eq!(visits.unreached(&four.place), [], "the URL leads to it");
}

#[test]
fn a_failure_costs_nobody_else_anything() {
    let mut visits = visits(Follow::Inside);
    let lds = directory(&mut visits);
    for number in 2..5 {
        reported(&mut visits, &lds, &format!("opc.tcp://plc-{number}:4840"), &format!("10.0.0.{number}"));
    }
    let dead = visits.next().unwrap();
    visits.failed(dead.clone(), refused());
    assert_eq!(due(&mut visits).len(), 2);
    let failures = visits.failures();
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert_eq!((failure.url.as_str(), failure.outcome.clone()), ("opc.tcp://plc-2:4840", Some(Outcome::Closed)));
    assert_eq!(failure.via, [Via::Reported { server: lds.url }]);
}

#[test]
fn a_further_url_of_a_server_that_was_found_is_a_finding_and_no_failure() {
    let mut visits = visits(Follow::Inside);
    let server = directory(&mut visits);
    let own = visits.application(Some(&server.place));
    reported_as(&mut visits, &server, own, "opc.tcp://plc.local:4840", Err("its host name does not resolve from here"));
    reported_as(&mut visits, &server, own, "opc.tcp://10.0.0.9:4840", Ok("10.0.0.9"));
    reported_as(&mut visits, &server, own, "opc.tcp://localhost:4840", Ok("127.0.0.1"));
    reported_as(&mut visits, &server, own, "opc.tcp://192.168.1.9:4840", Ok("192.168.1.9"));
    let other = visits.next().unwrap();
    visits.failed(other, refused());
    assert_eq!(visits.failures(), []);
    let unreached: Vec<String> = visits.unreached(&server.place).into_iter().map(|one| one.url).collect();
    assert_eq!(unreached, ["opc.tcp://10.0.0.9:4840", "opc.tcp://localhost:4840", "opc.tcp://plc.local:4840"]);
}

#[test]
fn what_servers_can_make_us_do_is_bounded_and_what_is_left_out_is_told() {
    let mut visits = visits(Follow::Everywhere);
    let lds = directory(&mut visits);
    for path in 0..10 {
        reported(&mut visits, &lds, &format!("opc.tcp://victim:4840/{path}"), "10.0.0.99");
    }
    assert_eq!(due(&mut visits).len(), MAX_PATHS);
    for number in 100..200 {
        reported(&mut visits, &lds, "opc.tcp://many:4840", &format!("10.0.1.{number}"));
    }
    assert_eq!(due(&mut visits).len(), 5 - MAX_PATHS);
    assert!(visits.failures().len() > 1);
    for number in 0..20_000 {
        let application = visits.application(None);
        reported_as(&mut visits, &lds, application, &format!("opc.tcp://lost-{number}"), Err("no such name"));
    }
    let failures = visits.failures();
    assert!(failures.len() <= MAX_MISSED + 10, "{}", failures.len());
    assert!(failures.last().unwrap().message.contains("too many to be listed"));
    assert!(planned(&mut visits, "opc.tcp://10.0.0.50:4840", &["10.0.0.50"]), "the plan is not bounded by that");
}

#[test]
fn announcements_are_followed_as_reports_are() {
    for (follow, address, allowed) in
        [(Follow::Never, "10.0.0.9", false), (Follow::Inside, "10.0.0.9", true), (Follow::Inside, "10.9.9.9", false)]
    {
        let mut visits = visits(follow);
        let application = visits.application(None);
        let (via, addresses) = (Via::Multicast { name: "plc".into() }, Ok(vec![ip(address)]));
        let url = "opc.tcp://plc.local:4840".into();
        let heard = visits.hear(Lead { url, addresses, via, capabilities: Vec::new(), reporter: None, application });
        assert_eq!(heard, allowed, "{follow:?} {address}");
    }
}
