//! Key files, opened by OpenSSL and by Python's `cryptography`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use iiot_core::keys::{KeySpec, KeyStore, MemoryKeyStore, PortableKey, SignatureAlgorithm};
use iiot_core::testing::Peers;
use iiot_core::time::UtcTime;

use crate::pki::{CertificateContent, Kind, Pfx, Serial, Subject, certificate, encrypted_pem};

const PASSWORD: &str = "correct horse ~ \"battery\" $taple";

/// Runs a command with a password in its input, not among its arguments.
fn run(program: &str, folder: &Path, arguments: &[&str], password: &str) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// A certificate for the key, of some authority, with the authority's.
async fn certified(key: &PortableKey) -> (Vec<u8>, Vec<Vec<u8>>) {
    let authority = MemoryKeyStore::default().generate("root", KeySpec::NistP256).await.unwrap();
    let from = UtcTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let content = |name: &str, kind, public_key: &[u8]| CertificateContent {
        subject: Subject::new(name, "Works").unwrap(),
        kind,
        application_uri: None,
        hosts: Vec::new(),
        public_key: public_key.to_vec(),
        from,
        until: from + Duration::from_secs(86_400),
        crl_urls: Vec::new(),
        issuer_urls: Vec::new(),
    };
    let root = content("Works Root", Kind::Authority { path_len: Some(0) }, authority.public_key());
    let sign = async |content: &CertificateContent, issuer| {
        let bytes = certificate(content, issuer, &Serial::random().unwrap(), SignatureAlgorithm::EcdsaSha256).unwrap();
        let signature = authority.sign(bytes.algorithm(), bytes.bytes()).await.unwrap();
        bytes.signed(&signature).unwrap()
    };
    let root = sign(&root, None).await;
    let issuer = crate::pki::Issuer::of(&root).unwrap();
    (sign(&content("Anna Ångström 𝔸", Kind::User, key.public_key()), Some(&issuer)).await, vec![root])
}

fn pem_of(public_key: &[u8]) -> String {
    let text = base64::prelude::BASE64_STANDARD.encode(public_key);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn openssl_and_python_open_key_files_with_their_password_alone() {
    for spec in [KeySpec::Rsa(2048), KeySpec::NistP256, KeySpec::NistP384] {
        let key = PortableKey::generate(spec).await.unwrap();
        let (certificate, issuers) = certified(&key).await;
        let (pkcs8, folder) = (key.to_pkcs8().unwrap(), tempfile::tempdir().unwrap());
        let folder = folder.path();
        let pfx = Pfx { name: "Anna Ångström 𝔸", key: &pkcs8, certificate: &certificate, issuers: &issuers };
        std::fs::write(folder.join("key.pfx"), pfx.encrypted(PASSWORD).unwrap()).unwrap();
        std::fs::write(folder.join("key.pem"), encrypted_pem(&pkcs8, PASSWORD).unwrap()).unwrap();
        std::fs::write(folder.join("own.der"), &certificate).unwrap();

        let public = ["pkey", "-in", "key.pem", "-passin", "stdin", "-pubout"];
        assert_eq!(run("openssl", folder, &public, PASSWORD).unwrap(), pem_of(key.public_key()), "{spec:?}");
        assert!(run("openssl", folder, &public, "another password").is_err());

        let open = ["pkcs12", "-in", "key.pfx", "-passin", "stdin", "-nodes"];
        let all = run("openssl", folder, &open, PASSWORD).unwrap();
        assert_eq!(all.matches("BEGIN CERTIFICATE").count(), 2, "{all}");
        assert!(all.contains("BEGIN PRIVATE KEY"), "{all}");
        assert!(run("openssl", folder, &open, "another password").is_err());
        let about = ["pkcs12", "-in", "key.pfx", "-passin", "stdin", "-info", "-noout"];
        let mut info = Command::new("openssl");
        info.args(about).current_dir(folder).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut info = info.spawn().unwrap();
        info.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        let info = String::from_utf8(info.wait_with_output().unwrap().stderr).unwrap();
        assert!(info.contains("MAC: sha256, Iteration 100000"), "{info}");
        assert_eq!(
            info.matches("PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256").count(),
            2,
            "{info}"
        );

        let script = "import sys\n\
            from cryptography.hazmat.primitives.serialization import pkcs12, Encoding, PublicFormat\n\
            secret = sys.stdin.readline().rstrip('\\n').encode()\n\
            key, own, others = pkcs12.load_key_and_certificates(open('key.pfx', 'rb').read(), secret)\n\
            spki = lambda key: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)\n\
            assert spki(key.public_key()) == spki(own.public_key())\n\
            assert own.public_bytes(Encoding.DER) == open('own.der', 'rb').read()\n\
            print(len(others))";
        let python = Peers::in_folder(folder).unwrap().libraries().join("python/bin/python");
        assert_eq!(run(python.to_str().unwrap(), folder, &["-c", script], PASSWORD).unwrap(), "1\n");
    }
}

#[test]
fn no_two_files_are_alike() {
    let key = zeroize::Zeroizing::new(vec![7; 100]);
    let (one, other) = (encrypted_pem(&key, PASSWORD).unwrap(), encrypted_pem(&key, PASSWORD).unwrap());
    assert_ne!(one, other);
}
