//! Who we are: every policy, mode and identity on foreign servers, and what must never be told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iiot_core::clock::{Clock, SystemClock};
use iiot_core::session::{
    ConnectOptions, Connector, Identity, IssuedToken, Session, SessionExt, SessionState, TokenRequest, TokenSource,
};
use iiot_core::testing::{FaultProxy, Peers, Process, WayIn, wait_until, ways_in, ways_in_table};
use iiot_core::time::UtcTime;
use iiot_core::ua::{MessageSecurityMode, NodeId, StatusCode, VariableId};
use iiot_core::{ErrorKind, Result};

use crate::setup::{connector, options, someone, start, user};

const PATIENCE: Duration = Duration::from_secs(60);

/// Makes JSON Web Tokens that the servers take: `sub` counts them.
#[derive(Debug)]
struct Issuer {
    key: &'static str,
    lifetime: Duration,
    issued: AtomicU32,
}

impl Issuer {
    fn new(key: &'static str, lifetime: Duration) -> Arc<Self> {
        Arc::new(Self { key, lifetime, issued: AtomicU32::new(0) })
    }
}

#[async_trait]
impl TokenSource for Issuer {
    async fn token(&self, request: &TokenRequest) -> Result<IssuedToken> {
        assert_eq!(request.server_uri, "urn:iiot:peer:types");
        assert!(request.issuer.contains("ua:authorityUrl"), "{request:?}");
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let expires = SystemClock.utc() + self.lifetime;
        let exp = expires.since(UtcTime::UNIX_EPOCH).as_secs() + 1;
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = encode(&format!(r#"{{"sub":"token-{number}","exp":{exp}}}"#));
        let signed = format!("{}.{claims}", encode(r#"{"alg":"HS256","typ":"JWT"}"#));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.key.as_bytes()), signed.as_bytes());
        let data = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)).into();
        Ok(IssuedToken { data, expires: Some(expires) })
    }
}

fn jwt(key: &'static str) -> Identity {
    Identity::jwt(Issuer::new(key, Duration::from_secs(3600)))
}

/// The user whose password is longer than one block of RSA.
fn longwinded() -> Identity {
    Identity::UserName { user: "longwinded".into(), password: "x".repeat(300).into() }
}

async fn certificate() -> Identity {
    let user = someone("user").await;
    Identity::Certificate { certificate: user.chain, key: user.key }
}

struct Plant {
    _folder: tempfile::TempDir,
    server: Process,
    url: String,
}

fn plant(kind: &str) -> Plant {
    let folder = tempfile::tempdir().unwrap();
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (server, url) = start(folder.path(), &peers, kind, "self-signed");
    Plant { _folder: folder, server, url }
}

/// `unable` tells of what the server cannot do.
async fn every_way_in(kind: &str, identities: &[(&str, Identity)], unable: impl Fn(&WayIn) -> bool) {
    let plant = plant(kind);
    let scratch = NodeId::new(1, "Scratch");
    let options = ConnectOptions::new(&plant.url);
    let ways = ways_in(&connector().await, &options, identities, Some(&scratch)).await.unwrap();
    println!("{kind}\n\n{}", ways_in_table(&ways));
    assert_eq!(ways.len(), 7 * identities.len(), "None, and three policies in two modes");
    let surprising: Vec<_> = ways.iter().filter(|way| way.outcome.is_err() != unable(way)).collect();
    assert!(surprising.is_empty(), "{surprising:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_node_opcua() {
    let identities = [
        ("anonymous", Identity::Anonymous),
        ("user name", user("secret")),
        ("long password", longwinded()),
        ("certificate", certificate().await),
        ("token", jwt("shared")),
    ];
    every_way_in("node", &identities, |_| false).await;
}

/// It decrypts one block of a secret only, so a long password must come through an encrypted channel.
#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_asyncua() {
    let identities = [
        ("anonymous", Identity::Anonymous),
        ("user name", user("secret")),
        ("long password", longwinded()),
        ("certificate", certificate().await),
    ];
    let one_block = |way: &WayIn| way.identity == "long password" && way.mode != MessageSecurityMode::SignAndEncrypt;
    every_way_in("python", &identities, one_block).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_server_does_not_know_it_refuses_and_we_say_what_to_do() {
    let connector = connector().await;
    for kind in ["node", "python"] {
        let plant = plant(kind);
        for mode in [MessageSecurityMode::None, MessageSecurityMode::Sign, MessageSecurityMode::SignAndEncrypt] {
            let error = connector.connect(options(&plant.url, mode, &user("wrong"))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{kind}: {error:?}");
            assert!(error.message().contains("user or the password"), "{kind}: {error}");
            assert!(!error.report().contains("wrong"), "{kind}: {error:?}");
        }
        let token = connector.connect(options(&plant.url, MessageSecurityMode::Sign, &jwt("another key"))).await;
        let error = token.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{kind}: {error:?}");
        let expected = if kind == "node" { "may have expired" } else { "takes Anonymous" };
        assert!(error.message().contains(expected), "{kind}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_go_in_the_form_of_the_specification() {
    let plant = plant("node");
    for mode in [MessageSecurityMode::None, MessageSecurityMode::Sign, MessageSecurityMode::SignAndEncrypt] {
        let session = connector().await.connect(options(&plant.url, mode, &jwt("shared"))).await.unwrap();
        session.close().await;
    }
    assert_eq!(taken_tokens(&plant.server), ["token-1 rsa-encrypted-secret"; 3]);
}

fn taken_tokens(server: &Process) -> Vec<String> {
    server.stdout().iter().filter_map(|line| line.strip_prefix("TOKEN ")).map(Into::into).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_replaced_before_it_expires_while_the_session_goes_on() {
    let plant = plant("node");
    let issuer = Issuer::new("shared", Duration::from_secs(4));
    let identity = Identity::jwt(Arc::clone(&issuer) as _);
    let options = options(&plant.url, MessageSecurityMode::SignAndEncrypt, &identity);
    let session = connector().await.connect(options).await.unwrap();
    wait_until("the server has three tokens", PATIENCE, || taken_tokens(&plant.server).len() >= 3).await;
    assert_eq!(session.state(), SessionState::Connected);
    is_usable(session.as_ref()).await.unwrap();
    session.close().await;
}

async fn is_usable(session: &dyn Session) -> Result<()> {
    session.read_values(&[VariableId::Server_ServerStatus_State.into()]).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reconnect_everybody_proves_who_he_is_again() {
    let plant = plant("node");
    let port: u16 = plant.url.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    let proxy = FaultProxy::start(([127, 0, 0, 1], port).into()).await.unwrap();
    let url = format!("opc.tcp://{}", proxy.address());
    let connector = connector().await;
    let mut sessions = Vec::new();
    for identity in [user("secret"), longwinded(), certificate().await, jwt("shared")] {
        sessions.push(connector.connect(options(&url, MessageSecurityMode::Sign, &identity)).await.unwrap());
    }
    proxy.outage();
    let is_away = |session: &Arc<dyn Session>| session.state() != SessionState::Connected;
    wait_until("all notice the loss", PATIENCE, || sessions.iter().all(is_away)).await;
    proxy.heal();
    for session in &sessions {
        wait_until("the connection is back", PATIENCE, || session.state() == SessionState::Connected).await;
        is_usable(session.as_ref()).await.unwrap();
        session.close().await;
    }
    assert!(taken_tokens(&plant.server).len() >= 2, "the token was shown again");
}

/// Tokens of 2 s are renewed at 1.5 s; without renewal the channel would be dead after 2.5 s.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_every_policy_are_renewed() {
    for kind in ["node", "python"] {
        let plant = plant(kind);
        let connector = connector().await;
        let mut sessions = Vec::new();
        for policy in ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] {
            for mode in [MessageSecurityMode::Sign, MessageSecurityMode::SignAndEncrypt] {
                let mut options = options(&plant.url, mode, &Identity::Anonymous);
                options.security.policy = Some(policy.into());
                options.token_lifetime = Duration::from_secs(2);
                sessions.push((connector.connect(options).await.unwrap(), policy, mode));
            }
        }
        let end = Instant::now() + Duration::from_secs(4);
        while Instant::now() < end {
            for (session, policy, mode) in &sessions {
                is_usable(session.as_ref()).await.unwrap_or_else(|error| panic!("{kind} {policy} {mode:?}: {error}"));
                assert_eq!(session.state(), SessionState::Connected, "{kind} {policy} {mode:?}");
            }
        }
        for (session, ..) in sessions {
            session.close().await;
        }
    }
}

#[tokio::test]
async fn what_is_secret_is_in_no_log() {
    let log = log::Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let plant = plant("node");
    let connector = connector().await;
    let secrets = [user("secret"), user("not-the-password"), longwinded(), jwt("shared"), jwt("another key")];
    for identity in &secrets {
        for mode in [MessageSecurityMode::None, MessageSecurityMode::SignAndEncrypt] {
            let outcome = connector.connect(options(&plant.url, mode, identity)).await;
            tracing::info!(?identity, ?outcome, "connected");
            if let Ok(session) = outcome {
                session.close().await;
            }
        }
    }
    let text = log.text();
    assert!(text.contains("longwinded"), "the log is complete: {text}");
    // Every token has the same header.
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256""#);
    for secret in ["secret\"", "not-the-password", &"x".repeat(20), &header[..16]] {
        assert!(!text.contains(secret), "{secret} is in the log: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_certificates_is_noticed_before_anything_is_sent() {
    let plant = plant("node");
    let (certificate, key) = (someone("user").await.chain, someone("another").await.key);
    let identity = Identity::Certificate { certificate, key };
    let error = connector().await.connect(options(&plant.url, MessageSecurityMode::Sign, &identity)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidArgument, StatusCode::BadInvalidArgument));
}

/// Keeps everything that is logged, at every level.
mod log {
    use std::fmt::{Debug, Write as _};
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    #[derive(Clone, Default)]
    pub(super) struct Log(Arc<Mutex<String>>);

    impl Log {
        pub(super) fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    struct Line<'a>(&'a mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            let _ = write!(self.0, "{field}={value:?} ");
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, span: &Attributes<'_>) -> Id {
            span.record(&mut Line(&mut self.0.lock().unwrap()));
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, values: &Record<'_>) {
            values.record(&mut Line(&mut self.0.lock().unwrap()));
        }

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut Line(&mut self.0.lock().unwrap()));
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }
}
