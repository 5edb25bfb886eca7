//! What the parts of a process can do, for every face that offers it.

use std::sync::Arc;

use iiot_core::operation::Dispatch;
use iiot_publisher::configuration::operations::Configure;
use iiot_publisher::configuration::{Attributed, Configuration};
use iiot_publisher::operations::Edge;
use iiot_publisher::service::Publisher;
use iiot_twin::Twin;

/// The capability of a publisher.
#[must_use]
pub fn of_publisher(publisher: &Arc<Publisher>) -> Arc<dyn Dispatch> {
    let edge: Arc<dyn Edge> = Arc::clone(publisher) as _;
    Arc::new(edge)
}

/// The capability of its configuration.
#[must_use]
pub fn of_configuration(configuration: &Arc<Configuration>) -> Arc<dyn Dispatch> {
    let configure: Arc<dyn Configure> = Arc::clone(configuration) as _;
    Arc::new(Attributed(configure))
}

/// The capability of a twin.
#[must_use]
pub fn of_twin(twin: &Arc<dyn Twin>) -> Arc<dyn Dispatch> {
    Arc::new(Arc::clone(twin))
}
