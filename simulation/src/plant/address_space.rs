//! The nodes of a server of the plant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use stock::nodes::{MethodBuilder, ObjectBuilder, VariableBuilder};
use stock::server::address_space::AddressSpace;
use stock::server::node_manager::memory::SimpleNodeManager;
use stock::types::{Argument, DataTypeId, NodeId, ObjectId, QualifiedName, VariableTypeId, Variant};

use super::station::SIGNALS;

/// Types of [`SIGNALS`], in the same order, and whether they are arrays.
const TYPES: [(DataTypeId, bool); SIGNALS.len()] = [
    (DataTypeId::UInt64, false),
    (DataTypeId::Int64, false),
    (DataTypeId::Double, false),
    (DataTypeId::Double, false),
    (DataTypeId::Float, false),
    (DataTypeId::Boolean, false),
    (DataTypeId::String, false),
    (DataTypeId::Double, true),
    (DataTypeId::ThreeDCartesianCoordinates, false),
    (DataTypeId::Double, false),
];

/// The names of the first `count` variables: `Station01.Counter` and so on.
pub(super) fn node_names(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("{}.{}", station_name(index / SIGNALS.len()), SIGNALS[index % SIGNALS.len()]))
        .collect()
}

/// Creates an object for each station with its variables, and the method of the plant.
pub(super) fn populate(manager: &SimpleNodeManager, namespace: u16, names: &[String], resets: &Arc<AtomicU64>) {
    let mut space = manager.address_space().write();
    for (station, variables) in names.chunks(SIGNALS.len()).enumerate() {
        let name = station_name(station);
        let object = NodeId::new(namespace, name.clone());
        ObjectBuilder::new(&object, QualifiedName::new(namespace, name.as_str()), name.as_str())
            .organized_by(ObjectId::ObjectsFolder)
            .insert(&mut *space);
        for (variable, (data_type, is_array)) in variables.iter().zip(TYPES) {
            add_variable(&mut space, namespace, &object, variable, data_type, is_array);
        }
    }
    let method = add_reset(&mut space, namespace);
    let (resets, counters) = (Arc::clone(resets), names.len().div_ceil(SIGNALS.len()) as u32);
    manager.inner().add_method_callback(method, move |_| {
        resets.fetch_add(1, Relaxed);
        Ok(vec![Variant::from(counters)])
    });
}

fn station_name(index: usize) -> String {
    format!("Station{:02}", index + 1)
}

fn add_variable(
    space: &mut AddressSpace,
    namespace: u16,
    parent: &NodeId,
    name: &str,
    data_type: DataTypeId,
    is_array: bool,
) {
    let node = NodeId::new(namespace, name);
    let browse_name = name.split('.').next_back().unwrap_or(name);
    let variable = VariableBuilder::new(&node, QualifiedName::new(namespace, browse_name), browse_name)
        .data_type(data_type)
        .has_type_definition(VariableTypeId::BaseDataVariableType)
        .component_of(parent.clone());
    let variable = if is_array { variable.value_rank(1).array_dimensions(&[0]) } else { variable.value_rank(-1) };
    variable.insert(space);
}

/// `ResetCounters() -> Count`: every station counts what it produces from zero again.
fn add_reset(space: &mut AddressSpace, namespace: u16) -> NodeId {
    let method = NodeId::new(namespace, "ResetCounters");
    let output = Argument {
        name: "Count".into(),
        data_type: DataTypeId::UInt32.into(),
        value_rank: -1,
        description: "counters that start at zero again".into(),
        ..Argument::default()
    };
    MethodBuilder::new(&method, QualifiedName::new(namespace, "ResetCounters"), "ResetCounters")
        .component_of(ObjectId::ObjectsFolder)
        .output_args(space, &NodeId::new(namespace, "ResetCounters.OutputArguments"), &[output])
        .executable(true)
        .user_executable(true)
        .insert(space);
    method
}
