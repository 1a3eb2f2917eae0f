//! Every limit on what an account may hold, with Route 53's number and its rule in the rule book.
//!
//! Route 53 raises some limits on request. Those are *quotas* here: going past one is a warning of `check`, not an
//! error, because a developer's machine has no support desk to ask.

/// L-5: characters of a set identifier, and of our other identifiers.
pub const IDENTIFIER_CHARACTERS: usize = 128;
/// L-1: values of one record set.
pub const VALUES_PER_RECORD_SET: usize = 400;
/// L-1: record sets of one name and type, for every policy but geoproximity.
pub const RECORD_SETS_PER_GROUP: usize = 100;
/// L-1: record sets of one name and type under geoproximity routing.
pub const RECORD_SETS_PER_GEOPROXIMITY_GROUP: usize = 30;
/// T-7: the largest TTL, in seconds.
pub const MAX_TTL: u32 = i32::MAX as u32;
/// L-2: values and aliases of one change batch; an UPSERT counts them twice.
pub const RECORDS_PER_CHANGE_BATCH: usize = 1_000;
/// L-2: characters of the values of one change batch; an UPSERT counts them twice.
pub const VALUE_CHARACTERS_PER_CHANGE_BATCH: usize = 32_000;
/// T-3: characters of one value.
pub const VALUE_CHARACTERS: usize = 4_000;
/// §1.2 of the API: characters of the comment of a hosted zone, and of a change batch.
pub const COMMENT_CHARACTERS: usize = 256;
/// L-4: children of a calculated health check.
pub const CHILD_HEALTH_CHECKS: usize = 255;
/// §5.1: the largest HealthThreshold of a calculated health check.
pub const MAX_HEALTH_THRESHOLD: u32 = 256;
/// §5.1: the failure threshold's range.
pub const FAILURE_THRESHOLD: std::ops::RangeInclusive<u32> = 1..=10;
/// §5.1 allows 10 and 30 seconds; here any whole second up to an hour.
pub const REQUEST_INTERVAL_SECONDS: std::ops::RangeInclusive<u32> = 1..=3_600;
/// §5.1: characters of a resource path, a domain name to check, and a search string.
pub const HEALTH_CHECK_TEXT_CHARACTERS: usize = 255;
/// §5.1: how many regions a health check may name.
pub const HEALTH_CHECK_REGIONS: std::ops::RangeInclusive<usize> = 3..=64;
/// L-5: characters of a CIDR location's name.
pub const CIDR_LOCATION_CHARACTERS: usize = 16;
/// L-5: characters of a CIDR collection's name.
pub const CIDR_COLLECTION_CHARACTERS: usize = 64;
/// IP-2: the longest CIDR block for IP-based routing, IPv4.
pub const CIDR_BLOCK_IPV4_PREFIX: u8 = 24;
/// IP-2: the longest CIDR block for IP-based routing, IPv6.
pub const CIDR_BLOCK_IPV6_PREFIX: u8 = 48;
/// MV-2: the most record sets one multivalue answer draws from.
pub const MULTI_VALUE_ANSWERS: usize = 8;
/// Z-33: how many CNAME records one answer follows. Route 53's own number is unknown.
pub const CNAME_CHAIN: usize = 8;
/// how many alias hops one answer follows, and how deep health is looked at. Route 53's own number is unknown.
pub const ALIAS_DEPTH: usize = 16;
/// how many groups one answer chooses in, all branches it backs out of and all additional addresses counted.
pub const CHOICES_PER_ANSWER: usize = 10_000;

/// §1.2: the number of a traffic policy's last version.
pub const TRAFFIC_POLICY_VERSIONS: u32 = 1_000;
/// TP-1: characters of a traffic policy document.
pub const TRAFFIC_POLICY_DOCUMENT_CHARACTERS: usize = 102_400;
/// D-1: key signing keys of a hosted zone.
pub const KEY_SIGNING_KEYS_PER_ZONE: usize = 2;
/// C-5: protections that one request makes or takes away.
pub const PROTECTIONS_PER_REQUEST: usize = 100;
/// Tags of one resource.
pub const TAGS_PER_RESOURCE: usize = 50;
/// Tags that one request adds, or takes away.
pub const TAGS_PER_REQUEST: usize = 10;
/// Characters of a tag's key.
pub const TAG_KEY_CHARACTERS: usize = 128;
/// Characters of a tag's value.
pub const TAG_VALUE_CHARACTERS: usize = 256;
/// Ours: changes that GetChange knows, the latest.
pub const CHANGES: usize = 10_000;

/// Ours: bytes of one zone file. A zone of a million records takes about 70 MB.
pub const ZONE_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Ours: lists and mappings inside each other in a zone file. The deepest key of a record takes seven.
pub const ZONE_FILE_NESTING: usize = 16;
/// Ours: YAML values that any zone file may have; [`ZONE_FILE_BYTES_PER_NODE`] says how many more a longer one may.
pub const ZONE_FILE_NODES: usize = 10_000;
/// Ours: bytes of a zone file for each further YAML value. Real files take five and more.
pub const ZONE_FILE_BYTES_PER_NODE: usize = 3;
/// Ours: problems told about zone files at once.
pub const ZONE_FILE_PROBLEMS: usize = 1_000;

/// CloudWatch: characters of an alarm's name.
pub const ALARM_NAME_CHARACTERS: usize = 255;
/// CloudWatch: characters of a metric's namespace.
pub const METRIC_NAMESPACE_CHARACTERS: usize = 255;
/// CloudWatch: characters of a metric's name.
pub const METRIC_NAME_CHARACTERS: usize = 255;
/// CloudWatch: dimensions of a metric.
pub const METRIC_DIMENSIONS: usize = 30;
/// CloudWatch: characters of a dimension's name.
pub const DIMENSION_NAME_CHARACTERS: usize = 255;
/// CloudWatch: characters of a dimension's value.
pub const DIMENSION_VALUE_CHARACTERS: usize = 1_024;
/// CloudWatch: what the periods of one evaluation may add up to, in seconds: a day.
pub const EVALUATION_SECONDS: u32 = 86_400;
/// PutMetricData: metrics of one request.
pub const METRICS_PER_REQUEST: usize = 1_000;
/// PutMetricData: values of one metric in one request.
pub const VALUES_PER_METRIC: usize = 150;
/// HealthCheckConfig: characters of a routing control's ARN.
pub const ROUTING_CONTROL_ARN_CHARACTERS: usize = 255;
/// Ours: forced health checks, of the zone files and of operators: each is held against every health check.
pub const FORCES: usize = 1_000;
/// Ours: characters of the pattern of a force: an identifier, with room for wildcards.
pub const HEALTH_CHECK_PATTERN_CHARACTERS: usize = 255;
/// Ours: characters of the reason and of the owner of a force.
pub const FORCE_TEXT_CHARACTERS: usize = 255;

/// Networks of a VPC that an operator describes. EC2 allows 50 IPv4 and 50 IPv6 blocks at the most.
pub const VPC_NETWORKS: usize = 100;

/// L-1: record sets of a hosted zone (quota).
pub const QUOTA_RECORD_SETS_PER_ZONE: usize = 10_000;
/// L-4: hosted zones of an account (quota).
pub const QUOTA_HOSTED_ZONES: usize = 500;
/// L-4: health checks of an account (quota).
pub const QUOTA_HEALTH_CHECKS: usize = 200;
/// L-4: VPCs of a private hosted zone (quota).
pub const QUOTA_VPCS_PER_ZONE: usize = 300;
/// L-4: reusable delegation sets of an account (quota).
pub const QUOTA_DELEGATION_SETS: usize = 100;
/// L-4: hosted zones of a reusable delegation set (quota).
pub const QUOTA_ZONES_PER_DELEGATION_SET: usize = 100;
/// L-4: traffic policies of an account (quota).
pub const QUOTA_TRAFFIC_POLICIES: usize = 50;
/// L-4: traffic policy instances of an account (quota).
pub const QUOTA_TRAFFIC_POLICY_INSTANCES: usize = 5;
/// L-4: CIDR collections of an account (quota).
pub const QUOTA_CIDR_COLLECTIONS: usize = 5;
/// L-4: blocks of a CIDR collection (quota).
pub const QUOTA_BLOCKS_PER_CIDR_COLLECTION: usize = 1_000;
