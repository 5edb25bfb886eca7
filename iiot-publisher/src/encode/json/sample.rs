//! Samples: an object for each value, as OPC Publisher sends them in its oldest mode.

use iiot_core::json;
use iiot_core::ua::StatusCode;

use super::{number_member, string_member};
use crate::encode::Frame;
use crate::plan::{FieldPlan, WriterPlan};
use crate::profile::MessageProfile;

/// Writes what never changes: where the value comes from.
pub(in crate::encode) fn sample_prefix(
    out: &mut Vec<u8>,
    profile: MessageProfile,
    writer: &WriterPlan,
    field: &FieldPlan,
) {
    string_member(out, r#"{"NodeId":"#, &field.node.to_string());
    string_member(out, r#","EndpointUrl":"#, &writer.connection.0.endpoint_url);
    if profile.is_full() {
        string_member(out, r#","DataSetWriterId":"#, &writer.name);
    }
    string_member(out, r#","DisplayName":"#, &field.name);
}

/// Writes what stands before the DataValue.
pub(in crate::encode) fn sample_middle(out: &mut Vec<u8>, frame: &Frame, full: bool, status: StatusCode) {
    if full {
        out.extend_from_slice(br#","Timestamp":""#);
        frame.utc.write_iso8601(out);
        out.push(b'"');
    }
    if frame.heartbeat {
        out.extend_from_slice(br#","Heartbeat":true"#);
    }
    if full && !status.is_good() {
        out.extend_from_slice(br#","Status":"#);
        json::write_string(out, &status.to_string());
    }
    out.extend_from_slice(br#","Value":"#);
}

/// Writes what stands behind the DataValue.
pub(in crate::encode) fn sample_end(out: &mut Vec<u8>, frame: &Frame, full: bool) {
    if full {
        number_member(out, r#","SequenceNumber":"#, frame.sequence_number);
    }
    out.push(b'}');
}
