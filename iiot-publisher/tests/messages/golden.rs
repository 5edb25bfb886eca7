//! The messages as they go out, byte for byte as in `golden/`.

use std::path::PathBuf;

use iiot_core::testing::repository;
use iiot_publisher::profile::{Dialect, MessageEncoding, MessageProfile, MessagingMode};

use crate::data_set::messages;

/// Every supported mode and encoding in both dialects.
pub(crate) fn profiles() -> Vec<MessageProfile> {
    let dialects = [Dialect::Strict, Dialect::Compatible];
    let pairs = MessagingMode::ALL.iter().flat_map(|mode| MessageEncoding::ALL.iter().map(|one| (*mode, *one)));
    let profile = |(mode, encoding)| dialects.map(|dialect| MessageProfile::new(mode, encoding, dialect));
    pairs.flat_map(profile).flatten().collect()
}

/// The text of a file: a message in each line; what is binary in hexadecimal.
fn text(profile: MessageProfile) -> String {
    let line = |payload: &[u8]| match profile.is_binary() {
        true => payload.iter().map(|byte| format!("{byte:02x}")).collect(),
        false => String::from_utf8(uncompressed(profile, payload)).unwrap(),
    };
    messages(profile).iter().map(|message| line(&message.payload) + "\n").collect()
}

/// The JSON text of a payload.
pub(crate) fn uncompressed(profile: MessageProfile, payload: &[u8]) -> Vec<u8> {
    if !profile.is_compressed() {
        return payload.to_vec();
    }
    let mut text = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(payload), &mut text).unwrap();
    text
}

/// Compressed messages have the file of what is in them.
fn file(profile: MessageProfile) -> PathBuf {
    let encoding = profile.encoding().name().trim_end_matches("Gzip");
    let dialect = if profile.is_strict() || profile.is_binary() { "" } else { ".compatible" };
    let kind = if profile.is_binary() { "hex" } else { "json" };
    let name = format!("{}.{encoding}{dialect}.{kind}", profile.mode().name());
    golden().join(name)
}

fn golden() -> PathBuf {
    repository().join("iiot-publisher/tests/golden")
}

#[test]
fn messages_are_as_in_the_golden_files() {
    for profile in profiles() {
        let (path, text) = (file(profile), text(profile));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(expected == text, "{profile} is not as in {}", path.display());
    }
}

#[test]
fn no_golden_file_is_left_over() {
    let known: Vec<_> = profiles().into_iter().map(file).collect();
    for entry in std::fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} belongs to no profile", path.display());
    }
}
