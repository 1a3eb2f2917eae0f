//! CIDR collections: named sets of client networks for IP-based routing (IP-1, IP-2).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use ipnet::IpNet;

use crate::change::Change;
use crate::model::{
    Account, CidrCollection, CidrCollectionError, CidrCollectionId, CidrCollectionRegistration, CidrLocationName,
};

use super::Situation;
use super::error::{ApiError, ErrorCode};
use super::hosted_zone::caller_reference_of;
use super::id::Prefix;
use super::page::{PageSize, read_token, token};
use super::refusal::no_such_cidr_collection;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Element, Members, XmlWriter};

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 100;
/// L-4: changes of one request, and networks of one change.
const CHANGES: RangeInclusive<usize> = 1..=1_000;

/// What is done with networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Put,
    DeleteIfExists,
}

struct CidrChange {
    location: CidrLocationName,
    action: Action,
    blocks: Vec<IpNet>,
}

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["Name", "CallerReference"])?;
    let name = members.required("Name")?.text_of("CollectionName", 1..=64)?;
    let caller_reference = members.required("CallerReference")?.text_of("CidrNonce", 1..=64)?;
    let caller_reference = caller_reference_of(caller_reference)?;
    let account = situation.account();
    // Whoever says the same again gets the same again.
    let same_name = account.cidr_collections().values().find(|collection| collection.name() == name);
    if let Some(collection) = same_name
        && let Some(before) = account.registry().cidr_collections.get(collection.id())
        && before.caller_reference == caller_reference
    {
        let reply = Reply::new(request.operation, |xml| write(xml, collection, before.version));
        return Ok(reply.at(format!("cidrcollection/{}", collection.id())).into());
    }
    let collection =
        CidrCollection::new(situation.drawn.uuid(), name, BTreeMap::new()).map_err(|errors| invalid(&errors))?;
    let registration = CidrCollectionRegistration { caller_reference, version: 1 };
    let reply = Reply::new(request.operation, |xml| write(xml, &collection, 1));
    let reply = reply.at(format!("cidrcollection/{}", collection.id()));
    Ok(Outcome::Write(Box::new(Change::CreateCidrCollection { collection, registration }), reply))
}

pub fn change(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["CollectionVersion", "Changes"])?;
    let version = members.optional("CollectionVersion");
    let version = version.map(|it| it.number("CollectionVersion", 1..=i64::MAX as u64)).transpose()?;
    let items = members.required("Changes")?.items("member", *CHANGES.start())?;
    if items.len() > *CHANGES.end() {
        return Err(ApiError::too_long("changes", &format!("{} items", items.len()), *CHANGES.end()));
    }
    let changes = items.iter().map(read_change).collect::<Result<Vec<_>, _>>()?;
    let account = situation.account();
    let collection = named(request, account)?;
    let Some(before) = account.registry().cidr_collections.get(collection.id()) else {
        let file = account.source_files().cidr_collections.get(collection.id()).map(|file| &**file);
        return Err(ApiError::described_by_file(format_args!("CIDR collection {}", collection.id()), file));
    };
    if version.is_some_and(|version| version != before.version) {
        return Err(ApiError::new(
            ErrorCode::CidrCollectionVersionMismatchException,
            "The CIDR collection version you provided, doesn't match the one in the ListCidrCollections operation.",
        ));
    }
    let mut locations = collection.locations().clone();
    for CidrChange { location, action, blocks } in changes {
        let of_location = locations.entry(location.clone()).or_default();
        of_location.retain(|block| !blocks.contains(block));
        if action == Action::Put {
            of_location.extend(blocks);
        }
        if of_location.is_empty() {
            locations.remove(&location);
        }
    }
    let collection = CidrCollection::new(collection.id().clone(), collection.name(), locations);
    let collection = collection.map_err(|errors| invalid(&errors))?;
    let version = before.version + 1;
    let registration = CidrCollectionRegistration { caller_reference: before.caller_reference.clone(), version };
    let reply = Reply::new(request.operation, |xml| {
        xml.text("Id", &Prefix::Change.added(&situation.drawn.change_id()));
    });
    let change = Change::UpdateCidrCollection { collection, registration };
    Ok(Outcome::Write(Box::new(situation.drawn.recorded(change, None)), reply))
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let id = named(request, situation.account())?.id().clone();
    Ok(Outcome::Write(Box::new(Change::DeleteCidrCollection(id)), Reply::new(request.operation, |_| {})))
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (size, first) = (PageSize::read(request, "maxresults", PAGE, PAGE)?, read_token(request)?);
    let account = situation.account();
    let from_first = account.cidr_collections().values().filter(|it| is_from(it.id().as_str(), first.as_deref()));
    let page = size.cut(from_first);
    let reply = Reply::new(request.operation, |xml| {
        xml.optional_text("NextToken", page.next.map(|next| token(next.id().as_str())).as_deref());
        xml.list("CidrCollections", "member", &page.items, |xml, collection| {
            let version = account.registry().cidr_collections.get(collection.id()).map_or(1, |it| it.version);
            write_members(xml, collection, version);
        });
    });
    Ok(reply.into())
}

pub fn list_locations(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (size, first) = (PageSize::read(request, "maxresults", PAGE, PAGE)?, read_token(request)?);
    let collection = named(request, situation.account())?;
    let names = collection.locations().keys().map(CidrLocationName::as_str);
    let page = size.cut(names.filter(|name| is_from(name, first.as_deref())));
    let reply = Reply::new(request.operation, |xml| {
        xml.optional_text("NextToken", page.next.map(token).as_deref());
        xml.list("CidrLocations", "member", &page.items, |xml, name| xml.text("LocationName", name));
    });
    Ok(reply.into())
}

pub fn list_blocks(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let (size, first) = (PageSize::read(request, "maxresults", PAGE, PAGE)?, read_token(request)?);
    let collection = named(request, situation.account())?;
    let wanted = request.query("location")?;
    if let Some(wanted) = wanted
        && !collection.locations().keys().any(|name| name.as_str() == wanted)
    {
        return Err(ApiError::new(
            ErrorCode::NoSuchCidrLocationException,
            "The CIDR collection location doesn't match any locations in your account.",
        ));
    }
    let locations = collection.locations().iter().filter(|(name, _)| wanted.is_none_or(|it| it == name.as_str()));
    let blocks = locations.flat_map(|(name, blocks)| blocks.iter().map(move |block| (name.as_str(), *block)));
    // Where a page starts is told by the block, which stands in one location of a collection.
    let is_before = |block: &IpNet| first.as_deref().is_some_and(|first| block.to_string() != first);
    let page = size.cut(blocks.skip_while(|(_, block)| is_before(block)));
    let reply = Reply::new(request.operation, |xml| {
        xml.optional_text("NextToken", page.next.map(|(_, block)| token(&block.to_string())).as_deref());
        xml.list("CidrBlocks", "member", &page.items, |xml, (name, block)| {
            xml.value("CidrBlock", block);
            xml.text("LocationName", name);
        });
    });
    Ok(reply.into())
}

fn is_from(key: &str, first: Option<&str>) -> bool {
    first.is_none_or(|first| key >= first)
}

/// The collection that the path names.
fn named<'a>(request: &Request<'_>, account: &'a Account) -> Result<&'a CidrCollection, ApiError> {
    let text = request.parameter();
    let id = CidrCollectionId::new(text).map_err(|_| no_such_cidr_collection(text))?;
    account.cidr_collections().get(&id).ok_or_else(|| no_such_cidr_collection(text))
}

fn read_change(element: &Element) -> Result<CidrChange, ApiError> {
    let members = Members::of(element, &["LocationName", "Action", "CidrList"])?;
    let name = members.required("LocationName")?.text_of("CidrLocationNameDefaultNotAllowed", 1..=16)?;
    let invalid_name = || ApiError::constraint("locationName", name, "Member must satisfy regular expression pattern");
    let blocks = members.required("CidrList")?.items("Cidr", *CHANGES.start())?.iter().map(|block| {
        let text = block.text_of("Cidr", 1..=50)?;
        text.parse::<IpNet>().map_err(|_| ApiError::invalid_input(format!("'{text}' is not a CIDR block")))
    });
    Ok(CidrChange {
        location: CidrLocationName::parse(name).ok_or_else(invalid_name)?,
        action: members
            .required("Action")?
            .word(&[("PUT", Action::Put), ("DELETE_IF_EXISTS", Action::DeleteIfExists)])?,
        blocks: blocks.collect::<Result<_, _>>()?,
    })
}

pub(super) fn invalid(errors: &[CidrCollectionError]) -> ApiError {
    if errors.iter().all(|error| matches!(error, CidrCollectionError::BlockInUse(..))) {
        return ApiError::new(ErrorCode::CidrBlockInUseException, "This CIDR block is already in use.");
    }
    let words: Vec<_> = errors.iter().map(|error| format!("{error}; {}", error.hint())).collect();
    ApiError::invalid_input(words.join(", "))
}

fn write(xml: &mut XmlWriter, collection: &CidrCollection, version: u64) {
    xml.element("Collection", |xml| write_members(xml, collection, version));
}

fn write_members(xml: &mut XmlWriter, collection: &CidrCollection, version: u64) {
    xml.text("Arn", &format!("arn:aws:route53:::cidrcollection/{}", collection.id()));
    xml.text("Id", collection.id().as_str());
    xml.text("Name", collection.name());
    xml.value("Version", version);
}
