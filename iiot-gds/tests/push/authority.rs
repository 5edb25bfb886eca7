//! An authority made with the command line of OpenSSL.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use async_trait::async_trait;
use iiot_core::Result;
use iiot_gds::model::Der;
use iiot_gds::push::{IssueAnswer, IssueRequest, Issued, Issuing};
use parking_lot::Mutex;

/// A root of its own with a database of what it issued.
#[derive(Debug)]
pub(crate) struct Authority {
    folder: PathBuf,
    /// The ApplicationUri of the devices.
    uri: String,
    /// What was issued for which request.
    issued: Mutex<HashMap<Vec<u8>, Der>>,
}

const CONFIGURATION: &str = "
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
rand_serial = yes
default_md = sha256
default_days = 30
default_crl_days = 30
crlnumber = crlnumber
policy = any
unique_subject = no
copy_extensions = none
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
";

impl Authority {
    pub(crate) fn new(folder: &Path, uri: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let own = Self { folder: folder.to_owned(), uri: uri.into(), issued: Mutex::default() };
        for (name, content) in [("ca.cnf", CONFIGURATION), ("index.txt", ""), ("crlnumber", "01\n")] {
            std::fs::write(folder.join(name), content).unwrap();
        }
        own.openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 60 -subj /O=iiot/CN=root -config ca.cnf -extensions root");
        own
    }

    pub(crate) fn certificate(&self) -> Der {
        self.openssl("x509 -in ca.pem -outform DER -out ca.der");
        self.read("ca.der")
    }

    /// A new list with everything that is revoked so far.
    pub(crate) fn revocation_list(&self) -> Der {
        self.openssl("ca -config ca.cnf -gencrl -out crl.pem");
        self.openssl("crl -in crl.pem -outform DER -out crl.der");
        self.read("crl.der")
    }

    /// Makes `NAME-key.pem` and `NAME.der` for an application.
    pub(crate) fn application(&self, name: &str, uri: &str) {
        self.openssl(&format!("req -new -newkey rsa:2048 -nodes -keyout {name}-key.pem -out {name}.csr -subj /O=iiot/CN={name} -config ca.cnf"));
        self.sign(name, uri);
    }

    pub(crate) fn revoke(&self, name: &str) {
        self.openssl(&format!("ca -config ca.cnf -revoke {name}.pem"));
    }

    pub(crate) fn count(&self) -> usize {
        self.issued.lock().len()
    }

    fn sign(&self, name: &str, uri: &str) -> Der {
        let extensions = format!(
            "basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment\n\
             extendedKeyUsage = serverAuth,clientAuth\nsubjectAltName = URI:{uri},DNS:localhost,IP:127.0.0.1\n\
             subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
        );
        std::fs::write(self.folder.join(format!("{name}.ext")), extensions).unwrap();
        self.openssl(&format!(
            "ca -config ca.cnf -batch -notext -in {name}.csr -out {name}.pem -extfile {name}.ext -subj /CN={name}"
        ));
        self.openssl(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        self.read(&format!("{name}.der"))
    }

    fn read(&self, name: &str) -> Der {
        Der(std::fs::read(self.folder.join(name)).unwrap())
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(&self.folder).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[async_trait]
impl Issuing for Authority {
    async fn issue(&self, request: &IssueRequest) -> Result<IssueAnswer> {
        let mut issued = self.issued.lock();
        let key = [request.device.as_bytes(), &request.push.to_le_bytes(), &request.signing_request].concat();
        let name = format!("{}-{}-{}", request.device, request.push, issued.len());
        let certificate = issued.entry(key).or_insert_with(|| {
            std::fs::write(self.folder.join("request.der"), &request.signing_request).unwrap();
            self.openssl(&format!("req -inform DER -in request.der -verify -out {name}.csr -config ca.cnf"));
            self.sign(&name, &self.uri)
        });
        Ok(IssueAnswer::Issued(Issued { certificate: certificate.clone(), issuers: vec![self.certificate()] }))
    }
}
