//! Requests that nobody should send: bodies that are no documents of ours, and what is hardly HTTP. Each has AWS's error
//! document, where it has come as far as there is one, and changes nothing.

use std::net::SocketAddr;

use crate::http::{Client, NAMESPACE, Response, request};
use crate::server::Server;

const ZONES: &str = "/2013-04-01/hostedzone";

/// The document of a refusal.
fn check_refusal(response: &Response, what: &str) {
    assert!((400..500).contains(&response.status), "{what}: {response:?}");
    assert!(response.body.contains("<ErrorResponse xmlns="), "{what}: {response:?}");
    let request_id = response.header("x-amzn-requestid").unwrap();
    assert_eq!(response.text("RequestId"), Some(request_id), "{what}");
}

/// Asks, and has the code of the refusal.
fn refused(api: SocketAddr, method: &str, target: &str, body: &[u8]) -> (u16, String) {
    let mut client = Client::open(api);
    client.send(
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(),
    );
    client.try_send(body);
    let response = client.receive();
    check_refusal(&response, &format!("{method} {target}"));
    (response.status, response.text("Code").unwrap().to_owned())
}

/// The names of all zones.
fn zones(api: SocketAddr) -> Vec<String> {
    let response = Client::open(api).get("hostedzonesbyname");
    response.texts("Name").into_iter().map(str::to_owned).collect()
}

fn create(name: &str) -> String {
    request("CreateHostedZone", &format!("<Name>{name}</Name><CallerReference>{name}</CallerReference>"))
}

#[test]
fn garbage_is_answered_with_an_error_document() {
    let (_server, api) = crate::serve(&[]);
    let mut rng = fastrand::Rng::with_seed(53);
    let garbage: Vec<u8> = (0..8192).map(|_| rng.u8(..)).collect();
    let printable: Vec<u8> = (0..8192).map(|_| rng.u8(32..127)).collect();
    let element = |inside: &str| request("CreateHostedZone", inside).into_bytes();
    let utf_16: Vec<u8> = create("a.example").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long = "a".repeat(1 << 20);
    let malformed = "MalformedInput";
    let invalid = "InvalidInput";
    let name = "<Name>a.example</Name>";
    let reference = "<CallerReference>a</CallerReference>";
    for (what, body, code) in [
        ("nothing", Vec::new(), malformed),
        ("blanks", b" \r\n\t".to_vec(), malformed),
        ("garbage", garbage, malformed),
        ("printable garbage", printable, malformed),
        ("JSON", b"{\"Name\":\"a.example\"}".to_vec(), malformed),
        ("UTF-16", [b"\xff\xfe".to_vec(), utf_16].concat(), malformed),
        (
            "no UTF-8",
            element("<Name>\u{fffd}</Name>").iter().map(|byte| if *byte == 0xef { 0xff } else { *byte }).collect(),
            malformed,
        ),
        ("a NUL", element("<Name>a\0</Name>"), malformed),
        ("a NUL by its number", element("<Name>a&#0;</Name>"), malformed),
        ("half a surrogate", element("<Name>&#xD800;</Name>"), malformed),
        ("a character that there is not", element("<Name>&#x110000;</Name>"), malformed),
        ("an entity that there is not", element("<Name>&a;</Name>"), malformed),
        ("no end", create("a.example").trim_end_matches('>').as_bytes().to_vec(), malformed),
        ("two roots", [create("a.example"), create("b.example")].concat().into_bytes(), malformed),
        ("text behind the root", format!("{}x", create("a.example")).into_bytes(), malformed),
        ("crossed elements", element("<Name><CallerReference></Name></CallerReference>"), malformed),
        (
            "an attribute twice",
            format!("<CreateHostedZoneRequest xmlns=\"{NAMESPACE}\" a=\"1\" a=\"2\"/>").into_bytes(),
            malformed,
        ),
        ("elements as deep as there are", "<a>".repeat(100_000).into_bytes(), malformed),
        (
            "elements as deep as there are, closed",
            format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000)).into_bytes(),
            malformed,
        ),
        ("as many elements as there are", element(&"<a/>".repeat(200_000)), malformed),
        (
            "a bomb",
            format!(
                "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>{}",
                create("&b;")
            )
            .into_bytes(),
            malformed,
        ),
        (
            "a file of ours",
            format!("<!DOCTYPE a [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}", create("&a;")).into_bytes(),
            malformed,
        ),
        (
            "a document type",
            format!("<!DOCTYPE CreateHostedZoneRequest>{}", create("a.example")).into_bytes(),
            malformed,
        ),
        ("another root", request("DeleteHostedZone", name).into_bytes(), malformed),
        (
            "a root of no namespace",
            format!("<CreateHostedZoneRequest>{name}{reference}</CreateHostedZoneRequest>").into_bytes(),
            invalid,
        ),
        ("a root of another namespace", create("a.example").replace("2013-04-01", "2012-02-29").into_bytes(), invalid),
        ("members of another namespace", element(&format!("<Name xmlns=\"a\">a.example</Name>{reference}")), invalid),
        ("a member twice", element(&format!("{name}{name}{reference}")), invalid),
        ("a member that there is not", element(&format!("{name}{reference}<Size>1</Size>")), invalid),
        ("no member", element(""), invalid),
        ("text between members", element(&format!("{name}x{reference}")), invalid),
        ("elements in a text", element(&format!("<Name><b>a</b>.example</Name>{reference}")), invalid),
        (
            "a truth that is none",
            element(&format!(
                "{name}{reference}<HostedZoneConfig><PrivateZone>perhaps</PrivateZone></HostedZoneConfig>"
            )),
            invalid,
        ),
        ("a long name", element(&format!("<Name>{long}</Name>{reference}")), invalid),
        ("a long element name", element(&format!("<{long}/>")), invalid),
        ("a long reference", element(&format!("{name}<CallerReference>{long}</CallerReference>")), invalid),
    ] {
        assert_eq!(refused(api, "POST", ZONES, &body), (400, code.to_owned()), "{what}");
    }
    assert_eq!(refused(api, "POST", ZONES, &vec![b'x'; 3 << 20]), (413, "RequestEntityTooLarge".to_owned()));
    assert_eq!(zones(api), Vec::<String>::new());
}

#[test]
fn what_is_unusual_and_right_is_taken() {
    let (_server, api) = crate::serve(&[]);
    let plain = create("NAME.example");
    for (name, body) in [
        ("declared", format!("<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>\r\n{plain}\r\n")),
        ("mark", format!("\u{feff}{plain}")),
        ("comments", plain.replace("<Name>", "<!-- <Name> --><?a b?><Name>")),
        ("data", plain.replace("<Name>NAME", "<Name><![CDATA[NAME]]>")),
        ("number", plain.replace("<Name>N", "<Name>&#x4e;")),
        ("prefix", plain.replace("<", "<r:").replace("<r:/", "</r:").replace("xmlns=", "xmlns:r=")),
        ("attribute", plain.replace("<Name>", "<Name a='b'>")),
        (
            "spread",
            plain
                .replace('<', "\n  <")
                .replace("\n  </Name>", "</Name>")
                .replace("\n  </CallerReference>", "</CallerReference>"),
        ),
        ("order", {
            let (start, rest) = plain.split_once("<Name>").unwrap();
            let (name, rest) = rest.split_once("</Name>").unwrap();
            let (reference, end) = rest.split_once("</CallerReference>").unwrap();
            format!("{start}{reference}</CallerReference><Name>{name}</Name>{end}")
        }),
    ] {
        let response = Client::open(api).ask("POST", ZONES, &body.replace("NAME", name));
        assert_eq!(response.status, 201, "{name}: {response:?}");
    }
    assert_eq!(zones(api).len(), 9);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let zone = client.ask("POST", ZONES, &create("a.example")).made().to_owned();
    for number in [
        "0",
        "-1",
        "1.5",
        "1e3",
        "0x10",
        " 5",
        "5 5",
        "\u{663}",
        "many",
        "--1",
        "%00",
        "1%00",
        "2147483648000000000000000x",
    ] {
        for target in [format!("{ZONES}?maxitems={number}"), format!("{ZONES}/{zone}/rrset?maxitems={number}")] {
            let target = target.replace(' ', "%20").replace('\u{663}', "%D9%A3");
            let (status, code) = refused(api, "GET", &target, b"");
            assert_eq!((status, code.as_str()), (400, "InvalidInput"), "{target}");
        }
    }
    for (number, effective) in [("999999999999999999999999999999", "100"), ("%2B5", "5"), ("0005", "5"), ("", "100")] {
        let listed = client.get(&format!("hostedzone?maxitems={number}"));
        assert_eq!(listed.text("MaxItems"), Some(effective), "{number}");
    }
    let change = |ttl: &str, more: &str| {
        request(
            "ChangeResourceRecordSets",
            &format!(
                "<ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>w.a.example</Name><Type>A</Type>\
                 {more}<TTL>{ttl}</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>\
                 </ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>"
            ),
        )
    };
    let weighted = |weight: &str| format!("<SetIdentifier>s</SetIdentifier><Weight>{weight}</Weight>");
    let rrset = format!("{ZONES}/{zone}/rrset");
    for ttl in ["-1", "2147483648", "4294967296", "99999999999999999999999", "1.0", "", "1 1", "NaN"] {
        assert_eq!(refused(api, "POST", &rrset, change(ttl, "").as_bytes()), (400, "InvalidInput".to_owned()), "{ttl}");
    }
    for weight in ["-1", "256", "65536", "18446744073709551616", "x"] {
        let body = change("1", &weighted(weight));
        assert_eq!(refused(api, "POST", &rrset, body.as_bytes()), (400, "InvalidInput".to_owned()), "{weight}");
    }
    assert_eq!(client.get(&format!("hostedzone/{zone}/rrset")).texts("ResourceRecordSet").len(), 2);
}

#[test]
fn odd_targets_lead_nowhere() {
    let (_server, api) = crate::serve(&[]);
    let id = "Z".repeat(60_000);
    let nowhere = (404, "UnknownOperationException".to_owned());
    for target in [
        "/",
        "//",
        "/2013-04-01",
        "/2013-04-01/",
        "/2013-04-01//hostedzone",
        "/2013-04-01/hostedzone/../healthcheck",
        "/2013-04-01/hostedzone/%ZZ",
        "/2013-04-01/hostedzone/%",
        "/2013-04-01/hostedzone/%ff",
        "/2013-04-01/hostedzone/a/b/c",
        "/2013-04-01/HostedZone",
        "http://localhost/",
    ] {
        assert_eq!(refused(api, "GET", target, b""), nowhere, "{target}");
    }
    for (target, code) in [
        ("hostedzone/Z1", "NoSuchHostedZone"),
        ("hostedzone/%2Fhostedzone%2FZ1", "NoSuchHostedZone"),
        ("hostedzone/%252Fhostedzone%252FZ1", "NoSuchHostedZone"),
        ("hostedzone/%00", "NoSuchHostedZone"),
        ("hostedzone/%3Cscript%3E", "NoSuchHostedZone"),
        ("hostedzone/..%2F..%2Fetc%2Fpasswd", "NoSuchHostedZone"),
        ("healthcheck/%F0%9F%98%80", "NoSuchHealthCheck"),
        ("change/%2Fchange%2F%2Fchange%2FC1", "NoSuchChange"),
        ("trafficpolicy/a/99999999999999999999", "InvalidInput"),
    ] {
        let response = Client::open(api).ask("GET", &format!("/2013-04-01/{target}"), "");
        check_refusal(&response, target);
        assert_eq!(response.text("Code"), Some(code), "{target}");
    }
    for target in [format!("{ZONES}?%ff=1"), format!("{ZONES}/{id}"), format!("/2013-04-01/tags/hostedzone/{id}")] {
        assert_eq!(refused(api, "GET", &target, b"").1, "InvalidInput");
    }
    // What no operation asks for counts for nothing, and of a key the first counts.
    let many: String = (0..5_000).map(|number| format!("&k{number}=v")).collect();
    assert_eq!(Client::open(api).get(&format!("hostedzone?maxitems=7&maxitems=8{many}")).text("MaxItems"), Some("7"));
    let absolute = Client::open(api).ask("GET", "http://localhost/2013-04-01/hostedzone", "");
    assert_eq!(absolute.status, 200, "{absolute:?}");
}

#[test]
fn other_methods_are_refused() {
    let (_server, api) = crate::serve(&[]);
    for method in ["PUT", "PATCH", "OPTIONS", "TRACE", "BREW", "get", "DELETE"] {
        assert_eq!(refused(api, method, ZONES, b""), (405, "MethodNotAllowed".to_owned()), "{method}");
    }
    let mut client = Client::open(api);
    client.send(format!("HEAD {ZONES} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    assert_eq!(client.receive_head().unwrap().0, 405);
    // There is no body behind it.
    assert_eq!(client.get("hostedzone").text("MaxItems"), Some("100"));
}

/// What comes back for these bytes, the connection's end included; `None` if it is closed without an answer.
fn told(api: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut client = Client::open(api);
    client.try_send(bytes);
    client.close_sending();
    client.receive_head().ok().map(|(status, _)| status)
}

#[test]
fn what_is_hardly_http_is_cut_off_or_refused() {
    let (_server, api) = crate::serve(&[]);
    let body = create("a.example");
    let post = |headers: &str| format!("POST {ZONES} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    let length = body.len();
    for (what, bytes) in [
        ("a length that is none", format!("{}{body}", post("Content-Length: many\r\n"))),
        ("a length below nothing", format!("{}{body}", post("Content-Length: -1\r\n"))),
        ("a length that no number holds", format!("{}{body}", post("Content-Length: 99999999999999999999999\r\n"))),
        ("two lengths", format!("{}{body}", post(&format!("Content-Length: {length}\r\nContent-Length: 1\r\n")))),
        ("a body that ends too early", format!("{}{body}", post(&format!("Content-Length: {}\r\n", length + 1)))),
        ("a length of which the body is more", format!("{}{body}", post("Content-Length: 10\r\n"))),
        ("a chunk whose size is none", format!("{}zz\r\n{body}", post("Transfer-Encoding: chunked\r\n"))),
        ("a chunk that is too long", format!("{}FFFFFFFFFFFFFFFFF\r\n{body}", post("Transfer-Encoding: chunked\r\n"))),
        ("chunks without their end", format!("{}{length:x}\r\n{body}\r\n", post("Transfer-Encoding: chunked\r\n"))),
        ("another encoding", format!("{}{body}", post("Transfer-Encoding: gzip\r\n"))),
        ("no version", format!("GET {ZONES}\r\n\r\n")),
        ("another version", format!("GET {ZONES} HTTP/3.0\r\nHost: localhost\r\n\r\n")),
        ("no method", format!(" {ZONES} HTTP/1.1\r\n\r\n")),
        ("a header without a name", post(": a\r\n")),
        ("a header with a NUL", post("A: a\0b\r\n")),
        ("more headers than anybody has", post(&"A: b\r\n".repeat(10_000))),
        ("a head that is too long", post(&format!("A: {}\r\n", "a".repeat(100_000)))),
        ("a target that is too long", format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000))),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\0".to_owned()),
        ("nothing", String::new()),
        ("line ends", "\r\n".repeat(1_000)),
    ] {
        let status = told(api, bytes.as_bytes());
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{what}: {status:?}");
    }
    assert_eq!(zones(api), Vec::<String>::new());
}

#[test]
fn what_http_allows_is_understood() {
    let (_server, api) = crate::serve(&[]);
    // In chunks, some of them with extensions, and with a trailer.
    let body = create("chunks.example");
    let (one, two) = body.split_at(20);
    let mut client = Client::open(api);
    client.send(format!("POST {ZONES} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes());
    for part in [one, two] {
        client.send(format!("{:x};a=b\r\n{part}\r\n", part.len()).as_bytes());
    }
    client.send(b"0\r\nTrailer: a\r\n\r\n");
    assert_eq!(client.receive().status, 201);
    // More than is taken, of which nobody says how much comes.
    client.send(format!("POST {ZONES} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes());
    for _ in 0..40 {
        client.try_send(format!("10000\r\n{}\r\n", "x".repeat(0x10000)).as_bytes());
    }
    assert_eq!(client.receive().status, 413);

    let body = create("expected.example");
    let mut client = Client::open(api);
    let length = body.len();
    client.send(
        format!("POST {ZONES} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
            .as_bytes(),
    );
    assert_eq!(client.receive_head().unwrap().0, 100);
    client.send(body.as_bytes());
    assert_eq!(client.receive().status, 201);

    let mut client = Client::open(api);
    let requests: String = (0..20)
        .map(|number| format!("GET {ZONES}?maxitems={} HTTP/1.1\r\nHost: localhost\r\n\r\n", number + 1))
        .collect();
    client.send(requests.as_bytes());
    for number in 0..20 {
        assert_eq!(client.receive().text("MaxItems"), Some((number + 1).to_string().as_str()), "one after the other");
    }

    let mut client = Client::open(api);
    client.send(format!("GET {ZONES} HTTP/1.0\r\n\r\n").as_bytes());
    assert_eq!(client.receive().status, 200);
    assert!(client.is_ended(), "HTTP/1.0 has one request");

    let mut client = Client::open(api);
    for byte in format!("GET {ZONES} HTTP/1.1\r\nHost: localhost\r\n\r\n").bytes() {
        client.send(&[byte]);
    }
    assert_eq!(client.receive().status, 200);
    assert_eq!(client.ask("GET", "/2013-04-01/hostedzone/Z1", "").status, 404);
    assert_eq!(client.ask("GET", ZONES, "").status, 200, "the connection goes on after a refusal");
    assert_eq!(zones(api), ["chunks.example.", "expected.example."]);
}

#[test]
fn a_client_that_goes_before_its_answer_leaves_a_whole_change_or_none() {
    let (server, api): (Server, _) = crate::serve(&[]);
    let mut rng = fastrand::Rng::with_seed(7);
    for round in 0..100 {
        let name = format!("n{round}.example");
        let body = create(&name);
        let sent = format!("POST {ZONES} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut client = Client::open(api);
        let cut = if round % 2 == 0 { sent.len() } else { rng.usize(..sent.len()) };
        client.send(&sent.as_bytes()[..cut]);
        drop(client);
    }
    // Whatever is there is whole.
    let listed = Client::open(api).get("hostedzonesbyname");
    assert!(listed.texts("ResourceRecordSetCount").iter().all(|count| *count == "2"), "{listed:?}");
    assert!(
        listed.texts("Name").iter().all(|name| name[1..].split('.').next().unwrap().parse::<u32>().unwrap() % 2 == 0)
    );
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn a_url_that_is_too_long_is_refused_with_431_on_a_connection_that_was_used_too() {
    let (_server, api) = crate::serve(&[]);
    let long = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(length));
    for length in [65_600, 66_000, 100_000, 200_000] {
        for requests in 0..4 {
            let mut client = Client::open(api);
            for _ in 0..requests {
                // A large body leaves a large buffer behind.
                let refused = client.ask("POST", ZONES, &"x".repeat(1 << 20));
                assert_eq!(refused.status, 400);
            }
            client.try_send(long(length).as_bytes());
            let (status, _) = client.receive_head().unwrap();
            assert_eq!(status, 431, "{length} bytes behind {requests} requests");
        }
    }
}
