//! Faults between two endpoints, one at a time, as facts; and the right answer to each.

use std::sync::Arc;

use iiot_core::session::ModeChoice;
use iiot_core::ua::client::Greeting;
use iiot_core::ua::{ApplicationType, MessageSecurityMode, StatusCode, UserTokenType};
use iiot_core::{Error, ErrorKind};
use iiot_gds::doctor::{Attempt, CheckName as C, Connects, Outcome, Reach, Side, StepName, User};

use crate::scene::{Answer, DAY, Scene, description, policy_uri, token};
use crate::workshop::{SERVER_URI, WORKSHOP};

use MessageSecurityMode as Mode;
use Side::{Client, Network, Server};

/// What is wrong, how it comes about, and what must be said of it.
type Fault = (&'static str, fn(&mut Scene), Answer);

fn refused(operation: &'static str, status: StatusCode) -> Option<Attempt> {
    Some(Attempt::Failed(Arc::new(Error::from_status(operation, status))))
}

/// The server refuses and says no more than that, and its lists are not known.
fn unseen(scene: &mut Scene) {
    scene.server.party.trust = None;
    scene.client.attempt = refused("secure conversation", StatusCode::BadSecurityChecksFailed);
}

fn name_user(scene: &mut Scene) {
    scene.client.user = User::UserName("operator".into());
}

fn present_user(scene: &mut Scene, name: &str) {
    scene.client.user = User::Certificate(Some(WORKSHOP.certificate(name)));
}

/// Facts out of which the fault is read.
fn faults() -> Vec<Fault> {
    let mut all = on_the_way();
    all.extend(in_the_offer());
    all.extend(of_the_server());
    all.extend(of_the_client());
    all.extend(of_the_user());
    all.extend(by_evidence());
    all
}

fn on_the_way() -> Vec<Fault> {
    vec![
        (
            "the name is unknown",
            |scene| scene.client.reach = Some(Reach::NoAddress("no such host".into())),
            Answer::step(StepName::Name, Client, Client, "spelt right"),
        ),
        (
            "nothing listens",
            |scene| scene.client.reach = Some(Reach::Greeted(Greeting::Closed)),
            Answer::step(StepName::Port, Server, Server, "whether its port is another"),
        ),
        (
            "a firewall",
            |scene| scene.client.reach = Some(Reach::Greeted(Greeting::Filtered)),
            Answer::step(StepName::Port, Network, Network, "firewall"),
        ),
        (
            "a web server",
            |scene| scene.client.reach = Some(Reach::Greeted(Greeting::Other { begins: "HTTP/1.1 400".into() })),
            Answer::step(StepName::Hello, Server, Server, "opc.tcp port"),
        ),
        (
            "the URL is unknown to the server",
            |scene| {
                let (status, reason) = (StatusCode::BadTcpEndpointUrlInvalid, "no".into());
                scene.client.reach = Some(Reach::Greeted(Greeting::Refused { status, reason }));
            },
            Answer::step(StepName::Hello, Server, Server, "another name"),
        ),
        (
            "endpoint URL of another host",
            |scene| {
                scene.client.keep_dialled_host = false;
                scene.client.unreachable = vec![("plc-7.internal".into(), "it has no address".into())];
                scene.each_endpoint(|endpoint| endpoint.endpoint_url = "opc.tcp://plc-7.internal:4840".into());
            },
            Answer::step(StepName::EndpointUrl, Client, Server, "keep_dialled_host"),
        ),
        (
            "clocks apart",
            |scene| {
                scene.client_has(&["client-fresh", "issuing"]);
                scene.server.clock = scene.client.clock.checked_sub_days(20);
            },
            Answer::step(StepName::Clock, Server, Server, "set the clock of the server"),
        ),
    ]
}

fn in_the_offer() -> Vec<Fault> {
    vec![
        (
            "discovery only server",
            |scene| {
                scene.server.party.description = Some(description(SERVER_URI, ApplicationType::DiscoveryServer));
                scene.each_endpoint(|endpoint| endpoint.user_identity_tokens = None);
            },
            Answer::step(StepName::Endpoints, Server, Client, "FindServers"),
        ),
        (
            "no endpoints",
            |scene| scene.endpoints().clear(),
            Answer::step(StepName::Endpoints, Server, Server, "switch an endpoint on"),
        ),
        (
            "mode not offered",
            |scene| {
                scene.offer(&[("Basic256Sha256", Mode::Sign)]);
                scene.client.security.mode = ModeChoice::Exactly(Mode::SignAndEncrypt);
            },
            Answer::step(StepName::SecurityMode, Client, Server, "switch SignAndEncrypt on"),
        ),
        (
            "None refused by the server",
            |scene| scene.client.security.mode = ModeChoice::Exactly(Mode::None),
            Answer::step(StepName::SecurityMode, Client, Client, "None switched off"),
        ),
        (
            "None refused by the client",
            |scene| {
                scene.offer(&[("None", Mode::None)]);
                scene.client.security.mode = ModeChoice::NotNone;
            },
            Answer::step(StepName::SecurityMode, Client, Server, "Basic256Sha256"),
        ),
        (
            "policy not offered",
            |scene| scene.client.security.policy = Some("Aes256_Sha256_RsaPss".into()),
            Answer::step(StepName::SecurityPolicy, Client, Server, "switch Aes256_Sha256_RsaPss on"),
        ),
        (
            "Basic128Rsa15 only",
            |scene| {
                scene.offer(&[("Basic128Rsa15", Mode::Sign), ("Basic128Rsa15", Mode::SignAndEncrypt)]);
            },
            Answer::step(StepName::SecurityPolicy, Client, Server, "are broken"),
        ),
        (
            "ECC offered to a client of RSA",
            |scene| scene.offer(&[("ECC_nistP256", Mode::SignAndEncrypt)]),
            Answer::step(StepName::SecurityPolicy, Client, Server, "a policy for RSA"),
        ),
        (
            "ECC certificate against RSA policies",
            |scene| scene.client_has(&["client-ec", "issuing"]),
            Answer::step(StepName::SecurityPolicy, Client, Client, "certificate with an RSA key"),
        ),
        (
            "RSA certificate against ECC policies",
            |scene| {
                scene.offer(&[("ECC_nistP256", Mode::SignAndEncrypt)]);
                scene.server_has(&["server-ec", "issuing"]);
                scene.client.policies.push(policy_uri("ECC_nistP256"));
            },
            Answer::step(StepName::SecurityPolicy, Client, Client, "on the curve of the policy"),
        ),
        (
            "ECC certificate of the server at RSA endpoints",
            |scene| scene.server_has(&["server-ec", "issuing"]),
            Answer::step(StepName::SecurityPolicy, Client, Server, "each endpoint a certificate"),
        ),
        (
            "client without a certificate",
            |scene| scene.client.party.certificate = Some(Vec::new()),
            Answer::step(StepName::SecurityPolicy, Client, Client, "give the client a certificate"),
        ),
        (
            "certificate of endpoints is not the presented one",
            |scene| {
                scene
                    .client
                    .party
                    .trust
                    .as_mut()
                    .unwrap()
                    .lists
                    .trusted_certificates
                    .extend(WORKSHOP.all(&["server-self"]));
                scene.server.party.certificate = Some(WORKSHOP.certificate("server-self"));
            },
            Answer::step(StepName::Session, Client, Server, "restart it"),
        ),
    ]
}

fn of_the_server() -> Vec<Fault> {
    let refused = Answer::server_certificate;
    vec![
        (
            "host name",
            |scene| scene.server_has(&["server-other-host", "issuing"]),
            refused(C::HostName, Server, "dial one of these names"),
        ),
        (
            "URI mismatch",
            |scene| scene.server_has(&["server-other-uri", "issuing"]),
            refused(C::Uri, Server, "call itself urn:works:another"),
        ),
        ("two URIs", |scene| scene.server_has(&["server-two-uris", "issuing"]), refused(C::Uri, Server, "one URI")),
        (
            "endpoints with another ApplicationUri than the server's",
            |scene| {
                scene.each_endpoint(|endpoint| endpoint.server.application_uri = "urn:factory:default".into());
            },
            refused(C::Uri, Server, "its endpoints name another ApplicationUri"),
        ),
        (
            "expired",
            |scene| scene.server_has(&["server-expired", "issuing"]),
            refused(C::ValidityPeriod, Server, "renewed"),
        ),
        (
            "not yet valid",
            |scene| scene.server_has(&["server-future", "issuing"]),
            refused(C::ValidityPeriod, Server, "wait until it is valid"),
        ),
        (
            "issuer expired",
            |scene| {
                scene.server_has(&["server"]);
                scene.client_lists().issuer_certificates = WORKSHOP.all(&["issuing-expired"]);
            },
            refused(C::ValidityPeriod, Server, "this authority renewed"),
        ),
        (
            "chain incomplete at the client",
            |scene| {
                scene.server_has(&["server"]);
                scene.client_lists().issuer_certificates.clear();
            },
            refused(C::Chain, Client, "Works Issuing CA"),
        ),
        (
            "same name other key",
            |scene| {
                scene.server_has(&["server"]);
                scene.client_lists().issuer_certificates = WORKSHOP.all(&["issuing-2"]);
            },
            refused(C::Chain, Client, "with another key"),
        ),
        (
            "untrusted issuer",
            |scene| {
                scene.client_lists().trusted_certificates.clear();
                scene.client_lists().issuer_certificates = WORKSHOP.all(&["root", "issuing"]);
            },
            refused(C::TrustList, Client, "only completes chains"),
        ),
        (
            "self-signed where authorities are wanted",
            |scene| scene.server_has(&["server-self"]),
            refused(C::TrustList, Server, "have it issued by"),
        ),
        (
            "another certificate of it is trusted",
            |scene| {
                scene.server_has(&["server-self-2"]);
                scene.client_lists().trusted_certificates = WORKSHOP.all(&["server-self"]);
            },
            refused(C::TrustList, Client, "another certificate of this application"),
        ),
        (
            "trust list full of garbage",
            |scene| {
                scene.client_lists().trusted_certificates = vec![b"garbage".to_vec(); 3];
            },
            refused(C::Chain, Client, "3 entries of its trust list cannot be read"),
        ),
        (
            "CRL missing",
            |scene| scene.client_lists().issuer_crls.clear(),
            refused(C::RevocationList, Client, "current list signed by the key of CN=Works Issuing CA"),
        ),
        (
            "CRL expired",
            |scene| scene.client_lists().issuer_crls = WORKSHOP.lists(&["issuing-old"]),
            refused(C::RevocationList, Client, "current list"),
        ),
        (
            "CRL of another key of the same authority name",
            |scene| scene.client_lists().issuer_crls = WORKSHOP.lists(&["issuing-other-key"]),
            refused(C::RevocationList, Client, "signed by the key of"),
        ),
        (
            "leaf revoked",
            |scene| scene.client_lists().issuer_crls = WORKSHOP.lists(&["issuing-revokes"]),
            refused(C::Revocation, Server, "new key"),
        ),
        (
            "issuer revoked",
            |scene| scene.client_lists().trusted_crls = WORKSHOP.lists(&["root-revokes"]),
            refused(C::Revocation, Server, "new certificate"),
        ),
        (
            "key too short",
            |scene| scene.server_has(&["server-short", "issuing"]),
            refused(C::SecurityPolicy, Server, "2048 bits at least"),
        ),
        ("SHA-1", |scene| scene.server_has(&["server-sha1", "issuing"]), refused(C::SecurityPolicy, Server, "SHA-256")),
        (
            "key usage",
            |scene| scene.server_has(&["server-agreement", "issuing"]),
            refused(C::Usage, Server, "reissued for an application"),
        ),
        (
            "certificate for clients",
            |scene| scene.server_has(&["server-for-clients", "issuing"]),
            refused(C::Usage, Server, "reissued"),
        ),
        (
            "CA flag in a leaf",
            |scene| scene.server_has(&["server-authority", "issuing"]),
            refused(C::Usage, Server, "reissued for an application"),
        ),
        (
            "issued by no authority",
            |scene| {
                scene.server_has(&["server-by-leaf", "server-self"]);
                scene.client_lists().trusted_certificates.extend(WORKSHOP.all(&["server-self"]));
            },
            refused(C::Usage, Server, "an authority that may"),
        ),
        (
            "damaged signature",
            |scene| scene.server_has(&["server-damaged", "issuing"]),
            refused(C::Signature, Server, "damaged or forged"),
        ),
        (
            "no certificate at all",
            |scene| scene.each_endpoint(|endpoint| endpoint.server_certificate = b"nothing".to_vec().into()),
            refused(C::Structure, Server, "new certificate"),
        ),
    ]
}

fn of_the_client() -> Vec<Fault> {
    let refused = Answer::client_certificate;
    vec![
        (
            "chain incomplete at the server",
            |scene| {
                scene.client_has(&["client"]);
                scene.server_lists().issuer_certificates.clear();
            },
            refused(C::Chain, Server, "Works Issuing CA"),
        ),
        ("issuer unknown", |scene| scene.client_has(&["client-by-stranger"]), refused(C::Chain, Server, "Stranger CA")),
        (
            "untrusted leaf",
            |scene| {
                scene.client_has(&["client-self"]);
                scene.server_lists().trusted_certificates.clear();
            },
            refused(C::TrustList, Server, "from the rejected to the trusted"),
        ),
        (
            "client's URI is not its certificate's",
            |scene| scene.client_has(&["client-other-uri", "issuing"]),
            refused(C::Uri, Client, "call itself urn:works:another"),
        ),
        (
            "client expired",
            |scene| scene.client_has(&["client-expired", "issuing"]),
            refused(C::ValidityPeriod, Client, "renewed"),
        ),
        (
            "client's key too short",
            |scene| scene.client_has(&["client-short", "issuing"]),
            refused(C::SecurityPolicy, Client, "2048 bits at least"),
        ),
        (
            "extended key usage",
            |scene| scene.client_has(&["client-code", "issuing"]),
            refused(C::Usage, Client, "reissued"),
        ),
        (
            "wrong role",
            |scene| scene.client_has(&["client-for-servers", "issuing"]),
            refused(C::Usage, Client, "reissued"),
        ),
        (
            "client revoked",
            |scene| scene.server_lists().issuer_crls = WORKSHOP.lists(&["issuing-revokes"]),
            refused(C::Revocation, Client, "new key"),
        ),
        (
            "server's CRL missing",
            |scene| scene.server_lists().issuer_crls.clear(),
            refused(C::RevocationList, Server, "current list"),
        ),
        (
            "server's CRL of the root missing",
            |scene| scene.server_lists().trusted_crls.clear(),
            refused(C::RevocationList, Server, "signed by the key of CN=Works Root CA"),
        ),
        (
            "server's trust list full of garbage",
            |scene| {
                let trust = scene.server.party.trust.as_mut().unwrap();
                trust.lists.trusted_certificates.clear();
                trust.unreadable = vec!["root.der".into()];
            },
            refused(C::Chain, Server, "root.der"),
        ),
    ]
}

fn of_the_user() -> Vec<Fault> {
    vec![
        (
            "user token type not offered",
            |scene| {
                name_user(scene);
                scene.tokens(&[token(UserTokenType::Anonymous, "")]);
            },
            Answer::step(StepName::UserToken, Client, Server, "user token type UserName"),
        ),
        (
            "anonymous not offered",
            |scene| scene.tokens(&[token(UserTokenType::UserName, "")]),
            Answer::step(StepName::UserToken, Client, Client, "nobody anonymously"),
        ),
        (
            "user token policy's certificate",
            |scene| {
                name_user(scene);
                scene.offer(&[("None", Mode::None)]);
                scene.tokens(&[token(UserTokenType::UserName, "Basic256Sha256")]);
                scene.each_endpoint(|endpoint| endpoint.server_certificate = Default::default());
            },
            // Our client judges the certificate of an endpoint that it entrusts a password to.
            Answer::server_certificate(C::Structure, Server, "new certificate"),
        ),
        (
            "password in clear",
            |scene| {
                name_user(scene);
                scene.offer(&[("Basic256Sha256", Mode::Sign)]);
                scene.tokens(&[token(UserTokenType::UserName, "None")]);
            },
            Answer::step(StepName::UserToken, Client, Server, "SignAndEncrypt"),
        ),
        (
            "user token policy unknown",
            |scene| {
                name_user(scene);
                scene.tokens(&[token(UserTokenType::UserName, "Basic128Rsa15")]);
            },
            Answer::step(StepName::UserToken, Client, Server, "Basic256Sha256"),
        ),
        (
            "user certificate untrusted",
            |scene| {
                present_user(scene, "user-self");
                scene.user_lists().trusted_certificates.clear();
            },
            Answer::user_certificate(C::TrustList, Server, "trusted certificates"),
        ),
        (
            "user certificate expired",
            |scene| present_user(scene, "user-expired"),
            Answer::user_certificate(C::ValidityPeriod, Client, "renewed"),
        ),
    ]
}

/// The facts alone do not tell; the error of an attempt does.
fn by_evidence() -> Vec<Fault> {
    vec![
        (
            "refused by a server whose lists are unknown",
            |scene| {
                scene.client_has(&["client-self"]);
                unseen(scene);
            },
            Answer::client_certificate(C::TrustList, Server, "rejected certificates").likely(),
        ),
        (
            "the server says that it does not trust",
            |scene| {
                scene.client_has(&["client-self"]);
                scene.server.party.trust = None;
                scene.client.attempt = refused("secure conversation", StatusCode::BadCertificateUntrusted);
            },
            Answer::client_certificate(C::TrustList, Server, "rejected certificates"),
        ),
        (
            "the server says that it has no revocation list",
            |scene| {
                scene.server.party.trust = None;
                scene.client.attempt = refused("secure conversation", StatusCode::BadCertificateRevocationUnknown);
            },
            Answer::client_certificate(C::RevocationList, Server, "current revocation list"),
        ),
        (
            "anonymous refused",
            |scene| scene.client.attempt = refused("activate session", StatusCode::BadIdentityTokenRejected),
            Answer::step(StepName::User, Server, Client, "say who the user is"),
        ),
        (
            "wrong password",
            |scene| {
                name_user(scene);
                scene.client.attempt = refused("activate session", StatusCode::BadUserAccessDenied);
            },
            Answer::step(StepName::User, Server, Client, "password"),
        ),
        (
            "policy rejected when the channel is opened",
            |scene| scene.client.attempt = refused("secure conversation", StatusCode::BadSecurityPolicyRejected),
            Answer::step(StepName::SecurityPolicy, Server, Server, "switch this security policy on"),
        ),
        (
            "user certificate refused by a server whose lists are unknown",
            |scene| {
                present_user(scene, "user-self");
                scene.server.users = None;
                scene.client.attempt = refused("activate session", StatusCode::BadIdentityTokenRejected);
            },
            Answer::user_certificate(C::TrustList, Server, "rejected certificates").likely(),
        ),
        (
            "no room for a session",
            |scene| scene.client.attempt = refused("CreateSession", StatusCode::BadTooManySessions),
            Answer::step(StepName::Session, Server, Server, "close sessions"),
        ),
        (
            "another key answers",
            |scene| {
                let message = "the server's signature is wrong: it does not hold the key of its certificate";
                let error = Error::new(ErrorKind::Security, "create session", message);
                scene.client.attempt = Some(Attempt::Failed(Arc::new(error)));
            },
            Answer::step(StepName::Session, Client, Server, "in its place"),
        ),
    ]
}

trait Earlier: Sized {
    fn checked_sub_days(self, days: u32) -> Option<Self>;
}

impl Earlier for iiot_core::time::UtcTime {
    fn checked_sub_days(self, days: u32) -> Option<Self> {
        let since = self.since(Self::UNIX_EPOCH).checked_sub(DAY * days)?;
        Some(Self::UNIX_EPOCH + since)
    }
}

#[test]
fn every_fault_is_found_with_its_side_and_its_fix() {
    let faults = faults();
    let wrong: Vec<String> = faults
        .iter()
        .filter_map(|(name, make, answer)| {
            let mut scene = Scene::sound();
            make(&mut scene);
            let told = scene.diagnose();
            println!("{name}: {}", told.sentence);
            answer.held_against(&told).err().map(|why| format!("{name}: {why}"))
        })
        .collect();
    println!("{} of {} faults have the right answer", faults.len() - wrong.len(), faults.len());
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), faults.len(), wrong.join("\n"));
    assert!(faults.len() >= 40);
}

#[test]
fn a_diagnosis_reads_in_json_and_its_steps_stand_in_their_order() {
    for (name, make, _) in faults() {
        let mut scene = Scene::sound();
        make(&mut scene);
        let told = scene.diagnose();
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<iiot_gds::doctor::Diagnosis>(&json).unwrap(), told, "{name}");
        assert!(told.steps.is_sorted_by_key(|step| (step.step, step.check)), "{name}");
        assert!(!told.steps.iter().any(|step| step.outcome == Outcome::Failed && step.fix.is_none()), "{name}");
        assert_ne!(told.connects, Connects::Yes, "{name}");
    }
}

#[test]
fn a_server_tells_little_and_its_log_more() {
    for (chain, wire, log) in [
        ("client-by-stranger", "BadSecurityChecksFailed", "BadCertificateChainIncomplete"),
        ("client-expired", "BadCertificateTimeInvalid", "BadCertificateTimeInvalid"),
        ("client-short", "BadSecurityChecksFailed", "BadCertificatePolicyCheckFailed"),
    ] {
        let mut scene = Scene::sound();
        scene.client_has(&[chain]);
        let codes = scene.diagnose().cause().unwrap().codes.clone();
        let told = [codes.wire, codes.client_log, codes.server_log].map(Option::unwrap);
        assert_eq!(told, [wire, wire, log], "{chain}");
    }
}

#[test]
fn what_strangers_say_steers_no_terminal() {
    let mut scene = Scene::sound();
    scene.each_endpoint(|endpoint| {
        endpoint.endpoint_url = "opc.tcp://\u{1b}[2J".into();
        endpoint.server.application_uri = "urn:\u{202e}gnitirw".into();
    });
    scene.client.url = "opc.tcp://plc\u{1b}]0;owned\u{7}".into();
    let told = scene.diagnose();
    let all = format!("{} {}", told.sentence, serde_json::to_string(&told).unwrap());
    assert!(!all.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{all}");
}

#[test]
fn certificates_and_lists_that_are_cut_or_changed_are_diagnosed_all_the_same() {
    let (server, list) = (WORKSHOP.chain(&["server", "issuing"]), WORKSHOP.lists(&["issuing"]).remove(0));
    for place in (0..server.len()).step_by(23) {
        let mut changed = server.clone();
        changed[place] ^= 0x55;
        for chain in [server[..place].to_vec(), changed] {
            let mut scene = Scene::sound();
            scene.client_lists().issuer_crls = vec![list[..place.min(list.len())].to_vec()];
            scene.server_lists().trusted_certificates = vec![chain.clone()];
            scene.client.party.certificate = Some(chain.clone());
            scene.each_endpoint(|endpoint| endpoint.server_certificate = chain.clone().into());
            let told = scene.diagnose();
            assert_ne!(told.connects, Connects::Yes, "cut or changed at {place}");
            assert!(told.cause().is_some_and(|cause| cause.fix.is_some()), "{told:#?}");
        }
    }
}
