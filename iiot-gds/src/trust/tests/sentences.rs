//! What is different, in words.

use super::*;

#[tokio::test]
async fn every_change_is_a_sentence() {
    let (press, robot) = (WORKS.held("press", "for a"), WORKS.held("robot", "for b"));
    let list = |id: &str| WORKS.authority(id).revocation_list.clone().unwrap();
    let before = TrustLists {
        trusted_certificates: vec![press.certificate.clone()],
        trusted_crls: vec![list("for b")],
        issuer_certificates: vec![own("for a").clone()],
        issuer_crls: vec![list("for a"), list("root")],
    };
    let after = TrustLists {
        trusted_certificates: vec![robot.certificate.clone(), b"nothing".to_vec()],
        trusted_crls: vec![],
        issuer_certificates: vec![own("for b").clone(), own("for a").clone()],
        issuer_crls: vec![WORKS.revocation_list("for a", &[&press]).await, list("root"), list("new root")],
    };
    let told = diff(&before, &after);
    let thumbprint = |der: &[u8]| Certificate::parse(der).unwrap().thumbprint();
    let expected = [
        format!("CN=press,O=Works (thumbprint {}) is no longer trusted", thumbprint(&press.certificate)),
        format!("CN=robot,O=Works (thumbprint {}) is trusted from now on", thumbprint(&robot.certificate)),
        "something that is no certificate (7 bytes) is trusted from now on".to_owned(),
        "there is no revocation list of the trusted authority CN=for b,O=Works any more".to_owned(),
        format!("CN=for b,O=Works (thumbprint {}) is known as an issuer from now on", thumbprint(own("for b"))),
        format!(
            "there is a revocation list of the issuer CN=new root,O=Works now, the one of {}, valid until {}, with 0 entries",
            now(),
            until()
        ),
        format!(
            "the revocation list of the issuer CN=for a,O=Works is now the one of {0}, valid until {1}, with 1 entries; before, the one of {0}, valid until {1}, with 0 entries",
            now(),
            until()
        ),
    ];
    assert_eq!(sorted(told), sorted(expected.into()));
    assert!(diff(&after, &after).is_empty());
}

#[test]
fn another_order_is_no_change() {
    let lists = |turned: bool| {
        let mut all = vec![own("for a").clone(), own("for b").clone()];
        if turned {
            all.reverse();
        }
        TrustLists { trusted_certificates: all, ..TrustLists::default() }
    };
    assert!(diff(&lists(false), &lists(true)).is_empty());
}

fn until() -> iiot_core::time::UtcTime {
    now() + std::time::Duration::from_secs(86_400 * 30)
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all
}
