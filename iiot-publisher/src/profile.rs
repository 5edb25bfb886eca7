//! What messages look like: messaging mode, encoding and dialect, as plain data.
//!
//! | mode | NetworkMessage header | DataSetMessage header | fields |
//! |---|---|---|---|
//! | `PubSub` | yes | yes | DataValues |
//! | `FullNetworkMessages` | yes | yes | DataValues, with EndpointUrl and ApplicationUri |
//! | `DataSetMessages`, `SingleDataSetMessage` | no | yes | DataValues |
//! | `DataSets`, `SingleDataSet` | no | no | DataValues |
//! | `RawDataSets`, `SingleRawDataSet` | no | no | values alone |
//! | `Samples`, `FullSamples` | no | no | an object for each value |
//!
//! | encoding | strict | compatible |
//! |---|---|---|
//! | `Json`, `JsonGzip` | Compact of 1.05 | NonReversible of 1.04 |
//! | `JsonReversible`, `JsonReversibleGzip` | Reversible of 1.04 | Reversible of 1.04 |
//! | `JsonVerbose`, `JsonVerboseGzip` (ours) | Verbose of 1.05 | Verbose of 1.05 |
//! | `Uadp` | binary (OPC 10000-14 §7.2.4) | the same |
//!
//! Strict is what OPC 10000-14 v1.05 says. Compatible is what OPC Publisher sends without `-c`:
//! writers by name, several NetworkMessages in an array, `uri#…` identifiers.

use std::fmt;

use iiot_core::json::{Encoding, Spelling};
use iiot_core::{Error, ErrorKind, Result};

/// How messages are arranged and encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MessageProfile {
    mode: MessagingMode,
    encoding: MessageEncoding,
    dialect: Dialect,
}

/// How values are arranged in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the table of the module says it")]
pub enum MessagingMode {
    #[default]
    PubSub,
    FullNetworkMessages,
    DataSetMessages,
    SingleDataSetMessage,
    DataSets,
    SingleDataSet,
    RawDataSets,
    SingleRawDataSet,
    Samples,
    FullSamples,
}

/// How messages become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the table of the module says it")]
pub enum MessageEncoding {
    #[default]
    Json,
    JsonReversible,
    JsonVerbose,
    JsonGzip,
    JsonReversibleGzip,
    JsonVerboseGzip,
    Uadp,
}

/// Whose reading of the specification holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// OPC 10000-14 v1.05.
    #[default]
    Strict,
    /// OPC Publisher as it is set up by default.
    Compatible,
}

impl Dialect {
    /// The compatible one, or else the strict one.
    #[must_use]
    pub const fn compatible(compatible: bool) -> Self {
        if compatible { Self::Compatible } else { Self::Strict }
    }
}

impl MessageProfile {
    /// The profile of this pair.
    ///
    /// # Errors
    /// `Unsupported` if there is none: UADP has neither samples nor data sets without a header.
    pub fn new(mode: MessagingMode, encoding: MessageEncoding, dialect: Dialect) -> Result<Self> {
        let profile = Self { mode, encoding, dialect };
        if profile.is_supported() {
            return Ok(profile);
        }
        let cause = "there is no such pair; Uadp goes with PubSub, FullNetworkMessages, DataSetMessages, \
            SingleDataSetMessage, RawDataSets and SingleRawDataSet";
        Err(Error::new(ErrorKind::Unsupported, "choose a message profile", cause)
            .with("mode", mode.name())
            .with("encoding", encoding.name()))
    }

    fn is_supported(&self) -> bool {
        use MessagingMode as Mode;
        let json_only = [Mode::DataSets, Mode::SingleDataSet, Mode::Samples, Mode::FullSamples];
        !self.is_binary() || !json_only.contains(&self.mode)
    }

    /// How values are arranged.
    #[must_use]
    pub const fn mode(&self) -> MessagingMode {
        self.mode
    }

    /// How messages become bytes.
    #[must_use]
    pub const fn encoding(&self) -> MessageEncoding {
        self.encoding
    }

    /// Whose reading of the specification holds.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// MIME type of data messages (OPC 10000-14 §7.3.4.7).
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match (self.is_binary(), self.is_compressed()) {
            (true, _) => "application/opcua+uadp",
            (_, true) => "application/json+gzip",
            _ => "application/json",
        }
    }

    /// Whether messages are UADP.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self.encoding, MessageEncoding::Uadp)
    }

    /// Whether messages are compressed.
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        use MessageEncoding as Encoding;
        matches!(self.encoding, Encoding::JsonGzip | Encoding::JsonReversibleGzip | Encoding::JsonVerboseGzip)
    }

    /// Whether messages follow the specification.
    #[must_use]
    pub const fn is_strict(&self) -> bool {
        matches!(self.dialect, Dialect::Strict)
    }

    /// Whether each value is a message of its own.
    #[must_use]
    pub const fn is_samples(&self) -> bool {
        matches!(self.mode, MessagingMode::Samples | MessagingMode::FullSamples)
    }

    /// Whether a message tells who sends it.
    #[must_use]
    pub const fn has_network_header(&self) -> bool {
        matches!(self.mode, MessagingMode::PubSub | MessagingMode::FullNetworkMessages)
    }

    /// Whether a data set tells its writer, number, time and kind.
    #[must_use]
    pub const fn has_data_set_header(&self) -> bool {
        use MessagingMode as Mode;
        self.has_network_header() || matches!(self.mode, Mode::DataSetMessages | Mode::SingleDataSetMessage)
    }

    /// Whether a message holds one data set.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        use MessagingMode as Mode;
        matches!(self.mode, Mode::SingleDataSetMessage | Mode::SingleDataSet | Mode::SingleRawDataSet)
    }

    /// Whether fields are values without status and time.
    #[must_use]
    pub const fn is_raw(&self) -> bool {
        matches!(self.mode, MessagingMode::RawDataSets | MessagingMode::SingleRawDataSet)
    }

    /// Whether endpoint and application are in each message.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self.mode, MessagingMode::FullNetworkMessages | MessagingMode::FullSamples)
    }

    /// Whether metadata is sent: raw data sets in binary cannot be read without.
    #[must_use]
    pub const fn has_metadata(&self) -> bool {
        !self.is_samples() && (!self.is_raw() || self.is_binary())
    }

    /// How values are written in JSON.
    pub(crate) const fn json_encoding(&self) -> Encoding {
        use MessageEncoding as Name;
        match self.encoding {
            Name::JsonVerbose | Name::JsonVerboseGzip => Encoding::Verbose,
            Name::JsonReversible | Name::JsonReversibleGzip if self.is_raw() => Encoding::NonReversible,
            Name::JsonReversible | Name::JsonReversibleGzip => Encoding::Reversible,
            _ if self.is_strict() => Encoding::Compact,
            _ => Encoding::NonReversible,
        }
    }

    pub(crate) const fn spelling(&self) -> Spelling {
        match self.dialect {
            Dialect::Strict => Spelling::Specification,
            Dialect::Compatible => Spelling::OpcPublisher,
        }
    }
}

impl fmt::Display for MessageProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = if self.is_strict() { "" } else { ", compatible" };
        write!(f, "{} in {}{dialect}", self.mode.name(), self.encoding.name())
    }
}

/// Declares all values of an enumeration and their names.
macro_rules! names {
    ($type:ident, $($value:ident),+) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// Its name in the configuration.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => stringify!($value),)+
                }
            }
        }
    };
}

names!(
    MessagingMode,
    PubSub,
    FullNetworkMessages,
    DataSetMessages,
    SingleDataSetMessage,
    DataSets,
    SingleDataSet,
    RawDataSets,
    SingleRawDataSet,
    Samples,
    FullSamples
);
names!(MessageEncoding, Json, JsonReversible, JsonVerbose, JsonGzip, JsonReversibleGzip, JsonVerboseGzip, Uadp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_but_four_is_supported() {
        let pairs = MessagingMode::ALL.iter().flat_map(|mode| MessageEncoding::ALL.iter().map(|one| (*mode, *one)));
        let refused: Vec<_> = pairs
            .filter_map(|(mode, encoding)| MessageProfile::new(mode, encoding, Dialect::Strict).err())
            .map(|error| error.context()[0].1.clone())
            .collect();
        assert_eq!(refused, ["DataSets", "SingleDataSet", "Samples", "FullSamples"]);
    }
}
