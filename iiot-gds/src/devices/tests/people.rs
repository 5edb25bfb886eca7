//! What people do with devices.

use std::time::Duration;

use futures::StreamExt;
use iiot_core::ErrorKind;
use iiot_core::operation::{Dispatch, PerPrincipal, Principal, Role};
use iiot_core::session::{Identity, Secret};

use super::works::{Works, desk, keep, view};
use crate::devices::device::{ConfirmDeviceRequest, DeviceIdentity, DeviceRequest, DeviceState, PutDeviceRequest};
use crate::devices::graph::ExplainRequest;
use crate::devices::roll_out::{BeginRollOutRequest, RollOutRequest};
use crate::devices::watch::{DeviceChange, WatchDevicesRequest};
use crate::devices::{OPERATIONS, Password, records};
use crate::model::Der;
use crate::policy::{Approvable, ApprovalPolicy, CertificateGroup, Choice, Vote};
use crate::push::tests::Lie;
use crate::push::{FleetMember, RollOutPhase, RollOutPlan, WaveSize};
use crate::store::{DocumentQuery, Store as _};

#[tokio::test]
async fn trust_lists_do_not_wait_for_votes_and_votes_are_not_lost() {
    let works = Works::new().await;
    works.put_group(CertificateGroup::default_application("plant").approval).await;
    let devices = works.devices();
    desk(&devices, "ann").put_device(works.device("press").await).await.unwrap();
    let keeper = keep(&devices);
    let waits = async || view(&devices, "press").await.state == DeviceState::WaitingForVotes;
    works.until("people must vote", waits).await;
    let request = view(&devices, "press").await.push.unwrap().request.unwrap();

    // Meanwhile the trust list changes.
    works.put_group(ApprovalPolicy::Automatic).await;
    let mes = works.client("mes").await;
    works.put_group(CertificateGroup::default_application("plant").approval).await;
    works.allow(&[("mes", "press")]).await;
    let has_it = || {
        works.plant.with("press", |device| device.lists.trusted_certificates.contains(&Der(mes.certificate.clone())))
    };
    works.until("the device has the new trust list", async || has_it()).await;
    works.until("people must still vote", waits).await;

    let record = works.office.authorities.request(&request).await.unwrap().request;
    let vote = Vote {
        by: "bob".into(),
        choice: Choice::Approve,
        digest: record.digest(),
        at: record.at,
        reason: String::new(),
    };
    works.office.authorities.vote(&request, vote).await.unwrap();
    works.until("it is managed", async || view(&devices, "press").await.state == DeviceState::Managed).await;
    let presented = works.plant.with("press", |device| device.presented.clone());
    let made = works.valid("press").await;
    assert_eq!((made.len(), &made[0].certificate, &made[0].request), (1, &presented.0, &request));
    assert!(has_it());
    keeper.stop().await;
}

#[tokio::test]
async fn a_device_whose_application_was_disabled_gets_no_certificate_until_it_is_enabled() {
    let works = Works::new().await;
    let devices = works.devices();
    desk(&devices, "ann").put_device(works.device("press").await).await.unwrap();
    works.enable("press", false).await;
    let keeper = keep(&devices);
    let failed = async || view(&devices, "press").await.state == DeviceState::Failed;
    works.until("it is refused", failed).await;
    let trouble = view(&devices, "press").await.push.unwrap().trouble.unwrap();
    assert!(trouble.message.contains("it is disabled: enable it first"), "{trouble:?}");
    assert!(works.valid("press").await.is_empty());

    works.enable("press", true).await;
    desk(&devices, "ann").retry(DeviceRequest { device: "press".into() }).await.unwrap();
    works.until("it is managed", async || view(&devices, "press").await.state == DeviceState::Managed).await;
    assert_eq!(works.valid("press").await.len(), 1);
    keeper.stop().await;
}

#[tokio::test]
async fn nothing_is_pushed_before_somebody_has_compared_the_fingerprint() {
    let works = Works::new().await;
    let devices = works.devices();
    let desk = desk(&devices, "ann");
    let put = works.device("press").await;
    let pin = put.pin.clone().unwrap();
    desk.put_device(PutDeviceRequest { pin: None, ..put }).await.unwrap();
    let keeper = keep(&devices);
    works.pass(Duration::from_secs(30), Duration::from_secs(1)).await;
    assert_eq!(view(&devices, "press").await.state, DeviceState::Unconfirmed);
    works.plant.with("press", |device| assert!(device.calls.is_empty(), "{:?}", device.calls));

    let found = desk.presented(DeviceRequest { device: "press".into() }).await.unwrap().certificates;
    assert_eq!(found.iter().map(|one| &one.certificate).collect::<Vec<_>>(), [&pin]);
    let other = ConfirmDeviceRequest { device: "press".into(), fingerprint: "0".repeat(64) };
    assert_eq!(desk.confirm_device(other).await.unwrap_err().kind(), ErrorKind::Conflict);
    let fingerprint = found[0].fingerprint.to_uppercase();
    let confirmed = desk.confirm_device(ConfirmDeviceRequest { device: "press".into(), fingerprint }).await.unwrap();
    assert_eq!(confirmed.confirmed_by.as_deref(), Some("ann"));
    works.until("it is managed", async || view(&devices, "press").await.state == DeviceState::Managed).await;
    keeper.stop().await;
}

#[tokio::test]
async fn a_password_is_sealed_and_is_not_sent_elsewhere() {
    const CANARY: &str = "canary-s3cret";
    let works = Works::new().await;
    let devices = works.devices();
    let desk = desk(&devices, "ann");
    let mut put = works.device("press").await;
    put.settings.identity = DeviceIdentity::UserName { user: "admin".into() };
    assert_eq!(desk.put_device(put.clone()).await.unwrap_err().kind(), ErrorKind::InvalidArgument, "no password");
    put.password = Some(Password(Secret::from(CANARY)));
    let revision = Some(desk.put_device(put.clone()).await.unwrap().revision);

    let query = DocumentQuery { kind: "device".into(), limit: 10, ..Default::default() };
    let all = works.store.documents(&query);
    assert!(all.await.unwrap().iter().all(|document| !document.content.contains(CANARY)));
    assert!(works.store.audit(0, 1000).await.unwrap().iter().all(|entry| !entry.event.contains(CANARY)));
    let known = records::known(&works.store, "press").await.unwrap();
    let access = devices.access(&known).await.unwrap();
    let password = Secret::from(CANARY);
    assert_eq!(access.identity, Identity::UserName { user: "admin".into(), password });
    assert!(!format!("{access:?} {known:?} {put:?}").contains(CANARY));

    let (password, pin) = (None, None);
    let mut moved = PutDeviceRequest { revision, password, pin, ..put.clone() };
    moved.settings.endpoint_url = "opc.tcp://elsewhere".into();
    assert_eq!(desk.put_device(moved.clone()).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    moved.settings.endpoint_url = put.settings.endpoint_url.clone();
    moved.settings.automatic = false;
    desk.put_device(moved).await.unwrap();
    let known = records::known(&works.store, "press").await.unwrap();
    assert_eq!(devices.access(&known).await.unwrap().identity, access.identity, "it stays");
}

fn fleet() -> BeginRollOutRequest {
    BeginRollOutRequest {
        roll_out: "first".into(),
        devices: ["a", "b", "c", "d"].map(String::from).to_vec(),
        plan: RollOutPlan {
            waves: vec![WaveSize::Devices { count: 1 }, WaveSize::Devices { count: 3 }, WaveSize::All],
            ..RollOutPlan::default()
        },
        renew: false,
        despite_refusals: false,
    }
}

#[tokio::test]
async fn a_roll_out_stops_at_a_liar_takes_back_and_leaves_the_rest_alone() {
    let works = Works::new().await;
    let mut devices = works.devices();
    for id in ["a", "b", "c", "d"] {
        let mut put = works.device(id).await;
        put.settings.automatic = id == "d";
        put.settings.manages_certificate = false;
        desk(&devices, "ann").put_device(put).await.unwrap();
    }
    works.plant.lies("c", &[Lie::KeepsLists]);
    works.client("mes").await;
    let old = works.plant.with("a", |device| device.lists.clone());
    works.allow(&[("mes", "a"), ("mes", "b"), ("mes", "c"), ("mes", "d")]).await;
    desk(&devices, "ann").begin_roll_out(fleet()).await.unwrap();
    let again = desk(&devices, "ann").begin_roll_out(BeginRollOutRequest { roll_out: "other".into(), ..fleet() }).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict);
    let first = RollOutRequest { roll_out: "first".into() };
    let mut keeper = keep(&devices);
    // A crash in between: another process goes on.
    let begun = async || !desk(&devices, "ann").roll_out(first.clone()).await.unwrap().roll_out.pushes.is_empty();
    works.until("it has begun", begun).await;
    drop(keeper);
    devices = works.devices();
    keeper = keep(&devices);
    let now = async || desk(&devices, "ann").roll_out(first.clone()).await.unwrap().roll_out.state;
    works.until("it has stopped", async || now().await.phase == RollOutPhase::Stopped).await;
    let members: Vec<(String, FleetMember)> = now().await.members.into_iter().collect();
    let expected = [("a", FleetMember::TakenBack), ("b", FleetMember::TakenBack), ("c", FleetMember::Failed)];
    assert_eq!(members, expected.map(|(id, member)| (id.to_owned(), member)));
    for id in ["a", "b", "d"] {
        assert_eq!(works.plant.with(id, |device| device.lists.clone()), old, "{id}");
    }
    works.pass(Duration::from_secs(60), Duration::from_secs(1)).await;
    assert_eq!(works.plant.with("d", |device| device.lists.clone()), old, "it is held");
    desk(&devices, "ann").release_roll_out(first.clone()).await.unwrap();
    works.until("it is looked after again", async || view(&devices, "d").await.state == DeviceState::Managed).await;
    keeper.stop().await;
}

#[tokio::test]
async fn states_are_told_as_they_change() {
    let works = Works::new().await;
    let devices = works.devices();
    let desk = desk(&devices, "ann");
    desk.put_device(works.device("press").await).await.unwrap();
    let mut updates = desk.watch(WatchDevicesRequest::default()).await.unwrap();
    let first = updates.next().await.unwrap().unwrap();
    let is_state = |change: &DeviceChange, state| matches!(change, DeviceChange::State { view } if view.state == state);
    assert!(is_state(&first.change, DeviceState::OutOfDate), "{first:?}");
    let mut known = desk.watch(WatchDevicesRequest { after: Some(first.sequence), device: None }).await.unwrap();
    let keeper = keep(&devices);
    let told = tokio::spawn(async move {
        let managed = |update: &iiot_core::Result<_>| matches!(update, Ok(crate::devices::watch::DeviceUpdate { change: DeviceChange::State { view }, .. }) if view.state == DeviceState::Managed);
        while !managed(&known.next().await.unwrap()) {}
    });
    works.until("it is told that the device is managed", async || told.is_finished()).await;
    told.await.unwrap();
    keeper.stop().await;
}

#[tokio::test]
async fn every_operation_asks_for_its_role() {
    let works = Works::new().await;
    let face = PerPrincipal(works.devices());
    for operation in OPERATIONS {
        let below = Role::ALL.into_iter().filter(|role| *role < operation.role);
        for role in below {
            let refused = face.dispatch(operation.name, &Principal::new("eve", role), b"{}").await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Forbidden, "{} as {role:?}", operation.name);
        }
    }
    works.allow(&[("mes", "press")]).await;
    let asked = ExplainRequest { client: "mes".into(), server: "press".into() };
    let told = desk(&works.devices(), "ann").explain(asked).await.unwrap();
    assert_eq!((told.allowed, told.sentence.as_str()), (true, "mes may talk to press: mes may talk to press"));
}
