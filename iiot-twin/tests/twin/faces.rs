//! The four ways to a twin: itself, behind a hub in memory, behind a broker, over HTTP.

use std::sync::Arc;

use iiot_twin::{RemoteTwin, Twin};

use crate::rest::Rest;
use crate::setup::{Behind, Remote, in_memory, over_a_broker, remote};

/// All ways to one twin.
pub(crate) struct Faces {
    local: Arc<dyn Twin>,
    memory: Remote,
    broker: Behind,
    rest: Arc<dyn Twin>,
}

impl Faces {
    pub(crate) async fn of(twin: &Arc<dyn Twin>) -> Self {
        let (memory, broker) = (remote(twin, in_memory()).await, over_a_broker(twin).await);
        let rest = Arc::new(RemoteTwin::new(Arc::new(Rest::start(twin).await)));
        Self { local: Arc::clone(twin), memory, broker, rest }
    }

    pub(crate) fn all(&self) -> [(&'static str, &Arc<dyn Twin>); 4] {
        let Self { local, memory, broker, rest } = self;
        [("local", local), ("memory", &memory.twin), ("broker", &broker.remote.twin), ("rest", rest)]
    }
}
