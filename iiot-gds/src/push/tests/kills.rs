//! Whoever pushes may die at any moment.

use async_trait::async_trait;
use iiot_core::Result;
use tokio::sync::Notify;

use super::*;

/// When a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// The step is on record and has not begun.
    Before(Step),
    /// The step is done and not on record.
    After(Step),
}

/// A book that stops the process that writes into it.
#[derive(Debug)]
struct DeadlyBook {
    inner: Arc<MemoryPushBook>,
    death: Mutex<Option<Death>>,
    reached: Notify,
}

#[async_trait]
impl PushBook for DeadlyBook {
    async fn load(&self, device: &str) -> Result<Option<BookEntry>> {
        self.inner.load(device).await
    }

    async fn save(&self, push: &Push, expected: Option<u64>) -> Result<u64> {
        let before = self.inner.load(&push.device).await?.map(|entry| entry.push.step);
        let death = *self.death.lock();
        if let Some(Death::After(step)) = death
            && before == Some(step)
            && push.step != step
        {
            return self.die().await;
        }
        let revision = self.inner.save(push, expected).await?;
        if death == Some(Death::Before(push.step)) {
            return self.die().await;
        }
        Ok(revision)
    }

    async fn devices(&self) -> Result<Vec<String>> {
        self.inner.devices().await
    }
}

impl DeadlyBook {
    async fn die<T>(&self) -> T {
        self.death.lock().take();
        self.reached.notify_one();
        std::future::pending().await
    }
}

/// Lives until that death; `None` if the push is over before.
async fn live(world: &World, access: &Access, death: Option<Death>) -> Option<Push> {
    let reached = Notify::new();
    let book = Arc::new(DeadlyBook { inner: Arc::clone(&world.book), death: Mutex::new(death), reached });
    let pusher = world.pusher_with(Arc::clone(&book) as Arc<dyn PushBook>, "test");
    let died = book.reached.notified();
    tokio::select! {
        push = pusher.run(access) => Some(push.unwrap()),
        () = died => None,
    }
}

/// Dies in all of these ways and then lives on; how often it died.
async fn through(world: &World, access: &Access, deaths: &[Death]) -> (Push, usize) {
    let mut died = 0;
    for death in deaths {
        match within("a life ends", PATIENCE, live(world, access, Some(*death))).await {
            None => died += 1,
            Some(push) => return (push, died),
        }
    }
    (within("the push is over", PATIENCE, live(world, access, None)).await.unwrap(), died)
}

fn deaths_at(step: Step, times: usize) -> Vec<Death> {
    let mut deaths = vec![Death::Before(step); times];
    deaths.push(Death::After(step));
    deaths
}

#[tokio::test]
async fn a_push_goes_on_after_death_at_every_step() {
    let world = World::new().await;
    for new_key in [false, true] {
        for step in Step::WORK {
            let name = format!("{step:?}-{new_key}");
            let (access, mut order) = world.device(&name).await;
            order.certificate.as_mut().unwrap().new_key = new_key;
            order.rules.attempts = 100;
            world.pusher().begin(&name, order.clone()).await.unwrap();
            let (push, died) = through(&world, &access, &deaths_at(step, 20)).await;
            assert_eq!(died, 21, "{name}");
            assert!(push.is_managed(), "{name}: {push:?}");
            proved(&world, &name, &push, &order, new_key);
        }
    }
}

/// The device has what the push says, and every certificate is used or told of.
fn proved(world: &World, name: &str, push: &Push, order: &Order, new_key: bool) {
    let issued = push.issued.clone().unwrap().certificate;
    world.plant.with(name, |device| {
        assert_eq!(device.presented, issued, "{name}");
        assert_eq!(Some(&device.lists), order.lists.as_ref(), "{name}");
        assert_eq!(device.key, usize::from(new_key), "{name}");
    });
    let mut all: Vec<Der> = push.orphaned.iter().cloned().chain([issued]).collect();
    let office = world.office.issued.lock();
    let mut made: Vec<Der> =
        office.iter().filter(|(asked, _)| asked.device == name).map(|(_, issued)| issued.certificate.clone()).collect();
    if !new_key {
        assert_eq!(made.len(), 1, "{name}: one certificate for one push");
    }
    all.sort();
    made.sort();
    made.dedup();
    all.dedup();
    assert_eq!(all, made, "{name}");
}

#[tokio::test]
async fn a_roll_back_goes_on_after_death_at_every_step() {
    let world = World::new().await;
    for step in [Step::Connect, Step::WriteTrustList, Step::ApplyChanges, Step::ReadBack] {
        let name = format!("{step:?}");
        let (access, mut order) = world.device(&name).await;
        order.rules.attempts = 100;
        world.plant.lies(&name, &[Lie::KeepsCertificate]);
        world.pusher().begin(&name, order).await.unwrap();
        let mut steps = vec![Death::After(Step::ReadBack)];
        // The first time on the way forward, then on the way back.
        steps.extend(deaths_at(step, 10));
        let (push, died) = through(&world, &access, &steps).await;
        assert!(died >= 11, "{name}: {died}");
        assert_eq!((push.step, &push.roll_back), (Step::Deviating, &Some(RollBack::Done)), "{name}: {push:?}");
        world.plant.with(&name, |device| assert_eq!(Some(&device.lists), push.saved.as_ref(), "{name}"));
    }
}
