//! The values of a record set: RDATA that is valid by construction, and the text it was given in.

mod address;
mod character_string;
mod digest;
mod error;
mod host;
mod naptr;
mod rdata_reader;
mod route53_message;
mod service_binding;
mod service_parameter;
mod strings;
mod value_text;

#[cfg(test)]
mod hickory_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod table;

use std::borrow::Cow;

use data_encoding::HEXUPPER;

use super::RecordType;
pub use error::{ValueError, ValueProblem};
use rdata_reader::RdataReader;
use value_text::ValueText;

/// The most characters the text of one value may have (T-3).
pub const MAX_VALUE_LENGTH: usize = 4000;
/// The most bytes one character string may have (T-6, RFC 1035 §3.3).
pub const MAX_STRING_LENGTH: usize = 255;

/// One value (a `ResourceRecord`) of a record set.
///
/// Two values are equal if they have the same RDATA *and* the same text; compare [`RecordValue::rdata`] to ask whether
/// they say the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordValue {
    rdata: Box<[u8]>,
    /// `None` if it equals the canonical text, so that a million values stay small.
    text: Option<Box<str>>,
}

impl RecordValue {
    /// Reads a value as Route 53 writes it (T-3 to T-6).
    pub fn parse(record_type: RecordType, text: &str) -> Result<RecordValue, ValueError> {
        let mut reader = ValueText::new(record_type, text)?;
        let rdata = match record_type {
            RecordType::A => address::parse_a(&mut reader),
            RecordType::Aaaa => address::parse_aaaa(&mut reader),
            RecordType::Caa => strings::parse_caa(&mut reader),
            RecordType::Cname | RecordType::Ns | RecordType::Ptr => host::parse_name(&mut reader),
            RecordType::Ds => digest::parse_ds(&mut reader),
            RecordType::Https | RecordType::Svcb => service_binding::parse(&mut reader),
            RecordType::Mx => host::parse_mx(&mut reader),
            RecordType::Naptr => naptr::parse(&mut reader),
            RecordType::Soa => host::parse_soa(&mut reader),
            RecordType::Spf | RecordType::Txt => strings::parse_txt(&mut reader),
            RecordType::Srv => host::parse_srv(&mut reader),
            RecordType::Sshfp => digest::parse_sshfp(&mut reader),
            RecordType::Tlsa => digest::parse_tlsa(&mut reader),
        }?;
        reader.end()?;
        let is_canonical = RecordValue::canonical_text(record_type, &rdata) == text;
        Ok(RecordValue { rdata: rdata.into(), text: (!is_canonical).then(|| text.into()) })
    }

    /// Takes over uncompressed RDATA from the wire, if it is what the text of some value would give.
    ///
    /// Refuses what the text form cannot say, such as a CAA flag other than 0 and 128, or needs more than
    /// [`MAX_VALUE_LENGTH`] characters for.
    pub fn from_rdata(record_type: RecordType, rdata: &[u8]) -> Result<RecordValue, ValueError> {
        let malformed = || ValueError::malformed(record_type);
        let text = render(record_type, rdata).ok_or_else(malformed)?;
        let value = RecordValue::parse(record_type, &text)?;
        if *value.rdata == *rdata { Ok(value) } else { Err(malformed()) }
    }

    /// Takes back the RDATA of a value whose text [is canonical](RecordValue::is_canonical).
    pub(super) fn canonical(rdata: &[u8]) -> RecordValue {
        RecordValue { rdata: rdata.into(), text: None }
    }

    /// Whether the text it was given in is the one we choose, so that the RDATA says everything.
    pub fn is_canonical(&self) -> bool {
        self.text.is_none()
    }

    /// The uncompressed RDATA. The case of names is as given.
    pub fn rdata(&self) -> &[u8] {
        &self.rdata
    }

    /// The text as it was given; `record_type` is the one the value was made with.
    pub fn text(&self, record_type: RecordType) -> Cow<'_, str> {
        match &self.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(RecordValue::canonical_text(record_type, &self.rdata)),
        }
    }

    /// The one text we choose among all that give `rdata`: names end in a dot, hexadecimal is upper case, single blanks.
    ///
    /// RDATA that is malformed for its type is written as RFC 3597 §5 does (`\# length hex`), which
    /// [`RecordValue::parse`] refuses.
    pub fn canonical_text(record_type: RecordType, rdata: &[u8]) -> String {
        render(record_type, rdata).unwrap_or_else(|| {
            let hex = HEXUPPER.encode(rdata);
            if hex.is_empty() { "\\# 0".to_owned() } else { format!("\\# {} {hex}", rdata.len()) }
        })
    }
}

/// The text of well-formed RDATA. Whatever it gives parses to the same RDATA or not at all.
fn render(record_type: RecordType, rdata: &[u8]) -> Option<String> {
    let mut reader = RdataReader::new(rdata);
    let text = match record_type {
        RecordType::A => address::render_a(&mut reader),
        RecordType::Aaaa => address::render_aaaa(&mut reader),
        RecordType::Caa => strings::render_caa(&mut reader),
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => reader.name_text(),
        RecordType::Ds => digest::render_ds(&mut reader),
        RecordType::Https | RecordType::Svcb => service_binding::render(&mut reader),
        RecordType::Mx => host::render_mx(&mut reader),
        RecordType::Naptr => naptr::render(&mut reader),
        RecordType::Soa => host::render_soa(&mut reader),
        RecordType::Spf | RecordType::Txt => strings::render_txt(&mut reader),
        RecordType::Srv => host::render_srv(&mut reader),
        RecordType::Sshfp => digest::render_sshfp(&mut reader),
        RecordType::Tlsa => digest::render_tlsa(&mut reader),
    }?;
    reader.is_at_end().then_some(text)
}

/// The name in the RDATA that additional-section processing or CNAME chasing follows, in wire form and as given in case.
///
/// `None` for types without one and for malformed RDATA. The target `.` of a SVCB or HTTPS is returned as the root,
/// though in service mode it means the owner name (RFC 9460 §2.5.2).
pub fn target_name(record_type: RecordType, rdata: &[u8]) -> Option<&[u8]> {
    let before = match record_type {
        RecordType::Cname | RecordType::Ns | RecordType::Ptr => 0,
        RecordType::Mx | RecordType::Https | RecordType::Svcb => 2,
        RecordType::Srv => 6,
        RecordType::A
        | RecordType::Aaaa
        | RecordType::Caa
        | RecordType::Ds
        | RecordType::Naptr
        | RecordType::Soa
        | RecordType::Spf
        | RecordType::Sshfp
        | RecordType::Tlsa
        | RecordType::Txt => return None,
    };
    let mut reader = RdataReader::new(rdata);
    reader.take(before)?;
    reader.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(record_type: RecordType, text: &str) -> Option<Vec<u8>> {
        let value = RecordValue::parse(record_type, text).unwrap();
        target_name(record_type, value.rdata()).map(<[u8]>::to_vec)
    }

    #[test]
    fn the_target_is_the_name_inside() {
        let name = Some(b"\x01A\x01b\x00".to_vec());
        assert_eq!(target(RecordType::Cname, "A.b"), name);
        assert_eq!(target(RecordType::Mx, "10 A.b."), name);
        assert_eq!(target(RecordType::Srv, "1 2 3 A.b"), name);
        assert_eq!(target(RecordType::Https, "1 A.b alpn=h2"), name);
        assert_eq!(target(RecordType::Svcb, "1 . port=53"), Some(vec![0]));
        assert_eq!(target(RecordType::A, "192.0.2.1"), None);
        assert_eq!(target_name(RecordType::Mx, &[0]), None);
        assert_eq!(target_name(RecordType::Ns, b"\x01"), None);
    }

    #[test]
    fn the_text_is_kept_only_if_it_is_not_canonical() {
        let canonical = RecordValue::parse(RecordType::Mx, "10 Mail.example.com.").unwrap();
        assert_eq!(canonical.text, None);
        let given = RecordValue::parse(RecordType::Mx, "010  Mail.example.com").unwrap();
        assert_eq!(given.text(RecordType::Mx), "010  Mail.example.com");
        assert_eq!(given.rdata(), canonical.rdata());
    }

    #[test]
    fn malformed_rdata_is_written_in_the_generic_form_and_refused() {
        assert_eq!(RecordValue::canonical_text(RecordType::A, &[1, 2, 0xab]), "\\# 3 0102AB");
        assert_eq!(RecordValue::canonical_text(RecordType::Txt, &[]), "\\# 0");
        let error = RecordValue::from_rdata(RecordType::A, &[1, 2, 3]).unwrap_err();
        assert_eq!(error.to_string(), "the bytes are not RDATA that a value of type A can have");
        assert!(RecordValue::from_rdata(RecordType::Caa, b"\x01\x05issueca").is_err());
        assert_eq!(RecordValue::from_rdata(RecordType::A, &[192, 0, 2, 1]).unwrap().text(RecordType::A), "192.0.2.1");
    }
}
