//! Flags of processes that have keys.

use std::path::PathBuf;

use clap::Args;
use iiot::core::Result;
use iiot::core::keys::Passphrase;
#[cfg(feature = "pkcs11")]
use iiot::core::keys::Pkcs11Options;
#[cfg(feature = "pkcs11")]
use iiot::core::{Error, ErrorKind};
use iiot::pki::{KeyPlace, passphrase};

/// Where our key is, or our keys are.
#[derive(Args)]
pub(crate) struct KeyFlags {
    /// Encrypts keys with what is in this file, or in the variable IIOT_KEY_PASSPHRASE
    #[arg(long, env = "IIOT_KEY_PASSPHRASE_FILE", value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// Library of a PKCS#11 token that makes and keeps keys
    #[cfg(feature = "pkcs11")]
    #[arg(long, env = "IIOT_PKCS11_MODULE", value_name = "FILE", requires = "pkcs11_token")]
    pkcs11_module: Option<PathBuf>,
    /// Label of the token
    #[cfg(feature = "pkcs11")]
    #[arg(long, env = "IIOT_PKCS11_TOKEN", value_name = "LABEL", requires = "pkcs11_module")]
    pkcs11_token: Option<String>,
    /// File with the PIN of the token, which else is in the variable IIOT_PKCS11_PIN
    #[cfg(feature = "pkcs11")]
    #[arg(long, env = "IIOT_PKCS11_PIN_FILE", value_name = "FILE", requires = "pkcs11_module")]
    pkcs11_pin_file: Option<PathBuf>,
}

impl KeyFlags {
    /// The place.
    ///
    /// # Errors
    /// `InvalidArgument` if a passphrase or a PIN is missing or empty; `Io` if its file cannot be read.
    pub(crate) fn place(&self) -> Result<KeyPlace> {
        #[cfg(feature = "pkcs11")]
        if let (Some(module), Some(token)) = (self.pkcs11_module.clone(), self.pkcs11_token.clone()) {
            let pin = passphrase(self.pkcs11_pin_file.as_deref(), "IIOT_PKCS11_PIN")?;
            let missing = "the token has a PIN; give a file with it, or the variable IIOT_PKCS11_PIN";
            let pin = pin.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "open the token", missing))?;
            return Ok(KeyPlace::Token(Pkcs11Options { module, token, pin }));
        }
        Ok(self.passphrase()?.map_or(KeyPlace::File, KeyPlace::SealedFile))
    }

    /// What keys in files are encrypted with, if anything.
    ///
    /// # Errors
    /// `InvalidArgument` if it is empty; `Io` if its file cannot be read.
    pub(crate) fn passphrase(&self) -> Result<Option<Passphrase>> {
        passphrase(self.key_passphrase_file.as_deref(), "IIOT_KEY_PASSPHRASE")
    }
}
