//! What the tables of the tests are checked with.

use data_encoding::HEXLOWER;

use super::RecordValue;
use crate::model::RecordType;

/// The text is a value with this RDATA, in hexadecimal with blanks anywhere, and round-trips in every way.
pub(super) fn assert_accepted(record_type: RecordType, text: &str, rdata: &str) {
    let value = RecordValue::parse(record_type, text).unwrap_or_else(|error| panic!("{record_type} {text}: {error}"));
    let expected: String = rdata.to_lowercase().split_whitespace().collect();
    assert_eq!(HEXLOWER.encode(value.rdata()), expected, "{record_type} {text}");
    assert_round_trips(record_type, text, &value);
}

/// `value` came from `text`: its text, its canonical text and its RDATA all lead back.
pub(super) fn assert_round_trips(record_type: RecordType, text: &str, value: &RecordValue) {
    assert_eq!(value.text(record_type), text);
    assert_eq!(RecordValue::parse(record_type, &value.text(record_type)).as_ref(), Ok(value));
    let canonical = RecordValue::from_rdata(record_type, value.rdata()).unwrap();
    assert_eq!(canonical.rdata(), value.rdata(), "{record_type} {text}");
    assert_eq!(canonical.text, None, "{record_type} {text}");
}

/// The text is refused with this message.
pub(super) fn assert_refused(record_type: RecordType, text: &str, message: &str) {
    match RecordValue::parse(record_type, text) {
        Ok(value) => panic!("{record_type} {text} is accepted as {}", HEXLOWER.encode(value.rdata())),
        Err(error) => assert_eq!(error.to_string(), message, "{record_type} {text}"),
    }
}
