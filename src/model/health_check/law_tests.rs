//! Laws of §5.1 on random configurations, and its table row by row.

use std::collections::BTreeSet;
use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::model::public_address::AddressPolicy;

fn id() -> HealthCheckId {
    HealthCheckId::new("check").unwrap()
}

fn made(config: &HealthCheckConfig) -> Result<HealthCheck, Vec<HealthCheckError>> {
    config.health_check(id(), ForcedStatus::Obey, AddressPolicy::Any)
}

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof![Just(String::new()), "[a-z/]{1,9}", Just("x".repeat(255)), Just("x".repeat(256)), Just("ü b".into())]
        .prop_map(String::into_boxed_str)
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..12, Just(256), Just(257), Just(3_601), Just(65_535), Just(65_536), any::<u32>()]
}

/// Mostly valid, so that something comes of it.
fn config() -> impl Strategy<Value = HealthCheckConfig> {
    let regions = || {
        let known = prop::collection::btree_set(prop::sample::select(CHECKER_REGIONS.as_slice()), 0..=8);
        prop_oneof![8 => known, 1 => Just(BTreeSet::from([AwsRegion::EuCentral1]))]
    };
    let maybe = |weight| prop::option::weighted(weight, number());
    let insufficient = prop::sample::select(InsufficientDataHealthStatus::ALL.as_slice());
    let address = prop_oneof![Just("192.0.2.1"), Just("8.8.8.8"), Just("::1")];
    let probed = (
        prop::option::weighted(0.7, address.prop_map(|text| text.parse::<IpAddr>().unwrap())),
        maybe(0.4),
        prop::option::weighted(0.3, text()),
        prop::option::weighted(0.4, text()),
        prop::option::weighted(0.5, text()),
        maybe(0.3),
        maybe(0.3),
        prop::option::weighted(0.3, any::<bool>()),
        prop::option::weighted(0.3, any::<bool>()),
        prop::option::weighted(0.3, regions()),
    );
    let other = (
        maybe(0.5),
        prop::option::weighted(0.5, prop::collection::vec("[a-c]", 0..4)),
        prop::option::weighted(0.5, text()),
        prop::option::weighted(0.3, insufficient),
        prop::option::weighted(0.5, text()),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
    );
    (prop::sample::select(HealthCheckType::ALL.as_slice()), probed, other, any::<bool>()).prop_map(
        |(check_type, probed, other, is_stray)| {
            let (ip_address, port, resource_path, fully_qualified_domain_name, search_string, ..) = probed.clone();
            let (.., request_interval, failure_threshold, measure_latency, enable_sni, regions) = probed;
            let (health_threshold, children, alarm, insufficient_data_health_status, arn, inverted, disabled) = other;
            let mut config = HealthCheckConfig {
                check_type,
                ip_address,
                port,
                resource_path,
                fully_qualified_domain_name,
                search_string,
                request_interval,
                failure_threshold,
                measure_latency,
                enable_sni,
                regions,
                health_threshold,
                child_health_checks: children
                    .map(|children| children.iter().map(|child| HealthCheckId::new(child).unwrap()).collect()),
                alarm_identifier: alarm.map(|name| (AwsRegion::EuWest1, name)),
                insufficient_data_health_status,
                routing_control_arn: arn,
                inverted,
                disabled,
            };
            if !is_stray {
                keep_what_is_of_the_type(&mut config);
            }
            config
        },
    )
}

fn keep_what_is_of_the_type(config: &mut HealthCheckConfig) {
    let check_type = config.check_type;
    if !Parameter::SearchString.is_of(check_type) {
        config.search_string = None;
    }
    if !Parameter::ResourcePath.is_of(check_type) {
        config.resource_path = None;
    }
    if check_type == HealthCheckType::Tcp && config.ip_address.is_some() {
        config.fully_qualified_domain_name = None;
    }
    if !check_type.is_probed() {
        let kept = config.clone();
        *config = HealthCheckConfig {
            health_threshold: kept.health_threshold,
            child_health_checks: kept.child_health_checks,
            alarm_identifier: kept.alarm_identifier,
            insufficient_data_health_status: kept.insufficient_data_health_status,
            routing_control_arn: kept.routing_control_arn,
            inverted: kept.inverted,
            disabled: kept.disabled,
            ..HealthCheckConfig::new(check_type)
        };
    }
    if check_type != HealthCheckType::Calculated {
        (config.health_threshold, config.child_health_checks) = (None, None);
    }
    if check_type != HealthCheckType::CloudWatchMetric {
        (config.alarm_identifier, config.insufficient_data_health_status) = (None, None);
    }
    if check_type != HealthCheckType::RecoveryControl {
        config.routing_control_arn = None;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_config_becomes_a_check_and_the_check_the_same_config_or_it_is_told_why_not(config in config()) {
        match made(&config) {
            Err(errors) => prop_assert!(!errors.is_empty()),
            Ok(check) => {
                let whole = HealthCheckConfig::of(&check);
                prop_assert_eq!(made(&whole), Ok(check));
                prop_assert_eq!(whole.forbidden_changes(&config), []);
                prop_assert_eq!(config.forbidden_changes(&whole), []);
            }
        }
    }

    #[test]
    fn what_another_type_has_is_always_told(config in config()) {
        let stray = PARAMETERS.iter().find(|rules| {
            rules.parameter == Parameter::SearchString
                && config.search_string.is_some()
                && !rules.types.contains(&config.check_type)
        });
        if stray.is_some() {
            let error = HealthCheckError::NotOfType(config.check_type, Parameter::SearchString);
            prop_assert!(made(&config).unwrap_err().contains(&error));
        }
    }
}

fn http() -> HealthCheckConfig {
    HealthCheckConfig {
        ip_address: Some("192.0.2.1".parse().unwrap()),
        ..HealthCheckConfig::new(HealthCheckType::Http)
    }
}

#[test]
fn defaults_are_those_of_the_table() {
    let endpoint = |check_type| {
        let config = HealthCheckConfig { check_type, search_string: Some("ok".into()), ..http() };
        let search_string = config.search_string.clone().filter(|_| Parameter::SearchString.is_of(check_type));
        match made(&HealthCheckConfig { search_string, ..config }).unwrap().target {
            HealthCheckTarget::Endpoint(endpoint) => endpoint,
            other => panic!("{other:?}"),
        }
    };
    for (check_type, port, enable_sni) in [
        (HealthCheckType::Http, 80, false),
        (HealthCheckType::HttpStrMatch, 80, false),
        (HealthCheckType::Https, 443, true),
        (HealthCheckType::HttpsStrMatch, 443, true),
    ] {
        let endpoint = endpoint(check_type);
        assert_eq!((endpoint.port, endpoint.enable_sni), (port, enable_sni));
        assert_eq!((endpoint.request_interval_seconds, endpoint.failure_threshold), (30, 3));
        assert_eq!((&*endpoint.resource_path, endpoint.measure_latency), ("/", false));
        assert_eq!(endpoint.regions, CHECKER_REGIONS.into());
    }
}

#[test]
fn only_what_may_change_changes() {
    let changes: [(HealthCheckConfig, &[Parameter]); 8] = [
        (HealthCheckConfig { check_type: HealthCheckType::Https, ..http() }, &[Parameter::Type]),
        (HealthCheckConfig { ip_address: Some("192.0.2.2".parse().unwrap()), ..http() }, &[]),
        (
            HealthCheckConfig { ip_address: None, fully_qualified_domain_name: Some("a.example".into()), ..http() },
            &[Parameter::IpAddress],
        ),
        (HealthCheckConfig { request_interval: Some(10), ..http() }, &[Parameter::RequestInterval]),
        (HealthCheckConfig { request_interval: Some(30), ..http() }, &[]),
        (HealthCheckConfig { measure_latency: Some(true), ..http() }, &[Parameter::MeasureLatency]),
        (HealthCheckConfig { failure_threshold: Some(1), inverted: Some(true), ..http() }, &[]),
        (HealthCheckConfig { port: Some(8080), resource_path: Some("/x".into()), ..http() }, &[]),
    ];
    for (next, expected) in changes {
        let expected: Vec<_> = expected.iter().copied().map(HealthCheckError::Fixed).collect();
        assert_eq!(http().forbidden_changes(&next), expected, "{next:?}");
    }
}

#[test]
fn addresses_that_are_not_public_are_refused_only_where_that_is_asked_for() {
    let strict = |config: &HealthCheckConfig| config.health_check(id(), ForcedStatus::Obey, AddressPolicy::PublicOnly);
    let private = "192.0.2.1".parse().unwrap();
    assert_eq!(strict(&http()), Err(vec![HealthCheckError::AddressNotPublic(private)]));
    assert!(strict(&HealthCheckConfig { ip_address: Some("8.8.8.8".parse().unwrap()), ..http() }).is_ok());
    // HC-19: a name may lead anywhere; every probe tells.
    let named = HealthCheckConfig { ip_address: None, fully_qualified_domain_name: Some("localhost".into()), ..http() };
    assert!(strict(&named).is_ok());
}

#[test]
fn what_tcp_checks_were_once_given_is_dropped_and_nothing_of_others() {
    let tcp = HealthCheckConfig { check_type: HealthCheckType::Tcp, port: Some(9), ..http() };
    let given = HealthCheckConfig {
        resource_path: Some("/a".into()),
        fully_qualified_domain_name: Some("a.example".into()),
        ..tcp.clone()
    };
    let errors = [
        HealthCheckError::NotOfType(HealthCheckType::Tcp, Parameter::ResourcePath),
        HealthCheckError::NameBesideAddress,
    ];
    assert_eq!(made(&given), Err(errors.to_vec()));
    assert_eq!(given.clone().without_ignored(), tcp);
    let named = HealthCheckConfig { ip_address: None, resource_path: None, ..given.clone() };
    assert!(made(&named).is_ok());
    assert_eq!(named.clone().without_ignored(), named);
    let other = HealthCheckConfig { check_type: HealthCheckType::Http, ..given };
    assert_eq!(other.clone().without_ignored(), other);
}

#[test]
fn nothing_of_a_recovery_control_check_may_change() {
    let before = HealthCheckConfig {
        routing_control_arn: Some("arn".into()),
        ..HealthCheckConfig::new(HealthCheckType::RecoveryControl)
    };
    let after = HealthCheckConfig { inverted: Some(true), ..before.clone() };
    assert_eq!(before.forbidden_changes(&after), [HealthCheckError::Fixed(Parameter::Inverted)]);
    assert_eq!(before.forbidden_changes(&before), []);
}

#[test]
fn a_calculated_check_without_children_is_one_with_none() {
    let without =
        HealthCheckConfig { health_threshold: Some(0), ..HealthCheckConfig::new(HealthCheckType::Calculated) };
    let with_none = HealthCheckConfig { child_health_checks: Some(Vec::new()), ..without.clone() };
    assert_eq!(made(&without), made(&with_none));
    assert_eq!(with_none.told(), without);
}

#[test]
fn a_domain_name_is_one() {
    for (name, expected) in
        [("www.example.com", true), ("a_b.example.", true), ("a b", false), ("a..b", false), ("zwölf.example", false)]
    {
        let config = HealthCheckConfig { fully_qualified_domain_name: Some(name.into()), ..http() };
        assert_eq!(made(&config).is_ok(), expected, "{name}");
    }
}
