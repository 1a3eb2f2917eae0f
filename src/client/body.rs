//! The bodies of requests.

use ipnet::IpNet;

use crate::api::operation::Operation;
use crate::api::xml::XmlWriter;
use crate::api::{health_check_config, record_set};
use crate::change::{Action, RecordSetChange};
use crate::model::{AwsRegion, HealthCheckConfig, VpcId};

/// Networks that are put into a location of a CIDR collection, or taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrEdit {
    pub location: Box<str>,
    pub is_put: bool,
    pub blocks: Vec<IpNet>,
}

fn document(operation: Operation, content: impl FnOnce(&mut XmlWriter)) -> String {
    XmlWriter::document(&format!("{operation}Request"), content)
}

fn vpc(xml: &mut XmlWriter, (id, region): (&VpcId, AwsRegion)) {
    xml.element("VPC", |xml| {
        xml.text("VPCRegion", region.name());
        xml.text("VPCId", id.as_str());
    });
}

/// The first VPC of a private zone makes it one.
pub fn create_hosted_zone(name: &str, reference: &str, comment: &str, first: Option<(&VpcId, AwsRegion)>) -> String {
    document(Operation::CreateHostedZone, |xml| {
        xml.text("Name", name);
        if let Some(first) = first {
            vpc(xml, first);
        }
        xml.text("CallerReference", reference);
        xml.element("HostedZoneConfig", |xml| {
            xml.optional_text("Comment", Some(comment).filter(|comment| !comment.is_empty()));
            xml.value("PrivateZone", first.is_some());
        });
    })
}

pub fn update_hosted_zone_comment(comment: &str) -> String {
    document(Operation::UpdateHostedZoneComment, |xml| xml.text("Comment", comment))
}

/// Of AssociateVPCWithHostedZone and DisassociateVPCFromHostedZone.
pub fn vpc_association(operation: Operation, id: &VpcId, region: AwsRegion) -> String {
    document(operation, |xml| vpc(xml, (id, region)))
}

pub fn change_record_sets(changes: &[RecordSetChange]) -> String {
    document(Operation::ChangeResourceRecordSets, |xml| {
        xml.element("ChangeBatch", |xml| {
            xml.list("Changes", "Change", changes, |xml, change| {
                let action = match change.action {
                    Action::Create => "CREATE",
                    Action::Delete => "DELETE",
                    Action::Upsert => "UPSERT",
                };
                xml.text("Action", action);
                xml.element("ResourceRecordSet", |xml| record_set::write_members(xml, &change.record_set, None));
            });
        });
    })
}

pub fn create_health_check(reference: &str, config: &HealthCheckConfig) -> String {
    document(Operation::CreateHealthCheck, |xml| {
        xml.text("CallerReference", reference);
        xml.element("HealthCheckConfig", |xml| health_check_config::write(xml, config));
    })
}

pub fn update_health_check(version: u64, config: &HealthCheckConfig, reset: &[&str]) -> String {
    document(Operation::UpdateHealthCheck, |xml| health_check_config::write_update(xml, version, config, reset))
}

pub fn create_cidr_collection(name: &str, reference: &str) -> String {
    document(Operation::CreateCidrCollection, |xml| {
        xml.text("Name", name);
        xml.text("CallerReference", reference);
    })
}

pub fn change_cidr_collection(edits: &[CidrEdit]) -> String {
    document(Operation::ChangeCidrCollection, |xml| {
        xml.list("Changes", "member", edits, |xml, edit| {
            xml.text("LocationName", &edit.location);
            xml.text("Action", if edit.is_put { "PUT" } else { "DELETE_IF_EXISTS" });
            xml.texts("CidrList", "Cidr", edit.blocks.iter().map(ToString::to_string));
        });
    })
}

pub fn change_tags(add: &[(&str, &str)], remove: &[&str]) -> String {
    document(Operation::ChangeTagsForResource, |xml| {
        if !add.is_empty() {
            xml.list("AddTags", "Tag", add, |xml, (key, value)| {
                xml.text("Key", key);
                xml.text("Value", value);
            });
        }
        if !remove.is_empty() {
            xml.texts("RemoveTagKeys", "Key", remove);
        }
    })
}

pub fn list_tags(ids: &[&str]) -> String {
    document(Operation::ListTagsForResources, |xml| xml.texts("ResourceIds", "ResourceId", ids))
}
