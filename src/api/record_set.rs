//! Resource record sets: listed, and as they are written.

use crate::model::domain_name::ListedName;
use crate::model::{
    DomainName, HostedZone, RecordContent, RecordSet, RecordType, SetIdentifier, TrafficPolicyInstanceId,
};

use super::error::ApiError;
use super::page::PageSize;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::XmlWriter;
use super::{Situation, routing_policy};

/// Items of a page, unless another number is asked for.
const PAGE: usize = 100;
/// More than so many are cut to this.
const LARGEST_PAGE: usize = 300;

/// Where a list starts: at the first record set that is not before this.
struct Start {
    name: DomainName,
    record_type: Option<RecordType>,
    set_identifier: Option<SetIdentifier>,
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, LARGEST_PAGE)?;
    let zone = request.hosted_zone(situation.account())?;
    let registry = situation.account().registry();
    let start = read_start(request)?;
    let page = size.cut(from(zone, start.as_ref()));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("ResourceRecordSets", "ResourceRecordSet", &page.items, |xml, set| {
            let instance = registry.traffic_policy_instance_at(zone.id(), set.name(), set.record_type());
            write_members(xml, set, instance);
        });
        xml.value("IsTruncated", page.next.is_some());
        if let Some(next) = page.next {
            xml.text("NextRecordName", &next.name().to_api_text());
            xml.text("NextRecordType", next.record_type().name());
            xml.optional_text("NextRecordIdentifier", next.set_identifier().map(|it| it.as_str()));
        }
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

fn read_start(request: &Request<'_>) -> Result<Option<Start>, ApiError> {
    let (name, record_type, identifier) =
        (request.query("name")?, request.query("type")?, request.query("identifier")?);
    let record_type = record_type.map(known_type).transpose()?;
    let Some(name) = name else {
        return match (record_type, identifier) {
            (None, None) => Ok(None),
            _ => Err(ApiError::invalid_input("When you specify the type, you must also specify the name.")),
        };
    };
    if record_type.is_none() && identifier.is_some() {
        return Err(ApiError::invalid_input("When you specify the identifier, you must also specify the type."));
    }
    let name = DomainName::parse(name).map_err(|error| ApiError::invalid_input(error.route53_message(name)))?;
    let invalid = |error, text: &str| ApiError::constraint("identifier", text, error);
    let set_identifier =
        identifier.map(|text| SetIdentifier::new(text).map_err(|error| invalid(error, text))).transpose()?;
    Ok(Some(Start { name, record_type, set_identifier }))
}

/// The type of a query key, in upper case as everywhere in the API.
pub fn known_type(text: &str) -> Result<RecordType, ApiError> {
    RecordType::ALL.into_iter().find(|record_type| record_type.name() == text).ok_or_else(|| {
        let known: Vec<_> = RecordType::ALL.iter().map(|record_type| record_type.name()).collect();
        let constraint = format!("Member must satisfy enum value set: [{}]", known.join(", "));
        ApiError::constraint("type", text, constraint)
    })
}

/// In listing order (N-9). Finding the start takes no longer in a larger zone.
fn from<'z>(zone: &'z HostedZone, start: Option<&'z Start>) -> impl Iterator<Item = RecordSet> + 'z {
    let first = start.map_or(DomainName::ROOT_WIRE, |start| start.name.wire());
    zone.names_from(first).flat_map(move |records| {
        let is_first = ListedName(records.name()) == ListedName(first);
        let sets = records.record_sets().into_owned().into_iter();
        sets.filter(move |set| !is_first || start.is_none_or(|start| !start.is_after(set)))
    })
}

impl Start {
    /// Of a record set of its name.
    fn is_after(&self, set: &RecordSet) -> bool {
        let Some(record_type) = self.record_type else { return false };
        (set.record_type(), set.set_identifier()) < (record_type, self.set_identifier.as_ref())
    }
}

/// What stands in a ResourceRecordSet, in requests and answers alike.
pub fn write_members(xml: &mut XmlWriter, set: &RecordSet, instance: Option<&TrafficPolicyInstanceId>) {
    xml.text("Name", &set.name().to_api_text());
    xml.text("Type", set.record_type().name());
    xml.optional_text("SetIdentifier", set.set_identifier().map(|it| it.as_str()));
    routing_policy::write(xml, set.routing_policy());
    match set.content() {
        RecordContent::Values { ttl, values } => {
            xml.value("TTL", ttl);
            xml.list("ResourceRecords", "ResourceRecord", values, |xml, value| {
                xml.text("Value", &value.text(set.record_type()));
            });
        }
        RecordContent::Alias(target) => xml.element("AliasTarget", |xml| {
            xml.text("HostedZoneId", target.hosted_zone_id.as_str());
            xml.text("DNSName", &target.dns_name.to_api_text());
            xml.value("EvaluateTargetHealth", target.evaluate_target_health);
        }),
    }
    xml.optional_text("HealthCheckId", set.health_check_id().map(|id| id.as_str()));
    xml.optional_text("TrafficPolicyInstanceId", instance.map(|id| id.as_str()));
    routing_policy::write_last(xml, set.routing_policy());
}
