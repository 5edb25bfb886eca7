//! Applications that get on with each other: nothing must be said against them.

use iiot_core::session::ModeChoice;
use iiot_core::trust::TrustLists;
use iiot_core::ua::MessageSecurityMode as Mode;
use iiot_core::ua::trust::TrustPolicy;
use iiot_gds::doctor::{Attempt, Connects, Outcome, User};

use crate::scene::{Scene, judge};
use crate::workshop::WORKSHOP;

/// How it differs from the sound scene, and whether it connects for certain.
type Control = (&'static str, fn(&mut Scene), Connects);

fn controls() -> Vec<Control> {
    use Connects::{Unknown, Yes};
    vec![
        ("certificates of one authority", |_| {}, Yes),
        (
            "each trusts the other by itself",
            |scene| {
                scene.client_has(&["client-self"]);
                scene.server_has(&["server-self"]);
                let of = |name| TrustLists { trusted_certificates: WORKSHOP.all(&[name]), ..TrustLists::default() };
                *scene.client_lists() = of("server-self");
                *scene.server_lists() = of("client-self");
                scene.client.party.trust.as_mut().unwrap().policy = None;
                scene.server.party.trust.as_mut().unwrap().policy = None;
            },
            Yes,
        ),
        (
            "leaves alone are sent, the issuers are in the lists",
            |scene| {
                scene.client_has(&["client"]);
                scene.server_has(&["server"]);
            },
            Yes,
        ),
        (
            "no lists where none are wanted",
            |scene| {
                scene.client_lists().trusted_crls.clear();
                scene.client_lists().issuer_crls.clear();
                scene.client.party.trust.as_mut().unwrap().policy = Some(TrustPolicy::default());
            },
            Yes,
        ),
        (
            "no security on either side",
            |scene| {
                scene.offer(&[("None", Mode::None)]);
                scene.client.security.mode = ModeChoice::Exactly(Mode::None);
                scene.client.party.certificate = Some(Vec::new());
                *scene.client_lists() = TrustLists::default();
            },
            Yes,
        ),
        (
            "broken policies beside a sound one",
            |scene| scene.offer(&[("Basic128Rsa15", Mode::SignAndEncrypt), ("Basic256Sha256", Mode::Sign)]),
            Yes,
        ),
        (
            "another host is reported and reached",
            |scene| scene.each_endpoint(|endpoint| endpoint.endpoint_url = "opc.tcp://plc-7.local:4840".into()),
            Yes,
        ),
        (
            "clocks a minute apart",
            |scene| scene.server.clock = Some(scene.client.clock + std::time::Duration::from_secs(60)),
            Yes,
        ),
        (
            "clocks a day apart, which harms no certificate",
            |scene| scene.server.clock = Some(scene.client.clock + crate::scene::DAY),
            Yes,
        ),
        (
            "a user with a certificate",
            |scene| scene.client.user = User::Certificate(Some(WORKSHOP.certificate("user"))),
            Yes,
        ),
        ("a user with a password", |scene| scene.client.user = User::UserName("operator".into()), Unknown),
        ("the server's lists are unknown", |scene| scene.server.party.trust = None, Unknown),
        (
            "the server's lists are unknown, and it went well",
            |scene| {
                scene.server.party.trust = None;
                scene.client.attempt = Some(Attempt::Connected);
            },
            Yes,
        ),
        (
            "revoked others",
            |scene| {
                scene.client_has(&["client-fresh", "issuing"]);
                scene.server_lists().issuer_crls = WORKSHOP.lists(&["issuing-revokes"]);
            },
            Yes,
        ),
        (
            "two keys of one authority, and lists of both",
            |scene| {
                for lists in [&mut scene.client.party.trust, &mut scene.server.party.trust] {
                    let lists = &mut lists.as_mut().unwrap().lists;
                    lists.issuer_certificates = WORKSHOP.all(&["issuing-2", "issuing"]);
                    lists.issuer_crls = WORKSHOP.lists(&["issuing-other-key", "issuing"]);
                }
            },
            Yes,
        ),
        (
            "garbage beside what is needed",
            |scene| {
                scene.client_lists().trusted_certificates.push(b"garbage".to_vec());
                scene.server.party.trust = Some(judge());
            },
            Yes,
        ),
    ]
}

#[test]
fn nothing_is_said_against_those_who_get_on() {
    let mut alarms = Vec::new();
    for (name, make, connects) in controls() {
        let mut scene = Scene::sound();
        make(&mut scene);
        let told = scene.diagnose();
        let failed = told.steps.iter().any(|step| matches!(step.outcome, Outcome::Failed | Outcome::Likely));
        if failed || told.connects != connects || told.cause().is_some() {
            alarms.push(format!("{name}: {:?}, {}", told.connects, told.sentence));
        }
    }
    println!("{} controls, {} false alarms", controls().len(), alarms.len());
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}
