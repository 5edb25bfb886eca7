//! What is approved without anybody looking at it.

use super::plant::Plant;
use crate::registrar::{ApprovalRules, RegistrarOptions};

async fn plant(rules: &str) -> Plant {
    let rules = ApprovalRules::from_json(rules.as_bytes()).unwrap();
    Plant::with(RegistrarOptions { rules, ..RegistrarOptions::default() }).await
}

#[tokio::test]
async fn the_first_rule_that_fits_decides() {
    const FOUND: &str = "east 10.0.0.0/16: urn:acme:press@10.0.0.1 A; urn:acme:oven@10.0.9.1 B; \
                         urn:other@10.0.0.2 C; urn:acme:saw@10.0.0.3 D modes=None,Sign; urn:acme:old@10.0.0.4";
    let fresh = "urn:acme:press 10.0.0.1 A east";
    for (rules, expected) in [
        (r#"{"rules":[]}"#, [""; 5]),
        (r#"{"rules":[{}]}"#, ["approved"; 5]),
        (
            r#"{"rules":[{"addresses":["10.0.9.0/24"],"approve":false},{"applicationUri":"urn:acme:*"}]}"#,
            ["approved", "", "approved", "approved", ""],
        ),
        (r#"{"rules":[{"securityMode":"SignAndEncrypt"}]}"#, ["approved", "approved", "approved", "", "approved"]),
        (r#"{"rules":[{"securityMode":"Sign"}]}"#, ["approved"; 5]),
        (r#"{"rules":[{"securityPolicies":["Aes256_Sha256_RsaPss"]}]}"#, [""; 5]),
        (
            r#"{"rules":[{"addresses":["10.0.0.1-10.0.0.3"],"activate":true}]}"#,
            ["approved *SignAndEncrypt>east", "", "", "approved *Sign>east", "approved *SignAndEncrypt>east"],
        ),
    ] {
        let mut plant = plant(rules).await;
        plant.step(FOUND).await;
        let mut told = Vec::new();
        for uri in ["urn:acme:press", "urn:acme:oven", "urn:acme:old", "urn:acme:saw", "urn:other"] {
            let line = plant.told().await.into_iter().find(|line| line.starts_with(&format!("{uri} "))).unwrap();
            let words: Vec<&str> = line.split(' ').skip(4).filter(|word| *word != "discovered").collect();
            told.push(words.join(" "));
        }
        assert_eq!(told, expected, "{rules}");
        assert!(plant.told().await.iter().any(|line| line.starts_with(fresh)));
    }
}

#[tokio::test]
async fn a_copy_is_not_approved_where_nothing_may_be_wrong() {
    let mut plant = plant(r#"{"rules":[{"noFindingsOf":"medium","activate":true}]}"#).await;
    plant.step("east 10.0.0.0/24: urn:plc@10.0.0.1 A").await;
    plant.step("east 10.0.0.0/24: urn:plc@10.0.0.1 A; urn:plc@10.0.0.2 B").await;
    assert_eq!(
        plant.told().await,
        [
            "urn:plc 10.0.0.1 A east approved sharedUri *SignAndEncrypt>east",
            "urn:plc 10.0.0.2 B east discovered sharedUri"
        ]
    );
}

#[tokio::test]
async fn what_is_on_record_is_left_to_people() {
    let mut plant = plant(r#"{"rules":[{}]}"#).await;
    plant.step("east 10.0.0.0/24: urn:plc@10.0.0.1 A").await;
    plant.step("reject urn:plc").await;
    plant.step("east 10.0.0.0/24: urn:plc@10.0.0.1 A").await;
    assert_eq!(plant.told().await, ["urn:plc 10.0.0.1 A east rejected"]);
}
