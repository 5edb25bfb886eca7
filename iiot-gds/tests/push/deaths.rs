//! The manager dies at every step of a push to devices of open62541.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use iiot_core::Result;
use iiot_core::testing::{free_port, within};
use iiot_gds::push::{Access, BookEntry, MemoryPushBook, Push, PushBook, Step};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::setup::{DEVICE_URI, Office, PATIENCE, access};

/// A life ends before a step begins, or when it is done and not on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    Before(Step),
    After(Step),
}

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
        if before.is_some_and(|step| death == Some(Death::After(step)) && push.step != step) {
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

/// Lives until that death; `None` if it came.
async fn live(office: &Office, access: &Access, death: Option<Death>) -> Option<Push> {
    let reached = Notify::new();
    let book = Arc::new(DeadlyBook { inner: Arc::clone(&office.book), death: Mutex::new(death), reached });
    let pusher = office.pusher_with(Arc::clone(&book) as Arc<dyn PushBook>);
    tokio::select! {
        push = pusher.run(access) => Some(push.unwrap()),
        () = book.reached.notified() => None,
    }
}

/// Four deaths before the step and one after it.
async fn through(office: &Office, access: &Access, step: Step) -> Push {
    let deaths = [Death::Before(step); 4].into_iter().chain([Death::After(step)]);
    for (number, death) in deaths.enumerate() {
        let early = within("a life ends", PATIENCE, live(office, access, Some(death))).await;
        assert!(early.is_none(), "{step:?}, life {number}: {early:#?}");
    }
    within("the push is over", PATIENCE, live(office, access, None)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_goes_on_after_five_deaths_at_every_step() {
    let office = Office::new().await;
    let pki = office.peers.certificates("pki", DEVICE_URI).unwrap();
    let manager = office.path().join("manager.der");
    let flags = ["--pki", pki.to_str().unwrap(), "--manager", manager.to_str().unwrap(), "--session-timeout", "2000"];
    let trials = Step::WORK.into_iter().map(async |step| {
        // The device of this step; a transaction that was cut off keeps it busy for up to ten seconds.
        let (_process, url) = office.peers.device(free_port(), &flags).unwrap();
        let access = access(&format!("{step:?}"), &url);
        let order = office.first_order(&url).await;
        office.pusher().begin(&access.device, order.clone()).await.unwrap();
        let push = through(&office, &access, step).await;
        assert!(push.is_managed(), "{step:?}: {push:#?}");
        assert_eq!(office.presented(&url).await, push.issued.unwrap().certificate, "{step:?}");
        assert_eq!(push.order, order);
    });
    join_all(trials).await;
    assert_eq!(office.authority.count(), Step::WORK.len(), "each device got one certificate");
}
