//! node-opcua's device answers Good to everything.

use iiot_core::testing::free_port;
use iiot_gds::push::{Deviation, Rules, Step};

use crate::setup::{Office, access};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_answers_good_and_keeps_nothing_is_never_managed() {
    let office = Office::new().await;
    let libraries = office.peers.libraries().join("push");
    let flags = ["--libraries", libraries.to_str().unwrap()];
    let (_process, url) = office.peers.node("push_device.mjs", free_port(), &flags).unwrap();
    let access = access("liar", &url);
    let mut order = office.first_order(&url).await;
    order.rules = Rules { attempts: 8, settling: 5, first_pause_ms: 500, longest_pause_ms: 1000 };
    let push = office.push(&access, order).await;
    assert_eq!(push.step, Step::Deviating, "{push:#?}");
    assert_eq!(office.authority.count(), 1, "a certificate was issued and given to it");
    let told = |step: Step, text: &str| {
        let of = |deviation: &&Deviation| deviation.step == step && deviation.expected.contains(text);
        assert_eq!(push.deviations.iter().filter(of).count(), 1, "{text}: {:#?}", push.deviations);
    };
    told(Step::WriteTrustList, "ApplyChangesRequired");
    told(Step::ReadBack, "TrustedCertificates");
    told(Step::ReadBack, "TrustedCrls");
    assert_eq!(push.deviations.len(), 3, "{:#?}", push.deviations);
    let again = office.pusher().run(&access).await.unwrap();
    assert_eq!(again.step, Step::Deviating, "nothing comes after it");
}
