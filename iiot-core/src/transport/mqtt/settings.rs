//! Options behind the `?` of a broker's URL.

use std::time::Duration;

use super::options::{MqttOptions, MqttTls, MqttVersion, refused};
use crate::error::Result;
use crate::transport::setting::file;
use crate::transport::{Message, QualityOfService, referred_secret};

/// Applies one pair.
pub(super) fn apply(options: &mut MqttOptions, name: &str, value: &str) -> Result<()> {
    let seconds = || {
        let number: Option<u32> = value.parse().ok();
        number
            .map(|number| Duration::from_secs(number.into()))
            .ok_or_else(|| refused("this setting is in whole seconds"))
    };
    match name {
        "version" => options.version = version(value)?,
        "client-id" => options.client_id = value.to_owned(),
        "user" => options.user = Some(value.to_owned()),
        "password" => options.password = Some(referred_secret(value)?.expose().to_owned()),
        "ca" | "certificate" | "key" => {
            let tls = tls(options)?;
            let place = match name {
                "ca" => &mut tls.ca_pem,
                "certificate" => &mut tls.certificate_pem,
                _ => &mut tls.key_pem,
            };
            *place = Some(file(value, "read MQTT options")?);
        }
        "keep-alive" => options.keep_alive = seconds()?,
        "session-expiry" => options.session_expiry = seconds()?,
        "will-topic" => will(options).topic = value.to_owned(),
        "will-payload" => will(options).payload = value.to_owned().into(),
        _ => return Err(refused("an MQTT broker's URL has no such setting")),
    }
    Ok(())
}

fn version(text: &str) -> Result<MqttVersion> {
    match text {
        "5" => Ok(MqttVersion::V5),
        "3.1.1" => Ok(MqttVersion::V311),
        _ => Err(refused("the version is 5 or 3.1.1")),
    }
}

fn tls(options: &mut MqttOptions) -> Result<&mut MqttTls> {
    options.tls.as_mut().ok_or_else(|| refused("certificates need a URL that starts with mqtts:// or wss://"))
}

fn will(options: &mut MqttOptions) -> &mut Message {
    let empty = || Message { retain: true, quality: QualityOfService::AtLeastOnce, ..Message::default() };
    options.will.get_or_insert_with(empty)
}
