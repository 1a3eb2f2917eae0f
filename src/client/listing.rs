//! Asks an API for all that it has.

use std::collections::{BTreeMap, HashMap};

use crate::api::health_check_config;
use crate::api::operation::Operation;
use crate::api::record_set_input::RecordSetInput;
use crate::api::xml::Element;
use crate::model::identifier::Identifier;
use crate::model::{
    CidrLocationName, DomainName, HostedZoneId, RecordSet, RecordSetKey, RecordType, SetIdentifier, Tags,
};

use super::body;
use super::call::Call;
use super::caller::RouteCaller;
use super::error::ClientError;

pub use super::found::{ListedAccount, ListedCheck, ListedCollection, ListedDnssec, ListedZone, ZoneHead};

/// Record sets of a page: the most that Route 53 gives.
const RECORD_SETS: &str = "300";
/// Resources that ListTagsForResources takes at once.
const TAGGED: usize = 10;

/// All of it; of the zones, those for which `is_wanted`.
pub async fn list_account(
    caller: &mut RouteCaller,
    is_wanted: impl Fn(&ZoneHead) -> bool,
) -> Result<ListedAccount, ClientError> {
    let heads = list_hosted_zones(caller).await?.into_iter().filter(is_wanted).collect();
    let (cidr_collections, health_checks) = (list_collections(caller).await?, list_checks(caller).await?);
    let hosted_zones = read_zones(caller, heads).await?;
    Ok(ListedAccount { hosted_zones, health_checks, cidr_collections })
}

pub async fn list_hosted_zones(caller: &mut RouteCaller) -> Result<Vec<ZoneHead>, ClientError> {
    let mut heads = Vec::new();
    let mut marker = None;
    loop {
        let call = with_start(Call::new(Operation::ListHostedZones, &[]), "marker", marker.as_deref());
        let page = Page::ask(caller, &call).await?;
        for zone in page.items("HostedZones")? {
            heads.push(page.read(zone_head(zone))?);
        }
        marker = page.next("NextMarker")?;
        if marker.is_none() {
            return Ok(heads);
        }
    }
}

/// The elements ResourceRecordSet of a zone, as they are listed.
pub async fn list_record_set_elements(
    caller: &mut RouteCaller,
    zone: &HostedZoneId,
) -> Result<Vec<Element>, ClientError> {
    let mut elements = Vec::new();
    let mut start: Vec<(&str, String)> = Vec::new();
    loop {
        let call = Call::new(Operation::ListResourceRecordSets, &[zone.as_str()]).with_query("maxitems", RECORD_SETS);
        let call = start.iter().fold(call, |call, (key, value)| call.with_query(key, value));
        let page = Page::ask(caller, &call).await?;
        elements.extend(page.items("ResourceRecordSets")?.iter().cloned());
        let keys = [("name", "NextRecordName"), ("type", "NextRecordType"), ("identifier", "NextRecordIdentifier")];
        start.clear();
        for (key, member) in keys {
            start.extend(page.next(member)?.map(|value| (key, value)));
        }
        if start.is_empty() {
            return Ok(elements);
        }
    }
}

async fn read_zones(caller: &mut RouteCaller, heads: Vec<ZoneHead>) -> Result<Vec<ListedZone>, ClientError> {
    let ids: Vec<&str> = heads.iter().map(|head| head.id.as_str()).collect();
    let mut tags = list_tags(caller, "hostedzone", &ids).await?;
    let mut zones = Vec::with_capacity(heads.len());
    for head in heads {
        let page = Page::ask(caller, &Call::new(Operation::GetHostedZone, &[head.id.as_str()])).await?;
        let mut vpcs = BTreeMap::new();
        for vpc in page.root.child("VPCs").map(Element::children).unwrap_or_default() {
            let id = page.read(identifier(vpc, "VPCId"))?;
            vpcs.insert(id, page.read(parsed(vpc, "VPCRegion"))?);
        }
        let set = page.root.child("DelegationSet");
        let servers = set.and_then(|set| set.child("NameServers")).map(Element::children).unwrap_or_default();
        let servers = servers.iter().map(|server| page.read(text_in(server)).map(Box::from));
        let delegation_set = set.and_then(|set| set.child("Id")).map(|id| page.read(text_in(id))).transpose()?;
        let dnssec = if head.is_private { None } else { list_dnssec(caller, &head.id).await? };
        let elements = list_record_set_elements(caller, &head.id).await?;
        let (record_sets, of_instances) = read_record_sets(&head, &elements)?;
        zones.push(ListedZone {
            vpcs,
            name_servers: servers.collect::<Result<_, _>>()?,
            delegation_set: delegation_set.map(Box::from),
            tags: tags.remove(head.id.as_str()).unwrap_or_default(),
            dnssec,
            record_sets,
            of_instances,
            head,
        });
    }
    Ok(zones)
}

/// `None` where the API does not say: not every credential may ask, and not every API knows DNSSEC.
async fn list_dnssec(caller: &mut RouteCaller, zone: &HostedZoneId) -> Result<Option<ListedDnssec>, ClientError> {
    let page = match Page::ask(caller, &Call::new(Operation::GetDNSSEC, &[zone.as_str()])).await {
        Ok(page) => page,
        Err(ClientError::Refused { .. } | ClientError::Unreadable { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let status = page.root.child("Status").and_then(|status| status.child("ServeSignature")).map(text_in);
    let keys = page.root.child("KeySigningKeys").map(Element::children).unwrap_or_default();
    let is_signed = page.read(status.transpose())?.is_some_and(|status| status != "NOT_SIGNING");
    Ok(Some(ListedDnssec { is_signed, key_signing_keys: keys.len() }))
}

type ReadSets = (Vec<RecordSet>, BTreeMap<RecordSetKey, Box<str>>);

fn read_record_sets(head: &ZoneHead, elements: &[Element]) -> Result<ReadSets, ClientError> {
    let operation = Operation::ListResourceRecordSets;
    let (mut sets, mut of_instances) = (Vec::with_capacity(elements.len()), BTreeMap::new());
    for element in elements {
        let unreadable = |problem: String| ClientError::Unreadable {
            operation,
            problem: format!("the record set {} of {}: {problem}", described(element), head.name),
        };
        let input = RecordSetInput::read_listed(element).map_err(|error| unreadable(error.message))?;
        let instance = input.traffic_policy_instance_id().map(Box::from);
        if let Some(instance) = instance {
            of_instances.insert(key(element).map_err(unreadable)?, instance);
        }
        if input.has_content() {
            let set = input.into_record_set(&head.name, &head.id);
            sets.push(set.map_err(|problems| unreadable(problems.join(", ")))?);
        }
    }
    Ok((sets, of_instances))
}

fn described(set: &Element) -> String {
    let text = |name| set.child(name).and_then(|it| it.text().ok()).unwrap_or("?");
    format!("{} {}", text("Name"), text("Type"))
}

fn key(set: &Element) -> Result<RecordSetKey, String> {
    let set_identifier = set.child("SetIdentifier").map(text_in).transpose()?;
    let set_identifier = set_identifier.map(SetIdentifier::new).transpose().map_err(|error| error.to_string())?;
    Ok(RecordSetKey { name: name(set)?, record_type: parsed::<RecordType>(set, "Type")?, set_identifier })
}

fn zone_head(zone: &Element) -> Result<ZoneHead, String> {
    let id = text(zone, "Id")?;
    let config = zone.child("Config");
    let in_config = |member| config.and_then(|config| config.child(member)).map(text_in).transpose();
    Ok(ZoneHead {
        id: HostedZoneId::new(id.strip_prefix("/hostedzone/").unwrap_or(id)).map_err(|error| error.to_string())?,
        name: name(zone)?,
        comment: in_config("Comment")?.unwrap_or_default().into(),
        is_private: in_config("PrivateZone")? == Some("true"),
        linked_to: linked_to(zone),
    })
}

/// Whom something belongs to that cannot be changed through the API.
fn linked_to(element: &Element) -> Option<Box<str>> {
    let service = element.child("LinkedService")?;
    let text = |name| service.child(name).and_then(|it| it.text().ok()).filter(|text| !text.is_empty());
    Some(text("Description").or_else(|| text("ServicePrincipal")).unwrap_or("another service").into())
}

async fn list_checks(caller: &mut RouteCaller) -> Result<Vec<ListedCheck>, ClientError> {
    let mut checks = Vec::new();
    let mut marker = None;
    loop {
        let call = with_start(Call::new(Operation::ListHealthChecks, &[]), "marker", marker.as_deref());
        let page = Page::ask(caller, &call).await?;
        for check in page.items("HealthChecks")? {
            checks.push(page.read(read_check(check))?);
        }
        marker = page.next("NextMarker")?;
        if marker.is_none() {
            break;
        }
    }
    let ids: Vec<&str> = checks.iter().map(|check: &ListedCheck| check.id.as_str()).collect();
    let mut tags = list_tags(caller, "healthcheck", &ids).await?;
    for check in &mut checks {
        check.tags = tags.remove(check.id.as_str()).unwrap_or_default();
    }
    Ok(checks)
}

fn read_check(check: &Element) -> Result<ListedCheck, String> {
    let config = check.child("HealthCheckConfig").ok_or("a health check has no HealthCheckConfig")?;
    let id = identifier(check, "Id")?;
    let config = health_check_config::read_listed(config);
    Ok(ListedCheck {
        config: config.map_err(|error| format!("health check {id}: {}", error.message))?,
        id,
        caller_reference: text(check, "CallerReference")?.into(),
        version: parsed(check, "HealthCheckVersion")?,
        linked_to: linked_to(check),
        tags: Tags::new(),
    })
}

async fn list_collections(caller: &mut RouteCaller) -> Result<Vec<ListedCollection>, ClientError> {
    let mut collections = Vec::new();
    let mut token = None;
    loop {
        let call = with_start(Call::new(Operation::ListCidrCollections, &[]), "nexttoken", token.as_deref());
        let page = Page::ask(caller, &call).await?;
        for collection in page.items("CidrCollections")? {
            let (id, name) = (page.read(identifier(collection, "Id"))?, page.read(text(collection, "Name"))?.into());
            collections.push(ListedCollection { id, name, locations: BTreeMap::new() });
        }
        token = page.next("NextToken")?;
        if token.is_none() {
            break;
        }
    }
    for collection in &mut collections {
        list_blocks(caller, collection).await?;
    }
    Ok(collections)
}

async fn list_blocks(caller: &mut RouteCaller, collection: &mut ListedCollection) -> Result<(), ClientError> {
    let mut token = None;
    loop {
        let call = Call::new(Operation::ListCidrBlocks, &[collection.id.as_str()]);
        let page = Page::ask(caller, &with_start(call, "nexttoken", token.as_deref())).await?;
        for block in page.items("CidrBlocks")? {
            let location = page.read(text(block, "LocationName"))?;
            let unknown = || format!("{location:?} is no name of a CIDR location");
            let location = page.read(CidrLocationName::parse(location).ok_or_else(unknown))?;
            collection.locations.entry(location).or_default().push(page.read(parsed(block, "CidrBlock"))?);
        }
        token = page.next("NextToken")?;
        if token.is_none() {
            return Ok(());
        }
    }
}

async fn list_tags(
    caller: &mut RouteCaller,
    resource_type: &str,
    ids: &[&str],
) -> Result<HashMap<String, Tags>, ClientError> {
    let mut all = HashMap::new();
    for some in ids.chunks(TAGGED) {
        let call = Call::new(Operation::ListTagsForResources, &[resource_type]).with_body(body::list_tags(some));
        let page = Page::ask(caller, &call).await?;
        for set in page.items("ResourceTagSets")? {
            let mut tags = Tags::new();
            for tag in set.child("Tags").map(Element::children).unwrap_or_default() {
                let value = tag.child("Value").map(text_in).transpose();
                tags.insert(page.read(text(tag, "Key"))?.into(), page.read(value)?.unwrap_or_default().into());
            }
            all.insert(page.read(text(set, "ResourceId"))?.to_owned(), tags);
        }
    }
    Ok(all)
}

fn with_start(call: Call, key: &str, start: Option<&str>) -> Call {
    start.into_iter().fold(call, |call, start| call.with_query(key, start))
}

/// One answer, being read.
struct Page {
    operation: Operation,
    root: Element,
}

impl Page {
    async fn ask(caller: &mut RouteCaller, call: &Call) -> Result<Page, ClientError> {
        Ok(Page { operation: call.operation, root: caller.call(call).await? })
    }

    fn items(&self, list: &str) -> Result<&[Element], ClientError> {
        let found = self.root.child(list).map(Element::children);
        self.read(found.ok_or_else(|| format!("it has no {list}")))
    }

    /// Where the next page starts; nothing where there is none.
    fn next(&self, member: &str) -> Result<Option<String>, ClientError> {
        let is_last = self.root.child("IsTruncated").is_some_and(|it| it.text().is_ok_and(|text| text == "false"));
        let next = self.root.child(member).filter(|_| !is_last).map(text_in);
        Ok(self.read(next.transpose())?.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    fn read<T>(&self, result: Result<T, String>) -> Result<T, ClientError> {
        result.map_err(|problem| ClientError::Unreadable { operation: self.operation, problem })
    }
}

fn text_in(element: &Element) -> Result<&str, String> {
    element.text().map_err(|error| error.message)
}

fn text<'e>(element: &'e Element, member: &str) -> Result<&'e str, String> {
    text_in(element.child(member).ok_or_else(|| format!("an element {} has no {member}", element.name()))?)
}

fn identifier<Kind>(element: &Element, member: &str) -> Result<Identifier<Kind>, String> {
    Identifier::new(text(element, member)?).map_err(|error| error.to_string())
}

fn name(element: &Element) -> Result<DomainName, String> {
    let text = text(element, "Name")?;
    DomainName::parse(text).map_err(|error| error.route53_message(text))
}

fn parsed<T: std::str::FromStr>(element: &Element, member: &str) -> Result<T, String> {
    let text = text(element, member)?;
    text.parse().map_err(|_| format!("{member} {text:?} is not known"))
}
