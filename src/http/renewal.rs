//! Shows a new certificate of HTTPS without a restart.

use std::sync::Arc;
use std::time::Duration;

use iiot_core::Result;
use iiot_core::clock::Clock;
use iiot_core::http::{HttpServer, TlsIdentity};

use super::HttpSettings;

/// Looks for another certificate now and then, for ever. One that cannot be used is told once, and the one before stays.
pub(super) async fn run(server: Arc<HttpServer>, settings: HttpSettings, mut shown: String, clock: Arc<dyn Clock>) {
    let mut told = String::new();
    loop {
        clock.sleep_until(clock.now() + INTERVAL).await;
        match identity(&settings, &server, &*clock).await {
            Ok(identity) if identity.fingerprint() != shown => {
                shown = identity.fingerprint();
                server.set_tls(identity);
                tracing::info!("HTTPS shows another certificate, with the SHA-256 {shown}");
                told.clear();
            }
            Ok(_) => told.clear(),
            Err(error) if error.report() != told => {
                told = error.report();
                tracing::warn!("HTTPS goes on with the certificate it has: {told}");
            }
            Err(_) => {}
        }
    }
}

async fn identity(settings: &HttpSettings, server: &HttpServer, clock: &dyn Clock) -> Result<TlsIdentity> {
    super::identity(settings, server.address().ip(), clock).await
}

const INTERVAL: Duration = Duration::from_secs(10);
