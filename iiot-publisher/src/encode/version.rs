//! Versions of metadata.

use iiot_core::time::UtcTime;

use crate::meta_data_version::KnownMetaData;

/// ConfigurationVersionDataType (OPC 10000-14 §6.2.3.2.6): seconds since 2000-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MetaDataVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl From<&KnownMetaData> for MetaDataVersion {
    fn from(known: &KnownMetaData) -> Self {
        Self { major: known.major_version, minor: known.minor_version }
    }
}

impl MetaDataVersion {
    /// The version that begins at `utc`.
    pub(crate) fn at(utc: UtcTime) -> Self {
        const TICKS_OF_2000: i64 = 125_911_584_000_000_000;
        let seconds = (utc.ticks() - TICKS_OF_2000) / 10_000_000;
        let version = u32::try_from(seconds.clamp(1, u32::MAX.into())).unwrap_or(u32::MAX);
        Self { major: version, minor: version }
    }

    /// The version that follows this one at `utc`; always a larger one.
    pub(crate) fn next(self, utc: UtcTime) -> Self {
        let now = Self::at(utc).major.max(self.major.saturating_add(1));
        Self { major: now, minor: now }
    }
}
