//! A record set of a name, whatever its routing. It must keep the rules that this version has.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::model::{
    AliasTarget, DomainName, HealthCheckId, HostedZoneId, RecordContent, RecordSet, RecordSetParts, RecordValue,
    SetIdentifier,
};

use super::Damage;
use super::name_records::read_type;
use super::routing_policy::RoutingPolicyRow;

#[derive(Serialize, Deserialize)]
pub struct RecordSetRow<'r> {
    /// Its number on the wire.
    record_type: u16,
    #[serde(borrow)]
    set_identifier: Option<&'r str>,
    routing_policy: RoutingPolicyRow<'r>,
    content: ContentRow<'r>,
    health_check_id: Option<&'r str>,
}

#[derive(Serialize, Deserialize)]
enum ContentRow<'r> {
    Values {
        ttl: u32,
        /// As they were given: the text says the RDATA too.
        #[serde(borrow)]
        values: Vec<Cow<'r, str>>,
    },
    Alias {
        #[serde(borrow)]
        hosted_zone_id: &'r str,
        /// In wire form.
        dns_name: &'r [u8],
        evaluate_target_health: bool,
    },
}

impl<'r> RecordSetRow<'r> {
    pub fn of(set: &'r RecordSet) -> RecordSetRow<'r> {
        let content = match set.content() {
            RecordContent::Values { ttl, values } => ContentRow::Values {
                ttl: *ttl,
                values: values.iter().map(|value| value.text(set.record_type())).collect(),
            },
            RecordContent::Alias(AliasTarget { hosted_zone_id, dns_name, evaluate_target_health }) => {
                ContentRow::Alias {
                    hosted_zone_id: hosted_zone_id.as_str(),
                    dns_name: dns_name.wire(),
                    evaluate_target_health: *evaluate_target_health,
                }
            }
        };
        RecordSetRow {
            record_type: set.record_type().code(),
            set_identifier: set.set_identifier().map(|it| it.as_str()),
            routing_policy: RoutingPolicyRow::of(set.routing_policy()),
            content,
            health_check_id: set.health_check_id().map(|it| it.as_str()),
        }
    }

    pub fn record_set(self, name: &DomainName, zone: &HostedZoneId) -> Result<RecordSet, Damage> {
        let record_type = read_type(self.record_type)?;
        let content = match self.content {
            ContentRow::Values { ttl, values } => {
                let values = values.iter().map(|text| RecordValue::parse(record_type, text));
                RecordContent::Values { ttl, values: values.collect::<Result<_, _>>().map_err(Damage::of)? }
            }
            ContentRow::Alias { hosted_zone_id, dns_name, evaluate_target_health } => {
                RecordContent::Alias(AliasTarget {
                    hosted_zone_id: HostedZoneId::new(hosted_zone_id).map_err(Damage::of)?,
                    dns_name: DomainName::from_wire(dns_name)
                        .ok_or_else(|| Damage::of("its alias target is no domain name"))?,
                    evaluate_target_health,
                })
            }
        };
        let parts = RecordSetParts {
            name: name.clone(),
            record_type,
            set_identifier: self.set_identifier.map(SetIdentifier::new).transpose().map_err(Damage::of)?,
            routing_policy: self.routing_policy.routing_policy()?,
            content,
            health_check_id: self.health_check_id.map(HealthCheckId::new).transpose().map_err(Damage::of)?,
        };
        RecordSet::new(parts, zone).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(|error| error.to_string()).collect();
            Damage(format!("{name} {record_type}: {}", errors.join(", ")))
        })
    }
}
