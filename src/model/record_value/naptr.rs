//! NAPTR (RFC 3403): a rule that rewrites a name.

use super::error::{ValueError, ValueProblem};
use super::rdata_reader::RdataReader;
use super::value_text::ValueText;

/// T-5: the three middle fields are quoted, and either the regexp or the replacement is used.
pub(super) fn parse(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = Vec::new();
    for field in ["order", "preference"] {
        rdata.extend(text.u16(field)?.to_be_bytes());
    }
    for field in ["flags", "service"] {
        text.character_string(field, &mut rdata)?;
    }
    let regexp_at = rdata.len();
    text.character_string("regexp", &mut rdata)?;
    let has_regexp = rdata[regexp_at] != 0;
    let replacement_at = rdata.len();
    text.name("replacement", &mut rdata)?;
    let has_replacement = rdata[replacement_at] != 0;
    match (has_regexp, has_replacement) {
        (true, false) | (false, true) => Ok(rdata),
        (true, true) => Err(text.error("replacement", "", ValueProblem::RegexpAndReplacement)),
        (false, false) => Err(text.error("replacement", ".", ValueProblem::NeitherRegexpNorReplacement)),
    }
}

pub(super) fn render(rdata: &mut RdataReader) -> Option<String> {
    let mut text = format!("{} {}", rdata.u16()?, rdata.u16()?);
    for _ in 0..3 {
        text.push(' ');
        text.push_str(&rdata.character_string_text()?);
    }
    Some(format!("{text} {}", rdata.name_text()?))
}

#[cfg(test)]
mod tests {
    use crate::model::RecordType::Naptr;
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    #[test]
    fn naptr_has_a_regexp_or_a_replacement() {
        assert_accepted(Naptr, "100 50 \"s\" \"z3\" \"\" a.b.", "00640032 0173 027a33 00 0161016200");
        assert_accepted(Naptr, "1 2 \"u\" \"\" \"!^(.*)$!\\\\1!\" .", "00010002 0175 00 0b215e282e2a2924215c3121 00");
        let message =
            "a NAPTR has a regexp or a replacement, not both; write \"\" for the regexp or . for the replacement";
        assert_refused(Naptr, "1 2 \"u\" \"\" \"!a!b!\" a.", message);
        let message = "a NAPTR has a regexp or a replacement; write one of them";
        assert_refused(Naptr, "1 2 \"u\" \"\" \"\" .", message);
        assert_refused(Naptr, "1 2 u \"\" \"\" .", "u is not enclosed in quotation marks; write \"u\"");
        let long = format!("1 2 \"{}\" \"\" \"\" a.", "a".repeat(256));
        assert_refused(Naptr, &long, "a string of 256 bytes is longer than 255 bytes; shorten it");
        assert_refused(
            Naptr,
            "1 2 \"u\" \"\" \"\"",
            "the replacement is missing; write the value like this: \
             10 100 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com",
        );
    }
}
