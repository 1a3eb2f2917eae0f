//! Examples of what stands in a reply: sections, names, values, TTLs.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RData;
use route53d::model::HealthStatus;

use crate::asking::{Query, Reply, Server, edns, query};
use crate::shop;
use crate::written_account::WrittenAccount;

fn ask(name: &str, query_type: &str) -> Reply {
    shop::server().ask(&Query { edns: edns(4096), ..query(name, query_type) })
}

const AA: u16 = 0x0400;
const RA: u16 = 0x0080;

// P-1, P-2, P-3.
#[test]
fn a_positive_answer_is_authoritative_and_carries_the_sorted_name_servers() {
    let reply = ask("example.com", "A");
    assert_eq!(reply.flags(), 0x8000 | AA | 0x0100);
    assert_eq!(reply.answers(), ["example.com. 60 A 192.0.2.1", "example.com. 60 A 192.0.2.2"]);
    let servers: Vec<_> = reply.message.authorities.iter().map(|record| record.data.to_string()).collect();
    assert!(servers.len() == 4 && servers.is_sorted());
    assert!(reply.message.authorities.iter().all(|record| record.ttl == 172_800));
}

// P-5.
#[test]
fn the_name_servers_stand_only_once() {
    assert_eq!(ask("example.com", "NS").counts(), (4, 0, 0));
    let any = ask("example.com", "ANY");
    assert_eq!((any.counts().1, any.rcode()), (0, ResponseCode::NoError));
}

// P-6.
#[test]
fn any_gets_every_group_of_the_name() {
    let types = |reply: &Reply| -> Vec<String> {
        let mut types: Vec<_> = reply.message.answers.iter().map(|it| it.record_type().to_string()).collect();
        types.dedup();
        types
    };
    assert_eq!(types(&ask("example.com", "ANY")), ["A", "MX", "NS", "SOA"]);
    assert_eq!(ask("many.example.com", "ANY").counts().0, 8, "each by its policy");
    assert_eq!(ask("www.example.com", "ANY").answers(), ["www.example.com. 60 CNAME example.com."]);
    assert_eq!(ask("a.deep.example.com", "ANY").rcode(), ResponseCode::NXDomain);
    assert_eq!(ask("deep.example.com", "ANY").counts(), (0, 1, 0));
}

// Z-15, Z-16, Z-17, W-8.
#[test]
fn a_negative_answer_carries_the_soa_with_the_negative_ttl() {
    for (name, rcode) in [
        ("nothing.example.com", ResponseCode::NXDomain),
        ("mail2.example.com", ResponseCode::NoError),
        ("b.deep.example.com", ResponseCode::NoError),
    ] {
        let reply = ask(name, "TXT");
        assert_eq!((reply.rcode(), reply.counts()), (rcode, (0, 1, 0)));
        assert!(reply.authorities()[0].starts_with("example.com. 900 SOA "), "{:?}", reply.authorities());
    }
    let mut account = WrittenAccount::default();
    account.public_zone("a.test", &["@ SOA ttl=900 ns.a.test. admin.a.test. 1 2 3 4 60"]);
    account.public_zone("b.test", &["@ SOA ttl=30 ns.b.test. admin.b.test. 1 2 3 4 86400"]);
    let server = Server::new(&account);
    for (name, ttl) in [("x.a.test", 60), ("x.b.test", 30)] {
        assert_eq!(server.ask(&query(name, "A")).message.authorities[0].ttl, ttl, "Z-16: the smaller of the two");
    }
    assert_eq!(server.ask(&query("a.test", "SOA")).message.answers[0].ttl, 900, "asked for, it keeps its own");
}

// Z-32 to Z-37.
#[test]
fn a_cname_is_followed_inside_its_zone_and_no_further() {
    let reply = ask("chain.example.com", "A");
    assert_eq!(
        reply.answers(),
        [
            "chain.example.com. 60 CNAME www.example.com.",
            "example.com. 60 A 192.0.2.1",
            "example.com. 60 A 192.0.2.2",
            "www.example.com. 60 CNAME example.com.",
        ]
    );
    assert_eq!(reply.counts().1, 4);
    let away = ask("away.example.com", "A");
    assert_eq!(away.answers(), ["away.example.com. 60 CNAME www.other.test."], "Z-34");
    let dangling = ask("dangling.example.com", "A");
    assert_eq!((dangling.rcode(), dangling.counts()), (ResponseCode::NXDomain, (1, 1, 0)), "Z-35");
    let looping = ask("loop1.example.com", "A");
    assert_eq!((looping.rcode(), looping.counts().0), (ResponseCode::NoError, 2), "Z-33");
    assert_eq!(ask("chain.example.com", "CNAME").counts().0, 1, "Z-37");
}

// N-8, W-5, W-15.
#[test]
fn the_owner_is_the_name_as_it_was_asked() {
    for (name, query_type) in [("eXaMpLe.CoM", "A"), ("A.b.C.wILD.exAmple.com", "A"), ("Q.aPPs.example.com", "A")] {
        let reply = ask(name, query_type);
        let owner = reply.message.answers[0].name.to_string();
        assert_eq!(owner, format!("{name}."));
    }
}

// Z-20 to Z-23.
#[test]
fn a_delegation_is_referred_to_without_aa_and_with_its_glue() {
    for (name, query_type) in
        [("dev.example.com", "A"), ("dev.example.com", "NS"), ("x.dev.example.com", "A"), ("x.dev.example.com", "DS")]
    {
        let reply = ask(name, query_type);
        assert_eq!(reply.flags() & (AA | 0xf), 0, "{name}");
        assert_eq!(
            reply.authorities(),
            ["dev.example.com. 60 NS ns.elsewhere.test.", "dev.example.com. 60 NS ns1.dev.example.com."]
        );
        assert_eq!(reply.answers(), [""; 0]);
        assert_eq!(reply.additionals(), ["ns1.dev.example.com. 60 A 192.0.2.53"]);
    }
    // Z-23: DS is the parent's, also where the child is held here too.
    for name in ["dev.example.com", "sub.example.com"] {
        let reply = ask(name, "DS");
        assert_eq!((reply.flags() & AA, reply.counts().0), (AA, 1), "{name}");
    }
    assert_eq!(ask("www.sub.example.com", "A").answers(), ["www.sub.example.com. 60 A 192.0.2.70"]);
}

// P-18.
#[test]
fn the_addresses_of_mail_and_service_hosts_are_added() {
    let mx = ask("example.com", "MX");
    let hosts = ["mail.example.com. 60 A 192.0.2.25", "mail.example.com. 60 AAAA 2001:db8::25"];
    assert_eq!(mx.counts().0, 3);
    assert_eq!(mx.additionals(), [&hosts[..], &["mail2.example.com. 60 A 192.0.2.26"]].concat());
    assert_eq!(ask("_sip._tcp.example.com", "SRV").additionals(), hosts);
}

// PZ-16.
#[test]
fn inside_a_vpc_it_is_a_resolver_that_answers() {
    let inside = Query { source: "10.20.0.1".parse().unwrap(), ..query("split.example.com", "A") };
    let reply = shop::server().ask(&inside);
    assert_eq!((reply.flags() & AA, reply.flags() & RA), (0, RA));
    assert_eq!(reply.message.answers[0].ttl, shop::SECRET_TTL);
}

// H-11, WT-4, F-2.
#[test]
fn an_alias_answers_under_its_own_name_with_what_is_healthy() {
    let mut server = shop::server();
    server.set_health("web", HealthStatus::Unhealthy);
    assert_eq!(server.values("app.example.com", "A"), ["192.0.2.20"]);
    let reply = server.ask(&query("app.example.com", "A"));
    assert_eq!(reply.answers(), ["app.example.com. 60 A 192.0.2.20"]);
    assert_eq!(server.values("lb.example.com", "A"), ["192.0.2.91"], "A-11: from the stand-in");
    server.set_health("web2", HealthStatus::Unhealthy);
    assert_eq!(server.values("app.example.com", "A"), ["192.0.2.99"]);
    assert_eq!(server.values("api.example.com", "A").len(), 1, "WT-5");
}

// MV-2, MV-6.
#[test]
fn multivalue_gives_eight_with_the_smallest_of_their_ttls() {
    let reply = ask("many.example.com", "A");
    assert_eq!(reply.counts().0, 8);
    let smallest = reply.message.answers.iter().map(|record| match &record.data {
        RData::A(address) => 60 + u32::from(address.octets()[3]),
        other => panic!("{other:?}"),
    });
    let smallest = smallest.min().unwrap();
    assert!(reply.message.answers.iter().all(|record| record.ttl == smallest));
}

// P-4.
#[test]
fn values_are_shuffled_and_name_servers_are_not() {
    let server = shop::server();
    let order = |seed, query_type| {
        let reply = server.ask(&Query { seed, ..query("example.com", query_type) });
        let values: Vec<_> = reply.message.answers.iter().map(|record| record.data.to_string()).collect();
        values
    };
    let distinct = |query_type| {
        let mut orders: Vec<_> = (0..64).map(|seed| order(seed, query_type)).collect();
        orders.sort();
        orders.dedup();
        orders.len()
    };
    assert_eq!((distinct("A"), distinct("MX"), distinct("NS")), (2, 6, 1));
}

// T-5, T-6.
#[test]
fn a_txt_holds_every_byte() {
    let escaped = |range: std::ops::Range<u16>| range.map(|byte| format!("\\{byte:03o}")).collect::<String>();
    let mut account = WrittenAccount::default();
    let record = format!("all TXT \"{}\" \"{}\" \"\"", escaped(0..128), escaped(128..256));
    account.public_zone("a.test", &[&record]);
    let reply = Server::new(&account).ask(&Query { edns: edns(1232), ..query("all.a.test", "TXT") });
    let RData::TXT(txt) = &reply.message.answers[0].data else { panic!("not a TXT") };
    let all: Vec<u8> = (0..=255).collect();
    let strings: Vec<&[u8]> = txt.txt_data.iter().map(|bytes| &**bytes).collect();
    assert_eq!(strings, [&all[..128], &all[128..], b""]);
}

// T-7.
#[test]
fn a_ttl_is_sent_as_it_stands() {
    let mut account = WrittenAccount::default();
    account.public_zone("a.test", &["zero A ttl=0 192.0.2.1", "most A ttl=2147483647 192.0.2.2"]);
    let server = Server::new(&account);
    assert_eq!(server.ask(&query("zero.a.test", "A")).message.answers[0].ttl, 0);
    assert_eq!(server.ask(&query("most.a.test", "A")).message.answers[0].ttl, 2_147_483_647);
}
