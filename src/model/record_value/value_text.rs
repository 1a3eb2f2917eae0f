//! Reading the text of a value field by field.

use super::character_string::decode;
use super::error::{ValueError, ValueProblem};
use super::{MAX_STRING_LENGTH, MAX_VALUE_LENGTH};
use crate::model::RecordType;
use crate::model::domain_name::{NameError, parse_name_into};

/// What is left to read of a value. Fields are separated by blanks: spaces and tabs.
pub(super) struct ValueText<'a> {
    record_type: RecordType,
    rest: &'a str,
}

const BLANKS: [char; 2] = [' ', '\t'];

impl<'a> ValueText<'a> {
    /// Checks what holds for the values of every type.
    pub fn new(record_type: RecordType, text: &'a str) -> Result<ValueText<'a>, ValueError> {
        let reader = ValueText { record_type, rest: text };
        // T-3. The bytes are an upper bound of the characters, and cheap.
        if text.len() > MAX_VALUE_LENGTH {
            let length = text.chars().count();
            if length > MAX_VALUE_LENGTH {
                return Err(reader.error("value", text, ValueProblem::ValueTooLong { length }));
            }
        }
        if let Some(at) = text.find(['\n', '\r']) {
            return Err(reader.error("value", text, ValueProblem::LineBreak(text.as_bytes()[at].into())));
        }
        // err/10: Route 53 refuses a blank at either end as an unsupported character.
        let outer = text.chars().next().into_iter().chain(text.chars().next_back());
        if let Some(blank) = outer.into_iter().find(|character| BLANKS.contains(character)) {
            return Err(reader.error("value", text, ValueProblem::OuterBlank(blank)));
        }
        Ok(reader)
    }

    pub fn error(&self, field: &'static str, token: &str, problem: ValueProblem) -> ValueError {
        ValueError { record_type: self.record_type, field, token: token.into(), problem }
    }

    /// Whether only blanks are left; skips them.
    pub fn is_at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches(BLANKS);
        self.rest.is_empty()
    }

    /// Refuses what stands after the last field.
    pub fn end(mut self) -> Result<(), ValueError> {
        if self.is_at_end() { Ok(()) } else { Err(self.error("end", self.rest, ValueProblem::Trailing)) }
    }

    /// Everything that is left, blanks included.
    pub fn remainder(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    /// The characters up to the next blank, at least one.
    pub fn bare(&mut self, field: &'static str) -> Result<&'a str, ValueError> {
        self.require(field)?;
        Ok(self.take_until(|character| BLANKS.contains(&character)))
    }

    /// What stands right here up to the first character that `ends`; possibly nothing.
    pub fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (token, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        token
    }

    pub fn starts_with(&self, character: char) -> bool {
        self.rest.starts_with(character)
    }

    /// Steps over `character` if it is the very next one.
    pub fn skip(&mut self, character: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(character)?;
        Some(())
    }

    /// The undecoded inside of a string in quotation marks.
    pub fn quoted_raw(&mut self, field: &'static str) -> Result<&'a str, ValueError> {
        self.require(field)?;
        let Some(inside) = self.rest.strip_prefix('"') else {
            let token = match self.record_type {
                RecordType::Txt | RecordType::Spf => self.remainder(),
                _ => self.bare(field)?,
            };
            return Err(self.error(field, token, ValueProblem::NotQuoted));
        };
        let mut is_escaped = false;
        let closing = inside.bytes().position(|byte| {
            let is_closing = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_closing
        });
        let Some(closing) = closing else {
            return Err(self.error(field, self.rest, ValueProblem::QuoteNotClosed));
        };
        self.rest = &inside[closing + 1..];
        Ok(&inside[..closing])
    }

    /// The bytes of a string in quotation marks, of any length.
    pub fn quoted(&mut self, field: &'static str) -> Result<Vec<u8>, ValueError> {
        let raw = self.quoted_raw(field)?;
        decode(raw).map_err(|problem| self.error(field, raw, problem))
    }

    /// Appends a string in quotation marks as a character string of at most [`MAX_STRING_LENGTH`] bytes (T-6).
    pub fn character_string(&mut self, field: &'static str, rdata: &mut Vec<u8>) -> Result<(), ValueError> {
        let raw = self.quoted_raw(field)?;
        let bytes = decode(raw).map_err(|problem| self.error(field, raw, problem))?;
        if bytes.len() > MAX_STRING_LENGTH {
            return Err(self.error(field, raw, ValueProblem::StringTooLong { length: bytes.len() }));
        }
        rdata.push(bytes.len() as u8);
        rdata.extend(bytes);
        Ok(())
    }

    /// Appends a domain name. It is always fully qualified, with or without the final dot (T-4).
    pub fn name(&mut self, field: &'static str, rdata: &mut Vec<u8>) -> Result<(), ValueError> {
        let token = self.bare(field)?;
        parse_name_into(token, rdata).map_err(|problem| self.name_error(field, token, problem))
    }

    pub fn name_error(&self, field: &'static str, token: &str, problem: NameError) -> ValueError {
        self.error(field, token, ValueProblem::Name(problem))
    }

    pub fn u8(&mut self, field: &'static str) -> Result<u8, ValueError> {
        Ok(self.number(field, u8::MAX.into())? as u8)
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, ValueError> {
        Ok(self.number(field, u16::MAX.into())? as u16)
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, ValueError> {
        self.number(field, u32::MAX)
    }

    fn number(&mut self, field: &'static str, max: u32) -> Result<u32, ValueError> {
        let token = self.bare(field)?;
        parse_number(token, max).ok_or_else(|| self.error(field, token, ValueProblem::NotANumber { max }))
    }

    fn require(&mut self, field: &'static str) -> Result<(), ValueError> {
        if self.is_at_end() { Err(self.error(field, "", ValueProblem::Missing)) } else { Ok(()) }
    }
}

/// Decimal digits only: the standard parser would also take a plus sign.
pub(super) fn parse_number(token: &str, max: u32) -> Option<u32> {
    let is_decimal = token.bytes().all(|byte| byte.is_ascii_digit());
    token.parse().ok().filter(|number| is_decimal && *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record_value::table::assert_refused;

    #[test]
    fn what_no_type_accepts_is_refused_for_every_type() {
        for record_type in RecordType::ALL {
            assert_refused(
                record_type,
                "a\nb",
                "the value holds a line break; write each value on one line of its own",
            );
            let blank = "the value starts or ends with ' '; remove it";
            assert_refused(record_type, " 1", blank);
            assert_refused(record_type, "1 ", blank);
            let long = "é".repeat(MAX_VALUE_LENGTH + 1);
            assert_refused(record_type, &long, "the value has 4001 characters; it may have at most 4000");
        }
    }

    #[test]
    fn numbers_are_decimal_digits() {
        assert_eq!(parse_number("0065535", 65535), Some(65535));
        for text in ["", "+1", "-1", "1.", "65536", "0x1", "99999999999999999999"] {
            assert_eq!(parse_number(text, 65535), None, "{text}");
        }
    }
}
