//! What a server is and can take.

use std::collections::{BTreeMap, HashMap};

use iiot_core::Result;
use iiot_core::session::{ServerLimits, Session, SessionExt};
use iiot_core::time::UtcTime;
use iiot_core::ua::{NodeId, VariableId, Variant};

use super::visit::Visit;
use crate::capabilities::{BuildInfo, CapabilitiesResponse};

use VariableId as Id;

const TEXTS: [VariableId; 8] = [
    Id::Server_ServerArray,
    Id::Server_ServerCapabilities_ServerProfileArray,
    Id::Server_ServerCapabilities_LocaleIdArray,
    Id::Server_ServerStatus_BuildInfo_ProductName,
    Id::Server_ServerStatus_BuildInfo_ProductUri,
    Id::Server_ServerStatus_BuildInfo_ManufacturerName,
    Id::Server_ServerStatus_BuildInfo_SoftwareVersion,
    Id::Server_ServerStatus_BuildInfo_BuildNumber,
];

const HISTORY: [VariableId; 8] = [
    Id::HistoryServerCapabilities_AccessHistoryDataCapability,
    Id::HistoryServerCapabilities_AccessHistoryEventsCapability,
    Id::HistoryServerCapabilities_InsertDataCapability,
    Id::HistoryServerCapabilities_ReplaceDataCapability,
    Id::HistoryServerCapabilities_UpdateDataCapability,
    Id::HistoryServerCapabilities_DeleteRawCapability,
    Id::HistoryServerCapabilities_DeleteAtTimeCapability,
    Id::HistoryServerCapabilities_InsertAnnotationCapability,
];

pub(super) async fn capabilities(visit: &Visit) -> Result<CapabilitiesResponse> {
    let told =
        Told::by(visit, &[&TEXTS, &HISTORY, ServerLimits::VARIABLES, &[Id::Server_ServerStatus_StartTime]]).await?;
    let [servers, profiles, locales, name, uri, maker, version, number] = TEXTS.map(|id| told.texts(id));
    let one = |texts: Vec<String>| texts.into_iter().next().unwrap_or_default();
    Ok(CapabilitiesResponse {
        namespaces: visit.namespaces.to_vec(),
        servers,
        profiles,
        locales,
        limits: told.named(ServerLimits::VARIABLES, limit),
        build: BuildInfo {
            product_name: one(name),
            product_uri: one(uri),
            manufacturer_name: one(maker),
            software_version: one(version),
            build_number: one(number),
        },
        start_time: told.0.get(&(Id::Server_ServerStatus_StartTime as u32)).and_then(time),
        history: told.named(&HISTORY, boolean),
        concerns: visit.session.concerns().iter().map(|concern| concern.to_string()).collect(),
    })
}

/// What the server says of itself, by number of the variable.
struct Told(HashMap<u32, Variant>);

impl Told {
    async fn by(visit: &Visit, wanted: &[&[VariableId]]) -> Result<Self> {
        let ids: Vec<VariableId> = wanted.concat();
        let nodes: Vec<NodeId> = ids.iter().map(|id| (*id).into()).collect();
        let values = visit.session.read_values(&nodes).await?;
        let told = ids.iter().zip(values).filter_map(|(id, value)| Some((*id as u32, value.value?)));
        Ok(Self(told.collect()))
    }

    /// Those that say something, by the last part of the variable's name.
    fn named<T>(&self, ids: &[VariableId], convert: fn(&Variant) -> Option<T>) -> BTreeMap<String, T> {
        let named = |id: &VariableId| Some((last_part(*id), convert(self.0.get(&(*id as u32))?)?));
        ids.iter().filter_map(named).collect()
    }

    fn texts(&self, id: VariableId) -> Vec<String> {
        let one = |value: &Variant| match value {
            Variant::String(text) if !text.is_null() => Some(text.as_ref().to_owned()),
            _ => None,
        };
        match self.0.get(&(id as u32)) {
            Some(Variant::Array(array)) => array.values.iter().filter_map(one).collect(),
            other => other.and_then(one).into_iter().collect(),
        }
    }
}

fn last_part(id: VariableId) -> String {
    let name = format!("{id:?}");
    name.rsplit('_').next().unwrap_or(&name).to_owned()
}

/// 0 means that there is none.
fn limit(value: &Variant) -> Option<u32> {
    let limit = match value {
        Variant::UInt32(limit) => *limit,
        Variant::UInt16(limit) => (*limit).into(),
        _ => return None,
    };
    Some(limit).filter(|limit| *limit > 0)
}

fn boolean(value: &Variant) -> Option<bool> {
    match value {
        Variant::Boolean(value) => Some(*value),
        _ => None,
    }
}

fn time(value: &Variant) -> Option<UtcTime> {
    match value {
        Variant::DateTime(time) => UtcTime::from_wire(time.ticks()),
        _ => None,
    }
}
