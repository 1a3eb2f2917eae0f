//! Who decides in the place of an endpoint: forces and routing controls, disabled and inverted checks; and the news.

use super::*;

#[test]
fn forcing_decides_at_once_and_obeying_finds_the_verdict_again() {
    let forced = |status| HealthCheck { status, ..web() };
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[forced(ForcedStatus::Up)]);
    assert_eq!(world.status("web"), Healthy);
    // It goes on being probed, to no avail.
    let probes = world.probes.len();
    world.pass(INTERVAL);
    assert_eq!((world.probes.len() - probes, world.status("web")), (8, Healthy));
    world.reload(&[web()]);
    assert_eq!(world.status("web"), Unhealthy);
    world.recover("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Healthy);
    world.reload(&[forced(ForcedStatus::Down)]);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[HealthCheck { inverted: true, ..forced(ForcedStatus::Up) }]);
    assert_eq!(world.status("web"), Healthy);
}

#[test]
fn an_operator_overrules_the_zone_files_which_overrule_the_check() {
    let down = HealthCheck { status: ForcedStatus::Down, ..web() };
    let zone_files = AccountParts { forces: vec![force("w*", ForcedStatus::Up)], ..account(&[down]) };
    let mut world = World::start_with(FleetSettings::default(), zone_files);
    let origin = |world: &World| world.report("web").summary.forced.unwrap().origin;
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::ZoneFiles));
    world.force("web", ForcedStatus::Down);
    assert_eq!((world.status("web"), origin(&world)), (Unhealthy, ForceOrigin::Operator));
    world.force("web", ForcedStatus::Obey);
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::Operator));
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.set_forces(Vec::new());
    assert_eq!((world.status("web"), origin(&world)), (Healthy, ForceOrigin::ZoneFiles));
}

#[test]
fn a_force_ends_when_its_time_is_over() {
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    let until = world.now.timestamp_of(world.now.moment + 10 * INTERVAL);
    world.set_forces(vec![Force { until: Some(until), ..force("*eb", ForcedStatus::Down) }]);
    assert_eq!((world.status("web"), world.status("all")), (Unhealthy, Unhealthy));
    world.pass(10 * INTERVAL - Duration::from_millis(1));
    assert_eq!(world.status("web"), Unhealthy);
    world.pass(Duration::from_millis(2));
    assert_eq!((world.status("web"), world.status("all")), (Healthy, Healthy));
    assert_eq!(
        world.news(),
        [
            "web unhealthy: it is forced down until 2026-01-01T00:05:00Z",
            "all unhealthy: 0 of 1 children are healthy, 1 must be",
            "web healthy: it is no longer forced",
            "all healthy: 1 of 1 children are healthy, 1 must be",
        ]
    );
}

#[test]
fn a_routing_control_decides_by_hand_else_by_the_zone_files() {
    // HC-44.
    let arn = "arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b";
    let target = HealthCheckTarget::RecoveryControl { routing_control_arn: arn.into() };
    let control = HealthCheck { target, ..web() };
    let with = |states: &[RoutingControlState]| AccountParts {
        routing_controls: states.iter().map(|state| (arn.into(), *state)).collect(),
        ..account(std::slice::from_ref(&control))
    };
    let mut world = World::start_with(FleetSettings::default(), with(&[]));
    assert_eq!(world.status("web"), Healthy);
    world.reload_with(with(&[RoutingControlState::Off]));
    assert_eq!(world.status("web"), Unhealthy);
    let by_hand =
        Overrides { routing_controls: [(arn.into(), RoutingControlState::On)].into(), ..Overrides::default() };
    world.monitor.set_overrides(by_hand, world.now);
    world.publish();
    assert_eq!(world.status("web"), Healthy);
    assert_eq!(world.report("web").summary.reason, format!("routing control {arn} is On"));
}

#[test]
fn the_news_say_why() {
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    world.fail("web");
    world.pass(INTERVAL);
    let forced = Force { reason: Some("a drill".into()), owner: Some("ops".into()), ..force("web", ForcedStatus::Up) };
    world.set_forces(vec![forced]);
    assert_eq!(
        world.news(),
        [
            "web unhealthy: Failure: HTTP Status Code 503, Service Temporarily Unavailable (us-west-1); 2 of 16 \
             checkers say healthy",
            "all unhealthy: its child web is unhealthy",
            "web healthy: it is forced up by ops: a drill",
            "all healthy: 1 of 1 children are healthy, 1 must be",
        ]
    );
    let report = world.report("web");
    assert_eq!(report.history.len(), 2);
    assert_eq!(report.summary.since, world.now.timestamp);
    assert_eq!(report.checkers[0].latest.as_ref().unwrap().status, Unhealthy);
}

fn status() -> impl Strategy<Value = HealthStatus> {
    prop_oneof![Just(Healthy), Just(Unhealthy)]
}

/// Inverted, disabled, its own force, an operator's force, what its endpoint is.
fn settings() -> impl Strategy<Value = (bool, bool, ForcedStatus, Option<ForcedStatus>, HealthStatus)> {
    let forced =
        || prop_oneof![4 => Just(ForcedStatus::Obey), 1 => Just(ForcedStatus::Up), 1 => Just(ForcedStatus::Down)];
    (any::<bool>(), prop::bool::weighted(0.2), forced(), prop::option::weighted(0.3, forced()), status())
}

/// HC-33, HC-34 and forcing, said in a few lines.
fn naive_final(
    (inverted, disabled, own, operator, _): (bool, bool, ForcedStatus, Option<ForcedStatus>, HealthStatus),
    found: HealthStatus,
) -> HealthStatus {
    let is_healthy = match operator.unwrap_or(own) {
        ForcedStatus::Up => true,
        ForcedStatus::Down => false,
        ForcedStatus::Obey => (disabled || found == Healthy) != inverted,
    };
    if is_healthy { Healthy } else { Unhealthy }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_calculated_check_counts_healthy_children(
        children in prop::collection::vec(settings(), 0..12),
        health_threshold in 0_u16..14,
        parent in settings(),
    ) {
        let name = |number: usize| format!("child-{number}");
        let with = |check: HealthCheck, (inverted, disabled, status, ..): (bool, bool, ForcedStatus, _, _)| {
            HealthCheck { inverted, disabled, status, ..check }
        };
        let mut checks: Vec<_> = (0..)
            .zip(&children)
            .map(|(number, settings)| with(check(&name(number), endpoint(local(1))), *settings))
            .collect();
        let names: Vec<_> = (0..children.len()).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        checks.push(with(calculated("parent", health_threshold, &names), parent));
        let mut world = World::start(&checks);
        let forces = names.iter().zip(&children).chain([(&"parent", &parent)]);
        world.set_forces(forces.filter_map(|(name, settings)| Some(force(name, settings.3?))).collect());
        for (name, _) in names.iter().zip(&children).filter(|(_, settings)| settings.4 == Unhealthy) {
            world.fail(name);
        }
        world.pass(INTERVAL);

        let healthy = children.iter().filter(|settings| naive_final(**settings, settings.4) == Healthy).count();
        let found = if healthy >= usize::from(health_threshold) { Healthy } else { Unhealthy };
        prop_assert_eq!(world.status("parent"), naive_final(parent, found));
    }
}
