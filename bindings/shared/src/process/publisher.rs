//! A publisher in the process of the host program: of values that it gives, and of nodes of servers.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use iiot::app::App;
use iiot::core::trust::MemoryTrustStore;
use iiot::core::ua::trust::TrustPolicy;
use iiot::pki::Renewal;
use iiot::publisher::config::load_as;
use iiot::publisher::profile::Dialect;
use iiot::publisher::service::{Parts, Publisher};
use iiot::{Connector, Error, ErrorKind, Result, UaConnector, UaConnectorOptions, capabilities};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::given::{Field, Given, NAMESPACE, URL, WithGiven};
use super::settings::{Full, KeyOptions, OneOrMore, client, interval, sinks, storage};
use super::{Assembled, Ports};
use crate::options::wrong;
use crate::reach::clock;

/// What is published, and where to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PublisherOptions {
    /// PublisherId in messages and topics. Default `iiot`.
    publisher_id: Option<String>,
    /// Where messages go: an address as the example `edge` takes it, or `host:KEY`; several, with names.
    sink: OneOrMore,
    /// Fields that the host program gives values for: names, whose values are Double, or `{"name", "dataType"}` with the name of a
    /// built-in type, and `[]` behind it for an array.
    #[serde(default)]
    fields: Vec<FieldOption>,
    /// How they are published: the members of an entry of published nodes, such as `DataSetWriterId`, `DataSetWriterGroup`,
    /// `MessagingMode`, `QueueName`, `BatchSize`.
    #[serde(default)]
    data_set: Map<String, Value>,
    /// Nodes of servers: entries as a file of published nodes has them.
    #[serde(default)]
    published_nodes: Vec<Value>,
    /// Messages as OPC Publisher sends them by default.
    #[serde(default)]
    compatible: bool,
    /// Folder where values are safe until the sink has them. Without it they wait in memory.
    data: Option<PathBuf>,
    /// Values of each writer group that wait for the sink in the data folder, in MiB. Default 1024.
    log_mib: Option<u64>,
    /// What happens to values when that is full.
    #[serde(default)]
    when_full: Full,
    /// Folder of certificates, for servers. Without one we have none.
    pki: Option<PathBuf>,
    /// Where our key is.
    #[serde(default)]
    key: KeyOptions,
    /// Danger: connects to servers that nobody trusted.
    #[serde(default)]
    trust_all: bool,
    /// How often a broker is told that the publisher works, in seconds; 0 never. Default 60.
    status_interval: Option<u64>,
    /// Publishes the JSON Schema of each data set beside its metadata.
    #[serde(default)]
    schemas: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FieldOption {
    Name(String),
    Typed(TypedField),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TypedField {
    name: String,
    data_type: String,
}

impl FieldOption {
    fn field(&self) -> Result<Field> {
        let (name, data_type) = match self {
            Self::Name(name) => (name, "Double"),
            Self::Typed(TypedField { name, data_type }) => (name, data_type.as_str()),
        };
        let (scalar, is_array) = data_type.strip_suffix("[]").map_or((data_type, false), |scalar| (scalar, true));
        let place = TYPES.iter().position(|known| *known == scalar);
        let data_type = place.ok_or_else(|| {
            let message = format!("the data type is none of {}", TYPES.join(", "));
            Error::new(ErrorKind::InvalidArgument, "read options", message).with("member", "fields").with("field", name)
        })?;
        Ok(Field { name: name.clone(), data_type: data_type as u8 + 1, is_array })
    }
}

impl PublisherOptions {
    fn given(&self) -> Result<Arc<Given>> {
        let fields: Vec<Field> = self.fields.iter().map(FieldOption::field).collect::<Result<_>>()?;
        let mut names = HashSet::new();
        match fields.iter().all(|field| !field.name.is_empty() && names.insert(field.name.as_str())) {
            true => Ok(Given::new(fields)),
            false => Err(wrong("fields", "each needs a name of its own")),
        }
    }

    /// All that is published, as a file of published nodes would say it.
    fn entries(&self) -> Result<String> {
        let mut entries = self.published_nodes.clone();
        if !self.fields.is_empty() {
            entries.push(self.entry()?);
        }
        match entries.is_empty() {
            true => Err(wrong("fields", "nothing is to be published: name fields, or publishedNodes")),
            false => Ok(Value::Array(entries).to_string()),
        }
    }

    fn entry(&self) -> Result<Value> {
        let mut entry = self.data_set.clone();
        let ours = ["EndpointUrl", "UseSecurity", "OpcNodes"];
        if ours.iter().any(|member| entry.contains_key(*member)) {
            return Err(wrong("dataSet", "EndpointUrl, UseSecurity and OpcNodes are those of the fields"));
        }
        let name = |field: &FieldOption| match field {
            FieldOption::Name(name) => name.clone(),
            FieldOption::Typed(typed) => typed.name.clone(),
        };
        let node = |name: String| json!({ "Id": format!("nsu={NAMESPACE};s={name}"), "DataSetFieldId": name });
        let nodes: Vec<Value> = self.fields.iter().map(name).map(node).collect();
        entry.extend([
            ("EndpointUrl".into(), json!(URL)),
            ("UseSecurity".into(), json!(false)),
            ("OpcNodes".into(), json!(nodes)),
        ]);
        Ok(entry.into())
    }

    async fn servers(&self, name: &str) -> Result<(Arc<dyn Connector>, Option<Renewal>)> {
        if let Some(folder) = &self.pki {
            let (pki, connector) = client(folder, name, &self.key, self.trust_all).await?;
            return Ok((Arc::new(connector), Some(Renewal::start(pki, clock()))));
        }
        let trust_policy = TrustPolicy { danger_accept_untrusted: self.trust_all, ..TrustPolicy::default() };
        let options = UaConnectorOptions::new(format!("urn:iiot:{name}"), Arc::new(MemoryTrustStore::default()));
        Ok((Arc::new(UaConnector::new(UaConnectorOptions { trust_policy, ..options })), None))
    }
}

pub(crate) async fn assemble(options: PublisherOptions, ports: &Ports) -> Result<Assembled> {
    let publisher_id = options.publisher_id.clone().unwrap_or_else(|| "iiot".into());
    let given = options.given()?;
    let loaded = load_as(&options.entries()?, Dialect::compatible(options.compatible))?;
    if let Some(finding) = loaded.findings.first() {
        return Err(Error::new(ErrorKind::InvalidArgument, "read options", finding.to_string())
            .with("member", "publishedNodes"));
    }
    let (servers, renewal) = options.servers(&publisher_id).await?;
    let status_interval = interval(options.status_interval, 60);
    let sinks = sinks(status_interval.map(|_| publisher_id.as_str()), &options.sink, ports).await?;
    let (ledger, store) = storage(options.data.as_deref(), options.log_mib, options.when_full)?;
    let connector = Arc::new(WithGiven { given: Arc::clone(&given), servers });
    let (ledger, schemas) = (Arc::new(ledger), options.schemas);
    let parts = Parts { connector, sinks, clock: clock(), ledger, store, publisher_id, status_interval, schemas };
    let publisher = Arc::new(Publisher::start(&loaded.plan, parts));
    let capabilities = vec![capabilities::of_publisher(&publisher)];
    let app = renewal.into_iter().fold(App::new(), App::with).with_shared(publisher);
    Ok(Assembled { app, capabilities, values: Some(given), http: None })
}

/// The built-in types, in the order of their numbers (OPC 10000-6 Table 1), as far as a host program writes them.
const TYPES: [&str; 13] = [
    "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String",
    "DateTime",
];
