//! Tags of hosted zones and health checks.

use crate::change::Change;
use crate::model::{Account, HealthCheckId, HostedZoneId, TaggedResource, Tags, limits};

use super::Situation;
use super::error::ApiError;
use super::query_parameter::check_length;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};

/// Items of a list in a request.
const LIST: usize = 10;
/// AWS holds ids of zones against this, whatever its model says.
const ZONE_ID_LENGTH: usize = 32;

pub fn change(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.optional_root()?;
    let members = Members::of(&root, &["AddTags", "RemoveTagKeys"])?;
    let mut add = Tags::new();
    let given = members.optional("AddTags").map(|tags| tags.items("Tag", 1)).transpose()?.unwrap_or_default();
    check_count("addTags", given.len())?;
    for tag in given {
        let members = Members::of(tag, &["Key", "Value"])?;
        let text = |name, lengths| members.optional(name).map(|it| it.text_of(name, lengths)).transpose();
        let (key, value) =
            (text("Key", 1..=limits::TAG_KEY_CHARACTERS)?, text("Value", 0..=limits::TAG_VALUE_CHARACTERS)?);
        add.insert(key.unwrap_or_default().into(), value.unwrap_or_default().into());
    }
    let given = members.optional("RemoveTagKeys").map(|keys| keys.items("Key", 1)).transpose()?.unwrap_or_default();
    check_count("removeTagKeys", given.len())?;
    let remove = given
        .iter()
        .map(|key| key.text_of("TagKey", 1..=limits::TAG_KEY_CHARACTERS).map(Box::from))
        .collect::<Result<_, _>>()?;
    let resource = resource(request.parameter(), request.second_parameter(), situation.account())?;
    let change = Change::ChangeTags { resource, add, remove };
    Ok(Outcome::Write(Box::new(change), Reply::new(request.operation, |_| {})))
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let resource = resource(request.parameter(), request.second_parameter(), account)?;
    let reply = Reply::new(request.operation, |xml| {
        xml.element("ResourceTagSet", |xml| write_members(xml, &resource, account));
    });
    Ok(reply.into())
}

pub fn list_several(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["ResourceIds"])?;
    let ids = members.required("ResourceIds")?.items("ResourceId", 1)?;
    check_count("resourceIds", ids.len())?;
    let account = situation.account();
    let resources = ids
        .iter()
        .map(|id| resource(request.parameter(), id.text_of("TagResourceId", 0..=64)?, account))
        .collect::<Result<Vec<_>, ApiError>>()?;
    let reply = Reply::new(request.operation, |xml| {
        xml.list("ResourceTagSets", "ResourceTagSet", &resources, |xml, resource| {
            write_members(xml, resource, account);
        });
    });
    Ok(reply.into())
}

fn check_count(member: &str, count: usize) -> Result<(), ApiError> {
    if count <= LIST { Ok(()) } else { Err(ApiError::too_long(member, &format!("{count} items"), LIST)) }
}

/// What exists under an id, which is bare: AWS takes no prefix here.
fn resource(resource_type: &str, id: &str, account: &Account) -> Result<TaggedResource, ApiError> {
    match resource_type {
        "hostedzone" if id.chars().count() > ZONE_ID_LENGTH => {
            Err(ApiError::too_long("resourceId", id, ZONE_ID_LENGTH))
        }
        "hostedzone" => {
            let found = HostedZoneId::new(id).ok().filter(|id| account.hosted_zone(id).is_some());
            found.map(TaggedResource::HostedZone).ok_or_else(|| ApiError::no_such_hosted_zone(id))
        }
        "healthcheck" => {
            let id = check_length("resourceId", id, 0..=64)?;
            let found = HealthCheckId::new(id).ok().filter(|id| account.health_checks().contains_key(id));
            found.map(TaggedResource::HealthCheck).ok_or_else(|| ApiError::no_such_health_check(id))
        }
        other => {
            let constraint = "Member must satisfy enum value set: [healthcheck, hostedzone]";
            Err(ApiError::constraint("resourceType", other, constraint))
        }
    }
}

fn write_members(xml: &mut XmlWriter, resource: &TaggedResource, account: &Account) {
    let (resource_type, id) = match resource {
        TaggedResource::HealthCheck(id) => ("healthcheck", id.as_str()),
        TaggedResource::HostedZone(id) => ("hostedzone", id.as_str()),
    };
    xml.text("ResourceType", resource_type);
    xml.text("ResourceId", id);
    let tags = account.tags(resource).into_iter().flatten();
    xml.list("Tags", "Tag", tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}
