//! Traffic policy instances: trees of record sets that policies make in hosted zones (TP-4 to TP-6). A tree comes, is
//! replaced and goes as a whole; its instance is `Applied` once DNS answers by it (TP-5).

use crate::change::{Change, TrafficPolicyChange};
use crate::model::{
    Account, DomainName, HostedZoneId, RecordType, TrafficPolicyDocument, TrafficPolicyId, TrafficPolicyInstance,
    TrafficPolicyInstanceId, limits,
};

use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::page::PageSize;
use super::query_parameter::check_length;
use super::record_set::known_type;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::traffic_policy::{PAGE, named as named_policy, read_number};
use super::xml::{Members, XmlWriter};
use super::{Propagation, Situation, refusal, traffic_policy_document};

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let names = &["HostedZoneId", "Name", "TTL", "TrafficPolicyId", "TrafficPolicyVersion"];
    let members = Members::of(&root, names)?;
    let zone_id = members.required("HostedZoneId")?.text()?;
    let name = members.required("Name")?.text_of("DNSName", 0..=1024)?;
    let (ttl, policy, version) = read_version(&members)?;
    let name = DomainName::parse(name).map_err(|error| ApiError::invalid_input(error.route53_message(name)))?;
    let account = situation.account();
    let hosted_zone = Prefix::HostedZone.read(zone_id)?.filter(|id| account.hosted_zone(id).is_some());
    let hosted_zone = hosted_zone.ok_or_else(|| ApiError::no_such_hosted_zone(Prefix::HostedZone.stripped(zone_id)))?;
    let (policy, document) = document(policy, version, account)?;
    let record_type = document.record_type();
    let instance = TrafficPolicyInstance { hosted_zone, name, record_type, ttl, policy, version };
    let id = situation.drawn.uuid();
    let state = State::of_new(situation);
    let reply = Reply::new(request.operation, |xml| write(xml, &id, &instance, state));
    let reply = reply.at(format!("trafficpolicyinstance/{id}"));
    let document = Box::new(document);
    Ok(change(TrafficPolicyChange::CreateInstance { id, instance, document }, reply))
}

pub fn update(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["TTL", "TrafficPolicyId", "TrafficPolicyVersion"])?;
    let (ttl, policy, version) = read_version(&members)?;
    let account = situation.account();
    let (id, before) = named(request, account)?;
    let (policy, document) = document(policy, version, account)?;
    let instance = TrafficPolicyInstance { ttl, policy, version, ..before.clone() };
    let state = State::of_new(situation);
    let reply = Reply::new(request.operation, |xml| write(xml, &id, &instance, state));
    let document = Box::new(document);
    Ok(change(TrafficPolicyChange::UpdateInstance { id, instance, document }, reply))
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (id, instance) = named(request, situation.account())?;
    let state = State::of(&id, instance, situation);
    Ok(Reply::new(request.operation, |xml| write(xml, &id, instance, state)).into())
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (id, _) = named(request, situation.account())?;
    Ok(change(TrafficPolicyChange::DeleteInstance(id), Reply::new(request.operation, |_| {})))
}

pub fn count(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let count = situation.account().registry().traffic_policy_instances.len();
    Ok(Reply::new(request.operation, |xml| xml.value("TrafficPolicyInstanceCount", count)).into())
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let zone = request.query("hostedzoneid")?.map(read_marker).transpose()?;
    list_page(request, situation, zone, |_| true)
}

pub fn list_by_hosted_zone(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let given = request.query("id")?.unwrap_or_default();
    let missing = || ApiError::no_such_hosted_zone(Prefix::HostedZone.stripped(given));
    let zone: HostedZoneId = Prefix::HostedZone.read(given)?.ok_or_else(missing)?;
    situation.account().hosted_zone(&zone).ok_or_else(missing)?;
    list_page(request, situation, Some(zone.clone()), |instance| instance.hosted_zone == zone)
}

pub fn list_by_policy(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let version = read_number("trafficPolicyVersion", request.query("version")?.unwrap_or_default())?;
    let (policy, its) = named_policy(request.query("id")?.unwrap_or_default(), situation.account())?;
    if !its.versions.contains_key(&version) {
        return Err(refusal::no_such_traffic_policy());
    }
    let zone = request.query("hostedzoneid")?.map(read_marker).transpose()?;
    list_page(request, situation, zone, |instance| instance.policy == policy && instance.version == version)
}

/// By hosted zone, name and type, from those of the markers on.
fn list_page(
    request: &Request<'_>,
    situation: &Situation<'_>,
    zone: Option<HostedZoneId>,
    is_listed: impl Fn(&TrafficPolicyInstance) -> bool,
) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let name = request.query("trafficpolicyinstancename")?;
    let record_type = request.query("trafficpolicyinstancetype")?;
    if zone.is_none() && name.is_some() || name.is_none() && record_type.is_some() {
        return Err(ApiError::invalid_input(
            "A marker for the type needs one for the name, and a marker for the name needs one for the hosted zone.",
        ));
    }
    let invalid_name = |error: crate::model::NameError, name| ApiError::invalid_input(error.route53_message(name));
    let name = name.map(|name| DomainName::parse(name).map_err(|error| invalid_name(error, name))).transpose()?;
    let first = (zone, name, record_type.map(known_type).transpose()?);
    let of = |it: &TrafficPolicyInstance| (it.hosted_zone.clone(), it.name.clone(), it.record_type);
    let instances = &situation.account().registry().traffic_policy_instances;
    let mut listed: Vec<_> = instances.iter().filter(|(_, it)| is_listed(it) && is_from(it, &first)).collect();
    listed.sort_by_cached_key(|(_, instance)| of(instance));
    let page = size.cut(listed);
    let is_of_one_zone = request.operation == super::O::ListTrafficPolicyInstancesByHostedZone;
    let reply = Reply::new(request.operation, |xml| {
        xml.list("TrafficPolicyInstances", "TrafficPolicyInstance", &page.items, |xml, (id, instance)| {
            write_members(xml, id, instance, State::of(id, instance, situation));
        });
        if let Some((_, next)) = page.next {
            xml.optional_text("HostedZoneIdMarker", Some(next.hosted_zone.as_str()).filter(|_| !is_of_one_zone));
            xml.text("TrafficPolicyInstanceNameMarker", &next.name.to_api_text());
            xml.text("TrafficPolicyInstanceTypeMarker", next.record_type.name());
        }
        xml.value("IsTruncated", page.next.is_some());
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

/// What is not given comes before everything.
fn is_from(
    instance: &TrafficPolicyInstance,
    (zone, name, record_type): &(Option<HostedZoneId>, Option<DomainName>, Option<RecordType>),
) -> bool {
    (Some(&instance.hosted_zone), Some(&instance.name), Some(instance.record_type))
        >= (zone.as_ref(), name.as_ref(), *record_type)
}

/// The zone of a marker. One that no zone can be is no place to start.
fn read_marker(id: &str) -> Result<HostedZoneId, ApiError> {
    let invalid = || ApiError::constraint("hostedZoneIdMarker", id, "Member must be the ID of a hosted zone");
    Prefix::HostedZone.read(id)?.ok_or_else(invalid)
}

/// The TTL, the policy and its version.
fn read_version<'e>(members: &Members<'e>) -> Result<(u32, &'e str, u32), ApiError> {
    let ttl = members.required("TTL")?.number("TTL", 0..=limits::MAX_TTL)?;
    let policy = members.required("TrafficPolicyId")?.text_of("TrafficPolicyId", 1..=36)?;
    let versions = 1..=limits::TRAFFIC_POLICY_VERSIONS;
    let version = members.required("TrafficPolicyVersion")?.number("TrafficPolicyVersion", versions)?;
    Ok((ttl, policy, version))
}

/// The document of a version of a policy.
fn document(
    policy: &str,
    version: u32,
    account: &Account,
) -> Result<(TrafficPolicyId, TrafficPolicyDocument), ApiError> {
    let (id, policy) = named_policy(policy, account)?;
    let version = policy.versions.get(&version).ok_or_else(refusal::no_such_traffic_policy)?;
    // It was read when the version was made; a document that is refused by now is no error of this request's body.
    let document = traffic_policy_document::read(&version.document);
    Ok((id, document.map_err(|error| ApiError { code: ErrorCode::InvalidInput, ..error })?))
}

/// The instance that the path names.
fn named<'a>(
    request: &Request<'_>,
    account: &'a Account,
) -> Result<(TrafficPolicyInstanceId, &'a TrafficPolicyInstance), ApiError> {
    let instances = &account.registry().traffic_policy_instances;
    let id = TrafficPolicyInstanceId::new(check_length("id", request.parameter(), 1..=36)?).ok();
    let found = id.and_then(|id| instances.get(&id).map(|instance| (id, instance)));
    found.ok_or_else(refusal::no_such_traffic_policy_instance)
}

fn change(change: TrafficPolicyChange, reply: Reply) -> Outcome {
    Outcome::Write(Box::new(Change::TrafficPolicy(change)), reply)
}

/// Whether DNS answers by an instance (TP-5). Route 53's `Failed` is never true here: what fails is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Creating,
    Applied,
}

impl State {
    /// The state right after a change.
    fn of_new(situation: &Situation<'_>) -> State {
        match situation.propagation {
            Propagation::AtOnce => State::Applied,
            Propagation::Delayed => State::Creating,
        }
    }

    fn of(id: &TrafficPolicyInstanceId, instance: &TrafficPolicyInstance, situation: &Situation<'_>) -> State {
        let served = situation.served.account().registry().traffic_policy_instances.get(id);
        if served == Some(instance) { State::Applied } else { State::of_new(situation) }
    }
}

fn write(xml: &mut XmlWriter, id: &TrafficPolicyInstanceId, instance: &TrafficPolicyInstance, state: State) {
    xml.element("TrafficPolicyInstance", |xml| write_members(xml, id, instance, state));
}

fn write_members(xml: &mut XmlWriter, id: &TrafficPolicyInstanceId, instance: &TrafficPolicyInstance, state: State) {
    xml.text("Id", id.as_str());
    xml.text("HostedZoneId", instance.hosted_zone.as_str());
    xml.text("Name", &instance.name.to_api_text());
    xml.value("TTL", instance.ttl);
    xml.text(
        "State",
        match state {
            State::Creating => "Creating",
            State::Applied => "Applied",
        },
    );
    // Why it failed, if it did.
    xml.text("Message", "");
    xml.text("TrafficPolicyId", instance.policy.as_str());
    xml.value("TrafficPolicyVersion", instance.version);
    xml.text("TrafficPolicyType", instance.record_type.name());
}
