//! Authorities take each other's places, and nobody is refused meanwhile.

use iiot_core::trust::TrustLists;
use iiot_core::ua::trust::{Certificate, ParsedLists, Purpose as Wanted, TrustPolicy, verdict};

use super::invariants::check;
use super::life::verify;
use super::works::*;
use crate::authority::{Authorities, AuthoritySpec, Issued, Stage};
use crate::policy::Purpose;
use crate::trust::{Party, Relation, TrustGraph, TrustPlan};

async fn lists(authorities: &Authorities) -> TrustLists {
    let graph = TrustGraph {
        groups: [("line".to_owned(), ["press".to_owned()].into())].into(),
        relations: vec![Relation::allow(Party::application("mes"), Party::group("line"))],
    };
    TrustPlan::new(&graph, &authorities.material(Purpose::Application).await.unwrap()).lists("mes")
}

fn trusts(lists: &TrustLists, issued: &Issued) -> bool {
    let leaf = Certificate::parse(&issued.certificate).unwrap();
    verdict(&[leaf], &ParsedLists::from(lists), start(), &Wanted::default(), &TrustPolicy::strict()).is_trusted()
}

fn line(id: &str, issuer: &str, replaces: Option<&str>) -> AuthoritySpec {
    AuthoritySpec { group: Some("line".into()), ..spec(id, Some(issuer), replaces) }
}

#[tokio::test]
async fn issuing_authority_and_root_are_rolled_over_and_both_are_trusted_in_between() {
    let (parts, _) = parts();
    let (authorities, key) = (opened(&parts).await, application_key().await);
    let create = async |spec: AuthoritySpec| authorities.create(approved(&spec)).await;
    create(spec("root", None, None)).await.unwrap();
    create(line("plant", "root", None)).await.unwrap();
    authorities.put_group(&group("plant"), "rita").await.unwrap();
    let old = certify(&authorities, "r1", &key).await.unwrap();
    let earlier = lists(&authorities).await;
    assert!(trusts(&earlier, &old));

    assert_eq!(create(spec("root2", None, Some("root"))).await.unwrap().stage, Stage::Prepared);
    assert_eq!(create(line("plant2", "root2", Some("plant"))).await.unwrap().stage, Stage::Prepared);
    assert!(create(line("plant3", "root2", Some("plant"))).await.is_err(), "one takes its place, not two");
    let same_name = AuthoritySpec { common_name: "Works plant".into(), ..line("plant4", "root2", None) };
    assert!(create(same_name).await.is_err(), "devices could not tell them apart");
    let still_old = certify(&authorities, "r2", &key).await.unwrap();
    assert_eq!(still_old.issuer, "plant", "a prepared one issues nothing");
    let between = lists(&authorities).await;

    authorities.activate("root2", "rita").await.unwrap();
    authorities.activate("plant2", "rita").await.unwrap();
    let new = certify(&authorities, "r3", &key).await.unwrap();
    assert_eq!(new.issuer, "plant2", "groups of the old one are served by the new one");
    assert_eq!(new.issuers.last(), authorities.chain("root2").await.unwrap().last());
    assert!(!trusts(&earlier, &new), "so trust lists come first");
    for lists in [between, lists(&authorities).await] {
        assert!(trusts(&lists, &old) && trusts(&lists, &still_old) && trusts(&lists, &new));
    }
    for issued in [&old, &still_old, &new] {
        assert_eq!(verify(&authorities, issued, start()).await, Ok(()));
    }

    assert!(authorities.retire("plant", "rita").await.is_err(), "its certificates are in use");
    assert!(authorities.retire("root", "rita").await.is_err(), "its authority is in use");
    for issued in [&old, &still_old] {
        let reason = crate::store::RevocationReason::Superseded;
        authorities.revoke(&issued.issuer, &issued.serial, reason, "rita").await.unwrap();
    }
    authorities.retire("plant", "rita").await.unwrap();
    authorities.retire("root", "rita").await.unwrap();
    let last = lists(&authorities).await;
    assert!(!trusts(&last, &old) && trusts(&last, &new));
    assert_eq!((last.trusted_certificates.len(), last.issuer_certificates.len()), (1, 1));
    assert!(authorities.retire("plant2", "rita").await.is_err(), "nobody has taken its place");
    check(&parts, &[]).await;
}
