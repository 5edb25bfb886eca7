//! StatusCode, DataValue and DiagnosticInfo (OPC 10000-6 §5.4.2.12, §5.4.2.18, §5.4.2.13).

use super::{Object, Writer, Written, name};
use crate::json::binary::Read;
use crate::json::{Spelling, text};
use crate::time::UtcTime;
use crate::ua::{StatusCode, SubStatusCode};

impl Writer<'_, '_> {
    /// StatusCode (§5.4.2.12): an object, empty where it is Good.
    pub(super) fn status_code(&mut self) -> Read<Written> {
        let status = self.input.u32()?;
        Ok(self.write_status(status))
    }

    fn write_status(&mut self, status: u32) -> Written {
        if self.is_earlier() {
            return self.earlier_status(status);
        }
        let mut object = self.open();
        if status != 0 {
            self.member(&mut object, name!("Code"));
            text::integer(self.out, status);
            self.symbol_member(&mut object, status);
        }
        self.close();
        Written::Value
    }

    /// The name of a status, where names are asked for.
    pub(super) fn symbol_member(&mut self, object: &mut Object, status: u32) {
        if let Some(symbol) = symbol(status).filter(|_| self.with_names()) {
            self.member(object, name!("Symbol"));
            text::write_string(self.out, symbol);
        }
    }

    /// DataValue (§5.4.2.18).
    pub(super) fn data_value(&mut self) -> Read<Written> {
        let mask = self.input.u8()?;
        if mask & 0x3f == 0 {
            return Ok(self.null());
        }
        let mut object = self.open();
        if mask & 0x01 != 0 {
            self.value_members(&mut object)?;
        }
        if mask & 0x02 != 0 {
            let status = StatusCode::from(self.input.u32()?);
            self.status_member(&mut object, self.status_name(), status);
        }
        self.timestamp_members(&mut object, mask, [name!("SourceTimestamp"), name!("SourcePicoseconds")])?;
        self.timestamp_members(&mut object, mask >> 1, [name!("ServerTimestamp"), name!("ServerPicoseconds")])?;
        self.close();
        Ok(Written::Value)
    }

    /// The value of a DataValue: its members, or one of that name.
    pub(super) fn value_members(&mut self, object: &mut Object) -> Read<()> {
        if !self.is_earlier() {
            return self.variant_members(object);
        }
        let (start, empty) = (self.out.len(), object.empty);
        self.member(object, name!("Value"));
        if self.variant()? == Written::Null {
            self.out.truncate(start);
            object.empty = empty;
        }
        Ok(())
    }

    pub(super) fn status_name(&self) -> &'static str {
        match self.format.spelling {
            Spelling::OpcPublisher if self.is_earlier() => name!("StatusCode"),
            _ => name!("Status"),
        }
    }

    fn timestamp_members(&mut self, object: &mut Object, mask: u8, names: [&'static str; 2]) -> Read<()> {
        if mask & 0x04 != 0 {
            let time = UtcTime::from_wire(self.input.i64()?);
            self.time_member(object, names[0], time);
        }
        let picoseconds = if mask & 0x10 == 0 { 0 } else { self.input.u16()? };
        if picoseconds != 0 {
            self.member(object, names[1]);
            text::integer(self.out, picoseconds);
        }
        Ok(())
    }

    /// DiagnosticInfo (§5.4.2.13).
    pub(super) fn diagnostic_info(&mut self) -> Read<Written> {
        let (start, mask) = (self.out.len(), self.input.u8()?);
        let mut object = self.open();
        for (bit, name) in [
            (0x01, name!("SymbolicId")),
            (0x02, name!("NamespaceUri")),
            (0x08, name!("Locale")),
            (0x04, name!("LocalizedText")),
        ] {
            if mask & bit != 0 {
                self.member(&mut object, name);
                text::integer(self.out, self.input.i32()?);
            }
        }
        if mask & 0x10 != 0 {
            let text = self.input.string()?;
            self.text_member(&mut object, name!("AdditionalInfo"), text);
        }
        if mask & 0x20 != 0 {
            let status = StatusCode::from(self.input.u32()?);
            self.status_member(&mut object, name!("InnerStatusCode"), status);
        }
        if mask & 0x40 != 0 {
            self.inner_diagnostic_info(&mut object)?;
        }
        if object.empty {
            self.out.truncate(start);
            return Ok(self.null());
        }
        self.close();
        Ok(Written::Value)
    }

    /// One that says nothing is left out: an absent member means the same.
    fn inner_diagnostic_info(&mut self, object: &mut Object) -> Read<()> {
        let (start, empty) = (self.out.len(), object.empty);
        self.member(object, name!("InnerDiagnosticInfo"));
        if self.nested(Self::diagnostic_info)? == Written::Null {
            self.out.truncate(start);
            object.empty = empty;
        }
        Ok(())
    }

    pub(super) fn text_member(&mut self, object: &mut Object, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.member(object, name);
            text::write_string(self.out, text);
        }
    }

    pub(super) fn status_member(&mut self, object: &mut Object, name: &'static str, status: StatusCode) {
        if status.bits() != 0 {
            self.member(object, name);
            self.write_status(status.bits());
        }
    }

    pub(super) fn time_member(&mut self, object: &mut Object, name: &'static str, time: Option<UtcTime>) {
        if let Some(time) = time {
            self.member(object, name);
            text::time(self.out, time);
        }
    }
}

/// The name of a StatusCode without its info bits (OPC 10000-6 §A.2).
fn symbol(status: u32) -> Option<&'static str> {
    SubStatusCode::from_value(status & 0xffff_0000)
        .filter(|code| !matches!(code, SubStatusCode::Invalid))
        .map(|code| code.name())
}
