//! AWS's own hosted zones: they hold the names of load balancers, distributions and other resources that aliases lead
//! to.

mod table;

use std::fmt;

use super::domain_name::DomainName;
use super::identifier::HostedZoneId;

/// the hosted zone id of every CloudFront distribution.
pub const CLOUDFRONT_HOSTED_ZONE_ID: &str = "Z2FDTNDATAQYW2";
/// The same in the China regions: <https://docs.amazonaws.cn/en_us/aws/latest/userguide/route53.html>.
const CLOUDFRONT_CHINA_HOSTED_ZONE_ID: &str = "Z3RFFRIM2A3IF5";
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html>.
const GLOBAL_ACCELERATOR_HOSTED_ZONE_ID: &str = "Z2BJ6XQ5FK7U4H";

/// Whether an id is that of the hosted zone of CloudFront distributions.
pub fn is_of_cloudfront(id: &HostedZoneId) -> bool {
    [CLOUDFRONT_HOSTED_ZONE_ID, CLOUDFRONT_CHINA_HOSTED_ZONE_ID].contains(&id.as_str())
}

/// A hosted zone of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsZone {
    pub service: AwsService,
    /// `None` for a service that has one zone for all regions.
    pub region: Option<&'static str>,
    /// Never empty. The first is the one to write; the others are older, and still taken.
    ids: &'static [&'static str],
}

/// An AWS service whose resources an alias can lead to, as far as its hosted zones are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsService {
    /// Application and Classic Load Balancers, which share their zones.
    LoadBalancer,
    NetworkLoadBalancer,
    S3Website,
    ApiGateway,
    ElasticBeanstalk,
    VpcEndpoint,
    AppRunner,
    CloudFront,
    CloudFrontChina,
    GlobalAccelerator,
}

/// A region and its zone's ids.
type Row = (&'static str, &'static [&'static str]);

impl AwsService {
    const ALL: [AwsService; 10] = [
        AwsService::LoadBalancer,
        AwsService::NetworkLoadBalancer,
        AwsService::S3Website,
        AwsService::ApiGateway,
        AwsService::ElasticBeanstalk,
        AwsService::VpcEndpoint,
        AwsService::AppRunner,
        AwsService::CloudFront,
        AwsService::CloudFrontChina,
        AwsService::GlobalAccelerator,
    ];

    fn zones(self) -> Zones {
        match self {
            AwsService::LoadBalancer => Zones::PerRegion(table::LOAD_BALANCERS),
            AwsService::NetworkLoadBalancer => Zones::PerRegion(table::NETWORK_LOAD_BALANCERS),
            AwsService::S3Website => Zones::PerRegion(table::S3_WEBSITES),
            AwsService::ApiGateway => Zones::PerRegion(table::API_GATEWAY),
            AwsService::ElasticBeanstalk => Zones::PerRegion(table::ELASTIC_BEANSTALK),
            AwsService::VpcEndpoint => Zones::PerRegion(table::VPC_ENDPOINTS),
            AwsService::AppRunner => Zones::PerRegion(table::APP_RUNNER),
            AwsService::CloudFront => Zones::One(&[CLOUDFRONT_HOSTED_ZONE_ID]),
            AwsService::CloudFrontChina => Zones::One(&[CLOUDFRONT_CHINA_HOSTED_ZONE_ID]),
            AwsService::GlobalAccelerator => Zones::One(&[GLOBAL_ACCELERATOR_HOSTED_ZONE_ID]),
        }
    }
}

/// The zones of a service.
enum Zones {
    PerRegion(&'static [Row]),
    /// By its ids.
    One(&'static [&'static str]),
}

impl AwsZone {
    /// The zone that a resource's name is in. `None` if the name is not of a service's form, or the region's zone is
    /// not known.
    pub fn of_name(name: &DomainName) -> Option<AwsZone> {
        let (service, region) = place(name)?;
        match service.zones() {
            Zones::One(ids) => Some(AwsZone { service, region: None, ids }),
            Zones::PerRegion(rows) => {
                let (region, ids) = rows.iter().find(|(known, _)| Some(known.as_bytes()) == region)?;
                Some(AwsZone { service, region: Some(region), ids })
            }
        }
    }

    /// The zone that has an id.
    pub fn of_id(id: &HostedZoneId) -> Option<AwsZone> {
        AwsService::ALL.into_iter().find_map(|service| match service.zones() {
            Zones::One(ids) => Some(AwsZone { service, region: None, ids }).filter(|zone| zone.has_id(id)),
            Zones::PerRegion(rows) => rows
                .iter()
                .map(|(region, ids)| AwsZone { service, region: Some(region), ids })
                .find(|zone| zone.has_id(id)),
        })
    }

    pub fn has_id(&self, id: &HostedZoneId) -> bool {
        self.ids.contains(&id.as_str())
    }

    /// The id to write.
    pub fn id(&self) -> &'static str {
        self.ids[0]
    }
}

/// `CloudFront`, `Network Load Balancers in eu-west-1`.
impl fmt::Display for AwsZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.service {
            AwsService::LoadBalancer => "Application and Classic Load Balancers",
            AwsService::NetworkLoadBalancer => "Network Load Balancers",
            AwsService::S3Website => "S3 websites",
            AwsService::ApiGateway => "API Gateway",
            AwsService::ElasticBeanstalk => "Elastic Beanstalk",
            AwsService::VpcEndpoint => "VPC endpoints",
            AwsService::AppRunner => "App Runner",
            AwsService::CloudFront => "CloudFront",
            AwsService::CloudFrontChina => "CloudFront in China",
            AwsService::GlobalAccelerator => "Global Accelerator",
        })?;
        match self.region {
            Some(region) => write!(f, " in {region}"),
            None => Ok(()),
        }
    }
}

/// The service, and the region if the service has a zone in each, that a name is of by its form.
fn place(name: &DomainName) -> Option<(AwsService, Option<&[u8]>)> {
    let mut labels: Vec<&[u8]> = name.labels().collect();
    labels.reverse();
    // LB-4: the China regions have their names under amazonaws.com.cn.
    let of_aws = match &labels[..] {
        [b"cn", b"com", b"amazonaws", rest @ ..] | [b"com", b"amazonaws", rest @ ..] => rest,
        [b"net", b"cloudfront", ..] => return Some((AwsService::CloudFront, None)),
        [b"cn", b"cloudfront", ..] => return Some((AwsService::CloudFrontChina, None)),
        [b"com", b"awsglobalaccelerator", ..] => return Some((AwsService::GlobalAccelerator, None)),
        [b"com", b"elasticbeanstalk", region, ..] => return Some((AwsService::ElasticBeanstalk, Some(*region))),
        [b"com", b"awsapprunner", region, ..] => return Some((AwsService::AppRunner, Some(*region))),
        _ => return None,
    };
    match of_aws {
        // LB-1, LB-2: `elb` and the region stand the other way round.
        [b"elb", region, ..] => Some((AwsService::LoadBalancer, Some(*region))),
        [region, b"elb", ..] => Some((AwsService::NetworkLoadBalancer, Some(*region))),
        [b"vpce", region, ..] => Some((AwsService::VpcEndpoint, Some(*region))),
        [region, b"execute-api", ..] => Some((AwsService::ApiGateway, Some(*region))),
        // Older regions have the dash, newer ones the dot, some both.
        [region, b"s3-website", ..] => Some((AwsService::S3Website, Some(*region))),
        [website, ..] => website.strip_prefix(b"s3-website-").map(|region| (AwsService::S3Website, Some(region))),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::AwsRegion;

    fn zone_of(name: &str) -> Option<String> {
        AwsZone::of_name(&DomainName::parse(name).unwrap()).map(|zone| format!("{} {zone}", zone.id()))
    }

    #[test]
    fn names_of_aws_resources_tell_their_zone() {
        // A-17, LB-1 to LB-4.
        for (name, zone) in [
            ("lb-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K Application and Classic Load Balancers in us-east-1"),
            (
                "DualStack.Internal-x-1.EU-WEST-1.elb.amazonaws.com.",
                "Z32O12XQLNTSW2 Application and Classic Load Balancers in eu-west-1",
            ),
            ("n.elb.eu-west-1.amazonaws.com", "Z2IFOLAFXWLO4F Network Load Balancers in eu-west-1"),
            ("us-east-2b.n.elb.us-east-2.amazonaws.com", "ZLMOA37VPKANP Network Load Balancers in us-east-2"),
            (
                "x.cn-north-1.elb.amazonaws.com.cn",
                "Z1GDH35T77C1KE Application and Classic Load Balancers in cn-north-1",
            ),
            ("s3-website-us-east-1.amazonaws.com", "Z3AQBSTGFYJSTF S3 websites in us-east-1"),
            ("www.example.com.s3-website.eu-central-1.amazonaws.com", "Z21DNDUVLTQW6Q S3 websites in eu-central-1"),
            ("d-1.execute-api.us-east-1.amazonaws.com", "Z1UJRXOUMOOFQ8 API Gateway in us-east-1"),
            ("vpce-1.execute-api.us-west-2.vpce.amazonaws.com", "Z1YSA3EXCYUU9Z VPC endpoints in us-west-2"),
            ("env.eba-1.us-east-1.elasticbeanstalk.com", "Z117KPS5GTRQ2G Elastic Beanstalk in us-east-1"),
            ("x.eu-west-3.awsapprunner.com", "Z087117439MBKHYM69QS6 App Runner in eu-west-3"),
            ("d1.cloudfront.net", "Z2FDTNDATAQYW2 CloudFront"),
            ("d1.cloudfront.cn", "Z3RFFRIM2A3IF5 CloudFront in China"),
            ("a1.dualstack.awsglobalaccelerator.com", "Z2BJ6XQ5FK7U4H Global Accelerator"),
        ] {
            assert_eq!(zone_of(name).as_deref(), Some(zone), "{name}");
        }
        for name in [
            ".",
            "amazonaws.com",
            "lb.elb.amazonaws.com",
            "lb.us-nowhere-1.elb.amazonaws.com",
            "env.elasticbeanstalk.com",
            "bucket.s3.amazonaws.com",
            "us-east-1.elb.amazonaws.com.example.com",
            "xcloudfront.net",
        ] {
            assert_eq!(zone_of(name), None, "{name}");
        }
    }

    #[test]
    fn the_zone_of_every_region_is_found_by_name() {
        for service in AwsService::ALL {
            let Zones::PerRegion(rows) = service.zones() else { continue };
            for (region, ids) in rows {
                let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                let names = match service {
                    AwsService::LoadBalancer => vec![format!("x.{region}.elb.{domain}")],
                    AwsService::NetworkLoadBalancer => vec![format!("x.elb.{region}.{domain}")],
                    AwsService::S3Website => {
                        vec![format!("s3-website-{region}.{domain}"), format!("s3-website.{region}.{domain}")]
                    }
                    AwsService::ApiGateway => vec![format!("d-1.execute-api.{region}.{domain}")],
                    AwsService::ElasticBeanstalk => vec![format!("x.{region}.elasticbeanstalk.com")],
                    AwsService::VpcEndpoint => vec![format!("vpce-1.vpce-svc-1.{region}.vpce.{domain}")],
                    AwsService::AppRunner => vec![format!("x.{region}.awsapprunner.com")],
                    AwsService::CloudFront | AwsService::CloudFrontChina | AwsService::GlobalAccelerator => vec![],
                };
                for name in names {
                    let zone = AwsZone { service, region: Some(region), ids };
                    assert_eq!(AwsZone::of_name(&DomainName::parse(&name).unwrap()), Some(zone), "{name}");
                }
            }
        }
    }

    #[test]
    fn every_id_belongs_to_one_zone() {
        let mut seen = BTreeSet::new();
        for service in AwsService::ALL {
            let rows = match service.zones() {
                Zones::One(ids) => vec![(None, ids)],
                Zones::PerRegion(rows) => {
                    assert!(rows.is_sorted_by(|one, next| one.0 < next.0), "{service:?}");
                    rows.iter().map(|(region, ids)| (Some(*region), *ids)).collect()
                }
            };
            for (region, ids) in rows {
                assert!(region.is_none_or(|region| region.parse::<AwsRegion>().is_ok()), "{service:?} {region:?}");
                assert!(!ids.is_empty());
                for id in ids {
                    assert!(seen.insert(*id), "{id} stands twice");
                    assert!(id.starts_with('Z') && id.len() <= 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()));
                    let found = AwsZone::of_id(&HostedZoneId::new(id).unwrap()).unwrap();
                    assert_eq!((found.service, found.region), (service, region), "{id}");
                }
            }
        }
        assert_eq!(AwsZone::of_id(&HostedZoneId::new("Z2P70J7EXAMPLE").unwrap()), None);
    }
}
