//! Every abuse of approvals is refused, one by one and in random sequences.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn count(request: &CertificateRequest, votes: &[Vote], now: UtcTime) -> Decision<CertificateRequest> {
    decide(&ApprovalPolicy::Votes(votes_of(2)), request, votes, role_of, now)
}

/// Why the votes that do not count do not.
fn uncounted(decision: Decision<CertificateRequest>) -> Vec<Discounted> {
    match decision {
        Decision::Pending(pending) => pending.uncounted.iter().map(|vote| vote.because).collect(),
        other => panic!("pending, not {other:?}"),
    }
}

#[test]
fn two_people_approve() {
    let (request, now) = (request(), start());
    let one = [yes("anna", &request, now)];
    assert!(matches!(count(&request, &one, now), Decision::Pending(Pending { needed: 2, .. })));
    let two = [yes("anna", &request, now), yes("root", &request, now)];
    let Decision::Approved(approved) = count(&request, &two, now) else { panic!("approved") };
    assert_eq!((approved.get(), approved.digest()), (&request, &request.digest()));
    assert_eq!(approved.by(), ["anna", "root"], "a higher role counts too");
}

#[test]
fn nobody_need_be_asked() {
    let Decision::Approved(approved) = decide(&ApprovalPolicy::Automatic, &request(), &[], role_of, start()) else {
        panic!("approved")
    };
    assert!(approved.by().is_empty());
}

#[test]
fn the_same_person_counts_once() {
    let (request, now) = (request(), start());
    let twice = [yes("anna", &request, now), yes("anna", &request, now + HOUR)];
    assert_eq!(uncounted(count(&request, &twice, now + HOUR)), [Discounted::Replaced]);
}

#[test]
fn a_request_that_was_swapped_after_the_vote_is_not_approved() {
    let (seen, now) = (request(), start());
    let votes = [yes("anna", &seen, now), yes("ben", &seen, now)];
    assert!(matches!(count(&seen, &votes, now), Decision::Approved(_)));
    for swapped in swapped(&seen) {
        let because = uncounted(count(&swapped, &votes, now));
        assert_eq!(because, [Discounted::OtherContent; 2], "{swapped:?}");
    }
}

/// The request with one thing changed, each.
fn swapped(request: &CertificateRequest) -> Vec<CertificateRequest> {
    let with = |change: &dyn Fn(&mut CertificateRequest)| {
        let mut other = request.clone();
        change(&mut other);
        other
    };
    let pair = |subject: &str, domains: &[&str], format| Wanted::NewKeyPair {
        subject_name: subject.into(),
        domain_names: domains.iter().map(|&domain| domain.into()).collect(),
        format,
    };
    vec![
        with(&|one| one.wanted = Wanted::SigningRequest { csr: Der(vec![0x30, 0x03, 0x02, 0x01, 0x06]) }),
        with(&|one| one.wanted = pair("", &[], PrivateKeyFormat::Pfx)),
        with(&|one| one.id = "r2".into()),
        with(&|one| one.group = "DefaultHttpsGroup".into()),
        with(&|one| one.certificate_type = CertificateType::NistP256),
        with(&|one| one.requester = "anna".into()),
        with(&|one| one.at = one.at + HOUR),
        with(&|one| one.applicant.application = "oven".into()),
        with(&|one| one.applicant.application_uri = "urn:works:oven".into()),
        with(&|one| one.applicant.application_name = "Oven".into()),
        with(&|one| one.applicant.application_type = ApplicationType::ClientAndServer),
        with(&|one| one.applicant.hosts.push("other.local".into())),
    ]
}

#[test]
fn parts_cannot_be_shifted_from_one_place_to_another() {
    let pair = |subject: &str, domains: &[&str]| CertificateRequest {
        wanted: Wanted::NewKeyPair {
            subject_name: subject.into(),
            domain_names: domains.iter().map(|&domain| domain.into()).collect(),
            format: PrivateKeyFormat::Pem,
        },
        ..request()
    };
    let all = [pair("CN=a", &["b", "c"]), pair("CN=a", &["bc"]), pair("CN=ab", &["c"]), pair("CN=a", &["b", "c", ""])];
    for (place, one) in all.iter().enumerate() {
        for other in &all[place + 1..] {
            assert_ne!(one.digest(), other.digest(), "{one:?} {other:?}");
        }
    }
}

#[test]
fn how_far_a_request_is_does_not_change_what_it_is() {
    let mut approved = request();
    approved.handle(RequestEvent::Approved).unwrap();
    assert_eq!(approved.digest(), request().digest());
}

#[test]
fn the_one_who_asks_never_approves() {
    let (request, now) = (request(), start());
    let own = [yes("rita", &request, now), yes("anna", &request, now)];
    assert_eq!(uncounted(count(&request, &own, now)), [Discounted::Requester]);
}

#[test]
fn a_vote_expires() {
    let (request, now) = (request(), start());
    let votes = [yes("anna", &request, now), yes("ben", &request, now + HOUR)];
    let last_moment = now + HOUR * 48;
    assert!(matches!(count(&request, &votes, UtcTime::from_ticks(last_moment.ticks() - 1)), Decision::Approved(_)));
    assert_eq!(uncounted(count(&request, &votes, last_moment)), [Discounted::Expired]);
    let late = [yes("anna", &request, now), yes("ben", &request, now + HOUR * 49)];
    assert_eq!(uncounted(count(&request, &late, now + HOUR * 49)), [Discounted::Expired]);
}

#[test]
fn a_vote_of_the_future_does_not_count() {
    let (request, now) = (request(), start());
    let votes = [yes("anna", &request, now + DAY), yes("ben", &request, now)];
    assert_eq!(uncounted(count(&request, &votes, now)), [Discounted::Future]);
}

#[test]
fn a_role_that_was_withdrawn_meanwhile_counts_no_more() {
    let (request, now) = (request(), start());
    let votes = [yes("anna", &request, now), yes("ben", &request, now)];
    let without_ben = |person: &str| role_of(person).filter(|_| person != "ben");
    let decision = decide(&ApprovalPolicy::Votes(votes_of(2)), &request, &votes, without_ben, now);
    assert_eq!(uncounted(decision), [Discounted::RoleMissing]);
    let lowered = |person: &str| if person == "ben" { Some(Role::Operator) } else { role_of(person) };
    let decision = decide(&ApprovalPolicy::Votes(votes_of(2)), &request, &votes, lowered, now);
    assert_eq!(uncounted(decision), [Discounted::RoleMissing]);
}

#[test]
fn who_has_not_the_role_or_is_not_asked_does_not_count() {
    let (request, now) = (request(), start());
    let votes = [yes("olga", &request, now), yes("mallory", &request, now), yes("anna", &request, now)];
    assert_eq!(uncounted(count(&request, &votes, now)), [Discounted::RoleMissing; 2]);
    let named = VotePolicy { people: vec!["anna".into(), "olga".into()], ..votes_of(2) };
    let votes = [yes("ben", &request, now), yes("anna", &request, now)];
    let decision = decide(&ApprovalPolicy::Votes(named), &request, &votes, role_of, now);
    assert_eq!(uncounted(decision), [Discounted::NotAsked]);
}

#[test]
fn one_no_is_enough_unless_he_changes_his_mind() {
    let (request, now) = (request(), start());
    let no = Vote { choice: Choice::Reject, reason: "wrong press".into(), ..yes("root", &request, now) };
    let votes = [yes("anna", &request, now), yes("ben", &request, now), no.clone()];
    assert_eq!(count(&request, &votes, now), Decision::Rejected(no.clone()));
    let votes = [no.clone(), yes("anna", &request, now), yes("root", &request, now + HOUR)];
    assert!(matches!(count(&request, &votes, now + HOUR), Decision::Approved(_)));
    let stranger = Vote { by: "mallory".into(), ..no };
    let votes = [yes("anna", &request, now), yes("ben", &request, now), stranger];
    assert!(matches!(count(&request, &votes, now), Decision::Approved(_)), "strangers cannot hold it up");
}

#[test]
fn a_no_that_expired_does_not_bring_back_the_yes_before_it() {
    let (request, now) = (request(), start() + DAY);
    let no = Vote { choice: Choice::Reject, ..yes("anna", &request, start()) };
    let votes = [yes("anna", &request, now), no, yes("ben", &request, now)];
    assert_eq!(uncounted(count(&request, &votes, start() + HOUR * 48)), [Discounted::Replaced, Discounted::Expired]);
}

/// A vote of a random sequence: who, yes or no, of the right content, hours after the start.
fn any_vote() -> impl Strategy<Value = (usize, bool, bool, u64)> {
    (0..PEOPLE.len(), prop::bool::weighted(0.9), prop::bool::weighted(0.8), 0_u64..100)
}

const PEOPLE: [&str; 7] = ["anna", "ben", "root", "rita", "olga", "mallory", "carl"];

/// The people whose yes holds, found in another way: by looking at each person's votes.
fn who_approves(request: &CertificateRequest, votes: &[Vote], rules: &VotePolicy, now: UtcTime) -> Option<Vec<String>> {
    let mut by_person: BTreeMap<&str, Vec<&Vote>> = BTreeMap::new();
    for vote in votes.iter().filter(|vote| vote.digest == request.digest()) {
        by_person.entry(&vote.by).or_default().push(vote);
    }
    let mut approve = Vec::new();
    for (person, cast) in by_person {
        let last = cast[cast.len() - 1];
        let asked = rules.people.is_empty() || rules.people.iter().any(|one| one == person);
        let entitled = person != request.requester && asked && role_of(person) >= Some(rules.role);
        let age = (now.ticks() - last.at.ticks()) / 10_000_000;
        if entitled && age >= -300 && age < i64::from(rules.valid_hours) * 3600 {
            match last.choice {
                Choice::Approve => approve.push(person.to_owned()),
                Choice::Reject => return None,
            }
        }
    }
    Some(approve)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_votes_there_are_only_enough_of_the_right_people_approve(
        votes in prop::collection::vec(any_vote(), 0..12),
        needed in 1_u32..4,
        named in prop::collection::vec(0..PEOPLE.len(), 0..4),
        hours in 1_u32..60,
        now in 0_u64..110,
    ) {
        let request = request();
        let other = CertificateRequest { id: "other".into(), ..request.clone() };
        let now = start() + HOUR * u32::try_from(now).unwrap();
        let people = named.into_iter().map(|person| PEOPLE[person].to_owned()).collect();
        let rules = VotePolicy { people, valid_hours: hours, ..votes_of(needed) };
        let votes: Vec<Vote> = votes.into_iter().map(|(person, agrees, of_this, hour)| {
            let of = if of_this { &request } else { &other };
            let at = start() + HOUR * u32::try_from(hour).unwrap();
            let choice = if agrees { Choice::Approve } else { Choice::Reject };
            Vote { choice, ..yes(PEOPLE[person], of, at) }
        }).collect();
        let expected = who_approves(&request, &votes, &rules, now);
        match decide(&ApprovalPolicy::Votes(rules), &request, &votes, role_of, now) {
            Decision::Approved(approved) => {
                prop_assert_eq!(Some(approved.by().to_vec()), expected);
                prop_assert!(approved.by().len() >= needed as usize);
                prop_assert_eq!(approved.digest(), &request.digest());
            }
            Decision::Pending(pending) => {
                prop_assert!(pending.by.len() < needed as usize);
                prop_assert_eq!(pending.by.len() + pending.uncounted.len(), votes.len());
                prop_assert_eq!(Some(pending.by), expected);
            }
            Decision::Rejected(vote) => {
                prop_assert_eq!(expected, None);
                prop_assert_eq!(vote.choice, Choice::Reject);
            }
        }
    }
}
