//! The 74 operations of the API, and where each deviates.
//!
#![doc = include_str!("coverage.md")]

use std::fmt;

use Method::{Delete, Get, Post};
use Operation as O;

/// An operation of the API. The name of each is the operation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    ActivateKeySigningKey,
    AssociateVPCWithHostedZone,
    ChangeCidrCollection,
    ChangeResourceRecordSets,
    ChangeTagsForResource,
    CreateCidrCollection,
    CreateHealthCheck,
    CreateHostedZone,
    CreateKeySigningKey,
    CreateQueryLoggingConfig,
    CreateResourceRecordSetProtections,
    CreateReusableDelegationSet,
    CreateTrafficPolicy,
    CreateTrafficPolicyInstance,
    CreateTrafficPolicyVersion,
    CreateVPCAssociationAuthorization,
    DeactivateKeySigningKey,
    DeleteCidrCollection,
    DeleteHealthCheck,
    DeleteHostedZone,
    DeleteKeySigningKey,
    DeleteQueryLoggingConfig,
    DeleteResourceRecordSetProtections,
    DeleteReusableDelegationSet,
    DeleteTrafficPolicy,
    DeleteTrafficPolicyInstance,
    DeleteVPCAssociationAuthorization,
    DisableHostedZoneDNSSEC,
    DisassociateVPCFromHostedZone,
    EnableHostedZoneDNSSEC,
    GetAccountLimit,
    GetChange,
    GetCheckerIpRanges,
    GetDNSSEC,
    GetGeoLocation,
    GetHealthCheck,
    GetHealthCheckCount,
    GetHealthCheckLastFailureReason,
    GetHealthCheckStatus,
    GetHostedZone,
    GetHostedZoneCount,
    GetHostedZoneLimit,
    GetQueryLoggingConfig,
    GetReusableDelegationSet,
    GetReusableDelegationSetLimit,
    GetTrafficPolicy,
    GetTrafficPolicyInstance,
    GetTrafficPolicyInstanceCount,
    ListCidrBlocks,
    ListCidrCollections,
    ListCidrLocations,
    ListGeoLocations,
    ListHealthChecks,
    ListHostedZones,
    ListHostedZonesByName,
    ListHostedZonesByVPC,
    ListQueryLoggingConfigs,
    ListResourceRecordSetProtections,
    ListResourceRecordSets,
    ListReusableDelegationSets,
    ListTagsForResource,
    ListTagsForResources,
    ListTrafficPolicies,
    ListTrafficPolicyInstances,
    ListTrafficPolicyInstancesByHostedZone,
    ListTrafficPolicyInstancesByPolicy,
    ListTrafficPolicyVersions,
    ListVPCAssociationAuthorizations,
    TestDNSAnswer,
    UpdateHealthCheck,
    UpdateHostedZoneComment,
    UpdateHostedZoneFeatures,
    UpdateTrafficPolicyComment,
    UpdateTrafficPolicyInstance,
}

/// The methods that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Delete,
}

/// What is fixed of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationRow {
    pub operation: Operation,
    pub method: Method,
    /// Below the version of the API.
    pub uri: &'static str,
    /// Of a success: 201 where something was created that has a Location.
    pub status: u16,
    /// Where it is not as Route 53 is.
    pub deviations: &'static str,
}

/// Every operation, in the order of [`Operation`].
pub const OPERATIONS: [OperationRow; 74] = [
    row(
        O::ActivateKeySigningKey,
        Post,
        "/keysigningkey/{HostedZoneId}/{Name}/activate",
        200,
        "answers are not signed yet",
    ),
    row(
        O::AssociateVPCWithHostedZone,
        Post,
        "/hostedzone/{Id}/associatevpc",
        200,
        "any VPC id is taken without `--strict-vpcs`; all are of one account",
    ),
    row(O::ChangeCidrCollection, Post, "/cidrcollection/{CidrCollectionId}", 200, ""),
    row(
        O::ChangeResourceRecordSets,
        Post,
        "/hostedzone/{Id}/rrset/",
        200,
        "record sets of traffic policy instances are left to them",
    ),
    row(O::ChangeTagsForResource, Post, "/tags/{ResourceType}/{ResourceId}", 200, ""),
    row(O::CreateCidrCollection, Post, "/cidrcollection", 201, ""),
    row(O::CreateHealthCheck, Post, "/healthcheck", 201, ""),
    row(
        O::CreateHostedZone,
        Post,
        "/hostedzone",
        201,
        "of several public zones of one name DNS answers by the first; no `Features`",
    ),
    row(
        O::CreateKeySigningKey,
        Post,
        "/keysigningkey",
        201,
        "answers are not signed yet; the key pair is drawn here, and KMS is not asked for the key that the ARN names",
    ),
    row(O::CreateQueryLoggingConfig, Post, "/queryloggingconfig", 201, "nothing is logged yet; any log group is taken"),
    row(O::CreateResourceRecordSetProtections, Post, "/hostedzone/{Id}/rrsetprotection", 200, "no quota"),
    row(O::CreateReusableDelegationSet, Post, "/delegationset", 201, "names alone differ: all zones share one address"),
    row(O::CreateTrafficPolicy, Post, "/trafficpolicy", 201, ""),
    row(
        O::CreateTrafficPolicyInstance,
        Post,
        "/trafficpolicyinstance",
        201,
        "`Applied` at once without `--change-delay`; an alias to a resource of a region that is not known says the hosted zone `Z0AWSRESOURCE`",
    ),
    row(O::CreateTrafficPolicyVersion, Post, "/trafficpolicy/{Id}", 201, ""),
    row(
        O::CreateVPCAssociationAuthorization,
        Post,
        "/hostedzone/{Id}/authorizevpcassociation",
        200,
        "nobody needs it: there is one account",
    ),
    row(
        O::DeactivateKeySigningKey,
        Post,
        "/keysigningkey/{HostedZoneId}/{Name}/deactivate",
        200,
        "answers are not signed yet; of parent zones those of the account are asked for DS records",
    ),
    row(O::DeleteCidrCollection, Delete, "/cidrcollection/{CidrCollectionId}", 200, ""),
    row(O::DeleteHealthCheck, Delete, "/healthcheck/{HealthCheckId}", 200, ""),
    row(O::DeleteHostedZone, Delete, "/hostedzone/{Id}", 200, ""),
    row(O::DeleteKeySigningKey, Delete, "/keysigningkey/{HostedZoneId}/{Name}", 200, ""),
    row(O::DeleteQueryLoggingConfig, Delete, "/queryloggingconfig/{Id}", 200, ""),
    row(O::DeleteResourceRecordSetProtections, Post, "/hostedzone/{Id}/rrsetprotection/delete", 200, ""),
    row(O::DeleteReusableDelegationSet, Delete, "/delegationset/{Id}", 200, ""),
    row(O::DeleteTrafficPolicy, Delete, "/trafficpolicy/{Id}/{Version}", 200, ""),
    row(O::DeleteTrafficPolicyInstance, Delete, "/trafficpolicyinstance/{Id}", 200, ""),
    row(O::DeleteVPCAssociationAuthorization, Post, "/hostedzone/{Id}/deauthorizevpcassociation", 200, ""),
    row(
        O::DisableHostedZoneDNSSEC,
        Post,
        "/hostedzone/{Id}/disable-dnssec",
        200,
        "answers are not signed yet; of parent zones those of the account are asked for DS records",
    ),
    row(O::DisassociateVPCFromHostedZone, Post, "/hostedzone/{Id}/disassociatevpc", 200, ""),
    row(
        O::EnableHostedZoneDNSSEC,
        Post,
        "/hostedzone/{Id}/enable-dnssec",
        200,
        "answers are not signed yet; the delegation is not looked at",
    ),
    row(O::GetAccountLimit, Get, "/accountlimit/{Type}", 200, "told, not enforced"),
    row(
        O::GetChange,
        Get,
        "/change/{Id}",
        200,
        "INSYNC at once without `--change-delay`; knows the latest 10,000 changes",
    ),
    row(O::GetCheckerIpRanges, Get, "/checkeripranges", 200, "probes come from this host"),
    row(O::GetDNSSEC, Get, "/hostedzone/{Id}/dnssec", 200, "answers are not signed yet"),
    row(O::GetGeoLocation, Get, "/geolocation", 200, "states of the US only"),
    row(O::GetHealthCheck, Get, "/healthcheck/{HealthCheckId}", 200, ""),
    row(O::GetHealthCheckCount, Get, "/healthcheckcount", 200, ""),
    row(O::GetHealthCheckLastFailureReason, Get, "/healthcheck/{HealthCheckId}/lastfailurereason", 200, ""),
    row(O::GetHealthCheckStatus, Get, "/healthcheck/{HealthCheckId}/status", 200, ""),
    row(O::GetHostedZone, Get, "/hostedzone/{Id}", 200, ""),
    row(O::GetHostedZoneCount, Get, "/hostedzonecount", 200, ""),
    row(O::GetHostedZoneLimit, Get, "/hostedzonelimit/{Id}/{Type}", 200, "told, not enforced"),
    row(O::GetQueryLoggingConfig, Get, "/queryloggingconfig/{Id}", 200, ""),
    row(O::GetReusableDelegationSet, Get, "/delegationset/{Id}", 200, ""),
    row(O::GetReusableDelegationSetLimit, Get, "/reusabledelegationsetlimit/{Id}/{Type}", 200, "told, not enforced"),
    row(O::GetTrafficPolicy, Get, "/trafficpolicy/{Id}/{Version}", 200, ""),
    row(O::GetTrafficPolicyInstance, Get, "/trafficpolicyinstance/{Id}", 200, ""),
    row(O::GetTrafficPolicyInstanceCount, Get, "/trafficpolicyinstancecount", 200, ""),
    row(O::ListCidrBlocks, Get, "/cidrcollection/{CidrCollectionId}/cidrblocks", 200, ""),
    row(O::ListCidrCollections, Get, "/cidrcollection", 200, ""),
    row(O::ListCidrLocations, Get, "/cidrcollection/{CidrCollectionId}", 200, ""),
    row(O::ListGeoLocations, Get, "/geolocations", 200, "states of the US only"),
    row(O::ListHealthChecks, Get, "/healthcheck", 200, ""),
    row(O::ListHostedZones, Get, "/hostedzone", 200, ""),
    row(O::ListHostedZonesByName, Get, "/hostedzonesbyname", 200, ""),
    row(O::ListHostedZonesByVPC, Get, "/hostedzonesbyvpc", 200, "the owner is account 000000000000"),
    row(O::ListQueryLoggingConfigs, Get, "/queryloggingconfig", 200, ""),
    row(O::ListResourceRecordSetProtections, Get, "/hostedzone/{Id}/rrsetprotection", 200, ""),
    row(O::ListResourceRecordSets, Get, "/hostedzone/{Id}/rrset", 200, ""),
    row(O::ListReusableDelegationSets, Get, "/delegationset", 200, ""),
    row(O::ListTagsForResource, Get, "/tags/{ResourceType}/{ResourceId}", 200, ""),
    row(O::ListTagsForResources, Post, "/tags/{ResourceType}", 200, ""),
    row(O::ListTrafficPolicies, Get, "/trafficpolicies", 200, ""),
    row(O::ListTrafficPolicyInstances, Get, "/trafficpolicyinstances", 200, ""),
    row(O::ListTrafficPolicyInstancesByHostedZone, Get, "/trafficpolicyinstances/hostedzone", 200, ""),
    row(O::ListTrafficPolicyInstancesByPolicy, Get, "/trafficpolicyinstances/trafficpolicy", 200, ""),
    row(O::ListTrafficPolicyVersions, Get, "/trafficpolicies/{Id}/versions", 200, ""),
    row(O::ListVPCAssociationAuthorizations, Get, "/hostedzone/{Id}/authorizevpcassociation", 200, ""),
    row(O::TestDNSAnswer, Get, "/testdnsanswer", 200, "the zone with the longest name answers"),
    row(O::UpdateHealthCheck, Post, "/healthcheck/{HealthCheckId}", 200, ""),
    row(O::UpdateHostedZoneComment, Post, "/hostedzone/{Id}", 200, ""),
    row(
        O::UpdateHostedZoneFeatures,
        Post,
        "/hostedzone/{Id}/features",
        200,
        "kept and told: neither feature does anything yet, and no change guardrail can be turned on",
    ),
    row(O::UpdateTrafficPolicyComment, Post, "/trafficpolicy/{Id}/{Version}", 200, ""),
    row(O::UpdateTrafficPolicyInstance, Post, "/trafficpolicyinstance/{Id}", 200, ""),
];

const fn row(
    operation: Operation,
    method: Method,
    uri: &'static str,
    status: u16,
    deviations: &'static str,
) -> OperationRow {
    OperationRow { operation, method, uri, status, deviations }
}

impl Operation {
    pub const fn row(self) -> &'static OperationRow {
        const TABLE: &[OperationRow; 74] = &OPERATIONS;
        &TABLE[self as usize]
    }

    /// Whether it changes anything.
    pub fn is_write(self) -> bool {
        // The ids that this one asks for are too many for a URI.
        self.row().method != Get && self != O::ListTagsForResources
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Method {
    pub const ALL: [Method; 3] = [Get, Post, Delete];

    pub const fn name(self) -> &'static str {
        match self {
            Get => "GET",
            Post => "POST",
            Delete => "DELETE",
        }
    }

    pub fn parse(text: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_own_row() {
        for (place, row) in OPERATIONS.iter().enumerate() {
            assert_eq!(row.operation as usize, place, "{}", row.operation);
            assert!(matches!(row.status, 200 | 201), "{}", row.operation);
        }
    }
}
