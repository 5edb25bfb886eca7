//! A capability to call.
#![allow(dead_code, reason = "the table makes a remote valve too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, Result};

crate::operations! {
    /// A valve.
    pub(super) trait Valve / RemoteValve = "valve" {
        calls {
            /// How far it is open.
            position(PositionRequest) -> Position, Reader, Reads;
            /// Opens it so far.
            set(SetRequest) -> Position, Operator, Changes;
            /// Forgets where it is.
            reset(ResetRequest) -> Position, Administrator, Changes;
            /// Waits until somebody lets it.
            wait(WaitRequest) -> Position, Reader, Reads;
            /// Opens it when somebody lets it.
            set_late(SetRequest) -> Position, Operator, Changes;
            /// Has a defect.
            burst(BurstRequest) -> Position, Reader, Reads;
        }
        streams {
            /// Positions without end, each with ballast.
            watch(WatchRequest) -> Position, Reader;
        }
    }
}

macro_rules! empty {
    ($($name:ident),*) => {$(
        #[derive(Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {}
    )*};
}
empty!(PositionRequest, ResetRequest, WaitRequest, BurstRequest);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRequest {
    pub(super) target: Target,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Target {
    pub(super) percent: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchRequest {
    /// Bytes in each item.
    pub(super) ballast: u32,
    /// How many; endless where it is absent.
    pub(super) count: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Position {
    pub(super) percent: u32,
    pub(super) ballast: String,
}

/// A valve, and what became of its streams.
#[derive(Debug)]
pub(super) struct LocalValve {
    percent: AtomicU32,
    pub(super) may_go_on: Semaphore,
    pub(super) waiting: AtomicUsize,
    pub(super) items: Arc<AtomicUsize>,
    pub(super) streams: Arc<AtomicUsize>,
    pub(super) stuck: AtomicBool,
}

impl Default for LocalValve {
    fn default() -> Self {
        Self {
            percent: AtomicU32::default(),
            may_go_on: Semaphore::new(0),
            waiting: AtomicUsize::default(),
            items: Arc::default(),
            streams: Arc::default(),
            stuck: AtomicBool::default(),
        }
    }
}

impl LocalValve {
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::SeqCst)
    }

    pub(super) fn open_streams(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }

    fn at(&self) -> Position {
        Position { percent: self.percent.load(Ordering::SeqCst), ballast: String::new() }
    }

    async fn let_go_on(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.may_go_on.acquire().await.unwrap().forget();
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Counts a stream that is open.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Valve for LocalValve {
    async fn position(&self, _: PositionRequest) -> Result<Position> {
        Ok(self.at())
    }

    async fn set(&self, request: SetRequest) -> Result<Position> {
        let percent = request.target.percent;
        if percent > 100 {
            let error = Error::new(ErrorKind::InvalidArgument, "set valve", "give 0 to 100");
            return Err(error.with(crate::operation::POINTER, "#/target/percent"));
        }
        self.percent.store(percent, Ordering::SeqCst);
        Ok(self.at())
    }

    async fn reset(&self, _: ResetRequest) -> Result<Position> {
        self.percent.store(0, Ordering::SeqCst);
        Ok(self.at())
    }

    async fn wait(&self, _: WaitRequest) -> Result<Position> {
        self.let_go_on().await;
        Ok(self.at())
    }

    async fn set_late(&self, request: SetRequest) -> Result<Position> {
        self.let_go_on().await;
        self.set(request).await
    }

    async fn burst(&self, _: BurstRequest) -> Result<Position> {
        panic!("the test wants a defect")
    }

    async fn watch(&self, request: WatchRequest) -> Result<BoxStream<'static, Result<Position>>> {
        self.streams.fetch_add(1, Ordering::SeqCst);
        let (open, items) = (Open(Arc::clone(&self.streams)), Arc::clone(&self.items));
        let ballast = "x".repeat(request.ballast as usize);
        let positions = stream::iter(0..request.count.unwrap_or(u32::MAX)).map(move |percent| {
            let _ = &open;
            items.fetch_add(1, Ordering::SeqCst);
            Ok(Position { percent, ballast: ballast.clone() })
        });
        Ok(positions.boxed())
    }
}
