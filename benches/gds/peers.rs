//! What others do, in the same run.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::plant::request;

/// What others do: OpenSSL signs; Python's `cryptography` reads a request, checks it, and signs a certificate with the same
/// extensions; `openssl x509` does so in a process for each. None of them puts anything on record.
pub(crate) fn peers(time: Duration) {
    let seconds = time.as_secs().max(1).to_string();
    let mut speed = Command::new("openssl");
    if let Ok(said) = speed.args(["speed", "-seconds", &seconds, "rsa2048"]).output() {
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        said.lines()
            .filter(|line| line.contains("2048"))
            .for_each(|line| println!("peer, openssl speed: {}", line.trim()));
    }
    let folder = tempfile::tempdir().expect("a folder for the bench");
    drop(request(folder.path(), 0));
    match Command::new("python3").args(["-c", PEER, &seconds]).current_dir(folder.path()).output() {
        Ok(said) if said.status.success() => {
            println!("peer, Python's cryptography: {}", String::from_utf8_lossy(&said.stdout).trim())
        }
        _ => println!("peer, Python's cryptography: not on this machine"),
    }
    openssl_x509(folder.path(), time);
}

pub(crate) fn openssl_x509(folder: &Path, time: Duration) {
    let run = |arguments: &[&str]| {
        let made =
            Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl is on the machine");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    run(&[
        "req", "-x509", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", "ca.key", "-subj", "/CN=ca", "-out",
        "ca.pem",
    ]);
    let (begun, mut done) = (Instant::now(), 0_u32);
    while begun.elapsed() < time {
        run(&[
            "x509", "-req", "-inform", "DER", "-in", "csr.der", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "leaf.pem",
        ]);
        done += 1;
    }
    println!(
        "peer, openssl x509, a process each: {:.0} certificates/s",
        f64::from(done) / begun.elapsed().as_secs_f64()
    );
}

/// With the profile of an application certificate.
const PEER: &str = r#"
import sys, time, datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
now = datetime.datetime.now(datetime.timezone.utc)
der = open("csr.der", "rb").read()
def issue():
    csr = x509.load_der_x509_csr(der)
    assert csr.is_signature_valid
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = x509.KeyUsage(True, True, True, True, False, False, False, False, False)
    return (x509.CertificateBuilder().subject_name(csr.subject).issuer_name(name).public_key(csr.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(365))
        .add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False).add_extension(names, False)
        .sign(key, hashes.SHA256())).public_bytes(__import__("cryptography").hazmat.primitives.serialization.Encoding.DER)
issue()
begun, cpu, done = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - begun < float(sys.argv[1]):
    issue(); done += 1
print("%.0f certificates/s, %.0f for each second of CPU, not on record" % (done / (time.perf_counter() - begun), done / (time.process_time() - cpu)))
"#;
