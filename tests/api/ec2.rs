//! VPCs as an EC2 has them.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Client, Response};
use crate::server::{Server, eventually};

/// Each with its network; `None` where there is no answer but an error.
type Vpcs = Option<Vec<(&'static str, &'static str)>>;

/// An EC2 that says what it is told to, a VPC a page.
struct FakeEc2 {
    address: SocketAddr,
    vpcs: Arc<Mutex<Vpcs>>,
    /// How often the first page was asked for.
    looks: Arc<AtomicUsize>,
    /// While this is held, nothing is answered.
    answers: Arc<Mutex<()>>,
    /// Head and body of what it was asked last.
    asked: Arc<Mutex<(String, String)>>,
}

impl FakeEc2 {
    fn start() -> FakeEc2 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ec2 = FakeEc2 {
            address,
            vpcs: Arc::default(),
            looks: Arc::default(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (vpcs, asked) = (Arc::clone(&ec2.vpcs), Arc::clone(&ec2.asked));
        let (looks, answers) = (Arc::clone(&ec2.looks), Arc::clone(&ec2.answers));
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (vpcs, asked) = (Arc::clone(&vpcs), Arc::clone(&asked));
                let (looks, answers) = (Arc::clone(&looks), Arc::clone(&answers));
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream.unwrap());
                    while let Some((head, body)) = request(&mut stream) {
                        looks.fetch_add(usize::from(!body.contains("NextToken")), Ordering::SeqCst);
                        drop(answers.lock().unwrap());
                        let answer = answer(vpcs.lock().unwrap().as_deref(), &body);
                        *asked.lock().unwrap() = (head, body);
                        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        ec2
    }

    fn has(&self, vpcs: &[(&'static str, &'static str)]) {
        *self.vpcs.lock().unwrap() = Some(vpcs.to_vec());
    }

    fn fails(&self) {
        *self.vpcs.lock().unwrap() = None;
    }
}

fn request(stream: &mut impl BufRead) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

fn answer(vpcs: Option<&[(&str, &str)]>, body: &str) -> String {
    let Some(vpcs) = vpcs else {
        let error =
            "<Response><Errors><Error><Code>AuthFailure</Code><Message>No.</Message></Error></Errors></Response>";
        return format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n{error}", error.len());
    };
    let page: usize = body.split("NextToken=").nth(1).map_or(0, |token| token.parse().unwrap());
    let item = vpcs.get(page).map(|(id, cidr)| {
        format!("<item><vpcId>{id}</vpcId><state>available</state><cidrBlock>{cidr}</cidrBlock></item>")
    });
    let next = (page + 1 < vpcs.len()).then(|| format!("<nextToken>{}</nextToken>", page + 1));
    let text = format!(
        "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><vpcSet>{}</vpcSet>{}\
         </DescribeVpcsResponse>",
        item.unwrap_or_default(),
        next.unwrap_or_default()
    );
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len())
}

#[test]
fn the_vpcs_of_an_ec2_come_and_go_and_stay_while_it_fails() {
    let ec2 = FakeEc2::start();
    ec2.has(&[("vpc-a", "127.7.0.0/16"), ("vpc-b", "127.8.0.0/16"), ("vpc-file", "127.6.0.0/16")]);
    let endpoint = format!("http://{}", ec2.address);
    let file = "vpcs: [{ id: vpc-file, region: eu-west-1, cidrs: [127.9.0.0/16] }]";
    let flags = ["--ec2-endpoint", &endpoint, "--ec2-region", "eu-west-3", "--ec2-interval", "100ms", "--strict-vpcs"];
    let server = Server::with(&[("vpcs.yaml", file)], &["127.0.0.1:0"], &flags);
    let admin: SocketAddr = server.admin().strip_prefix("http://").unwrap().parse().unwrap();
    let vpcs = || Client::open(admin).ask("GET", "/vpcs", "").body;
    let of = |id: &str, cidrs: &str, region: &str, source: &str| {
        format!(r#"{{"cidrs":[{cidrs}],"id":"{id}","region":"{region}","source":"{source}"}}"#)
    };
    let file = of("vpc-file", r#""127.9.0.0/16""#, "eu-west-1", "zone files");
    let all = |vpcs: &[&str]| format!(r#"{{"vpcs":[{}]}}"#, vpcs.join(","));

    let (a, b) = (r#""127.7.0.0/16""#, r#""127.8.0.0/16""#);
    let first = all(&[&of("vpc-a", a, "eu-west-3", "EC2"), &of("vpc-b", b, "eu-west-3", "EC2"), &file]);
    eventually("the VPCs of EC2", || (vpcs() == first).then_some(()));
    let (head, body) = ec2.asked.lock().unwrap().clone();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("authorization: aws4-hmac-sha256 credential=test/"), "{head}");
    assert!(head.contains("/eu-west-3/ec2/aws4_request, "), "{head}");
    assert!(body.starts_with("Action=DescribeVpcs&Version=2016-11-15"), "{body}");
    server.logs(&format!("EC2 at {endpoint} has 3 VPCs in eu-west-3"));

    // A private zone of it is seen from inside, by what EC2 said.
    let api = crate::api_of(&server);
    let namespace = "https://route53.amazonaws.com/doc/2013-04-01/";
    let body = format!(
        "<CreateHostedZoneRequest xmlns=\"{namespace}\"><Name>inside.example</Name><VPC><VPCRegion>eu-west-3</VPCRegion>\
         <VPCId>vpc-a</VPCId></VPC><CallerReference>1</CallerReference></CreateHostedZoneRequest>"
    );
    assert_eq!(Client::open(api).ask("POST", "/2013-04-01/hostedzone", &body).status, 201);
    let inside = IpAddr::V4(Ipv4Addr::new(127, 7, 0, 1));
    let soa = crate::message::Query::new("inside.example", 6);
    let is_seen = |from| {
        let response = crate::client::ask_from(crate::client::Over::Udp, server.address(), from, &soa);
        !response.message.answers.is_empty()
    };
    assert!(is_seen(inside) && !is_seen(IpAddr::V4(Ipv4Addr::LOCALHOST)));

    ec2.fails();
    server.logs(&format!("EC2 at {endpoint}: AuthFailure: No.; what it last said of VPCs stays"));
    assert_eq!(vpcs(), first);

    // One has gone, but not its name: a zone is associated with it. One has another network.
    ec2.has(&[("vpc-b", "127.5.0.0/16")]);
    let named = of("vpc-a", "", "eu-west-3", "its name in the API");
    let second = all(&[&named, &of("vpc-b", r#""127.5.0.0/16""#, "eu-west-3", "EC2"), &file]);
    eventually("what EC2 says now", || (vpcs() == second).then_some(()));
    assert!(!is_seen(inside));
}

#[test]
fn an_ec2_that_is_not_there_is_told_and_holds_nothing_up() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{nobody}");
    let server = Server::with(&[], &["127.0.0.1:0"], &["--ec2-endpoint", &endpoint]);
    server.logs(&format!(
        "EC2 at {endpoint}: connection refused; what it last said of VPCs stays, and it is asked again"
    ));
}

/// The answer to a private zone of this VPC.
fn create_zone(api: SocketAddr, name: &str, vpc: &str) -> Response {
    let members = format!(
        "<Name>{name}</Name><VPC><VPCRegion>eu-west-3</VPCRegion><VPCId>{vpc}</VPCId></VPC><CallerReference>{name}\
         </CallerReference>"
    );
    Client::open(api).post("hostedzone", "CreateHostedZone", &members)
}

/// A server that asks this EC2 once an hour, and has asked it once.
fn strict_server(ec2: &FakeEc2) -> (Server, SocketAddr) {
    let endpoint = format!("http://{}", ec2.address);
    let flags = ["--ec2-endpoint", &endpoint, "--ec2-region", "eu-west-3", "--ec2-interval", "1h", "--strict-vpcs"];
    let (server, api) = crate::serve_with(&[], &flags);
    server.logs(&format!("EC2 at {endpoint} has 1 VPC in eu-west-3"));
    (server, api)
}

#[test]
fn a_vpc_that_was_just_made_is_looked_for_before_it_is_refused() {
    let ec2 = FakeEc2::start();
    ec2.has(&[("vpc-old", "127.7.0.0/16")]);
    let (_server, api) = strict_server(&ec2);
    ec2.has(&[("vpc-old", "127.7.0.0/16"), ("vpc-new", "127.8.0.0/16")]);
    let made = create_zone(api, "new.example", "vpc-new");
    assert_eq!(made.status, 201, "{made:?}");
    let zone = made.made();
    // Each operation that names a VPC looks for it.
    let operations = [
        ("associatevpc", "AssociateVPCWithHostedZone", 200),
        ("authorizevpcassociation", "CreateVPCAssociationAuthorization", 200),
        ("disassociatevpc", "DisassociateVPCFromHostedZone", 404),
        ("deauthorizevpcassociation", "DeleteVPCAssociationAuthorization", 404),
    ];
    let mut vpcs = vec![("vpc-old", "127.7.0.0/16"), ("vpc-new", "127.8.0.0/16")];
    for ((path, operation, status), vpc) in operations.into_iter().zip(["vpc-a", "vpc-b", "vpc-c", "vpc-d"]) {
        vpcs.push((vpc, "10.0.0.0/8"));
        ec2.has(&vpcs);
        let members = format!("<VPC><VPCRegion>eu-west-3</VPCRegion><VPCId>{vpc}</VPCId></VPC>");
        let answer = Client::open(api).post(&format!("hostedzone/{zone}/{path}"), operation, &members);
        assert_eq!(answer.status, status, "{operation}: {answer:?}");
    }
    vpcs.push(("vpc-e", "10.0.0.0/8"));
    ec2.has(&vpcs);
    Client::open(api).get("hostedzonesbyvpc?vpcid=vpc-e&vpcregion=eu-west-3");
    // What is known is not looked for.
    let looks = ec2.looks.load(Ordering::SeqCst);
    assert_eq!(create_zone(api, "old.example", "vpc-old").status, 201);
    assert_eq!(ec2.looks.load(Ordering::SeqCst), looks);
}

#[test]
fn concurrent_requests_for_unknown_vpcs_share_a_look() {
    let ec2 = FakeEc2::start();
    ec2.has(&[("vpc-old", "127.7.0.0/16")]);
    let (_server, api) = strict_server(&ec2);
    let before = ec2.looks.load(Ordering::SeqCst);
    let began = Instant::now();
    thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || {
                let refused = create_zone(api, &format!("n{number}.example"), &format!("vpc-{number}"));
                assert_eq!((refused.status, refused.text("Code")), (400, Some("InvalidVPCId")));
            });
        }
    });
    let looks = ec2.looks.load(Ordering::SeqCst) - before;
    // One, and half a second later another for requests that came while it was in flight; more on a slow machine.
    let most = 2 + (began.elapsed().as_millis() / 500) as usize;
    assert!((1..=most).contains(&looks), "{looks} looks");
}

#[test]
fn a_hung_ec2_delays_only_requests_for_unknown_vpcs() {
    let ec2 = FakeEc2::start();
    ec2.has(&[("vpc-old", "127.7.0.0/16")]);
    let (_server, api) = strict_server(&ec2);
    let held = ec2.answers.lock().unwrap();
    let began = Instant::now();
    let waiting = thread::spawn(move || create_zone(api, "new.example", "vpc-new"));
    for number in 0..20 {
        assert_eq!(create_zone(api, &format!("n{number}.example"), "vpc-old").status, 201);
    }
    assert!(!waiting.is_finished(), "it is refused without a look");
    let refused = waiting.join().unwrap();
    assert_eq!((refused.status, refused.text("Code")), (400, Some("InvalidVPCId")));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    drop(held);
}
