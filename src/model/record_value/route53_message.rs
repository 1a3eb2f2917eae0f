//! What Route 53 says about a refused value: codes and explanations (err/10).

use super::error::{ValueError, ValueProblem};
use crate::model::domain_name::NameError;

impl ValueError {
    /// The message of Route 53 for `value`, the whole text that was refused (err/10).
    pub fn route53_message(&self, value: &str) -> String {
        format!("Invalid Resource Record: '{}'", self.problem.route53_message(value))
    }
}

impl NameError {
    /// The message of Route 53 for `name`, the whole text that was refused (err/10).
    pub fn route53_message(&self, name: &str) -> String {
        ValueProblem::Name(self.clone()).route53_message(name)
    }
}

impl ValueProblem {
    /// How Route 53 tells the problem of `text`.
    fn route53_message(&self, text: &str) -> String {
        let (code, reason) = self.route53_code();
        let severity = match self {
            ValueProblem::RegexpAndReplacement => "WARNING",
            _ => "FATAL",
        };
        let character = self.unsupported_character().map(String::from);
        let found = character.as_deref().unwrap_or(text);
        format!("{severity} problem: {code} ({reason}) encountered with '{found}'")
    }

    /// The character that is named instead of the whole text: the log behind api.md §2 shows a tab alone.
    fn unsupported_character(&self) -> Option<char> {
        match self {
            ValueProblem::UnsupportedCharacter(character)
            | ValueProblem::OuterBlank(character)
            | ValueProblem::LineBreak(character)
            | ValueProblem::Name(NameError::IllegalCharacter(character)) => Some(*character),
            _ => None,
        }
    }

    /// Route 53's code and its explanation. err/10 has seen those without a mark.
    fn route53_code(&self) -> (&'static str, &'static str) {
        match self {
            ValueProblem::NotAnIpv4Address => ("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address"),
            ValueProblem::NotAnIpv6Address => ("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address"),
            ValueProblem::StringTooLong { .. } => ("CharacterStringTooLong", "Value is too long"),
            ValueProblem::NotQuoted | ValueProblem::QuoteNotClosed => {
                ("InvalidCharacterString", "Value should be enclosed in quotation marks")
            }
            ValueProblem::UnsupportedCharacter(_) | ValueProblem::OuterBlank(_) | ValueProblem::LineBreak(_) => {
                ("UnsupportedCharacter", "Value contains unsupported characters")
            }
            ValueProblem::Name(NameError::Empty) => ("DomainNameEmpty", "Domain name is empty"),
            ValueProblem::Name(NameError::EmptyLabel) => ("DomainLabelEmpty", "Domain label is empty"),
            ValueProblem::Name(NameError::LabelTooLong(_)) => ("DomainLabelTooLong", "Domain label is too long"),
            ValueProblem::Name(NameError::IllegalCharacter(_)) => {
                ("UnsupportedCharacter", "Value contains unsupported characters") // INF
            }
            ValueProblem::Name(NameError::NameTooLong) => ("DomainNameTooLong", "Domain name is too long"), // INF
            ValueProblem::Name(NameError::BadEscape) | ValueProblem::BadEscape => {
                ("IllegalEscapeSequence", "Value contains an invalid escape sequence") // INF
            }
            ValueProblem::ValueTooLong { .. } => ("ValueTooLong", "Value is too long"), // INF
            ValueProblem::Missing => ("TooFewFields", "Value has too few fields"),      // INF
            ValueProblem::Trailing => ("TooManyFields", "Value has too many fields"),   // INF
            ValueProblem::NotANumber { .. } => ("IllegalNumber", "Value is not a valid number"), // INF
            ValueProblem::NotHexadecimal | ValueProblem::OddHexadecimal { .. } => {
                ("IllegalHexadecimal", "Value is not valid hexadecimal") // INF
            }
            ValueProblem::DigestLength { .. } => ("IllegalDigestLength", "Value has the wrong length for its type"), // INF
            ValueProblem::CaaFlags => ("CAARRDATAIllegalFlags", "Value should be 0 or 128"), // INF
            ValueProblem::CaaTag => ("CAARRDATAIllegalTag", "Value is not a valid tag"),     // INF
            ValueProblem::RegexpAndReplacement => (
                "NAPTRRRDATARegexpAndReplacementError",
                "NAPTR record can have only one field in regexp and replacement",
            ),
            ValueProblem::NeitherRegexpNorReplacement => {
                ("NAPTRRRDATAIllegalReplacement", "Value should have either a regexp or a replacement") // INF
            }
            ValueProblem::ParametersInAliasMode
            | ValueProblem::UnknownParameter
            | ValueProblem::RepeatedParameter
            | ValueProblem::ParameterValue(_)
            | ValueProblem::MandatoryIsAbsent
            | ValueProblem::NoDefaultAlpnAlone => ("SVCBRRDATAIllegalParameter", "Value has an invalid parameter"), // INF
            ValueProblem::MalformedRdata => ("IllegalRDATA", "Value is not valid"), // INF
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::record_value::RecordValue;
    use crate::model::{DomainName, RecordType};

    #[test]
    fn route_53_says_it_in_its_own_words() {
        let cases = [
            (RecordType::A, "v", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'v'"),
            (
                RecordType::Aaaa,
                "v",
                "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with 'v'",
            ),
            (
                RecordType::Txt,
                "a b",
                "InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'a b'",
            ),
            (RecordType::Cname, "a..b", "DomainLabelEmpty (Domain label is empty) encountered with 'a..b'"),
            (RecordType::Cname, "", "DomainNameEmpty (Domain name is empty) encountered with ''"),
            (
                RecordType::Txt,
                "\"a\t\"",
                "UnsupportedCharacter (Value contains unsupported characters) encountered with '\t'",
            ),
            (RecordType::Mx, "10", "TooFewFields (Value has too few fields) encountered with '10'"),
        ];
        for (record_type, value, message) in cases {
            let error = RecordValue::parse(record_type, value).unwrap_err();
            let message = format!("Invalid Resource Record: 'FATAL problem: {message}'");
            assert_eq!(error.route53_message(value), message);
        }
        let long = format!("\"{}\"", "a".repeat(256));
        let error = RecordValue::parse(RecordType::Txt, &long).unwrap_err();
        let message = format!("CharacterStringTooLong (Value is too long) encountered with '{long}'");
        assert_eq!(error.route53_message(&long), format!("Invalid Resource Record: 'FATAL problem: {message}'"));
    }

    /// api.md §2: the log behind it shows a tab alone.
    #[test]
    fn an_unsupported_character_is_named_by_itself() {
        let message = |character: char| {
            format!(
                "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '{character}'"
            )
        };
        for name in ["a b.example.com", "a\tb.example.com", "é.example.com", "a.\u{7f}"] {
            let character = name.chars().find(|it| !it.is_ascii_graphic()).unwrap();
            let error = DomainName::parse(name).unwrap_err();
            assert_eq!(error.route53_message(name), message(character), "{name:?}");
        }
        let values = [
            (RecordType::Cname, "é.example.com", 'é'),
            (RecordType::Mx, "10 é.example.com", 'é'),
            (RecordType::Soa, "ns. é. 1 2 3 4 5", 'é'),
            (RecordType::Txt, "\"é\"", 'é'),
            (RecordType::Txt, "\"a\nb\"", '\n'),
            (RecordType::A, "192.0.2.1\r", '\r'),
            (RecordType::A, " 192.0.2.1", ' '),
            (RecordType::Https, "1 . key7=é", 'é'),
        ];
        for (record_type, value, character) in values {
            let error = RecordValue::parse(record_type, value).unwrap_err();
            let message = format!("Invalid Resource Record: '{}'", message(character));
            assert_eq!(error.route53_message(value), message, "{value:?}");
        }
    }

    /// api.md §5.
    #[test]
    fn a_naptr_with_a_regexp_and_a_replacement_is_a_warning() {
        let value = "1 1 \"U\" \"123\" \"regular\" myentry.example.com";
        let error = RecordValue::parse(RecordType::Naptr, value).unwrap_err();
        assert_eq!(
            error.route53_message(value),
            format!(
                "Invalid Resource Record: 'WARNING problem: NAPTRRRDATARegexpAndReplacementError (NAPTR record can have \
                 only one field in regexp and replacement) encountered with '{value}''"
            )
        );
    }
}
