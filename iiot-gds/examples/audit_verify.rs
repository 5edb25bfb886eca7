//! Verifies the audit record of a certificate manager, and that what is on record of certificates is what it says.
//!
//! ```sh
//! audit_verify sqlite:gds.db --key checkpoints.der --marks marks.json
//! audit_verify exported.jsonl --key checkpoints.pem
//! ```
//!
//! It ends with 0 where all is as it was written, with 1 where it names the first entry that is not, with 2 where it could not
//! look.

use std::fs::File;
use std::io::BufReader;
use std::process::ExitCode;

use iiot_core::{Error, ErrorKind, Result};
use iiot_gds::audit::{Finding, Marks, MarksFile, Verified, verify_export, verify_store};
use iiot_gds::store;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => verify(options).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(Ok(Verified { entries, signed })) => {
            println!("{entries} entries are as they were written, {signed} of them under a signed checkpoint");
            ExitCode::SUCCESS
        }
        Ok(Err(finding)) => {
            println!("{finding}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("{}", error.report());
            ExitCode::from(2)
        }
    }
}

async fn verify(options: Options) -> Result<Result<Verified, Finding>> {
    let Options { source, public_keys, marks } = options;
    if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| source.starts_with(scheme)) {
        return verify_store(&*store::inspect(&source).await?, public_keys, marks.as_ref()).await;
    }
    let file =
        File::open(&source).map_err(|cause| failed("the file cannot be opened").with("file", source).because(cause))?;
    verify_export(BufReader::new(file), public_keys, marks.as_ref())
}

struct Options {
    source: String,
    public_keys: Vec<Vec<u8>>,
    marks: Option<Marks>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let usage =
            || failed("usage: audit_verify (sqlite:PATH | postgres://… | FILE.jsonl) [--key FILE]... [--marks FILE]");
        let (mut source, mut public_keys, mut marks) = (None, Vec::new(), None);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--key" => public_keys.push(public_key(&arguments.next().ok_or_else(usage)?)?),
                "--marks" => marks = MarksFile::new(arguments.next().ok_or_else(usage)?).read()?,
                _ if source.is_none() && !argument.starts_with("--") => source = Some(argument),
                _ => return Err(usage()),
            }
        }
        Ok(Self { source: source.ok_or_else(usage)?, public_keys, marks })
    }
}

/// A public key as SubjectPublicKeyInfo, DER or PEM.
fn public_key(path: &str) -> Result<Vec<u8>> {
    let wrong = |what| failed(what).with("file", path);
    let bytes = std::fs::read(path).map_err(|cause| wrong("the key cannot be read").because(cause))?;
    if !bytes.starts_with(b"-----BEGIN") {
        return Ok(bytes);
    }
    match der::pem::decode_vec(&bytes) {
        Ok(("PUBLIC KEY", der)) => Ok(der),
        _ => Err(wrong("the file is no public key (PEM, PUBLIC KEY)")),
    }
}

fn failed(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "verify the audit record", message)
}
