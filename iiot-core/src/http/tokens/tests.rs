//! Tokens of a foreign issuer.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::access::keys::Proof;
use crate::clock::ManualClock;
use crate::operation::Role;
use crate::testing::{Peers, Process, free_port};
use crate::time::UtcTime;

/// Of the clock when a test begins, in seconds.
const NOW: u64 = 1_800_000_000;
const PATIENCE: Duration = Duration::from_secs(60);

struct Issuer {
    process: Process,
    url: String,
    asked: usize,
    _folder: TempDir,
}

impl Issuer {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let (process, url) = peers.python("issuer.py", free_port(), &[]).unwrap();
        Self { process, url, asked: 0, _folder: folder }
    }

    fn ask(&mut self, mut command: Value) -> String {
        self.asked += 1;
        let name = format!("answer-{}", self.asked);
        command["name"] = name.as_str().into();
        self.process.send(&command.to_string()).unwrap();
        self.process.expect_line(&format!("{name} "), PATIENCE).unwrap()
    }

    /// A token with claims that are good but for these.
    fn token(&mut self, alg: &str, key: &str, other: &Value) -> String {
        let mut claims = json!({
            "iss": "https://login.example.com", "aud": "plant", "sub": "alice", "exp": NOW + 600, "nbf": NOW, "roles": "operator",
        });
        for (name, value) in other.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.ask(json!({ "alg": alg, "key": key, "claims": claims }))
    }

    fn fetched(&mut self) -> u32 {
        self.ask(json!({ "count": true })).parse().unwrap()
    }

    fn tokens(&self, role_claim: &str) -> (Arc<Tokens>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(UtcTime::UNIX_EPOCH + Duration::from_secs(NOW)));
        let options = TokenOptions {
            keys: KeySource::parse(&self.url).unwrap(),
            issuer: "https://login.example.com".into(),
            audience: "plant".into(),
            role_claim: role_claim.into(),
        };
        (Arc::new(Tokens::new(options, Arc::clone(&clock) as _)), clock)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_three_algorithms_are_taken_until_they_expire() {
    let mut issuer = Issuer::start();
    let (tokens, clock) = issuer.tokens("roles");
    for (alg, key) in [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        let grant = tokens.check(&issuer.token(alg, key, &json!({}))).await.unwrap();
        assert_eq!((grant.name.as_str(), grant.role, grant.by), ("alice", Role::Operator, Proof::Token), "{alg}");
        assert_eq!(grant.expires, Some(clock.utc() + Duration::from_secs(600)));
    }
    assert_eq!(issuer.fetched(), 1);
    let token =
        issuer.token("ES256", "ec", &json!({ "aud": ["other", "plant"], "nbf": NOW + 29, "exp": NOW as f64 + 60.5 }));
    assert!(tokens.check(&token).await.is_ok());
    clock.advance(Duration::from_secs(90));
    assert!(tokens.check(&token).await.is_ok(), "clocks differ");
    clock.advance(Duration::from_secs(1));
    assert!(tokens.check(&token).await.unwrap_err().message().contains("expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_valid_token_for_us_is_refused() {
    let mut issuer = Issuer::start();
    let (tokens, _) = issuer.tokens("roles");
    for (other, cause) in [
        (json!({ "aud": "others" }), "another audience"),
        (json!({ "aud": null }), "no aud"),
        (json!({ "iss": "https://elsewhere.example.com" }), "another issuer"),
        (json!({ "iss": null }), "no iss"),
        (json!({ "sub": null }), "no sub"),
        (json!({ "sub": "" }), "no name"),
        (json!({ "sub": "a\nb" }), "no name"),
        (json!({ "exp": null }), "no exp"),
        (json!({ "exp": "9999999999" }), ""),
        (json!({ "exp": NOW - 31 }), "expired"),
        (json!({ "nbf": NOW + 31 }), "not valid yet"),
        (json!({ "nbf": "soon" }), "no time"),
    ] {
        let error = tokens.check(&issuer.token("ES256", "ec", &other)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{other}");
        assert!(error.message().contains(cause), "{other}: {error}");
    }
    for (alg, key) in [("none", "rsa"), ("HS256", "rsa"), ("RS512", "rsa"), ("PS256", "rsa")] {
        let error = tokens.check(&issuer.token(alg, key, &json!({}))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{alg}");
    }
    let good = issuer.token("ES256", "ec", &json!({}));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let administrator = issuer.token("ES256", "ec", &json!({ "roles": "administrator" }));
    let exchanged = format!("{}.{signature}", administrator.rsplit_once('.').unwrap().0);
    for forged in [format!("{signed}."), exchanged, signed.to_owned(), "a.b.c".into(), format!("{good}.x"), "..".into()]
    {
        assert_eq!(tokens.check(&forged).await.unwrap_err().kind(), ErrorKind::Unauthenticated, "{forged}");
    }
    let unknown = json!({ "alg": "ES256", "key": "ec", "claims": {}, "headers": { "crit": ["x"], "x": 1 } });
    assert!(tokens.check(&issuer.ask(unknown)).await.unwrap_err().message().contains("crit"));
    assert!(tokens.check(&good).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_role_of_the_claim_counts() {
    let mut issuer = Issuer::start();
    let (tokens, _) = issuer.tokens("/access/roles");
    for (roles, role) in [
        (json!(["offline", "reader", "approver"]), Role::Approver),
        (json!("openid operator reader"), Role::Operator),
        (json!("administrator"), Role::Administrator),
    ] {
        let token = issuer.token("EdDSA", "ed", &json!({ "access": { "roles": roles } }));
        assert_eq!(tokens.check(&token).await.unwrap().role, role);
    }
    for roles in [json!([]), json!("king"), json!("Administrator"), json!({ "administrator": true }), Value::Null] {
        let token = issuer.token("EdDSA", "ed", &json!({ "access": { "roles": roles }, "roles": "administrator" }));
        assert_eq!(tokens.check(&token).await.unwrap_err().kind(), ErrorKind::Forbidden, "{roles}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_known_are_fetched_seldom() {
    let mut issuer = Issuer::start();
    let (tokens, clock) = issuer.tokens("roles");
    let first = issuer.token("ES256", "ec", &json!({ "exp": NOW + 6000 }));
    assert!(tokens.check(&first).await.is_ok());
    issuer.ask(json!({ "rotate": true }));
    let second = issuer.token("ES256", "ec", &json!({}));
    for _ in 0..20 {
        assert!(tokens.check(&second).await.is_err(), "the keys were fetched a moment ago");
    }
    assert_eq!(issuer.fetched(), 1);
    clock.advance(Duration::from_secs(31));
    assert!(tokens.check(&second).await.is_ok());
    assert!(tokens.check(&first).await.is_err(), "its key is withdrawn");
    assert_eq!(issuer.fetched(), 2);
    drop(issuer);
    clock.advance(Duration::from_secs(500));
    assert!(tokens.check(&second).await.is_ok(), "keys that are known do without their issuer");
}
