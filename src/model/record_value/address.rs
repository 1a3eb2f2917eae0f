//! A and AAAA: one address.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::{ValueError, ValueProblem};
use super::rdata_reader::RdataReader;
use super::value_text::ValueText;

/// T-5: four decimal numbers.
pub(super) fn parse_a(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let token = text.remainder();
    let address: Ipv4Addr = token.parse().map_err(|_| text.error("address", token, ValueProblem::NotAnIpv4Address))?;
    Ok(address.octets().into())
}

pub(super) fn render_a(rdata: &mut RdataReader) -> Option<String> {
    Some(Ipv4Addr::from(rdata.array::<4>()?).to_string())
}

/// T-5: any text of RFC 4291 §2.2.
pub(super) fn parse_aaaa(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let token = text.remainder();
    let address: Ipv6Addr = token.parse().map_err(|_| text.error("address", token, ValueProblem::NotAnIpv6Address))?;
    Ok(address.octets().into())
}

/// The text of RFC 5952.
pub(super) fn render_aaaa(rdata: &mut RdataReader) -> Option<String> {
    Some(Ipv6Addr::from(rdata.array::<16>()?).to_string())
}

#[cfg(test)]
mod tests {
    use crate::model::RecordType::{A, Aaaa};
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    #[test]
    fn an_a_is_four_numbers() {
        assert_accepted(A, "192.0.2.1", "c0000201");
        assert_accepted(A, "255.255.255.255", "ffffffff");
        for text in ["300.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 5.6.7.8", "::1", "x", ""] {
            let hint = "write four numbers from 0 to 255, such as 192.0.2.1";
            assert_refused(A, text, &format!("\"{text}\" is not an IPv4 address; {hint}"));
        }
    }

    #[test]
    fn an_aaaa_is_any_ipv6_text() {
        assert_accepted(Aaaa, "2001:db8::1", "20010db8000000000000000000000001");
        assert_accepted(Aaaa, "2001:0DB8:0:0:0:0:0:1", "20010db8000000000000000000000001");
        assert_accepted(Aaaa, "::ffff:192.0.2.1", "00000000000000000000ffffc0000201");
        for text in ["192.0.2.1", "fe80::1%eth0", "[::1]", "1::2::3", "2001:db8::1/64", ""] {
            assert_refused(Aaaa, text, &format!("\"{text}\" is not an IPv6 address; write one such as 2001:db8::1"));
        }
    }
}
