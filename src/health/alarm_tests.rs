//! The alarms by example, and against a naive CloudWatch that keeps every datapoint.

use proptest::prelude::*;

use crate::model::{
    AccountParts, Datapoint, ForcedStatus, HealthCheck, HealthCheckId, InsufficientDataHealthStatus, MetricValue,
};

use super::*;

/// On the hour.
const START: i64 = 1_767_225_600;

fn value(value: f64) -> MetricValue {
    MetricValue::new(value).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

fn metric() -> Metric {
    Metric { namespace: "App".into(), name: "Errors".into(), dimensions: BTreeMap::new() }
}

fn id() -> AlarmId {
    AlarmId { region: AwsRegion::EuWest1, name: "errors".into() }
}

/// A health check that watches this alarm.
fn check_of(alarm: &AlarmId) -> HealthCheck {
    HealthCheck {
        id: HealthCheckId::new(&alarm.name).unwrap(),
        target: HealthCheckTarget::CloudWatchMetric {
            alarm_region: alarm.region,
            alarm_name: alarm.name.clone(),
            insufficient_data: InsufficientDataHealthStatus::LastKnownStatus,
        },
        inverted: false,
        disabled: false,
        status: ForcedStatus::Obey,
    }
}

fn alarms(statistic: Statistic, period_seconds: u32, evaluation_periods: u32, data: Vec<MetricData>) -> Alarms {
    let alarm = CloudWatchAlarm {
        id: id(),
        metric: metric(),
        statistic,
        period_seconds,
        evaluation_periods,
        threshold: value(5.0),
        comparison_operator: ComparisonOperator::GreaterThanOrEqualToThreshold,
    };
    let parts = AccountParts {
        health_checks: vec![check_of(&id())],
        alarms: vec![alarm],
        metric_data: data,
        ..AccountParts::default()
    };
    let mut alarms = Alarms::default();
    alarms.take_account(&Account::new(parts).unwrap(), at(0));
    alarms
}

fn data(points: &[(i64, f64)]) -> MetricData {
    let datapoint = |(second, sample): &(i64, f64)| Datapoint {
        timestamp: at(*second),
        statistics: StatisticSet {
            sample_count: value(1.0),
            sum: value(*sample),
            minimum: value(*sample),
            maximum: value(*sample),
        },
    };
    let values = MetricValues::Datapoints(points.iter().map(datapoint).collect());
    MetricData { region: None, metric: metric(), values }
}

#[test]
fn missing_data_are_filled_as_cloudwatch_documents() {
    // The column "missing" of "How alarm state is evaluated when data is missing", Amazon CloudWatch User Guide:
    // three of three periods, five in the evaluation range, oldest first.
    for (points, expected) in [
        ("0-X-X", AlarmState::Ok),
        ("0----", AlarmState::Ok),
        ("-----", AlarmState::InsufficientData),
        ("0XX-X", AlarmState::Alarm),
        ("--X--", AlarmState::Alarm),
    ] {
        let mut alarms = alarms(Statistic::Sum, 60, 3, Vec::new());
        let points: Vec<_> = (0..)
            .zip(points.chars())
            .filter(|(_, point)| *point != '-')
            .map(|(minute, point)| (minute * 60 + 7, if point == 'X' { 9.0 } else { 0.0 }))
            .collect();
        alarms.put(&[data(&points)], at(300));
        assert_eq!(alarms.state(&id(), at(300)).0, expected, "{points:?}");
    }
}

#[test]
fn a_period_counts_once_it_is_over_and_for_as_long_as_it_is_in_range() {
    let mut alarms = alarms(Statistic::Average, 60, 1, Vec::new());
    alarms.put(&[data(&[(10, 4.0), (20, 8.0)])], at(30));
    for (second, expected) in [
        (59, AlarmState::InsufficientData),
        (60, AlarmState::Alarm),
        (60 * 3 + 59, AlarmState::Alarm),
        (60 * 4, AlarmState::InsufficientData),
    ] {
        assert_eq!(alarms.state(&id(), at(second)).0, expected, "{second}");
    }
}

#[test]
fn every_statistic_is_taken_over_its_period() {
    for (statistic, expected) in [
        (Statistic::Average, AlarmState::Ok),
        (Statistic::Minimum, AlarmState::Ok),
        (Statistic::Maximum, AlarmState::Alarm),
        (Statistic::Sum, AlarmState::Alarm),
        (Statistic::SampleCount, AlarmState::Ok),
    ] {
        let mut alarms = alarms(statistic, 300, 1, Vec::new());
        alarms.put(&[data(&[(0, 1.0), (299, 6.0), (300, 90.0)])], at(301));
        assert_eq!(alarms.state(&id(), at(301)).0, expected, "{statistic:?}");
    }
}

#[test]
fn a_constant_is_always_there() {
    let constant = MetricData { region: None, metric: metric(), values: MetricValues::Constant(value(5.0)) };
    let alarms = alarms(Statistic::Maximum, 60, 3, vec![constant]);
    assert_eq!(alarms.state(&id(), at(0)).0, AlarmState::Alarm);
    assert_eq!(alarms.next_evaluation(at(1)), Some(at(60)));
}

#[test]
fn what_nobody_watches_is_ignored_and_a_flood_is_bounded() {
    let mut alarms = alarms(Statistic::Sum, 60, 1, Vec::new());
    let other = MetricData { metric: Metric { name: "Other".into(), ..metric() }, ..data(&[(0, 1.0)]) };
    let elsewhere = MetricData { region: Some(AwsRegion::UsEast1), ..data(&[(0, 1.0)]) };
    assert_eq!(alarms.put(&[other, elsewhere, data(&[(9_000, 1.0)])], at(60)), DataTaken { taken: 0, ignored: 3 });
    for second in 0..10_000 {
        alarms.put(&[data(&[(second, 1.0)])], at(second));
    }
    assert!(alarms.series.values().all(|series| series.posted.len() <= 5));
}

#[test]
fn a_reload_keeps_what_came_in_and_counts_nothing_twice() {
    let described = vec![data(&[(0, 3.0)])];
    let mut alarms = alarms(Statistic::Sum, 60, 1, described.clone());
    assert_eq!(alarms.state(&id(), at(60)).0, AlarmState::Ok);
    alarms.put(&[data(&[(1, 1.0)])], at(60));
    let check = |alarms: &Alarms| alarms.latest_values(&alarms.watched[&id()], at(60));
    assert_eq!(check(&alarms), [4.0]);
    let other = Account::default();
    alarms.take_account(&other, at(60));
    assert_eq!(alarms.state(&id(), at(60)).0, AlarmState::InsufficientData);
}

/// CloudWatch that forgets nothing.
#[derive(Default)]
struct NaiveCloudWatch {
    datapoints: Vec<Datapoint>,
}

impl NaiveCloudWatch {
    fn state(&self, alarm: &CloudWatchAlarm, now: i64) -> AlarmState {
        let period = i64::from(alarm.period_seconds);
        let statistic_of = |from: i64| {
            let is_within = |datapoint: &&Datapoint| (from..from + period).contains(&datapoint.timestamp.as_second());
            let sets: Vec<_> = self.datapoints.iter().filter(is_within).map(|datapoint| datapoint.statistics).collect();
            let count: f64 = sets.iter().map(|set| set.sample_count.get()).sum();
            let sum: f64 = sets.iter().map(|set| set.sum.get()).sum();
            (!sets.is_empty()).then(|| match alarm.statistic {
                Statistic::SampleCount => count,
                Statistic::Sum => sum,
                Statistic::Average => sum / count,
                Statistic::Minimum => sets.iter().map(|set| set.minimum.get()).fold(f64::INFINITY, f64::min),
                Statistic::Maximum => sets.iter().map(|set| set.maximum.get()).fold(f64::NEG_INFINITY, f64::max),
            })
        };
        // The latest period that is over, and all that the evaluation range holds before it.
        let periods = i64::from(alarm.evaluation_periods);
        let last = now - now.rem_euclid(period) - period;
        let known: Vec<f64> = (0..periods + 2).filter_map(|back| statistic_of(last - back * period)).collect();
        let threshold = alarm.threshold.get();
        let decisive = known.iter().take(alarm.evaluation_periods as usize);
        let mut breach = decisive.map(|value| match alarm.comparison_operator {
            ComparisonOperator::GreaterThanOrEqualToThreshold => *value >= threshold,
            ComparisonOperator::GreaterThanThreshold => *value > threshold,
            ComparisonOperator::LessThanThreshold => *value < threshold,
            ComparisonOperator::LessThanOrEqualToThreshold => *value <= threshold,
        });
        if known.is_empty() {
            AlarmState::InsufficientData
        } else if breach.all(|breaches| breaches) {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        }
    }
}

const STATISTICS: [Statistic; 5] =
    [Statistic::Average, Statistic::Minimum, Statistic::Maximum, Statistic::Sum, Statistic::SampleCount];
const OPERATORS: [ComparisonOperator; 4] = [
    ComparisonOperator::GreaterThanOrEqualToThreshold,
    ComparisonOperator::GreaterThanThreshold,
    ComparisonOperator::LessThanThreshold,
    ComparisonOperator::LessThanOrEqualToThreshold,
];

/// One of every statistic and operator, all on the same metric.
fn all_alarms() -> impl Strategy<Value = Vec<CloudWatchAlarm>> {
    let of = |(place, (period_seconds, evaluation_periods, threshold)): (usize, (u32, u32, i8))| CloudWatchAlarm {
        id: AlarmId { region: AwsRegion::EuWest1, name: format!("alarm-{place}").into() },
        metric: metric(),
        statistic: STATISTICS[place % 5],
        comparison_operator: OPERATORS[place / 5],
        period_seconds,
        evaluation_periods,
        threshold: value(threshold.into()),
    };
    let settings = (prop::sample::select(&[60_u32, 120, 300]), 1_u32..=4, -4_i8..=4);
    prop::collection::vec(settings, 20).prop_map(move |settings| settings.into_iter().enumerate().map(of).collect())
}

/// Whole numbers, so that no sum depends on its order.
fn statistic_sets() -> impl Strategy<Value = StatisticSet> {
    let one = (-5_i8..=5).prop_map(|sample| (1, sample, sample, sample));
    let many =
        (1_u8..=4, -9_i8..=9, -5_i8..=5, 0_i8..=4).prop_map(|(count, sum, low, above)| (count, sum, low, low + above));
    prop_oneof![2 => one, 1 => many].prop_map(|(count, sum, low, high)| StatisticSet {
        sample_count: value(count.into()),
        sum: value(sum.into()),
        minimum: value(low.into()),
        maximum: value(high.into()),
    })
}

/// How much later than the step before, and the datapoints that come in, by their seconds from then: mostly of the
/// last minutes, some from before any evaluation looks back, some ahead of time.
fn steps() -> impl Strategy<Value = Vec<(i64, Vec<(i64, StatisticSet)>)>> {
    let later = prop_oneof![4 => 0_i64..70, 1 => 0_i64..400, 1 => Just(60_i64)];
    let ago = prop_oneof![5 => -200_i64..=0, 2 => -2_500_i64..0, 1 => 0_i64..300, 1 => 7_100_i64..7_300];
    prop::collection::vec((later, prop::collection::vec((ago, statistic_sets()), 0..5)), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_alarm_says_what_a_cloudwatch_that_forgets_nothing_says(
        watched in all_alarms(),
        start in 0_i64..300,
        steps in steps(),
    ) {
        let check = |alarm: &CloudWatchAlarm| check_of(&alarm.id);
        let parts = AccountParts {
            health_checks: watched.iter().map(check).collect(),
            alarms: watched.clone(),
            ..AccountParts::default()
        };
        let (mut alarms, mut naive) = (Alarms::default(), NaiveCloudWatch::default());
        alarms.take_account(&Account::new(parts).unwrap(), at(start));
        let mut now = START + start;
        let time = |second| Timestamp::from_second(second).unwrap();
        for (later, points) in steps {
            now += later;
            let points: Vec<_> = points
                .into_iter()
                .map(|(from_now, statistics)| Datapoint { timestamp: time(now + from_now), statistics })
                .collect();
            let values = MetricValues::Datapoints(points.clone());
            let taken = alarms.put(&[MetricData { region: None, metric: metric(), values }], time(now));
            prop_assert_eq!(taken.taken + taken.ignored, points.len());
            // Two hours ahead at the most, as in CloudWatch.
            naive.datapoints.extend(points.into_iter().filter(|point| point.timestamp.as_second() <= now + 7_200));

            let next = alarms.next_evaluation(time(now)).unwrap().as_second();
            prop_assert!(next > now && next <= now + 60);
            for alarm in &watched {
                let state = |second| alarms.state(&alarm.id, time(second)).0;
                prop_assert_eq!(state(now), naive.state(alarm, now), "{:?}", alarm);
                // By the passing of time alone a state changes at the next evaluation and not before.
                prop_assert_eq!(state(next - 1), state(now));
                prop_assert_eq!(naive.state(alarm, next - 1), naive.state(alarm, now));
                prop_assert_eq!(state(next), naive.state(alarm, next), "{:?}", alarm);
            }
            // Two hours ahead, seven periods of five minutes back.
            prop_assert!(alarms.series.values().all(|series| series.posted.len() <= 120 + 7 * 5 + 2));
        }
    }

    #[test]
    fn what_is_older_than_the_range_does_not_matter(
        watched in all_alarms(),
        recent in prop::collection::vec((-2_500_i64..0, statistic_sets()), 0..12),
        old in prop::collection::vec((-90_000_i64..0, statistic_sets()), 1..12),
    ) {
        let parts = AccountParts {
            health_checks: watched.iter().map(|alarm| check_of(&alarm.id)).collect(),
            alarms: watched.clone(),
            ..AccountParts::default()
        };
        let range = watched.iter().map(|alarm| i64::from((alarm.evaluation_periods + 3) * alarm.period_seconds)).max().unwrap();
        let account = Account::new(parts).unwrap();
        let point = |(second, statistics)| Datapoint { timestamp: at(second), statistics };
        let data = |points: Vec<Datapoint>| [MetricData { region: None, metric: metric(), values: MetricValues::Datapoints(points) }];
        let (mut with, mut without) = (Alarms::default(), Alarms::default());
        with.take_account(&account, at(0));
        without.take_account(&account, at(0));
        let old: Vec<_> = old.into_iter().map(|(second, set)| point((second - range, set))).collect();
        prop_assert_eq!(with.put(&data(old.clone()), at(0)), DataTaken { taken: 0, ignored: old.len() });
        let recent: Vec<_> = recent.into_iter().map(point).collect();
        with.put(&data(recent.clone()), at(0));
        without.put(&data(recent), at(0));
        for alarm in &watched {
            prop_assert_eq!(with.state(&alarm.id, at(0)), without.state(&alarm.id, at(0)));
        }
    }
}
