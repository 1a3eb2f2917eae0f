//! TCP says what UDP says, in full.

use std::fmt::Write;

use hickory_proto::op::ResponseCode;
use route53d::model::{RecordType, RecordValue};

use crate::client::{BOTH, Connection, Over, ask, is_met_with_silence, send};
use crate::message::{A, Query, Response, TXT};
use crate::server::Server;

/// Every type, and values that other people's decoders are known to take for wrong or to write differently.
const VALUES: [(RecordType, &[&str]); 17] = [
    (RecordType::A, &["192.0.2.1", "192.0.2.2"]),
    (RecordType::Aaaa, &["2001:db8::1", "::ffff:192.0.2.1"]),
    (RecordType::Caa, &[r#"0 issue "ca.example; policy=ev""#, r#"128 TBS ";""#, r#"0 odd9tag "\000\377""#]),
    (RecordType::Cname, &[r"Odd\056Label.shop.example."]),
    (RecordType::Ds, &["1 8 2 0000000000000000000000000000000000000000000000000000000000000000"]),
    (
        RecordType::Https,
        &[r#"1 . mandatory=alpn alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 key65000="a\000b""#],
    ),
    (RecordType::Mx, &["10 mail.shop.example.", "0 ."]),
    (RecordType::Naptr, &[r#"10 20 "u" "sip+E2U" "!^.*$!sip:info@shop.example!" ."#]),
    (RecordType::Ns, &["ns1.shop.example.", r"ns\377.elsewhere.example."]),
    (RecordType::Ptr, &["www.shop.example."]),
    (RecordType::Soa, &["ns1.shop.example. host\\056master.shop.example. 1 2 3 4 4294967295"]),
    (RecordType::Spf, &[r#""v=spf1 -all" "\001\200""#]),
    (RecordType::Srv, &["1 2 443 www.shop.example."]),
    (RecordType::Sshfp, &["4 2 0000000000000000000000000000000000000000000000000000000000000001"]),
    (RecordType::Svcb, &[r"2 www.shop.example. key65000=x no-default-alpn alpn=foo\\,bar", "0 alias.shop.example."]),
    (RecordType::Tlsa, &["3 1 1 0000000000000000000000000000000000000000000000000000000000000002"]),
    (RecordType::Txt, &[r#""" "plain" "with \"quotes\"""#]),
];

/// A name for each type. SOA is at the apex, where it must be.
fn owner(record_type: RecordType) -> String {
    match record_type {
        RecordType::Soa => "shop.example.".to_owned(),
        record_type => format!("{}.shop.example.", record_type.name().to_lowercase()),
    }
}

fn zone_of_every_type() -> String {
    let mut zones = "hosted_zones:\n  - name: shop.example\n    records:\n".to_owned();
    for (record_type, values) in VALUES {
        let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        let name = owner(record_type);
        let (type_name, values) = (record_type.name(), values.join(", "));
        writeln!(zones, "      - {{ name: {name}, type: {type_name}, ttl: 60, values: [{values}] }}").unwrap();
    }
    zones
}

fn all_bytes() -> Vec<u8> {
    (0..=255).collect()
}

#[test]
fn every_type_has_the_same_data_over_tcp_as_over_udp_and_as_in_the_zone_file() {
    let server = Server::start(&zone_of_every_type());
    let mut differences = String::new();
    for (record_type, values) in VALUES {
        let query = Query::new(&owner(record_type), record_type.code()).edns(4096);
        let [udp, tcp] = BOTH.map(|over| ask(over, server.address(), &query));
        if (udp.records(), udp.flags(), udp.question()) != (tcp.records(), tcp.flags(), tcp.question()) {
            let (udp, tcp) = (udp.message.clone(), tcp.message.clone());
            writeln!(differences, "{record_type}:\nUDP {udp}\nTCP {tcp}").unwrap();
        }
        // A delegation's name servers stand in the authority section.
        let section = if record_type == RecordType::Ns { 1 } else { 0 };
        let served = udp.records().into_iter().filter(|record| record.section == section);
        let mut served: Vec<_> =
            served.filter(|record| record.record_type == record_type.code()).map(|record| record.rdata).collect();
        let mut expected: Vec<_> =
            values.iter().map(|value| RecordValue::parse(record_type, value).unwrap().rdata().to_vec()).collect();
        served.sort();
        expected.sort();
        assert_eq!(served, expected, "{record_type}");
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn names_of_any_bytes_and_any_case_come_back_over_tcp_as_they_were_asked() {
    let server = Server::start(
        r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: 'a\056b\000\377\040', type: TXT, ttl: 60, values: ['"odd"'] }
      - { name: www, type: A, ttl: 60, values: [192.0.2.1] }
"#,
    );
    for (name, query_type) in [(r"a\056b\000\377\040.shop.example", TXT), ("wWw.ShOp.eXample", A)] {
        let query = Query::new(name, query_type);
        let [udp, tcp] = BOTH.map(|over| ask(over, server.address(), &query));
        assert_eq!(udp.records(), tcp.records(), "{name}");
        assert_eq!(udp.question(), tcp.question(), "{name}");
        let owner = &tcp.records()[0].name;
        assert_eq!(tcp.question()[..owner.len()], *owner, "{name}");
    }
}

#[test]
fn a_txt_of_every_byte_is_whole_over_tcp() {
    let octal: String = all_bytes().iter().map(|byte| format!(r"\{byte:03o}")).collect();
    let (first, second) = octal.split_at(4 * 255);
    let server = Server::start(&format!(
        "hosted_zones:\n  - name: shop.example\n    records:\n      - {{ name: all, type: TXT, ttl: 60, values: ['\"{first}\" \"{second}\"'] }}\n"
    ));
    let expected = [&[255], &all_bytes()[..255], &[1, 255]].concat();
    for over in BOTH {
        let response = ask(over, server.address(), &Query::new("all.shop.example", TXT).edns(4096));
        assert_eq!(response.records()[0].rdata, expected, "{over:?}");
    }
}

/// 400 addresses, as many as a record set may have, under a name of many bytes.
fn zone_of_many_addresses() -> String {
    let values: Vec<String> = (0..400).map(|n| format!("10.0.{}.{}", n / 256, n % 256)).collect();
    let long = "x".repeat(60);
    format!(
        "hosted_zones:\n  - name: shop.example\n    records:\n      - {{ name: big, type: A, ttl: 60, values: [{values}] }}\n      - {{ name: {long}.{long}, type: A, ttl: 60, values: [{values}] }}\n",
        values = values.join(", ")
    )
}

#[test]
fn an_answer_too_big_for_udp_is_truncated_there_and_whole_over_tcp() {
    let server = Server::start(&zone_of_many_addresses());
    let long = "x".repeat(60);
    for name in ["big.shop.example".to_owned(), format!("{long}.{long}.shop.example")] {
        for query in [Query::new(&name, A), Query::new(&name, A).edns(1232), Query::new(&name, A).edns(65_535)] {
            let udp = ask(Over::Udp, server.address(), &query);
            assert!(udp.message.metadata.truncation, "{query:?}");
            assert!(udp.bytes.len() <= 4096);
            let tcp = ask(Over::Tcp, server.address(), &query);
            assert!(!tcp.message.metadata.truncation, "{query:?}");
            assert_eq!(tcp.addresses().len(), 400);
            // P-10: the OPT record survives.
            assert_eq!(udp.message.edns.is_some(), tcp.message.edns.is_some());
        }
    }
}

#[test]
fn questions_on_one_connection_are_answered_one_after_the_other() {
    let server = Server::start(&zone_of_many_addresses());
    let mut connection = Connection::open(server.address());
    for id in 0..100 {
        connection.send(&Query::new("big.shop.example", A).bytes(id));
        let response = Response::read(connection.receive());
        assert_eq!((response.message.metadata.id, response.addresses().len()), (id, 400));
    }
}

#[test]
fn pipelined_questions_are_all_answered_in_their_order_though_the_client_asks_no_more() {
    let server = Server::start(&zone_of_many_addresses());
    let mut connection = Connection::open(server.address());
    const COUNT: u16 = 200;
    for id in 0..COUNT {
        let name = if id % 2 == 0 { "big.shop.example" } else { "none.shop.example" };
        connection.send(&Query::new(name, A).bytes(id));
    }
    connection.close_sending();
    for id in 0..COUNT {
        let response = Response::read(connection.receive());
        let expected = if id % 2 == 0 { 400 } else { 0 };
        assert_eq!((response.message.metadata.id, response.addresses().len()), (id, expected));
    }
    assert!(connection.is_at_end());
}

#[test]
fn a_question_may_come_byte_by_byte() {
    let server = Server::start(&zone_of_every_type());
    let mut connection = Connection::open(server.address());
    let query = Query::new("a.shop.example", A).bytes(7);
    for byte in [&(query.len() as u16).to_be_bytes()[..], &query].concat() {
        connection.write(&[byte]);
    }
    assert_eq!(Response::read(connection.receive()).addresses().len(), 2);
}

#[test]
fn a_connection_that_ends_within_a_question_leaves_the_server_well() {
    let server = Server::start(&zone_of_every_type());
    for bytes in [&[][..], &[0], &[0, 50], &[0, 50, 1, 2, 3], &[0, 0], &[0, 3, 1, 2, 3], &[255; 40]] {
        let mut connection = Connection::open(server.address());
        connection.write(bytes);
        connection.close_sending();
        assert!(connection.is_at_end(), "{bytes:?}");
    }
    assert_eq!(ask(Over::Tcp, server.address(), &Query::new("a.shop.example", A)).addresses().len(), 2);
}

const OPCODES: u16 = 0x7800;
/// 16 is both BADVERS and BADSIG, and this is hickory's name for it.
const BADVERS: ResponseCode = ResponseCode::BADSIG;

#[test]
fn odd_messages_get_the_same_answer_over_tcp_as_over_udp() {
    let server = Server::start(&zone_of_every_type());
    let www = || Query::new("a.shop.example", A);
    let with_count = |index: usize, count: u8| {
        let mut bytes = www().bytes(9);
        bytes[5 + 2 * index] = count;
        bytes
    };
    let opcode = |opcode: u16| www().flags(opcode << 11 | 0x0100).bytes(9);
    let two_questions = [with_count(0, 2), b"\x01a\x04shop\x07example\0\0\x01\0\x01".to_vec()].concat();
    let without_question = [&with_count(0, 0)[..12], &[]].concat();
    let with_bytes_after = [www().bytes(9), vec![0]].concat();
    let cut = |mut message: Vec<u8>| {
        message.truncate(20);
        message
    };
    let long = [opcode(5), vec![0; 10_000]].concat();
    let mut opt_twice = www().edns(1232).bytes(9);
    let opt = opt_twice[opt_twice.len() - 11..].to_vec();
    opt_twice.extend(opt);
    opt_twice[11] = 2;
    let cases: Vec<(&str, Vec<u8>, ResponseCode)> = vec![
        ("status", opcode(2), ResponseCode::NotImp),
        ("notify", opcode(4), ResponseCode::NotImp),
        ("update", opcode(5), ResponseCode::NotImp),
        ("opcode 15", opcode(15), ResponseCode::NotImp),
        ("an UPDATE of many bytes", long, ResponseCode::NotImp),
        ("a NOTIFY cut short", cut(opcode(4)), ResponseCode::NotImp),
        ("EDNS version 1", www().edns_version(1232, 1).bytes(9), BADVERS),
        ("EDNS version 255", www().edns_version(0, 255).bytes(9), BADVERS),
        ("CHAOS", Query::new("version.bind", TXT).class(3).bytes(9), ResponseCode::Refused),
        ("class ANY", www().class(255).bytes(9), ResponseCode::NoError),
        ("AXFR", Query::new("shop.example", 252).bytes(9), ResponseCode::Refused),
        ("IXFR", Query::new("shop.example", 251).bytes(9), ResponseCode::Refused),
        ("ANY", Query::new("a.shop.example", 255).bytes(9), ResponseCode::NoError),
        ("a type nobody knows", Query::new("a.shop.example", 65_280).bytes(9), ResponseCode::NoError),
        ("a name not here", Query::new("a.elsewhere.example", A).edns(1232).bytes(9), ResponseCode::Refused),
        ("the root", Query::new("", 2).bytes(9), ResponseCode::Refused),
        ("NSID", www().option(3, &[]).bytes(9), ResponseCode::NoError),
        ("subnet of no bits", www().option(8, &[0, 1, 0, 0]).bytes(9), ResponseCode::NoError),
        ("subnet", www().subnet("2001:db8:1200::/40").bytes(9), ResponseCode::NoError),
        ("subnet of an unknown family", www().option(8, &[0, 3, 0, 0]).bytes(9), ResponseCode::NoError),
        ("subnet of too few bytes", www().option(8, &[0, 1, 24, 0, 192]).bytes(9), ResponseCode::FormErr),
        ("subnet of spare bits", www().option(8, &[0, 1, 4, 0, 255]).bytes(9), ResponseCode::FormErr),
        ("option cut short", www().option(8, &[0]).bytes(9), ResponseCode::FormErr),
        ("all flags", www().flags(0x07ff & !OPCODES).bytes(9), ResponseCode::NoError),
        ("no question", without_question, ResponseCode::FormErr),
        ("no question but its bytes", with_count(0, 0), ResponseCode::FormErr),
        ("two questions", two_questions, ResponseCode::FormErr),
        ("two questions, one there", with_count(0, 2), ResponseCode::FormErr),
        ("an answer announced", with_count(1, 1), ResponseCode::FormErr),
        ("bytes after the end", with_bytes_after, ResponseCode::FormErr),
        ("two OPT records", opt_twice, ResponseCode::FormErr),
        ("a label too long", [&www().bytes(9)[..12], &[64; 70]].concat(), ResponseCode::FormErr),
        ("a name too long", [&www().bytes(9)[..12], &[1; 300], &[0, 0, 1, 0, 1]].concat(), ResponseCode::FormErr),
        ("a pointer to itself", [&www().bytes(9)[..12], &[0xc0, 12, 0, 1, 0, 1]].concat(), ResponseCode::FormErr),
        ("noise", [&[0, 9, 1, 0, 0, 1][..], &[0xa5; 60]].concat(), ResponseCode::FormErr),
        ("nothing but a header", [0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0].to_vec(), ResponseCode::FormErr),
    ];
    for (what, message, rcode) in cases {
        let [udp, tcp] = BOTH.map(|over| {
            let bytes = send(over, server.address(), &message);
            Response::read(bytes.unwrap_or_else(|| panic!("no answer to {what} over {over:?}")))
        });
        assert_eq!(udp.rcode(), rcode, "{what} over UDP");
        assert_eq!(tcp.rcode(), rcode, "{what} over TCP");
        assert_eq!(udp.flags(), tcp.flags(), "{what}");
        assert_eq!(udp.question(), tcp.question(), "{what}");
        assert_eq!(udp.records(), tcp.records(), "{what}");
    }
}

#[test]
fn responses_and_fragments_of_a_header_are_met_with_silence_over_both() {
    let server = Server::start(&zone_of_every_type());
    let response = Query::new("a.shop.example", A).flags(0x8100).bytes(9);
    for message in [&response[..], &response[..20], &response[..11], &[0]] {
        for over in BOTH {
            assert!(is_met_with_silence(over, server.address(), message), "{over:?}");
        }
    }
}
