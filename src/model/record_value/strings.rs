//! Types made of strings in quotation marks: TXT, SPF, CAA.

use super::character_string::encode;
use super::error::{ValueError, ValueProblem};
use super::rdata_reader::RdataReader;
use super::value_text::ValueText;

/// T-5, T-6: one or more strings in one value. Blanks between them may be left out, as users of Terraform write it.
pub(super) fn parse_txt(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = Vec::new();
    text.character_string("text", &mut rdata)?;
    while !text.is_at_end() {
        text.character_string("text", &mut rdata)?;
    }
    Ok(rdata)
}

pub(super) fn render_txt(rdata: &mut RdataReader) -> Option<String> {
    let mut text = rdata.character_string_text()?;
    while !rdata.is_at_end() {
        text.push(' ');
        text.push_str(&rdata.character_string_text()?);
    }
    Some(text)
}

/// T-5: flags 0 or 128, a tag of letters and digits, and a value that is always quoted. The value runs to the end of
/// the RDATA, so it may be longer than a character string (RFC 8659 §4.1).
pub(super) fn parse_caa(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let flags = text.bare("flags")?;
    let flags = match flags {
        "0" => 0,
        "128" => 128,
        _ => return Err(text.error("flags", flags, ValueProblem::CaaFlags)),
    };
    let tag = text.bare("tag")?;
    let length = u8::try_from(tag.len()).ok().filter(|_| is_caa_tag(tag.as_bytes()));
    let length = length.ok_or_else(|| text.error("tag", tag, ValueProblem::CaaTag))?;
    let mut rdata = vec![flags, length];
    rdata.extend(tag.bytes());
    rdata.extend(text.quoted("value")?);
    Ok(rdata)
}

pub(super) fn render_caa(rdata: &mut RdataReader) -> Option<String> {
    let (flags, length) = (rdata.u8()?, rdata.u8()?);
    let tag = rdata.take(length.into()).filter(|tag| is_caa_tag(tag))?;
    let tag = std::str::from_utf8(tag).ok()?;
    Some(format!("{flags} {tag} {}", encode(rdata.remainder())))
}

fn is_caa_tag(tag: &[u8]) -> bool {
    !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use crate::model::RecordType::{Caa, Spf, Txt};
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    #[test]
    fn txt_is_one_or_more_quoted_strings() {
        for record_type in [Txt, Spf] {
            assert_accepted(record_type, "\"\"", "00");
            assert_accepted(record_type, "\"a\" \"Bc\"", "0161 024263");
            assert_accepted(record_type, "\"a\"\t\"b\"\"\"", "0161 0162 00");
            assert_accepted(record_type, "\"\\\"\\\\\\303\\251;\\;\"", "06 225cc3a93b3b");
            assert_accepted(record_type, &format!("\"{}\"", "a".repeat(255)), &format!("ff{}", "61".repeat(255)));
            assert_accepted(record_type, &format!("\"{}\"", "\\001".repeat(255)), &format!("ff{}", "01".repeat(255)));
        }
    }

    #[test]
    fn a_refused_txt_says_what_to_write() {
        let long = format!("\"{}\"", "a".repeat(256));
        let refused = [
            ("v=spf1 -all", "v=spf1 -all is not enclosed in quotation marks; write \"v=spf1 -all\""),
            ("\"a\" b", "b is not enclosed in quotation marks; write \"b\""),
            ("\"a\"b", "b is not enclosed in quotation marks; write \"b\""),
            ("é\"", "é\" is not enclosed in quotation marks; write \"\\303\\251\\\"\""),
            ("\"a", "\"a has no closing quotation mark; write \\\" for a quotation mark inside the string"),
            ("\"a\\\"", "\"a\\\" has no closing quotation mark; write \\\" for a quotation mark inside the string"),
            ("\"é\"", "the character 'é' must be written as \\303\\251"),
            ("\"a\tb\"", "the character '\\t' must be written as \\011"),
            (
                "\"a\\nb\"",
                "a backslash in a\\nb starts no escape; write \\\\ for a backslash, \\\" for a quotation mark, \
                 or three octal digits such as \\351",
            ),
            (&long, "a string of 256 bytes is longer than 255 bytes; split it, as in \"first part\" \"second part\""),
            ("", "the text is missing; write the value like this: \"v=spf1 -all\""),
        ];
        for (text, message) in refused {
            assert_refused(Txt, text, message);
        }
    }

    #[test]
    fn caa_is_flags_a_tag_and_a_quoted_value() {
        assert_accepted(Caa, "0 issue \"ca\"", "00 05 6973737565 6361");
        assert_accepted(Caa, "128 Iodef \"\"", "80 05 496f646566");
        let long = "a".repeat(300);
        assert_accepted(
            Caa,
            &format!("0 issue \"{long}\""),
            &format!("00056973737565{}", HEXLOWER.encode(long.as_bytes())),
        );
        let flags = "is not a CAA flag; write 0, or 128 for a critical property";
        assert_refused(Caa, "1 issue \"ca\"", &format!("\"1\" {flags}"));
        assert_refused(Caa, "issue \"ca\"", &format!("\"issue\" {flags}"));
        let tag = "is not a CAA tag; write letters and digits only, such as issue";
        assert_refused(Caa, "0 is-sue \"ca\"", &format!("\"is-sue\" {tag}"));
        assert_refused(Caa, "0 issue ca", "ca is not enclosed in quotation marks; write \"ca\"");
        let example = "0 issue \"ca.example.net\"";
        assert_refused(Caa, "0 issue", &format!("the value is missing; write the value like this: {example}"));
        assert_refused(
            Caa,
            "0 issue \"a\" x",
            &format!("nothing may follow the value, but \"x\" does; write it like this: {example}"),
        );
    }
}
