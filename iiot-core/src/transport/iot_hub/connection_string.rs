//! Who we are at an IoT Hub.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::sas::{SasKey, SasTokens};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::mqtt::{MqttOptions, MqttTls, MqttVersion};

/// How to reach an IoT Hub, and as whom.
#[derive(Clone)]
pub struct IotHubOptions {
    /// Name of the hub: `plant.azure-devices.net`.
    pub host: String,
    /// The host that is connected to where that is another, such as an IoT Edge in front of the hub.
    pub gateway: Option<String>,
    /// Port for MQTT over TLS. Default 8883.
    pub port: u16,
    /// Name of the device.
    pub device: String,
    /// Name of the module of the device, if we are one.
    pub module: Option<String>,
    /// How we prove it.
    pub access: IotHubAccess,
    /// PEM with the authorities to trust instead of the public ones.
    pub ca_pem: Option<Vec<u8>>,
    /// How long a signature is good. Default 1 h.
    pub token_lifetime: Duration,
}

/// How a device proves who it is.
#[derive(Clone)]
pub enum IotHubAccess {
    /// By a key that the hub knows too.
    Key(SasKey),
    /// By a certificate.
    Certificate {
        /// PEM with the certificate chain, leaf first.
        certificate_pem: Vec<u8>,
        /// PEM with the private key.
        key_pem: Vec<u8>,
    },
}

impl IotHubOptions {
    /// Options for a device with this access.
    #[must_use]
    pub fn new(host: impl Into<String>, device: impl Into<String>, access: IotHubAccess) -> Self {
        Self {
            host: host.into(),
            gateway: None,
            port: 8883,
            device: device.into(),
            module: None,
            access,
            ca_pem: None,
            token_lifetime: Duration::from_secs(3600),
        }
    }

    /// Options from `HostName=…;DeviceId=…;SharedAccessKey=…`, in any order, with `ModuleId` and
    /// `GatewayHostName` where there are any.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the part that is missing or wrong and never showing the text.
    pub fn from_connection_string(text: &str) -> Result<Self> {
        let parts = Parts::read(text)?;
        let key = SasKey::from_base64(parts.required("SharedAccessKey")?)?;
        parts.options(IotHubAccess::Key(key))
    }

    /// Options from `HostName=…;DeviceId=…;x509=true`, for a device with a certificate.
    ///
    /// # Errors
    /// As [`from_connection_string`](Self::from_connection_string).
    pub fn with_certificate(text: &str, certificate_pem: Vec<u8>, key_pem: Vec<u8>) -> Result<Self> {
        Parts::read(text)?.options(IotHubAccess::Certificate { certificate_pem, key_pem })
    }

    /// `iothub://HOST/DEVICE`, for messages to people.
    #[must_use]
    pub fn address(&self) -> String {
        let module = self.module.iter().map(|module| format!("/{module}"));
        format!("iothub://{}/{}{}", self.host, self.device, module.collect::<String>())
    }

    /// What a hub wants of an MQTT client: version 3.1.1, its names in a fixed form.
    ///
    /// # Errors
    /// `InvalidArgument` for names that cannot be.
    pub fn mqtt(&self) -> Result<MqttOptions> {
        let names = [Some(&self.device), self.module.as_ref()].into_iter().flatten();
        if names.clone().any(|name| name.is_empty() || name.contains(['/', '+', '#'])) {
            return Err(refused("device and module have names without / + #"));
        }
        let client_id = names.cloned().collect::<Vec<_>>().join("/");
        let (certificate_pem, key_pem, token) = match &self.access {
            IotHubAccess::Key(key) => {
                let tokens = SasTokens::new(key.clone(), &self.resource(), self.token_lifetime);
                (None, None, Some(Arc::new(tokens) as _))
            }
            IotHubAccess::Certificate { certificate_pem, key_pem } => {
                (Some(certificate_pem.clone()), Some(key_pem.clone()), None)
            }
        };
        Ok(MqttOptions {
            version: MqttVersion::V311,
            tls: Some(MqttTls { ca_pem: self.ca_pem.clone(), certificate_pem, key_pem }),
            user: Some(format!("{}/{client_id}/?api-version={API_VERSION}", self.host)),
            token,
            client_id,
            max_packet: MAX_PACKET,
            ..MqttOptions::new(self.gateway.as_ref().unwrap_or(&self.host), self.port)
        })
    }

    /// What a signature is for.
    fn resource(&self) -> String {
        let module = self.module.iter().map(|module| format!("/modules/{module}"));
        format!("{}/devices/{}{}", self.host, self.device, module.collect::<String>())
    }
}

/// `Name=value` pairs.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self> {
        let pairs = text.trim().split(';').filter(|pair| !pair.is_empty());
        let pair = |pair: &'a str| pair.split_once('=').ok_or_else(|| refused("it is not made of NAME=VALUE;…"));
        pairs.map(pair).collect::<Result<_>>().map(Self)
    }

    fn part(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    fn required(&self, name: &'static str) -> Result<&'a str> {
        self.part(name).ok_or_else(|| refused("a part of the connection string is missing").with("part", name))
    }

    fn options(&self, access: IotHubAccess) -> Result<IotHubOptions> {
        Ok(IotHubOptions {
            gateway: self.part("GatewayHostName").map(str::to_owned),
            module: self.part("ModuleId").map(str::to_owned),
            ..IotHubOptions::new(self.required("HostName")?, self.required("DeviceId")?, access)
        })
    }
}

impl fmt::Debug for IotHubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IotHubOptions")
            .field("address", &self.address())
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IotHubAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Certificate { .. } => "Certificate",
        })
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, "read IoT Hub connection string", message)
}

const API_VERSION: &str = "2021-04-12";
/// A message and what MQTT puts in front of it.
const MAX_PACKET: u32 = (256 << 10) + 1024;
