//! Types that point to another name: CNAME, NS, PTR, MX, SRV, SOA.

use super::error::ValueError;
use super::rdata_reader::RdataReader;
use super::value_text::ValueText;
use crate::model::domain_name::NameError;

/// CNAME, NS and PTR are one name.
pub(super) fn parse_name(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    if text.is_at_end() {
        return Err(text.name_error("name", "", NameError::Empty));
    }
    let mut rdata = Vec::new();
    text.name("name", &mut rdata)?;
    Ok(rdata)
}

pub(super) fn parse_mx(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = text.u16("preference")?.to_be_bytes().to_vec();
    text.name("mail server", &mut rdata)?;
    Ok(rdata)
}

pub(super) fn render_mx(rdata: &mut RdataReader) -> Option<String> {
    Some(format!("{} {}", rdata.u16()?, rdata.name_text()?))
}

pub(super) fn parse_srv(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = Vec::new();
    for field in ["priority", "weight", "port"] {
        rdata.extend(text.u16(field)?.to_be_bytes());
    }
    text.name("target", &mut rdata)?;
    Ok(rdata)
}

pub(super) fn render_srv(rdata: &mut RdataReader) -> Option<String> {
    Some(format!("{} {} {} {}", rdata.u16()?, rdata.u16()?, rdata.u16()?, rdata.name_text()?))
}

pub(super) fn parse_soa(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = Vec::new();
    text.name("primary name server", &mut rdata)?;
    text.name("mailbox", &mut rdata)?;
    for field in ["serial", "refresh", "retry", "expire", "minimum"] {
        rdata.extend(text.u32(field)?.to_be_bytes());
    }
    Ok(rdata)
}

pub(super) fn render_soa(rdata: &mut RdataReader) -> Option<String> {
    let mut text = format!("{} {}", rdata.name_text()?, rdata.name_text()?);
    for _ in 0..5 {
        text.push_str(&format!(" {}", rdata.u32()?));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::model::RecordType::{Cname, Mx, Ns, Ptr, Soa, Srv};
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    #[test]
    fn cname_ns_and_ptr_are_one_name() {
        for record_type in [Cname, Ns, Ptr] {
            assert_accepted(record_type, "A.example", "014107657861 6d706c6500");
            assert_accepted(record_type, "a\\056b\\000.", "04 612e6200 00");
            assert_accepted(record_type, "\"a.\\052", "02 2261 01 2a 00");
            assert_accepted(record_type, ".", "00");
            assert_refused(record_type, "", "the name \"\" is not a domain name: a domain name cannot be empty");
            assert_refused(
                record_type,
                "a..b",
                "the name \"a..b\" is not a domain name: a label of the domain name is empty",
            );
            assert_refused(
                record_type,
                "é.com",
                "the name \"é.com\" is not a domain name: the character 'é' is not ASCII; \
                 write an internationalised name in Punycode (xn--…)",
            );
        }
        assert_refused(
            Cname,
            "a b",
            "nothing may follow the value, but \"b\" does; write it like this: www.example.com",
        );
    }

    #[test]
    fn mx_is_a_preference_and_a_name() {
        assert_accepted(Mx, "10 mail.", "000a046d61696c00");
        assert_accepted(Mx, "65535 .", "ffff00");
        assert_accepted(Mx, "010 \t mail", "000a046d61696c00");
        assert_refused(
            Mx,
            "mail.example.com",
            "\"mail.example.com\" is not a preference; write a number from 0 to 65535",
        );
        assert_refused(Mx, "65536 a", "\"65536\" is not a preference; write a number from 0 to 65535");
        assert_refused(Mx, "+1 a", "\"+1\" is not a preference; write a number from 0 to 65535");
        assert_refused(Mx, "10", "the mail server is missing; write the value like this: 10 mail.example.com");
        assert_refused(
            Mx,
            "10 a b",
            "nothing may follow the value, but \"b\" does; write it like this: 10 mail.example.com",
        );
    }

    #[test]
    fn srv_is_three_numbers_and_a_name() {
        assert_accepted(Srv, "1 10 5269 xmpp.", "0001000a149504786d707000");
        assert_refused(Srv, "1 10 xmpp.", "\"xmpp.\" is not a port; write a number from 0 to 65535");
        assert_refused(Srv, "1 2", "the port is missing; write the value like this: 1 10 5269 xmpp.example.com");
    }

    #[test]
    fn soa_has_seven_fields() {
        let numbers = "00000001 00001c20 00000384 00127500 ffffffff";
        assert_accepted(
            Soa,
            "ns.a. Admin.a. 1 7200 900 1209600 4294967295",
            &format!("026e73016100 0541646d696e016100 {numbers}"),
        );
        assert_refused(Soa, "ns. a. 1 2h 3 4 5", "\"2h\" is not a refresh; write a number from 0 to 4294967295");
        let example = "ns-1.awsdns-01.org awsdns-hostmaster.amazon.com 1 7200 900 1209600 86400";
        assert_refused(Soa, "ns. a. 1 2 3 4", &format!("the minimum is missing; write the value like this: {example}"));
    }
}
