//! Hosted zones: made, looked at, changed, deleted.

use crate::change::{self as changes, Change};
use crate::model::{
    Account, CallerReference, DelegationSet, DelegationSetId, DomainName, HostedZone, HostedZoneParts,
    HostedZoneRegistration, Visibility, Vpc, limits,
};

use super::change_batch_findings::zone_rule;
use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};
use super::{Situation, change, hosted_zone_feature, refusal, vpc};

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let known = &["Name", "VPC", "CallerReference", "HostedZoneConfig", "DelegationSetId"];
    let members = Members::of(&root, known)?;
    let given_name = members.required("Name")?.text_of("DNSName", 0..=1024)?;
    let caller_reference = members.required("CallerReference")?.text_of("Nonce", 1..=128)?;
    let vpc_given = members.optional("VPC").map(|it| vpc::read(it, situation)).transpose()?;
    let mut comment = "";
    let mut is_private = None;
    if let Some(config) = members.optional("HostedZoneConfig") {
        let config = Members::of(config, &["Comment", "PrivateZone"])?;
        if let Some(given) = config.optional("Comment") {
            comment = given.text_of("ResourceDescription", 0..=limits::COMMENT_CHARACTERS)?;
        }
        is_private = config.optional("PrivateZone").map(|it| it.boolean()).transpose()?;
    }
    let delegation_set = members.optional("DelegationSetId").map(|id| id.text()).transpose()?;
    let delegation_set = delegation_set.map(|id| known_delegation_set(id, situation.account())).transpose()?;
    if is_private == Some(true) && vpc_given.is_none() {
        return Err(ApiError::invalid_input(
            "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify \
             values for VPCId and VPCRegion.",
        ));
    }
    if let (Some((id, _)), Some(_)) = (&delegation_set, &vpc_given) {
        let message = format!("A private hosted zone cannot have a reusable delegation set: {id}");
        return Err(ApiError::invalid_input(message));
    }
    let invalid_name = |message| ApiError::new(ErrorCode::InvalidDomainName, message);
    let name = DomainName::parse(given_name).map_err(|error| invalid_name(error.route53_message(given_name)))?;

    let id = situation.drawn.hosted_zone_id();
    // A VPC makes a zone private.
    let visibility = match &vpc_given {
        Some(vpc) => Visibility::Private([vpc.id.clone()].into()),
        None => Visibility::Public,
    };
    let (delegation_set, servers) = match delegation_set {
        Some((id, servers)) => (Some(id), servers),
        None => (None, DelegationSet::of_zone(&id, &visibility)),
    };
    let record_sets = vec![servers.ns_record_set(&name), servers.soa_record_set(&name)];
    let parts = HostedZoneParts { id: id.clone(), name, comment: comment.into(), visibility, record_sets };
    let zone = HostedZone::new(parts).map_err(|violations| {
        let messages: Vec<_> = violations.iter().map(|violation| zone_rule(&violation.rule)).collect();
        invalid_name(messages.join(", "))
    })?;
    let caller_reference = caller_reference_of(caller_reference)?;
    let registration =
        HostedZoneRegistration { caller_reference: caller_reference.clone(), delegation_set: delegation_set.clone() };

    let reply = Reply::new(request.operation, |xml| {
        write(xml, &zone, caller_reference.as_str());
        change::write_new(xml, &situation.drawn, None);
        match &vpc_given {
            Some(vpc) => vpc::write(xml, &vpc.id, vpc.region),
            None => write_delegation_set(xml, delegation_set.as_ref().map(|id| (id, None)), &servers),
        }
    });
    let change = Change::CreateHostedZone { zone: Box::new(zone), registration, vpc: vpc_given };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, None)), reply.at(format!("hostedzone/{id}"))))
}

/// What the log is told of a change once it is made: that nobody asks the new zone, or that another one is asked now
/// (Z-2).
pub fn delegation_notice(change: &Change, before: &Account) -> Option<String> {
    match change {
        Change::Recorded { change, .. } => delegation_notice(change, before),
        Change::CreateHostedZone { zone, .. } if *zone.visibility() == Visibility::Public => {
            let delegated = before.public_zone_named(zone.name())?;
            Some(changes::undelegated_notice(zone, delegated))
        }
        Change::DeleteHostedZone(id) => {
            let zone = before.hosted_zone(id)?;
            let is_delegated = before.public_zone_named(zone.name()).is_some_and(|delegated| delegated.id() == id);
            let next = before.without_hosted_zone(id);
            let next = next.public_zone_named(zone.name()).filter(|_| is_delegated)?;
            Some(format!("hosted zone {id} is gone: queries for {} go to hosted zone {} now", zone.name(), next.id()))
        }
        _ => None,
    }
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let zone = request.hosted_zone(account)?;
    let reply = Reply::new(request.operation, |xml| {
        write_with_features(xml, account, zone);
        match zone.visibility() {
            Visibility::Public => {
                let registration = account.registry().hosted_zones.get(zone.id());
                let set = registration.and_then(|it| it.delegation_set.as_ref());
                let reference = set.and_then(|id| account.registry().delegation_sets.get(id));
                let set = set.map(|id| (id, reference.map(|it| it.caller_reference.as_str())));
                write_delegation_set(xml, set, &account.delegation_set(zone));
            }
            Visibility::Private(_) => {
                xml.list("VPCs", "VPC", associated(account, zone), |xml, vpc| {
                    vpc::write_members(xml, &vpc.id, vpc.region);
                });
            }
        }
    });
    Ok(reply.into())
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let id = request.hosted_zone(situation.account())?.id().clone();
    let reply = Reply::new(request.operation, |xml| change::write_new(xml, &situation.drawn, None));
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(Change::DeleteHostedZone(id), None)), reply))
}

pub fn comment(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.optional_root()?;
    let members = Members::of(&root, &["Comment"])?;
    let comment = members
        .optional("Comment")
        .map(|it| it.text_of("ResourceDescription", 0..=limits::COMMENT_CHARACTERS))
        .transpose()?;
    let comment: Box<str> = comment.unwrap_or_default().into();
    let account = situation.account();
    let zone = request.hosted_zone(account)?.with_comment(comment.clone());
    let reply = Reply::new(request.operation, |xml| write_with_features(xml, account, &zone));
    let change = Change::CommentHostedZone { hosted_zone: zone.id().clone(), comment };
    Ok(Outcome::Write(Box::new(change), reply))
}

pub fn count(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let count = situation.account().hosted_zones().len();
    Ok(Reply::new(request.operation, |xml| xml.value("HostedZoneCount", count)).into())
}

/// The element HostedZone.
pub fn write(xml: &mut XmlWriter, zone: &HostedZone, caller_reference: &str) {
    xml.element("HostedZone", |xml| write_members(xml, zone, caller_reference, None));
}

/// As [`write`], of a zone that may have features.
fn write_with_features(xml: &mut XmlWriter, account: &Account, zone: &HostedZone) {
    xml.element("HostedZone", |xml| {
        write_members(xml, zone, caller_reference_text(account, zone), file_of(account, zone));
        hosted_zone_feature::write(xml, account, zone.id());
    });
}

pub fn write_members(xml: &mut XmlWriter, zone: &HostedZone, caller_reference: &str, file: Option<&str>) {
    xml.text("Id", &Prefix::HostedZone.added(zone.id()));
    xml.text("Name", &zone.name().to_api_text());
    xml.text("CallerReference", caller_reference);
    xml.element("Config", |xml| {
        // An empty one is none.
        xml.optional_text("Comment", Some(zone.comment()).filter(|comment| !comment.is_empty()));
        xml.value("PrivateZone", *zone.visibility() != Visibility::Public);
    });
    xml.value("ResourceRecordSetCount", zone.record_set_count());
    if let Some(file) = file {
        write_linked_service(xml, file);
    }
}

/// What cannot be changed through the API says so as what another service has made does.
pub fn write_linked_service(xml: &mut XmlWriter, file: &str) {
    xml.element("LinkedService", |xml| {
        xml.text("ServicePrincipal", "route53d");
        xml.text("Description", &format!("zone file {file}"));
    });
}

/// The file that describes a zone, if one does.
pub fn file_of<'a>(account: &'a Account, zone: &HostedZone) -> Option<&'a str> {
    if account.registry().hosted_zones.contains_key(zone.id()) {
        return None;
    }
    Some(account.source_files().hosted_zones.get(zone.id()).map_or("unknown", |file| file))
}

/// Nobody has made a request for what zone files describe: the file stands for it.
pub fn caller_reference_text<'a>(account: &'a Account, zone: &HostedZone) -> &'a str {
    match account.registry().hosted_zones.get(zone.id()) {
        Some(registration) => registration.caller_reference.as_str(),
        None => account.source_files().hosted_zones.get(zone.id()).map_or("zone file", |file| file),
    }
}

/// A set that is not reusable has no id and no caller reference.
pub fn write_delegation_set(
    xml: &mut XmlWriter,
    reusable: Option<(&DelegationSetId, Option<&str>)>,
    servers: &DelegationSet,
) {
    xml.element("DelegationSet", |xml| {
        if let Some((id, caller_reference)) = reusable {
            xml.text("Id", &Prefix::DelegationSet.added(id));
            xml.optional_text("CallerReference", caller_reference);
        }
        xml.texts("NameServers", "NameServer", servers.name_servers());
    });
}

/// The VPCs of a private zone.
pub fn associated<'a>(account: &'a Account, zone: &'a HostedZone) -> impl Iterator<Item = &'a Vpc> {
    let ids = match zone.visibility() {
        Visibility::Public => None,
        Visibility::Private(ids) => Some(ids),
    };
    ids.into_iter().flatten().filter_map(|id| account.vpcs().get(id))
}

pub fn caller_reference_of(text: &str) -> Result<CallerReference, ApiError> {
    CallerReference::new(text).map_err(|error| ApiError::constraint("callerReference", text, error))
}

pub fn known_delegation_set(id: &str, account: &Account) -> Result<(DelegationSetId, DelegationSet), ApiError> {
    let missing = || refusal::no_such_delegation_set(Prefix::DelegationSet.stripped(id));
    let id: DelegationSetId = Prefix::DelegationSet.read(id)?.ok_or_else(missing)?;
    let set = account.registry().delegation_sets.get(&id).ok_or_else(missing)?;
    Ok((id, set.name_servers.clone()))
}
