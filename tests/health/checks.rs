//! Health checks as the tests want them, with everything that does not matter to a test filled in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use route53d::health::probe::{EndpointResolver, ProbeFault};
use route53d::model::health_check::CHECKER_REGIONS;
use route53d::model::{
    CalculatedCheck, EndpointAddress, EndpointCheck, ForcedStatus, HealthCheck, HealthCheckId, HealthCheckTarget,
    ProbeProtocol,
};

pub fn id(text: &str) -> HealthCheckId {
    HealthCheckId::new(text).unwrap()
}

/// HTTP on `address`, turned by one result.
pub fn endpoint(address: SocketAddr) -> EndpointCheck {
    EndpointCheck {
        protocol: ProbeProtocol::Http,
        address: ip(address.ip(), None),
        port: address.port(),
        resource_path: "/".into(),
        request_interval_seconds: 30,
        failure_threshold: 1,
        measure_latency: false,
        enable_sni: true,
        regions: CHECKER_REGIONS.into_iter().collect(),
    }
}

/// A port of this host that no test talks to.
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)
}

pub fn ip(ip_address: IpAddr, name: Option<&str>) -> EndpointAddress {
    EndpointAddress::Ip { ip_address, fully_qualified_domain_name: name.map(Into::into) }
}

pub fn check(text: &str, endpoint: EndpointCheck) -> HealthCheck {
    with_target(text, HealthCheckTarget::Endpoint(endpoint))
}

pub fn calculated(text: &str, health_threshold: u16, children: &[&str]) -> HealthCheck {
    let children = children.iter().map(|child| id(child)).collect();
    with_target(text, HealthCheckTarget::Calculated(CalculatedCheck { health_threshold, children }))
}

fn with_target(text: &str, target: HealthCheckTarget) -> HealthCheck {
    HealthCheck { id: id(text), target, inverted: false, disabled: false, status: ForcedStatus::Obey }
}

/// Resolves the names that it knows to this machine.
pub struct LocalNames(pub fn(&str) -> bool);

#[async_trait]
impl EndpointResolver for LocalNames {
    async fn resolve(&self, name: &str) -> Result<Vec<Ipv4Addr>, ProbeFault> {
        Ok(if (self.0)(name) { vec![Ipv4Addr::LOCALHOST] } else { Vec::new() })
    }
}
