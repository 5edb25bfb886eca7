//! Case 22: types that cannot be, and types without end.

use iiot_core::ua::type_loader::ByteStringBody;
use iiot_core::ua::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResponse, BrowseResult, ByteString, DataValue,
    ExtensionObject, NodeClass, NodeId, QualifiedName, ReadResponse, ReadValueId, ReferenceDescription,
    ReferenceTypeId, Request, StatusCode, StructureDefinition, StructureField, StructureType, Variant,
};

use super::{Case, Task};
use crate::attack::{Act, Attack};
use crate::honest::reference;

/// What the server says of its types: all are structures in namespace 1, the first one is [`ROOT`].
#[derive(Debug, Clone, Copy)]
struct Types {
    definition: fn(u32) -> Option<StructureDefinition>,
    supertype: fn(u32) -> NodeId,
    dictionary: fn() -> Vec<u8>,
    body: fn() -> Vec<u8>,
}

const ROOT: u32 = 1000;
/// Added to the number of a type.
const ENCODING: u32 = 1_000_000_000;
const DESCRIPTION: u32 = 2_000_000_000;
const DICTIONARY: u32 = 3_000_000_000;

const SOUND: Types = Types {
    definition: |_| Some(structure(StructureType::Structure, vec![])),
    supertype: |_| NodeId::new(0, 22),
    dictionary: Vec::new,
    body: || vec![0; 100],
};

/// Only a dictionary tells of the type.
const OLD: Types = Types { definition: |_| None, ..SOUND };

pub(super) fn cases() -> Vec<Case> {
    use StructureType as T;
    let case = |name, types: Types| Case::new(22, name, move || serving(types)).task(Task::ShowStructure);
    vec![
        case(
            "a structure within itself, 100,000 deep",
            Types {
                definition: |own| Some(structure(T::StructureWithOptionalFields, vec![optional(field(own))])),
                body: || [[1, 0, 0, 0].repeat(100_000), vec![0; 4]].concat(),
                ..SOUND
            },
        ),
        case(
            "a structure that always contains itself",
            Types { definition: |own| Some(structure(T::Structure, vec![field(own)])), ..SOUND },
        ),
        case(
            "structures within each other in a circle",
            Types {
                definition: |own| Some(structure(T::Structure, vec![field(ROOT + (own - ROOT + 1) % 50)])),
                ..SOUND
            },
        ),
        case(
            "a union whose switch is out of range",
            Types {
                definition: |_| Some(structure(T::Union, vec![double(), double()])),
                body: || vec![99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                ..SOUND
            },
        ),
        case(
            "a structure of 100,000 fields",
            Types { definition: |_| Some(structure(T::Structure, vec![double(); 100_000])), ..SOUND },
        )
        .megabytes(48),
        case(
            "a structure of a million fields",
            Types { definition: |_| Some(structure(T::Structure, vec![double(); 1_000_000])), ..SOUND },
        )
        .megabytes(48),
        case(
            "types of fields without end",
            Types { definition: |own| Some(structure(T::Structure, vec![field(own + 1)])), ..SOUND },
        ),
        case(
            "a thousand new types in every type",
            Types {
                definition: |own| {
                    let next = |at| field(own.wrapping_mul(1000).wrapping_add(at) % ENCODING);
                    Some(structure(T::Structure, (0..1000).map(next).collect()))
                },
                ..SOUND
            },
        )
        .megabytes(200)
        .slow(),
        case("supertypes without end", Types { supertype: |own| NodeId::new(1, own + 1), ..SOUND }),
        case("a supertype that is its own", Types { supertype: |own| NodeId::new(1, own), ..SOUND }),
        case(
            "a dictionary with 200,000 attributes of an element",
            Types {
                dictionary: || {
                    let attributes: String = (0..200_000).map(|number| format!(" a{number}=''")).collect();
                    format!("<d><e{attributes}/></d>").into_bytes()
                },
                ..OLD
            },
        )
        .megabytes(24),
        case("a dictionary nested 500,000 deep", Types { dictionary: || b"<d>".repeat(500_000), ..OLD }).megabytes(48),
        case(
            "a dictionary whose entities are a billion laughs",
            Types {
                dictionary: || {
                    let entities: String = (1..30).map(|n| format!("<!ENTITY e{n} '&e{0};&e{0};'>", n - 1)).collect();
                    format!("<!DOCTYPE d [<!ENTITY e0 'ha'>{entities}]><d>&e29;</d>").into_bytes()
                },
                ..OLD
            },
        ),
        case("a dictionary of 12 MB", Types { dictionary: || vec![b' '; 12 << 20], ..OLD }).megabytes(64),
    ]
}

fn serving(types: Types) -> Attack {
    Attack::on_request(move |request, _, _| match request {
        Request::Read(read) => {
            let results = read.nodes_to_read.iter().flatten().map(|node| types.attribute(node)).collect();
            Some(Act::Answer(ReadResponse { results: Some(results), ..Default::default() }.into()))
        }
        Request::Browse(browse) => {
            let results = browse.nodes_to_browse.iter().flatten().map(|node| types.references(node)).collect();
            Some(Act::Answer(BrowseResponse { results: Some(results), ..Default::default() }.into()))
        }
        _ => None,
    })
}

impl Types {
    fn attribute(&self, wanted: &ReadValueId) -> DataValue {
        const DEFINITION: u32 = AttributeId::DataTypeDefinition as u32;
        const NAME: u32 = AttributeId::BrowseName as u32;
        const VALUE: u32 = AttributeId::Value as u32;
        let unknown = || DataValue { status: Some(StatusCode::BadAttributeIdInvalid), ..DataValue::null() };
        match (wanted.attribute_id, wanted.node_id.as_u32()) {
            (VALUE, None) => {
                let body = ByteStringBody::new(ByteString::from((self.body)()), NodeId::new(1, ROOT + ENCODING));
                DataValue::new_now(Variant::from(ExtensionObject::new(body)))
            }
            (VALUE, Some(DICTIONARY)) => DataValue::new_now(ByteString::from((self.dictionary)())),
            (VALUE, Some(_)) => DataValue::new_now("Root"),
            (NAME, Some(number)) => DataValue::new_now(QualifiedName::new(1, format!("T{number}"))),
            (DEFINITION, Some(number)) => match (self.definition)(number) {
                Some(definition) => DataValue::new_now(ExtensionObject::from_message(definition)),
                None => unknown(),
            },
            _ => unknown(),
        }
    }

    fn references(&self, wanted: &BrowseDescription) -> BrowseResult {
        let own = wanted.node_id.as_u32().unwrap_or_default();
        let is = |id: ReferenceTypeId| wanted.reference_type_id == id;
        let to = |number: u32, name: &str| Some(reference(NodeId::new(1, number), name, NodeClass::Object));
        let backwards = wanted.browse_direction == BrowseDirection::Inverse;
        let found: Option<ReferenceDescription> = if is(ReferenceTypeId::HasSubtype) {
            Some(reference((self.supertype)(own), "Super", NodeClass::DataType))
        } else if is(ReferenceTypeId::HasEncoding) && backwards {
            to(own.wrapping_sub(ENCODING), "Type")
        } else if is(ReferenceTypeId::HasEncoding) {
            to(own.wrapping_add(ENCODING), "Default Binary")
        } else if is(ReferenceTypeId::HasDescription) {
            to(DESCRIPTION, "Root")
        } else if is(ReferenceTypeId::HasComponent) && backwards {
            to(DICTIONARY, "Dictionary")
        } else {
            None
        };
        BrowseResult { references: Some(found.into_iter().collect()), ..Default::default() }
    }
}

fn structure(structure_type: StructureType, fields: Vec<StructureField>) -> StructureDefinition {
    StructureDefinition { structure_type, fields: Some(fields), ..Default::default() }
}

fn field(data_type: u32) -> StructureField {
    StructureField {
        name: format!("F{data_type}").into(),
        data_type: NodeId::new(1, data_type),
        value_rank: -1,
        ..Default::default()
    }
}

fn double() -> StructureField {
    StructureField { data_type: NodeId::new(0, 11), ..field(0) }
}

fn optional(field: StructureField) -> StructureField {
    StructureField { is_optional: true, ..field }
}
