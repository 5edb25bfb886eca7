//! Samples: an object for each value, as OPC Publisher sends them in its oldest mode.

use iiot_core::json;
use iiot_core::ua::StatusCode;

use super::{number_member, string_member};
use crate::constant::as_text;
use crate::encode::Frame;
use crate::plan::{FieldPlan, WriterGroupPlan, WriterPlan};
use crate::profile::MessageProfile;

/// Writes what never changes: where the value comes from.
pub(in crate::encode) fn sample_prefix(
    out: &mut Vec<u8>,
    profile: MessageProfile,
    writer: &WriterPlan,
    field: &FieldPlan,
    application_uri: &str,
) {
    string_member(out, r#"{"NodeId":"#, &field.node.to_string());
    string_member(out, r#","EndpointUrl":"#, &writer.connection.options.endpoint_url);
    if profile.is_full() && !application_uri.is_empty() {
        string_member(out, r#","ApplicationUri":"#, application_uri);
    }
    string_member(out, r#","DisplayName":"#, &field.name);
}

/// What full samples of a writer end with: whose they are, and the extension fields as texts.
pub(in crate::encode) fn sample_tail(group: &WriterGroupPlan, publisher_id: &str, writer: &WriterPlan) -> Vec<u8> {
    let mut tail = Vec::new();
    string_member(&mut tail, r#","ExtensionFields":{"DataSetWriterId":"#, &writer.name);
    string_member(&mut tail, r#","PublisherId":"#, publisher_id);
    string_member(&mut tail, r#","WriterGroupId":"#, &group.name);
    let taken = ["DataSetWriterId", "PublisherId", "WriterGroupId"];
    for (name, value) in writer.extension_fields.iter().filter(|(name, _)| !taken.contains(&name.as_str())) {
        tail.push(b',');
        json::write_string(&mut tail, name);
        string_member(&mut tail, ":", &as_text(value));
    }
    tail.push(b'}');
    tail
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
pub(in crate::encode) fn sample_end(out: &mut Vec<u8>, frame: &Frame, full: bool, tail: &[u8]) {
    if full {
        number_member(out, r#","SequenceNumber":"#, frame.sequence_number);
        out.extend_from_slice(tail);
    }
    out.push(b'}');
}
