//! Our RDATA, decoded by `hickory-proto`, which shares no code with us.

use hickory_proto::rr::RData;
use hickory_proto::rr::rdata::svcb::SvcParamValue;
use hickory_proto::serialize::binary::{BinDecoder, Restrict};

use super::RecordValue;
use crate::model::RecordType;

fn decoded(record_type: RecordType, text: &str) -> RData {
    let value = RecordValue::parse(record_type, text).unwrap();
    let length = Restrict::new(value.rdata().len() as u16);
    let mut decoder = BinDecoder::new(value.rdata());
    RData::read(&mut decoder, record_type.code().into(), length).unwrap()
}

#[test]
fn addresses_and_names() {
    assert_eq!(decoded(RecordType::A, "192.0.2.1").to_string(), "192.0.2.1");
    assert_eq!(decoded(RecordType::Aaaa, "2001:DB8:0::1").to_string(), "2001:db8::1");
    for record_type in [RecordType::Cname, RecordType::Ns, RecordType::Ptr] {
        assert_eq!(decoded(record_type, "Www.Example.com").to_string(), "Www.Example.com.");
    }
    assert_eq!(decoded(RecordType::Mx, "10 mail.example.com").to_string(), "10 mail.example.com.");
    assert_eq!(decoded(RecordType::Srv, "1 2 5269 a.example.com").to_string(), "1 2 5269 a.example.com.");
    let soa = "ns.example.com. admin.example.com. 1 7200 900 1209600 86400";
    assert_eq!(decoded(RecordType::Soa, soa).to_string(), soa);
}

#[test]
fn strings() {
    let RData::TXT(txt) = decoded(RecordType::Txt, "\"a\\\"b\" \"\" \"\\000\\377\"") else { panic!("not a TXT") };
    let strings: Vec<&[u8]> = txt.txt_data.iter().map(|bytes| &**bytes).collect();
    assert_eq!(strings, [&b"a\"b"[..], b"", b"\x00\xff"]);
    let RData::CAA(caa) = decoded(RecordType::Caa, "128 issue \"ca.example.net; a=b\"") else { panic!("not a CAA") };
    assert!(caa.issuer_critical);
    assert_eq!((&*caa.tag, &*caa.value), ("issue", &b"ca.example.net; a=b"[..]));
    let text = "10 20 \"U\" \"E2U+sip\" \"!^.*$!sip:a\\\\1@b!\" .";
    let RData::NAPTR(naptr) = decoded(RecordType::Naptr, text) else { panic!("not a NAPTR") };
    assert_eq!((naptr.order, naptr.preference, naptr.replacement.is_root()), (10, 20, true));
    assert_eq!(
        (&*naptr.flags, &*naptr.services, &*naptr.regexp),
        (&b"U"[..], &b"E2U+sip"[..], &b"!^.*$!sip:a\\1@b!"[..])
    );
}

#[test]
fn digests() {
    let digest = "2BB183AF5F22588179A53B0A98631FAD1A292118";
    let RData::SSHFP(sshfp) = decoded(RecordType::Sshfp, &format!("4 1 {digest}")) else { panic!("not a SSHFP") };
    assert_eq!((sshfp.fingerprint.len(), sshfp.fingerprint[0]), (20, 0x2b));
    let tlsa = decoded(RecordType::Tlsa, "3 1 0 ABCDEF");
    assert_eq!(tlsa.to_string().to_lowercase(), "3 1 0 abcdef");
    // Without its DNSSEC feature hickory keeps a DS as bytes.
    let RData::Unknown { code, rdata } = decoded(RecordType::Ds, &format!("60485 5 1 {digest}")) else {
        panic!("not a DS")
    };
    assert_eq!((u16::from(code), &rdata.anything[..5]), (43, &[0xec, 0x45, 5, 1, 0x2b][..]));
}

#[test]
fn service_bindings() {
    let text = "1 svc.example.com port=8443 key667=\"x\" alpn=\"h2,h3\" ipv6hint=2001:db8::1 ipv4hint=192.0.2.1,192.0.2.2 \
                no-default-alpn mandatory=port,alpn";
    let RData::SVCB(svcb) = decoded(RecordType::Svcb, text) else { panic!("not a SVCB") };
    assert_eq!((svcb.svc_priority, svcb.target_name.to_string().as_str()), (1, "svc.example.com."));
    let keys: Vec<u16> = svcb.svc_params.iter().map(|(key, _)| (*key).into()).collect();
    assert_eq!(keys, [0, 1, 2, 3, 4, 6, 667]);
    assert!(matches!(&svcb.svc_params[1].1, SvcParamValue::Alpn(alpn) if alpn.0 == ["h2", "h3"]));
    assert!(matches!(&svcb.svc_params[3].1, SvcParamValue::Port(8443)));
    assert!(matches!(&svcb.svc_params[4].1, SvcParamValue::Ipv4Hint(hint) if hint.0.len() == 2));
    let RData::HTTPS(https) = decoded(RecordType::Https, "0 alias.example.com") else { panic!("not an HTTPS") };
    assert!(https.svc_priority == 0 && https.svc_params.is_empty());
}

/// The ECHConfigList has one configuration, with a key and a public name.
#[test]
fn parameters_of_later_documents() {
    let ech = "AEX+DQBBuAAgACBjCyE+8lfUIRIVj6xVdKuUqcV2jsOQXyXJ4Ydb4IlwVAAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA=";
    let text = format!("1 . alpn=h2 ech={ech} dohpath=/q{{?dns}} ohttp tls-supported-groups=29,23 docpath=dns key11");
    let RData::HTTPS(https) = decoded(RecordType::Https, &text) else { panic!("not an HTTPS") };
    let keys: Vec<u16> = https.svc_params.iter().map(|(key, _)| (*key).into()).collect();
    assert_eq!(keys, [1, 5, 7, 8, 9, 10, 11]);
    let SvcParamValue::EchConfigList(list) = &https.svc_params[1].1 else { panic!("not an ech") };
    assert_eq!(data_encoding::BASE64.encode(&list.0), ech);
    let unknown: Vec<&[u8]> = https.svc_params[2..]
        .iter()
        .map(|(_, value)| match value {
            SvcParamValue::Unknown(unknown) => &*unknown.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(unknown, [&b"/q{?dns}"[..], b"", b"\x00\x1d\x00\x17", b"\x03dns", b""]);
}
