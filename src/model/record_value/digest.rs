//! Types that end in hexadecimal: DS, SSHFP, TLSA.

use data_encoding::HEXUPPER;

use super::error::{ValueError, ValueProblem};
use super::rdata_reader::RdataReader;
use super::value_text::ValueText;

pub(super) fn parse_ds(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = text.u16("key tag")?.to_be_bytes().to_vec();
    rdata.push(text.u8("algorithm")?);
    let digest_type = text.u8("digest type")?;
    rdata.push(digest_type);
    // IANA, DS RR type digest algorithms. Other types may have any length.
    let expected = match digest_type {
        1 => Some(20),
        2 | 3 => Some(32),
        4 => Some(48),
        _ => None,
    };
    rdata.extend(hex_of_length(text, "digest", expected)?);
    Ok(rdata)
}

pub(super) fn render_ds(rdata: &mut RdataReader) -> Option<String> {
    let text = format!("{} {} {}", rdata.u16()?, rdata.u8()?, rdata.u8()?);
    with_hex(text, rdata)
}

pub(super) fn parse_sshfp(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = vec![text.u8("algorithm")?];
    let fingerprint_type = text.u8("fingerprint type")?;
    rdata.push(fingerprint_type);
    // RFC 4255 §3.1.2, RFC 6594 §4.2.
    let expected = match fingerprint_type {
        1 => Some(20),
        2 => Some(32),
        _ => None,
    };
    rdata.extend(hex_of_length(text, "fingerprint", expected)?);
    Ok(rdata)
}

pub(super) fn render_sshfp(rdata: &mut RdataReader) -> Option<String> {
    let text = format!("{} {}", rdata.u8()?, rdata.u8()?);
    with_hex(text, rdata)
}

pub(super) fn parse_tlsa(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let mut rdata = vec![text.u8("certificate usage")?, text.u8("selector")?, text.u8("matching type")?];
    // Route 53 takes any length, also of the digests of types 1 and 2 (DNSControl/dnscontrol#3316).
    rdata.extend(hex_of_length(text, "certificate data", None)?);
    Ok(rdata)
}

pub(super) fn render_tlsa(rdata: &mut RdataReader) -> Option<String> {
    let text = format!("{} {} {}", rdata.u8()?, rdata.u8()?, rdata.u8()?);
    with_hex(text, rdata)
}

/// The rest of the value as hexadecimal, in which blanks may stand (RFC 4034 §5.3).
fn hex_of_length(text: &mut ValueText, field: &'static str, expected: Option<usize>) -> Result<Vec<u8>, ValueError> {
    let mut digits = Vec::new();
    let mut token = text.bare(field)?;
    loop {
        for character in token.chars() {
            let digit = character.to_digit(16).ok_or_else(|| text.error(field, token, ValueProblem::NotHexadecimal))?;
            digits.push(digit as u8);
        }
        if text.is_at_end() {
            break;
        }
        token = text.bare(field)?;
    }
    if digits.len() % 2 != 0 {
        return Err(text.error(field, token, ValueProblem::OddHexadecimal { digits: digits.len() }));
    }
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    match expected {
        Some(expected) if expected != bytes.len() => {
            let problem = ValueProblem::DigestLength { expected, actual: bytes.len() };
            Err(text.error(field, token, problem))
        }
        _ => Ok(bytes),
    }
}

/// `text`, a blank, and what is left of the RDATA in hexadecimal; `None` if nothing is left.
fn with_hex(text: String, rdata: &mut RdataReader) -> Option<String> {
    let bytes = rdata.remainder();
    (!bytes.is_empty()).then(|| format!("{text} {}", HEXUPPER.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use crate::model::RecordType::{Ds, Sshfp, Tlsa};
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    #[test]
    fn the_length_of_a_digest_follows_from_its_type() {
        let (sha1, sha256, sha384, sha512) = ("AB".repeat(20), "cd".repeat(32), "Ef".repeat(48), "01".repeat(64));
        assert_accepted(Ds, &format!("60485 5 1 {sha1}"), &format!("ec450501 {sha1}"));
        assert_accepted(Ds, &format!("1 8 2 {sha256}"), &format!("00010802 {sha256}"));
        assert_accepted(Ds, &format!("1 13 4 {sha384}"), &format!("00010d04 {sha384}"));
        assert_accepted(Ds, "1 13 99 00", "00010d63 00");
        assert_accepted(Sshfp, &format!("1 1 {sha1}"), &format!("0101 {sha1}"));
        assert_accepted(Sshfp, &format!("4 2 {sha256}"), &format!("0402 {sha256}"));
        assert_accepted(Tlsa, "3 1 0 30", "030100 30");
        assert_accepted(Tlsa, &format!("3 1 1 {sha256}"), &format!("030101 {sha256}"));
        assert_accepted(Tlsa, &format!("3 1 2 {sha512}"), &format!("030102 {sha512}"));
        let wrong = "has 20 bytes where its type needs 32; write 64 hexadecimal digits";
        assert_refused(Ds, &format!("1 8 2 {sha1}"), &format!("the digest {wrong}"));
        assert_refused(Sshfp, &format!("1 2 {sha1}"), &format!("the fingerprint {wrong}"));
    }

    #[test]
    fn a_tlsa_has_data_of_any_length() {
        assert_accepted(Tlsa, "3 1 1 0123456789ABCDEF", "030101 0123456789abcdef");
        assert_accepted(Tlsa, "3 1 2 00", "030102 00");
        assert_refused(
            Tlsa,
            "3 1 1",
            "the certificate data is missing; write the value like this: \
             3 1 1 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        );
    }

    #[test]
    fn hexadecimal_may_stand_in_several_words() {
        assert_accepted(Ds, "1 13 99 0a0 B", "00010d63 0a0b");
        assert_refused(Ds, "1 13 99 0a xy", "\"xy\" is not hexadecimal; write the digits 0-9 and a-f");
        assert_refused(Tlsa, "3 1 0 abc", "the certificate data has 3 hexadecimal digits; write two for each byte");
        assert_refused(
            Sshfp,
            "1 3",
            "the fingerprint is missing; write the value like this: \
             4 2 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
        );
        assert_refused(Ds, "70000 13 2 00", "\"70000\" is not a key tag; write a number from 0 to 65535");
        assert_refused(Sshfp, "256 1 00", "\"256\" is not an algorithm; write a number from 0 to 255");
    }
}
