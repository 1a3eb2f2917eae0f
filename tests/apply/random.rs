//! Random zone files of what an API can hold.

use fastrand::Rng;

/// Texts that YAML or XML is apt to misread.
const TEXTS: [&str; 14] = [
    "a",
    "null",
    "~",
    "true",
    "1",
    "a: b",
    " a #b ",
    "<&>\"'",
    "\\052",
    "é☃",
    "a\tb\nc",
    "\r",
    "]]>",
    "\u{7f}\u{85}\u{2028}",
];
const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "ap-southeast-2"];

/// In quotation marks, as YAML and JSON alike have them.
fn quoted(text: &str) -> String {
    let text = serde_json::Value::from(text).to_string();
    // JSON leaves them as they are, and YAML does not allow them so.
    text.replace('\u{7f}', "\\u007f").replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028")
}

fn text(rng: &mut Rng) -> String {
    quoted(rng.choice(TEXTS).unwrap())
}

/// A text without control characters.
fn identifier(rng: &mut Rng) -> String {
    let mut text = rng.choice(TEXTS).unwrap().to_owned();
    text.retain(|character| !character.is_control());
    quoted(&format!("{text}{}", ["", ";2", "x"][rng.usize(..3)]))
}

fn tags(rng: &mut Rng) -> String {
    match rng.usize(..3) {
        0 => {
            let many: Vec<String> = (0..rng.usize(1..25)).map(|key| format!("k{key}: {}", text(rng))).collect();
            format!("tags: {{ {} }}", many.join(", "))
        }
        1 => format!("tags: {{ {}: {} }}", text(rng), text(rng)),
        _ => String::new(),
    }
}

fn fields(fields: &[String]) -> String {
    let given: Vec<&str> = fields.iter().map(String::as_str).filter(|field| !field.is_empty()).collect();
    format!("{{ {} }}\n", given.join(", "))
}

/// The file, and the ids of its checks.
fn health_checks(rng: &mut Rng) -> (String, Vec<String>) {
    let mut ids: Vec<String> = (0..rng.usize(1..6)).map(|_| identifier(rng)).collect();
    ids.sort();
    ids.dedup();
    // Of an empty text there is no identifier.
    ids.retain(|id| id != "\"\"");
    let mut out = "health_checks:\n".to_owned();
    for id in &ids {
        let flags = ["", "inverted: true", "disabled: true", "failure_threshold: 5"][rng.usize(..4)].to_owned();
        let kind = match rng.usize(..5) {
            0 => format!("type: TCP, ip_address: 192.0.2.{}, port: {}", rng.u8(1..), rng.u16(1..)),
            1 => format!("type: HTTP, fully_qualified_domain_name: a{}.example", rng.u8(..3)),
            2 => format!(
                "type: HTTPS_STR_MATCH, ip_address: \"2001:db8::{}\", search_string: {}, request_interval: 10",
                rng.u8(1..),
                quoted(["a", "<b>", " c", "\"é\""][rng.usize(..4)])
            ),
            3 => format!(
                "type: HTTPS, ip_address: 192.0.2.1{}",
                ["", ", fully_qualified_domain_name: b.example"][rng.usize(..2)]
            ),
            _ => "type: CLOUDWATCH_METRIC, alarm_identifier: { region: eu-west-1, name: an alarm }".to_owned(),
        };
        let flags = if kind.contains("CLOUDWATCH") { flags.replace("failure_threshold: 5", "") } else { flags };
        out += &format!("  - {}", fields(&[format!("id: {id}"), kind, flags, tags(rng)]));
    }
    if !ids.is_empty() && rng.bool() {
        let children = &ids[..rng.usize(1..=ids.len())];
        let threshold = rng.usize(..=children.len());
        out += &format!(
            "  - {{ id: all of them, type: CALCULATED, health_threshold: {threshold}, child_health_checks: [{}] }}\n",
            children.join(", ")
        );
        ids.push("all of them".to_owned());
    }
    if ids.is_empty() { (String::new(), ids) } else { (out, ids) }
}

fn collections(rng: &mut Rng) -> String {
    let mut out = "cidr_collections:\n".to_owned();
    let count = rng.usize(1..20);
    let mut locations = ["berlin", "paris", "1"].map(|location| (location, Vec::new()));
    // In the order that export gives them.
    for block in 0..count {
        locations[rng.usize(..3)].1.push(format!("10.0.{block}.0/24"));
    }
    for block in 0..count / 2 {
        locations[rng.usize(..3)].1.push(format!("\"2001:db8:{block:x}::/48\""));
    }
    let locations = locations.iter().filter(|(_, blocks)| !blocks.is_empty());
    let locations: Vec<String> =
        locations.map(|(location, blocks)| format!("\"{location}\": [{}]", blocks.join(", "))).collect();
    out += &format!("  - {{ name: offices, locations: {{ {} }} }}\n", locations.join(", "));
    out
}

/// The record sets of one name.
fn group(rng: &mut Rng, name: &str, is_private: bool, checks: &[String]) -> String {
    let check = |rng: &mut Rng| match checks.get(rng.usize(..checks.len() + 2)) {
        Some(id) => format!("health_check_id: {id}"),
        None => String::new(),
    };
    let address = |rng: &mut Rng| format!("values: [\"192.0.2.{}\"]", rng.u8(1..));
    let mut out = String::new();
    let add = |out: &mut String, record_type: &str, rest: &[String]| {
        let all = [&[format!("name: {}", quoted(name)), format!("type: {record_type}")], rest].concat();
        *out += &format!("      - {}", fields(&all));
    };
    let ttl = format!("ttl: {}", [0, 60, 2_147_483_647u32][rng.usize(..3)]);
    // PZ-15: a private zone has no IP-based routing.
    let policies: Vec<String> = match rng.usize(..if is_private { 10 } else { 11 }) {
        0 => {
            let (values, record_type) = [
                ("'\"it''s \\303\\251\" \"\"', '\"<&>\"'", "TXT"),
                ("\"10 Mail.example.net\", \"020 b.example.net.\"", "MX"),
                ("'0 issue \"ca.example.net\"'", "CAA"),
                ("\"ns.example.net\"", "NS"),
                ("'1 . alpn=\"h2,h3\"'", "HTTPS"),
                (
                    "'1 . ech=AAT+DQAA dohpath=\"/q{?dns}\" ohttp tls-supported-groups=29,23 docpath=\"a,b\" key11'",
                    "SVCB",
                ),
                ("\"2001:DB8:0::2\"", "AAAA"),
            ][rng.usize(..7)];
            let record_type = if name == "*" && record_type == "NS" { return out } else { record_type };
            add(&mut out, record_type, &[ttl, format!("values: [{values}]"), check(rng)]);
            return out;
        }
        1 => {
            add(&mut out, "CNAME", &[ttl, "values: [Target.example.net]".to_owned(), check(rng)]);
            return out;
        }
        2 => {
            let target = format!("alias_target: {{ dns_name: base, evaluate_target_health: {} }}", rng.bool());
            add(&mut out, "A", &[target, check(rng)]);
            return out;
        }
        3 => {
            let target = "alias_target: { hosted_zone_id: Z32O12XQLNTSW2, dns_name: lb.eu-west-1.elb.amazonaws.com, evaluate_target_health: true }";
            add(&mut out, "AAAA", &[target.to_owned()]);
            return out;
        }
        4 => (0..rng.usize(1..4)).map(|_| format!("weight: {}", rng.u8(..))).collect(),
        5 => vec!["failover: PRIMARY".to_owned(), "failover: SECONDARY".to_owned()],
        6 => REGIONS.iter().take(rng.usize(1..4)).map(|region| format!("region: {region}")).collect(),
        7 => {
            ["country_code: DE", "continent_code: EU", "country_code: \"*\"", "country_code: US, subdivision_code: CA"]
                .iter()
                .take(rng.usize(1..5))
                .map(|location| format!("geo_location: {{ {location} }}"))
                .collect()
        }
        8 => [
            "aws_region: us-east-1, bias: -5",
            "coordinates: { latitude: 40.7, longitude: -74 }, bias: 99",
            "local_zone_group: us-west-2-lax-1",
        ]
        .iter()
        .take(rng.usize(1..4))
        .map(|location| format!("geo_proximity_location: {{ {location} }}"))
        .collect(),
        9 => vec!["multi_value_answer: true".to_owned(); rng.usize(1..4)],
        _ => vec!["cidr_routing_config: { collection: offices, location_name: \"*\" }".to_owned()],
    };
    for (number, policy) in policies.iter().enumerate() {
        let identifier = format!("set_identifier: {}", identifier(rng).replacen('"', &format!("\"{number}"), 1));
        add(&mut out, "A", &[ttl.clone(), identifier, policy.clone(), address(rng), check(rng)]);
    }
    out
}

pub fn account(rng: &mut Rng) -> String {
    let (mut out, checks) = health_checks(rng);
    out += &collections(rng);
    let mut zones = String::new();
    let mut vpcs = Vec::new();
    for name in ["a.example", "sub.a.example", "b.example"] {
        for is_private in [false, true] {
            if rng.usize(..3) == 0 {
                continue;
            }
            let mut head = vec![format!("name: {name}")];
            if rng.bool() {
                head.push(format!("comment: {}", text(rng)));
            }
            if is_private {
                let own: Vec<&str> = ["vpc-1", "vpc-2", "vpc-3"].into_iter().filter(|_| rng.bool()).collect();
                let own = if own.is_empty() { vec!["vpc-1"] } else { own };
                head.push(format!("vpcs: [{}]", own.join(", ")));
                vpcs.extend(own);
            }
            head.extend(Some(tags(rng)).filter(|tags| !tags.is_empty()));
            zones += &format!("  - {}\n    records:\n", head.join("\n    "));
            zones += "      - { name: base, type: A, ttl: 5, values: [\"192.0.2.1\", \"192.0.2.2\"] }\n";
            // Those of the apex stay where a later account does not give them, so each account does or none.
            if name == "b.example" {
                zones += "      - { name: \"@\", type: NS, ttl: 60, values: [\"ns.example.net.\", ns2.example.net] }\n";
                let serial = rng.u8(..);
                let soa = format!("a.example.net. b.example.net. {serial} 2 3 4 5");
                zones += &format!("      - {{ name: \"@\", type: SOA, ttl: 60, values: [\"{soa}\"] }}\n");
            }
            for label in ["www", "*", "x.y", "\\100", "base2", "a0"] {
                if rng.bool() {
                    zones += &group(rng, label, is_private, &checks);
                }
            }
        }
    }
    vpcs.sort_unstable();
    vpcs.dedup();
    if !vpcs.is_empty() {
        out += "vpcs:\n";
        for vpc in vpcs {
            out +=
                &format!("  - {{ id: {vpc}, region: {} }}\n", REGIONS[usize::from(vpc.as_bytes()[4]) % REGIONS.len()]);
        }
    }
    if zones.is_empty() { out } else { format!("{out}hosted_zones:\n{zones}") }
}
