//! TestDNSAnswer: what DNS would answer, from the one evaluator.

use std::net::IpAddr;

use fastrand::Rng;
use ipnet::IpNet;

use crate::answer::{Client, Query, QueryType, ResponseCode, answer, answer_of_zone};
use crate::model::{DomainName, RecordValue, Visibility};

use super::Situation;
use super::error::ApiError;
use super::id::Prefix;
use super::record_set::known_type;
use super::reply::{Outcome, Reply};
use super::request::Request;

/// Who asks if nobody is named: an address of us-east-1, as at AWS.
const RESOLVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(3, 80, 0, 1));

pub fn test(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let given_id = request.query("hostedzoneid")?.unwrap_or_default();
    let missing = || ApiError::no_such_hosted_zone(Prefix::HostedZone.stripped(given_id));
    let id = Prefix::HostedZone.read(given_id)?.ok_or_else(missing)?;
    let zone = account.hosted_zone(&id).ok_or_else(missing)?;
    if *zone.visibility() != Visibility::Public {
        return Err(ApiError::invalid_input("TestDNSAnswer only supports querying public hosted zones."));
    }
    let given_name = request.query("recordname")?.unwrap_or_default();
    let name =
        DomainName::parse(given_name).map_err(|error| ApiError::invalid_input(error.route53_message(given_name)))?;
    if !name.is_at_or_below(zone.name()) {
        let (name, zone) = (name.to_api_text(), zone.name().to_api_text());
        return Err(ApiError::invalid_input(format!("{name} does not lie in zone {zone}")));
    }
    let record_type = known_type(request.query("recordtype")?.unwrap_or_default())?;
    let address = |key| request.query(key)?.map(|text| read_address(key, text)).transpose();
    let source = address("resolverip")?.unwrap_or(RESOLVER);
    let subnet = match (address("edns0clientsubnetip")?, request.query("edns0clientsubnetmask")?) {
        (None, None) => None,
        (None, Some(_)) => {
            let message = "When you specify EDNS0ClientSubnetMask, you must also specify EDNS0ClientSubnetIP.";
            return Err(ApiError::invalid_input(message));
        }
        (Some(address), mask) => Some(read_subnet(address, mask)?),
    };
    // As DNS does: a change that is PENDING is not answered by.
    let served = &*situation.served;
    // The zone is public, and asked as the Internet asks it, whatever the resolver's address is in.
    let client = Client::of_internet(source, subnet);
    let query = Query { name: name.wire(), query_type: QueryType::Record(record_type), client: &client };
    let mut rng = Rng::with_seed(situation.drawn.seed());
    let health = situation.health_table;
    let answer = match served.zone(&id) {
        Some(zone) => answer_of_zone(&query, zone, served, health, &mut rng),
        None => answer(&query, served, health, &mut rng, &mut ()),
    };
    let servers = account.delegation_set(zone);
    let reply = Reply::new(request.operation, |xml| {
        xml.text("Nameserver", &servers.name_servers()[0]);
        xml.text("RecordName", &name.to_api_text());
        xml.text("RecordType", record_type.name());
        let values = answer.answer.iter().flat_map(|set| {
            set.rdata().map(|rdata| RecordValue::canonical_text(set.record_type, rdata)).collect::<Vec<_>>()
        });
        xml.texts("RecordData", "RecordDataEntry", values);
        xml.text(
            "ResponseCode",
            match answer.response_code {
                ResponseCode::NoError => "NOERROR",
                ResponseCode::NameError => "NXDOMAIN",
                ResponseCode::ServerFailure => "SERVFAIL",
                ResponseCode::Refused => "REFUSED",
            },
        );
        xml.text("Protocol", "UDP");
    });
    Ok(reply.into())
}

fn read_address(key: &str, text: &str) -> Result<IpAddr, ApiError> {
    text.parse().map_err(|_| ApiError::constraint(key, text, "Member must satisfy regular expression pattern"))
}

/// P-14. Without a mask as AWS: 24 bits of an IPv4 address, 64 of an IPv6 one.
fn read_subnet(address: IpAddr, mask: Option<&str>) -> Result<IpNet, ApiError> {
    let (default, longest) = if address.is_ipv4() { (24, 32) } else { (64, 128) };
    let invalid = |text: &str| {
        let constraint = format!("Member must be a number from 0 to {longest}");
        ApiError::constraint("edns0ClientSubnetMask", text, constraint)
    };
    let length = match mask {
        None => default,
        Some(text) => text.parse::<u8>().map_err(|_| invalid(text))?,
    };
    IpNet::new(address, length).map(|net| net.trunc()).map_err(|_| invalid(mask.unwrap_or_default()))
}
