//! What export writes.

use crate::tool::ApiServer;

const FILE: &str = r#"
health_checks:
  - { id: web, type: TCP, ip_address: 192.0.2.1, port: 80, tags: { team: shop } }
  - { id: alone, type: TCP, ip_address: 192.0.2.2, port: 80 }
cidr_collections: [{ name: offices, locations: { berlin: [203.0.113.0/24] } }]
vpcs: [{ id: vpc-1, region: us-east-1 }]
hosted_zones:
  - name: a.example
    comment: the shop
    records:
      - { name: "@", type: MX, ttl: 300, values: ["10 mail", "20 mail.b.example."] }
      - { name: "*", type: TXT, ttl: 60, values: ['"a;b \"c\" \303\251" "d"'] }
      - { name: www, type: A, ttl: 30, set_identifier: blue, weight: 90, values: ["192.0.2.1"], health_check_id: web }
      - { name: www, type: A, set_identifier: 'gr"een', weight: 10, alias_target: { dns_name: base, evaluate_target_health: true } }
      - { name: base, type: A, ttl: 1, values: ["192.0.2.2", "192.0.2.3"] }
      - { name: lb, type: A, alias_target: { hosted_zone_id: Z32O12XQLNTSW2, dns_name: lb.eu-west-1.elb.amazonaws.com, evaluate_target_health: false } }
      - { name: geo, type: A, ttl: 1, set_identifier: ca, geo_location: { country_code: US, subdivision_code: CA }, values: ["192.0.2.4"] }
      - { name: geo, type: A, ttl: 1, set_identifier: rest, geo_location: { country_code: "*" }, values: ["192.0.2.5"] }
      - { name: near, type: A, ttl: 1, set_identifier: n, geo_proximity_location: { coordinates: { latitude: 40.71, longitude: -74 }, bias: -5 }, values: ["192.0.2.6"] }
      - { name: ip, type: A, ttl: 1, set_identifier: i, cidr_routing_config: { collection: offices, location_name: berlin }, values: ["192.0.2.7"] }
      - { name: many, type: A, ttl: 1, set_identifier: m, multi_value_answer: true, values: ["192.0.2.8"] }
  - name: b.example
    vpcs: [vpc-1]
    records:
      - { name: "@", type: NS, ttl: 60, values: ["ns.b.example."] }
"#;

#[test]
fn yaml_is_what_was_applied() {
    let api = ApiServer::empty();
    api.applied(FILE, &[]);
    let text = api.exported(&[]);
    let expected = r#"vpcs:
  - id: vpc-1
    region: us-east-1

health_checks:
  - id: alone
    type: TCP
    ip_address: 192.0.2.2
    port: 80
  - id: web
    type: TCP
    ip_address: 192.0.2.1
    port: 80
    tags: { team: shop }

cidr_collections:
  - name: offices
    locations: { berlin: [203.0.113.0/24] }

hosted_zones:
  - name: a.example
    comment: "the shop"
    records:
"#;
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("  - name: b.example\n    vpcs: [vpc-1]\n    records:\n      - { name: \"@\", type: NS, ttl: 60, values: [\"ns.b.example.\"] }\n"), "{text}");
    // Of one zone: what it needs, and no more.
    let one = api.exported(&["a.example"]);
    assert!(
        one.contains("- id: web") && one.contains("offices") && !one.contains("alone") && !one.contains("vpc-1"),
        "{one}"
    );
    let other = ApiServer::empty();
    other.applied(&one, &[]);
    assert_eq!(other.exported(&["a.example."]), one);
}

#[test]
fn json_is_what_the_aws_cli_prints() {
    let api = ApiServer::empty();
    let file = r#"
hosted_zones:
  - name: a.example
    records:
      - { name: "@", type: NS, ttl: 60, values: ["ns.a.example."] }
      - { name: "@", type: SOA, ttl: 60, values: ["ns.a.example. admin.a.example. 1 2 3 4 5"] }
      - { name: "*", type: TXT, ttl: 1, values: ['"é"', '"\\"'] }
      - { name: lb, type: A, alias_target: { hosted_zone_id: Z32O12XQLNTSW2, dns_name: lb.eu-west-1.elb.amazonaws.com, evaluate_target_health: true } }
      - { name: many, type: A, ttl: 5, set_identifier: m, multi_value_answer: true, values: ["192.0.2.8"] }
      - { name: near, type: A, ttl: 5, set_identifier: n, geo_proximity_location: { aws_region: us-east-1, bias: -5 }, values: ["192.0.2.6"] }
      - { name: www, type: A, ttl: 5, set_identifier: w, weight: 0, values: ["192.0.2.7"] }
"#;
    api.applied(&file.replace("'\"é\"', ", ""), &[]);
    let expected = r#"{
    "ResourceRecordSets": [
        {
            "Name": "a.example.",
            "Type": "NS",
            "TTL": 60,
            "ResourceRecords": [
                {
                    "Value": "ns.a.example."
                }
            ]
        },
        {
            "Name": "a.example.",
            "Type": "SOA",
            "TTL": 60,
            "ResourceRecords": [
                {
                    "Value": "ns.a.example. admin.a.example. 1 2 3 4 5"
                }
            ]
        },
        {
            "Name": "\\052.a.example.",
            "Type": "TXT",
            "TTL": 1,
            "ResourceRecords": [
                {
                    "Value": "\"\\\\\""
                }
            ]
        },
        {
            "Name": "lb.a.example.",
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": "Z32O12XQLNTSW2",
                "DNSName": "lb.eu-west-1.elb.amazonaws.com.",
                "EvaluateTargetHealth": true
            }
        },
        {
            "Name": "many.a.example.",
            "Type": "A",
            "SetIdentifier": "m",
            "MultiValueAnswer": true,
            "TTL": 5,
            "ResourceRecords": [
                {
                    "Value": "192.0.2.8"
                }
            ]
        },
        {
            "Name": "near.a.example.",
            "Type": "A",
            "SetIdentifier": "n",
            "TTL": 5,
            "ResourceRecords": [
                {
                    "Value": "192.0.2.6"
                }
            ],
            "GeoProximityLocation": {
                "AWSRegion": "us-east-1",
                "Bias": -5
            }
        },
        {
            "Name": "www.a.example.",
            "Type": "A",
            "SetIdentifier": "w",
            "Weight": 0,
            "TTL": 5,
            "ResourceRecords": [
                {
                    "Value": "192.0.2.7"
                }
            ]
        }
    ]
}
"#;
    // The only zone need not be named.
    assert_eq!(api.exported(&["--format", "json"]), expected);
    assert_eq!(api.exported(&["a.example", "--format", "json"]), expected);
    api.applied("hosted_zones: [{ name: b.example }]", &[]);
    let several = api.export(&["--format", "json"]);
    assert!(
        !several.is_success && several.errors.contains("--format json is of one zone; name one of\nZ"),
        "{}",
        several.errors
    );
}

#[test]
fn a_master_file_has_aliases_and_policies_in_the_words_of_cli53() {
    let api = ApiServer::empty();
    api.applied(FILE, &[]);
    let written = api.export(&["a.example", "--format", "zone"]);
    assert!(written.is_success, "{}", written.errors);
    let lines: Vec<&str> = written.output.lines().collect();
    assert_eq!(lines[0], "$ORIGIN a.example.");
    assert!(
        lines[1].starts_with("@\t900\tIN\tSOA\tns-")
            && lines[1].ends_with(" awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400")
    );
    for line in [
        "@\t300\tIN\tMX\t10 mail.",
        "@\t300\tIN\tMX\t20 mail.b.example.",
        r#"*	60	IN	TXT	"a;b \"c\" \195\169" "d""#,
        "base\t1\tIN\tA\t192.0.2.3",
        r#"www	86400	AWS	ALIAS	A base $self true ; AWS routing="WEIGHTED" weight=10 identifier="gr\"een""#,
        "lb\t86400\tAWS\tALIAS\tA lb.eu-west-1.elb.amazonaws.com. Z32O12XQLNTSW2 false",
        r#"geo	1	IN	A	192.0.2.4 ; AWS routing="GEOLOCATION" countryCode="US" subdivisionCode="CA" identifier="ca""#,
        r#"geo	1	IN	A	192.0.2.5 ; AWS routing="GEOLOCATION" countryCode="*" identifier="rest""#,
        r#"near	1	IN	A	192.0.2.6 ; AWS routing="GEOPROXIMITY" latitude="40.71" longitude="-74" bias=-5 identifier="n""#,
        r#"many	1	IN	A	192.0.2.8 ; AWS routing="MULTIVALUE" identifier="m""#,
    ] {
        assert!(lines.contains(&line), "{line}\n{}", written.output);
    }
    let weighted = lines.iter().find(|line| line.starts_with("www\t30\tIN\tA\t192.0.2.1 ;")).unwrap();
    let (before, after) = weighted.split_once("healthCheckId=\"").unwrap();
    assert_eq!(before, "www\t30\tIN\tA\t192.0.2.1 ; AWS routing=\"WEIGHTED\" weight=90 ");
    assert!(after.ends_with("\" identifier=\"blue\""), "{weighted}");
    assert!(written.errors.contains("cli53 knows no geoproximity routing"), "{}", written.errors);
    // Without a name: all, each with its origin.
    let all = api.exported(&["--format", "zone"]);
    assert!(all.contains("$ORIGIN a.example.\n") && all.contains("(private: vpc-1)\n$ORIGIN b.example.\n"), "{all}");
}

/// As given in all formats but the master file, which has each parameter in one way and decimal escapes.
#[test]
fn parameters_of_service_bindings_are_exported() {
    let api = ApiServer::empty();
    let value = r#"1 . docpath=a,b key65534=\377 ohttp key7="/q{?dns}" ech="AAT+DQAA" tls-supported-groups=29,23"#;
    api.applied(
        &format!(
            "hosted_zones: [{{ name: a.example, records: [{{ name: s, type: SVCB, ttl: 60, values: ['{value}'] }}] }}]"
        ),
        &[],
    );
    let yaml = api.exported(&["a.example"]);
    assert!(yaml.contains(value), "{yaml}");
    let json = api.exported(&["a.example", "--format", "json"]);
    assert!(json.contains(&serde_json::to_string(value).unwrap()), "{json}");
    let master = api.exported(&["a.example", "--format", "zone"]);
    let line = "s\t60\tIN\tSVCB\t1 . ech=AAT+DQAA dohpath=\"/q{?dns}\" ohttp tls-supported-groups=29,23 docpath=\"a,b\" \
                key65534=\"\\255\"";
    assert!(master.lines().any(|it| it == line), "{master}");
}
