//! A client whose key never leaves a PKCS#11 token.

use iiot_core::keys::{KeySpec, KeyStore};
use iiot_core::session::{Connector, Identity, SessionExt};
use iiot_core::testing::{Peers, SOFTHSM_PIN, SOFTHSM_TOKEN, softhsm_store, with_softhsm};
use iiot_core::ua::{AttributeId, DataValue, MessageSecurityMode, NodeId, StatusCode, Variant, WriteValue};

use crate::setup::{connector_of, options, start};

/// SoftHSM decrypts with OAEP over SHA-1 only, so of the server's policies Aes256_Sha256_RsaPss, the strongest, is out.
#[tokio::test(flavor = "multi_thread")]
async fn it_connects_by_the_strongest_policy_that_its_token_can_do() {
    let folder = tempfile::tempdir().unwrap();
    if !with_softhsm(folder.path(), "hardware_key::it_connects_by_the_strongest_policy_that_its_token_can_do") {
        return;
    }
    let peers = Peers::in_folder(folder.path()).unwrap();
    let (_server, url) = start(folder.path(), &peers, "node", "self-signed");
    let key = softhsm_store(SOFTHSM_TOKEN, SOFTHSM_PIN).generate("client", KeySpec::Rsa(2048)).await.unwrap();
    let connector = connector_of(key, &folder.path().join("client.der")).await;
    let mut options = options(&url, MessageSecurityMode::SignAndEncrypt, &Identity::Anonymous);
    let session = connector.connect(options.clone()).await.unwrap();
    let node = NodeId::new(1, "Scratch");
    let seven = WriteValue {
        node_id: node.clone(),
        attribute_id: AttributeId::Value as u32,
        value: DataValue::value_only(7),
        ..Default::default()
    };
    assert_eq!(session.write(vec![seven]).await.unwrap(), [StatusCode::Good]);
    assert_eq!(session.read_values(&[node]).await.unwrap()[0].value, Some(Variant::from(7)));
    session.close().await;

    options.security.policy = Some("Aes256_Sha256_RsaPss".into());
    connector.connect(options).await.expect_err("the token cannot do what this policy needs");
}
