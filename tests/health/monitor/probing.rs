//! Who probes when, what verdicts come of it, and what those amount to.

use super::*;

#[test]
fn a_check_is_healthy_until_there_is_data_and_an_inverted_one_is_not() {
    // HC-32.
    let inverted = HealthCheck { inverted: true, ..check("inverted", endpoint(local(1))) };
    let mut world = World::start(&[web(), inverted]);
    assert_eq!((world.status("web"), world.status("inverted")), (Healthy, Unhealthy));
    world.fail("web");
    world.fail("inverted");
    world.pass(INTERVAL);
    assert_eq!((world.status("web"), world.status("inverted")), (Unhealthy, Healthy));
}

#[test]
fn a_check_has_two_checkers_a_region_which_share_a_probe() {
    // HC-31.
    let mut world = World::start(&[web()]);
    world.pass(INTERVAL - Duration::from_millis(1));
    assert_eq!(world.probes_of("web"), 8);
    assert_eq!(world.tally("web"), (16, 16));
    let report = world.report("web");
    let addresses: std::collections::BTreeSet<_> = report.checkers.iter().map(|checker| checker.ip_address).collect();
    assert_eq!(addresses.len(), 16);
    assert!(addresses.iter().all(|address| address.octets()[..2] == [15, 177] && address.octets()[2] < 64));
}

#[test]
fn checkers_may_probe_for_themselves() {
    let settings = FleetSettings { checkers_per_region: 3, probes_per_region: 2, ..FleetSettings::default() };
    let mut world = World::start_with(settings, account(&[web()]));
    world.pass(INTERVAL - Duration::from_millis(1));
    assert_eq!((world.probes_of("web"), world.tally("web")), (16, (24, 24)));
    assert_eq!(world.report("web").checkers.len(), 24);
}

#[test]
fn more_than_18_percent_of_the_checkers_must_say_healthy() {
    // HC-30: 2 of 16 are not enough, 4 of 16 are.
    let mut world = World::start(&[web()]);
    let regions = route53d::model::health_check::CHECKER_REGIONS;
    world.fail_in("web", &regions[..6]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((4, 16), Healthy));
    world.fail_in("web", &regions[..7]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((2, 16), Unhealthy));
    world.fail_in("web", &regions[..6]);
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((4, 16), Healthy));
}

#[test]
fn only_the_regions_of_a_check_probe_it() {
    let mut few = endpoint(local(1));
    few.regions = [AwsRegion::EuWest1, AwsRegion::SaEast1, AwsRegion::UsWest2].into();
    let mut world = World::start(&[check("web", few.clone())]);
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (6, 6));
    assert!(world.probes.iter().all(|(_, order)| few.regions.contains(&order.region)));
}

#[test]
fn the_interval_is_counted_from_the_response() {
    // HC-21.
    let mut world = World::start(&[web()]);
    let orders = world.start_due();
    assert_eq!(orders.len(), 1);
    // The other seven are due meanwhile; this one is not, for it is under way.
    world.pass(INTERVAL - Duration::from_secs(1));
    assert_eq!(world.probes_of("web"), 8);
    world.go_to(Moment(Duration::from_secs(100)));
    world.monitor.finish(orders[0].prober, Ok(outcome(Healthy)), world.now);
    world.probes.clear();
    world.pass(INTERVAL - Duration::from_millis(1));
    let has_probed = |world: &World| world.probes.iter().any(|(_, order)| order.prober == orders[0].prober);
    assert!(!has_probed(&world));
    world.pass(Duration::from_millis(1));
    assert!(has_probed(&world));
}

#[test]
fn probes_of_a_check_are_spread_over_the_interval() {
    let mut world = World::start(&[web()]);
    world.pass(3 * INTERVAL);
    let times: Vec<_> = world.probes.iter().map(|(at, _)| *at).collect();
    let gap = INTERVAL / 8;
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == gap), "{times:?}");
}

#[test]
fn many_checks_that_start_together_are_spread_over_the_interval() {
    let checks: Vec<_> = (0..4_000).map(|number| check(&format!("c{number}"), endpoint(local(1)))).collect();
    let mut world = World::start(&checks);
    world.pass(INTERVAL - Duration::from_nanos(1));
    assert_eq!(world.probes.len(), 32_000);
    let mut in_second = [0; 30];
    for (at, _) in &world.probes {
        in_second[at.as_secs() as usize] += 1;
    }
    let (least, most) = (in_second.iter().min().unwrap(), in_second.iter().max().unwrap());
    assert!(*least > 1_000 && *most < 1_150, "{in_second:?}");
}

#[test]
fn few_checks_are_probed_at_once() {
    let mut world = World::start(&[web(), check("other", endpoint(local(2)))]);
    world.pass(Duration::from_millis(50));
    assert_eq!((world.probes_of("web"), world.probes_of("other")), (1, 1));
}

#[test]
fn the_threshold_holds_both_ways() {
    // HC-22.
    let mut patient = endpoint(local(1));
    patient.failure_threshold = 3;
    let mut world = World::start(&[check("web", patient)]);
    world.pass(INTERVAL);
    for (fails, before, after) in [(true, Healthy, Unhealthy), (false, Unhealthy, Healthy)] {
        if fails {
            world.fail("web")
        } else {
            world.recover("web")
        }
        world.pass(2 * INTERVAL);
        assert_eq!(world.status("web"), before);
        world.pass(INTERVAL);
        assert_eq!(world.status("web"), after);
    }
}

#[test]
fn a_disabled_check_is_not_probed() {
    // HC-34.
    let disabled = HealthCheck { disabled: true, ..web() };
    let both = HealthCheck { inverted: true, disabled: true, ..check("inverted", endpoint(local(1))) };
    let mut world = World::start(&[disabled, both]);
    world.pass(10 * INTERVAL);
    assert_eq!((world.status("web"), world.status("inverted")), (Healthy, Unhealthy));
    assert_eq!(world.probes.len(), 0);
    assert_eq!(world.report("web").summary.tally, Tally::None);
}

#[test]
fn disabling_forgets_what_was_found() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.reload(&[HealthCheck { disabled: true, ..web() }]);
    assert_eq!(world.status("web"), Healthy);
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
}

#[test]
fn a_calculated_check_follows_its_children() {
    // HC-40.
    let none = HealthCheck { inverted: true, ..calculated("none", 1, &["blue", "green"]) };
    let mut world = World::start(&[
        check("blue", endpoint(local(1))),
        check("green", endpoint(local(2))),
        calculated("any", 1, &["blue", "green"]),
        none,
        calculated("all", 2, &["blue", "green"]),
    ]);
    let statuses = |world: &World| (world.status("any"), world.status("none"), world.status("all"));
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
    world.fail("blue");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Unhealthy));
    world.fail("green");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Unhealthy, Healthy, Unhealthy));
    world.recover("blue");
    world.recover("green");
    world.pass(INTERVAL);
    assert_eq!(statuses(&world), (Healthy, Unhealthy, Healthy));
    assert_eq!(world.report("all").summary.reason, "2 of 2 children are healthy, 2 must be");
}

#[test]
fn what_we_could_not_probe_turns_nothing() {
    let mut world = World::start(&[web()]);
    for _ in 0..10 {
        for order in world.start_due() {
            world.monitor.finish(order.prober, Err(ProbeFault("no descriptors".into())), world.now);
        }
        let due = world.monitor.next_due().unwrap();
        world.go_to(due);
    }
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    let summary = world.report("web").summary;
    assert_eq!(summary.reason, "16 of 16 checkers cannot probe: no descriptors; before: no result yet");
    assert_eq!(summary.fault.unwrap().fault.text, "no descriptors");
    assert_eq!(world.monitor.totals().probe_faults, 10);
}

#[test]
fn a_late_probe_is_counted() {
    let mut world = World::start(&[web()]);
    world.pass(Duration::ZERO);
    let due = world.monitor.next_due().unwrap();
    world.go_to(due + INTERVAL / 20);
    world.start_due();
    assert_eq!(world.monitor.totals().probes_late, 0);
    let due = world.monitor.next_due().unwrap();
    world.go_to(due + INTERVAL / 20 + Duration::from_millis(1));
    world.start_due();
    let totals = world.monitor.totals();
    assert_eq!((totals.probes_late, totals.lateness_max), (1, Duration::from_millis(1_501)));
}
