//! What is to be signed, and what becomes of it.

use futures::future::join_all;
use iiot_core::ErrorKind;

use super::{at, finish, kind, list, reservation, reserve, revocation, revoke, serial, signed, transaction};
use iiot_gds::store::{ArtefactName, CertificateQuery, Outcome, Reservation, RevocationReason, Store, Transaction};

pub(super) async fn a_serial_is_reserved_once(store: &dyn Store, other: &dyn Store) {
    for round in 0..5 {
        let writers = (0..8).map(|n| reserve(if n % 2 == 0 { store } else { other }, serial("once", round)));
        let outcomes = join_all(writers).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let refused = outcomes.into_iter().filter(Result::is_err);
        refused.for_each(|refused| assert_eq!(kind(refused), ErrorKind::AlreadyExists));
    }
    reserve(store, serial("another issuer", 0)).await.unwrap();
    let reserved = other.reserved(&serial("once", 3)).await.unwrap().unwrap();
    assert_eq!(reserved.reservation, reservation(serial("once", 3)), "it is on record to the last byte");
    assert_eq!(other.reserved(&serial("once", 5)).await.unwrap(), None);
    void_all(store).await;
    assert_eq!(kind(reserve(store, serial("once", 3)).await), ErrorKind::AlreadyExists, "also when it was voided");
}

pub(super) async fn an_artefact_is_finished_once(store: &dyn Store, other: &dyn Store) {
    let name = serial("finished", 1);
    assert_eq!(kind(finish(store, &name, signed(&name)).await), ErrorKind::NotFound);
    reserve(store, name.clone()).await.unwrap();
    let outcomes = (0..6).map(|n| {
        let outcome = if n % 2 == 0 { signed(&name) } else { Outcome::Void(format!("no {n}")) };
        finish(if n % 3 == 0 { store } else { other }, &name, outcome)
    });
    let outcomes = join_all(outcomes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let was = store.reserved(&name).await.unwrap().unwrap().outcome;
    assert!(was.is_some());
    for outcome in [signed(&name), Outcome::Void("no".to_owned())] {
        assert_eq!(kind(finish(other, &name, outcome).await), ErrorKind::Conflict);
    }
    assert_eq!(store.reserved(&name).await.unwrap().unwrap().outcome, was);
}

pub(super) async fn nothing_is_signed_that_was_not_on_record(store: &dyn Store) {
    let name = serial("early", 1);
    let both = Transaction {
        reservations: vec![reservation(name.clone())],
        outcomes: vec![(name.clone(), signed(&name))],
        ..transaction("early")
    };
    assert_eq!(kind(store.commit(both).await), ErrorKind::NotFound);
    assert_eq!(store.reserved(&name).await.unwrap(), None);
}

pub(super) async fn numbers_rise(store: &dyn Store, other: &dyn Store) {
    assert_eq!(store.last_number("rise").await.unwrap(), 0);
    reserve(store, list("rise", 9)).await.unwrap();
    assert_eq!(kind(reserve(other, list("rise", 9)).await), ErrorKind::AlreadyExists);
    assert_eq!(kind(reserve(other, list("rise", 8)).await), ErrorKind::Conflict);
    reserve(other, list("rise", 10)).await.unwrap();
    reserve(store, list("rise", 100)).await.unwrap();
    assert_eq!(kind(reserve(store, list("rise", 20)).await), ErrorKind::Conflict, "as numbers, not as texts");
    reserve(store, list("elsewhere", 1)).await.unwrap();
    let down = vec![reservation(list("rise", 103)), reservation(list("rise", 102))];
    assert_eq!(
        kind(store.commit(Transaction { reservations: down, ..transaction("x") }).await),
        ErrorKind::Conflict,
        "within a transaction too"
    );
    assert_eq!(other.last_number("rise").await.unwrap(), 100);
    assert_eq!(store.revocation_list("rise").await.unwrap(), None);
    for number in [10, 9] {
        finish(store, &list("rise", number), signed(&list("rise", number))).await.unwrap();
        let newest = other.revocation_list("rise").await.unwrap().unwrap();
        assert_eq!(newest.reservation.name, list("rise", 10), "the newest that is signed");
        assert_eq!(newest.outcome, Some(signed(&list("rise", 10))));
    }
    void_all(store).await;
    assert_eq!(kind(reserve(store, list("rise", 100)).await), ErrorKind::AlreadyExists, "gaps stay gaps");
}

pub(super) async fn revoked_twice_keeps_the_first(store: &dyn Store) {
    let name = serial("revoked", 1);
    assert_eq!(kind(revoke(store, &name, at(1), RevocationReason::Superseded).await), ErrorKind::NotFound);
    reserve(store, name.clone()).await.unwrap();
    finish(store, &name, signed(&name)).await.unwrap();
    revoke(store, &name, at(5), RevocationReason::KeyCompromise).await.unwrap();
    revoke(store, &name, at(4), RevocationReason::Superseded).await.unwrap();
    let query = CertificateQuery { issuer: Some("revoked".to_owned()), ..CertificateQuery::default() };
    let found = store.certificates(&query).await.unwrap();
    assert_eq!(found[0].revoked, Some((at(5), RevocationReason::KeyCompromise)));
    assert_eq!(found[0].certificate, format!("signed: {name}").into_bytes(), "it is the same else");
}

pub(super) async fn what_a_list_names_is_found(store: &dyn Store) {
    for n in [3, 1, 2, 4] {
        let name = serial("told", n);
        let one = Reservation { until: at(n * 10), ..reservation(name.clone()) };
        store.commit(Transaction { reservations: vec![one], ..transaction("reserved") }).await.unwrap();
        // The first was never signed.
        if n > 1 {
            finish(store, &name, signed(&name)).await.unwrap();
        }
    }
    let elsewhere = serial("named elsewhere", 1);
    reserve(store, elsewhere.clone()).await.unwrap();
    revoke(store, &elsewhere, at(0), RevocationReason::Superseded).await.unwrap();
    assert_eq!(store.revoked("told", at(0)).await.unwrap(), []);
    for n in [3, 2, 1] {
        revoke(store, &serial("told", n), at(n), RevocationReason::CaCompromise).await.unwrap();
    }
    let named = |n| revocation(&serial("told", n), at(n), RevocationReason::CaCompromise);
    assert_eq!(store.revoked("told", at(0)).await.unwrap(), [named(1), named(2), named(3)]);
    assert_eq!(store.revoked("told", at(20)).await.unwrap(), [named(2), named(3)], "that have not expired");
    void_all(store).await;
}

pub(super) async fn what_is_unfinished_comes_oldest_first(store: &dyn Store) {
    void_all(store).await;
    assert!(store.unfinished().await.unwrap().is_empty());
    let several = [serial("z", 7), list("b", 1), serial("a", 9)].map(reservation).to_vec();
    store.commit(Transaction { reservations: several, ..transaction("reserved") }).await.unwrap();
    reserve(store, serial("c", 1)).await.unwrap();
    reserve(store, serial("b", 2)).await.unwrap();
    finish(store, &serial("a", 9), Outcome::Void("no".to_owned())).await.unwrap();
    let unfinished = store.unfinished().await.unwrap();
    let names: Vec<_> = unfinished.iter().map(|reserved| reserved.reservation.name.clone()).collect();
    assert_eq!(names, [serial("z", 7), list("b", 1), serial("c", 1), serial("b", 2)]);
    assert!(unfinished.iter().all(|reserved| reserved.outcome.is_none()));
    void_all(store).await;
}

pub(super) async fn certificates_are_found_by_what_they_are_for(store: &dyn Store) {
    let reservations = (0..12).map(|n| Reservation {
        until: at(n),
        application: format!("press-{}", n % 2),
        group: format!("hall-{}", n % 3),
        ..reservation(serial(if n < 6 { "find-a" } else { "find-b" }, n))
    });
    store.commit(Transaction { reservations: reservations.collect(), ..transaction("reserved") }).await.unwrap();
    let names: Vec<_> = (0..12).map(|n| serial(if n < 6 { "find-a" } else { "find-b" }, n)).collect();
    // The last one is reserved only.
    let outcomes = names[..11].iter().map(|name| (name.clone(), signed(name))).collect();
    store.commit(Transaction { outcomes, ..transaction("signed") }).await.unwrap();
    for name in &names[..2] {
        revoke(store, name, at(0), RevocationReason::Unspecified).await.unwrap();
    }
    let all = CertificateQuery::default();
    let count = |query: CertificateQuery| async move {
        let found = store.certificates(&query).await.unwrap();
        found.iter().filter(|record| record.issuer.starts_with("find-")).count()
    };
    let of = |issuer: &str| CertificateQuery { issuer: Some(issuer.to_owned()), ..CertificateQuery::default() };
    assert_eq!(count(all.clone()).await, 11);
    assert_eq!(count(of("find-a")).await, 6);
    assert_eq!(count(CertificateQuery { application: Some("press-0".to_owned()), ..all.clone() }).await, 6);
    assert_eq!(count(CertificateQuery { group: Some("hall-2".to_owned()), ..all.clone() }).await, 3);
    assert_eq!(count(CertificateQuery { revoked: Some(true), ..of("find-a") }).await, 2);
    assert_eq!(count(CertificateQuery { revoked: Some(false), ..of("find-a") }).await, 4);
    assert_eq!(count(CertificateQuery { until_after: Some(at(4)), ..of("find-a") }).await, 2);
    let page = store.certificates(&CertificateQuery { limit: 4, ..of("find-a") }).await.unwrap();
    let last = page.last().map(|record| (record.issuer.clone(), record.serial.clone()));
    assert_eq!((page.len(), page[0].serial.as_str()), (4, format!("{:032x}", 0).as_str()));
    assert_eq!(count(CertificateQuery { after: last.clone(), limit: 4, ..of("find-a") }).await, 2);
    assert_eq!(count(CertificateQuery { after: last, ..all }).await, 7, "the next issuer comes behind");
    assert_eq!(page[3].application, "press-1");
    assert_eq!((page[3].until, page[3].request.as_str()), (at(3), "request-1"));
    void_all(store).await;
}

pub(super) async fn what_was_never_signed_can_be_revoked(store: &dyn Store) {
    let names = [serial("unsure", 1), serial("unsure", 2)];
    for name in &names {
        reserve(store, name.clone()).await.unwrap();
        finish(store, name, Outcome::Void("the key may have signed it".to_owned())).await.unwrap();
    }
    revoke(store, &names[0], at(3), RevocationReason::CessationOfOperation).await.unwrap();
    let of_issuer = CertificateQuery { issuer: Some("unsure".to_owned()), ..CertificateQuery::default() };
    let found = store.certificates(&CertificateQuery { revoked: Some(true), ..of_issuer.clone() }).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].certificate.is_empty() && found[0].revoked.is_some());
    assert!(store.certificates(&of_issuer).await.unwrap().is_empty(), "it is no certificate");
}

/// Leaves nothing unfinished.
async fn void_all(store: &dyn Store) {
    let names: Vec<ArtefactName> =
        store.unfinished().await.unwrap().into_iter().map(|reserved| reserved.reservation.name).collect();
    for name in names {
        finish(store, &name, Outcome::Void("tried".to_owned())).await.unwrap();
    }
}
