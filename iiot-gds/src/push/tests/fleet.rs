//! Roll-outs over fleets.

use std::collections::HashMap;

use super::*;

async fn fleet(world: &World, count: usize) -> (Vec<String>, HashMap<String, (Access, Order)>) {
    let names: Vec<String> = (0..count).map(|number| format!("device-{number:03}")).collect();
    let mut devices = HashMap::new();
    for name in &names {
        devices.insert(name.clone(), world.device(name).await);
    }
    (names, devices)
}

#[tokio::test]
async fn two_hundred_devices_are_managed_in_three_waves() {
    let world = World::new().await;
    let (names, devices) = fleet(&world, 200).await;
    let mut told = 0;
    let state = RollOut::new(RollOutPlan::default(), names);
    let pusher = world.pusher();
    let done = roll_out(&pusher, state, &devices, async |_| {
        told += 1;
        Ok(())
    });
    let done = within("the roll-out ends", PATIENCE * 5, done).await.unwrap();
    assert_eq!((done.phase, done.members.len(), told), (RollOutPhase::Done, 200, 200));
    assert!(done.members.values().all(|member| *member == FleetMember::Managed));
}

#[tokio::test]
async fn a_roll_out_stops_at_liars_and_takes_back_what_it_did() {
    let world = World::new().await;
    let (names, devices) = fleet(&world, 40).await;
    for name in &names[2..6] {
        world.plant.lies(name, &[Lie::DropsRevocationLists]);
    }
    let plan = RollOutPlan { max_failures: 1, parallel: 2, ..RollOutPlan::default() };
    let done = roll_out(&world.pusher(), RollOut::new(plan, names.clone()), &devices, async |_| Ok(())).await.unwrap();
    assert_eq!(done.phase, RollOutPhase::Stopped);
    assert_eq!(done.members.len(), 4, "the second wave alone was touched: {:?}", done.members);
    for name in &names {
        let lists = world.plant.with(name, |device| device.lists.clone());
        assert_eq!(lists.trusted_certificates, std::slice::from_ref(&world.manager), "{name} has its old trust list");
    }
    let members: Vec<FleetMember> = done.members.values().copied().collect();
    assert_eq!(members, [FleetMember::TakenBack, FleetMember::TakenBack, FleetMember::Failed, FleetMember::Failed]);
}

#[tokio::test]
async fn a_roll_out_goes_on_after_a_crash() {
    let world = World::new().await;
    let (names, devices) = fleet(&world, 12).await;
    let mut kept = RollOut::new(RollOutPlan::default(), names);
    for _ in 0..4 {
        let (start, mut changes) = (kept.clone(), 0);
        let pusher = world.pusher();
        let crash = roll_out(&pusher, start, &devices, async |state| {
            changes += 1;
            if changes == 3 {
                return Err(iiot_core::Error::new(iiot_core::ErrorKind::Io, "keep", "the power is gone"));
            }
            kept = state.clone();
            Ok(())
        });
        if crash.await.is_ok() {
            break;
        }
    }
    let done = roll_out(&world.pusher(), kept, &devices, async |_| Ok(())).await.unwrap();
    assert_eq!(done.phase, RollOutPhase::Done);
    assert_eq!(world.office.issued.lock().len(), 12, "no device got two certificates");
}
