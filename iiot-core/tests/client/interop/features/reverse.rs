//! Servers that connect to us.

use std::sync::Arc;

use iiot_core::session::{Connector, Identity, ReverseServer};
use iiot_core::testing::Stack;
use iiot_core::ua::client::ReverseListener;
use iiot_core::ua::{MessageSecurityMode, Variant};

use super::super::{NAMESPACE, Server, node};
use super::{Outcome, inquiry, same, value_of};
use crate::setup::{connector_with, options};

/// A server of its own, told where we listen, is read from.
pub(super) async fn connect(stack: Stack) -> Outcome {
    match stack {
        Stack::NodeOpcua | Stack::Open62541 => {}
        Stack::Asyncua | Stack::Milo | Stack::Gopcua => return Err(inquiry::inquire(stack)),
    }
    let listener = ReverseListener::bind(([127, 0, 0, 1], 0).into()).await.map_err(|error| error.report())?;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("opc.tcp://{}", listener.address());
    let server = Server::start_with(folder.path(), stack, &["--reverse", &url]).await;
    let connector = connector_with(|parts| parts.reverse = Some(Arc::new(listener))).await;
    let mut options = options(&server.url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    options.reverse = Some(ReverseServer::Uri(NAMESPACE.into()));
    let session = connector.connect(options).await.map_err(|error| error.report())?;
    let value = value_of(&session, &node(session.as_ref(), "Int32")).await;
    session.close().await;
    same("Int32", &value?, &Variant::Int32(-42))
}
