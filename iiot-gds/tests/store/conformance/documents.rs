//! Documents and transactions.

use futures::future::join_all;
use iiot_core::ErrorKind;
use iiot_core::time::UtcTime;

use super::{at, kind, list, put, reservation, reserve, serial, signed, transaction, write};
use iiot_gds::store::{ArtefactName, DocumentQuery, Outcome, Reservation, Store, Transaction, Unchanged, Write};

pub(super) async fn changes_need_what_they_expect(store: &dyn Store) {
    assert_eq!(store.document("cas", "a").await.unwrap(), None);
    assert_eq!(kind(put(store, write("cas", "a", Some("{}"), Some(1))).await), ErrorKind::Conflict);
    let first = put(store, write("cas", "a", Some("1"), None)).await.unwrap();
    assert_eq!(kind(put(store, write("cas", "a", Some("2"), None)).await), ErrorKind::AlreadyExists);
    assert_eq!(kind(put(store, write("cas", "a", Some("2"), Some(first + 1))).await), ErrorKind::Conflict);
    let second = put(store, write("cas", "a", Some("2"), Some(first))).await.unwrap();
    assert!(second > first);
    let document = store.document("cas", "a").await.unwrap().unwrap();
    assert_eq!((document.revision, document.content.as_str()), (second, "2"));
    assert_eq!(kind(put(store, write("cas", "a", None, Some(first))).await), ErrorKind::Conflict);
    put(store, write("cas", "a", None, Some(second))).await.unwrap();
    assert_eq!(store.document("cas", "a").await.unwrap(), None);
    let again = put(store, write("cas", "a", Some("3"), None)).await.unwrap();
    assert!(again > second, "also when it comes back, so that nobody takes it for the old one");
    assert_eq!(store.document("other", "a").await.unwrap(), None);
}

pub(super) async fn a_transaction_goes_by_what_has_not_changed(store: &dyn Store, other: &dyn Store) {
    let first = put(store, write("rules", "a", Some("1"), None)).await.unwrap();
    let by = |revision, n| Transaction {
        unchanged: vec![Unchanged { kind: "rules".to_owned(), id: "a".to_owned(), revision }],
        reservations: vec![reservation(serial("by the rules", n))],
        ..transaction("by the rules")
    };
    store.commit(by(first, 1)).await.unwrap();
    other.commit(by(first, 2)).await.unwrap();
    let second = put(other, write("rules", "a", Some("2"), Some(first))).await.unwrap();
    assert_eq!(kind(store.commit(by(first, 3)).await), ErrorKind::Conflict);
    store.commit(by(second, 3)).await.unwrap();
    put(other, write("rules", "a", None, Some(second))).await.unwrap();
    assert_eq!(kind(store.commit(by(second, 4)).await), ErrorKind::Conflict, "also when it is gone");
    assert_eq!(store.reserved(&serial("by the rules", 4)).await.unwrap(), None);
    // One that is changed in the same transaction is the one before.
    let third = put(store, write("rules", "a", Some("3"), None)).await.unwrap();
    let both = Transaction { documents: vec![write("rules", "a", Some("4"), Some(third))], ..by(third, 5) };
    store.commit(both).await.unwrap();
}

pub(super) async fn of_many_writers_one_wins_each_round(store: &dyn Store, other: &dyn Store) {
    let mut revision = put(store, write("round", "x", Some("0"), None)).await.unwrap();
    for round in 0..10 {
        let content = round.to_string();
        let writers = (0..8)
            .map(|n| put(if n % 2 == 0 { store } else { other }, write("round", "x", Some(&content), Some(revision))));
        let (won, lost): (Vec<_>, Vec<_>) = join_all(writers).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 7));
        lost.into_iter().for_each(|lost| assert_eq!(kind(lost), ErrorKind::Conflict));
        revision = won.into_iter().next().unwrap().unwrap();
    }
}

pub(super) async fn pages_are_ordered_and_labels_narrow_them(store: &dyn Store) {
    let labels = |n: usize| vec![("even".to_owned(), n.is_multiple_of(2).to_string()), ("n".to_owned(), n.to_string())];
    let documents = (0..25).rev().map(|n| Write { labels: labels(n), ..write("page", &id(n), Some("x"), None) });
    store.commit(Transaction { documents: documents.collect(), ..transaction("written") }).await.unwrap();
    let mut query = DocumentQuery { kind: "page".to_owned(), limit: 10, ..DocumentQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = store.documents(&query).await.unwrap();
        assert!(page.len() <= 10);
        let Some(last) = page.last() else { break };
        query.after = Some(last.id.clone());
        found.extend(page.into_iter().map(|document| document.id));
    }
    assert_eq!(found, (0..25).map(id).collect::<Vec<_>>());
    let labelled = |labels: Vec<(String, String)>| DocumentQuery { labels, after: None, limit: 100, ..query.clone() };
    let even = store.documents(&labelled(vec![labels(4)[0].clone()])).await.unwrap();
    assert_eq!(even.len(), 13);
    let four = store.documents(&labelled(labels(4))).await.unwrap();
    assert_eq!((four.len(), four[0].labels.clone()), (1, labels(4)));
    put(store, Write { labels: labels(5), ..write("page", &id(4), Some("y"), Some(four[0].revision)) }).await.unwrap();
    assert!(store.documents(&labelled(labels(4))).await.unwrap().is_empty(), "its label is another one now");
    for limit in [0, 1_001] {
        assert_eq!(kind(store.documents(&DocumentQuery { limit, ..query.clone() }).await), ErrorKind::InvalidArgument);
    }
}

pub(super) async fn wrong_transactions_are_refused(store: &dyn Store) {
    let before = store.audit_head().await.unwrap();
    let twice = vec![write("wrong", "a", Some("1"), None), write("wrong", "a", Some("2"), None)];
    let big = "x".repeat((4 << 20) + 1);
    let named = |name| Transaction { reservations: vec![reservation(name)], ..transaction("reserved") };
    let bad_serial = |serial: &str| ArtefactName::Certificate { issuer: "i".to_owned(), serial: serial.to_owned() };
    let empty = Reservation { to_be_signed: Vec::new(), ..reservation(serial("wrong", 1)) };
    let labels = vec![("a".to_owned(), "b\n".to_owned())];
    let wrong = [
        Transaction { events: Vec::new(), ..transaction("x") },
        transaction(""),
        transaction("two\nlines"),
        Transaction { at: UtcTime::from_ticks(i64::MAX), ..transaction("x") },
        Transaction { documents: twice, ..transaction("x") },
        Transaction { documents: vec![write("wrong", "", Some("1"), None)], ..transaction("x") },
        Transaction { documents: vec![write("wrong", "a\0", Some("1"), None)], ..transaction("x") },
        Transaction { documents: vec![write("wrong", "a", Some("\0"), None)], ..transaction("x") },
        Transaction { documents: vec![write("wrong", "a", Some(&big), None)], ..transaction("x") },
        Transaction { documents: vec![Write { labels, ..write("wrong", "a", Some("1"), None) }], ..transaction("x") },
        Transaction { reservations: vec![empty], ..transaction("x") },
        Transaction { reservations: vec![reservation(list("i", 1)), reservation(list("i", 1))], ..transaction("x") },
        Transaction { outcomes: vec![(serial("i", 1), Outcome::Void(String::new()))], ..transaction("x") },
        named(bad_serial("")),
        named(bad_serial("0A")),
        named(bad_serial(&"a".repeat(41))),
        named(list("i", 0)),
        named(list("i", u64::MAX)),
        named(list("", 1)),
    ];
    for (n, wrong) in wrong.into_iter().enumerate() {
        assert_eq!(kind(store.commit(wrong).await), ErrorKind::InvalidArgument, "{n}");
    }
    assert_eq!(store.audit_head().await.unwrap(), before, "what is refused leaves no trace");
    assert_eq!(store.document("wrong", "a\0").await.unwrap(), None);
    assert_eq!(store.last_number("a\0").await.unwrap(), 0);
}

pub(super) async fn all_takes_place_or_nothing(store: &dyn Store) {
    let name = serial("whole", 1);
    reserve(store, name.clone()).await.unwrap();
    let before = store.audit_head().await.unwrap();
    let whole = || Transaction {
        documents: vec![write("whole", "a", Some("1"), None), write("whole", "b", Some("1"), None)],
        reservations: vec![reservation(serial("whole", 2)), reservation(list("whole", 1))],
        outcomes: vec![(name.clone(), signed(&name))],
        ..transaction("whole")
    };
    // Each breaks off at another part of it.
    let broken = [
        Transaction { documents: vec![write("whole", "a", Some("1"), Some(1))], ..whole() },
        Transaction { reservations: vec![reservation(serial("whole", 3)), reservation(name.clone())], ..whole() },
        Transaction { outcomes: vec![(name.clone(), signed(&name)), (list("whole", 9), signed(&name))], ..whole() },
        Transaction { revocations: vec![super::revocation(&serial("whole", 9), at(0), REASON)], ..whole() },
    ];
    for (n, broken) in broken.into_iter().enumerate() {
        assert!(store.commit(broken).await.is_err(), "{n}");
        assert_eq!(store.audit_head().await.unwrap(), before);
        assert_eq!(store.document("whole", "b").await.unwrap(), None);
        assert_eq!(store.reserved(&serial("whole", 2)).await.unwrap(), None);
        assert_eq!(store.reserved(&name).await.unwrap().unwrap().outcome, None);
        assert_eq!(store.last_number("whole").await.unwrap(), 0);
    }
    let committed = store.commit(whole()).await.unwrap();
    assert_eq!(committed.revisions.len(), 2);
    assert_eq!(store.audit_head().await.unwrap().0, committed.audit);
    assert_eq!(store.reserved(&name).await.unwrap().unwrap().outcome, Some(signed(&name)));
    assert_eq!(store.last_number("whole").await.unwrap(), 1);
    for name in [serial("whole", 2), list("whole", 1)] {
        super::finish(store, &name, Outcome::Void("tried".to_owned())).await.unwrap();
    }
}

fn id(n: usize) -> String {
    format!("id-{n:03}")
}

const REASON: iiot_gds::store::RevocationReason = iiot_gds::store::RevocationReason::Superseded;
