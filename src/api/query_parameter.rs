//! The parameters of queries: what the API model calls them, and how long their values may be (api.md §1.2).

use std::ops::RangeInclusive;

use super::error::ApiError;

/// A parameter that some operation has.
struct QueryParameter {
    key: &'static str,
    /// As the messages of the API write it.
    member: &'static str,
    /// In characters. An empty value counts as none, so that the least says something from 2 on only.
    lengths: RangeInclusive<usize>,
}

/// Its own reader says what the value may be.
const ANY: RangeInclusive<usize> = 0..=usize::MAX;
const DNS_NAME: RangeInclusive<usize> = 0..=1_024;
const IP_ADDRESS: RangeInclusive<usize> = 0..=45;

const PARAMETERS: [QueryParameter; 31] = [
    parameter("continentcode", "continentCode", 2..=2),
    parameter("countrycode", "countryCode", 1..=2),
    // A ResourceId, as `hostedzoneid` is: without the prefix that it may have.
    parameter("delegationsetid", "delegationSetId", ANY),
    parameter("dnsname", "dNSName", DNS_NAME),
    parameter("edns0clientsubnetip", "eDNS0ClientSubnetIP", IP_ADDRESS),
    parameter("edns0clientsubnetmask", "eDNS0ClientSubnetMask", 0..=3),
    parameter("hostedzoneid", "hostedZoneId", ANY),
    parameter("hostedzonetype", "hostedZoneType", ANY),
    // Of a hosted zone or of a traffic policy.
    parameter("id", "id", ANY),
    parameter("identifier", "startRecordIdentifier", 1..=128),
    parameter("location", "locationName", 1..=16),
    parameter("marker", "marker", 0..=64),
    parameter("maxitems", "maxItems", ANY),
    parameter("maxresults", "maxResults", ANY),
    parameter("name", "startRecordName", DNS_NAME),
    parameter("nexttoken", "nextToken", 0..=1_024),
    parameter("recordname", "recordName", DNS_NAME),
    parameter("recordtype", "recordType", ANY),
    parameter("resolverip", "resolverIP", IP_ADDRESS),
    parameter("startcontinentcode", "startContinentCode", 2..=2),
    parameter("startcountrycode", "startCountryCode", 1..=2),
    parameter("startsubdivisioncode", "startSubdivisionCode", 1..=3),
    parameter("subdivisioncode", "subdivisionCode", 1..=3),
    parameter("trafficpolicyid", "trafficPolicyIdMarker", 1..=36),
    parameter("trafficpolicyinstancename", "trafficPolicyInstanceNameMarker", DNS_NAME),
    parameter("trafficpolicyinstancetype", "trafficPolicyInstanceTypeMarker", ANY),
    parameter("trafficpolicyversion", "trafficPolicyVersionMarker", 0..=4),
    parameter("type", "startRecordType", ANY),
    parameter("version", "trafficPolicyVersion", ANY),
    parameter("vpcid", "vPCId", 0..=1_024),
    parameter("vpcregion", "vPCRegion", 1..=64),
];

const fn parameter(key: &'static str, member: &'static str, lengths: RangeInclusive<usize>) -> QueryParameter {
    QueryParameter { key, member, lengths }
}

/// A value that is as long as its parameter may be.
pub fn check<'v>(key: &'static str, value: &'v str) -> Result<&'v str, ApiError> {
    let parameter = PARAMETERS.iter().find(|parameter| parameter.key == key);
    debug_assert!(parameter.is_some(), "{key} is a parameter of the table");
    let Some(QueryParameter { member, lengths, .. }) = parameter else { return Ok(value) };
    check_length(member, value, lengths.clone())
}

/// A parameter of a query or a path, of so many characters.
pub fn check_length<'v>(member: &str, value: &'v str, lengths: RangeInclusive<usize>) -> Result<&'v str, ApiError> {
    match value.chars().count() {
        length if length > *lengths.end() => Err(ApiError::too_long(member, value, *lengths.end())),
        length if length < *lengths.start() => {
            let least = lengths.start();
            let constraint = format!("Member must have length greater than or equal to {least}");
            Err(ApiError::constraint(member, value, constraint))
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_and_the_ends_are_allowed() {
        assert!(check("marker", &"\u{e9}".repeat(64)).is_ok());
        assert!(check("marker", &"\u{e9}".repeat(65)).is_err());
        let short = check("continentcode", "E").unwrap_err();
        assert_eq!(
            short.message,
            "1 validation error detected: Value 'E' at 'continentCode' failed to satisfy constraint: Member must have \
             length greater than or equal to 2"
        );
    }

    #[test]
    fn every_parameter_has_one_row() {
        for (index, parameter) in PARAMETERS.iter().enumerate() {
            assert!(PARAMETERS[..index].iter().all(|before| before.key < parameter.key), "{}", parameter.key);
        }
    }
}
