//! Why a text is not a value of its record type: which part, and what to write instead.

use std::fmt;

use super::character_string::{encode, octal};
use super::{MAX_STRING_LENGTH, MAX_VALUE_LENGTH};
use crate::model::RecordType;
use crate::model::domain_name::NameError;

/// A value that is not valid: which part of it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    pub record_type: RecordType,
    /// The name of the part that is wrong, such as `preference`.
    pub field: &'static str,
    /// What the value has there; empty if nothing.
    pub token: Box<str>,
    pub problem: ValueProblem,
}

/// What is wrong with a part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueProblem {
    /// More than [`MAX_VALUE_LENGTH`] characters (T-3).
    ValueTooLong {
        length: usize,
    },
    /// The value holds this end of a line.
    LineBreak(char),
    /// The value starts or ends with this blank.
    OuterBlank(char),
    Missing,
    /// Something follows the last part.
    Trailing,
    NotAnIpv4Address,
    NotAnIpv6Address,
    NotANumber {
        max: u32,
    },
    Name(NameError),
    NotQuoted,
    QuoteNotClosed,
    /// A string of more than [`MAX_STRING_LENGTH`] bytes (T-6).
    StringTooLong {
        length: usize,
    },
    BadEscape,
    /// A character that must be written as an octal escape (T-5).
    UnsupportedCharacter(char),
    NotHexadecimal,
    OddHexadecimal {
        digits: usize,
    },
    /// The type of a digest fixes its length in bytes.
    DigestLength {
        expected: usize,
        actual: usize,
    },
    CaaFlags,
    CaaTag,
    RegexpAndReplacement,
    NeitherRegexpNorReplacement,
    /// Priority 0 of a SVCB or HTTPS, followed by parameters (RFC 9460 §2.4.2).
    ParametersInAliasMode,
    UnknownParameter,
    RepeatedParameter,
    /// The value of a SVCB or HTTPS parameter; says what to write.
    ParameterValue(&'static str),
    /// `mandatory` names a key that the value does not have (RFC 9460 §8).
    MandatoryIsAbsent,
    /// `no-default-alpn` without `alpn` (RFC 9460 §7.1.1).
    NoDefaultAlpnAlone,
    /// Bytes from the wire that no text of the type gives.
    MalformedRdata,
}

impl ValueError {
    pub(super) fn malformed(record_type: RecordType) -> ValueError {
        ValueError { record_type, field: "value", token: "".into(), problem: ValueProblem::MalformedRdata }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, token) = (self.field, shown(&self.token));
        let example = example(self.record_type);
        match &self.problem {
            ValueProblem::ValueTooLong { length } => {
                write!(f, "the value has {length} characters; it may have at most {MAX_VALUE_LENGTH}")
            }
            ValueProblem::LineBreak(_) => {
                f.write_str("the value holds a line break; write each value on one line of its own")
            }
            ValueProblem::OuterBlank(blank) => write!(f, "the value starts or ends with {blank:?}; remove it"),
            ValueProblem::Missing => write!(f, "the {field} is missing; write the value like this: {example}"),
            ValueProblem::Trailing => {
                write!(f, "nothing may follow the value, but \"{token}\" does; write it like this: {example}")
            }
            ValueProblem::NotAnIpv4Address => {
                write!(f, "\"{token}\" is not an IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1")
            }
            ValueProblem::NotAnIpv6Address => {
                write!(f, "\"{token}\" is not an IPv6 address; write one such as 2001:db8::1")
            }
            ValueProblem::NotANumber { max } => {
                let article = if field.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                write!(f, "\"{token}\" is not {article} {field}; write a number from 0 to {max}")
            }
            ValueProblem::Name(error) => write!(f, "the {field} \"{token}\" is not a domain name: {error}"),
            ValueProblem::NotQuoted => {
                let quoted = encode(self.token.as_bytes());
                write!(f, "{token} is not enclosed in quotation marks; write {}", shown(&quoted))
            }
            ValueProblem::QuoteNotClosed => {
                write!(f, "{token} has no closing quotation mark; write \\\" for a quotation mark inside the string")
            }
            ValueProblem::StringTooLong { length } => {
                let remedy = match self.record_type {
                    RecordType::Txt | RecordType::Spf => "split it, as in \"first part\" \"second part\"",
                    _ => "shorten it",
                };
                write!(f, "a string of {length} bytes is longer than {MAX_STRING_LENGTH} bytes; {remedy}")
            }
            ValueProblem::BadEscape => write!(
                f,
                "a backslash in {token} starts no escape; write \\\\ for a backslash, \\\" for a quotation mark, \
                 or three octal digits such as \\351"
            ),
            ValueProblem::UnsupportedCharacter(character) => {
                let escapes: String = character.to_string().bytes().map(octal).collect();
                write!(f, "the character {character:?} must be written as {escapes}")
            }
            ValueProblem::NotHexadecimal => {
                write!(f, "\"{token}\" is not hexadecimal; write the digits 0-9 and a-f")
            }
            ValueProblem::OddHexadecimal { digits } => {
                write!(f, "the {field} has {digits} hexadecimal digits; write two for each byte")
            }
            ValueProblem::DigestLength { expected, actual } => write!(
                f,
                "the {field} has {actual} bytes where its type needs {expected}; write {} hexadecimal digits",
                expected * 2
            ),
            ValueProblem::CaaFlags => {
                write!(f, "\"{token}\" is not a CAA flag; write 0, or 128 for a critical property")
            }
            ValueProblem::CaaTag => {
                write!(f, "\"{token}\" is not a CAA tag; write letters and digits only, such as issue")
            }
            ValueProblem::RegexpAndReplacement => f.write_str(
                "a NAPTR has a regexp or a replacement, not both; write \"\" for the regexp or . for the replacement",
            ),
            ValueProblem::NeitherRegexpNorReplacement => {
                f.write_str("a NAPTR has a regexp or a replacement; write one of them")
            }
            ValueProblem::ParametersInAliasMode => write!(
                f,
                "priority 0 (alias mode) takes no parameters; remove {token} or write a priority from 1 to 65535"
            ),
            ValueProblem::UnknownParameter => write!(
                f,
                "\"{token}\" is not a parameter; write mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint, \
                 dohpath, ohttp, tls-supported-groups, docpath, or keyN for one that has only a number N"
            ),
            ValueProblem::RepeatedParameter => write!(f, "the parameter {token} is given twice; write it once"),
            ValueProblem::ParameterValue(remedy) => {
                write!(f, "\"{token}\" is not a value of the parameter {field}; {remedy}")
            }
            ValueProblem::MandatoryIsAbsent => {
                write!(f, "mandatory names {token}, which the value does not have; add it or take it off the list")
            }
            ValueProblem::NoDefaultAlpnAlone => {
                f.write_str("no-default-alpn stands without alpn; add alpn, as in alpn=\"h2\"")
            }
            ValueProblem::MalformedRdata => {
                write!(f, "the bytes are not RDATA that a value of type {} can have", self.record_type)
            }
        }
    }
}

impl std::error::Error for ValueError {}

/// A token short enough for a message and free of control characters.
fn shown(token: &str) -> String {
    const MOST_CHARACTERS: usize = 80;
    let mut text: String = token.chars().take(MOST_CHARACTERS).flat_map(visible).collect();
    if token.chars().nth(MOST_CHARACTERS).is_some() {
        text.push('…');
    }
    text
}

fn visible(character: char) -> impl Iterator<Item = char> {
    let (plain, escaped) =
        if character.is_control() { (None, Some(character.escape_default())) } else { (Some(character), None) };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

/// A value to imitate.
const fn example(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::A => "192.0.2.1",
        RecordType::Aaaa => "2001:db8::1",
        RecordType::Caa => "0 issue \"ca.example.net\"",
        RecordType::Cname | RecordType::Ptr => "www.example.com",
        RecordType::Ds => "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
        RecordType::Https => "1 . alpn=\"h2,h3\"",
        RecordType::Mx => "10 mail.example.com",
        RecordType::Naptr => "10 100 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com",
        RecordType::Ns => "ns-1.awsdns-01.org",
        RecordType::Soa => "ns-1.awsdns-01.org awsdns-hostmaster.amazon.com 1 7200 900 1209600 86400",
        RecordType::Spf | RecordType::Txt => "\"v=spf1 -all\"",
        RecordType::Srv => "1 10 5269 xmpp.example.com",
        RecordType::Sshfp => "4 2 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        RecordType::Svcb => "1 svc.example.com port=8443",
        RecordType::Tlsa => "3 1 1 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record_value::RecordValue;

    #[test]
    fn every_example_is_a_value() {
        for record_type in RecordType::ALL {
            RecordValue::parse(record_type, example(record_type)).unwrap();
        }
    }

    #[test]
    fn a_message_is_short_and_printable() {
        let error = RecordValue::parse(RecordType::A, &"\u{1}".repeat(100)).unwrap_err();
        assert_eq!((&*error.token, error.field), (&*"\u{1}".repeat(100), "address"));
        let shown = format!("{}…", "\\u{1}".repeat(80));
        assert!(error.to_string().starts_with(&format!("\"{shown}\" is not")));
    }
}
