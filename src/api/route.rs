//! From a method and a path to an operation.

use super::operation::Operation as O;
use super::operation::{Method, Operation};

/// An operation, and the parameters in its path, in the order of the URI.
pub type Route<'p> = (Operation, Parameters<'p>);

/// What stands in the path where the URI of an operation has a name in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters<'p> {
    None,
    One(&'p str),
    Two(&'p str, &'p str),
}

use Parameters::{None as Nothing, One, Two};

/// `path` are its segments below the version of the API, decoded. A slash at the end is no segment: botocore posts
/// change batches to `rrset/`.
pub fn route<'p>(method: Method, path: &[&'p str]) -> Option<Route<'p>> {
    use Method::{Delete, Get, Post};
    Some(match (method, path) {
        (Get, ["accountlimit", one]) => (O::GetAccountLimit, One(one)),
        (Get, ["change", one]) => (O::GetChange, One(one)),
        (Get, ["checkeripranges"]) => (O::GetCheckerIpRanges, Nothing),
        (Get, ["cidrcollection"]) => (O::ListCidrCollections, Nothing),
        (Post, ["cidrcollection"]) => (O::CreateCidrCollection, Nothing),
        (Delete, ["cidrcollection", one]) => (O::DeleteCidrCollection, One(one)),
        (Get, ["cidrcollection", one]) => (O::ListCidrLocations, One(one)),
        (Post, ["cidrcollection", one]) => (O::ChangeCidrCollection, One(one)),
        (Get, ["cidrcollection", one, "cidrblocks"]) => (O::ListCidrBlocks, One(one)),
        (Get, ["delegationset"]) => (O::ListReusableDelegationSets, Nothing),
        (Post, ["delegationset"]) => (O::CreateReusableDelegationSet, Nothing),
        (Delete, ["delegationset", one]) => (O::DeleteReusableDelegationSet, One(one)),
        (Get, ["delegationset", one]) => (O::GetReusableDelegationSet, One(one)),
        (Get, ["geolocation"]) => (O::GetGeoLocation, Nothing),
        (Get, ["geolocations"]) => (O::ListGeoLocations, Nothing),
        (Get, ["healthcheck"]) => (O::ListHealthChecks, Nothing),
        (Post, ["healthcheck"]) => (O::CreateHealthCheck, Nothing),
        (Delete, ["healthcheck", one]) => (O::DeleteHealthCheck, One(one)),
        (Get, ["healthcheck", one]) => (O::GetHealthCheck, One(one)),
        (Post, ["healthcheck", one]) => (O::UpdateHealthCheck, One(one)),
        (Get, ["healthcheck", one, "lastfailurereason"]) => (O::GetHealthCheckLastFailureReason, One(one)),
        (Get, ["healthcheck", one, "status"]) => (O::GetHealthCheckStatus, One(one)),
        (Get, ["healthcheckcount"]) => (O::GetHealthCheckCount, Nothing),
        (Get, ["hostedzone"]) => (O::ListHostedZones, Nothing),
        (Post, ["hostedzone"]) => (O::CreateHostedZone, Nothing),
        (Delete, ["hostedzone", one]) => (O::DeleteHostedZone, One(one)),
        (Get, ["hostedzone", one]) => (O::GetHostedZone, One(one)),
        (Post, ["hostedzone", one]) => (O::UpdateHostedZoneComment, One(one)),
        (Post, ["hostedzone", one, "associatevpc"]) => (O::AssociateVPCWithHostedZone, One(one)),
        (Get, ["hostedzone", one, "authorizevpcassociation"]) => (O::ListVPCAssociationAuthorizations, One(one)),
        (Post, ["hostedzone", one, "authorizevpcassociation"]) => (O::CreateVPCAssociationAuthorization, One(one)),
        (Post, ["hostedzone", one, "deauthorizevpcassociation"]) => (O::DeleteVPCAssociationAuthorization, One(one)),
        (Post, ["hostedzone", one, "disable-dnssec"]) => (O::DisableHostedZoneDNSSEC, One(one)),
        (Post, ["hostedzone", one, "disassociatevpc"]) => (O::DisassociateVPCFromHostedZone, One(one)),
        (Get, ["hostedzone", one, "dnssec"]) => (O::GetDNSSEC, One(one)),
        (Post, ["hostedzone", one, "enable-dnssec"]) => (O::EnableHostedZoneDNSSEC, One(one)),
        (Post, ["hostedzone", one, "features"]) => (O::UpdateHostedZoneFeatures, One(one)),
        (Get, ["hostedzone", one, "rrset"]) => (O::ListResourceRecordSets, One(one)),
        (Post, ["hostedzone", one, "rrset"]) => (O::ChangeResourceRecordSets, One(one)),
        (Get, ["hostedzone", one, "rrsetprotection"]) => (O::ListResourceRecordSetProtections, One(one)),
        (Post, ["hostedzone", one, "rrsetprotection"]) => (O::CreateResourceRecordSetProtections, One(one)),
        (Post, ["hostedzone", one, "rrsetprotection", "delete"]) => (O::DeleteResourceRecordSetProtections, One(one)),
        (Get, ["hostedzonecount"]) => (O::GetHostedZoneCount, Nothing),
        (Get, ["hostedzonelimit", one, two]) => (O::GetHostedZoneLimit, Two(one, two)),
        (Get, ["hostedzonesbyname"]) => (O::ListHostedZonesByName, Nothing),
        (Get, ["hostedzonesbyvpc"]) => (O::ListHostedZonesByVPC, Nothing),
        (Post, ["keysigningkey"]) => (O::CreateKeySigningKey, Nothing),
        (Delete, ["keysigningkey", one, two]) => (O::DeleteKeySigningKey, Two(one, two)),
        (Post, ["keysigningkey", one, two, "activate"]) => (O::ActivateKeySigningKey, Two(one, two)),
        (Post, ["keysigningkey", one, two, "deactivate"]) => (O::DeactivateKeySigningKey, Two(one, two)),
        (Get, ["queryloggingconfig"]) => (O::ListQueryLoggingConfigs, Nothing),
        (Post, ["queryloggingconfig"]) => (O::CreateQueryLoggingConfig, Nothing),
        (Delete, ["queryloggingconfig", one]) => (O::DeleteQueryLoggingConfig, One(one)),
        (Get, ["queryloggingconfig", one]) => (O::GetQueryLoggingConfig, One(one)),
        (Get, ["reusabledelegationsetlimit", one, two]) => (O::GetReusableDelegationSetLimit, Two(one, two)),
        (Post, ["tags", one]) => (O::ListTagsForResources, One(one)),
        (Get, ["tags", one, two]) => (O::ListTagsForResource, Two(one, two)),
        (Post, ["tags", one, two]) => (O::ChangeTagsForResource, Two(one, two)),
        (Get, ["testdnsanswer"]) => (O::TestDNSAnswer, Nothing),
        (Get, ["trafficpolicies"]) => (O::ListTrafficPolicies, Nothing),
        (Get, ["trafficpolicies", one, "versions"]) => (O::ListTrafficPolicyVersions, One(one)),
        (Post, ["trafficpolicy"]) => (O::CreateTrafficPolicy, Nothing),
        (Post, ["trafficpolicy", one]) => (O::CreateTrafficPolicyVersion, One(one)),
        (Delete, ["trafficpolicy", one, two]) => (O::DeleteTrafficPolicy, Two(one, two)),
        (Get, ["trafficpolicy", one, two]) => (O::GetTrafficPolicy, Two(one, two)),
        (Post, ["trafficpolicy", one, two]) => (O::UpdateTrafficPolicyComment, Two(one, two)),
        (Post, ["trafficpolicyinstance"]) => (O::CreateTrafficPolicyInstance, Nothing),
        (Delete, ["trafficpolicyinstance", one]) => (O::DeleteTrafficPolicyInstance, One(one)),
        (Get, ["trafficpolicyinstance", one]) => (O::GetTrafficPolicyInstance, One(one)),
        (Post, ["trafficpolicyinstance", one]) => (O::UpdateTrafficPolicyInstance, One(one)),
        (Get, ["trafficpolicyinstancecount"]) => (O::GetTrafficPolicyInstanceCount, Nothing),
        (Get, ["trafficpolicyinstances"]) => (O::ListTrafficPolicyInstances, Nothing),
        (Get, ["trafficpolicyinstances", "hostedzone"]) => (O::ListTrafficPolicyInstancesByHostedZone, Nothing),
        (Get, ["trafficpolicyinstances", "trafficpolicy"]) => (O::ListTrafficPolicyInstancesByPolicy, Nothing),
        _ => return None,
    })
}

/// Whether there is something at a path, for another method.
pub fn is_known(path: &[&str]) -> bool {
    Method::ALL.into_iter().any(|method| route(method, path).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::operation::OPERATIONS;
    use super::*;

    #[test]
    fn every_operation_is_found_at_its_uri() {
        for row in &OPERATIONS {
            let path: Vec<&str> = row.uri.split('/').filter(|segment| !segment.is_empty()).collect();
            let parameters: Vec<&str> = path.iter().copied().filter(|segment| segment.starts_with('{')).collect();
            let (found, in_path) = route(row.method, &path).unwrap();
            assert_eq!(found, row.operation);
            let expected = match *parameters {
                [] => Nothing,
                [one] => One(one),
                [one, two] => Two(one, two),
                _ => panic!("{parameters:?}"),
            };
            assert_eq!(in_path, expected, "{found}");
        }
        assert_eq!(route(Method::Get, &["nothing"]), None);
        assert_eq!(route(Method::Delete, &["hostedzone"]), None);
        assert!(is_known(&["hostedzone"]));
    }
}
