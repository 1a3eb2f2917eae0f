//! The account that most tests ask: every policy, every shape of name, and private zones that the Internet must
//! never learn of.

use crate::asking::Server;
use crate::written_account::WrittenAccount;

/// Every value and every name in the values of a private zone holds one of these.
pub const SECRET_TEXT: &str = "top-secret";
pub const SECRET_IPV4: [u8; 4] = [10, 99, 77, 55];
pub const SECRET_IPV6: [u8; 8] = [0xfd, 0x99, 0x77, 0x55, 0x31, 0x41, 0x59, 0x26];
pub const SECRET_TTL: u32 = 0x3c4d_5e6f;

/// Labels that names of the account are made of.
pub const LABELS: [&str; 40] = [
    "www",
    "chain",
    "away",
    "loop1",
    "loop2",
    "dangling",
    "wild",
    "*",
    "x",
    "apps",
    "a",
    "b",
    "deep",
    "dev",
    "ns1",
    "api",
    "app",
    "many",
    "geo",
    "de",
    "ip",
    "near",
    "lat",
    "big",
    "lb",
    "hidden",
    "mail",
    "mail2",
    "_sip",
    "_tcp",
    "sub",
    "db",
    "split",
    "cname",
    "mx",
    "ns",
    "inside",
    "elb",
    "deleg",
    "to-private",
];

/// Names that questions end in.
pub const SUFFIXES: [&str; 9] = [
    "example.com",
    "sub.example.com",
    "other.test",
    "elb.test",
    "internal.test",
    "corp.example.com",
    "test",
    "com",
    ".",
];

pub fn shop() -> WrittenAccount {
    let mut account = WrittenAccount::default();
    for check in ["web", "web2"] {
        account.http_check(check);
    }
    account.vpc("vpc-a", &["10.20.0.0/16", "fd00:20::/48"]);
    account.cidr_collection(
        "offices",
        &[("berlin", &["203.0.113.0/24", "2001:db8:113::/48"]), ("rome", &["192.0.0.0/8"])],
    );
    account.client_location("198.51.100.0/24", "DE");
    account.client_location("2001:db8:de::/48", "DE");
    add_public_zones(&mut account);
    add_private_zones(&mut account);
    account
}

pub fn server() -> Server {
    Server::new(&shop())
}

fn add_public_zones(account: &mut WrittenAccount) {
    let many: Vec<_> = (1..=10).map(|n| format!("many A id=m{n} multi=yes ttl={} 198.51.100.{n}", 60 + n)).collect();
    let big: Vec<_> = (0..40).map(|n| format!("\"{n:02}{}\"", "x".repeat(198))).collect();
    let big = format!("big TXT {}", big.join(" | "));
    let mut records = vec![
        "@ A 192.0.2.1 | 192.0.2.2",
        "@ MX 10 mail.example.com. | 20 mail2.example.com. | 30 mx.elsewhere.test.",
        "mail A 192.0.2.25",
        "mail AAAA 2001:db8::25",
        "mail2 A 192.0.2.26",
        "_sip._tcp SRV 1 2 5060 mail.example.com.",
        "www CNAME example.com.",
        "chain CNAME www.example.com.",
        "away CNAME www.other.test.",
        "to-private CNAME db.internal.test.",
        "loop1 CNAME loop2.example.com.",
        "loop2 CNAME loop1.example.com.",
        "dangling CNAME nothing.example.com.",
        "*.wild A 192.0.2.30",
        "*.apps CNAME www.example.com.",
        "a.b.deep A 192.0.2.31",
        "dev NS ns1.dev.example.com. | ns.elsewhere.test.",
        "dev DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
        "ns1.dev A 192.0.2.53",
        "x.dev A 192.0.2.54",
        "sub NS ns1.sub.example.com.",
        "sub DS 2 13 2 0000000000000000000000000000000000000000000000000000000000000000",
        "api A id=blue weight=90 check=web 192.0.2.10",
        "api A id=green weight=10 check=web2 192.0.2.20",
        "app A id=p failover=PRIMARY alias=api eth",
        "app A id=s failover=SECONDARY 192.0.2.99",
        "geo A id=de geo=DE 192.0.2.41",
        "geo A id=rest geo=* 192.0.2.42",
        "de A id=de geo=DE 192.0.2.43",
        "ip A id=hq cidr=offices/berlin 192.0.2.45",
        "ip A id=rest cidr=offices/* 192.0.2.46",
        "near A id=n near=52.5,13.4 192.0.2.47",
        "near A id=f near=-33.9,151.2 192.0.2.48",
        "lat A id=us region=us-east-1 192.0.2.49",
        "lat A id=eu region=eu-central-1 192.0.2.50",
        "lb A aws=lb.elb.test eth",
        "hidden A aws=db.internal.test",
        "split A 192.0.2.60",
        "deleg NS ns.internal.test.",
        &big,
    ];
    records.extend(many.iter().map(String::as_str));
    account.public_zone("example.com", &records);
    account.public_zone("sub.example.com", &["www A 192.0.2.70", "ns1 A 192.0.2.71"]);
    account.public_zone("other.test", &["www A 192.0.2.80", "@ MX 10 db.internal.test."]);
    account.public_zone("elb.test", &["lb A id=a weight=1 check=web 192.0.2.90", "lb A id=b weight=1 192.0.2.91"]);
}

fn add_private_zones(account: &mut WrittenAccount) {
    let t = format!("ttl={SECRET_TTL}");
    let apex = [
        format!("@ SOA {t} top-secret-ns.example.com. top-secret.example.com. 1 2 3 4 1011843695"),
        format!("@ NS {t} top-secret-ns.internal.test."),
    ];
    let zone = |records: &[String]| -> Vec<String> { apex.iter().chain(records).cloned().collect() };
    let of_example = zone(&[
        format!("@ A {t} 10.99.77.55"),
        format!("@ TXT {t} \"top-secret\""),
        format!("split A {t} 10.99.77.55"),
        format!("inside AAAA {t} fd99:7755:3141:5926::1"),
        format!("www A {t} 10.99.77.55"),
        format!("* TXT {t} \"top-secret\""),
        format!("*.wild A {t} 10.99.77.55"),
        format!("mail A {t} 10.99.77.55"),
        format!("ns1.dev A {t} 10.99.77.55"),
    ]);
    let of_internal = zone(&[
        format!("db A {t} 10.99.77.55"),
        format!("ns A {t} 10.99.77.55"),
        format!("top-secret-ns A {t} 10.99.77.55"),
        format!("cname CNAME {t} top-secret.internal.test."),
        format!("mx MX {t} 10 top-secret.internal.test."),
        format!("deleg NS {t} top-secret-ns.internal.test."),
        format!("* TXT {t} \"top-secret\""),
        "api A id=a weight=1 alias=db eth".to_owned(),
    ]);
    let of_elb = zone(&[format!("lb A {t} 10.99.77.55"), format!("x.lb A {t} 10.99.77.55")]);
    let of_corp = zone(&[format!("*  A {t} 10.99.77.55").replace("  ", " ")]);
    let zones = [
        ("example.com", of_example),
        ("internal.test", of_internal),
        ("elb.test", of_elb),
        ("corp.example.com", of_corp),
    ];
    for (name, records) in zones {
        account.private_zone(name, &["vpc-a"], &records.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
