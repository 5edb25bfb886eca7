//! What the parts of a process can do, for every face that offers it.

use std::sync::Arc;

use iiot_core::clock::Clock;
use iiot_core::operation::Dispatch;
use iiot_discovery::Registrar;
use iiot_discovery::registrar::LocalRegistrar;
use iiot_publisher::configuration::operations::Configure;
use iiot_publisher::configuration::{Attributed, Configuration};
use iiot_publisher::operations::Edge;
use iiot_publisher::service::Publisher;
use iiot_twin::{GuardPolicy, Guarded, Twin};

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

/// The capability of a registrar.
#[must_use]
pub fn of_registrar(registrar: &Arc<LocalRegistrar>) -> Arc<dyn Dispatch> {
    let registrar: Arc<dyn Registrar> = Arc::clone(registrar) as _;
    Arc::new(registrar)
}

/// The capability of a twin: what it changes passes the policy where there is one, and is told for the audit record. Make it
/// once for all faces, so that they count the same changes.
#[must_use]
pub fn of_twin(twin: &Arc<dyn Twin>, policy: Option<GuardPolicy>, clock: Arc<dyn Clock>) -> Arc<dyn Dispatch> {
    Arc::new(Guarded::new(Arc::clone(twin), policy, clock))
}
