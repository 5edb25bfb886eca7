//! A clock that is set by a day: nothing is signed with a time that cannot be right.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iiot_core::ErrorKind;
use iiot_core::clock::{Clock, ManualClock};
use iiot_core::time::UtcTime;
use iiot_core::ua::trust::{Certificate, RevocationList};
use parking_lot::Mutex;

use super::faulty::{Fault, Fuse, behind};
use super::invariants::check;
use super::works::*;
use crate::authority::{Authorities, AuthorityParts};
use crate::store::RevocationReason;

/// A clock that somebody sets.
#[derive(Debug)]
struct Wrong {
    right: Arc<ManualClock>,
    ticks: Mutex<i64>,
}

#[async_trait]
impl Clock for Wrong {
    fn utc(&self) -> UtcTime {
        UtcTime::from_ticks(self.right.utc().ticks() + *self.ticks.lock())
    }

    fn now(&self) -> Instant {
        self.right.now()
    }

    async fn sleep_until(&self, deadline: Instant) {
        self.right.sleep_until(deadline).await;
    }
}

struct Scene {
    parts: AuthorityParts,
    right: Arc<ManualClock>,
    clock: Arc<Wrong>,
    fuse: Arc<Fuse>,
    authorities: Authorities,
    key: Vec<u8>,
}

impl Scene {
    async fn new() -> Self {
        let (parts, right) = parts();
        let clock = Arc::new(Wrong { right: Arc::clone(&right), ticks: Mutex::new(0) });
        let parts = AuthorityParts { clock: Arc::<Wrong>::clone(&clock), ..parts };
        let fuse = Fuse::new(0, Fault::CrashBefore);
        let authorities = opened(&behind(&fuse, &parts)).await;
        set_up(&authorities).await.unwrap();
        certify(&authorities, "before", &application_key().await).await.unwrap();
        right.advance(Duration::from_secs(60));
        authorities.publish("plant", "rita").await.unwrap();
        Self { parts, right, clock, fuse, authorities, key: application_key().await }
    }

    fn set(&self, days: i64) {
        *self.clock.ticks.lock() = days * TICKS_PER_DAY;
    }

    /// Everything that would be signed or put on record is refused, and no key is used.
    async fn refuses(&self, authorities: &Authorities) {
        let before = self.fuse.signed.lock().len();
        let (head, _) = self.parts.store.audit_head().await.unwrap();
        let serial = authorities.authority("plant").await.unwrap().serial;
        let reason = RevocationReason::CaCompromise;
        let mut due = authorities.publish_due().await.err();
        due = due.or(authorities.publish("plant", "rita").await.err());
        let refused = [
            certify(authorities, "r1", &self.key).await.unwrap_err(),
            certify_in_steps(authorities, "r1", &self.key).await.unwrap_err(),
            authorities.revoke("root", &serial, reason, "rita").await.unwrap_err(),
            authorities.create(approved(&spec("other", None, None))).await.unwrap_err(),
            due.unwrap(),
        ];
        for refused in refused {
            assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused:?}");
            assert!(refused.to_string().contains("clock"), "{refused}");
        }
        assert_eq!(self.fuse.signed.lock().len(), before, "a key was used");
        assert_eq!(self.parts.store.audit_head().await.unwrap().0, head, "something is on record");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_by_a_day_is_refused_until_it_is_right_again() {
    for days in [1, -1] {
        let scene = Scene::new().await;
        scene.set(days);
        scene.refuses(&scene.authorities).await;
        scene.set(0);
        let issued = certify(&scene.authorities, "r1", &scene.key).await.unwrap();
        let certificate = Certificate::parse(&issued.certificate).unwrap();
        assert!(certificate.not_before() <= scene.right.utc() && certificate.not_after() > scene.right.utc());
        check(&scene.parts, &[]).await;
    }
}

#[tokio::test]
async fn a_restart_does_not_make_an_earlier_time_right() {
    let scene = Scene::new().await;
    scene.set(-1);
    let restarted = opened(&behind(&scene.fuse, &scene.parts)).await;
    scene.refuses(&restarted).await;
}

#[tokio::test]
async fn an_operator_says_that_the_clock_is_right_and_lists_do_not_get_older() {
    let scene = Scene::new().await;
    let dates = |der: &[u8]| RevocationList::parse(der).unwrap().this_update();
    let mut last = dates(&scene.authorities.revocation_list("plant").await.unwrap().unwrap());
    // A day ahead by mistake, and back to what was right.
    for days in [1, 0, -1, 0] {
        scene.set(days);
        if days != 0 {
            scene.refuses(&scene.authorities).await;
        }
        scene.authorities.believe_clock("olga").await.unwrap();
        scene.right.advance(Duration::from_secs(60));
        let next = dates(&scene.authorities.publish("plant", "rita").await.unwrap());
        assert!(next >= last, "{days}: {next} is before {last}");
        last = next;
        // A day back, the authority is not valid yet.
        let issued = certify(&scene.authorities, &format!("after {days} {next}"), &scene.key).await;
        assert_eq!(issued.is_ok(), days >= 0, "{days}: {issued:?}");
    }
    check(&scene.parts, &[]).await;
}

const TICKS_PER_DAY: i64 = 86_400 * 10_000_000;
