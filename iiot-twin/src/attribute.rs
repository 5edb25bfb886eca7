//! The attributes of nodes (OPC 10000-3 §5).

use iiot_core::ua::AttributeId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the attributes once: name, built-in type and ValueRank of what it holds, meaning.
macro_rules! attributes {
    ($($(#[$default:ident])? $name:ident, $built_in:literal, $rank:literal, $doc:literal;)*) => {
        /// An attribute of a node, by its name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Attribute { $($(#[$default])? #[doc = $doc] $name,)* }

        impl Attribute {
            /// All of them, in the order of their ids.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number that services take.
            #[must_use]
            pub const fn id(self) -> AttributeId {
                match self { $(Self::$name => AttributeId::$name,)* }
            }

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Built-in type and ValueRank of what it holds. Those of a Value are told by the node.
            #[must_use]
            pub const fn holds(self) -> (u8, i32) {
                match self { $(Self::$name => ($built_in, $rank),)* }
            }
        }
    };
}

attributes! {
    NodeId, 17, -1, "The node itself.";
    NodeClass, 6, -1, "What kind of node it is.";
    BrowseName, 20, -1, "Its name in browse paths.";
    DisplayName, 21, -1, "Its name for people.";
    Description, 21, -1, "What it is for.";
    WriteMask, 7, -1, "Which attributes can be written.";
    UserWriteMask, 7, -1, "Which attributes this user can write.";
    IsAbstract, 1, -1, "Of a type: whether there are no instances.";
    Symmetric, 1, -1, "Of a reference type: whether it means the same both ways.";
    InverseName, 21, -1, "Of a reference type: its name the other way round.";
    ContainsNoLoops, 1, -1, "Of a view: whether it has no circles.";
    EventNotifier, 3, -1, "Whether it has events, and their history.";
    #[default] Value, 24, -2, "Of a variable: its value.";
    DataType, 17, -1, "Of a variable: the type of its value.";
    ValueRank, 6, -1, "Of a variable: scalar, array or matrix.";
    ArrayDimensions, 7, 1, "Of a variable: the lengths of its arrays.";
    AccessLevel, 3, -1, "Of a variable: what can be done with it.";
    UserAccessLevel, 3, -1, "Of a variable: what this user can do with it.";
    MinimumSamplingInterval, 11, -1, "Of a variable: milliseconds between two looks at it.";
    Historizing, 1, -1, "Of a variable: whether its history is being kept.";
    Executable, 1, -1, "Of a method: whether it can be called.";
    UserExecutable, 1, -1, "Of a method: whether this user can call it.";
    DataTypeDefinition, 22, -1, "Of a data type: its fields or values.";
    RolePermissions, 22, 1, "What each role may do.";
    UserRolePermissions, 22, 1, "What the roles of this user may do.";
    AccessRestrictions, 5, -1, "What a connection needs to be.";
    AccessLevelEx, 7, -1, "Of a variable: the access level with all its bits.";
}
