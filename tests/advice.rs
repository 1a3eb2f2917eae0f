//! What `advise` warns of, and what it leaves alone.

mod written_account;

use route53d::advice::{Advice, Subject, advise};
use route53d::model::{AwsRegion, ForcedStatus, RecordSetKey, RoutingControlState, SetIdentifier, limits};
use written_account::{ALARM_REGION, WrittenAccount, alarm_id, health_check_id, name, vpc_id, zone_id};

fn advice(account: &WrittenAccount) -> Vec<Advice> {
    let advice = advise(&account.account());
    for one in &advice {
        assert!(!one.message.ends_with('.') && !one.hint.ends_with('.'), "{one:?}");
        // Route 53 has no rules for forces: they are ours.
        assert_ne!(one.rules.is_empty(), !matches!(one.subject, Subject::Force(_)), "{one:?}");
    }
    advice
}

fn messages(account: &WrittenAccount) -> Vec<String> {
    advice(account).into_iter().map(|advice| advice.message).collect()
}

/// The advice on one public zone, example.com, beside a check `web` that is probed.
fn messages_on(records: &[&str]) -> Vec<String> {
    let mut account = WrittenAccount::default();
    account.http_check("web");
    account.cidr_collection("offices", &[("berlin", &["203.0.113.0/24"])]);
    account.public_zone("example.com", records);
    messages(&account)
}

fn account_with_a_zone() -> WrittenAccount {
    let mut account = WrittenAccount::default();
    account.public_zone("example.com", &[]);
    account
}

const NONE: [&str; 0] = [];

// Record values.

#[test]
fn a_tlsa_digest_of_another_length_than_its_type_has_matches_nothing() {
    let right = "a".repeat(64);
    let records = [
        &*format!("_443._tcp TLSA 3 1 1 {right} | 3 1 0 00 | 3 1 1 0123456789ABCDEF"),
        "_25._tcp TLSA id=one weight=1 3 1 2 00",
        "www TXT \"3 1 1 00\"",
    ];
    assert_eq!(
        messages_on(&records),
        [
            "a digest of matching type 2 has 2 hexadecimal digits instead of 128: it matches no certificate",
            "a digest of matching type 1 has 16 hexadecimal digits instead of 64: it matches no certificate",
        ]
    );
}

// Quotas (L-1, L-4).

#[test]
fn a_quota_that_is_met_is_no_matter_and_one_that_is_passed_is() {
    let mut account = account_with_a_zone();
    for number in 0..limits::QUOTA_HEALTH_CHECKS {
        account.http_check(&format!("check-{number}"));
    }
    assert_eq!(messages(&account), NONE);
    account.http_check("one-more");
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    assert_eq!(advice[0].subject, Subject::Account);
    assert_eq!(advice[0].message, "201 health checks are more than Route 53's quota of 200");
    assert_eq!(advice[0].rules, ["L-4"]);
}

#[test]
fn hosted_zones_cidr_collections_and_their_blocks_have_quotas() {
    let mut account = WrittenAccount::default();
    for number in 0..=limits::QUOTA_HOSTED_ZONES {
        account.public_zone(&format!("z{number}.example.com"), &[]);
    }
    for number in 0..=limits::QUOTA_CIDR_COLLECTIONS {
        let blocks = if number == 0 { limits::QUOTA_BLOCKS_PER_CIDR_COLLECTION + 1 } else { 1 };
        let blocks: Vec<_> = (0..blocks).map(|block| format!("10.{}.{}.0/24", block / 256, block % 256)).collect();
        let blocks: Vec<_> = blocks.iter().map(String::as_str).collect();
        account.cidr_collection(&format!("c{number}"), &[("here", &blocks)]);
    }
    assert_eq!(
        messages(&account),
        [
            "501 hosted zones are more than Route 53's quota of 500",
            "6 CIDR collections are more than Route 53's quota of 5",
            "1001 blocks of a CIDR collection are more than Route 53's quota of 1000",
        ]
    );
}

#[test]
fn record_sets_and_vpcs_of_a_zone_have_quotas() {
    let mut account = WrittenAccount::default();
    let records: Vec<_> =
        (0..limits::QUOTA_RECORD_SETS_PER_ZONE).map(|number| format!("n{number} A 192.0.2.1")).collect();
    account.public_zone("example.com", &records.iter().map(String::as_str).collect::<Vec<_>>());
    let vpcs: Vec<_> = (0..=limits::QUOTA_VPCS_PER_ZONE).map(|number| format!("vpc-{number}")).collect();
    let vpcs: Vec<_> = vpcs.iter().map(String::as_str).collect();
    vpcs.iter().for_each(|vpc| account.vpc(vpc, &[]));
    account.private_zone("internal.test", &vpcs, &[]);
    let advice = advice(&account);
    let found: Vec<_> = advice.iter().map(|advice| (&advice.subject, advice.message.as_str())).collect();
    let [example, internal] = ["example.com", "internal.test-private"].map(|zone| Subject::HostedZone(zone_id(zone)));
    assert_eq!(
        found,
        [
            (&example, "10002 record sets of a hosted zone are more than Route 53's quota of 10000"),
            (&internal, "301 VPCs of a hosted zone are more than Route 53's quota of 300"),
        ]
    );
}

// VPCs (PZ-4).

#[test]
fn two_vpcs_with_one_network_are_warned_of() {
    let mut account = account_with_a_zone();
    account.vpc("vpc-a", &["10.1.0.0/16", "10.2.0.0/16"]);
    account.vpc("vpc-b", &["10.3.0.0/16", "10.2.0.0/16"]);
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    assert_eq!(advice[0].subject, Subject::Vpc(vpc_id("vpc-b")));
    assert_eq!(advice[0].message, "10.2.0.0/16 is also a network of VPC vpc-a: its clients are taken to be in vpc-a");
}

#[test]
fn a_network_inside_another_vpcs_is_meant() {
    let mut account = account_with_a_zone();
    account.vpc("vpc-a", &["10.0.0.0/8", "10.0.0.0/8"]);
    account.vpc("vpc-b", &["10.2.0.0/16"]);
    assert_eq!(messages(&account), NONE);
}

#[test]
fn a_vpc_that_every_client_is_in_is_warned_of() {
    let mut account = account_with_a_zone();
    account.vpc("vpc-a", &["10.0.0.0/8", "0.0.0.0/0"]);
    account.vpc("vpc-b", &["::/0"]);
    account.vpc("vpc-c", &["0.0.0.0/1", "::/1"]);
    let advice = advice(&account);
    let found: Vec<_> = advice.iter().map(|advice| (&advice.subject, advice.message.as_str())).collect();
    let [a, b] = ["vpc-a", "vpc-b"].map(|id| Subject::Vpc(vpc_id(id)));
    assert_eq!(
        found,
        [
            (&a, "0.0.0.0/0 puts every IPv4 client inside a VPC: none of them has the Internet's view"),
            (&b, "::/0 puts every IPv6 client inside a VPC: none of them has the Internet's view"),
        ]
    );
}

#[test]
fn an_account_without_a_hosted_zone_is_warned_of() {
    let mut account = WrittenAccount::default();
    account.http_check("web");
    let without = advice(&account);
    assert_eq!(without.len(), 1);
    assert_eq!(without[0].subject, Subject::Account);
    assert_eq!(without[0].message, "there is no hosted zone: every query is refused");
    account.public_zone("example.com", &[]);
    assert_eq!(messages(&account), NONE);
}

// Health checks (HC-32 to HC-40).

#[test]
fn a_calculated_check_that_is_always_healthy_is_warned_of() {
    let mut account = account_with_a_zone();
    account.http_check("web");
    account.calculated_check("any", 0, &["web"]);
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    assert_eq!(advice[0].subject, Subject::HealthCheck(health_check_id("any")));
    assert_eq!(advice[0].message, "health_threshold 0 is always reached: any is always healthy");
}

#[test]
fn a_calculated_check_that_is_never_healthy_is_warned_of() {
    let mut account = account_with_a_zone();
    account.http_check("web");
    account.calculated_check("all", 2, &["web"]);
    account.calculated_check("fine", 1, &["web"]);
    account.calculated_check("not-all", 2, &["web"]).inverted = true;
    assert_eq!(
        messages(&account),
        [
            "health_threshold 2 is above the number of children, 1: all is always unhealthy",
            "health_threshold 2 is above the number of children, 1: not-all is always healthy",
        ]
    );
}

#[test]
fn endpoints_are_probed_whatever_their_type() {
    let mut account = account_with_a_zone();
    account.http_check("a-http");
    account.tcp_check("b-tcp");
    assert!(messages(&account).is_empty());
}

// What health checks look at (HC-42, HC-44), and forces.

#[test]
fn an_alarm_that_no_health_check_names_is_warned_of() {
    let mut account = account_with_a_zone();
    account.alarm_check("shop", "errors");
    account.alarm("errors", "Errors");
    account.alarm("latency", "Latency");
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    assert_eq!(advice[0].subject, Subject::Alarm(alarm_id("latency")));
    assert_eq!(advice[0].message, "no health check names the alarm latency in eu-west-1: nobody evaluates it");
    assert_eq!(advice[0].rules, ["HC-42"]);
}

#[test]
fn metric_data_that_no_alarm_watches_are_warned_of() {
    let mut account = account_with_a_zone();
    account.alarm_check("shop", "errors");
    account.alarm("errors", "Errors");
    account.metric_data("Errors", None);
    account.metric_data("Errors", Some(ALARM_REGION));
    account.metric_data("Errors", Some(AwsRegion::UsEast1));
    account.metric_data("Error", None);
    let dimensions = &mut account.metric_data("Errors", None).metric.dimensions;
    dimensions.extend([("Stage".into(), "1".into()), ("Service".into(), "shop".into())]);
    let advice = advice(&account);
    let found: Vec<_> = advice.iter().map(|advice| (&advice.subject, advice.message.as_str())).collect();
    assert_eq!(
        found,
        [
            (&Subject::MetricData(2), "no alarm watches the metric App Errors in us-east-1: its data change nothing"),
            (&Subject::MetricData(3), "no alarm watches the metric App Error: its data change nothing"),
            (
                &Subject::MetricData(4),
                "no alarm watches the metric App Errors {Service=shop, Stage=1}: its data change nothing"
            ),
        ]
    );
}

#[test]
fn a_check_of_what_nobody_has_described_is_warned_of() {
    let mut account = account_with_a_zone();
    account.alarm_check("shop", "errors");
    account.control_check("cell", "arn:a");
    assert_eq!(
        messages(&account),
        [
            "routing control arn:a has no state: cell is healthy until one is set",
            "nobody has described the alarm errors in eu-west-1: shop never has data",
        ]
    );
    account.alarm("errors", "Errors");
    account.routing_control("arn:a", RoutingControlState::Off);
    assert_eq!(messages(&account), NONE);
}

#[test]
fn a_force_that_matches_no_health_check_is_warned_of() {
    let mut account = account_with_a_zone();
    account.http_check("web-a");
    for pattern in ["web-a", "web-*", "*", "?eb-a"] {
        account.force(pattern, ForcedStatus::Down);
    }
    assert_eq!(messages(&account), NONE);
    account.force("wbe-*", ForcedStatus::Down);
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    assert_eq!(advice[0].subject, Subject::Force(4));
    assert_eq!(advice[0].message, "forced_health_checks: no health check is called wbe-*");
}

// Routing (WT-3, G-4, IP-6, F-1 to F-6).

#[test]
fn weights_that_are_all_zero_are_warned_of() {
    let both_zero = ["www A id=a weight=0 192.0.2.1", "www A id=b weight=0 192.0.2.2"];
    assert_eq!(messages_on(&both_zero), ["every weight of www.example.com. A is 0: all are equally likely"]);
    assert_eq!(messages_on(&["www A id=a weight=0 192.0.2.1", "www A id=b weight=1 192.0.2.2"]), NONE);
}

#[test]
fn geolocation_without_a_default_is_warned_of() {
    let mut account = WrittenAccount::default();
    account.public_zone("example.com", &["geo A id=de geo=DE 192.0.2.1", "geo A id=us geo=US 192.0.2.2"]);
    let advice = advice(&account);
    assert_eq!(advice.len(), 1);
    let key = RecordSetKey {
        name: name("geo.example.com"),
        record_type: "A".parse().unwrap(),
        set_identifier: Some(SetIdentifier::new("de").unwrap()),
    };
    assert_eq!(advice[0].subject, Subject::RecordSet(zone_id("example.com"), key));
    assert_eq!(
        advice[0].message,
        "the geolocation records of geo.example.com. A have no default: clients elsewhere get no answer"
    );
    assert_eq!(messages_on(&["geo A id=de geo=DE 192.0.2.1", "geo A id=x geo=* 192.0.2.2"]), NONE);
}

#[test]
fn ip_based_routing_without_a_default_is_warned_of() {
    assert_eq!(
        messages_on(&["ip A id=hq cidr=offices/berlin 192.0.2.1"]),
        ["the IP-based records of ip.example.com. A have no default: clients elsewhere get no answer"]
    );
    let with_default = ["ip A id=hq cidr=offices/berlin 192.0.2.1", "ip A id=x cidr=offices/* 192.0.2.2"];
    assert_eq!(messages_on(&with_default), NONE);
}

#[test]
fn half_a_failover_pair_is_warned_of() {
    assert_eq!(
        messages_on(&["app A id=a failover=PRIMARY check=web 192.0.2.1"]),
        ["the failover pair app.example.com. A has no SECONDARY: the other answers whatever its health"]
    );
    assert_eq!(
        messages_on(&["app A id=a failover=SECONDARY check=web 192.0.2.1"]),
        ["the failover pair app.example.com. A has no PRIMARY: the other answers whatever its health"]
    );
}

#[test]
fn a_primary_that_nothing_checks_is_warned_of() {
    let unchecked = "the PRIMARY of app.example.com. A has no health check: the SECONDARY is never used";
    let secondary = "app A id=b failover=SECONDARY 192.0.2.2";
    assert_eq!(messages_on(&["app A id=a failover=PRIMARY 192.0.2.1", secondary]), [unchecked]);
    let www = "www A check=web 192.0.2.3";
    assert_eq!(messages_on(&["app A id=a failover=PRIMARY alias=www", secondary, www]), [unchecked]);
    assert_eq!(messages_on(&["app A id=a failover=PRIMARY alias=www eth", secondary, www]), NONE);
    assert_eq!(messages_on(&["app A id=a failover=PRIMARY check=web alias=www", secondary, www]), NONE);
    assert_eq!(messages_on(&["app A id=a failover=PRIMARY check=web 192.0.2.1", secondary]), NONE);
}

#[test]
fn a_primary_whose_target_cannot_be_unhealthy_is_warned_of() {
    let pair = ["app A id=a failover=PRIMARY alias=www eth", "app A id=b failover=SECONDARY 192.0.2.2"];
    let never = "the PRIMARY of app.example.com. A can never be unhealthy: the SECONDARY is never used";
    // one member without a check keeps the group healthy.
    let [a, b] = ["www A id=a weight=1 check=web 192.0.2.3", "www A id=b weight=1 192.0.2.4"];
    assert_eq!(messages_on(&[pair[0], pair[1], a, b]), [never]);
    // not where that member is not a candidate of everybody.
    let [a, b] = ["www A id=a geo=* check=web 192.0.2.3", "www A id=b geo=DE 192.0.2.4"];
    assert_eq!(messages_on(&[pair[0], pair[1], a, b]), NONE);
}

// Aliases (A-1, A-11, H-3).

#[test]
fn an_alias_to_what_can_never_be_healthy_is_warned_of_however_deep() {
    let mut account = WrittenAccount::default();
    account.http_check("web");
    account.http_check("forced").status = ForcedStatus::Down;
    let switched_off = account.http_check("switched-off");
    (switched_off.disabled, switched_off.inverted) = (true, true);
    account.http_check("drill").status = ForcedStatus::Up;
    account.calculated_check("both", 2, &["web", "forced"]);
    account.public_zone(
        "example.com",
        &[
            "dead A id=a weight=1 check=forced 192.0.2.1",
            "dead A id=b weight=1 check=switched-off 192.0.2.2",
            "dead A id=c weight=1 check=both 192.0.2.3",
            "middle A id=a weight=1 alias=dead eth",
            "top A alias=middle eth",
            "careless A alias=dead",
            "mixed A id=a weight=1 check=web 192.0.2.4",
            "mixed A id=b weight=1 check=forced 192.0.2.5",
            "fine A alias=mixed eth",
        ],
    );
    assert_eq!(
        messages(&account),
        [
            "the alias target dead.example.com. can never be healthy",
            "the alias target middle.example.com. can never be healthy",
        ]
    );
}

#[test]
fn an_alias_whose_target_is_missing_is_warned_of() {
    let missing = |name: &str, record_type: &str| {
        format!(
            "the alias target {name}.example.com. has no {record_type} record: clients get no answer, and Route 53 \
             refuses to create such an alias"
        )
    };
    let messages = messages_on(&["www A 192.0.2.1", "a A alias=gone eth", "b AAAA alias=www", "c A alias=www"]);
    assert_eq!(messages, [missing("gone", "A"), missing("www", "AAAA")]);
}

#[test]
fn an_alias_to_an_aws_resource_without_a_stand_in_is_warned_of() {
    let lb = "lb-1.us-east-1.elb.amazonaws.com";
    let missing = &*format!("no A record stands in for the AWS resource {lb}.: clients get no answer");
    let alias = format!("www A aws={lb} eth");
    assert_eq!(messages_on(&[&alias]), [missing]);

    let mut account = WrittenAccount::default();
    account.public_zone("example.com", &[&alias]);
    account.public_zone("us-east-1.elb.amazonaws.com", &["lb-1 AAAA 2001:db8::1", "* A 192.0.2.1"]);
    assert_eq!(messages(&account), [missing], "neither another type nor a wildcard stands in");

    let mut account = WrittenAccount::default();
    account.public_zone("example.com", &[&alias]);
    account.public_zone("us-east-1.elb.amazonaws.com", &["lb-1 A 192.0.2.1"]);
    assert_eq!(messages(&account), NONE);

    let mut account = WrittenAccount::default();
    account.vpc("vpc-a", &[]);
    account.public_zone("example.com", &[&alias]);
    account.private_zone("us-east-1.elb.amazonaws.com", &["vpc-a"], &["lb-1 A 192.0.2.1"]);
    assert_eq!(messages(&account), [missing], "a private zone shows the Internet nothing");
}

#[test]
fn an_alias_in_a_private_zone_finds_its_stand_in_where_its_vpcs_see_it() {
    let mut account = WrittenAccount::default();
    account.vpc("vpc-a", &[]);
    account.vpc("vpc-b", &[]);
    let elb = "us-east-1.elb.amazonaws.com";
    account.private_zone("internal.test", &["vpc-a", "vpc-b"], &[&format!("www A aws=lb.{elb} eth")]);
    account.private_zone(elb, &["vpc-a"], &["lb A 192.0.2.1"]);
    assert_eq!(
        messages(&account),
        [format!("no A record stands in for the AWS resource lb.{elb}.: clients in VPC vpc-b get no answer")]
    );
    account.public_zone(elb, &["lb A 192.0.2.2"]);
    assert_eq!(messages(&account), NONE);
}

#[test]
fn a_loop_through_stand_ins_ends() {
    let mut account = WrittenAccount::default();
    let [a, b] = ["a.us-east-1.elb.amazonaws.com", "b.us-east-1.elb.amazonaws.com"];
    account.public_zone(a, &[&format!("www A aws=www.{b} eth")]);
    account.public_zone(b, &[&format!("www A aws=www.{a} eth")]);
    assert_eq!(messages(&account), NONE);
}

/// err/5.
#[test]
fn an_alias_that_names_the_wrong_hosted_zone_is_warned_of() {
    let elb = "lb.eu-west-1.elb.amazonaws.com";
    let mut account = WrittenAccount::default();
    let [europe, cdn, gateway] = [
        format!("europe A aws={elb}"),
        "cdn A aws=d-1.execute-api.us-east-1.amazonaws.com zone=Z2FDTNDATAQYW2".to_owned(),
        "gateway A aws=d1.cloudfront.net zone=Z1UJRXOUMOOFQ8".to_owned(),
    ];
    account.public_zone(
        "example.com",
        &[
            &europe,
            &cdn,
            &gateway,
            "swapped A aws=z35sxdotrq7x7k zone=lb.us-east-1.elb.amazonaws.com",
            "own A aws=www.example.com",
            "unknown A aws=www.example.com zone=ZUNKNOWN",
            "other A aws=www.other.test zone=other.test",
            "service A aws=d1.cloudfront.net zone=other.test",
            "www A 192.0.2.1",
        ],
    );
    account.public_zone("other.test", &["www A 192.0.2.2"]);
    let advice: Vec<_> = advice(&account).into_iter().filter(|advice| advice.rules == ["A-11", "A-17"]).collect();
    let found: Vec<_> = advice.iter().map(|advice| (advice.message.as_str(), advice.hint.as_str())).collect();
    let to_other =
        "the alias leads to another hosted zone of this account, other.test. (other.test): Route 53 refuses it";
    assert_eq!(
        found,
        [
            (
                "the alias target d-1.execute-api.us-east-1.amazonaws.com. is not in hosted zone Z2FDTNDATAQYW2: Route 53 refuses it",
                "write `hosted_zone_id: Z1UJRXOUMOOFQ8`, the zone of API Gateway in us-east-1"
            ),
            (
                "the alias target lb.eu-west-1.elb.amazonaws.com. is not in hosted zone Z35SXDOTRQ7X7K: Route 53 refuses it",
                "write `hosted_zone_id: Z32O12XQLNTSW2`, the zone of Application and Classic Load Balancers in eu-west-1"
            ),
            (
                "the alias target d1.cloudfront.net. is not in hosted zone Z1UJRXOUMOOFQ8: Route 53 refuses it",
                "write `hosted_zone_id: Z2FDTNDATAQYW2`, the zone of CloudFront"
            ),
            (to_other, "use a CNAME record, or repeat the values here"),
            (
                "the alias target www.example.com. is not in hosted zone Z35SXDOTRQ7X7K, which is that of Application and Classic Load Balancers in us-east-1: Route 53 refuses it",
                "give the id of the zone that holds the name; leave it out for a name of this zone"
            ),
            (to_other, "write `hosted_zone_id: Z2FDTNDATAQYW2`, the zone of CloudFront"),
            (
                "the alias target's hosted zone id lb.us-east-1.elb.amazonaws.com is a name: Route 53 refuses it",
                "write the name as `dns_name` and the id of its hosted zone as `hosted_zone_id`"
            ),
            (
                "the alias target www.example.com. is in this hosted zone, not in hosted zone ZUNKNOWN: Route 53 refuses it",
                "leave `hosted_zone_id` out: it is this zone's"
            ),
        ]
    );
}

/// What is not known of an id, or may be an emulator's, is not held against it.
#[test]
fn an_alias_whose_hosted_zone_may_be_right_is_not_warned_of() {
    let elb = "lb.us-east-1.elb.amazonaws.com";
    let mut account = WrittenAccount::default();
    account.public_zone(
        "example.com",
        &[
            &format!("new A aws={elb}"),
            &format!("old A aws={elb} zone=Z3DZXE0Q79N41H"),
            &format!("dualstack A aws=dualstack.{elb}"),
            &format!("moto A aws={elb} zone=Z2P70J7EXAMPLE"),
            "region A aws=lb.us-nowhere-1.elb.amazonaws.com zone=ZUNKNOWN",
            "made-up A aws=lb.elb.test zone=Z0ELB",
        ],
    );
    account.public_zone("us-east-1.elb.amazonaws.com", &["lb A 192.0.2.1", "dualstack.lb A 192.0.2.1"]);
    account.public_zone("lb.us-nowhere-1.elb.amazonaws.com", &["@ A 192.0.2.1"]);
    account.public_zone("elb.test", &["lb A 192.0.2.1"]);
    assert_eq!(messages(&account), NONE);
}

/// F-8, A-7.
#[test]
fn the_health_of_cloudfront_is_not_evaluated() {
    let ignored = "the health of a CloudFront distribution is not evaluated: it always counts as healthy";
    let cdn = |rest: &str| format!("{rest} aws=d1.cloudfront.net zone=Z2FDTNDATAQYW2");
    let messages_on = |records: &[&str]| {
        let mut account = WrittenAccount::default();
        account.http_check("web");
        account.public_zone("example.com", records);
        account.public_zone("cloudfront.net", &["d1 A 192.0.2.9"]);
        messages(&account)
    };
    assert_eq!(messages_on(&[&format!("{} eth", cdn("www A"))]), [ignored]);
    assert_eq!(messages_on(&[&cdn("www A")]), NONE);
    // An alias that evaluates nothing is not checked.
    let primary = format!("{} eth", cdn("app A id=a failover=PRIMARY"));
    assert_eq!(
        messages_on(&[&primary, "app A id=b failover=SECONDARY 192.0.2.2"]),
        ["the PRIMARY of app.example.com. A has no health check: the SECONDARY is never used", ignored]
    );
    let pair = [cdn("app A id=a failover=PRIMARY check=web"), cdn("app A id=b failover=SECONDARY")];
    assert_eq!(
        messages_on(&[&pair[0], &pair[1]]),
        ["both records of app.example.com. A lead to CloudFront, where only one distribution can have the name"]
    );
    assert_eq!(messages_on(&[&pair[0], "app A id=b failover=SECONDARY 192.0.2.2"]), NONE);
}

// Delegations (Z-21, Z-23, Z-24).

#[test]
fn records_below_a_delegation_are_warned_of_unless_they_are_glue() {
    assert_eq!(
        messages_on(&[
            "dev NS ns1.dev.example.com. | ns.lab.example.com. | ns1.elsewhere.test.",
            "dev DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000",
            "dev TXT \"hidden\"",
            "ns1.dev A 192.0.2.53",
            "ns1.dev TXT \"hidden\"",
            "a.b.dev A id=x weight=1 192.0.2.1",
            "a.b.dev A id=y weight=1 192.0.2.2",
            "deep.dev NS ns1.elsewhere.test.",
            "devil A 192.0.2.3",
            "lab NS ns.lab.example.com.",
            "ns.lab AAAA 2001:db8::53",
            "www A 192.0.2.4",
        ]),
        [
            "dev.example.com. TXT is not answered under its own name: dev.example.com. is delegated to other name servers",
            "a.b.dev.example.com. A is not answered under its own name: dev.example.com. is delegated to other name servers",
            "deep.dev.example.com. NS is not answered under its own name: dev.example.com. is delegated to other name servers",
            "ns1.dev.example.com. TXT is not answered under its own name: dev.example.com. is delegated to other name servers",
        ]
    );
}

#[test]
fn an_ordinary_account_gets_no_advice() {
    assert_eq!(
        messages_on(&[
            "@ A 192.0.2.1 | 192.0.2.2",
            "@ MX 10 mail.example.com.",
            "mail A 192.0.2.3",
            "*.apps A id=a region=us-east-1 check=web 192.0.2.4",
            "*.apps A id=b region=eu-west-1 check=web 192.0.2.5",
            "many A id=a multi=yes check=web 192.0.2.6",
            "near A id=a near=52.5,13.4 192.0.2.7",
        ]),
        NONE
    );
}
