//! What a reload keeps and what it forgets.

use super::*;

#[test]
fn a_deleted_check_is_dismissed_in_the_middle_of_a_probe() {
    let mut world = World::start(&[web()]);
    let orders = world.start_due();
    world.reload(&[]);
    assert_eq!(world.monitor.take_dismissed(), [orders[0].prober]);
    // What comes in late is for nobody.
    world.monitor.finish(orders[0].prober, Ok(outcome(Unhealthy)), world.now);
    world.pass(10 * INTERVAL);
    assert_eq!((world.probes.len(), world.monitor.totals().probes_in_flight), (1, 0));
}

#[test]
fn a_changed_endpoint_starts_anew_and_an_unchanged_one_keeps_its_verdict() {
    let other = check("other", endpoint(local(1)));
    let mut world = World::start(&[web(), other.clone()]);
    world.fail("web");
    world.fail("other");
    world.pass(INTERVAL);
    world.news();
    world.recover("web");
    world.reload(&[check("web", endpoint(local(2))), other]);
    assert_eq!((world.status("web"), world.status("other")), (Healthy, Unhealthy));
    assert_eq!(world.tally("web"), (16, 16));
    assert_eq!(world.news(), ["web healthy: its settings have changed"]);
    assert_eq!(world.report("web").history.len(), 2);
}

#[test]
fn a_new_interval_threshold_or_region_keeps_the_verdicts() {
    let mut settings = endpoint(local(1));
    settings.regions = [AwsRegion::EuWest1, AwsRegion::SaEast1, AwsRegion::UsWest2].into();
    let mut world = World::start(&[check("web", settings.clone())]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!((world.tally("web"), world.status("web")), ((0, 6), Unhealthy));
    settings.failure_threshold = 2;
    settings.request_interval_seconds = 10;
    settings.regions.remove(&AwsRegion::EuWest1);
    settings.regions.insert(AwsRegion::UsEast1);
    world.reload(&[check("web", settings)]);
    // The new region's checkers count as healthy until there is data.
    assert_eq!((world.tally("web"), world.status("web")), ((2, 6), Healthy));
    world.probes.clear();
    world.pass(Duration::from_secs(10) - Duration::from_millis(1));
    assert_eq!(world.probes_of("web"), 3);
    world.pass(Duration::from_secs(10));
    assert_eq!((world.tally("web"), world.status("web")), ((0, 6), Unhealthy));
}

#[test]
fn a_region_that_comes_or_goes_leaves_the_verdicts_of_the_others() {
    let regions = route53d::model::health_check::CHECKER_REGIONS;
    let with = |places: &[usize]| {
        let mut endpoint = endpoint(local(1));
        endpoint.regions = places.iter().map(|place| regions[*place]).collect();
        [check("web", endpoint)]
    };
    let mut world = World::start(&with(&[0, 1, 2, 3]));
    world.fail_in("web", &regions[..2]);
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (4, 8));
    let verdicts = |world: &World| {
        let report = world.report("web");
        report.checkers.iter().map(|checker| (checker.region, checker.verdict)).collect::<HashMap<_, _>>()
    };
    let due = |world: &World| {
        let report = world.report("web");
        report.checkers.iter().map(|checker| (checker.region, checker.next_probe)).collect::<HashMap<_, _>>()
    };
    let due_before = due(&world);
    // One that said healthy goes, one that said unhealthy goes, one comes.
    world.reload(&with(&[1, 2, 4]));
    let expected = [(regions[1], Some(Unhealthy)), (regions[2], Some(Healthy)), (regions[4], None)].into();
    assert_eq!((verdicts(&world), world.tally("web")), (expected, (4, 6)));
    // Those that stay keep their turns.
    let due_after = due(&world);
    assert!([1, 2].iter().all(|place| due_after[&regions[*place]] == due_before[&regions[*place]]));
    // Whoever comes back knows nothing of before.
    world.reload(&with(&[0, 1, 2, 4]));
    assert_eq!((verdicts(&world)[&regions[0]], world.tally("web")), (None, (6, 8)));
    world.pass(INTERVAL);
    assert_eq!(world.tally("web"), (4, 8));
}

#[test]
fn a_reload_of_records_alone_touches_neither_verdicts_nor_turns() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL + INTERVAL / 3);
    let under_way = world.start_due();
    let (table, due) = (Arc::clone(&world.table), world.monitor.next_due());
    let probes: Vec<_> = world.report("web").checkers.iter().map(|checker| checker.next_probe).collect();
    let zones = "hosted_zones: [{name: shop.example, records: [{name: www, type: A, ttl: 5, values: [192.0.2.1]}]}]";
    let files = [ZoneFile { path: "zones.yaml".into(), text: zones.into() }];
    let zones = zonefile::load(&files).unwrap_or_else(|problems| panic!("{}", problems[0])).account;
    let hosted_zones = zones.hosted_zones().iter().cloned().collect();
    world.reload_with(AccountParts { hosted_zones, ..account(&[web()]) });
    assert_eq!((world.status("web"), world.monitor.next_due()), (Unhealthy, due));
    assert!(Arc::ptr_eq(&table, &world.table), "nothing was published");
    assert!(world.monitor.take_dismissed().is_empty());
    let after: Vec<_> = world.report("web").checkers.iter().map(|checker| checker.next_probe).collect();
    assert_eq!(after, probes);
    for order in under_way {
        world.monitor.finish(order.prober, Ok(outcome(Healthy)), world.now);
    }
}

#[test]
fn what_is_enabled_again_starts_anew() {
    // HC-34, HC-32.
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
    world.start_due();
    world.reload(&[HealthCheck { disabled: true, ..web() }]);
    assert_eq!(world.status("web"), Healthy);
    world.pass(10 * INTERVAL);
    world.probes.clear();
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    assert_eq!(world.start_due().len(), 1, "it is probed at once");
    let report = world.report("web");
    assert!(report.checkers.iter().all(|checker| checker.verdict.is_none() && checker.latest.is_none()));
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
}

#[test]
fn inverting_turns_a_check_at_once_without_a_probe() {
    // HC-33.
    let mut world = World::start(&[web(), calculated("all", 1, &["web"])]);
    world.fail("web");
    world.pass(INTERVAL);
    world.probes.clear();
    let due = world.monitor.next_due();
    for (inverted, expected) in [(true, Healthy), (false, Unhealthy), (true, Healthy)] {
        world.reload(&[HealthCheck { inverted, ..web() }, calculated("all", 1, &["web"])]);
        assert_eq!((world.status("web"), world.status("all")), (expected, expected));
        assert_eq!((world.tally("web"), world.monitor.next_due()), ((0, 16), due));
    }
    assert!(world.probes.is_empty());
    // What is found goes on being found.
    world.recover("web");
    world.pass(INTERVAL);
    assert_eq!((world.status("web"), world.tally("web")), (Unhealthy, (16, 16)));
}

#[test]
fn a_check_that_no_record_uses_is_probed_like_any_other() {
    let mut world = World::start(&[web()]);
    assert!(world.snapshot.account().hosted_zones().is_empty());
    world.fail("web");
    world.pass(INTERVAL);
    assert_eq!((world.probes_of("web"), world.status("web")), (9, Unhealthy));
}

#[test]
fn the_last_known_status_of_an_alarm_outlives_a_reload_that_leaves_its_check_alone() {
    // HC-42.
    let with = |last_known: &[HealthCheck]| {
        let mut parts = account(last_known);
        parts.alarms = vec![alarm(5.0)];
        parts
    };
    let errors = |count: f64, at: Timestamp| {
        let value = |value| MetricValue::new(value).unwrap();
        let statistics =
            StatisticSet { sample_count: value(1.0), sum: value(count), minimum: value(count), maximum: value(count) };
        let values = MetricValues::Datapoints(vec![Datapoint { timestamp: at, statistics }]);
        MetricData { region: None, metric: alarm(5.0).metric, values }
    };
    let watching = |insufficient_data| HealthCheck {
        target: HealthCheckTarget::CloudWatchMetric {
            alarm_region: alarm(5.0).id.region,
            alarm_name: alarm(5.0).id.name,
            insufficient_data,
        },
        ..web()
    };
    let last_known = watching(InsufficientDataHealthStatus::LastKnownStatus);
    let mut world = World::start_with(FleetSettings::default(), with(std::slice::from_ref(&last_known)));
    assert_eq!(world.status("web"), Healthy, "there is no history");
    world.monitor.put_metric_data(&[errors(9.0, world.now.timestamp)], world.now);
    world.publish();
    world.pass(Duration::from_secs(61));
    assert_eq!(world.status("web"), Unhealthy);
    let is_out_of_data = |world: &World| world.report("web").summary.reason.contains("INSUFFICIENT_DATA");
    // Periods later nothing is known but this.
    world.pass(Duration::from_secs(3_600));
    assert!(is_out_of_data(&world));
    assert_eq!(world.status("web"), Unhealthy);
    for others in [vec![], vec![check("other", endpoint(local(1)))], vec![]] {
        world.reload_with(with(&[vec![last_known.clone()], others].concat()));
        assert!(is_out_of_data(&world));
        assert_eq!(world.status("web"), Unhealthy);
    }
    // It is the alarm's, not the setting's.
    world.reload_with(with(&[watching(InsufficientDataHealthStatus::Healthy)]));
    assert_eq!(world.status("web"), Healthy);
    world.reload_with(with(std::slice::from_ref(&last_known)));
    assert_eq!(world.status("web"), Unhealthy);
    world.monitor.put_metric_data(&[errors(1.0, world.now.timestamp)], world.now);
    world.pass(Duration::from_secs(3_600));
    assert!(is_out_of_data(&world));
    assert_eq!(world.status("web"), Healthy);
}

/// Of errors in a minute.
fn alarm(threshold: f64) -> CloudWatchAlarm {
    CloudWatchAlarm {
        id: AlarmId { region: AwsRegion::EuWest1, name: "errors".into() },
        metric: Metric { namespace: "App".into(), name: "Errors".into(), dimensions: Default::default() },
        statistic: Statistic::Sum,
        period_seconds: 60,
        evaluation_periods: 1,
        threshold: MetricValue::new(threshold).unwrap(),
        comparison_operator: ComparisonOperator::GreaterThanThreshold,
    }
}

#[test]
fn a_check_that_was_deleted_and_is_back_starts_anew() {
    let mut world = World::start(&[web()]);
    world.fail("web");
    world.pass(INTERVAL);
    // Only the second is seen: the same checks as before, but with a new slot.
    world.snapshot = Arc::new(world.snapshot.next(Arc::new(Account::new(account(&[])).unwrap())));
    world.reload(&[web()]);
    assert_eq!((world.status("web"), world.tally("web")), (Healthy, (16, 16)));
    world.pass(INTERVAL);
    assert_eq!(world.status("web"), Unhealthy);
}
