//! SVCB and HTTPS (RFC 9460): priority, target, parameters.

use std::collections::BTreeMap;

use super::error::{ValueError, ValueProblem};
use super::rdata_reader::RdataReader;
use super::service_parameter::{self as parameter, ALPN, MANDATORY, NO_DEFAULT_ALPN};
use super::value_text::ValueText;

/// T-5. Parameters may stand in any order; in the RDATA they are sorted (RFC 9460 §2.2).
pub(super) fn parse(text: &mut ValueText) -> Result<Vec<u8>, ValueError> {
    let priority = text.u16("priority")?;
    let mut rdata = priority.to_be_bytes().to_vec();
    text.name("target", &mut rdata)?;
    let mut parameters = BTreeMap::new();
    while !text.is_at_end() {
        if priority == 0 {
            let token = text.remainder();
            return Err(text.error("priority", token, ValueProblem::ParametersInAliasMode));
        }
        let (key, value) = parameter::parse(text)?;
        if parameters.insert(key, value).is_some() {
            return Err(text.error("parameter", &parameter::key_name(key), ValueProblem::RepeatedParameter));
        }
    }
    check_together(text, &parameters)?;
    for (key, value) in parameters {
        rdata.extend(key.to_be_bytes());
        let length = u16::try_from(value.len()).expect("4000 characters give less than 65536 bytes");
        rdata.extend(length.to_be_bytes());
        rdata.extend(value);
    }
    Ok(rdata)
}

/// The rules about several parameters (RFC 9460 §7.1.1, §8).
fn check_together(text: &ValueText, parameters: &BTreeMap<u16, Vec<u8>>) -> Result<(), ValueError> {
    let mandatory = parameters.get(&MANDATORY).map_or(&[][..], Vec::as_slice);
    for key in mandatory.chunks_exact(2).map(|key| u16::from_be_bytes([key[0], key[1]])) {
        if !parameters.contains_key(&key) {
            return Err(text.error("mandatory", &parameter::key_name(key), ValueProblem::MandatoryIsAbsent));
        }
    }
    if parameters.contains_key(&NO_DEFAULT_ALPN) && !parameters.contains_key(&ALPN) {
        return Err(text.error("no-default-alpn", "", ValueProblem::NoDefaultAlpnAlone));
    }
    Ok(())
}

pub(super) fn render(rdata: &mut RdataReader) -> Option<String> {
    let mut text = format!("{} {}", rdata.u16()?, rdata.name_text()?);
    let mut last_key = None;
    while !rdata.is_at_end() {
        let (key, length) = (rdata.u16()?, rdata.u16()?);
        if last_key >= Some(key) {
            return None;
        }
        last_key = Some(key);
        text.push(' ');
        text.push_str(&parameter::render(key, rdata.take(length.into())?)?);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::model::RecordType::{Https, Svcb};
    use crate::model::record_value::RecordValue;
    use crate::model::record_value::table::{assert_accepted, assert_refused};

    /// The vectors of RFC 9460 appendix D, with octal where the RFC has decimal escapes.
    #[test]
    fn the_vectors_of_rfc_9460() {
        let foo = "03666f6f 076578616d706c65 03636f6d 00";
        assert_accepted(Https, "0 foo.example.com.", &format!("0000 {foo}"));
        assert_accepted(Svcb, "1 .", "0001 00");
        assert_accepted(Svcb, "16 foo.example.com. port=53", &format!("0010 {foo} 0003 0002 0035"));
        assert_accepted(Svcb, "1 foo.example.com. key667=hello", &format!("0001 {foo} 029b 0005 68656c6c6f"));
        let quoted = "1 foo.example.com. key667=\"hello\\322qoo\"";
        assert_accepted(Svcb, quoted, &format!("0001 {foo} 029b 0009 68656c6c6fd2716f6f"));
        let hints = "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"";
        let two = "20010db8000000000000000000000001 20010db8000000000000000000530001";
        assert_accepted(Svcb, hints, &format!("0001 {foo} 0006 0020 {two}"));
        let sorted = "16 foo. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1";
        assert_accepted(
            Svcb,
            sorted,
            "0010 03666f6f00 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201",
        );
        let escaped = "0010 03666f6f00 0001 000c 08 665c6f6f2c626172 02 6832";
        assert_accepted(Svcb, "16 foo. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", escaped);
        assert_accepted(Svcb, "16 foo. alpn=f\\\\\\134oo\\134,bar,h2", escaped);
    }

    #[test]
    fn parameters_are_rendered_in_one_way() {
        let text = "1 . key77=\"/q{?dns}\" port=\"443\" no-default-alpn alpn=h2 key79 mandatory=port,alpn key80=";
        let canonical = "1 . mandatory=alpn,port alpn=\"h2\" no-default-alpn port=443 key77=\"/q{?dns}\" key79 key80";
        let value = RecordValue::parse(Https, text).unwrap();
        assert_eq!(RecordValue::canonical_text(Https, value.rdata()), canonical);
    }

    #[test]
    fn the_keys_of_later_documents_have_their_names() {
        let cases = [
            // RFC 9848: any bytes; a whole ECHConfigList is decoded with hickory.
            ("ech=AAT+DQAA", "0005 0006 0004fe0d0000"),
            ("ech=\"AAT+DQAA\"", "0005 0006 0004fe0d0000"),
            ("key5=\"\\000\\004\\376\\015\\000\\000\"", "0005 0006 0004fe0d0000"),
            // RFC 9461 §5.
            ("dohpath=\"/dns-query{?dns}\"", "0007 0010 2f646e732d71756572797b3f646e737d"),
            ("dohpath=/{+x,dns:9}{&y}", "0007 000f 2f7b2b782c646e733a397d7b26797d"),
            ("key7=/{dns}", "0007 0006 2f7b646e737d"),
            // RFC 9540 §4.
            ("ohttp", "0008 0000"),
            ("key8", "0008 0000"),
            ("tls-supported-groups=29,4588", "0009 0004 001d11ec"),
            ("key9=\"\\000\\035\\021\\354\"", "0009 0004 001d11ec"),
            // RFC 9953: the root, and a path of two segments.
            ("docpath", "000a 0000"),
            ("docpath=dns,q", "000a 0006 03646e730171"),
            ("key10=\\003dns\\001q", "000a 0006 03646e730171"),
            // Of drafts, or private.
            ("key11", "000b 0000"),
            ("key65534=\\377", "fffe 0001 ff"),
            // A key of RFC 9460 in its generic form.
            ("key1=\"\\002h2\"", "0001 0003 026832"),
            ("key3=\\001\\273", "0003 0002 01bb"),
        ];
        for (parameter, wire) in cases {
            let wire: String = wire.split_whitespace().collect();
            assert_accepted(Https, &format!("1 . {parameter}"), &format!("0001 00 {wire}"));
            assert_accepted(Svcb, &format!("1 . {parameter}"), &format!("0001 00 {wire}"));
        }
        let text =
            "1 . key10=\\001a tls-supported-groups=\"29\" ohttp key7=\"/q{?dns}\" ech=AAT+DQAA mandatory=key7,ech";
        let canonical =
            "1 . mandatory=ech,dohpath ech=AAT+DQAA dohpath=\"/q{?dns}\" ohttp tls-supported-groups=29 docpath=\"a\"";
        let value = RecordValue::parse(Https, text).unwrap();
        assert_eq!(RecordValue::canonical_text(Https, value.rdata()), canonical);
        assert_eq!(RecordValue::from_rdata(Https, value.rdata()).unwrap().text(Https), canonical);
    }

    #[test]
    fn what_rfc_9460_forbids_is_refused() {
        let names = "write mandatory, alpn, no-default-alpn, port, ipv4hint, ech, ipv6hint, dohpath, ohttp, \
                     tls-supported-groups, docpath, or keyN for one that has only a number N";
        for key in ["foo", "PORT", "key01", "key65535", "key65536", "key", "", "ECH"] {
            assert_refused(Svcb, &format!("1 . {key}=a"), &format!("\"{key}\" is not a parameter; {names}"));
        }
        let refused = [
            (
                "0 . port=53",
                "priority 0 (alias mode) takes no parameters; remove port=53 or write a priority from 1 to 65535",
            ),
            ("1 . port=1 port=2", "the parameter port is given twice; write it once"),
            ("1 . key77=a key77=b", "the parameter key77 is given twice; write it once"),
            ("1 . port=1 key3=\"\\000\\001\"", "the parameter port is given twice; write it once"),
            (
                "1 . mandatory=port",
                "mandatory names port, which the value does not have; add it or take it off the list",
            ),
            ("1 . no-default-alpn", "no-default-alpn stands without alpn; add alpn, as in alpn=\"h2\""),
            ("1 . alpn", "\"\" is not a value of the parameter alpn; write protocols such as \"h2,h3\""),
            ("1 . alpn=h2,", "\"h2,\" is not a value of the parameter alpn; write protocols such as \"h2,h3\""),
            ("1 . port=65536", "\"65536\" is not a value of the parameter port; write a number from 0 to 65535"),
            (
                "1 . ipv4hint=::1",
                "\"::1\" is not a value of the parameter ipv4hint; write addresses such as 192.0.2.1,192.0.2.2",
            ),
            (
                "1 . ipv6hint=",
                "\"\" is not a value of the parameter ipv6hint; write addresses such as 2001:db8::1,2001:db8::2",
            ),
            (
                "1 . alpn=h2 no-default-alpn=1",
                "\"1\" is not a value of the parameter no-default-alpn; write it without a value",
            ),
            ("1 . ech=AAA", "\"AAA\" is not a value of the parameter ech; write an ECHConfigList in base64"),
            ("1 . ech", "\"\" is not a value of the parameter ech; write an ECHConfigList in base64"),
            (
                "1 . dohpath=/dns-query",
                "\"/dns-query\" is not a value of the parameter dohpath; \
                 write a URI template with the variable dns such as \"/dns-query{?dns}\"",
            ),
            ("1 . ohttp=1", "\"1\" is not a value of the parameter ohttp; write it without a value"),
            (
                "1 . tls-supported-groups=29,29",
                "\"29,29\" is not a value of the parameter tls-supported-groups; \
                 write the numbers of TLS groups, each once, such as 29,23",
            ),
            (
                "1 . docpath=a,",
                "\"a,\" is not a value of the parameter docpath; write the segments of a path such as \"dns,query\"",
            ),
            (
                "1 . key1=h2",
                "\"h2\" is not a value of the parameter alpn; \
                 write its name instead of its number, or the bytes that it has on the wire",
            ),
            ("1 . alpn=\"h2", "\"h2 has no closing quotation mark; write \\\" for a quotation mark inside the string"),
            (
                "1 . alpn=\"h2\"port=1",
                "nothing may follow the value, but \"port=1\" does; write it like this: 1 svc.example.com port=8443",
            ),
            ("1", "the target is missing; write the value like this: 1 svc.example.com port=8443"),
        ];
        for (text, message) in refused {
            assert_refused(Svcb, text, message);
        }
        for list in ["mandatory", "port,port", "", "1", "alpn,"] {
            assert_refused(
                Svcb,
                &format!("1 . port=1 alpn=h2 mandatory={list}"),
                &format!(
                    "\"{list}\" is not a value of the parameter mandatory; write other parameters, each once, such as alpn,port"
                ),
            );
        }
    }

    #[test]
    fn unsorted_parameters_on_the_wire_are_malformed() {
        let rdata = [0, 1, 0, 0, 9, 0, 0, 0, 8, 0, 0];
        assert_eq!(RecordValue::canonical_text(Svcb, &rdata), "\\# 11 0001000009000000080000");
        assert!(RecordValue::from_rdata(Svcb, &rdata).is_err());
    }
}
