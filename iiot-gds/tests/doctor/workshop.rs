//! Keys, certificates and revocation lists of a small works, also wrong ones, made by another library than ours.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use iiot_core::testing::Peers;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What was made; see [`plan`].
pub(crate) struct Workshop {
    folder: TempDir,
}

pub(crate) const CLIENT_URI: &str = "urn:works:client";
pub(crate) const SERVER_URI: &str = "urn:works:server";

/// Made once: keys take time.
pub(crate) static WORKSHOP: LazyLock<Workshop> = LazyLock::new(Workshop::open);

impl Workshop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let peers = Peers::in_folder(folder.path()).unwrap();
        let made = folder.path().join("made");
        std::fs::create_dir(&made).unwrap();
        let file = folder.path().join("plan.json");
        std::fs::write(&file, plan(&made).to_string()).unwrap();
        peers.answer("workshop.py", &file).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("made").join(file)
    }

    fn read(&self, file: &str) -> Vec<u8> {
        let path = self.path(file);
        std::fs::read(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    /// A certificate (DER).
    pub(crate) fn certificate(&self, name: &str) -> Vec<u8> {
        self.read(&format!("{name}.der"))
    }

    /// Certificates (DER) one behind the other, as they are sent.
    pub(crate) fn chain(&self, names: &[&str]) -> Vec<u8> {
        names.iter().flat_map(|name| self.certificate(name)).collect()
    }

    pub(crate) fn all(&self, names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| self.certificate(name)).collect()
    }

    /// Revocation lists (DER).
    pub(crate) fn lists(&self, names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| self.read(&format!("{name}.crl"))).collect()
    }
}

/// A root, an issuing authority below it, and applications with one fault each.
fn plan(folder: &Path) -> Value {
    json!({
        "folder": folder,
        "keys": {
            "root": "2048", "issuing": "2048", "issuing-2": "2048", "stranger": "2048",
            "client": "2048", "server": "2048", "other": "2048", "short": "1024", "ec": "P-256",
        },
        "certificates": authorities().into_iter().chain(servers()).chain(clients()).chain(users()).collect::<Vec<_>>(),
        "lists": [
            list("root", "root", "root", (-2, 90), &[]),
            list("root-revokes", "root", "root", (-2, 90), &["issuing"]),
            list("issuing", "issuing", "issuing", (-2, 90), &[]),
            list("issuing-old", "issuing", "issuing", (-60, -30), &[]),
            list("issuing-other-key", "issuing", "issuing-2", (-2, 90), &[]),
            list("issuing-revokes", "issuing", "issuing", (-2, 90), &["client", "server", "user"]),
            list("issuing-future", "issuing", "issuing", (50, 90), &[]),
        ],
    })
}

fn list(name: &str, issuer: &str, signer: &str, days: (i32, i32), revoked: &[&str]) -> Value {
    json!({ "name": name, "issuer": issuer, "signer": signer, "days": days, "revoked": revoked })
}

fn with(mut wish: Value, more: Value) -> Value {
    let (Value::Object(all), Value::Object(more)) = (&mut wish, more) else { panic!("both are objects") };
    all.extend(more);
    wish
}

fn authorities() -> Vec<Value> {
    let authority = |name: &str, subject: &str, key: &str, issuer: &str, signer: &str| {
        json!({ "name": name, "subject": subject, "key": key, "issuer": issuer, "signer": signer,
                "authority": true, "days": (-400, 3650) })
    };
    let issuing = || authority("issuing", "Works Issuing CA", "issuing", "root", "root");
    vec![
        authority("root", "Works Root CA", "root", "", "root"),
        issuing(),
        // Another key under the same name, as after a change of keys.
        authority("issuing-2", "Works Issuing CA", "issuing-2", "root", "root"),
        with(issuing(), json!({ "name": "issuing-expired", "days": (-400, -10) })),
        authority("stranger", "Stranger CA", "stranger", "", "stranger"),
    ]
}

fn application(name: &str, subject: &str, key: &str, uri: &str) -> Value {
    json!({ "name": name, "subject": subject, "key": key, "issuer": "issuing", "signer": "issuing", "uris": [uri],
            "hosts": ["plc", "localhost", "127.0.0.1"], "extended": ["server", "client"], "days": (-30, 365) })
}

fn variants(one: impl Fn(&str) -> Value, faults: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<Value> {
    faults.into_iter().map(|(name, fault)| with(one(name), fault)).collect()
}

fn itself(key: &str) -> Value {
    json!({ "issuer": "", "signer": key, "key": key })
}

fn servers() -> Vec<Value> {
    let server = |name: &str| application(name, "PLC", "server", SERVER_URI);
    variants(
        server,
        [
            ("server", json!({})),
            ("server-self", itself("server")),
            ("server-self-2", itself("other")),
            ("server-other-host", json!({ "hosts": ["elsewhere"] })),
            ("server-other-uri", json!({ "uris": ["urn:works:another"] })),
            ("server-two-uris", json!({ "uris": [SERVER_URI, "urn:works:another"] })),
            ("server-expired", json!({ "days": (-300, -10) })),
            ("server-future", json!({ "days": (10, 300) })),
            ("server-fresh", json!({ "days": (-1, 300) })),
            ("server-short", json!({ "key": "short" })),
            ("server-sha1", json!({ "sha1": true })),
            ("server-ec", json!({ "key": "ec", "uses": ["digital_signature"] })),
            ("server-agreement", json!({ "uses": ["key_agreement"] })),
            ("server-for-clients", json!({ "extended": ["client"] })),
            (
                "server-authority",
                json!({ "authority": true, "uses": ["digital_signature", "content_commitment",
                "key_encipherment", "data_encipherment", "key_cert_sign"] }),
            ),
            ("server-damaged", json!({ "damaged": true })),
            ("server-by-2", json!({ "signer": "issuing-2" })),
            (
                "server-by-leaf",
                json!({ "issuer": "server-self", "signer": "server", "subject": "PLC 2", "key": "other" }),
            ),
            ("server-by-stranger", json!({ "issuer": "stranger", "signer": "stranger" })),
            ("server-interop", json!({ "uris": ["urn:iiot:peer:interop"] })),
            ("server-interop-self", with(itself("server"), json!({ "uris": ["urn:iiot:peer:interop"] }))),
            ("server-interop-expired", json!({ "uris": ["urn:iiot:peer:interop"], "days": (-300, -10) })),
            ("server-interop-host", json!({ "uris": ["urn:iiot:peer:interop"], "hosts": ["elsewhere"] })),
        ],
    )
}

fn clients() -> Vec<Value> {
    let client = |name: &str| application(name, "Historian", "client", CLIENT_URI);
    variants(
        client,
        [
            ("client", json!({})),
            ("client-self", itself("client")),
            ("client-self-2", itself("other")),
            ("client-other-uri", json!({ "uris": ["urn:works:another"] })),
            ("client-expired", json!({ "days": (-300, -10) })),
            ("client-fresh", json!({ "days": (-1, 300) })),
            ("client-short", json!({ "key": "short" })),
            ("client-ec", json!({ "key": "ec", "uses": ["digital_signature"] })),
            ("client-agreement", json!({ "uses": ["key_agreement"] })),
            ("client-code", json!({ "extended": ["code"] })),
            ("client-for-servers", json!({ "extended": ["server"] })),
            ("client-damaged", json!({ "damaged": true })),
            ("client-by-stranger", json!({ "issuer": "stranger", "signer": "stranger" })),
        ],
    )
}

fn users() -> Vec<Value> {
    let user = |name: &str| {
        json!({ "name": name, "subject": "Operator", "key": "other", "issuer": "issuing", "signer": "issuing",
                "extended": ["client"], "days": (-30, 365) })
    };
    variants(
        user,
        [("user", json!({})), ("user-self", itself("other")), ("user-expired", json!({ "days": (-300, -10) }))],
    )
}
