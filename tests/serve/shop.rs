//! The zone of examples: a shop that the Internet sees in one way and a VPC in another.

use std::net::Ipv4Addr;

pub const ZONES: &str = r#"
vpcs:
  - { id: vpc-0dev, region: eu-central-1, cidrs: [10.20.0.0/16] }
health_checks:
  - { id: primary, type: HTTP, ip_address: 127.0.0.1, port: 1, request_interval: 30, status: up }
hosted_zones:
  - name: shop.example
    id: Z0PUBLIC
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
      - { name: app, type: A, ttl: 5, set_identifier: one, failover: PRIMARY, values: ["192.0.2.3"], health_check_id: primary }
      - { name: app, type: A, ttl: 5, set_identifier: two, failover: SECONDARY, values: ["192.0.2.4"] }
  - name: shop.example
    id: Z0PRIVATE
    vpcs: [vpc-0dev]
    records:
      - { name: www, type: A, ttl: 60, values: ["10.20.0.1"] }
"#;

/// Of `www`, for those in no VPC.
pub const OUTSIDE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// Of `www`, for those in `vpc-0dev`.
pub const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 1);
