//! Serial numbers.

use std::fmt;
use std::str::FromStr;

use iiot_core::ua::trust::{Certificate, draft};
use iiot_core::{Error, ErrorKind, Result};
use x509_cert::serial_number::SerialNumber;

/// The number that an issuer gives to one certificate and never again (RFC 5280 §4.1.2.2).
///
/// Its text is hexadecimal in lower case, two digits a byte.
///
/// ```
/// use iiot_gds::pki::Serial;
///
/// let serial = Serial::random()?;
/// assert_eq!(serial.to_string().len(), 32);
/// assert_eq!(serial.to_string().parse::<Serial>()?, serial);
/// # Ok::<(), iiot_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// Sixteen random bytes, positive: nobody can guess the next one.
    ///
    /// # Errors
    /// If the machine gives no random numbers.
    pub fn random() -> Result<Self> {
        let number = draft::random_serial().map_err(|cause| {
            Error::new(ErrorKind::Internal, "make serial number", "the machine gives no random numbers").because(cause)
        })?;
        Ok(Self(number.as_bytes().to_vec()))
    }

    /// The number of a certificate (DER).
    ///
    /// # Errors
    /// If it is none, or its number is not positive or longer than 20 bytes.
    pub fn of(certificate: &[u8]) -> Result<Self> {
        Certificate::parse(certificate)?.serial().parse()
    }

    pub(super) fn number(&self) -> der::Result<SerialNumber> {
        SerialNumber::new(&self.0)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Serial {
    type Err = Error;

    /// Takes 1 to 20 bytes that are a positive number, written as short as it can be.
    fn from_str(text: &str) -> Result<Self> {
        let bytes = bytes(text).filter(|bytes| is_canonical(bytes)).ok_or_else(|| {
            let message = "it is no positive number of 1 to 20 bytes in hexadecimal";
            Error::new(ErrorKind::InvalidArgument, "read serial number", message)
        })?;
        Ok(Self(bytes))
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let byte = |digits: &[u8]| {
        let [high, low] = digits else { return None };
        let value = |digit: u8| char::from(digit).to_digit(16);
        u8::try_from(value(*high)? << 4 | value(*low)?).ok()
    };
    if text.len() > 2 * MAX_LENGTH {
        return None;
    }
    text.as_bytes().chunks(2).map(byte).collect()
}

/// Whether it is the one way to write this number: a byte in front would change the text, not the number.
fn is_canonical(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first != 0)
        && SerialNumber::<x509_cert::certificate::Rfc5280>::new(bytes).is_ok()
}

const MAX_LENGTH: usize = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn random_ones_are_positive_and_differ() {
        let (one, other) = (Serial::random().unwrap(), Serial::random().unwrap());
        assert_ne!(one, other);
        assert!(one.0.len() == 16 && one.0[0] < 0x80);
    }

    #[test]
    fn a_number_has_one_text() {
        for text in ["01", "7f", "ff", "0a0b0c"] {
            assert_eq!(text.parse::<Serial>().unwrap().to_string(), text);
        }
        assert_eq!("AB".parse::<Serial>().unwrap().to_string(), "ab");
        for text in ["", "0", "00", "0001", "abc", "xy", "ä1", "+1", &"7f".repeat(21), &"ff".repeat(20)] {
            assert_eq!(text.parse::<Serial>().unwrap_err().kind(), ErrorKind::InvalidArgument, "{text}");
        }
    }
}
