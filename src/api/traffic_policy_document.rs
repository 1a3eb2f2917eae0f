//! The JSON of a traffic policy document (TP-1 to TP-3): read whole, and everything that is wrong with it told at once.
//!
//! Numbers and booleans may be written as texts, as AWS's own examples do. `GeoProximityLocations` is what Terraform
//! writes for `GeoproximityLocations`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::aws_zone::{AwsZone, CLOUDFRONT_HOSTED_ZONE_ID};
use crate::model::traffic_policy::{Branch, Endpoint, Target};
use crate::model::{
    AwsRegion, Bias, Coordinates, DomainName, FailoverRole, GeoLocation, GeoProximityLocation, GeoProximityPlace,
    HealthCheckId, HostedZoneId, LocalZoneGroup, RecordType, RecordValue, RoutingPolicy, TrafficPolicyDocument,
};

use super::error::{ApiError, ErrorCode};
use super::routing_policy::named_location;
use super::rule_words;

/// The hosted zone id of aliases to AWS resources whose real one is not known. No answer depends on it.
const UNKNOWN_HOSTED_ZONE_ID: &str = "Z0AWSRESOURCE";

const MEMBERS: &[&str] = &["AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules"];
const OF_BRANCH: &[&str] = &["EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck"];

/// The document in a text.
///
/// # Errors
///
/// Everything that is wrong, in one message.
pub fn read(text: &str) -> Result<TrafficPolicyDocument, ApiError> {
    let invalid = |faults: &[String]| {
        let message = format!("The traffic policy document is not valid: {}", faults.join("; "));
        ApiError::new(ErrorCode::InvalidTrafficPolicyDocument, message)
    };
    let value = serde_json::from_str(text).map_err(|error| invalid(&[format!("it is not JSON: {error}")]))?;
    let mut reader = Reader { faults: Vec::new(), has_local_zones: false };
    let document = reader.document(&value);
    match document {
        Some(parts) if reader.faults.is_empty() => {
            let (record_type, start, endpoints, rules) = parts;
            TrafficPolicyDocument::new(record_type, start, endpoints, rules)
                .map_err(|faults| invalid(&faults.iter().map(rule_words::document_fault).collect::<Vec<_>>()))
        }
        _ => Err(invalid(&reader.faults)),
    }
}

type Parts = (RecordType, Target, BTreeMap<Box<str>, Endpoint>, BTreeMap<Box<str>, Vec<Branch>>);

struct Reader {
    faults: Vec<String>,
    /// TP-1: the newer format has them.
    has_local_zones: bool,
}

/// An object and where it stands.
struct Object<'j> {
    members: &'j Map<String, Value>,
    place: String,
}

impl Reader {
    fn fault<T>(&mut self, text: impl Into<String>) -> Option<T> {
        self.faults.push(text.into());
        None
    }

    fn document(&mut self, value: &Value) -> Option<Parts> {
        let object = self.object(value, "the document", &[MEMBERS])?;
        match self.required(&object, "AWSPolicyFormatVersion").as_deref() {
            Some("2015-10-01") | None => {}
            Some("2023-05-09") => self.has_local_zones = true,
            Some(other) => {
                self.faults.push(format!("AWSPolicyFormatVersion '{other}' is neither 2015-10-01 nor 2023-05-09"));
            }
        }
        let record_type = self.required(&object, "RecordType").and_then(|text| {
            let found = RecordType::ALL.into_iter().find(|record_type| record_type.name() == text);
            found.or_else(|| self.fault(format!("RecordType '{text}' is not known")))
        });
        let start = self.target(&object, "StartEndpoint", "StartRule");
        let mut endpoints = BTreeMap::new();
        for (id, value) in self.named(&object, "Endpoints") {
            if let Some(record_type) = record_type
                && let Some(endpoint) = self.endpoint(id, value, record_type)
            {
                endpoints.insert(id.into(), endpoint);
            }
        }
        let mut rules = BTreeMap::new();
        for (id, value) in self.named(&object, "Rules") {
            if let Some(branches) = self.rule(id, value) {
                rules.insert(id.into(), branches);
            }
        }
        Some((record_type?, start?, endpoints, rules))
    }

    /// TP-2.
    fn endpoint(&mut self, id: &str, value: &Value, record_type: RecordType) -> Option<Endpoint> {
        let object = self.object(value, &format!("endpoint '{id}'"), &[&["Type", "Value", "Region"]])?;
        let place = &object.place;
        let kind = self.required(&object, "Type");
        let value = self.required(&object, "Value");
        let region = self.text(&object, "Region");
        let (kind, value) = (kind?, value?);
        match &*kind {
            "value" => match RecordValue::parse(record_type, &value) {
                Ok(value) => Some(Endpoint::Value(value)),
                Err(error) => self.fault(format!("{place}: {}", error.route53_message(&value))),
            },
            "cloudfront" => self.resource(place, Some(CLOUDFRONT_HOSTED_ZONE_ID), &value),
            "elastic-load-balancer" | "application-load-balancer" | "network-load-balancer" | "elastic-beanstalk" => {
                self.resource(place, None, &value)
            }
            // The bucket has the name of the record set; an alias names what serves all buckets of the region.
            "s3-website" => match region.as_deref().map(str::parse::<AwsRegion>) {
                Some(Ok(region)) => self.resource(place, None, &format!("s3-website.{region}.amazonaws.com")),
                Some(Err(_)) => self.fault(format!("{place}: Region '{}' is not known", region.unwrap_or_default())),
                None => self.fault(format!("{place}: an endpoint of type s3-website needs a Region")),
            },
            other => self.fault(format!("{place}: Type '{other}' is not known")),
        }
    }

    /// Without an id, the resource is in the hosted zone that its name tells (A-17).
    fn resource(&mut self, place: &str, hosted_zone_id: Option<&str>, name: &str) -> Option<Endpoint> {
        let dns_name = match DomainName::parse(name) {
            Ok(dns_name) => dns_name,
            Err(error) => return self.fault(format!("{place}: Value '{name}': {error}")),
        };
        let told = || AwsZone::of_name(&dns_name).map(|zone| zone.id());
        let id = hosted_zone_id.or_else(told).unwrap_or(UNKNOWN_HOSTED_ZONE_ID);
        let hosted_zone_id = HostedZoneId::new(id).expect("it is an identifier");
        Some(Endpoint::AwsResource { hosted_zone_id, dns_name })
    }

    /// TP-3: the branches of a rule that could be read.
    fn rule(&mut self, id: &str, value: &Value) -> Option<Vec<Branch>> {
        let place = format!("rule '{id}'");
        let kind = value.get("RuleType").and_then(Value::as_str);
        let Some(kind) = kind else { return self.fault(format!("{place} needs a RuleType")) };
        let lists: &[&str] = match kind {
            "failover" => &["Primary", "Secondary"],
            "geo" => &["Locations"],
            "latency" => &["Regions"],
            "geoproximity" => &["GeoproximityLocations", "GeoProximityLocations"],
            "weighted" | "multivalue" => &["Items"],
            other => return self.fault(format!("{place}: RuleType '{other}' is not known")),
        };
        let object = self.object(value, &place, &[&["RuleType"], lists])?;
        if kind == "failover" {
            let roles = [("Primary", FailoverRole::Primary), ("Secondary", FailoverRole::Secondary)];
            let branches = roles.map(|(member, role)| match object.members.get(member) {
                Some(value) => {
                    let place = format!("{member} of {place}");
                    self.branch(value, &place, &[], |_, _| Some(RoutingPolicy::Failover(role)))
                }
                None => self.fault(format!("{place} needs a {member}")),
            });
            return Some(branches.into_iter().flatten().collect());
        }
        let Some((member, list)) = lists.iter().find_map(|member| Some((member, object.members.get(*member)?))) else {
            return self.fault(format!("{place} needs {}", lists[0]));
        };
        let Some(items) = list.as_array() else { return self.fault(format!("{member} of {place} is not a list")) };
        let branches = items.iter().enumerate().map(|(number, item)| {
            let place = format!("{member}[{number}] of {place}");
            match kind {
                "geo" => self.branch(item, &place, &["IsDefault", "Continent", "Country", "Subdivision"], geo_location),
                "latency" => self.branch(item, &place, &["Region"], latency),
                "geoproximity" => {
                    let members = &["Region", "LocalZoneGroup", "Latitude", "Longitude", "Bias"];
                    self.branch(item, &place, members, geo_proximity)
                }
                "weighted" => self.branch(item, &place, &["Weight"], weighted),
                _ => self.branch(item, &place, &[], |_, _| Some(RoutingPolicy::MultiValue)),
            }
        });
        Some(branches.collect::<Vec<_>>().into_iter().flatten().collect())
    }

    /// What every branch has, and what those of its rule have besides.
    fn branch(
        &mut self,
        value: &Value,
        place: &str,
        members: &[&str],
        policy: impl FnOnce(&mut Reader, &Object<'_>) -> Option<RoutingPolicy>,
    ) -> Option<Branch> {
        let object = self.object(value, place, &[OF_BRANCH, members])?;
        let target = self.target(&object, "EndpointReference", "RuleReference");
        let evaluate_target_health = self.boolean(&object, "EvaluateTargetHealth");
        let health_check_id = match self.text(&object, "HealthCheck").filter(|id| !id.is_empty()) {
            Some(id) => match HealthCheckId::new(&id) {
                Ok(id) => Some(Some(id)),
                Err(error) => self.fault(format!("{place}: HealthCheck '{id}': {error}")),
            },
            None => Some(None),
        };
        let policy = policy(self, &object);
        Some(Branch {
            policy: policy?,
            target: target?,
            evaluate_target_health: evaluate_target_health?,
            health_check_id: health_check_id?,
        })
    }

    /// Exactly one of two.
    fn target(&mut self, object: &Object<'_>, endpoint: &str, rule: &str) -> Option<Target> {
        match (self.text(object, endpoint), self.text(object, rule)) {
            (Some(id), None) => Some(Target::Endpoint(id.into())),
            (None, Some(id)) => Some(Target::Rule(id.into())),
            _ => self.fault(format!("{} needs exactly one of {endpoint} and {rule}", object.place)),
        }
    }

    /// An object that has no members but these.
    fn object<'j>(&mut self, value: &'j Value, place: &str, known: &[&[&str]]) -> Option<Object<'j>> {
        let Some(members) = value.as_object() else { return self.fault(format!("{place} is not an object")) };
        for member in members.keys().filter(|member| !known.iter().any(|known| known.contains(&&***member))) {
            self.faults.push(format!("{place} cannot have a member {member}"));
        }
        Some(Object { members, place: place.to_owned() })
    }

    /// The members of a member, which may be missing.
    fn named<'j>(&mut self, object: &Object<'j>, member: &str) -> Vec<(&'j str, &'j Value)> {
        match object.members.get(member) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(members)) => members.iter().map(|(id, value)| (&**id, value)).collect(),
            Some(_) => self.fault(format!("{member} is not an object")).unwrap_or_default(),
        }
    }

    fn required(&mut self, object: &Object<'_>, member: &str) -> Option<String> {
        let is_there = object.members.get(member).is_some_and(|value| !value.is_null());
        if is_there { self.text(object, member) } else { self.fault(format!("{} needs {member}", object.place)) }
    }

    /// A text, or whatever can be written as one.
    fn text(&mut self, object: &Object<'_>, member: &str) -> Option<String> {
        match object.members.get(member)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(boolean) => Some(boolean.to_string()),
            Value::Array(_) | Value::Object(_) => self.fault(format!("{member} of {} is not a text", object.place)),
        }
    }

    /// Without it, false.
    fn boolean(&mut self, object: &Object<'_>, member: &str) -> Option<bool> {
        match self.text(object, member).as_deref() {
            None | Some("false" | "") => Some(false),
            Some("true") => Some(true),
            Some(other) => self.fault(format!("{}: {member} '{other}' is neither true nor false", object.place)),
        }
    }
}

fn weighted(reader: &mut Reader, object: &Object<'_>) -> Option<RoutingPolicy> {
    let text = reader.required(object, "Weight")?;
    match text.parse() {
        Ok(weight) => Some(RoutingPolicy::Weighted { weight }),
        Err(_) => reader.fault(format!("{}: Weight '{text}' is not a number from 0 to 255", object.place)),
    }
}

/// LT-1.
fn latency(reader: &mut Reader, object: &Object<'_>) -> Option<RoutingPolicy> {
    let text = reader.required(object, "Region")?;
    match text.parse::<AwsRegion>() {
        Ok(region) if region.takes_latency_records() => Some(RoutingPolicy::Latency { region }),
        _ => reader.fault(format!("{}: Region '{text}' is not known", object.place)),
    }
}

/// G-1.
fn geo_location(reader: &mut Reader, object: &Object<'_>) -> Option<RoutingPolicy> {
    let is_default = reader.boolean(object, "IsDefault")?;
    let given = ["Continent", "Country", "Subdivision"].map(|member| reader.text(object, member));
    let [continent, country, subdivision] = given.each_ref().map(Option::as_deref);
    let location = match (is_default, continent, country, subdivision) {
        (true, None, None, None) => Some(GeoLocation::Default),
        (true, ..) => None,
        (false, continent, country, subdivision) => named_location(continent, country, subdivision),
    };
    match location {
        Some(location) => Some(RoutingPolicy::Geolocation(location)),
        None => reader.fault(format!(
            "{} needs one location: IsDefault, a Continent, a Country, or US with a Subdivision",
            object.place
        )),
    }
}

/// GP-1.
fn geo_proximity(reader: &mut Reader, object: &Object<'_>) -> Option<RoutingPolicy> {
    let place = &object.place;
    let bias = reader.text(object, "Bias").unwrap_or_else(|| "0".to_owned());
    let bias = match bias.parse().ok().and_then(Bias::new) {
        Some(bias) => Some(bias),
        None => reader.fault(format!("{place}: Bias '{bias}' is not a number from -99 to 99")),
    };
    let given = ["Region", "LocalZoneGroup", "Latitude", "Longitude"].map(|member| reader.text(object, member));
    let location = match given.each_ref().map(Option::as_deref) {
        [Some(region), None, None, None] => {
            let name = region.strip_prefix("aws:route53:").unwrap_or(region);
            let region = name.parse::<AwsRegion>().map(GeoProximityPlace::Region).ok();
            // The newer format names Local Zones where the older one has regions only.
            let group = || LocalZoneGroup::parse(name).map(GeoProximityPlace::LocalZoneGroup);
            region.or_else(|| group().filter(|_| reader.has_local_zones))
        }
        [None, Some(group), None, None] if reader.has_local_zones => {
            LocalZoneGroup::parse(group.strip_prefix("aws:route53:").unwrap_or(group))
                .map(GeoProximityPlace::LocalZoneGroup)
        }
        [None, None, Some(latitude), Some(longitude)] => {
            let degrees = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            Coordinates::new(degrees(latitude), degrees(longitude)).map(GeoProximityPlace::Coordinates).ok()
        }
        _ => None,
    };
    let location = match location {
        Some(location) => Some(location),
        None => reader.fault(format!(
            "{place} needs one location: a Region such as aws:route53:us-east-1, a LocalZoneGroup (in format 2023-05-09), \
             or a Latitude and a Longitude"
        )),
    };
    Some(RoutingPolicy::Geoproximity(GeoProximityLocation { place: location?, bias: bias? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{
        "AWSPolicyFormatVersion": "2023-05-09", "RecordType": "A", "StartRule": "start",
        "Endpoints": {
            "one": { "Type": "value", "Value": "192.0.2.1" },
            "cdn": { "Type": "cloudfront", "Value": "d1.cloudfront.net" },
            "lb": { "Type": "network-load-balancer", "Value": "x.elb.eu-west-1.amazonaws.com" },
            "site": { "Type": "s3-website", "Region": "eu-west-1", "Value": "www.example.com" }
        },
        "Rules": {
            "start": { "RuleType": "geo", "Locations": [
                { "IsDefault": "true", "RuleReference": "near" },
                { "Continent": "EU", "EndpointReference": "cdn" },
                { "Country": "US", "Subdivision": "CA", "RuleReference": "pool", "EvaluateTargetHealth": true }
            ] },
            "near": { "RuleType": "geoproximity", "GeoProximityLocations": [
                { "Region": "aws:route53:us-east-1", "Bias": "-10", "EndpointReference": "lb" },
                { "LocalZoneGroup": "us-west-2-lax-1", "EndpointReference": "one" },
                { "Latitude": "52.52", "Longitude": 13.4, "RuleReference": "fast" }
            ] },
            "fast": { "RuleType": "latency", "Regions": [{ "Region": "eu-west-1", "EndpointReference": "site" }] },
            "pool": { "RuleType": "multivalue", "Items": [{ "EndpointReference": "one", "HealthCheck": "check" }] },
            "spare": { "RuleType": "weighted", "Items": [{ "EndpointReference": "one", "Weight": "3" }] },
            "switch": { "RuleType": "failover",
                "Primary": { "RuleReference": "pool" }, "Secondary": { "EndpointReference": "one" } }
        }
    }"#;

    #[test]
    fn every_type_of_rule_and_endpoint_is_read() {
        let document = read(DOCUMENT).unwrap();
        let policies: Vec<String> = document
            .rules()
            .iter()
            .map(|(id, branches)| format!("{id}: {} × {}", branches.len(), branches[0].policy.kind()))
            .collect();
        assert_eq!(
            policies,
            [
                "fast: 1 × latency",
                "near: 3 × geoproximity",
                "pool: 1 × multivalue answer",
                "spare: 1 × weighted",
                "start: 3 × geolocation",
                "switch: 2 × failover"
            ]
        );
        let names: Vec<String> = document
            .endpoints()
            .values()
            .map(|endpoint| match endpoint {
                Endpoint::Value(value) => value.text(RecordType::A).into_owned(),
                Endpoint::AwsResource { hosted_zone_id, dns_name } => format!("{hosted_zone_id} {dns_name}"),
            })
            .collect();
        assert_eq!(
            names,
            [
                "Z2FDTNDATAQYW2 d1.cloudfront.net.",
                "Z2IFOLAFXWLO4F x.elb.eu-west-1.amazonaws.com.",
                "192.0.2.1",
                "Z1BKCTXD74EZPE s3-website.eu-west-1.amazonaws.com."
            ]
        );
        assert!(document.rules()["start"][2].evaluate_target_health);
        assert_eq!(document.rules()["pool"][0].health_check_id, Some(HealthCheckId::new("check").unwrap()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let told = |from: &str, to: &str| {
            assert!(DOCUMENT.contains(from));
            let error = read(&DOCUMENT.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidTrafficPolicyDocument);
            error.message.strip_prefix("The traffic policy document is not valid: ").unwrap().to_owned()
        };
        assert_eq!(
            told("\"StartRule\": \"start\",", ""),
            "the document needs exactly one of StartEndpoint and StartRule"
        );
        assert_eq!(told("\"RecordType\": \"A\",", ""), "the document needs RecordType");
        assert_eq!(
            told("\"Weight\": \"3\"", "\"Wait\": 3"),
            "Items[0] of rule 'spare' cannot have a member Wait; Items[0] of rule 'spare' needs Weight"
        );
        assert_eq!(
            told("\"IsDefault\": \"true\", ", ""),
            "Locations[0] of rule 'start' needs one location: IsDefault, a Continent, a Country, or US with a Subdivision"
        );
        assert_eq!(
            told("\"EvaluateTargetHealth\": true", "\"EvaluateTargetHealth\": 1"),
            "Locations[2] of rule 'start': EvaluateTargetHealth '1' is neither true nor false"
        );
        assert_eq!(
            told("\"Region\": \"eu-west-1\", \"Value\"", "\"Value\""),
            "endpoint 'site': an endpoint of type s3-website needs a Region"
        );
        assert_eq!(
            told("{ \"EndpointReference\": \"one\", \"HealthCheck\": \"check\" }", "{ \"EndpointReference\": \"lb\" }"),
            "branch 1 of rule 'pool': multivalue answer records cannot be aliases"
        );
        assert_eq!(
            told("\"RuleReference\": \"pool\" }, \"S", "\"RuleReference\": \"switch\" }, \"S"),
            "branch 1 of rule 'switch': following the rule leads back to it"
        );
        assert!(
            told("2023-05-09", "2015-10-01").starts_with("GeoProximityLocations[1] of rule 'near' needs one location")
        );
        assert!(told("\"Endpoints\"", "Endpoints").starts_with("it is not JSON: "));
    }

    #[test]
    fn the_target_health_of_cloudfront_may_be_evaluated_and_unknown_resources_have_a_zone_too() {
        // F-8.
        let evaluated = "\"EndpointReference\": \"cdn\", \"EvaluateTargetHealth\": true";
        let document = read(&DOCUMENT.replacen("\"EndpointReference\": \"cdn\"", evaluated, 1)).unwrap();
        assert!(document.rules()["start"][1].evaluate_target_health);
        let document = read(&DOCUMENT.replacen("x.elb.eu-west-1.amazonaws.com", "lb.test", 1)).unwrap();
        let Endpoint::AwsResource { hosted_zone_id, .. } = &document.endpoints()["lb"] else { panic!() };
        assert_eq!(hosted_zone_id.as_str(), UNKNOWN_HOSTED_ZONE_ID);
    }

    /// Whatever stands in it, a document is read or refused.
    #[test]
    fn no_text_is_too_much() {
        let mut rng = fastrand::Rng::with_seed(53);
        let tokens: Vec<&str> = DOCUMENT.split_inclusive(['"', ' ', ',']).collect();
        for _ in 0..3_000 {
            let mut changed = tokens.clone();
            for _ in 0..rng.usize(1..4) {
                let (from, to) = (rng.usize(..tokens.len()), rng.usize(..tokens.len()));
                changed[to] = tokens[from];
            }
            let _ = read(&changed.concat());
        }
    }
}
